//! Which documents have the same value whatever `input` is: a `with` that replaces parts of `input` alone keeps what is
//! known of them.

use super::graph::{Needs, documents_of, purity_of_call};
use super::index::{Hop, Place, Root};
use super::{Function, Op, Optimizations, Unit};
use crate::builtins::Purity;
use crate::plan::Tree;

/// For each document whether it is one of those. (Documents that may need themselves are none.)
pub fn input_free(tree: &Tree, unit: &Unit, functions: &[Function], needs: &Needs) -> Vec<bool> {
    let mut is_free = vec![false; functions.len()];
    for document in &needs.order {
        let Some(function) = functions.get(*document as usize) else { continue };
        let is_known = |other: &u32| is_free.get(*other as usize) == Some(&true);
        let is_own = !function.ops.iter().any(|op| needs_input(op, unit)) && !is_found_by_input(function);
        let found = is_own && documents_of(tree, function).iter().all(is_known);
        if let Some(is_free) = is_free.get_mut(*document as usize) {
            *is_free = found;
        }
    }
    is_free
}

/// For each document whether it is the same in each evaluation over the same base data.
pub fn settled(
    tree: &Tree,
    functions: &[Function],
    is_input_free: &[bool],
    needs: &Needs,
    optimizations: Optimizations,
) -> Vec<bool> {
    let mut is_settled = vec![false; functions.len()];
    if !optimizations.plans {
        return is_settled;
    }
    for document in &needs.order {
        let at = *document as usize;
        let (Some(function), Some(true)) = (functions.get(at), is_input_free.get(at)) else { continue };
        // Whoever observes an evaluation is to see its rules fire.
        let is_observed = function.ops.iter().any(|op| matches!(op, Op::Fired { .. }));
        let is_known = |other: &u32| is_settled.get(*other as usize) == Some(&true);
        let found = !is_observed && documents_of(tree, function).iter().all(is_known);
        if let Some(is_settled) = is_settled.get_mut(at) {
            *is_settled = found;
        }
    }
    is_settled
}

/// Whether what an instruction does may be another if `input` is another, or must be done each time.
fn needs_input(op: &Op, unit: &Unit) -> bool {
    match op {
        Op::Input { .. }
        | Op::InputPath { .. }
        | Op::InputOrNull { .. }
        | Op::NamedPath { .. }
        | Op::NamedOrNull { .. }
        | Op::InputTruthy { .. }
        | Op::InputEqual { .. }
        | Op::Data { .. }
        | Op::DataKeys { .. } => true,
        op => purity_of_call(op, unit).is_some_and(|purity| !matches!(purity, Purity::Pure | Purity::Relation)),
    }
}

/// Whether its rules are found by what `input` is.
fn is_found_by_input(function: &Function) -> bool {
    function.indexes.iter().flat_map(|index| index.reads()).any(|(place, _)| is_in_input(place))
}

fn is_in_input(place: &Place) -> bool {
    place.root == Root::Input || place.hops.iter().any(|hop| matches!(hop, Hop::Key(place) if is_in_input(place)))
}
