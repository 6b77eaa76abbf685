//! What cannot end an evaluation with an error, whatever values it meets: it can be moved, done early or left out.

use crate::hir::ComprehensionKind;
use crate::plan::{Block, Expr, Step, Test};

/// Whether an expression has a value or is undefined, and never fails.
pub(crate) fn is_total(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) | Expr::Slot(_) | Expr::Input | Expr::BaseData | Expr::Undefined => true,
        Expr::Named(..) | Expr::Fixed(..) => true,
        Expr::Path(base, _) | Expr::Stored(base) | Expr::Walk { root: base, .. } => is_total(base),
        Expr::Index(base, key) | Expr::WalkPath(base, key) => is_total(base) && is_total(key),
        Expr::Array(items) | Expr::Set(items) => items.iter().all(is_total),
        // Equal keys conflict. Rules and functions may have conflicts, builtins errors.
        Expr::Object(_) | Expr::Document(..) | Expr::Data(..) | Expr::Call { .. } => false,
        Expr::Comprehension(comprehension) => {
            comprehension.kind != ComprehensionKind::Object
                && is_total_block(&comprehension.block)
                && is_total(&comprehension.value)
        }
    }
}

/// Whether no step of a block can fail with an error.
pub(crate) fn is_total_block(block: &Block) -> bool {
    block.iter().all(is_total_step)
}

/// Whether a step cannot fail with an error.
pub(crate) fn is_total_step(step: &Step) -> bool {
    match step {
        Step::Bind(_, value) => is_total(value),
        Step::Test(test) => match test {
            Test::Defined(value) | Test::Truthy(value) => is_total(value),
            Test::Compare(_, left, right) | Test::Member(left, right) => is_total(left) && is_total(right),
            Test::Array(..) | Test::Object(..) => true,
            // Another function may stand in for the builtin.
            Test::Kind(..) => false,
        },
        Step::Loop { collection, filter, body, .. } => {
            is_total(collection) && filter.iter().all(|filter| is_total(&filter.equal)) && is_total_block(body)
        }
        Step::Every { collection, body, .. } => is_total(collection) && is_total_block(body),
        Step::Not(block) | Step::Exists(block) => is_total_block(block),
        Step::Either(left, right) => is_total_block(left) && is_total_block(right),
        Step::Plain { .. } | Step::DataLoop { .. } | Step::With { .. } | Step::Outside(_) | Step::Alternatives(_) => {
            false
        }
        Step::Fail => true,
        // What is noted must have happened.
        Step::Fired(_) => false,
    }
}
