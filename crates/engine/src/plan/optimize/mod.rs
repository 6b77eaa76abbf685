//! Rewriting of plans.
//!
//! Takes planned documents or a query; gives plans with the same answers that do less. What may end an evaluation with
//! an error (a builtin under strict errors, a conflict) runs when and as often as before, or an error would turn into
//! an answer. `total` says what cannot. It must not know registers or instructions.

mod counts;
mod filter;
mod fixed;
mod hoist;
mod inline;
mod lift;
mod minus;
mod names;
mod purity;
mod reuse;
mod sink;
mod tables;
mod total;
mod traits;
mod turn;
mod unordered;
mod unused;
mod walks;

pub(crate) use hoist::collect as collect_paths;
pub(crate) use minus::{keys_given, keys_taken};
pub(crate) use total::{is_total, is_total_step};

use super::pieces::{PieceMut, pieces_of_branch_mut, pieces_of_expr_mut, pieces_of_step_mut};
use super::{Block, Definition, DocumentPlan, QueryPlan, Step, Tree, share};
use traits::Traits;

/// What is found out of a definition before it is rewritten.
#[derive(Clone, Copy)]
struct Facts {
    traits: Traits,
    /// Whether others begin like it: a loop that rules share is worth more than one that each of them narrows.
    is_shared: bool,
}

/// Rewrites every document.
pub fn optimize_program(tree: &mut Tree, plans: &mut Vec<DocumentPlan>) {
    names::follow_names(tree, plans);
    fixed::fix_constants(tree, plans);
    tables::make_tables(tree, plans);
    inline::inline_program(tree, plans);
    let mut facts: Vec<Vec<Facts>> = Vec::with_capacity(plans.len());
    for plan in plans.iter_mut() {
        let traits: Vec<Traits> = plan.definitions.iter().map(Traits::of).collect();
        if traits.iter().any(|traits| traits.has_walk) {
            walks::take_pairs(&mut plan.definitions);
        }
        sink::sink(&mut plan.definitions);
        let is_shared = share::begins_alike(&plan.definitions, share::shareable_loops);
        let traits = traits.into_iter().zip(is_shared);
        let of_plan: Vec<Facts> = traits.map(|(traits, is_shared)| Facts { traits, is_shared }).collect();
        for (definition, facts) in plan.definitions.iter_mut().zip(&of_plan) {
            optimize_definition(definition, *facts);
        }
        facts.push(of_plan);
        if let Some(default) = &mut plan.default {
            let traits = Traits::of(default);
            optimize_definition(default, Facts { traits, is_shared: false });
        }
    }
    lift::lift_program(tree, plans, &facts);
    unordered::unordered(tree, plans, &mut facts);
    for (plan, facts) in plans.iter_mut().zip(&facts) {
        // What rules begin with stays equal where it is: their new slots are numbered from the same one on.
        let first = plan.definitions.iter().map(|definition| definition.slots).max().unwrap_or_default();
        let is_alike = share::begins_alike(&plan.definitions, share::shareable_in_order);
        let alike = plan.definitions.iter_mut().zip(is_alike).filter(|(_, is_alike)| *is_alike);
        alike.for_each(|(definition, _)| definition.slots = first);
        let alone = plan.definitions.iter_mut().zip(facts).filter(|(_, facts)| !facts.is_shared);
        alone.for_each(|(definition, facts)| {
            if facts.traits.has_loop {
                hoist::hoist(definition);
            }
            if facts.traits.has_comprehension {
                minus::minus(definition);
            }
            let Definition { branches, slots, .. } = definition;
            let has_comprehension = facts.traits.has_comprehension;
            branches.iter_mut().for_each(|branch| reuse::reuse(branch, slots, has_comprehension));
        });
    }
}

/// Rewrites what several definitions begin with, once they are one block that ends with what they give; gives how many
/// slots it has then.
pub fn optimize_shared(block: &mut Block, definitions: &[Definition], mut slots: u32) -> u32 {
    hoist::hoist_in_block(block, &mut slots);
    reuse::reuse_in_block(block, &mut slots);
    let branches = definitions.iter().flat_map(|definition| &definition.branches);
    unused::drop_unused(block, branches.flat_map(|branch| branch.keys.iter().chain([&branch.value])));
    slots
}

/// Rewrites a query.
pub fn optimize_query(plan: &mut QueryPlan) {
    optimize_block(&mut plan.block, false);
    plan.row.iter_mut().for_each(|value| optimize_piece(PieceMut::Expr(value)));
}

fn optimize_definition(definition: &mut Definition, facts: Facts) {
    let Facts { traits, is_shared } = facts;
    if !is_shared && traits.has_comprehension {
        counts::count_less(definition);
    }
    if !traits.has_loop {
        return;
    }
    for branch in &mut definition.branches {
        pieces_of_branch_mut(branch, &mut |piece| match piece {
            PieceMut::Block(block) => optimize_block(block, is_shared),
            piece => optimize_piece(piece),
        });
    }
    if !is_shared {
        turn::turn(definition);
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
            *filter = filter::take(*key, *value, body).map(Box::new);
        }
        pieces_of_step_mut(step, &mut |piece| match piece {
            PieceMut::Block(block) => optimize_block(block, is_shared),
            piece => optimize_piece(piece),
        });
    }
}
