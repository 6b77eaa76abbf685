//! A loop whose elements are told by what a loop inside of it comes to is turned inside out.
//!
//! `value := labels[key]; some rule in rules; rule.key == key` walks over all rules for each label. As `some rule in rules;
//! value := labels[rule.key]` it walks over the rules, and looks the labels up. The answers come in another order then. So
//! that is only done where the order makes no difference: where all answers are wanted and they are put into a set or an
//! object, or where one of them is enough and nothing can fail with an error.

use super::total::{is_total, is_total_block};
use crate::hir::ComprehensionKind;
use crate::plan::pieces::{PieceMut, pieces_of_expr_mut, pieces_of_step_mut, slots_of_expr};
use crate::plan::{Block, Definition, Expr, Filter, Part, Slot, Step};

/// What the order of a block's answers decides.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// Nothing: all are wanted.
    Free,
    /// Whether an error is come to, as the first one ends the search.
    First,
    /// The order of what is made of them.
    Kept,
}

/// Turns loops of a definition.
pub(super) fn turn(definition: &mut Definition) {
    if definition.has_effects {
        return;
    }
    for branch in &mut definition.branches {
        turn_block(&mut branch.block, if branch.is_single { Order::First } else { Order::Free });
        branch.keys.iter_mut().chain([&mut branch.value]).for_each(turn_expr);
    }
}

fn turn_block(steps: &mut Block, order: Order) {
    for step in steps {
        let inside = match step {
            Step::Loop { .. } | Step::DataLoop { .. } | Step::With { .. } | Step::Outside(_) => order,
            Step::Not(_) | Step::Exists(_) | Step::Either(..) | Step::Every { .. } => Order::First,
            _ => Order::Kept,
        };
        pieces_of_step_mut(step, &mut |piece| match piece {
            PieceMut::Block(nested) => turn_block(nested, inside),
            PieceMut::Expr(nested) => turn_expr(nested),
        });
        if order != Order::Kept && is_turned(step, order) {
            turn_step(step);
        }
    }
}

fn turn_expr(value: &mut Expr) {
    if let Expr::Comprehension(comprehension) = value {
        let order = match comprehension.kind {
            ComprehensionKind::Array => Order::Kept,
            ComprehensionKind::Set | ComprehensionKind::Object => Order::Free,
        };
        turn_block(&mut comprehension.block, order);
        comprehension.key.iter_mut().chain([&mut comprehension.value]).for_each(turn_expr);
        return;
    }
    pieces_of_expr_mut(value, &mut |piece| match piece {
        PieceMut::Expr(nested) => turn_expr(nested),
        PieceMut::Block(nested) => turn_block(nested, Order::Kept),
    });
}

/// Whether a loop has nothing in it but one whose filter asks for its key.
fn is_turned(step: &Step, order: Order) -> bool {
    let Step::Loop { collection, key: Some(key), value, filter: None, body } = step else { return false };
    let [Step::Loop { collection: inner, value: Some(_), filter: Some(filter), body, .. }] = body.as_slice() else {
        return false;
    };
    let is_own = |slot: Slot| slot == *key || Some(slot) == *value;
    let mut is_outside = true;
    slots_of_expr(inner, &mut |slot| is_outside &= !is_own(slot));
    let asks_for_key = matches!(&**filter, Filter { part: Part::Value(_), equal: Expr::Slot(slot) } if slot == key);
    let is_unnoticed = || order == Order::Free || is_total_block(body);
    is_outside && asks_for_key && is_total(collection) && is_total(inner) && is_unnoticed()
}

fn turn_step(step: &mut Step) {
    let Step::Loop { collection, key, value, body, .. } = step else { return };
    let Some(Step::Loop { collection: inner, key: inner_key, value: Some(element), filter: Some(filter), body: rest }) =
        body.pop()
    else {
        return;
    };
    let Part::Value(path) = filter.part else { return };
    let element_part = match path.is_empty() {
        true => Expr::Slot(element),
        false => Expr::Path(Box::new(Expr::Slot(element)), path.into_iter().collect()),
    };
    let looked_up = Step::Loop {
        collection: std::mem::replace(collection, inner),
        key: std::mem::replace(key, inner_key),
        value: value.replace(element),
        filter: Some(Box::new(Filter { part: Part::Key, equal: element_part })),
        body: rest,
    };
    body.push(looked_up);
}
