//! Names of slots and constants that nobody asks for are left out: other rewritings leave them behind.

use crate::plan::pieces::{Piece, PieceMut, pieces_of_step, pieces_of_step_mut, slots_of_expr};
use crate::plan::{Block, Expr, Slot, Step, Test};

/// Drops them from a block and what is in it; `given` is what is asked for behind the block.
pub(super) fn drop_unused<'p>(block: &mut Block, given: impl Iterator<Item = &'p Expr>) {
    if !has_name(block) {
        return;
    }
    let mut used = Vec::new();
    let mut uses = |slot: Slot| {
        let slot = slot.0 as usize;
        if slot >= used.len() {
            used.resize((slot + 1).next_multiple_of(64), false);
        }
        if let Some(used) = used.get_mut(slot) {
            *used = true;
        }
    };
    uses_of_block(block, &mut uses);
    given.for_each(|expr| slots_of_expr(expr, &mut uses));
    retain_used(block, &used);
}

fn is_name(step: &Step) -> bool {
    matches!(step, Step::Bind(_, Expr::Slot(_) | Expr::Const(_)))
}

fn has_name(block: &Block) -> bool {
    block.iter().any(|step| {
        let mut found = is_name(step);
        pieces_of_step(step, &mut |piece| found = found || matches!(piece, Piece::Block(block) if has_name(block)));
        found
    })
}

/// Shows the slots that steps ask for.
fn uses_of_block(block: &Block, uses: &mut dyn FnMut(Slot)) {
    for step in block {
        if let Step::Test(Test::Array(slot, _) | Test::Object(slot, _)) = step {
            uses(*slot);
        }
        pieces_of_step(step, &mut |piece| match piece {
            Piece::Expr(expr) => slots_of_expr(expr, uses),
            Piece::Block(block) => uses_of_block(block, uses),
        });
    }
}

/// `used` says for each slot whether it is asked for.
fn retain_used(block: &mut Block, used: &[bool]) {
    let is_used = |slot: &Slot| used.get(slot.0 as usize).copied().unwrap_or(false);
    block.retain(|step| !is_name(step) || matches!(step, Step::Bind(slot, _) if is_used(slot)));
    for step in block {
        pieces_of_step_mut(step, &mut |piece| {
            if let PieceMut::Block(block) = piece {
                retain_used(block, used);
            }
        });
    }
}
