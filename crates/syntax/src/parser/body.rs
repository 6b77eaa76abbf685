//! Bodies and the literals in them.

use super::{Mark, Parser};
use crate::ast::{Body, Expr, ExprKind, Name, Operator, Term, TermKind, Version, With};
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// Literals up to `end`, which is left to the caller.
    pub(super) fn body(&mut self, end: TokenKind) -> Option<Body> {
        if !self.enter() {
            return None;
        }
        let body = self.body_inside(end);
        self.leave();
        body
    }

    fn body_inside(&mut self, end: TokenKind) -> Option<Body> {
        if self.is(end) {
            let span = self.here();
            self.error(span, "found empty body");
            return None;
        }
        let known = self.exprs.len();
        let Some(height) = self.literals(end) else {
            self.exprs.truncate(known);
            return None;
        };
        self.height = height;
        Some(self.exprs.drain(known..).collect())
    }

    /// Adds the literals up to `end` to the expressions of open bodies, and gives the height of the highest.
    fn literals(&mut self, end: TokenKind) -> Option<u32> {
        let mut height = 0;
        loop {
            let literal = self.literal()?;
            self.exprs.push(literal);
            height = height.max(self.height);
            if self.eat(TokenKind::Semicolon) {
                continue;
            }
            if self.is(end) {
                return Some(height);
            }
            if !self.token_at(self.at).after_newline || self.is(TokenKind::Eof) {
                // After a line break another literal is expected, and not what ends this one.
                let is_between = self.is_end_after_line_break();
                if !is_between && self.is_wrong() {
                    return None;
                }
                if is_between {
                    self.unexpected("");
                } else {
                    self.hint_for_missing_import();
                    self.unexpected(&format!("expected \\n or ; or {}", end.name()));
                }
                return None;
            }
        }
    }

    /// `{ body }`, whose brace is the current token.
    pub(super) fn braced_body(&mut self) -> Option<Body> {
        self.advance();
        let body = self.body(TokenKind::RightBrace)?;
        self.advance();
        Some(body)
    }

    /// What to import where a word stands that would be an operator after the import, or the comma of `k, v in xs`.
    fn hint_for_missing_import(&mut self) {
        if !self.hints.is_empty() {
            return;
        }
        let example = match (self.kind(), self.text_at(self.at)) {
            (TokenKind::Ident, "in") => ("in", "x in xs"),
            (TokenKind::Ident, "and") => ("and", "x and y"),
            (TokenKind::Ident, "or") => ("or", "x or y"),
            (TokenKind::Comma, _) if self.would_read(|parser| parser.is_membership_after()) => ("in", "x in xs"),
            _ => return,
        };
        self.hint(format!("`import future.keywords.{}` for `{}` expressions", example.0, example.1));
    }

    /// Whether `x in xs` follows the current token.
    fn is_membership_after(&mut self) -> bool {
        self.advance();
        let is_in = |term: &Term| matches!(term.kind, TermKind::Infix { operator: Operator::In, .. });
        self.infix(true).is_some_and(|term| is_in(&term))
    }

    /// Whether something can be read here with all keywords. Nothing is read by it.
    fn would_read(&mut self, read: impl FnOnce(&mut Self) -> bool) -> bool {
        let (mark, keywords, blank_at) = (self.mark(), self.keywords, self.blank_at);
        [TokenKind::In, TokenKind::Every, TokenKind::LogicalAnd, TokenKind::LogicalOr]
            .into_iter()
            .for_each(|kind| self.keywords.add(kind));
        let would = read(self);
        self.keywords = keywords;
        let is_back = self.rewind(mark);
        self.blank_at = blank_at;
        would && is_back
    }

    /// One expression with its modifiers.
    pub(super) fn literal(&mut self) -> Option<Expr> {
        let start = self.start();
        if self.has_logic()
            && let Some(result) = self.logic_literal(start)
        {
            return result;
        }
        self.keyword_as_name();
        let negated = self.is(TokenKind::Not);
        if negated {
            self.advance();
            if self.not_bodies
                && (self.is(TokenKind::LeftBrace) || self.is(TokenKind::LeftParen))
                && let Some(result) = self.negated_body(start)
            {
                return result;
            }
        }
        match self.kind() {
            kind @ (TokenKind::Some | TokenKind::Every) if negated => {
                self.unexpected(&format!("illegal negation of '{}'", kind.name()));
                None
            }
            TokenKind::Some => self.some(),
            TokenKind::Every => self.every(),
            _ => self.term_literal(start, negated),
        }
    }

    /// `not { .. }` and `not (a or b)`; `None` if a term follows `not`.
    fn negated_body(&mut self, start: u32) -> Option<Option<Expr>> {
        let body = if self.is(TokenKind::LeftBrace) {
            self.negated_operand()
        } else if self.has_logic() && self.is_group(self.at) {
            self.group()
        } else {
            return None;
        };
        Some(body.and_then(|body| {
            self.height += 1;
            let expr = self.expr(start, ExprKind::NotBody { body, is_explicit: true });
            if self.is_logic_operator() { self.logic_chain(start, vec![expr]) } else { self.with_modifiers(expr) }
        }))
    }

    /// A literal that is a term, perhaps negated, and what may follow it.
    fn term_literal(&mut self, start: u32, negated: bool) -> Option<Expr> {
        let starts_with_brace = !negated && self.is(TokenKind::LeftBrace);
        let mark = self.mark();
        let term = self.expression_term()?;
        self.hint_for_every(&term, mark);
        let inner = self.expr(term.span.start, ExprKind::Term(term));
        let mut expr = if negated { self.negate(start, inner) } else { inner };
        expr.span = self.span_from(start);
        let with = self.here();
        let expr = self.with_modifiers(expr)?;
        if !self.is_logic_operator() {
            return Some(expr);
        }
        if !expr.with.is_empty() {
            self.with_on_operand(with);
            return None;
        }
        if starts_with_brace
            && matches!(&expr.kind, ExprKind::Term(Term { kind: TermKind::Object(of), .. }) if of.is_empty())
        {
            self.error(expr.span, "found empty body");
            return None;
        }
        if starts_with_brace {
            let operator = self.kind().name();
            self.brace_led(start, operator);
            return None;
        }
        self.logic_chain(start, vec![expr])
    }

    /// What to import where `every` is a name, and would begin an expression after the import.
    fn hint_for_every(&mut self, term: &Term, start: Mark) {
        let is_every = matches!(&term.kind, TermKind::Var(name) if **name == *"every");
        if !is_every || self.version != Version::V0 {
            return;
        }
        let (after, ident_at) = (self.at, self.ident_at);
        self.at = start.at;
        self.ident_at = usize::MAX;
        let would = self.would_read(|parser| parser.every().is_some());
        (self.at, self.ident_at) = (after, ident_at);
        if would {
            self.hint("`import future.keywords.every` for `every x in xs { ... }` expressions");
        }
    }

    pub(super) fn negate(&mut self, start: u32, inner: Expr) -> Expr {
        self.height += 1;
        let kind = match self.not_bodies {
            true => ExprKind::NotBody { body: vec![inner], is_explicit: false },
            false => ExprKind::Not(Box::new(inner)),
        };
        self.expr(start, kind)
    }

    pub(super) fn expr(&self, start: u32, kind: ExprKind) -> Expr {
        Expr { span: self.span_from(start), kind, with: Vec::new() }
    }

    /// `a`, `a = b` or `a := b`.
    pub(super) fn expression_term(&mut self) -> Option<Term> {
        let left = self.infix(true)?;
        let operator = match self.kind() {
            TokenKind::Assign => Operator::Assign,
            TokenKind::Unify => Operator::Unify,
            _ => return Some(left),
        };
        let height = self.height;
        self.advance();
        let right = self.infix(true)?;
        self.set_height(height.max(self.height) + 1)?;
        let span = self.span_from(left.span.start);
        Some(Term { span, kind: TermKind::Infix { operator, args: vec![left, right] } })
    }

    /// Reads the modifiers that follow an expression.
    pub(super) fn with_modifiers(&mut self, mut expr: Expr) -> Option<Expr> {
        let mut height = self.height;
        while self.is(TokenKind::With) {
            let start = self.start();
            self.advance();
            if !self.is(TokenKind::Ident) {
                self.unexpected("expected ident");
                return None;
            }
            let target = self.term()?;
            height = height.max(self.height);
            if !matches!(target.kind, TermKind::Var(_) | TermKind::Ref { .. }) {
                self.unexpected("expected with target path");
            }
            if !self.eat(TokenKind::As) {
                self.unexpected("expected as keyword");
                return None;
            }
            let value = self.infix(true)?;
            height = height.max(self.height);
            expr.with.push(With { span: self.span_from(start), target, value });
            // The place of `and` and `or` is that of their operands: it tells whether the last one has braces.
            if !matches!(expr.kind, ExprKind::And(..) | ExprKind::Or(..)) {
                expr.span.end = self.last_end();
            }
        }
        self.height = height;
        Some(expr)
    }

    fn some(&mut self) -> Option<Expr> {
        let start = self.start();
        self.advance();
        let mark = self.mark();
        match self.infix(true).map(|term| term.kind) {
            Some(TermKind::Infix { operator: Operator::In, args }) => {
                let mut args = args.into_iter();
                let kind = match (args.next(), args.next(), args.next()) {
                    (Some(key), Some(value), Some(collection)) => {
                        ExprKind::SomeIn { key: Some(key), value, collection }
                    }
                    (Some(value), Some(collection), None) => ExprKind::SomeIn { key: None, value, collection },
                    _ => return None,
                };
                let expr = self.expr(start, kind);
                self.with_modifiers(expr)
            }
            Some(TermKind::Infix { .. } | TermKind::Call { .. }) => {
                self.unexpected("expected `x in xs` or `x, y in xs` expression");
                None
            }
            _ => {
                if !self.rewind(mark) {
                    return None;
                }
                let is_v0 = self.version == Version::V0;
                self.at -= 1;
                let would = is_v0 && self.would_read(|parser| parser.is_membership_after());
                self.at += 1;
                if would {
                    self.hint("`import future.keywords.in` for `some x in xs` expressions");
                }
                self.some_names(start)
            }
        }
    }

    /// `x, y` of `some x, y`.
    fn some_names(&mut self, start: u32) -> Option<Expr> {
        let mut names = Vec::new();
        loop {
            if !self.is(TokenKind::Ident) {
                self.unexpected("expected var");
                return None;
            }
            names.push(Name { span: self.here(), text: self.name_at(self.at) });
            self.advance();
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.height = 1;
        Some(self.expr(start, ExprKind::Some(names)))
    }

    fn every(&mut self) -> Option<Expr> {
        let start = self.start();
        self.advance();
        let term = self.infix(true)?;
        let mut height = self.height;
        let TermKind::Infix { operator: Operator::In, args } = term.kind else {
            self.unexpected("expected `x[, y] in xs { ... }` expression");
            return None;
        };
        let mut args = args.into_iter();
        let (key, value, domain) = match (args.next(), args.next(), args.next()) {
            (Some(key), Some(value), Some(domain)) => (Some(key), value, domain),
            (Some(value), Some(domain), None) => (None, value, domain),
            _ => return None,
        };
        // `input` and `data` are documents.
        let variable = |term: Term| as_name(term).filter(|name| !matches!(&*name.text, "input" | "data"));
        let key = match key.map(variable) {
            Some(None) => {
                self.unexpected("expected key to be a variable");
                return None;
            }
            key => key.flatten(),
        };
        let Some(value) = variable(value) else {
            self.unexpected("expected value to be a variable");
            return None;
        };
        if !self.is(TokenKind::LeftBrace) {
            self.unexpected("missing body");
            return None;
        }
        let body = self.braced_body()?;
        height = height.max(self.height) + 1;
        self.set_height(height)?;
        let expr = self.expr(start, ExprKind::Every { key, value, domain, body });
        self.with_modifiers(expr)
    }
}

fn as_name(term: Term) -> Option<Name> {
    match term.kind {
        TermKind::Var(text) => Some(Name { span: term.span, text }),
        _ => None,
    }
}
