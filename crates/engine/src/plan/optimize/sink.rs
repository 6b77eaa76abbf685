//! What rules ask before a loop that others begin with is asked inside of it, so that the loop can be shared.
//!
//! `input.parameters.cpu != "-1"; some c in containers` begins unlike the rules that walk over the containers at once.
//! Only what is cheap and cannot fail with an error moves, and not what an index would find the rule by.

use super::total::is_total_step;
use crate::plan::share::{begin_alike, shareable};
use crate::plan::{Block, Comparison, Definition, Expr, Step, Test};

/// With more definitions than this, comparing each with each would take longer than it saves.
const MOST: usize = 64;

/// Moves tests into loops that other definitions begin with.
pub(super) fn sink(definitions: &mut [Definition]) {
    if definitions.len() > MOST {
        return;
    }
    for at in 0..definitions.len() {
        let Some(block) = sunk(definitions, at) else { continue };
        if let Some([branch]) = definitions.get_mut(at).map(|definition| definition.branches.as_mut_slice()) {
            branch.block = block;
        }
    }
}

/// The steps of a definition with its first tests further inside, if another one begins with its loop.
fn sunk(definitions: &[Definition], at: usize) -> Option<Block> {
    let steps = shareable(definitions.get(at)?)?;
    let count = steps.iter().take_while(|step| is_cheap(step)).count();
    let (tests, rest) = steps.split_at_checked(count)?;
    if tests.is_empty() || !matches!(rest.first(), Some(Step::Loop { .. })) {
        return None;
    }
    let other = definitions.iter().filter_map(shareable).find(|other| begin_alike(rest, other))?;
    Some(within(tests, rest, other))
}

/// Steps with tests behind those that another definition has as well.
fn within(tests: &[Step], steps: &[Step], other: &[Step]) -> Block {
    let (Some((first, rest)), Some((other_first, other_rest))) = (steps.split_first(), other.split_first()) else {
        return tests.iter().chain(steps).cloned().collect();
    };
    if !begin_alike(steps, other) {
        return tests.iter().chain(steps).cloned().collect();
    }
    let mut first = first.clone();
    if let (Step::Loop { body, .. }, Step::Loop { body: other_body, .. }) = (&mut first, other_first) {
        *body = within(tests, body, other_body);
        return vec![first];
    }
    let mut block = vec![first];
    block.extend(within(tests, rest, other_rest));
    block
}

/// Whether a step may be done in each turn of a loop in place of once.
fn is_cheap(step: &Step) -> bool {
    let is_simple = |expr: &Expr| match expr {
        Expr::Const(_) | Expr::Slot(_) | Expr::Named(..) => true,
        Expr::Path(base, _) => matches!(**base, Expr::Input),
        _ => false,
    };
    let is_simple_step = match step {
        Step::Bind(_, value) | Step::Test(Test::Defined(value)) => is_simple(value),
        // Equality is what an index looks for.
        Step::Test(Test::Compare(comparison, left, right)) => {
            *comparison != Comparison::Equal && is_simple(left) && is_simple(right)
        }
        _ => false,
    };
    is_simple_step && is_total_step(step)
}
