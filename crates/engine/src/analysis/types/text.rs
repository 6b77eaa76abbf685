//! Terms in errors: as Rego, with the calls that generated variables stand for, and as OPA's JSON.

use super::checker::{Checked, Checker};
use crate::hir::print::rooted_path;
use crate::hir::text::{Texts, in_order};
use crate::hir::{
    Body, Branch, Call, Callee, Comprehension, ComprehensionKind, Const, Head, LiteralKind, Ref, Term, Var,
};
use solon_syntax::Span;

impl Checker<'_> {
    /// The first `steps` steps of a ref as text, its head among them.
    pub(super) fn ref_text(&self, reference: &Ref, steps: usize) -> String {
        self.with_texts(|texts| texts.reference(reference, steps.saturating_sub(1)))
    }

    /// A term as text.
    pub(super) fn term_text(&self, term: &Term) -> String {
        self.with_texts(|texts| texts.term(term))
    }

    fn with_texts(&self, write: impl FnOnce(&Texts<'_>) -> String) -> String {
        let value = |var: Var| match self.origin(var)? {
            Origin::Call(call) => Some(self.call_text(call)),
            Origin::Term(term) => Some(self.term_text(term)),
        };
        let source = |comprehension: &Comprehension| self.source_text(comprehension.span);
        write(&Texts { locals: self.locals, value: &value, source: &source })
    }

    /// What the source says at a place.
    fn source_text(&self, span: Span) -> String {
        let source = self.sources.get(span.file as usize);
        source.map(|source| source.slice(span).to_owned()).unwrap_or_default()
    }

    fn call_text(&self, call: &Call) -> String {
        let args: Vec<String> = call.args.iter().map(|arg| self.term_text(arg)).collect();
        format!("{}({})", callee_name(&call.callee), args.join(", "))
    }

    /// What a variable that the compiler made stands for.
    fn origin<'c>(&'c self, var: Var) -> Option<Origin<'c>> {
        if !self.locals.name(var).starts_with('$') {
            return None;
        }
        match self.checked {
            Checked::Query(body) => find(body, var),
            Checked::Rule(rule) => {
                let in_branch =
                    |branch: &'c Branch| find(&branch.body, var).or_else(|| find_in_term(&branch.value, var));
                let mut keys = rule.keys.iter();
                rule.branches.iter().find_map(in_branch).or_else(|| keys.find_map(|key| find_in_term(key, var)))
            }
        }
    }

    /// A ref as OPA's JSON.
    pub(super) fn ref_json(&self, reference: &Ref) -> String {
        let head = match &reference.head {
            Head::Input => node("var", "\"input\""),
            Head::Data => node("var", "\"data\""),
            Head::Term(term) => self.term_json(term),
        };
        list(std::iter::once(head).chain(reference.operands.iter().map(|operand| self.term_json(operand))))
    }

    fn term_json(&self, term: &Term) -> String {
        match term {
            Term::Const(value) => const_node(value),
            Term::Var(var) => match self.origin(*var) {
                Some(Origin::Term(term)) => self.term_json(term),
                Some(Origin::Call(call)) => {
                    let mut steps = callee_name(&call.callee);
                    steps = list(
                        steps
                            .split('.')
                            .enumerate()
                            .map(|(index, step)| node(if index == 0 { "var" } else { "string" }, &string(step))),
                    );
                    let args = call.args.iter().map(|arg| self.term_json(arg));
                    node("call", &list(std::iter::once(node("ref", &steps)).chain(args)))
                }
                None => node("var", &string(self.locals.name(*var))),
            },
            Term::Ref(reference) => node("ref", &self.ref_json(reference)),
            Term::Array(items) => node("array", &list(items.iter().map(|item| self.term_json(item)))),
            Term::Set(items) => node("set", &list(in_order(items, Term::key).map(|item| self.term_json(item)))),
            Term::Object(entries) => {
                let entries = in_order(entries, |(key, _)| key.key())
                    .map(|(key, value)| [self.term_json(key), self.term_json(value)]);
                node("object", &list(entries.map(|pair| list(pair.into_iter()))))
            }
            Term::Comprehension(comprehension) => {
                let kind = match comprehension.kind {
                    ComprehensionKind::Array => "arraycomprehension",
                    ComprehensionKind::Set => "setcomprehension",
                    ComprehensionKind::Object => "objectcomprehension",
                };
                node(kind, &string(&self.source_text(comprehension.span)))
            }
        }
    }
}

/// The name of a function as errors give it.
pub(super) fn callee_name(callee: &Callee) -> String {
    match callee {
        Callee::Builtin(builtin) => builtin.name.to_owned(),
        Callee::Rule(path) => rooted_path("data", path),
    }
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn node(kind: &str, value: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"value\":{value}}}")
}

fn const_json(value: &Const) -> String {
    match value {
        Const::Null => "null".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Number(text) => text.to_string(),
        Const::String(text) => string(text),
    }
}

fn const_node(value: &Const) -> String {
    let kind = match value {
        Const::Null => return node("null", "{}"),
        Const::Bool(_) => "boolean",
        Const::Number(_) => "number",
        Const::String(_) => "string",
    };
    node(kind, &const_json(value))
}

/// The value of a variable that the compiler made.
enum Origin<'b> {
    /// What is called.
    Call(&'b Call),
    /// A collection in which something is looked up.
    Term(&'b Term),
}

/// What a body, or one inside of it, computes into `var`.
fn find(body: &Body, var: Var) -> Option<Origin<'_>> {
    body.iter().find_map(|literal| match &literal.kind {
        LiteralKind::Call { call, output: Some(Term::Var(output)) } if *output == var => Some(Origin::Call(call)),
        LiteralKind::Unify(Term::Var(output), value @ (Term::Array(_) | Term::Set(_) | Term::Object(_)))
            if *output == var =>
        {
            Some(Origin::Term(value))
        }
        LiteralKind::Call { call, output } => call.args.iter().chain(output).find_map(|term| find_in_term(term, var)),
        LiteralKind::Truthy(term) => find_in_term(term, var),
        LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
            find_in_term(left, var).or_else(|| find_in_term(right, var))
        }
        LiteralKind::Not { body, .. } | LiteralKind::With { body, .. } => find(body, var),
        LiteralKind::Every { domain, body, .. } => find_in_term(domain, var).or_else(|| find(body, var)),
        LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
            find(left, var).or_else(|| find(right, var))
        }
    })
}

fn find_in_term(term: &Term, var: Var) -> Option<Origin<'_>> {
    match term {
        Term::Const(_) | Term::Var(_) => None,
        Term::Ref(reference) => {
            let head = match &reference.head {
                Head::Term(head) => find_in_term(head, var),
                _ => None,
            };
            head.or_else(|| reference.operands.iter().find_map(|operand| find_in_term(operand, var)))
        }
        Term::Array(items) | Term::Set(items) => items.iter().find_map(|item| find_in_term(item, var)),
        Term::Object(entries) => {
            entries.iter().find_map(|(key, value)| find_in_term(key, var).or_else(|| find_in_term(value, var)))
        }
        Term::Comprehension(inner) => {
            let Comprehension { key, value, body, .. } = &**inner;
            let in_head = key.iter().chain([value]).find_map(|term| find_in_term(term, var));
            in_head.or_else(|| find(body, var))
        }
    }
}
