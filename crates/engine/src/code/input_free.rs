//! Which documents have the same value whatever `input` is: a `with` that replaces parts of `input` alone keeps what is
//! known of them.

use super::graph::{Needs, documents_of, purity_of_call};
use super::index::{Hop, Place, Root};
use super::{Function, Op, Unit};
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

/// Whether what an instruction does may be another if `input` is another, or must be done each time.
fn needs_input(op: &Op, unit: &Unit) -> bool {
    match op {
        Op::Input { .. }
        | Op::InputPath { .. }
        | Op::NamedPath { .. }
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
