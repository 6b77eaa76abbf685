//! Documents that only give a shorter name to a path of `input` are read there.
//!
//! `user := input.request.user` is what policies begin with. `user.name` finds `input.request.user.name` in one step,
//! where no base documents stand in for `user`; see [`Expr::Named`].

use crate::plan::pieces::{PieceMut, pieces_of_branch_mut, pieces_of_expr_mut, pieces_of_step_mut};
use crate::plan::{DocumentKind, DocumentPlan, Expr, Keys as Path, Step, Tree};

/// Longer paths, and names of names that go on for longer, stay as they are.
const LONGEST: usize = 16;

/// Reads names where they lead.
pub(super) fn follow_names(tree: &Tree, plans: &mut [DocumentPlan]) {
    let own: Vec<Option<&Expr>> =
        tree.documents.iter().zip(&*plans).map(|(document, plan)| named_by(document.kind, plan)).collect();
    let paths: Vec<Option<Path>> =
        own.iter().map(|named| named.and_then(|named| path_of(named, &own, LONGEST))).collect();
    if paths.iter().all(Option::is_none) {
        return;
    }
    for branch in plans
        .iter_mut()
        .flat_map(|plan| plan.definitions.iter_mut().chain(&mut plan.default))
        .flat_map(|definition| &mut definition.branches)
    {
        pieces_of_branch_mut(branch, &mut |piece| follow(piece, &paths));
    }
}

/// What a document gives a name to, if it does no more than that.
fn named_by(kind: DocumentKind, plan: &DocumentPlan) -> Option<&Expr> {
    let (DocumentKind::Complete, [definition], None) = (kind, plan.definitions.as_slice(), &plan.default) else {
        return None;
    };
    let [branch] = definition.branches.as_slice() else { return None };
    match (branch.block.as_slice(), &branch.value) {
        _ if !branch.keys.is_empty() || definition.has_effects => None,
        ([], value @ Expr::Path(..)) => Some(value),
        ([Step::Bind(bound, value @ (Expr::Path(..) | Expr::Document(..)))], Expr::Slot(slot)) if bound == slot => {
            Some(value)
        }
        _ => None,
    }
}

/// The path of `input` where a value is, if it is at one.
fn path_of(value: &Expr, own: &[Option<&Expr>], left: usize) -> Option<Path> {
    let left = left.checked_sub(1)?;
    match value {
        Expr::Path(base, keys) => {
            let mut path = match &**base {
                Expr::Input => Path::new(),
                base => path_of(base, own, left)?,
            };
            path.extend(keys.iter().cloned());
            (path.len() <= LONGEST).then_some(path)
        }
        Expr::Document(document, _) => path_of(own.get(document.0 as usize).copied()??, own, left),
        _ => None,
    }
}

fn follow(piece: PieceMut<'_>, paths: &[Option<Path>]) {
    match piece {
        PieceMut::Block(block) => {
            block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| follow(piece, paths)));
        }
        PieceMut::Expr(expr) => {
            pieces_of_expr_mut(expr, &mut |piece| follow(piece, paths));
            match expr {
                Expr::Document(document, _) => {
                    if let Some(path) = paths.get(document.0 as usize).and_then(Option::as_ref) {
                        *expr = Expr::Named(*document, path.clone());
                    }
                }
                Expr::Path(base, keys) => {
                    if let Expr::Named(document, path) = &mut **base {
                        path.append(keys);
                        *expr = Expr::Named(*document, std::mem::take(path));
                    }
                }
                _ => {}
            }
        }
    }
}
