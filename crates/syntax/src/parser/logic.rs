//! `and` and `or` between expressions, which are keywords only after their import.
//!
//! An operand in braces is a body, one in parentheses a group if it holds `and`, `or`, `not` or `with`; otherwise it
//! is a term. Which it is, is seen from the tokens before anything is read: see [`Parser::is_group`].

use super::Parser;
use super::infix::is_infix;
use crate::ast::{Body, Expr, ExprKind, Operator, Term, TermKind};
use crate::lexer::TokenKind;
use crate::span::Span;

impl Parser<'_> {
    /// Whether `and` or `or` is a keyword.
    pub(super) fn has_logic(&self) -> bool {
        self.keywords.has(TokenKind::LogicalAnd) || self.keywords.has(TokenKind::LogicalOr)
    }

    pub(super) fn is_logic_operator(&self) -> bool {
        is_logic(self.kind())
    }

    /// A literal that starts with an operand in braces or a group; `None` if the text is to be read as any other
    /// literal, `Some(None)` if it is wrong.
    pub(super) fn logic_literal(&mut self, start: u32) -> Option<Option<Expr>> {
        let is_operand = match self.kind() {
            TokenKind::LeftBrace => {
                let close = self.partner(self.at);
                is_logic(self.kind_at(close + 1))
            }
            TokenKind::LeftParen => self.is_group(self.at),
            _ => false,
        };
        if !is_operand {
            return None;
        }
        let is_braced = self.is(TokenKind::LeftBrace);
        let mark = self.mark();
        let body = if is_braced { self.braced_operand() } else { self.group() };
        // What is no body is read as a value, and what is wrong with that is said.
        if body.is_none() && is_braced && self.rewind(mark) {
            return None;
        }
        Some(body.and_then(|mut body| {
            if self.is_logic_operator() {
                return self.logic_chain(start, body);
            }
            let expr = body.pop()?;
            self.with_modifiers(expr)
        }))
    }

    /// `and` and `or` after a first operand, and the modifiers of the whole.
    pub(super) fn logic_chain(&mut self, start: u32, first: Body) -> Option<Expr> {
        let expr = self.or_chain(start, first)?;
        self.with_modifiers(expr)
    }

    fn or_chain(&mut self, start: u32, first: Body) -> Option<Expr> {
        let mut left = self.and_chain(start, first)?;
        while self.is(TokenKind::LogicalOr) {
            let height = self.height;
            self.advance();
            let operand_start = self.start();
            let operand = self.operand("or")?;
            let right = self.and_chain(operand_start, operand)?;
            self.set_height(height.max(self.height) + 1)?;
            self.check_prints("or", &left);
            self.check_prints("or", &right);
            left = vec![self.expr(start, ExprKind::Or(left, right))];
        }
        left.pop()
    }

    fn and_chain(&mut self, start: u32, mut left: Body) -> Option<Body> {
        while self.is(TokenKind::LogicalAnd) {
            let height = self.height;
            self.advance();
            let right = self.operand("and")?;
            self.set_height(height.max(self.height) + 1)?;
            self.check_prints("and", &left);
            self.check_prints("and", &right);
            left = vec![self.expr(start, ExprKind::And(left, right))];
        }
        Some(left)
    }

    /// Reports an operand that does nothing but print, which always holds.
    fn check_prints(&mut self, operator: &str, operand: &Body) {
        let is_print = |expr: &Expr| {
            let ExprKind::Term(Term { kind: TermKind::Call { function, .. }, .. }) = &expr.kind else { return false };
            matches!(&function.kind, TermKind::Var(name) if **name == *"print")
        };
        if let Some(first) = operand.first()
            && operand.iter().all(is_print)
        {
            self.hint(
                "`print` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail",
            );
            self.error(first.span, format!("operand of `{operator}` cannot consist only of calls to `print`"));
        }
    }

    fn operand(&mut self, operator: &str) -> Option<Body> {
        if !self.enter() {
            return None;
        }
        let operand = self.operand_inside(operator);
        self.leave();
        operand
    }

    fn operand_inside(&mut self, operator: &str) -> Option<Body> {
        let start = self.start();
        if self.is(TokenKind::LeftBrace) {
            let (mark, span) = (self.mark(), self.here());
            let is_empty = self.kind_at(self.at + 1) == TokenKind::RightBrace;
            let body = self.braced_operand();
            if body.is_none() && !is_empty {
                self.explain_brace(mark, span.start, operator);
            }
            return body;
        }
        let negated = self.is(TokenKind::Not) && !self.starts_ref(self.at);
        if negated {
            self.advance();
            if self.not_bodies && self.is(TokenKind::LeftBrace) {
                let body = self.negated_operand()?;
                return Some(vec![self.expr(start, ExprKind::NotBody { body, is_explicit: true })]);
            }
        }
        if self.is(TokenKind::LeftParen) && (!negated || self.not_bodies) && self.is_group(self.at) {
            let body = self.group()?;
            return Some(if negated {
                vec![self.expr(start, ExprKind::NotBody { body, is_explicit: true })]
            } else {
                body
            });
        }
        let term = self.expression_term()?;
        // What is in parentheses begins with these.
        let inner = self.expr(if negated { term.span.start } else { start }, ExprKind::Term(term));
        Some(vec![if negated { self.negate(start, inner) } else { inner }])
    }

    /// `{ body }` after `not`.
    pub(super) fn negated_operand(&mut self) -> Option<Body> {
        let (mark, start) = (self.mark(), self.start());
        let is_empty = self.kind_at(self.at + 1) == TokenKind::RightBrace;
        let body = self.braced_operand();
        if body.is_none()
            && !is_empty
            && let Some(term) = self.as_value(mark)
        {
            let span = self.span_from(start);
            let operand = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
            let message =
                format!("`{{...}}` in an operand position must contain expression(s), got: {}", value_name(&term));
            let hint =
                format!("write `not ({operand})` to negate the value, or `not {{{operand}}}` for a body holding it");
            self.hint(hint);
            self.error(span, message);
        }
        body
    }

    /// After a body in braces that could not be read: if it is a value, says that instead.
    fn explain_brace(&mut self, mark: super::Mark, start: u32, operator: &str) {
        if self.as_value(mark).is_some() {
            self.brace_led(start, operator);
        }
    }

    /// What could not be read as a body as a value; the errors stay if it is none either.
    fn as_value(&mut self, mark: super::Mark) -> Option<Term> {
        let (at, errors) = (self.at, self.errors.split_off(mark.errors));
        let value = if self.rewind(mark) { self.infix(true) } else { None };
        if value.is_none() {
            self.errors.truncate(mark.errors);
            self.errors.extend(errors);
            self.at = at;
        }
        value
    }

    pub(super) fn brace_led(&mut self, start: u32, operator: &str) {
        let span = self.span_from(start);
        let operand = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let hint = format!("wrap the operand to keep the value: `({operand}) {operator} ...`");
        let message = format!("operand of `{operator}` cannot begin with `{{` unless the braces hold a body");
        self.hint(hint);
        self.error(span, message);
    }

    /// `{ body }` as an operand, where a union would look like a comprehension.
    pub(super) fn braced_operand(&mut self) -> Option<Body> {
        let start = self.start();
        let body = self.braced_body()?;
        let is_union = match body.first().map(|expr| (&expr.kind, expr.span.start)) {
            Some((ExprKind::Term(term), start)) => {
                matches!(&term.kind, TermKind::Infix { operator: Operator::Or, .. })
                    && self.text.as_bytes().get(start as usize) != Some(&b'(')
            }
            _ => false,
        };
        if is_union {
            let span = self.span_from(start);
            let message = "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension";
            let hint = self.hint_for_union(span, body.first());
            self.hint(hint);
            self.error(span, message);
        }
        Some(body)
    }

    /// How to write a comprehension or a union, whose text is that of `span`.
    fn hint_for_union(&self, span: Span, union: Option<&Expr>) -> String {
        let text = |start: u32, end: u32| self.text.get(start as usize..end as usize).unwrap_or_default();
        let inner = union.map_or(span, |union| union.span);
        let [before, union, after] = [(span.start, inner.start), (inner.start, inner.end), (inner.end, span.end)]
            .map(|(start, end)| text(start, end));
        let negation = if text(0, span.start).trim_end().ends_with("not") { "not " } else { "" };
        format!(
            "write `{negation}({before}{union}{after})` for the comprehension, or `{negation}{before}({union}){after}` for the set union"
        )
    }

    /// A group in parentheses.
    pub(super) fn group(&mut self) -> Option<Body> {
        if !self.enter() {
            return None;
        }
        let body = self.group_inside();
        self.leave();
        body
    }

    fn group_inside(&mut self) -> Option<Body> {
        self.advance();
        let start = self.start();
        let first = self.operand("and")?;
        let body = if self.is_logic_operator() {
            vec![self.logic_chain(start, first)?]
        } else if self.is(TokenKind::With) && first.len() == 1 {
            let with = self.here();
            let mut first = first;
            let expr = first.pop()?;
            let expr = self.with_modifiers(expr)?;
            if self.is_logic_operator() {
                self.with_on_operand(with);
                return None;
            }
            vec![expr]
        } else {
            first
        };
        if !self.eat(TokenKind::RightParen) {
            let span = self.here();
            self.error(span, "expected ) to close parenthesized group");
            return None;
        }
        Some(body)
    }

    pub(super) fn with_on_operand(&mut self, span: crate::span::Span) {
        let operator = self.kind().name();
        let hint = format!(
            "Wrap the operand in `(...)` or `{{...}}` to scope, or move `with` after the `{operator}` expression to apply it to the whole expression"
        );
        self.hint(hint);
        self.error(span, format!("`with` modifier is not allowed on operand of `{operator}`"));
    }

    /// Whether a parenthesis holds expressions rather than a term: `and`, `or` or `with` directly in it, or a `not` at
    /// its start, or nothing but another such parenthesis.
    pub(super) fn is_group(&mut self, mut open: usize) -> bool {
        loop {
            let close = self.partner(open);
            let mut at = open + 1;
            let first = self.kind_at(at);
            if first == TokenKind::Not && !self.starts_ref(at) {
                return true;
            }
            let mut before = TokenKind::LeftParen;
            while at < close {
                let kind = self.kind_at(at);
                match kind {
                    TokenKind::With => return true,
                    TokenKind::LogicalAnd | TokenKind::LogicalOr if !expects_term(before) => return true,
                    TokenKind::LeftParen | TokenKind::LeftBrace | TokenKind::LeftBracket => {
                        at = self.partner(at).max(at);
                        before = TokenKind::RightParen;
                    }
                    kind => before = kind,
                }
                at += 1;
            }
            if first != TokenKind::LeftParen || self.partner(open + 1) + 1 != close {
                return false;
            }
            open += 1;
        }
    }

    /// The token that closes the bracket at `index`; the last token where none does.
    pub(super) fn partner(&mut self, index: usize) -> usize {
        if self.partners.is_empty() {
            self.partners = partners(self.tokens.iter().map(|token| token.kind), self.tokens.len());
        }
        self.partners.get(index).map_or(self.tokens.len(), |partner| *partner as usize)
    }
}

fn is_logic(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::LogicalAnd | TokenKind::LogicalOr)
}

/// Whether a term must follow a token, so that `or(` after it is a call.
fn expects_term(before: TokenKind) -> bool {
    is_infix(before)
        || is_logic(before)
        || matches!(
            before,
            TokenKind::LeftParen
                | TokenKind::Comma
                | TokenKind::Dot
                | TokenKind::Assign
                | TokenKind::Unify
                | TokenKind::In
                | TokenKind::Not
        )
}

/// For each opening bracket the index of the closing one. Brackets that do not match close nothing.
fn partners(kinds: impl Iterator<Item = TokenKind>, count: usize) -> Vec<u32> {
    let mut partners = vec![count as u32; count];
    let mut open: Vec<(usize, TokenKind)> = Vec::new();
    for (index, kind) in kinds.enumerate() {
        let opening = match kind {
            TokenKind::LeftParen | TokenKind::LeftBrace | TokenKind::LeftBracket => {
                open.push((index, kind));
                continue;
            }
            TokenKind::RightParen => TokenKind::LeftParen,
            TokenKind::RightBrace => TokenKind::LeftBrace,
            TokenKind::RightBracket => TokenKind::LeftBracket,
            _ => continue,
        };
        if let Some((start, _)) = open.pop_if(|(_, kind)| *kind == opening)
            && let Some(partner) = partners.get_mut(start)
        {
            *partner = index as u32;
        }
    }
    partners
}

/// What the value is that a term begins with.
fn value_name(term: &Term) -> &'static str {
    match &term.kind {
        TermKind::Infix { args, .. } => args.first().map_or("call", value_name),
        TermKind::Ref { .. } => "ref",
        TermKind::Call { .. } => "call",
        TermKind::Array(_) => "array",
        TermKind::Object(_) => "object",
        TermKind::Set(_) => "set",
        TermKind::ArrayComprehension { .. } => "arraycomprehension",
        TermKind::SetComprehension { .. } => "setcomprehension",
        TermKind::ObjectComprehension { .. } => "objectcomprehension",
        TermKind::Var(_) => "var",
        TermKind::Template(_) => "templatestring",
        TermKind::String(_) => "string",
        TermKind::Number(_) => "number",
        TermKind::Bool(_) => "boolean",
        TermKind::Null => "null",
    }
}
