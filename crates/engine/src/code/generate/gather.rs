//! Collections that one instruction gathers: `[c.name | some c in containers]`, `{key | labels[key]}`.

use super::super::{Label, Op, Read, Update, Write};
use super::Generator;
use crate::builtins::Builtin;
use crate::hir::Const;
use crate::plan::pieces::{Piece, pieces_of_expr, pieces_of_step};
use crate::plan::{At, Block, Constant, DocumentPlan, Expr, Filter, Part, Slot, Step, optimize};
use std::sync::Arc;

/// A loop whose answers are parts of the elements alone.
enum Gather<'p> {
    /// What is at a path in each element.
    Parts { collection: &'p Expr, path: Vec<Arc<str>> },
    /// The same of the elements that a filter lets through.
    EqualParts { collection: &'p Expr, filter: &'p [Arc<str>], equal: &'p Expr, path: Vec<Arc<str>> },
    /// The keys of the elements that are not `false`.
    Keys { collection: &'p Expr },
    /// What is at each element in another value.
    Found { collection: &'p Expr, from: &'p Expr },
}

impl Generator<'_, '_> {
    /// Adds all answers of a block to the collection that is being built, if one instruction can add those of its innermost
    /// loop; to a set those that are equal need not be added again. Says whether it did.
    pub(super) fn gather(&mut self, block: &Block, value: &Expr, is_set: bool, fail: Label) -> bool {
        if !self.optimizations.plans {
            return false;
        }
        let Some(inner) = innermost(block) else { return false };
        let Some(gather) = gather_of(inner, value) else { return false };
        if block.len() == 1 && block.first().is_some_and(|step| std::ptr::eq(step, inner)) {
            self.gathered(&gather, is_set, fail);
            return true;
        }
        self.block(&without_innermost(block), fail, 0, &mut |this, again, _| {
            this.gathered(&gather, false, again);
            this.emit(Op::Jump { to: again });
        });
        true
    }

    /// The same for the rest of a rule that shares its beginning with others of a set.
    pub(super) fn gather_rest(&mut self, rest: &Block, which: usize, fail: Label) -> bool {
        let Some(plan) = self.plan.filter(|_| self.shares_set) else { return false };
        match plan.definitions.get(which).map(|definition| definition.branches.as_slice()) {
            Some([branch]) => self.gather(rest, &branch.value, true, fail),
            _ => false,
        }
    }

    /// Adds what a loop gives. To a set what is equal need not be added again.
    fn gathered(&mut self, gather: &Gather<'_>, is_set: bool, fail: Label) {
        self.temporarily(|this| match gather {
            Gather::Parts { collection, path } => {
                let has_groups = is_set && this.plan.is_some_and(|plan| filters_by(plan, collection, path));
                let collection = Read(this.expr(collection, fail));
                let path = this.pool.path(path);
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
                let (filter, path) = (this.pool.path(filter), this.pool.path(path));
                let (among, iterator) = (this.register(), this.register());
                let start = Write(iterator);
                this.emit(Op::Among { dst: Write(among), iterator: start, collection, path: filter, equal });
                let (iterator, collection) = (Update(iterator), Read(among));
                this.emit(Op::PushEqualParts { iterator, collection, filter, equal, path });
            }
            Gather::Found { collection, from } => {
                let collection = Read(this.expr(collection, fail));
                let from = this.operand(from, fail);
                this.emit(Op::PushFound { collection, from });
            }
        });
    }
}

impl Generator<'_, '_> {
    /// Takes the keys of a collection from a set without making a set of them, if a call does that; says whether it did.
    pub(super) fn minus_keys(
        &mut self,
        builtin: &'static Builtin,
        [from, keys]: [&Expr; 2],
        at: At,
        dst: Write,
        fail: Label,
    ) -> bool {
        let Some(keys) = self.optimizations.plans.then(|| optimize::keys_taken(builtin, keys)).flatten() else {
            return false;
        };
        let from = self.operand(from, fail);
        let builtin = self.pool.builtin(builtin);
        // Where there is no collection, there are no keys.
        let (collection, found) = (self.register(), self.label());
        let constant = self.pool.constant(&Constant::Scalar(Const::Null));
        self.emit(Op::Constant { dst: Write(collection), constant });
        self.expr_into(keys, collection, found);
        self.put(found);
        self.at(at.0);
        self.emit(Op::MinusKeys { dst, builtin, from, collection: Read(collection), fail });
        true
    }
}

/// The loop that a block ends with, or that the loop does that it ends with.
fn innermost(block: &Block) -> Option<&Step> {
    match block.last()? {
        step @ Step::Loop { body, .. } => innermost(body).or(Some(step)),
        _ => None,
    }
}

/// A block without its innermost loop.
fn without_innermost(block: &Block) -> Block {
    let mut outer = block.clone();
    let mut at = &mut outer;
    loop {
        match at.last() {
            Some(Step::Loop { body, .. }) if innermost(body).is_some() => {}
            _ => break,
        }
        match at.last_mut() {
            Some(Step::Loop { body, .. }) => at = body,
            _ => return outer,
        }
    }
    at.pop();
    outer
}

fn gather_of<'p>(inner: &'p Step, value: &'p Expr) -> Option<Gather<'p>> {
    let Step::Loop { collection, key, value: Some(element), filter, body } = inner else { return None };
    if let Some(collection) = optimize::keys_given(std::slice::from_ref(inner), value) {
        return Some(Gather::Keys { collection });
    }
    if key.is_some() {
        return None;
    }
    let part = match body.as_slice() {
        [] => value,
        // A step that binds something else would also have to succeed.
        [Step::Bind(slot, part)] if *value == Expr::Slot(*slot) => part,
        _ => return None,
    };
    if let (Expr::Index(from, at), None) = (part, filter)
        && **at == Expr::Slot(*element)
        && matches!(**from, Expr::Slot(from) if from != *element)
    {
        return Some(Gather::Found { collection, from });
    }
    let path = path_in(part, *element)?;
    match filter.as_deref() {
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
