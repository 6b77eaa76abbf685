//! Rewriting of plans.
//!
//! Takes planned documents or a query; gives plans with the same answers that do less. What may end an evaluation with
//! an error (a builtin under strict errors, a conflict) runs when and as often as before, or an error would turn into
//! an answer. `total` says what cannot. It must not know registers or instructions.

mod counts;
mod filter;
mod hoist;
mod inline;
mod lift;
mod names;
mod purity;
mod reuse;
mod total;

pub(crate) use total::{is_total, is_total_step};

use super::pieces::{PieceMut, pieces_of_branch_mut, pieces_of_expr_mut, pieces_of_step_mut};
use super::{Block, Definition, DocumentPlan, QueryPlan, Step, Tree, share};
use purity::Purities;

/// Rewrites every document.
pub fn optimize_program(tree: &mut Tree, plans: &mut Vec<DocumentPlan>) {
    names::follow_names(tree, plans);
    inline::inline_program(tree, plans);
    let mut shared = Vec::with_capacity(plans.len());
    for plan in plans.iter_mut() {
        // A loop that rules share is worth more than one that each of them narrows.
        let is_shared = share::begins_alike(&plan.definitions);
        for (definition, is_shared) in plan.definitions.iter_mut().zip(&is_shared) {
            optimize_definition(definition, *is_shared);
        }
        shared.push(is_shared);
        plan.default.iter_mut().for_each(|default| optimize_definition(default, false));
    }
    let purities = Purities::new(plans);
    lift::lift_program(tree, plans, &purities);
    for (number, plan) in plans.iter_mut().enumerate() {
        let is_shared = |at: usize| shared.get(number).and_then(|shared| shared.get(at)).is_some_and(|is| *is);
        let alone = plan.definitions.iter_mut().enumerate().filter(|(at, _)| !is_shared(*at));
        alone.for_each(|(_, definition)| {
            hoist::hoist(definition);
            let Definition { branches, slots, .. } = definition;
            branches.iter_mut().for_each(|branch| reuse::reuse(branch, slots));
        });
    }
}

/// Rewrites what several definitions begin with, once they are one block; gives how many slots it has then.
pub fn optimize_shared(block: &mut Block, mut slots: u32) -> u32 {
    hoist::hoist_in_block(block, &mut slots);
    reuse::reuse_in_block(block, &mut slots);
    slots
}

/// Rewrites a query.
pub fn optimize_query(plan: &mut QueryPlan) {
    optimize_block(&mut plan.block, false);
    plan.row.iter_mut().for_each(|value| optimize_piece(PieceMut::Expr(value)));
}

fn optimize_definition(definition: &mut Definition, is_shared: bool) {
    if !is_shared {
        counts::count_less(definition);
    }
    for branch in &mut definition.branches {
        pieces_of_branch_mut(branch, &mut |piece| match piece {
            PieceMut::Block(block) => optimize_block(block, is_shared),
            piece => optimize_piece(piece),
        });
    }
}

fn optimize_piece(piece: PieceMut<'_>) {
    match piece {
        PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut optimize_piece),
        PieceMut::Block(block) => optimize_block(block, false),
    }
}

/// Rewrites a block; `is_shared` is whether its loops stay as they are.
fn optimize_block(block: &mut Block, is_shared: bool) {
    for step in block {
        if let Step::Loop { key, value: Some(value), filter: filter @ None, body, .. } = step
            && !is_shared
        {
            *filter = filter::take(*key, *value, body);
        }
        pieces_of_step_mut(step, &mut |piece| match piece {
            PieceMut::Block(block) => optimize_block(block, is_shared),
            piece => optimize_piece(piece),
        });
    }
}
