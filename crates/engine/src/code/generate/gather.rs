//! Collections that one instruction gathers: `[c.name | some c in containers]`, `{key | labels[key]}`.

use super::super::{Label, Op, Read, Update, Write};
use super::Generator;
use crate::plan::pieces::{Piece, pieces_of_expr, pieces_of_step};
use crate::plan::{Block, DocumentPlan, Expr, Filter, Part, Slot, Step, Test};
use std::sync::Arc;

/// A loop whose answers are parts of the elements alone.
enum Gather<'p> {
    /// What is at a path in each element.
    Parts { collection: &'p Expr, path: Vec<Arc<str>> },
    /// The same of the elements that a filter lets through.
    EqualParts { collection: &'p Expr, filter: &'p [Arc<str>], equal: &'p Expr, path: Vec<Arc<str>> },
    /// The keys of the elements that are not `false`.
    Keys { collection: &'p Expr },
}

impl Generator<'_, '_> {
    /// Adds all answers of a block to the collection that is being built, if one instruction can; to a set those that are
    /// equal need not be added again. Says whether it did.
    pub(super) fn gather(&mut self, block: &Block, value: &Expr, is_set: bool, fail: Label) -> bool {
        if !self.optimizations.plans {
            return false;
        }
        let Some(gather) = gather_of(block, value) else { return false };
        self.temporarily(|this| match gather {
            Gather::Parts { collection, path } => {
                let has_groups = is_set && this.plan.is_some_and(|plan| filters_by(plan, collection, &path));
                let collection = Read(this.expr(collection, fail));
                let path = this.pool.path(&path);
                this.emit(match has_groups {
                    true => Op::PushGroups { collection, path },
                    false => Op::PushParts { collection, path },
                });
            }
            Gather::Keys { collection } => {
                let collection = Read(this.expr(collection, fail));
                this.emit(Op::PushKeys { collection });
            }
            Gather::EqualParts { collection, filter, equal, path } => {
                let collection = Read(this.expr(collection, fail));
                let equal = Read(this.expr(equal, fail));
                let (filter, path) = (this.pool.path(filter), this.pool.path(&path));
                let (among, iterator) = (this.register(), this.register());
                let start = Write(iterator);
                this.emit(Op::Among { dst: Write(among), iterator: start, collection, path: filter, equal });
                let (iterator, collection) = (Update(iterator), Read(among));
                this.emit(Op::PushEqualParts { iterator, collection, filter, equal, path });
            }
        });
        true
    }
}

fn gather_of<'p>(block: &'p Block, value: &Expr) -> Option<Gather<'p>> {
    let [Step::Loop { collection, key, value: Some(element), filter, body }] = block.as_slice() else { return None };
    if let ([Step::Test(Test::Truthy(Expr::Slot(tested)))], Some(key), None, Expr::Slot(given)) =
        (body.as_slice(), key, filter, value)
    {
        return (tested == element && given == key).then_some(Gather::Keys { collection });
    }
    if key.is_some() {
        return None;
    }
    let path = match body.as_slice() {
        [] => path_in(value, *element)?,
        // A step that binds something else would also have to succeed.
        [Step::Bind(slot, part)] if *value == Expr::Slot(*slot) => path_in(part, *element)?,
        _ => return None,
    };
    match filter {
        Some(Filter { part: Part::Value(filter), equal }) => {
            Some(Gather::EqualParts { collection, filter, equal, path })
        }
        Some(Filter { part: Part::Key, .. }) => None,
        None => Some(Gather::Parts { collection, path }),
    }
}

/// Whether a document has a loop over the elements of a collection that have a value at a path: then the machine needs an
/// index of them, which it can make while it finds the values.
fn filters_by(plan: &DocumentPlan, collection: &Expr, path: &[Arc<str>]) -> bool {
    let mut search = Filters { collection, path, is_found: false };
    let branches = plan.definitions.iter().chain(&plan.default).flat_map(|definition| &definition.branches);
    for branch in branches {
        search.block(&branch.block);
        branch.keys.iter().chain([&branch.value]).for_each(|value| search.piece(Piece::Expr(value)));
    }
    search.is_found
}

/// A search for such a loop.
struct Filters<'p> {
    collection: &'p Expr,
    path: &'p [Arc<str>],
    is_found: bool,
}

impl Filters<'_> {
    fn block(&mut self, block: &Block) {
        for step in block {
            if let Step::Loop { collection, filter: Some(filter), .. } = step {
                let is_same = |part: &Part| matches!(part, Part::Value(path) if path == self.path);
                self.is_found |= collection == self.collection && is_same(&filter.part);
            }
            pieces_of_step(step, &mut |piece| self.piece(piece));
        }
    }

    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Expr(expr) => pieces_of_expr(expr, &mut |piece| self.piece(piece)),
            Piece::Block(block) => self.block(block),
        }
    }
}

/// The path at which a value is in an element.
fn path_in(value: &Expr, element: Slot) -> Option<Vec<Arc<str>>> {
    match value {
        Expr::Slot(slot) => (*slot == element).then(Vec::new),
        Expr::Path(base, keys) => {
            let mut path = path_in(base, element)?;
            path.extend(keys.iter().cloned());
            Some(path)
        }
        _ => None,
    }
}
