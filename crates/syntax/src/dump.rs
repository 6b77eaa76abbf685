//! The tree as text, for golden tests and for people who look at what the parser made of a module.
//!
//! A line for each part, indented by its depth, with its bytes (`@start..end`); terms on one line, in parentheses with
//! what they are first: `(:= x (+ 1 (ref input "a")))`.

use std::fmt::Write;

use crate::ast::{Expr, ExprKind, HeadKind, Module, Rule, TemplatePart, Term, TermKind, Version};
use crate::print::term_text;
use crate::span::Span;

/// A module as an indented tree.
///
/// ```
/// use solon_syntax::{ParseOptions, dump::dump, parse_module};
///
/// let module = parse_module("package a\n\np := x if x := 1", ParseOptions::default()).tree;
/// let expected = "module v1\n  package @0..9 \"a\"\n  rule p @11..27\n    value := x\n    expr @21..27 (:= x 1)\n";
/// assert_eq!(module.map(|module| dump(&module)).as_deref(), Some(expected));
/// ```
pub fn dump(module: &Module) -> String {
    let mut dumper = Dumper { out: String::new(), depth: 0 };
    dumper.line(if module.version == Version::V1 { "module v1" } else { "module v0" });
    dumper.depth = 1;
    dumper.at("package", module.package.span, &quoted(&module.package.path));
    for import in &module.imports {
        let alias = import.alias.as_ref().map(|alias| format!(" as {}", alias.text)).unwrap_or_default();
        dumper.at("import", import.span, &format!("{}{alias}", quoted(&import.path)));
    }
    module.rules.iter().for_each(|rule| dumper.rule(rule));
    dumper.out
}

/// A body as an indented tree.
pub fn dump_body(body: &[Expr]) -> String {
    let mut dumper = Dumper { out: String::new(), depth: 0 };
    dumper.body(body);
    dumper.out
}

fn quoted(path: &[String]) -> String {
    let parts: Vec<String> = path.iter().map(|part| format!("{part:?}")).collect();
    parts.join(" ")
}

struct Dumper {
    out: String,
    depth: usize,
}

impl Dumper {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:1$}{text}", "", self.depth * 2);
    }

    fn at(&mut self, what: &str, span: Span, rest: &str) {
        let space = if rest.is_empty() { "" } else { " " };
        self.line(&format!("{what} @{}..{}{space}{rest}", span.start, span.end));
    }

    fn rule(&mut self, rule: &Rule) {
        let word = if rule.is_default { "default" } else { "rule" };
        self.at(&format!("{word} {}", rule.head.name.text), rule.span, "");
        self.depth += 1;
        if !rule.head.path.is_empty() {
            self.line(&format!("path {}", terms(&rule.head.path)));
        }
        if let Some(parameters) = &rule.head.parameters {
            self.line(&format!("parameters {}", terms(parameters)));
        }
        match &rule.head.kind {
            HeadKind::Value { value, is_assigned } => self.value(value.as_ref(), *is_assigned),
            HeadKind::Contains { key } => self.line(&format!("contains {}", term(key))),
        }
        self.body(&rule.body);
        for branch in &rule.else_branches {
            self.at("else", branch.span, "");
            self.depth += 1;
            self.value(branch.value.as_ref(), branch.is_assigned);
            self.body(&branch.body);
            self.depth -= 1;
        }
        self.depth -= 1;
    }

    fn value(&mut self, value: Option<&Term>, is_assigned: bool) {
        if let Some(value) = value {
            self.line(&format!("value {} {}", if is_assigned { ":=" } else { "=" }, term(value)));
        }
    }

    fn body(&mut self, body: &[Expr]) {
        for expr in body {
            self.at("expr", expr.span, &expr_line(expr));
        }
    }
}

/// An expression on one line.
fn expr_line(expr: &Expr) -> String {
    let mut out = match &expr.kind {
        ExprKind::Term(inner) => term(inner),
        ExprKind::Not(inner) => format!("(not {})", expr_line(inner)),
        ExprKind::NotBody { body, .. } => format!("(not-body {})", body_line(body)),
        ExprKind::Some(names) => {
            let names: Vec<&str> = names.iter().map(|name| &*name.text).collect();
            format!("(some {})", names.join(" "))
        }
        ExprKind::SomeIn { key, value, collection } => {
            let key = key.as_ref().map(|key| format!("{} ", term(key))).unwrap_or_default();
            format!("(some-in {key}{} {})", term(value), term(collection))
        }
        ExprKind::Every { key, value, domain, body } => {
            let key = key.as_ref().map(|key| format!("{} ", key.text)).unwrap_or_default();
            format!("(every {key}{} {} {})", value.text, term(domain), body_line(body))
        }
        ExprKind::And(left, right) => format!("(and {} {})", body_line(left), body_line(right)),
        ExprKind::Or(left, right) => format!("(or {} {})", body_line(left), body_line(right)),
    };
    for with in &expr.with {
        let _ = write!(out, " with {} as {}", term(&with.target), term(&with.value));
    }
    out
}

fn body_line(body: &[Expr]) -> String {
    let exprs: Vec<String> = body.iter().map(expr_line).collect();
    format!("{{{}}}", exprs.join("; "))
}

fn terms(terms: &[Term]) -> String {
    let terms: Vec<String> = terms.iter().map(term).collect();
    terms.join(" ")
}

/// A term on one line.
fn term(inner: &Term) -> String {
    match &inner.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {
            term_text(inner)
        }
        TermKind::Template(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Text(text) => format!("{text:?}"),
                    TemplatePart::Term(inner) => term(inner),
                    TemplatePart::Expr(expr) => format!("{{{}}}", expr_line(expr)),
                })
                .collect();
            format!("(template {})", parts.join(" "))
        }
        TermKind::Ref { head, operands } => format!("(ref {} {})", term(head), terms(operands)),
        TermKind::Array(items) => format!("[{}]", terms(items)),
        TermKind::Set(items) if items.is_empty() => "(set)".to_owned(),
        TermKind::Set(items) => format!("(set {})", terms(items)),
        TermKind::Object(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{}: {}", term(key), term(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        TermKind::Call { function, args } if args.is_empty() => format!("(call {})", term(function)),
        TermKind::Call { function, args } => format!("(call {} {})", term(function), terms(args)),
        TermKind::Infix { operator, args } => format!("({} {})", operator.text(), terms(args)),
        TermKind::ArrayComprehension { term: head, body } => format!("(array-of {} {})", term(head), body_line(body)),
        TermKind::SetComprehension { term: head, body } => format!("(set-of {} {})", term(head), body_line(body)),
        TermKind::ObjectComprehension { key, value, body } => {
            format!("(object-of {} {} {})", term(key), term(value), body_line(body))
        }
    }
}
