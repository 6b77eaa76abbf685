//! Whether there are any is known from the first one.
//!
//! `count([c | some c in containers; not c.limits]) > 0` needs no collection: it is whether the body has an answer.
//! What is left out cannot fail with an error ([`total`](super::total)); the count stays for worlds in which another
//! function stands in for it.

use super::total::{is_total, is_total_block};
use crate::hir::{ComprehensionKind, Const};
use crate::plan::pieces::{PieceMut, pieces_of_expr_mut, pieces_of_step_mut, slots_of_expr, slots_of_step};
use crate::plan::{Block, Branch, Comparison, Comprehension, Constant, Definition, Expr, Function, Slot, Step, Test};
use hashbrown::HashMap;

/// Replaces the counts of a definition that are only compared with none.
pub(super) fn count_less(definition: &mut Definition) {
    for branch in &mut definition.branches {
        let uses = uses(branch);
        let mut counter = Counter { uses: &uses, next: definition.slots };
        counter.block(&mut branch.block);
        branch.keys.iter_mut().chain([&mut branch.value]).for_each(|value| counter.piece(PieceMut::Expr(value)));
        definition.slots = counter.next;
    }
}

/// How often each slot is filled or read.
pub(super) fn uses(branch: &Branch) -> HashMap<Slot, usize> {
    let mut uses: HashMap<Slot, usize> = HashMap::new();
    let mut count = |slot: Slot| *uses.entry(slot).or_default() += 1;
    branch.block.iter().for_each(|step| slots_of_step(step, &mut count));
    branch.keys.iter().chain([&branch.value]).for_each(|value| slots_of_expr(value, &mut count));
    uses
}

struct Counter<'c> {
    uses: &'c HashMap<Slot, usize>,
    next: u32,
}

impl Counter<'_> {
    fn piece(&mut self, piece: PieceMut<'_>) {
        match piece {
            PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| self.piece(piece)),
            PieceMut::Block(block) => self.block(block),
        }
    }

    fn block(&mut self, block: &mut Block) {
        block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| self.piece(piece)));
        let mut at = 0;
        while let [bind, test, ..] = block.get(at..).unwrap_or_default() {
            if let Some(quick) = self.quick(bind, test) {
                let slow: Block = block.drain(at..at + 2).collect();
                block.insert(at, Step::Plain { quick: vec![quick], slow });
            }
            at += 1;
        }
    }

    /// What a count and its test come down to.
    fn quick(&mut self, bind: &Step, test: &Step) -> Option<Step> {
        let (Step::Bind(slot, Expr::Call { function: Function::Builtin(builtin), args, .. }), Step::Test(test)) =
            (bind, test)
        else {
            return None;
        };
        let (true, [Expr::Comprehension(counted)]) = (builtin.name == "count", &**args) else { return None };
        let Comprehension { kind, block, value, .. } = &**counted;
        let is_any = is_any(test, *slot)?;
        let can_stop = *kind != ComprehensionKind::Object && is_total_block(block) && is_total(value);
        if !can_stop || self.uses.get(slot) != Some(&2) {
            return None;
        }
        let mut block = block.clone();
        if !matches!(value, Expr::Slot(_) | Expr::Const(_)) {
            // It has to be defined.
            self.next += 1;
            push_inside(&mut block, Step::Bind(Slot(self.next - 1), value.clone()));
        }
        Some(if is_any { Step::Exists(block) } else { Step::Not(block) })
    }
}

/// Whether a test of a count asks if there are any, or if there are none.
fn is_any(test: &Test, count: Slot) -> Option<bool> {
    let Test::Compare(comparison, left, right) = test else { return None };
    let (comparison, number) = match (left, right) {
        (Expr::Slot(slot), Expr::Const(number)) if *slot == count => (*comparison, number),
        (Expr::Const(number), Expr::Slot(slot)) if *slot == count => (turned(*comparison), number),
        _ => return None,
    };
    let Constant::Scalar(Const::Number(number)) = number else { return None };
    match (comparison, &**number) {
        (Comparison::Greater | Comparison::NotEqual, "0") | (Comparison::GreaterOrEqual, "1") => Some(true),
        (Comparison::Equal | Comparison::LessOrEqual, "0") | (Comparison::Less, "1") => Some(false),
        _ => None,
    }
}

/// The comparison with its sides exchanged.
fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

/// Adds a step at the innermost end of a block.
fn push_inside(block: &mut Block, step: Step) {
    match block.last_mut() {
        Some(Step::Loop { body, .. }) => push_inside(body, step),
        _ => block.push(step),
    }
}
