//! Terms in errors: as Rego, with the calls that generated variables stand for, and as OPA's JSON.

use super::checker::Checker;
use crate::hir::{Body, Call, Callee, Comprehension, ComprehensionKind, Const, Head, LiteralKind, Ref, Term, Var};
use crate::types::Key;
use solon_syntax::Span;
use std::fmt::Write;

/// Words that OPA quotes where they follow a dot.
const KEYWORDS: [&str; 12] =
    ["not", "package", "import", "as", "default", "else", "with", "null", "true", "false", "some", "if"];

impl Checker<'_> {
    /// The first `steps` steps of a ref as text, its head among them.
    pub(super) fn ref_text(&self, reference: &Ref, steps: usize) -> String {
        let mut text = match &reference.head {
            Head::Input => "input".to_owned(),
            Head::Data => "data".to_owned(),
            Head::Term(term) => self.term_text(term),
        };
        for operand in reference.operands.iter().take(steps.saturating_sub(1)) {
            match operand {
                Term::Const(Const::String(name)) if is_name(name) => {
                    // Writing to a string does not fail.
                    let _ = write!(text, ".{name}");
                }
                operand => {
                    let _ = write!(text, "[{}]", self.term_text(operand));
                }
            }
        }
        text
    }

    /// A term as text.
    pub(super) fn term_text(&self, term: &Term) -> String {
        let terms = |terms: &[Term]| terms.iter().map(|term| self.term_text(term)).collect::<Vec<_>>().join(", ");
        match term {
            Term::Const(value) => const_json(value),
            Term::Var(var) => match self.origin(*var) {
                Some(call) => self.call_text(call),
                None => self.locals.name(*var).to_owned(),
            },
            Term::Ref(reference) => self.ref_text(reference, usize::MAX),
            Term::Array(items) => format!("[{}]", terms(items)),
            Term::Set(items) if items.is_empty() => "set()".to_owned(),
            Term::Set(items) => {
                let texts: Vec<String> = in_order(items, Term::key).map(|item| self.term_text(item)).collect();
                format!("{{{}}}", texts.join(", "))
            }
            Term::Object(entries) => {
                let entries = in_order(entries, |(key, _)| key.key())
                    .map(|(key, value)| (self.term_text(key), self.term_text(value)));
                let entries: Vec<String> = entries.map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Term::Comprehension(comprehension) => self.source_text(comprehension.span),
        }
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

    /// The call that a generated variable is the output of.
    fn origin(&self, var: Var) -> Option<&Call> {
        if !self.locals.name(var).starts_with('$') {
            return None;
        }
        self.bodies.iter().find_map(|body| find_call(body, var))
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
                Some(call) => {
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

/// The items of a set or object as OPA keeps them: what is no constant comes last.
fn in_order<T>(items: &[T], key: impl Fn(&T) -> Option<Key>) -> impl Iterator<Item = &T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by_cached_key(|item| {
        let key = key(item);
        (key.is_none(), key)
    });
    items.into_iter()
}

/// The name of a function as errors give it.
pub(super) fn callee_name(callee: &Callee) -> String {
    match callee {
        Callee::Builtin(builtin) => builtin.name.to_owned(),
        Callee::Rule(path) => path.iter().fold("data".to_owned(), |text, step| {
            if is_name(step) { format!("{text}.{step}") } else { format!("{text}[{}]", string(step)) }
        }),
    }
}

fn is_name(text: &str) -> bool {
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    text.starts_with(is_first)
        && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !KEYWORDS.contains(&text)
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

/// The call in a body, or in one inside of it, whose output is `var`.
fn find_call(body: &Body, var: Var) -> Option<&Call> {
    body.iter().find_map(|literal| match &literal.kind {
        LiteralKind::Call { call, output: Some(Term::Var(output)) } if *output == var => Some(call),
        LiteralKind::Call { call, output } => call.args.iter().chain(output).find_map(|term| find_in_term(term, var)),
        LiteralKind::Truthy(term) => find_in_term(term, var),
        LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
            find_in_term(left, var).or_else(|| find_in_term(right, var))
        }
        LiteralKind::Not { body, .. } | LiteralKind::With { body, .. } => find_call(body, var),
        LiteralKind::Every { domain, body, .. } => find_in_term(domain, var).or_else(|| find_call(body, var)),
        LiteralKind::And(left, right) | LiteralKind::Or(left, right) => {
            find_call(left, var).or_else(|| find_call(right, var))
        }
    })
}

fn find_in_term(term: &Term, var: Var) -> Option<&Call> {
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
            in_head.or_else(|| find_call(body, var))
        }
    }
}
