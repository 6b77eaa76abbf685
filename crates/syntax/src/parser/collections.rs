//! Arrays, sets, objects and comprehensions.
//!
//! `[a | b]` and `{a | b}` are comprehensions wherever they can be; only where the part after the bar is no body but
//! a list (`{a | b, c}`) is the bar a union.

use super::Parser;
use crate::ast::{Term, TermKind};
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn array(&mut self) -> Option<Term> {
        let start = self.start();
        self.advance();
        let may_be_comprehension = !self.eat(TokenKind::Comma);
        if may_be_comprehension && self.eat(TokenKind::RightBracket) {
            self.height = 1;
            return Some(Term { span: self.span_from(start), kind: TermKind::Array(Vec::new()) });
        }
        let head = self.term()?;
        if self.is(TokenKind::Bar) && may_be_comprehension {
            let (mark, height) = (self.mark(), self.height);
            self.advance();
            match self.body(TokenKind::RightBracket) {
                Some(body) => {
                    self.set_height(self.height.max(height) + 1)?;
                    self.advance();
                    let kind = TermKind::ArrayComprehension { term: Box::new(head), body };
                    return Some(Term { span: self.span_from(start), kind });
                }
                None => self.take_bar_for_union(mark, height)?,
            }
        }
        let (terms, height) = self.list_after(head, TokenKind::RightBracket)?;
        self.set_height(height + 1)?;
        self.advance();
        Some(Term { span: self.span_from(start), kind: TermKind::Array(terms) })
    }

    /// After a body that could not be read: goes back to the bar if a comma shows that this is a list.
    fn take_bar_for_union(&mut self, mark: super::Mark, height: u32) -> Option<()> {
        if !self.is(TokenKind::Comma) || !self.rewind(mark) {
            return None;
        }
        self.height = height;
        Some(())
    }

    /// The rest of a list whose first term, so far without operators, has been read.
    fn list_after(&mut self, head: Term, end: TokenKind) -> Option<(Vec<Term>, u32)> {
        let first = self.infix_after(head, false)?;
        let height = self.height;
        if !self.eat(TokenKind::Comma) && !self.is(end) {
            self.unexpected(&format!("expected \",\" or \"{}\"", end.name()));
            return None;
        }
        self.term_list(end, vec![first], height)
    }

    pub(super) fn set_or_object(&mut self) -> Option<Term> {
        let start = self.start();
        self.advance();
        let may_be_comprehension = !self.eat(TokenKind::Comma);
        if may_be_comprehension && self.eat(TokenKind::RightBrace) {
            self.height = 1;
            return Some(Term { span: self.span_from(start), kind: TermKind::Object(Vec::new()) });
        }
        let mut head = self.term()?;
        if self.is(TokenKind::Bar) && may_be_comprehension {
            let (mark, height) = (self.mark(), self.height);
            self.advance();
            match self.body(TokenKind::RightBrace) {
                Some(body) => {
                    self.set_height(self.height.max(height) + 1)?;
                    self.advance();
                    let kind = TermKind::SetComprehension { term: Box::new(head), body };
                    return Some(Term { span: self.span_from(start), kind });
                }
                None => self.take_bar_for_union(mark, height)?,
            }
        }
        head = self.infix_after(head, false)?;
        match self.kind() {
            TokenKind::RightBrace | TokenKind::Comma => {
                let height = self.height;
                self.eat(TokenKind::Comma);
                let (terms, height) = self.term_list(TokenKind::RightBrace, vec![head], height)?;
                self.set_height(height + 1)?;
                self.advance();
                Some(Term { span: self.span_from(start), kind: TermKind::Set(terms) })
            }
            TokenKind::Colon => self.object_after_key(start, head, may_be_comprehension),
            _ => {
                self.unexpected("non-terminated set");
                None
            }
        }
    }

    fn object_after_key(&mut self, start: u32, key: Term, may_be_comprehension: bool) -> Option<Term> {
        let key_height = self.height;
        self.advance();
        let mut value = self.term()?;
        if self.is(TokenKind::Bar) && may_be_comprehension {
            let (mark, height) = (self.mark(), self.height);
            self.advance();
            match self.body(TokenKind::RightBrace) {
                Some(body) => {
                    self.set_height(self.height.max(height).max(key_height) + 1)?;
                    self.advance();
                    let kind = TermKind::ObjectComprehension { key: Box::new(key), value: Box::new(value), body };
                    return Some(Term { span: self.span_from(start), kind });
                }
                // `{a: b | c, d in e: f}` reads `c, d in e` as a body before it meets the colon. And where the body is
                // wrong, OPA says what is wrong with a union in its place.
                None => {
                    if !self.rewind(mark) {
                        return None;
                    }
                    self.height = height;
                }
            }
        }
        value = self.infix_after(value, false)?;
        let mut height = key_height.max(self.height);
        let mut pairs = vec![(key, value)];
        if !matches!(self.kind(), TokenKind::Comma | TokenKind::RightBrace) {
            self.unexpected("non-terminated object");
            return None;
        }
        self.eat(TokenKind::Comma);
        while !self.is(TokenKind::RightBrace) {
            let key = self.infix(false)?;
            height = height.max(self.height);
            if !self.eat(TokenKind::Colon) {
                self.unexpected("expected \":\"");
                return None;
            }
            let value = self.infix(false)?;
            height = height.max(self.height);
            pairs.push((key, value));
            if !self.eat(TokenKind::Comma) && !self.is(TokenKind::RightBrace) {
                self.unexpected("expected \",\" or \"}\"");
                return None;
            }
        }
        self.set_height(height + 1)?;
        self.advance();
        Some(Term { span: self.span_from(start), kind: TermKind::Object(pairs) })
    }
}
