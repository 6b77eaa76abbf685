//! From the tree back to Rego source.
//!
//! The text means what the tree says, with parentheses only where they are needed; it does not keep the layout,
//! comments or redundant parentheses of the original.

use std::fmt::Write;

use crate::ast::{Else, Expr, ExprKind, Head, HeadKind, Module, Operator, Rule, TemplatePart, Term, TermKind, With};
use crate::parser::is_keyword;

/// A term as Rego source.
///
/// ```
/// use solon_syntax::{ParseOptions, parse_query, print};
///
/// let query = parse_query("x:=(1+2)*input[ \"a\" ]", ParseOptions::default()).tree;
/// assert_eq!(query.first().map(print::expr_text).as_deref(), Some("x := (1 + 2) * input.a"));
/// ```
pub fn term_text(term: &Term) -> String {
    let mut printer = Printer::default();
    printer.term(term);
    printer.out
}

/// An expression with its modifiers as Rego source.
pub fn expr_text(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr);
    printer.out
}

/// A body as Rego source on one line, its expressions separated by `; `.
pub fn body_text(body: &[Expr]) -> String {
    let mut printer = Printer::default();
    printer.body(body);
    printer.out
}

/// A rule as Rego source. Rules without a body come without one; others with `if` where `with_if` says so, as v1 has
/// them, and otherwise as v0 has them.
pub fn rule_text(rule: &Rule, with_if: bool) -> String {
    let mut printer = Printer::default();
    printer.rule(rule, with_if);
    printer.out
}

/// A module as Rego source, without its comments.
pub fn module_text(module: &Module) -> String {
    let mut printer = Printer::default();
    let with_if = module.version == crate::ast::Version::V1;
    printer.out.push_str("package ");
    printer.path(&module.package.path);
    printer.out.push('\n');
    for import in &module.imports {
        printer.out.push_str("\nimport ");
        printer.path(&import.path);
        if let Some(alias) = &import.alias {
            let _ = write!(printer.out, " as {}", alias.text);
        }
    }
    for rule in &module.rules {
        printer.out.push_str("\n\n");
        printer.rule(rule, with_if);
    }
    printer.out.push('\n');
    printer.out
}

/// How strongly an operator binds; terms without operators bind strongest.
fn strength(term: &Term) -> u8 {
    match &term.kind {
        TermKind::Infix { operator, .. } => operator_strength(*operator),
        _ => 7,
    }
}

fn operator_strength(operator: Operator) -> u8 {
    match operator {
        Operator::Assign | Operator::Unify => 0,
        Operator::In => 1,
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual => 2,
        Operator::Or => 3,
        Operator::And => 4,
        Operator::Plus | Operator::Minus => 5,
        Operator::Multiply | Operator::Divide | Operator::Remainder => 6,
    }
}

/// Whether OPA writes text after a dot: a name that is no keyword.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    if is_keyword(text) {
        return false;
    }
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether the text of a term starts with a brace, which in some places would be taken for a body's.
fn starts_with_brace(term: &Term) -> bool {
    match &term.kind {
        TermKind::Object(_) | TermKind::SetComprehension { .. } | TermKind::ObjectComprehension { .. } => true,
        TermKind::Set(terms) => !terms.is_empty(),
        TermKind::Ref { head, .. } => starts_with_brace(head),
        TermKind::Call { function, .. } => starts_with_brace(function),
        TermKind::Infix { args, .. } => args.first().is_some_and(starts_with_brace),
        _ => false,
    }
}

#[derive(Default)]
struct Printer {
    out: String,
}

impl Printer {
    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Null => self.out.push_str("null"),
            TermKind::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            TermKind::Number(text) | TermKind::Var(text) => self.out.push_str(text),
            TermKind::String(text) => self.string(text),
            TermKind::Template(parts) => self.template(parts),
            TermKind::Ref { head, operands } => {
                self.at_least(head, 7);
                self.operands(operands);
            }
            TermKind::Array(terms) => self.list("[", terms, "]"),
            TermKind::Set(terms) if terms.is_empty() => self.out.push_str("set()"),
            TermKind::Set(terms) => self.list("{", terms, "}"),
            TermKind::Object(pairs) => {
                self.out.push('{');
                for (index, (key, value)) in pairs.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.element(key);
                    self.out.push_str(": ");
                    self.element(value);
                }
                self.out.push('}');
            }
            TermKind::Call { function, args } => {
                self.at_least(function, 7);
                self.list("(", args, ")");
            }
            TermKind::Infix { operator, args } => self.infix(*operator, args),
            TermKind::ArrayComprehension { term, body } => self.comprehension('[', &[term], body, ']'),
            TermKind::SetComprehension { term, body } => self.comprehension('{', &[term], body, '}'),
            TermKind::ObjectComprehension { key, value, body } => self.comprehension('{', &[key, value], body, '}'),
        }
    }

    fn infix(&mut self, operator: Operator, args: &[Term]) {
        let level = operator_strength(operator);
        // Among equals the left side needs no parentheses, and the right side does.
        match args {
            [left, right] => {
                self.at_least(left, level);
                let _ = write!(self.out, " {} ", operator.text());
                self.at_least(right, level + 1);
            }
            [key, value, collection] => {
                self.at_least(key, level + 1);
                self.out.push_str(", ");
                self.at_least(value, level + 1);
                self.out.push_str(" in ");
                self.at_least(collection, level + 1);
            }
            _ => {}
        }
    }

    /// A term, in parentheses if it binds more weakly than `level`.
    fn at_least(&mut self, term: &Term, level: u8) {
        // The comma of `k, v in c` would be taken by whatever stands around it.
        let is_key_value = matches!(&term.kind, TermKind::Infix { args, .. } if args.len() == 3);
        if strength(term) < level || is_key_value {
            self.out.push('(');
            self.term(term);
            self.out.push(')');
        } else {
            self.term(term);
        }
    }

    /// A term in a list, where a bar could start a comprehension's body.
    fn element(&mut self, term: &Term) {
        let has_bar = match &term.kind {
            TermKind::Infix { .. } => leftmost_bar(term),
            _ => false,
        };
        self.at_least(term, if has_bar { 7 } else { 1 });
    }

    fn list(&mut self, open: &str, terms: &[Term], close: &str) {
        self.out.push_str(open);
        for (index, term) in terms.iter().enumerate() {
            self.out.push_str(if index > 0 { ", " } else { "" });
            self.element(term);
        }
        self.out.push_str(close);
    }

    fn operands(&mut self, operands: &[Term]) {
        for operand in operands {
            match &operand.kind {
                TermKind::String(text) if is_name(text) => {
                    self.out.push('.');
                    self.out.push_str(text);
                }
                _ => {
                    self.out.push('[');
                    self.term(operand);
                    self.out.push(']');
                }
            }
        }
    }

    fn path(&mut self, path: &[String]) {
        for (index, part) in path.iter().enumerate() {
            if index == 0 || is_name(part) {
                self.out.push_str(if index > 0 { "." } else { "" });
                self.out.push_str(part);
            } else {
                self.out.push('[');
                self.string(part);
                self.out.push(']');
            }
        }
    }

    fn comprehension(&mut self, open: char, head: &[&Term], body: &[Expr], close: char) {
        self.out.push(open);
        for (index, term) in head.iter().enumerate() {
            self.out.push_str(if index > 0 { ": " } else { "" });
            self.at_least(term, 7);
        }
        self.out.push_str(" | ");
        self.body(body);
        self.out.push(close);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        self.escaped(text, false);
        self.out.push('"');
    }

    fn escaped(&mut self, text: &str, in_template: bool) {
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '{' if in_template => self.out.push_str("\\{"),
                character if character < ' ' || character == '\u{FEFF}' => {
                    let _ = write!(self.out, "\\u{:04x}", character as u32);
                }
                character => self.out.push(character),
            }
        }
    }

    fn template(&mut self, parts: &[TemplatePart]) {
        self.out.push_str("$\"");
        for part in parts {
            match part {
                TemplatePart::Text(text) => self.escaped(text, true),
                TemplatePart::Term(term) => {
                    self.out.push('{');
                    self.term(term);
                    self.out.push('}');
                }
                TemplatePart::Expr(expr) => {
                    self.out.push('{');
                    self.expr(expr);
                    self.out.push('}');
                }
            }
        }
        self.out.push('"');
    }

    fn body(&mut self, body: &[Expr]) {
        for (index, expr) in body.iter().enumerate() {
            self.out.push_str(if index > 0 { "; " } else { "" });
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Not(inner) => {
                self.out.push_str("not ");
                self.expr(inner);
            }
            ExprKind::NotBody { body, .. } => {
                self.out.push_str("not ");
                self.operand(body);
            }
            ExprKind::Some(names) => {
                let names: Vec<&str> = names.iter().map(|name| &*name.text).collect();
                let _ = write!(self.out, "some {}", names.join(", "));
            }
            ExprKind::SomeIn { key, value, collection } => {
                self.out.push_str("some ");
                if let Some(key) = key {
                    self.at_least(key, 2);
                    self.out.push_str(", ");
                }
                self.at_least(value, 2);
                self.out.push_str(" in ");
                self.at_least(collection, 2);
            }
            ExprKind::Every { key, value, domain, body } => {
                self.out.push_str("every ");
                if let Some(key) = key {
                    let _ = write!(self.out, "{}, ", key.text);
                }
                let _ = write!(self.out, "{} in ", value.text);
                self.at_least(domain, 2);
                self.out.push_str(" { ");
                self.body(body);
                self.out.push_str(" }");
            }
            ExprKind::And(left, right) => self.logic(left, " and ", right),
            ExprKind::Or(left, right) => self.logic(left, " or ", right),
        }
        expr.with.iter().for_each(|with| self.with(with));
    }

    fn logic(&mut self, left: &[Expr], operator: &str, right: &[Expr]) {
        self.operand(left);
        self.out.push_str(operator);
        self.operand(right);
    }

    /// An operand of `not`, `and`, `or`: a term or a negation as it is, other expressions in braces.
    fn operand(&mut self, body: &[Expr]) {
        match body {
            [expr] if expr.with.is_empty() => match &expr.kind {
                ExprKind::Term(term) if (starts_with_brace(term) || leftmost_bar(term)) && strength(term) == 0 => {
                    self.braced(body);
                }
                ExprKind::Term(term) if starts_with_brace(term) || leftmost_bar(term) => {
                    self.out.push('(');
                    self.term(term);
                    self.out.push(')');
                }
                ExprKind::Term(_) => self.expr(expr),
                _ => self.braced(body),
            },
            _ => self.braced(body),
        }
    }

    fn braced(&mut self, body: &[Expr]) {
        self.out.push_str("{ ");
        match body.split_first() {
            // A union first in braces would be taken for a comprehension.
            Some((Expr { kind: ExprKind::Term(term), with, .. }, rest)) if leftmost_bar(term) => {
                self.without_bar(term);
                with.iter().for_each(|with| self.with(with));
                self.out.push_str(if rest.is_empty() { "" } else { "; " });
                self.body(rest);
            }
            _ => self.body(body),
        }
        self.out.push_str(" }");
    }

    /// An expression whose first union is in parentheses: not the whole, where it is an equation.
    fn without_bar(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Infix { operator, args } if strength(term) == 0 => {
                if let [left, right] = args.as_slice() {
                    self.at_least(left, 7);
                    let _ = write!(self.out, " {} ", operator.text());
                    self.at_least(right, 1);
                }
            }
            _ => self.at_least(term, 7),
        }
    }

    fn with(&mut self, with: &With) {
        self.out.push_str(" with ");
        self.term(&with.target);
        self.out.push_str(" as ");
        self.at_least(&with.value, 1);
    }

    fn rule(&mut self, rule: &Rule, with_if: bool) {
        if rule.is_default {
            self.out.push_str("default ");
        }
        self.head(&rule.head, with_if, !rule.body.is_empty());
        self.rule_body(&rule.body, with_if);
        for branch in &rule.else_branches {
            self.else_branch(branch, with_if);
        }
    }

    fn rule_body(&mut self, body: &[Expr], with_if: bool) {
        if !body.is_empty() {
            self.out.push_str(if with_if { " if " } else { " " });
            self.braced(body);
        }
    }

    fn head(&mut self, head: &Head, with_if: bool, has_body: bool) {
        // Each rule called `_` has a name of its own, which cannot be written.
        self.out.push_str(if head.name.text.starts_with('$') { "_" } else { &head.name.text });
        self.operands(&head.path);
        if let Some(parameters) = &head.parameters {
            self.list("(", parameters, ")");
        }
        match &head.kind {
            // v0 has no other words for a set below a name of several parts.
            HeadKind::Contains { key } if with_if || !head.path.is_empty() => {
                self.out.push_str(" contains ");
                self.at_least(key, 1);
            }
            HeadKind::Contains { key } => {
                self.out.push('[');
                self.term(key);
                self.out.push(']');
            }
            HeadKind::Value { value: None, .. } if !has_body && with_if => self.out.push_str(" := true"),
            // Without a value, v0 would take it for a partial set.
            HeadKind::Value { value: None, .. } if !with_if && head.path.len() == 1 && head.parameters.is_none() => {
                self.out.push_str(" = true");
            }
            HeadKind::Value { value, is_assigned } => self.value(value.as_ref(), *is_assigned),
        }
    }

    fn value(&mut self, value: Option<&Term>, is_assigned: bool) {
        if let Some(value) = value {
            self.out.push_str(if is_assigned { " := " } else { " = " });
            self.at_least(value, 1);
        }
    }

    fn else_branch(&mut self, branch: &Else, with_if: bool) {
        self.out.push_str(" else");
        self.value(branch.value.as_ref(), branch.is_assigned);
        self.rule_body(&branch.body, with_if);
    }
}

/// Whether a bar is met before any other operator when an expression is read from its left.
fn leftmost_bar(term: &Term) -> bool {
    match &term.kind {
        TermKind::Infix { operator, args } => {
            *operator == Operator::Or || args.first().is_some_and(|left| strength(left) < 7 && leftmost_bar(left))
        }
        _ => false,
    }
}
