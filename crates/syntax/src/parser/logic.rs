//! `and` and `or` between expressions, which are keywords only after their import.

use super::Parser;
use crate::ast::Expr;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// Whether `and` or `or` is a keyword.
    pub(super) fn has_logic(&self) -> bool {
        self.keywords.has(TokenKind::LogicalAnd) || self.keywords.has(TokenKind::LogicalOr)
    }

    /// A literal with `and` or `or`; `None` if the text is to be read as any other literal.
    pub(super) fn logic_literal(&mut self, _start: u32) -> Option<Option<Expr>> {
        None
    }
}
