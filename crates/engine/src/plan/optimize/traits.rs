//! What a definition has that some rewritings look for: those that have nothing to do there are left out.

use super::walks::is_walk;
use crate::plan::pieces::{Piece, pieces_of_expr, pieces_of_step};
use crate::plan::{Definition, Expr, Step};

/// What there is anywhere in a definition.
#[derive(Clone, Copy, Default)]
pub(super) struct Traits {
    /// Something that runs several times.
    pub(super) has_loop: bool,
    /// A call.
    pub(super) has_call: bool,
    /// A comprehension.
    pub(super) has_comprehension: bool,
    /// A walk over all parts of a value.
    pub(super) has_walk: bool,
}

impl Traits {
    pub(super) fn of(definition: &Definition) -> Traits {
        let mut traits = Traits::default();
        for branch in &definition.branches {
            traits.piece(Piece::Block(&branch.block));
            branch.keys.iter().chain([&branch.value]).for_each(|value| traits.piece(Piece::Expr(value)));
        }
        traits
    }

    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Expr(expr) => {
                match expr {
                    Expr::Call { .. } => {
                        self.has_call = true;
                        self.has_walk |= is_walk(expr);
                    }
                    Expr::Comprehension(_) => self.has_comprehension = true,
                    _ => {}
                }
                pieces_of_expr(expr, &mut |piece| self.piece(piece));
            }
            Piece::Block(block) => {
                for step in block {
                    self.has_loop |= matches!(step, Step::Loop { .. } | Step::DataLoop { .. } | Step::Every { .. });
                    pieces_of_step(step, &mut |piece| self.piece(piece));
                }
            }
        }
    }
}
