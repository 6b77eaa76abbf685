//! What an evaluation sees as `input`, `data` and functions, and how `with` changes it.

use super::Machine;
use super::error::Result;
use super::run::path;
use crate::code::{Key, Target, TargetId, Unit};
use crate::plan::Function;
use crate::value::{Bump, Object, Set, Value};
use std::cell::Cell;
use std::ops::Range;

/// What is known of a document's value.
#[derive(Clone, Copy)]
pub(super) enum Memo<'a> {
    /// Nothing yet.
    Empty,
    /// It is being computed.
    Running,
    /// It is undefined.
    Undefined,
    /// Its value.
    Value(Value<'a>),
}

/// What an evaluation sees.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    /// `input`, if there is one.
    pub(super) input: Option<&'a Value<'a>>,
    /// Base documents.
    pub(super) data: &'a Value<'a>,
    /// Values of documents, by their number; empty until somebody asks for one.
    pub(super) memo: &'a [Cell<Memo<'a>>],
    /// Documents that base documents stand in for: ranges of numbers.
    pub(super) replaced: &'a [Range<u32>],
    /// Functions that others stand in for.
    pub(super) functions: &'a [(Function, Substitute<'a>)],
}

/// What stands in for a function.
#[derive(Clone, Copy)]
pub(super) enum Substitute<'a> {
    /// A value, whatever the arguments.
    Value(Value<'a>),
    /// Another function, or a document, whatever the arguments.
    Function(Function),
}

impl<'a> World<'a> {
    /// A world in which nothing has been computed.
    pub(super) fn new(input: Option<&'a Value<'a>>, data: &'a Value<'a>) -> Self {
        World { input, data, memo: &[], replaced: &[], functions: &[] }
    }

    /// The base documents stand in for a document.
    pub(super) fn is_replaced(&self, document: u32) -> bool {
        self.replaced.iter().any(|range| range.contains(&document))
    }

    fn replace_input(&mut self, arena: &'a Bump, path: &[Key], value: Value<'a>) {
        self.input = Some(arena.alloc(patched(arena, self.input.copied(), path, value)));
    }

    fn replace_data(&mut self, arena: &'a Bump, path: &[Key], documents: Range<u32>, value: Value<'a>) {
        self.data = arena.alloc(patched(arena, Some(*self.data), path, value));
        if !documents.is_empty() {
            let ranges = self.replaced.iter().cloned().chain([documents]);
            self.replaced = bumpalo::collections::Vec::from_iter_in(ranges, arena).into_bump_slice();
        }
    }

    fn replace_function(&mut self, arena: &'a Bump, function: Function, by: Substitute<'a>) {
        let others = self.functions.iter().copied().filter(|(other, _)| *other != function);
        let functions: bumpalo::collections::Vec<'a, _> =
            bumpalo::collections::Vec::from_iter_in(others.chain([(function, by)]), arena);
        self.functions = functions.into_bump_slice();
    }
}

impl<'a> Machine<'a, '_> {
    /// Values of documents in this world. (Queries that ask for one document, which needs no other one, do without.)
    #[inline]
    pub(super) fn memo(&mut self) -> &'a [Cell<Memo<'a>>] {
        if self.world.memo.is_empty() {
            self.world.memo = self.empty_memo();
        }
        self.world.memo
    }

    #[inline(never)]
    fn empty_memo(&self) -> &'a [Cell<Memo<'a>>] {
        Cell::from_mut(self.arena.alloc_slice_fill_copy(self.code.functions.len(), Memo::Empty)).as_slice_of_cells()
    }

    /// The same world, to be changed: what has been computed may not hold in it.
    pub(super) fn fresh_world(&mut self) -> Result<World<'a>> {
        let documents = self.memo().len();
        self.making(documents)?;
        Ok(World { memo: self.empty_memo(), ..self.world })
    }

    /// The same world, in which `input` is to be changed: what does not depend on that is known as before.
    pub(super) fn world_for_input(&mut self) -> Result<World<'a>> {
        let known = self.memo();
        self.making(known.len())?;
        // What stands in for a function may read what the function does not.
        let is_plain = self.world.functions.iter().all(|(_, by)| matches!(by, Substitute::Value(_)));
        let kept = |(cell, is_kept): (&Cell<Memo<'a>>, &bool)| match cell.get() {
            // What is being computed now is not finished in that world.
            Memo::Running => Memo::Empty,
            memo if *is_kept && is_plain => memo,
            _ => Memo::Empty,
        };
        let mut memo = known.iter().zip(&self.code.is_input_free).map(kept);
        let memo = self.arena.alloc_slice_fill_with(known.len(), |_| Cell::new(memo.next().unwrap_or(Memo::Empty)));
        Ok(World { memo, ..self.world })
    }

    /// Goes on in another world.
    pub(super) fn enter_world(&mut self, world: World<'a>) {
        let before = self.world;
        let worlds = &mut self.extras().worlds;
        if worlds.is_empty() {
            worlds.push(before);
        }
        worlds.push(world);
        self.current = worlds.len() - 1;
        self.world = world;
    }

    /// Keeps the present world as it was changed. What it was changed by can be large.
    fn save_world(&mut self) -> Result<()> {
        let (current, changed) = (self.current, self.world);
        if let Some(world) = self.extras().worlds.get_mut(current) {
            *world = changed;
        }
        self.tick()?;
        self.check_memory()
    }

    #[cold]
    pub(super) fn replace(&mut self, unit: &'a Unit, target: TargetId, value: Value<'a>) -> Result<()> {
        match unit.targets.get(target.0 as usize) {
            Some(Target::Input(at)) => self.world.replace_input(self.arena, path(unit, *at), value),
            Some(Target::Data(at, documents)) => {
                self.world.replace_data(self.arena, path(unit, *at), documents.clone(), value);
            }
            Some(Target::Function(from)) => {
                self.world.replace_function(self.arena, *from, Substitute::Value(value));
            }
            Some(Target::Redirect(..)) | None => {}
        }
        self.save_world()
    }

    #[cold]
    pub(super) fn redirect(&mut self, unit: &Unit, target: TargetId) -> Result<()> {
        if let Some(Target::Redirect(from, to)) = unit.targets.get(target.0 as usize) {
            self.world.replace_function(self.arena, *from, Substitute::Function(*to));
        }
        self.save_world()
    }
}

/// `base` with `value` at a path; what is not an object on the way becomes one.
fn patched<'a>(arena: &'a Bump, base: Option<Value<'a>>, path: &[Key], value: Value<'a>) -> Value<'a> {
    let Some((step, rest)) = path.split_first() else { return value };
    let old = base.and_then(|base| base.as_object());
    let text: &'a str = arena.alloc_str(&step.text);
    let inner = patched(arena, old.and_then(|old| old.get_text(step.symbol, text)), rest, value);
    let key = Value::String { symbol: step.symbol, text };
    let others = old.map(|old| old.entries()).unwrap_or_default().iter().copied().filter(|entry| entry.0 != key);
    let mut entries: bumpalo::collections::Vec<'a, _> = bumpalo::collections::Vec::from_iter_in(others, arena);
    let at = entries.partition_point(|entry| entry.0 < key);
    entries.insert(at, (key, inner));
    Value::Object(Object::from_sorted(arena, entries.into_bump_slice()))
}

/// Where what is at a constant path is. (Places rather than values, because a value is three words and copying it
/// through an `Option` is what an evaluation would mostly do.)
#[inline(always)]
pub(super) fn lookup<'a>(value: &Value<'a>, path: &[Key], hints: &Hints) -> Option<&'a Value<'a>> {
    // Most paths are short.
    match path {
        [first] => match at_hint(value, first, &hints[0]) {
            None => search(value, path, hints, 0),
            found => found,
        },
        [first, second] => {
            let Some(at) = at_hint(value, first, &hints[0]) else { return search(value, path, hints, 0) };
            match at_hint(at, second, &hints[1]) {
                None => search(at, path.get(1..)?, hints, 1),
                found => found,
            }
        }
        _ => lookup_far(value, path, hints),
    }
}

/// [`lookup`] on longer paths. (By itself, so that the usual way is short.)
#[inline(never)]
fn lookup_far<'a>(value: &Value<'a>, path: &[Key], hints: &Hints) -> Option<&'a Value<'a>> {
    let (first, rest) = path.split_first()?;
    let Some(found) = at_hint(value, first, &hints[0]) else { return search(value, path, hints, 0) };
    let mut at = found;
    for (key, step) in rest.iter().zip(1..) {
        let Some(found) = at_hint(at, key, hints.get(step % size_of::<Hints>())?) else {
            return search(at, path.get(step..)?, hints, step);
        };
        at = found;
    }
    Some(at)
}

/// For the first steps of a path where their keys were found the last time. A position of another object only makes a
/// search longer.
pub(super) type Hints = [Cell<u8>; 4];

/// What an object has under a key, if it stands where the key was found the last time.
#[inline(always)]
fn at_hint<'a>(value: &Value<'a>, key: &Key, hint: &Cell<u8>) -> Option<&'a Value<'a>> {
    match value {
        Value::Object(object) => object.find_at(key.named, hint),
        _ => None,
    }
}

/// The rest of a lookup, from a step on whose key is elsewhere. (By itself, so that the usual way is short.)
#[inline(never)]
fn search<'a>(value: &Value<'a>, path: &[Key], hints: &Hints, mut step: usize) -> Option<&'a Value<'a>> {
    let (first, mut rest) = path.split_first()?;
    let Some(found) = named(value, first, hints, step) else { return lookup_carefully(value, path) };
    let mut at = found?;
    while let Some((key, further)) = rest.split_first() {
        step += 1;
        let Some(found) = named(at, key, hints, step) else { return lookup_carefully(at, rest) };
        at = found?;
        rest = further;
    }
    Some(at)
}

/// What an object has under a key, if symbols tell.
#[inline(always)]
fn named<'a>(value: &Value<'a>, key: &Key, hints: &Hints, step: usize) -> Option<Option<&'a Value<'a>>> {
    match value {
        Value::Object(object) => object.find_again(key.symbol, hints.get(step % size_of::<Hints>())?),
        _ => None,
    }
}

/// [`lookup`] for any values and keys. (By itself, so that the usual way is short.)
#[inline(never)]
pub(super) fn lookup_carefully<'a>(value: &Value<'a>, path: &[Key]) -> Option<&'a Value<'a>> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(step(value, first)?, |at, key| step(at, key))
}

fn step<'a>(value: &Value<'a>, key: &Key) -> Option<&'a Value<'a>> {
    match value {
        Value::Object(object) => object.find_text(key.symbol, &key.text),
        Value::Set(set) => member(set, key),
        _ => None,
    }
}

#[cold]
fn member<'a>(set: &Set<'a>, key: &Key) -> Option<&'a Value<'a>> {
    set.find(&Value::String { symbol: key.symbol, text: &key.text })
}
