//! Infix operators, by precedence: `in`, comparisons, `|`, `&`, `+ -`, `* / %`; all of them bind to the left.

use super::Parser;
use crate::ast::{Operator, Term, TermKind};
use crate::lexer::TokenKind;

/// The weakest level below `in`, which is read by [`Parser::infix`].
const RELATION: u8 = 1;

/// An operator and how strongly it binds.
fn operator(kind: TokenKind) -> Option<(Operator, u8)> {
    Some(match kind {
        TokenKind::Equal => (Operator::Equal, RELATION),
        TokenKind::NotEqual => (Operator::NotEqual, RELATION),
        TokenKind::Less => (Operator::Less, RELATION),
        TokenKind::LessOrEqual => (Operator::LessOrEqual, RELATION),
        TokenKind::Greater => (Operator::Greater, RELATION),
        TokenKind::GreaterOrEqual => (Operator::GreaterOrEqual, RELATION),
        TokenKind::Bar => (Operator::Or, 2),
        TokenKind::Ampersand => (Operator::And, 3),
        TokenKind::Plus => (Operator::Plus, 4),
        TokenKind::Minus => (Operator::Minus, 4),
        TokenKind::Star => (Operator::Multiply, 5),
        TokenKind::Slash => (Operator::Divide, 5),
        TokenKind::Percent => (Operator::Remainder, 5),
        _ => return None,
    })
}

/// Whether a token goes on with an expression that could have ended before it.
pub(super) fn is_infix(kind: TokenKind) -> bool {
    operator(kind).is_some()
}

impl Parser<'_> {
    /// Reads a term with operators. With `key_value`, `k, v in c` is one too; in lists it is not.
    pub(super) fn infix(&mut self, key_value: bool) -> Option<Term> {
        let first = self.term()?;
        let next = self.kind();
        let is_end = !is_infix(next) && !next.is_keyword() && next != TokenKind::Comma;
        if is_end { Some(first) } else { self.infix_after(first, key_value) }
    }

    /// The same, where the first operand has been read (and `height` is its).
    pub(super) fn infix_after(&mut self, first: Term, key_value: bool) -> Option<Term> {
        let mut term = self.binary(first, RELATION)?;
        if key_value && self.is(TokenKind::Comma) {
            term = self.key_value_in(term)?;
        }
        // A keyword directly before a bracket or a dot starts a ref, as by OPA: `x in[1]` is no membership.
        self.keyword_as_name();
        while self.is(TokenKind::In) {
            let errors = self.errors.len();
            term = self.apply_in(vec![term])?;
            if self.errors.len() > errors {
                break;
            }
            self.keyword_as_name();
        }
        Some(term)
    }

    /// `k, v in c`, where `k` has been read; only `k` if something else follows.
    fn key_value_in(&mut self, key: Term) -> Option<Term> {
        let (mark, height) = (self.mark(), self.height);
        if !self.enter() {
            return None;
        }
        self.advance();
        let value = self.relation();
        self.leave();
        let mut sides = vec![key];
        if value.is_some() && self.is(TokenKind::In) {
            self.height = self.height.max(height);
            sides.extend(value);
            match self.apply_in(sides)? {
                key if self.errors.len() > mark.errors => sides = vec![key],
                term => return Some(term),
            }
        }
        self.height = height;
        if self.rewind(mark) { sides.pop() } else { None }
    }

    /// `in` and its right side, after its left side, whose height is `height`. Only the first of `args` if that is wrong.
    fn apply_in(&mut self, mut args: Vec<Term>) -> Option<Term> {
        let height = self.height;
        self.advance();
        match self.relation() {
            Some(collection) => args.push(collection),
            None => return if self.gave_up { None } else { args.into_iter().next() },
        }
        self.set_height(self.height.max(height) + 1)?;
        let start = args.first().map_or(0, |first| first.span.start);
        Some(Term { span: self.span_from(start), kind: TermKind::Infix { operator: Operator::In, args } })
    }

    fn relation(&mut self) -> Option<Term> {
        let first = self.term()?;
        self.binary(first, RELATION)
    }

    /// Operators at least as strong as `level` after the first operand. As by OPA, the left side stands for what has no
    /// right side that can be read, and reading goes on with weaker operators.
    fn binary(&mut self, mut left: Term, level: u8) -> Option<Term> {
        let mut height = self.height;
        let mut levels = level..=u8::MAX;
        while let Some((operator, strength)) = operator(self.kind()).filter(|(_, strength)| levels.contains(strength)) {
            self.advance();
            let Some(mut right) = self.term() else {
                if self.gave_up || strength == 0 {
                    return None;
                }
                levels = level..=strength - 1;
                continue;
            };
            if self::operator(self.kind()).is_some_and(|(_, next)| next > strength) {
                if !self.enter() {
                    return None;
                }
                let stronger = self.binary(right, strength + 1);
                self.leave();
                right = stronger?;
            }
            height = height.max(self.height) + 1;
            self.set_height(height)?;
            let span = self.span_from(left.span.start);
            left = Term { span, kind: TermKind::Infix { operator, args: vec![left, right] } };
        }
        self.height = height;
        Some(left)
    }
}
