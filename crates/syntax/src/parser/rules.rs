//! Rules: heads, bodies, `else`, `default`.

use super::checks::Written;
use super::infix::is_infix;
use super::term::kind_name;
use super::{Mark, Parser};
use crate::ast::{Body, Else, Expr, ExprKind, Head, HeadKind, Name, Rule, Term, TermKind};
use crate::lexer::TokenKind;
use crate::print::term_text;
use crate::span::Span;

/// A head as far as it can be told without what follows it.
pub(super) struct RawHead {
    pub(super) start: u32,
    pub(super) name: Name,
    pub(super) path: Vec<Term>,
    pub(super) parameters: Option<Vec<Term>>,
    pub(super) value: Option<Term>,
    pub(super) is_assigned: bool,
    /// The member after `contains`.
    pub(super) member: Option<Term>,
}

impl RawHead {
    /// A head that is a name.
    pub(super) fn new(start: u32, name: Name) -> RawHead {
        RawHead { start, name, path: Vec::new(), parameters: None, value: None, is_assigned: false, member: None }
    }

    /// The name with its keys.
    fn shown(&self) -> String {
        let head = Term { span: self.name.span, kind: TermKind::Var(self.name.text.clone()) };
        if self.path.is_empty() {
            return term_text(&head);
        }
        let kind = TermKind::Ref { head: Box::new(head), operands: self.path.clone() };
        term_text(&Term { span: self.name.span, kind })
    }

    /// What OPA says of a head whose value cannot be read.
    fn value_expected(&self, is_default: bool) -> String {
        let shown = self.shown();
        match (self.is_assigned, &self.parameters) {
            (false, _) => format!("expected rule value term (e.g., {shown}[<nil>] = <VALUE> {{ ... }})"),
            (true, Some(_)) => format!("expected function value term (e.g., {shown}(...) := <VALUE> {{ ... }})"),
            (true, None) if is_default => {
                format!("expected default rule value term (e.g., default {shown} := <VALUE>)")
            }
            (true, None) => format!("expected rule value term (e.g., {shown} := <VALUE> {{ ... }})"),
        }
    }
}

impl Parser<'_> {
    /// Reads a rule and adds it to others; several if bodies are chained. Those of a statement that cannot be read to its
    /// end are not to be kept.
    pub(super) fn rules(&mut self, rules: &mut Vec<Rule>) -> Option<()> {
        let mark = self.mark();
        let start = self.start();
        self.keyword_as_name();
        let is_default = self.eat(TokenKind::Default);
        if is_default {
            self.keyword_as_name();
            if !self.is(TokenKind::Ident) {
                self.keyword_rule_name(true)?;
            }
        }
        if !self.is(TokenKind::Ident) {
            if self.is_wrong() {
                return None;
            }
            return self.rule_of_expression(mark).map(|rule| rules.push(rule));
        }
        let Some(head) = self.head(is_default) else {
            let is_wrong = self.errors.len() > mark.errors;
            return if is_wrong { None } else { self.rule_of_expression(mark).map(|rule| rules.push(rule)) };
        };
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
            _ => self.rule_without_body(head, mark).map(|rule| rules.push(rule)),
        }
    }

    /// A head; none, and no error, of what can be an expression only.
    fn head(&mut self, is_default: bool) -> Option<RawHead> {
        let start = self.start();
        let name = self.variable();
        // Unlike elsewhere, space may stand between a rule's name and its brackets.
        if is_infix(self.kind()) && self.is_adjacent(self.at) {
            self.unexpected("");
            return None;
        }
        let is_spaced = !self.is_adjacent(self.at)
            && matches!(self.kind(), TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::Dot);
        let Some(term) = (if is_spaced { self.finish_spaced_ref(name) } else { self.finish_ref(name) }) else {
            self.unexpected("expected rule head name");
            return None;
        };
        let (term, parameters) = match term.kind {
            TermKind::Call { function, args } => (*function, Some(args)),
            kind => (Term { kind, ..term }, None),
        };
        let (first, path) = match term.kind {
            TermKind::Ref { head, operands } => (*head, operands),
            kind => (Term { kind, ..term }, Vec::new()),
        };
        let TermKind::Var(text) = first.kind else { return None };
        let name = Name { span: Span { end: first.span.start + text.len() as u32, ..first.span }, text };
        let mut head = RawHead { path, parameters, ..RawHead::new(start, name) };
        self.head_value(&mut head, is_default);
        Some(head)
    }

    /// The member or value of a head. If it is wrong, what follows it is still read.
    fn head_value(&mut self, head: &mut RawHead, is_default: bool) {
        let kind = self.kind();
        match kind {
            TokenKind::Contains => {
                if head.parameters.is_some() {
                    self.unexpected(&format!(
                        "the contains keyword can only be used with multi-value rule definitions (e.g., {} contains <VALUE> {{ ... }})",
                        head.shown()
                    ));
                }
                self.advance();
                head.member = self.infix(true);
                if head.member.is_none() {
                    let shown = head.shown();
                    self.unexpected(&format!("expected rule key term (e.g., {shown} contains <VALUE> {{ ... }})"));
                    head.member = Some(Term { span: self.here(), kind: TermKind::Null });
                }
            }
            TokenKind::Unify | TokenKind::Assign => {
                head.is_assigned = kind == TokenKind::Assign;
                self.advance();
                head.value = self.infix(true);
                if head.value.is_none() {
                    self.unexpected(&head.value_expected(is_default));
                }
            }
            _ => {}
        }
    }

    /// Settles what a head with a body defines: without `if`, `p[x]` is v0's partial set.
    fn finish_head(&mut self, raw: RawHead, has_if: bool) -> Head {
        let span = self.head_span(&raw, has_if);
        let RawHead { name, mut path, parameters, value, is_assigned, member, .. } = raw;
        let name = self.named_wildcard(name);
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

    /// A rule called `_` has the name that OPA gives this wildcard, by which nothing can ask for it.
    fn named_wildcard(&mut self, name: Name) -> Name {
        if *name.text != *"_" {
            return name;
        }
        let (mut at, mut count) = self.wildcards;
        while at < self.at && self.token_at(at).start < name.span.start {
            count += usize::from(self.text_at(at) == "_");
            at += 1;
        }
        self.wildcards = (at, count);
        Name { text: format!("${count}").into(), ..name }
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
                let branch = self.else_branch(what)?;
                let has_body = !branch.body.is_empty();
                else_branches.push(branch);
                // Nothing comes after a branch that always has a value.
                if !has_body {
                    break;
                }
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
        let name = self.named_wildcard(name);
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
    fn rule_without_body(&mut self, raw: RawHead, mark: Mark) -> Option<Rule> {
        let goes_on = self.goes_on(self.at) || self.is(TokenKind::Semicolon);
        let is_spaced = self.text.as_bytes().get(raw.name.span.end as usize).is_some_and(u8::is_ascii_whitespace)
            && (!raw.path.is_empty() || raw.parameters.is_some());
        if raw.member.is_none() && self.errors.len() > mark.errors {
            return None;
        }
        if raw.member.is_none() && (goes_on || is_spaced || raw.value.is_none()) {
            return self.rule_of_expression(mark);
        }
        Some(self.finish_without_body(raw))
    }

    pub(super) fn finish_without_body(&mut self, raw: RawHead) -> Rule {
        let has_contains = raw.member.is_some();
        let span = self.span_from(raw.start);
        let head = self.finish_head(raw, false);
        self.check_v1(span, &head, Written { has_if: false, has_contains, has_body: false });
        Rule { span, is_default: false, head, body: Vec::new(), else_branches: Vec::new() }
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
