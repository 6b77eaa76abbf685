//! Collections from the scratch stack.

use super::Machine;
use super::error::Result;
use crate::value::{Bump, Entry, Object, Set, Value};
use bumpalo::collections::Vec;

impl<'a> Machine<'a, '_> {
    pub(super) fn end_array(&mut self, mark: usize) -> Result<Value<'a>> {
        self.end_items(mark).map(Value::Array)
    }

    /// A set of items that were added in order.
    pub(super) fn end_sorted(&mut self, mark: usize) -> Result<Value<'a>> {
        self.end_items(mark).map(|items| Value::Set(Set::from_sorted(items)))
    }

    fn end_items(&mut self, mark: usize) -> Result<&'a [Value<'a>]> {
        self.making(self.pending(mark).len())?;
        let items = self.arena.alloc_slice_copy(self.pending(mark));
        self.scratch.truncate(mark);
        Ok(items)
    }

    pub(super) fn end_set(&mut self, mark: usize) -> Result<Value<'a>> {
        self.making(self.pending(mark).len())?;
        let value = set(self.arena, self.pending(mark));
        self.scratch.truncate(mark);
        Ok(value)
    }

    /// A set of which nobody sees the order: few elements, to look through which takes no longer, are an array.
    pub(super) fn end_unordered(&mut self, mark: usize) -> Result<Value<'a>> {
        const FEW: usize = 16;
        if self.pending(mark).len() <= FEW { self.end_array(mark) } else { self.end_set(mark) }
    }

    /// `None` if a key has two values; then its entries stay where they are.
    pub(super) fn end_object(&mut self, mark: usize) -> Result<Option<Value<'a>>> {
        self.making(self.pending(mark).len())?;
        let value = object(self.arena, self.pending(mark));
        if value.is_some() {
            self.scratch.truncate(mark);
        }
        Ok(value)
    }

    /// The same for an object whose entries may have several keys.
    pub(super) fn end_nested(&mut self, mark: usize) -> Result<Option<Value<'a>>> {
        self.making(self.pending(mark).len())?;
        let value = nested(self.arena, self.pending(mark));
        if value.is_some() {
            self.scratch.truncate(mark);
        }
        Ok(value)
    }

    fn pending(&self, mark: usize) -> &[Value<'a>] {
        self.scratch.get(mark..).unwrap_or_default()
    }

    /// Adds a value to the collection that is being built.
    #[inline]
    pub(super) fn push(&mut self, value: Value<'a>) -> Result<()> {
        if self.scratch.len() == self.scratch.capacity() {
            self.grow()?;
        }
        self.scratch.push(value);
        Ok(())
    }

    #[cold]
    fn grow(&mut self) -> Result<()> {
        /// Room for what most collections hold, so that it seldom has to grow.
        const FIRST: usize = 16;
        self.making(self.scratch.capacity())?;
        self.scratch.reserve(self.scratch.capacity().max(FIRST));
        Ok(())
    }

    pub(super) fn push_nested(&mut self, keys: &[Value<'a>], value: Value<'a>, is_member: Value<'a>) -> Result<()> {
        self.making(keys.len())?;
        let keys = Value::new_array(self.arena, keys);
        [keys, value, is_member].into_iter().try_for_each(|part| self.push(part))
    }
}

/// From this many items on, equal ones are dropped before the others are sorted.
const MANY: usize = 64;

/// The longest search for an equal item. Items that collide more, which only a hostile input has, are sorted with the
/// others.
const LONGEST_PROBE: usize = 24;

/// A set of the items.
pub(super) fn set<'a>(arena: &'a Bump, items: &[Value<'a>]) -> Value<'a> {
    if items.len() < MANY {
        return Value::new_set(arena, items);
    }
    Value::Set(Set::from_unsorted(arena, distinct(arena, items)))
}

/// The items without most of those that equal an earlier one.
fn distinct<'a>(arena: &'a Bump, items: &[Value<'a>]) -> &'a mut [Value<'a>] {
    let mut kept: Vec<'a, Value<'a>> = Vec::with_capacity_in(items.len(), arena);
    let size = (items.len() * 2).next_power_of_two();
    // Positions in `kept`, plus 1.
    let table = arena.alloc_slice_fill_copy(size, 0u32);
    for item in items {
        let mut slot = item.hash_code() as usize & (size - 1);
        let mut is_new = true;
        for _ in 0..LONGEST_PROBE {
            let Some(place) = table.get_mut(slot) else { break };
            match (*place as usize).checked_sub(1) {
                None => {
                    *place = kept.len() as u32 + 1;
                    break;
                }
                Some(at) if kept.get(at) == Some(item) => {
                    is_new = false;
                    break;
                }
                Some(_) => slot = (slot + 1) & (size - 1),
            }
        }
        if is_new {
            kept.push(*item);
        }
    }
    kept.into_bump_slice_mut()
}

/// An object of keys and values in turn. `None` if one key has two values.
pub(super) fn object<'a>(arena: &'a Bump, items: &[Value<'a>]) -> Option<Value<'a>> {
    let mut entries = pairs(arena, items);
    if !Object::sort(arena, &mut entries) {
        if entries.windows(2).any(|pair| matches!(pair, [left, right] if left.0 == right.0 && left.1 != right.1)) {
            return None;
        }
        entries.dedup_by(|right, left| left.0 == right.0);
    }
    Some(Value::Object(Object::from_sorted(arena, entries.into_bump_slice())))
}

/// An object that is written in place, of keys and values in turn. Of entries with one key the last counts.
pub(super) fn written_object<'a>(arena: &'a Bump, items: &[Value<'a>]) -> Value<'a> {
    let mut entries = pairs(arena, items);
    if !Object::sort(arena, &mut entries) {
        entries.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                kept.1 = later.1;
            }
            is_same
        });
    }
    Value::Object(Object::from_sorted(arena, entries.into_bump_slice()))
}

/// An object of different keys in order, and their values.
pub(super) fn record<'a>(arena: &'a Bump, keys: &[Value<'a>], values: &[Value<'a>]) -> Value<'a> {
    let entries: &[Entry<'a>] = match (keys, values) {
        ([key], [value]) => arena.alloc([(*key, *value)]),
        _ => arena.alloc_slice_fill_iter(keys.iter().copied().zip(values.iter().copied())),
    };
    Value::Object(Object::from_sorted(arena, entries))
}

fn pairs<'a>(arena: &'a Bump, items: &[Value<'a>]) -> Vec<'a, Entry<'a>> {
    let pairs = items.chunks_exact(2).filter_map(|pair| match pair {
        [key, value] => Some((*key, *value)),
        _ => None,
    });
    Vec::from_iter_in(pairs, arena)
}

/// An entry of a document with several keys.
#[derive(Clone, Copy)]
struct Nested<'a> {
    keys: &'a [Value<'a>],
    value: Value<'a>,
    /// Whether the value is a member of a set at the keys; `None` if it only counts where nothing else is.
    is_member: Option<bool>,
}

/// An object of triples: keys as an array, value, and whether the value is a member of a set at those keys, or `null`
/// if it only counts where nothing else is. `None` if they are in conflict.
pub(super) fn nested<'a>(arena: &'a Bump, items: &[Value<'a>]) -> Option<Value<'a>> {
    let triples = items.chunks_exact(3).filter_map(|triple| match triple {
        [Value::Array(keys), value, Value::Bool(is_member)] => {
            Some(Nested { keys, value: *value, is_member: Some(*is_member) })
        }
        [Value::Array(keys), value, _] => Some(Nested { keys, value: *value, is_member: None }),
        _ => None,
    });
    let mut entries: Vec<'a, Nested<'a>> = Vec::from_iter_in(triples, arena);
    entries.sort_by(|left, right| left.keys.cmp(right.keys));
    level(arena, &entries, 0)
}

/// The value of entries that share their first `depth` keys, sorted by keys.
fn level<'a>(arena: &'a Bump, entries: &[Nested<'a>], depth: usize) -> Option<Value<'a>> {
    // What only counts where nothing else is stands first: it was added first, and sorting keeps that order.
    let is_place = |entry: &&Nested<'a>| entry.is_member.is_none() && entry.keys.len() == depth;
    let count = entries.iter().take_while(is_place).count();
    let (places, entries) = entries.split_at(count);
    if let (Some(found), []) = (places.first(), entries) {
        return Some(found.value);
    }
    if let Some(first) = entries.first().filter(|first| first.keys.len() <= depth) {
        if entries.iter().any(|entry| entry.keys.len() != first.keys.len() || entry.is_member != first.is_member) {
            return None;
        }
        if first.is_member == Some(true) {
            let members: Vec<'a, Value<'a>> = Vec::from_iter_in(entries.iter().map(|entry| entry.value), arena);
            return Some(Value::Set(Set::from_unsorted(arena, members.into_bump_slice_mut())));
        }
        let is_one = entries.iter().all(|entry| entry.value == first.value);
        return is_one.then_some(first.value);
    }
    let mut result: Vec<'a, Entry<'a>> = Vec::new_in(arena);
    let mut rest = entries;
    while let Some(key) = rest.first().and_then(|first| first.keys.get(depth)) {
        let count = rest.iter().take_while(|entry| entry.keys.get(depth) == Some(key)).count();
        let (group, others) = rest.split_at(count);
        result.push((*key, level(arena, group, depth + 1)?));
        rest = others;
    }
    Some(Value::Object(Object::from_sorted(arena, result.into_bump_slice())))
}
