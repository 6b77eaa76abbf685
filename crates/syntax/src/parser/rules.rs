//! Rules: heads, bodies, `else`, `default`.

use super::checks::Written;
use super::infix::is_infix;
use super::term::kind_name;
use super::{Mark, Parser, error_at};
use crate::ast::{Body, Else, Expr, ExprKind, Head, HeadKind, Name, Operator, Rule, Term, TermKind};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;

/// A head as far as it can be told without what follows it.
struct RawHead {
    start: u32,
    name: Name,
    path: Vec<Term>,
    parameters: Option<Vec<Term>>,
    value: Option<Term>,
    is_assigned: bool,
    /// The member after `contains`.
    member: Option<Term>,
}

impl Parser<'_> {
    /// Reads a rule and adds it to others; several if bodies are chained. Those of a statement that cannot be read to its
    /// end are not to be kept.
    pub(super) fn rules(&mut self, rules: &mut Vec<Rule>) -> Option<()> {
        let mark = self.mark();
        let start = self.start();
        self.keyword_as_name();
        let is_value = matches!(self.kind_at(self.at + 1), TokenKind::Assign | TokenKind::Unify);
        if self.is(TokenKind::Contains) && is_value {
            // v0 takes this for a rule even where the keyword is imported; v1 has a check of its own.
            self.ident_at = self.at;
        }
        let is_default = self.eat(TokenKind::Default);
        if is_default {
            self.keyword_as_name();
            if !self.is(TokenKind::Ident) {
                self.keyword_rule_name(true)?;
                self.unexpected("expected rule name");
                return None;
            }
        }
        if !self.is(TokenKind::Ident) {
            return self.no_rule(mark).map(|rule| rules.push(rule));
        }
        let head = self.head()?;
        if is_default {
            return self.default_rule(start, head).map(|rule| rules.push(rule));
        }
        match self.kind() {
            TokenKind::If => {
                self.advance();
                let head = self.finish_head(head, true);
                self.rule_with_if(start, head, rules)
            }
            TokenKind::LeftBrace => {
                let has_contains = head.member.is_some();
                let head = self.finish_head(head, false);
                let body = self.braced_body()?;
                self.rule_with_body(start, head, body, Written { has_if: false, has_contains, has_body: true }, rules)
            }
            _ => self.rule_without_body(start, head, mark).map(|rule| rules.push(rule)),
        }
    }

    fn head(&mut self) -> Option<RawHead> {
        let start = self.start();
        let name = self.variable();
        // Unlike elsewhere, space may stand between a rule's name and its brackets.
        if is_infix(self.kind()) && self.is_adjacent(self.at) {
            self.unexpected("");
            return None;
        }
        let is_spaced = !self.is_adjacent(self.at)
            && matches!(self.kind(), TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::Dot);
        let term = if is_spaced { self.finish_spaced_ref(name)? } else { self.finish_ref(name)? };
        let (term, parameters) = match term.kind {
            TermKind::Call { function, args } => (*function, Some(args)),
            TermKind::Set(_) => {
                let function = Term { span: term.span, kind: TermKind::Var("set".into()) };
                (function, Some(Vec::new()))
            }
            kind => (Term { kind, ..term }, None),
        };
        let (first, path) = match term.kind {
            TermKind::Ref { head, operands } => (*head, operands),
            kind => (Term { kind, ..term }, Vec::new()),
        };
        let TermKind::Var(text) = first.kind else {
            let message = match &first.kind {
                TermKind::Call { .. } => {
                    let shown = self.text.get(start as usize..self.last_end() as usize).unwrap_or_default();
                    format!("invalid rule head: {shown}")
                }
                kind => format!("{} cannot be used for rule name", kind_name(kind)),
            };
            if !self.gave_up {
                self.errors.push(Diagnostic { is_bare: true, ..error_at(first.span, message) });
            }
            return None;
        };
        let name = Name { span: Span { end: first.span.start + text.len() as u32, ..first.span }, text };
        let mut head = RawHead { start, name, path, parameters, value: None, is_assigned: false, member: None };
        self.head_value(&mut head)?;
        Some(head)
    }

    fn head_value(&mut self, head: &mut RawHead) -> Option<()> {
        match self.kind() {
            TokenKind::Contains => {
                if head.parameters.is_some() {
                    let shown = &head.name.text;
                    self.unexpected(&format!(
                        "the contains keyword can only be used with multi-value rule definitions (e.g., {shown} contains <VALUE> {{ ... }})"
                    ));
                }
                self.advance();
                head.member = Some(self.infix(true)?);
            }
            TokenKind::Unify | TokenKind::Assign => {
                head.is_assigned = self.is(TokenKind::Assign);
                self.advance();
                head.value = Some(self.infix(true)?);
            }
            _ => {}
        }
        Some(())
    }

    /// Settles what a head with a body defines: without `if`, `p[x]` is v0's partial set.
    fn finish_head(&mut self, raw: RawHead, has_if: bool) -> Head {
        let span = self.head_span(&raw, has_if);
        let RawHead { name, mut path, parameters, value, is_assigned, member, .. } = raw;
        let kind = match member {
            Some(key) => HeadKind::Contains { key },
            None if !has_if && value.is_none() && parameters.is_none() && path.len() == 1 => match path.pop() {
                Some(key) => HeadKind::Contains { key },
                None => HeadKind::Value { value, is_assigned },
            },
            None => HeadKind::Value { value, is_assigned },
        };
        Head { span, name, path, parameters, kind }
    }

    /// From the head's start to before the current token, or before the `if` just read.
    fn head_span(&self, raw: &RawHead, has_if: bool) -> Span {
        let end = if has_if && self.at > 1 { self.token_at(self.at - 2).end } else { self.last_end() };
        Span::new(self.file, raw.start, end.max(raw.start))
    }

    fn rule_with_if(&mut self, start: u32, head: Head, rules: &mut Vec<Rule>) -> Option<()> {
        let has_contains = matches!(head.kind, HeadKind::Contains { .. });
        let written = Written { has_if: true, has_contains, has_body: true };
        let is_braced = self.is(TokenKind::LeftBrace);
        if is_braced && !self.may_start_expression() {
            let body = self.braced_body()?;
            return self.rule_with_body(start, head, body, written, rules);
        }
        let mark = self.mark();
        let body = match self.literal() {
            // `{ true }` reads as a set, but means a body.
            Some(expr) if !(is_braced && is_set(&expr)) => vec![expr],
            _ if is_braced => {
                if !self.rewind(mark) {
                    return None;
                }
                self.braced_body()?
            }
            _ => return None,
        };
        self.rule_with_body(start, head, body, written, rules)
    }

    /// Whether a `{` after `if` may start an expression, such as `{"a": 1}.a`, rather than a body. Decided by the
    /// first token directly within the braces that only one of the two can have, so that bodies are read once.
    fn may_start_expression(&mut self) -> bool {
        let close = self.partner(self.at);
        let mut at = self.at + 1;
        if at == close {
            return true;
        }
        if close >= self.tokens.len() {
            return false;
        }
        while at < close {
            match self.kind_at(at) {
                TokenKind::LeftBrace | TokenKind::LeftBracket | TokenKind::LeftParen => at = self.partner(at),
                TokenKind::Assign | TokenKind::Unify | TokenKind::Semicolon => return self.has_logic(),
                TokenKind::Colon | TokenKind::Bar => return true,
                _ => {}
            }
            at += 1;
        }
        self.goes_on(close + 1)
    }

    /// Whether the token at `index` goes on with an expression before it.
    fn goes_on(&self, index: usize) -> bool {
        match self.kind_at(index) {
            TokenKind::Dot | TokenKind::LeftBracket | TokenKind::LeftParen => self.is_adjacent(index),
            TokenKind::In
            | TokenKind::With
            | TokenKind::Unify
            | TokenKind::Assign
            | TokenKind::Comma
            | TokenKind::LogicalAnd
            | TokenKind::LogicalOr => true,
            kind => is_infix(kind),
        }
    }

    /// What follows a rule's first body: `else` branches, or further bodies, which are rules of their own.
    fn rule_with_body(
        &mut self,
        start: u32,
        head: Head,
        body: Body,
        written: Written,
        rules: &mut Vec<Rule>,
    ) -> Option<()> {
        let known = rules.len();
        let first_end = self.last_end();
        let mut else_branches = Vec::new();
        if self.is(TokenKind::Else) && !self.starts_ref(self.at) {
            if head.path.iter().any(|term| !is_ground(term)) {
                let span = self.here();
                self.error(span, "else keyword cannot be used on rules with variables in head");
                return None;
            }
            if matches!(head.kind, HeadKind::Contains { .. }) || !written.has_if && head.path.len() == 1 {
                let span = self.here();
                self.error(span, "else keyword cannot be used on multi-value rules");
                return None;
            }
            let what = if head.parameters.is_some() { "function" } else { "rule" };
            while self.is(TokenKind::Else) {
                else_branches.push(self.else_branch(what)?);
            }
        }
        let has_else = !else_branches.is_empty();
        let span = self.span_from(start);
        self.check_v1(span, &head, written);
        rules.push(Rule { span, is_default: false, head, body, else_branches });
        while self.is(TokenKind::LeftBrace) {
            if has_else {
                let span = self.here();
                self.error(span, "expected else keyword");
                return None;
            }
            let start = self.start();
            let body = self.braced_body()?;
            let span = self.span_from(start);
            let Some(first) = rules.get(known) else { break };
            let head = Head { span, ..first.head.clone() };
            self.check_v1(span, &head, written);
            rules.push(Rule { span, is_default: false, head, body, else_branches: Vec::new() });
        }
        if let Some([rule]) = rules.get_mut(known..) {
            rule.span.end = rule.span.end.max(first_end);
        }
        Some(())
    }

    fn else_branch(&mut self, what: &'static str) -> Option<Else> {
        let start = self.start();
        self.advance();
        let (mut value, mut is_assigned) = (None, false);
        match self.kind() {
            TokenKind::LeftBrace | TokenKind::If => {}
            TokenKind::Assign | TokenKind::Unify => {
                is_assigned = self.is(TokenKind::Assign);
                self.advance();
                value = Some(self.infix(true)?);
            }
            _ => {
                self.unexpected("expected else value term or rule body");
                return None;
            }
        }
        let has_if = self.eat(TokenKind::If);
        let mut body = Vec::new();
        if self.is(TokenKind::LeftBrace) {
            body = self.braced_body()?;
        } else if has_if {
            if self.is(TokenKind::Eof) {
                self.unexpected("rule body expected");
                return None;
            }
            body.push(self.literal()?);
        }
        let span = self.span_from(start);
        self.check_v1_if(span, what, Written { has_if, has_body: !body.is_empty(), has_contains: false });
        Some(Else { span, value, is_assigned, body })
    }

    fn default_rule(&mut self, start: u32, raw: RawHead) -> Option<Rule> {
        let head_span = self.head_span(&raw, false);
        let span = self.span_from(start);
        let RawHead { name, path, parameters, value, is_assigned, member, .. } = raw;
        let is_contains = member.is_some();
        // Without a value it is `true`, but OPA finds none behind a name of two parts, or after `contains`.
        if value.is_none() && (is_contains || parameters.is_none() && path.len() == 1) {
            let message = "illegal default rule (must have a value)";
            self.error_with_hint(span, message, format!("write `default {} := false`", name.text));
            return None;
        }
        if let Some(what) = value.as_ref().and_then(not_constant) {
            self.error(span, format!("illegal default rule (value cannot contain {what})"));
        }
        let mut seen: Vec<&str> = Vec::new();
        for parameter in parameters.iter().flatten() {
            match &parameter.kind {
                TermKind::Var(name) if **name == *"_" => {}
                TermKind::Var(name) if !matches!(&**name, "input" | "data") => {
                    if seen.contains(&&**name) {
                        self.error(span, format!("illegal default rule (arguments cannot be repeated {name})"));
                    }
                    if seen.len() < 1000 {
                        seen.push(name);
                    }
                }
                other => {
                    let what = kind_name(other);
                    self.error(span, format!("illegal default rule (arguments cannot contain {what})"));
                }
            }
        }
        let kind = HeadKind::Value { value, is_assigned };
        let head = Head { span: head_span, name, path, parameters, kind };
        self.check_v1_name(span, &head);
        Some(Rule { span, is_default: true, head, body: Vec::new(), else_branches: Vec::new() })
    }

    /// A rule without a body. OPA reads it as an expression, and then makes a rule of that if it can.
    fn rule_without_body(&mut self, start: u32, raw: RawHead, mark: Mark) -> Option<Rule> {
        let is_contains = raw.member.is_some();
        let goes_on = self.goes_on(self.at) || self.is(TokenKind::Semicolon);
        let may_be_rule = raw.value.is_some() || !raw.path.is_empty() || raw.parameters.is_some();
        let is_spaced = self.text.as_bytes().get(raw.name.span.end as usize).is_some_and(u8::is_ascii_whitespace)
            && (!raw.path.is_empty() || raw.parameters.is_some());
        if self.errors.len() > mark.errors {
            return None;
        }
        if !is_contains && (goes_on || !may_be_rule || is_spaced) {
            return self.no_rule(mark);
        }
        let is_call_alone = raw.parameters.as_ref().is_some_and(Vec::is_empty) && raw.value.is_none();
        if is_call_alone {
            let span = self.span_from(start);
            self.error(span, "rule argument list must take at least one argument");
            return None;
        }
        let span = self.span_from(start);
        let head = self.finish_head(raw, false);
        self.check_v1(span, &head, Written { has_if: false, has_contains: is_contains, has_body: false });
        Some(Rule { span, is_default: false, head, body: Vec::new(), else_branches: Vec::new() })
    }

    /// A statement that is no rule: reads it as a query to say what it is instead.
    fn no_rule(&mut self, mark: Mark) -> Option<Rule> {
        if !self.rewind(mark) {
            return None;
        }
        let expr = self.literal()?;
        if self.is(TokenKind::Semicolon) {
            self.advance();
            while !self.token_at(self.at).after_newline && !self.is(TokenKind::Eof) {
                self.literal()?;
                if !self.eat(TokenKind::Semicolon) {
                    break;
                }
            }
            self.error(expr.span, "multiple expressions cannot be used for rule head");
            return None;
        }
        if !self.gave_up {
            let hint = self.hint_for_head_keyword();
            let error = Diagnostic { hint, is_bare: true, ..error_at(expr.span, no_rule_message(&expr)) };
            let is_indented = self.column(mark.at) > 0;
            if is_indented {
                self.rule_errors.push(error)
            } else {
                self.errors.push(error)
            }
            self.was_no_rule = self.token_at(self.at).after_newline;
        }
        None
    }

    /// What to import where `if` or `contains` follows and is no keyword.
    fn hint_for_head_keyword(&self) -> Option<String> {
        let example = match (self.kind(), self.text_at(self.at)) {
            (TokenKind::Ident, "if") => ("if", "p if { ... }"),
            (TokenKind::Ident, "contains") => ("contains", "p contains x"),
            _ => return None,
        };
        Some(format!("`import future.keywords.{}` for `{}` rules", example.0, example.1))
    }

    /// Reports a keyword in the place of a rule's name.
    pub(super) fn keyword_rule_name(&mut self, is_default: bool) -> Option<()> {
        let kind = self.kind();
        let next = self.kind_at(self.at + 1);
        let is_value = matches!(next, TokenKind::Assign | TokenKind::Unify);
        let is_head = is_value || matches!(next, TokenKind::If | TokenKind::Contains);
        let is_call = next == TokenKind::LeftParen;
        let is_wrong = match kind {
            TokenKind::Every | TokenKind::If | TokenKind::In | TokenKind::Some | TokenKind::As => is_head || is_call,
            TokenKind::Package | TokenKind::Import => is_value || is_call,
            TokenKind::Not | TokenKind::LogicalAnd | TokenKind::LogicalOr => is_head,
            TokenKind::Contains => matches!(next, TokenKind::If | TokenKind::Contains),
            _ => return Some(()),
        };
        if is_wrong || is_default {
            let span = self.here();
            self.error_with_hint(
                span,
                format!("{} keyword cannot be used for rule name", kind.name()),
                "choose another name",
            );
            return None;
        }
        Some(())
    }
}

fn is_set(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Term(Term { kind: TermKind::Set(_), .. }))
}

/// Whether a term of a head has no variables.
fn is_ground(term: &Term) -> bool {
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => true,
        TermKind::Array(terms) | TermKind::Set(terms) => terms.iter().all(is_ground),
        TermKind::Object(pairs) => pairs.iter().all(|(key, value)| is_ground(key) && is_ground(value)),
        TermKind::Ref { head, operands } => is_root(head) && operands.iter().all(is_ground),
        _ => is_root(term),
    }
}

fn is_root(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Var(name) if matches!(&**name, "input" | "data"))
}

/// What a default value contains that is no constant. Comprehensions are let through.
fn not_constant(term: &Term) -> Option<&'static str> {
    match &term.kind {
        TermKind::Var(name) if matches!(&**name, "input" | "data") => Some("ref"),
        TermKind::Var(_) => Some("var"),
        TermKind::Ref { .. } => Some("ref"),
        TermKind::Call { .. } | TermKind::Infix { .. } => Some("call"),
        TermKind::Array(terms) | TermKind::Set(terms) => terms.iter().find_map(not_constant),
        TermKind::Object(pairs) => {
            pairs.iter().find_map(|(key, value)| not_constant(key).or_else(|| not_constant(value)))
        }
        _ => None,
    }
}

/// Why an expression is no rule, in OPA's words.
fn no_rule_message(expr: &Expr) -> String {
    if !expr.with.is_empty() {
        return "expressions using with keyword cannot be used for rule head".to_owned();
    }
    let term = match &expr.kind {
        ExprKind::Term(term) => term,
        ExprKind::Not(_) => return "negated expressions cannot be used for rule head".to_owned(),
        ExprKind::Some(_) | ExprKind::SomeIn { .. } => {
            return "'some' declarations cannot be used for rule head".to_owned();
        }
        _ => return "expression cannot be used for rule head".to_owned(),
    };
    match &term.kind {
        TermKind::Infix { operator: Operator::Assign | Operator::Unify, args } => {
            let left = args.first().map(|left| &left.kind);
            format!("{} cannot be used for rule name", left.map_or("expression", kind_name))
        }
        TermKind::Infix { .. } => "rule name conflicts with built-in function".to_owned(),
        kind => format!("{} cannot be used for rule name", kind_name(kind)),
    }
}
