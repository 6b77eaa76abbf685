//! What was found before is not found again: what is at a path of `input` or of base documents, and what builtins gave.
//!
//! Where a step has filled a slot with it, or has only asked whether there is something at a path, what follows reads
//! the slot.

use super::unused::drop_unused;
use crate::builtins::Purity;
use crate::plan::pieces::{Piece, PieceMut, pieces_of_expr, pieces_of_expr_mut, pieces_of_step, pieces_of_step_mut};
use crate::plan::{Block, Branch, Constant, Expr, Function, Slot, Step, Test};
use std::mem::discriminant;

/// With more paths than this, comparing each expression with each would take longer than it saves.
const MOST: usize = 32;

/// Of so many paths it is found out whether they are used again, for which all that follows is looked at.
const MOST_ASKED: usize = 4 * MOST;

/// Reads slots in place of paths in a body and what it gives. `next` is the next free slot.
pub(super) fn reuse(branch: &mut Branch, next: &mut u32, has_comprehension: bool) {
    if !has_comprehension && !branch.block.iter().any(may_fill) {
        return;
    }
    let Branch { block, keys, value, .. } = branch;
    let mut known = Known { paths: Vec::with_capacity(8), first: 0, asked: 0, next };
    known.block(block, Rest { keys, value: Some(value) });
    // Whether the first answer ends the rules depends on what their heads say.
    known.paths.drain(..std::mem::take(&mut known.first));
    known.paths.retain(|(_, known)| !matches!(known, Expr::Const(_)));
    keys.iter_mut().chain([&mut *value]).for_each(|expr| known.piece(PieceMut::Expr(expr)));
    drop_unused(block, keys.iter().chain([&*value]));
}

/// The same for a block that has no answer of its own.
pub(super) fn reuse_in_block(block: &mut Block, next: &mut u32) {
    Known { paths: Vec::with_capacity(8), first: 0, asked: 0, next }.block(block, Rest::default());
}

/// What comes after a block.
#[derive(Clone, Copy, Default)]
struct Rest<'r> {
    keys: &'r [Expr],
    value: Option<&'r Expr>,
}

/// What slots hold.
struct Known<'n> {
    paths: Vec<(Expr, Expr)>,
    /// Those before this one are of another world.
    first: usize,
    /// Of how many it was asked whether they are used.
    asked: usize,
    next: &'n mut u32,
}

impl Known<'_> {
    /// `rest` is what comes after the block.
    fn block(&mut self, block: &mut Block, rest: Rest<'_>) {
        for at in 0..block.len() {
            let (step, further) = match block.get_mut(at..).and_then(<[Step]>::split_first_mut) {
                Some((step, further)) => (step, &*further),
                None => return,
            };
            match &mut *step {
                // Inside of it `input` may be another.
                Step::With { .. } | Step::Outside(_) => return self.first = self.paths.len(),
                // Nothing follows their ends but what follows the block.
                Step::Loop { collection, filter, body, .. } => {
                    self.piece(PieceMut::Expr(collection));
                    filter.iter_mut().for_each(|filter| self.piece(PieceMut::Expr(&mut filter.equal)));
                    self.block(body, rest);
                }
                Step::DataLoop { path, body, .. } => {
                    path.iter_mut().for_each(|key| self.piece(PieceMut::Expr(key)));
                    self.block(body, rest);
                }
                step => pieces_of_step_mut(step, &mut |piece| self.piece(piece)),
            }
            match step {
                Step::Test(Test::Defined(path)) if is_path(path) && self.may_ask() && is_used(path, further, rest) => {
                    let slot = Slot(*self.next);
                    *self.next += 1;
                    self.add(path.clone(), held(path, slot));
                    *step = Step::Bind(slot, path.clone());
                }
                Step::Bind(slot, value) if is_path(value) || is_repeated(value) => {
                    self.add(value.clone(), held(value, *slot));
                }
                // Another name for it, by which other calls may be the same.
                Step::Bind(slot, value @ (Expr::Slot(_) | Expr::Const(Constant::Scalar(_)))) => {
                    self.add(Expr::Slot(*slot), value.clone());
                }
                _ => {}
            }
        }
    }

    fn may_ask(&mut self) -> bool {
        self.asked += 1;
        self.has_room() && self.asked <= MOST_ASKED
    }

    fn has_room(&self) -> bool {
        self.paths.len() - self.first < MOST
    }

    /// What holds the value of an expression.
    fn known(&self, expr: &Expr) -> Option<&Expr> {
        let is_it = |path: &Expr| discriminant(path) == discriminant(expr) && path == expr;
        let mut paths = self.paths.get(self.first..).unwrap_or_default().iter();
        paths.find(|(path, _)| is_it(path)).map(|(_, known)| known)
    }

    fn add(&mut self, found: Expr, known: Expr) {
        if self.has_room() {
            self.paths.push((found, known));
        }
    }

    fn piece(&mut self, piece: PieceMut<'_>) {
        match piece {
            PieceMut::Expr(expr) => match self.known(expr) {
                Some(known) => *expr = known.clone(),
                None => pieces_of_expr_mut(expr, &mut |piece| self.piece(piece)),
            },
            PieceMut::Block(block) => {
                // What is known inside is not known after it.
                let (known, first) = (self.paths.len(), self.first);
                self.block(block, Rest::default());
                self.paths.truncate(known);
                self.first = first;
            }
        }
    }
}

/// Whether a step fills a slot, or may come to, or steps in it may.
fn may_fill(step: &Step) -> bool {
    match step {
        Step::Test(Test::Defined(value)) => is_path(value),
        Step::Test(_) | Step::Fail | Step::Fired(_) => false,
        _ => true,
    }
}

/// Whether it is a path of `input` or of base documents, or a document that is a constant.
pub(super) fn is_path(expr: &Expr) -> bool {
    match expr {
        Expr::Named(..) | Expr::Fixed(..) => true,
        Expr::Path(base, _) => matches!(**base, Expr::Input | Expr::BaseData),
        _ => false,
    }
}

/// The value of a path, which a slot holds.
pub(super) fn held(path: &Expr, slot: Slot) -> Expr {
    match path {
        Expr::Path(base, _) if matches!(**base, Expr::BaseData) => Expr::Stored(Box::new(Expr::Slot(slot))),
        _ => Expr::Slot(slot),
    }
}

/// Whether it is what is at a path in a slot, or the call of a builtin that always gives the same for the same values.
fn is_repeated(expr: &Expr) -> bool {
    match expr {
        Expr::Path(base, _) => matches!(**base, Expr::Slot(_)),
        Expr::Call { function: Function::Builtin(builtin), args, .. } => {
            builtin.purity == Purity::Pure && args.iter().all(|arg| matches!(arg, Expr::Slot(_) | Expr::Const(_)))
        }
        _ => false,
    }
}

/// Whether a path is looked up in steps or in what comes after them.
fn is_used(path: &Expr, steps: &[Step], rest: Rest<'_>) -> bool {
    let mut after = rest.keys.iter().chain(rest.value);
    steps.iter().any(|step| step_has(step, path)) || after.any(|expr| has(Piece::Expr(expr), path))
}

fn step_has(step: &Step, path: &Expr) -> bool {
    let mut found = false;
    if !matches!(step, Step::With { .. } | Step::Outside(_)) {
        pieces_of_step(step, &mut |piece| found = found || has(piece, path));
    }
    found
}

fn has(piece: Piece<'_>, path: &Expr) -> bool {
    match piece {
        Piece::Expr(expr) if expr == path => true,
        Piece::Expr(expr) => {
            let mut found = false;
            pieces_of_expr(expr, &mut |piece| found = found || has(piece, path));
            found
        }
        Piece::Block(block) => block.iter().any(|step| step_has(step, path)),
    }
}
