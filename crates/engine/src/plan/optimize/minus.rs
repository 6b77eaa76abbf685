//! Keys that are only taken away from a set need no set of their own.
//!
//! `provided := {label | labels[label]}; missing := required - provided` asks of each label that is required whether the
//! object has it. The comprehension is put into the call, where code finds the two together.

use super::counts::uses;
use super::total::is_total;
use crate::builtins::Builtin;
use crate::hir::ComprehensionKind;
use crate::plan::pieces::{PieceMut, pieces_of_expr_mut, pieces_of_step_mut};
use crate::plan::{Block, Branch, Definition, Expr, Function, Slot, Step, Test};
use hashbrown::HashMap;

/// Puts sets of keys into the calls that take them away, in a definition.
pub(super) fn minus(definition: &mut Definition) {
    for branch in &mut definition.branches {
        let uses = uses(branch);
        let Branch { block, keys, value, .. } = branch;
        in_block(block, &uses);
        keys.iter_mut().chain([value]).for_each(|value| in_piece(PieceMut::Expr(value), &uses));
    }
}

fn in_piece(piece: PieceMut<'_>, uses: &HashMap<Slot, usize>) {
    match piece {
        PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| in_piece(piece, uses)),
        PieceMut::Block(block) => in_block(block, uses),
    }
}

fn in_block(block: &mut Block, uses: &HashMap<Slot, usize>) {
    block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| in_piece(piece, uses)));
    let mut at = 0;
    while let Some(step) = block.get(at) {
        let call = match step {
            // It is filled once and read once.
            Step::Bind(slot, Expr::Comprehension(_)) if uses.get(slot) == Some(&2) => call_with(block, at, *slot),
            _ => None,
        };
        match call {
            Some(call) => move_to(block, at, call),
            None => at += 1,
        }
    }
}

/// The step behind another one that takes the keys in a slot, which that fills, from a set.
fn call_with(block: &Block, at: usize, keys: Slot) -> Option<usize> {
    let Some(Step::Bind(_, comprehension)) = block.get(at) else { return None };
    let is_call = |step: &Step| match step {
        Step::Bind(_, Expr::Call { function: Function::Builtin(builtin), args, .. }) => {
            matches!(&**args, [_, Expr::Slot(slot)] if *slot == keys) && keys_taken(builtin, comprehension).is_some()
        }
        _ => false,
    };
    block.iter().skip(at + 1).position(is_call).map(|further| at + 1 + further)
}

/// Puts what a step computes in place of the second argument of a later one's call.
fn move_to(block: &mut Block, at: usize, call: usize) {
    let Step::Bind(_, keys) = block.remove(at) else { return };
    if let Some(Step::Bind(_, Expr::Call { args, .. })) = block.get_mut(call - 1)
        && let Some(second) = args.get_mut(1)
    {
        *second = keys;
    }
}

/// The collection whose keys a call takes away that has this second argument.
pub(crate) fn keys_taken<'p>(builtin: &Builtin, keys: &'p Expr) -> Option<&'p Expr> {
    match keys {
        Expr::Comprehension(keys) if builtin.name == "minus" && keys.kind == ComprehensionKind::Set => {
            keys_given(&keys.block, &keys.value).filter(|collection| is_total(collection))
        }
        _ => None,
    }
}

/// The collection whose keys, where their values are not `false`, are all that a block gives.
pub(crate) fn keys_given<'p>(block: &'p [Step], value: &Expr) -> Option<&'p Expr> {
    match (block, value) {
        ([Step::Loop { collection, key: Some(key), value: Some(element), filter: None, body }], Expr::Slot(given))
            if given == key =>
        {
            match body.as_slice() {
                [Step::Test(Test::Truthy(Expr::Slot(tested)))] if tested == element => Some(collection),
                _ => None,
            }
        }
        _ => None,
    }
}
