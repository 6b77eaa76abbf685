//! Paths of `input` and of base documents that a loop asks for in each turn are looked up once, before it.
//!
//! `some c in containers; startswith(c.image, input.parameters.repo)` finds the repo for each container. A path moves
//! if nothing that comes before it in a turn can fail with an error: where it is undefined, the loop then has no answer
//! either way.

use super::reuse::{held, is_path};
use super::total::{is_total, is_total_step};
use crate::plan::pieces::{PieceMut, pieces_of_branch_mut, pieces_of_expr_mut, pieces_of_step_mut};
use crate::plan::{Block, Definition, Expr, Slot, Step, Test};

/// Moves what can be out of the loops of a definition.
pub(super) fn hoist(definition: &mut Definition) {
    let mut hoist = Hoist { next: definition.slots };
    for branch in &mut definition.branches {
        pieces_of_branch_mut(branch, &mut |piece| hoist.piece(piece));
    }
    definition.slots = hoist.next;
}

/// The same for a block by itself; `next` is the next free slot.
pub(super) fn hoist_in_block(block: &mut Block, next: &mut u32) {
    let mut hoist = Hoist { next: *next };
    hoist.piece(PieceMut::Block(block));
    *next = hoist.next;
}

struct Hoist {
    /// The next free slot.
    next: u32,
}

impl Hoist {
    fn piece(&mut self, piece: PieceMut<'_>) {
        match piece {
            PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| self.piece(piece)),
            PieceMut::Block(block) => {
                self.block(block);
                block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| self.piece(piece)));
            }
        }
    }

    /// Moves paths out of the loop that a block ends with.
    fn block(&mut self, block: &mut Block) {
        let Some(Step::Loop { collection, body, .. }) = block.last_mut() else { return };
        let mut paths = Vec::new();
        collect(body, &mut paths);
        if paths.is_empty() {
            return;
        }
        let mut binds = Block::new();
        // Paths are not looked up where there is no collection, nor before it.
        if !matches!(collection, Expr::Slot(_) | Expr::Stored(_) | Expr::Const(_)) {
            let slot = self.slot();
            binds.push(Step::Bind(slot, std::mem::replace(collection, Expr::Slot(slot))));
        }
        for path in paths {
            let slot = take_bind(body, &path).unwrap_or_else(|| self.slot());
            let held = held(&path, slot);
            body.iter_mut().for_each(|step| replace_in_step(step, &path, &held));
            binds.push(Step::Bind(slot, path));
        }
        let at = block.len() - 1;
        block.splice(at..at, binds);
    }

    fn slot(&mut self) -> Slot {
        let slot = Slot(self.next);
        self.next += 1;
        slot
    }
}

/// The paths that every turn looks up before anything can fail with an error.
pub(crate) fn collect(body: &Block, paths: &mut Vec<Expr>) {
    for step in body {
        match step {
            Step::Bind(_, value) => needs(value, paths),
            Step::Test(Test::Defined(value) | Test::Truthy(value) | Test::Kind(value, ..)) => needs(value, paths),
            Step::Test(Test::Compare(_, left, right) | Test::Member(left, right))
                if is_total(left) && is_total(right) =>
            {
                needs(left, paths);
                needs(right, paths);
            }
            Step::Loop { collection, filter, body, .. } if is_total(collection) => {
                needs(collection, paths);
                if filter.as_ref().is_none_or(|filter| is_total(&filter.equal)) {
                    filter.iter().for_each(|filter| needs(&filter.equal, paths));
                    collect(body, paths);
                }
            }
            _ => {}
        }
        if !is_total_step(step) {
            return;
        }
    }
}

/// The paths without which an expression is undefined, where they are looked up before it can fail with an error.
fn needs(expr: &Expr, paths: &mut Vec<Expr>) {
    match expr {
        path if is_path(path) && !paths.contains(path) => paths.push(path.clone()),
        Expr::Path(base, _) => needs(base, paths),
        Expr::Index(base, key) if is_total(base) => {
            needs(base, paths);
            needs(key, paths);
        }
        Expr::Array(items) | Expr::Set(items) | Expr::Call { args: items, .. } if items.iter().all(is_total) => {
            items.iter().for_each(|item| needs(item, paths));
        }
        _ => {}
    }
}

/// Takes the step out of a body that fills a slot with a path; gives the slot.
fn take_bind(body: &mut Block, path: &Expr) -> Option<Slot> {
    for at in 0..body.len() {
        match body.get_mut(at)? {
            Step::Bind(slot, value) if value == path => {
                let slot = *slot;
                body.remove(at);
                return Some(slot);
            }
            Step::Loop { body, .. } => return take_bind(body, path),
            _ => {}
        }
    }
    None
}

/// Puts what holds a path's value in its place, wherever `input` and `data` are the same.
fn replace_in_step(step: &mut Step, path: &Expr, held: &Expr) {
    if !matches!(step, Step::With { .. } | Step::Outside(_)) {
        pieces_of_step_mut(step, &mut |piece| replace(piece, path, held));
    }
}

fn replace(piece: PieceMut<'_>, path: &Expr, held: &Expr) {
    match piece {
        PieceMut::Expr(expr) if expr == path => *expr = held.clone(),
        PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| replace(piece, path, held)),
        PieceMut::Block(block) => block.iter_mut().for_each(|step| replace_in_step(step, path, held)),
    }
}
