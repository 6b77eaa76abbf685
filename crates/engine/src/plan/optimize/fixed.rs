//! Documents that are constants are known where they are asked for.
//!
//! `allowed := {"a", "b"}` is what tables of policies look like. Where no base documents stand in for `allowed`, nothing
//! has to be computed nor remembered; see [`Expr::Fixed`].

use crate::plan::pieces::{PieceMut, pieces_of_branch_mut, pieces_of_expr_mut, pieces_of_step_mut};
use crate::plan::{Constant, DocumentKind, DocumentPlan, Expr, Tree};
use std::sync::Arc;

/// Larger constants are asked for by their name.
const LARGEST: usize = 1024;

/// Puts constants beside the names of the documents that they are.
pub(super) fn fix_constants(tree: &Tree, plans: &mut [DocumentPlan]) {
    let constants: Vec<Option<Arc<Constant>>> =
        tree.documents.iter().zip(&*plans).map(|(document, plan)| constant_of(document.kind, plan)).collect();
    if constants.iter().all(Option::is_none) {
        return;
    }
    let definitions = plans.iter_mut().flat_map(|plan| plan.definitions.iter_mut().chain(&mut plan.default));
    for branch in definitions.flat_map(|definition| &mut definition.branches) {
        pieces_of_branch_mut(branch, &mut |piece| fix(piece, &constants));
    }
}

/// The constant that a document is.
fn constant_of(kind: DocumentKind, plan: &DocumentPlan) -> Option<Arc<Constant>> {
    let (DocumentKind::Complete, [definition], None) = (kind, plan.definitions.as_slice(), &plan.default) else {
        return None;
    };
    let [branch] = definition.branches.as_slice() else { return None };
    match &branch.value {
        Expr::Const(constant) if branch.block.is_empty() && branch.keys.is_empty() && !definition.has_effects => {
            (size(constant, LARGEST) <= LARGEST).then(|| Arc::new(constant.clone()))
        }
        _ => None,
    }
}

/// How many parts a constant has; no more than one above `most` are counted.
fn size(constant: &Constant, most: usize) -> usize {
    let of_all = |parts: &mut dyn Iterator<Item = &Constant>| {
        parts.fold(1, |sum: usize, part| if sum > most { sum } else { sum + size(part, most - sum) })
    };
    match constant {
        Constant::Scalar(_) => 1,
        Constant::Array(items) | Constant::Set(items) => of_all(&mut items.iter()),
        Constant::Object(entries) => of_all(&mut entries.iter().flat_map(|(key, value)| [key, value])),
    }
}

fn fix(piece: PieceMut<'_>, constants: &[Option<Arc<Constant>>]) {
    match piece {
        PieceMut::Block(block) => {
            block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| fix(piece, constants)));
        }
        PieceMut::Expr(expr) => {
            pieces_of_expr_mut(expr, &mut |piece| fix(piece, constants));
            if let Expr::Document(document, _) = expr
                && let Some(Some(constant)) = constants.get(document.0 as usize)
            {
                *expr = Expr::Fixed(*document, Arc::clone(constant));
            }
        }
    }
}
