//! Plans that say which rules have answers.
//!
//! Takes planned documents, before they are rewritten; puts a [`Step::Fired`] behind each body and its value. What
//! rewrites plans keeps these steps where they are, so observed plans give the same answers in nearly the same way.

use super::{Block, Branch, Definition, DocumentPlan, Expr, Slot, Step, Tree};
use crate::hir::Rule;

/// Observes every body of every rule. Their numbers are those that they have if the bodies of all rules, `else` branches
/// among them, are counted in order.
pub fn observe(rules: &[Rule], tree: &Tree, plans: &mut [DocumentPlan]) {
    let mut bodies = 0;
    let mut numbers = Vec::with_capacity(rules.len());
    for rule in rules {
        numbers.push(bodies);
        bodies += rule.branches.len() as u32;
    }
    for (document, plan) in tree.documents.iter().zip(plans) {
        let definitions = plan.definitions.iter_mut().zip(&document.rules);
        for (definition, rule) in definitions.chain(plan.default.iter_mut().zip(&document.default)) {
            observe_definition(definition, numbers.get(*rule).copied().unwrap_or(u32::MAX));
        }
    }
}

fn observe_definition(definition: &mut Definition, first: u32) {
    let Definition { branches, slots, .. } = definition;
    for (branch, number) in branches.iter_mut().zip(first..) {
        let Branch { block, keys, value, .. } = branch;
        at_end(block, &mut |block| {
            // A body whose keys or value are undefined has no answer.
            for expr in keys.iter_mut().chain([&mut *value]) {
                if !matches!(expr, Expr::Const(_) | Expr::Slot(_)) {
                    let slot = Slot(*slots);
                    *slots += 1;
                    block.push(Step::Bind(slot, std::mem::replace(expr, Expr::Slot(slot))));
                }
            }
            block.push(Step::Fired(number));
        });
    }
}

/// Adds to a block where it has an answer: at its innermost end.
fn at_end(block: &mut Block, add: &mut dyn FnMut(&mut Block)) {
    match block.last_mut() {
        Some(Step::Loop { body, .. } | Step::DataLoop { body, .. } | Step::With { body, .. } | Step::Outside(body)) => {
            at_end(body, add)
        }
        _ => add(block),
    }
}
