//! The textual form of rules, for `solon plan --stage hir` and golden tests.

use super::text::{Texts, push_step};
use super::{
    Body, Callee, ComprehensionKind, Const, Head, Literal, LiteralKind, Locals, Query, Replacement, Rule, Target, Term,
};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// The rules as text.
pub fn rules(rules: &[Rule]) -> String {
    let mut out = String::new();
    for rule in rules {
        rule_text(rule, &mut out);
    }
    out
}

/// A query as text.
pub fn query(query: &Query) -> String {
    let mut printer = Printer { locals: &query.locals, out: String::from("query\n") };
    printer.body(&query.body, 1);
    for (name, var) in &query.bindings {
        let _ = writeln!(printer.out, "  bind {name} {}", printer.var(var.0));
    }
    printer.out
}

fn rule_text(rule: &Rule, out: &mut String) {
    let mut printer = Printer { locals: &rule.locals, out: String::new() };
    let kind = match (&rule.params, rule.is_set, rule.is_default) {
        (_, _, true) => "default",
        (Some(_), ..) => "function",
        (None, true, _) => "set",
        (None, false, _) if !rule.keys.is_empty() => "object",
        _ => "complete",
    };
    let _ = write!(printer.out, "{kind} data.{}", rule.path.join("."));
    for key in &rule.keys {
        let _ = write!(printer.out, "[{}]", printer.term(key));
    }
    if let Some(params) = &rule.params {
        let _ = write!(printer.out, "({})", printer.terms(params));
    }
    printer.out.push('\n');
    for (index, branch) in rule.branches.iter().enumerate() {
        if index > 0 {
            printer.out.push_str("  else\n");
        }
        printer.body(&branch.body, 1);
        let _ = writeln!(printer.out, "  -> {}", printer.term(&branch.value));
    }
    out.push_str(&printer.out);
}

struct Printer<'l> {
    locals: &'l Locals,
    out: String,
}

impl Printer<'_> {
    fn var(&self, var: u32) -> String {
        let name = self.locals.name(super::Var(var));
        if name.starts_with('$') { name.to_owned() } else { format!("{name}'{var}") }
    }

    fn body(&mut self, body: &Body, depth: usize) {
        for literal in body {
            self.literal(literal, depth);
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(depth));
    }

    fn literal(&mut self, literal: &Literal, depth: usize) {
        match &literal.kind {
            LiteralKind::Truthy(term) => self.line(depth, &self.term(term)),
            LiteralKind::Unify(left, right) => {
                self.line(depth, &format!("{} = {}", self.term(left), self.term(right)));
            }
            LiteralKind::Assign(left, right) => {
                self.line(depth, &format!("{} := {}", self.term(left), self.term(right)));
            }
            LiteralKind::Call { call, output } => {
                let output = output.as_ref().map(|output| format!("{} = ", self.term(output))).unwrap_or_default();
                self.line(depth, &format!("{output}{}({})", callee(&call.callee), self.terms(&call.args)));
            }
            LiteralKind::Not { body, .. } => {
                self.line(depth, "not");
                self.body(body, depth + 1);
            }
            LiteralKind::Every { key, value, domain, body } => {
                let key = key.map(|key| format!("{}, ", self.var(key.0))).unwrap_or_default();
                self.line(depth, &format!("every {key}{} in {}", self.var(value.0), self.term(domain)));
                self.body(body, depth + 1);
            }
            LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                let is_and = matches!(literal.kind, LiteralKind::And(..));
                self.line(depth, if is_and { "both" } else { "either" });
                self.body(left, depth + 1);
                self.line(depth, if is_and { "and" } else { "or" });
                self.body(right, depth + 1);
            }
            LiteralKind::With { modifiers, body } => {
                for modifier in modifiers {
                    let value = match &modifier.value {
                        Replacement::Term(term) => self.term(term),
                        Replacement::Function(function) => callee(function),
                    };
                    self.line(depth, &format!("with {} as {value}", target(&modifier.target)));
                }
                self.body(body, depth + 1);
            }
        }
    }

    fn terms(&self, terms: &[Term]) -> String {
        terms.iter().map(|term| self.term(term)).collect::<Vec<_>>().join(", ")
    }

    fn term(&self, term: &Term) -> String {
        match term {
            Term::Const(value) => constant(value),
            Term::Var(var) => self.var(var.0),
            Term::Ref(reference) => {
                let head = match &reference.head {
                    Head::Input => "input".to_owned(),
                    Head::Data => "data".to_owned(),
                    Head::Term(term) => self.term(term),
                };
                reference.operands.iter().fold(head, |text, key| format!("{text}[{}]", self.term(key)))
            }
            Term::Array(items) => format!("[{}]", self.terms(items)),
            Term::Set(items) if items.is_empty() => "set()".to_owned(),
            Term::Set(items) => format!("{{{}}}", self.terms(items)),
            Term::Object(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| format!("{}: {}", self.term(key), self.term(value))).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Term::Comprehension(comprehension) => {
                let key = comprehension.key.as_ref().map(|key| format!("{}: ", self.term(key))).unwrap_or_default();
                let head = format!("{key}{}", self.term(&comprehension.value));
                let mut inner = Printer { locals: self.locals, out: String::new() };
                inner.body(&comprehension.body, 0);
                let body = inner.out.trim_end().replace('\n', "; ");
                match comprehension.kind {
                    ComprehensionKind::Array => format!("[{head} | {body}]"),
                    ComprehensionKind::Set | ComprehensionKind::Object => format!("{{{head} | {body}}}"),
                }
            }
        }
    }
}

fn constant(value: &Const) -> String {
    match value {
        Const::Null => "null".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Number(text) => text.to_string(),
        Const::String(text) => format!("{text:?}"),
    }
}

fn callee(callee: &Callee) -> String {
    match callee {
        Callee::Rule(path) => path_text("data", path),
        Callee::Builtin(builtin) => builtin.name.to_owned(),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Input(path) => path_text("input", path),
        Target::Data(path) => path_text("data", path),
        Target::Builtin(builtin) => builtin.name.to_owned(),
    }
}

fn path_text(root: &str, path: &[Arc<str>]) -> String {
    path.iter().fold(root.to_owned(), |text, part| format!("{text}.{part}"))
}

/// The path of a rule below `data` up to its first key that is no constant, as text.
pub fn rule_path(rule: &Rule) -> impl Iterator<Item = Cow<'_, str>> {
    let constants = rule.keys.iter().map_while(|key| match key {
        Term::Const(Const::String(text)) => Some(Cow::Borrowed(&**text)),
        Term::Const(other) => Some(Cow::Owned(constant(other))),
        _ => None,
    });
    rule.path.iter().map(|step| Cow::Borrowed(&**step)).chain(constants)
}

/// The constant part of a rule's ref, without its first `above` steps: `p.q`.
pub fn rule_name(rule: &Rule, above: usize) -> String {
    let mut text = String::new();
    rule_path(rule).skip(above).for_each(|step| push_step(&mut text, &step));
    text
}

/// The ref of a rule as errors show it, without its first `above` steps: `data.a.p[x]`.
pub fn rule_ref(rule: &Rule, above: usize) -> String {
    let texts = Texts::of(&rule.locals);
    let mut text = if above == 0 { "data".to_owned() } else { String::new() };
    for step in rule.path.iter().skip(above) {
        push_step(&mut text, step);
    }
    for key in &rule.keys {
        match key {
            Term::Const(Const::String(step)) => push_step(&mut text, step),
            key => text.push_str(&format!("[{}]", texts.term(key))),
        }
    }
    text
}

/// A path below a root as errors show it.
pub fn rooted_path(root: &str, path: &[Arc<str>]) -> String {
    let mut text = root.to_owned();
    path.iter().for_each(|step| push_step(&mut text, step));
    text
}

/// A path below `data` as errors show it, without the root.
pub fn package_text(path: &[Arc<str>]) -> String {
    let mut text = String::new();
    path.iter().for_each(|step| push_step(&mut text, step));
    text
}
