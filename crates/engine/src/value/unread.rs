//! Entries of an input that are read when somebody asks for them.
//!
//! Of an object that is only looked up, as a graph or a table of users is, most entries are never asked for. So while
//! the input is read they are checked and noted, and a value is made at its first lookup. Which objects those are is
//! known from the code ([`Wanted::Lookups`](super::json::Wanted)): instructions that look something up ask here, and
//! nothing else may look at the entries.

use super::json::{JsonError, Parser, Projection};
use super::{Bump, BumpVec, Object, SymbolTable, Value, text};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// An object's entries that have not been read.
pub(crate) struct Unread<'a> {
    /// What the keys are written in, as they are with nothing escaped but what has to be ([`Parser::written`]).
    keys: &'a str,
    /// What the values are written in.
    text: &'a str,
    /// In the order of the text. Of equal keys the last counts.
    entries: &'a [Place],
    /// What is wanted of each value: a node of the projection.
    node: u32,
    /// How often it was looked up; from [`SEARCHED`] on the number of its index above that.
    lookups: AtomicU32,
    /// For each entry the number of its value among those that were read since, plus 1.
    numbers: &'a [AtomicU32],
}

/// Where an entry is written: its key between the quotes, and all of its value.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) key: Part,
    pub(super) value: Part,
}

/// A part of a text: where it begins and where it ends.
#[derive(Clone, Copy)]
pub(super) struct Part(u32, u32);

impl Part {
    /// Of texts that are longer than [`LONGEST`](Self::LONGEST) it is another one.
    #[inline(always)]
    pub(super) fn new(from: usize, to: usize) -> Self {
        Part(from as u32, to as u32)
    }

    pub(super) const LONGEST: usize = u32::MAX as usize;

    #[inline]
    fn range(self) -> std::ops::Range<usize> {
        self.0 as usize..self.1 as usize
    }

    #[inline]
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or("")
    }
}

impl<'a> Unread<'a> {
    pub(super) fn new(arena: &'a Bump, keys: &'a str, text: &'a str, entries: &[Place], node: u32) -> Self {
        let numbers = arena.alloc_slice_fill_with(entries.len(), |_| AtomicU32::new(0));
        let entries = arena.alloc_slice_copy(entries);
        Unread { keys, text, entries, node, lookups: AtomicU32::new(0), numbers }
    }

    /// An entry's key.
    #[inline]
    fn key(&self, entry: &Place) -> &[u8] {
        self.keys.as_bytes().get(entry.key.range()).unwrap_or_default()
    }

    /// How many entries.
    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }

    /// A table of positions of keys. (Nobody can make keys of which many have one hash; see [`text::hash`].)
    fn index(&self, arena: &'a Bump) -> &'a [u32] {
        let size = (self.entries.len() * 2).next_power_of_two();
        let index = arena.alloc_slice_fill_copy(size, 0);
        for (at, entry) in self.entries.iter().enumerate().rev() {
            let key = self.key(entry);
            let mut slot = text::hash_bytes(key) as usize & (size - 1);
            while let Some(place) = index.get_mut(slot) {
                match (*place as usize).checked_sub(1).and_then(|known| self.entries.get(known)) {
                    None => {
                        *place = at as u32 + 1;
                        break;
                    }
                    // One that stands behind.
                    Some(other) if text::same_bytes(self.key(other), key) => break,
                    Some(_) => slot = (slot + 1) & (size - 1),
                }
            }
        }
        index
    }

    /// The position of a key, by such a table.
    fn search(&self, index: &[u32], key: &[u8]) -> Option<usize> {
        let mask = index.len().wrapping_sub(1);
        let mut slot = text::hash_bytes(key) as usize & mask;
        loop {
            let at = (*index.get(slot)? as usize).checked_sub(1)?;
            if text::same_bytes(self.key(self.entries.get(at)?), key) {
                return Some(at);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// So often an object's keys are looked at one by one, before it is worth the while to make an index.
const SEARCHED: u32 = 4;

/// Up to this many keys always are.
const FEW: usize = 8;

/// Reads entries that somebody asks for, each of them once. It serves one evaluation, and belongs to the input's text.
pub struct LateReader<'a> {
    arena: &'a Bump,
    symbols: &'a SymbolTable,
    parser: &'a mut Parser,
    projection: &'a Projection,
    /// What came of it, once something was read.
    read: Option<&'a mut Read<'a>>,
}

/// What has been read.
struct Read<'a> {
    values: BumpVec<'a, Value<'a>>,
    /// Open-addressed tables of positions among the entries of an object, plus 1, by the keys' hashes.
    indexes: BumpVec<'a, &'a [u32]>,
}

impl<'a> LateReader<'a> {
    pub(crate) fn new(
        arena: &'a Bump,
        symbols: &'a SymbolTable,
        parser: &'a mut Parser,
        projection: &'a Projection,
    ) -> Self {
        LateReader { arena, symbols, parser, projection, read: None }
    }

    fn read(&mut self) -> &mut Read<'a> {
        let arena = self.arena;
        self.read.get_or_insert_with(|| {
            arena.alloc(Read { values: BumpVec::new_in(arena), indexes: BumpVec::new_in(arena) })
        })
    }

    /// What stands under a key of an object whose entries have not been read.
    #[inline(never)]
    pub(crate) fn get(&mut self, object: Object<'a>, key: &Value<'_>) -> Result<Option<Value<'a>>, JsonError> {
        self.find(object, key).map(|at| self.value(object, at)).transpose()
    }

    /// The position of a key.
    pub(crate) fn find(&mut self, object: Object<'a>, key: &Value<'_>) -> Option<usize> {
        // Keys of JSON are strings.
        let (text, unread) = (key.as_str()?, object.unread()?);
        let entries = unread.entries;
        let lookups = unread.lookups.load(Relaxed);
        if entries.len() > FEW && lookups == SEARCHED - 1 {
            let index = unread.index(self.arena);
            let indexes = &mut self.read().indexes;
            indexes.push(index);
            unread.lookups.store(SEARCHED - 1 + indexes.len() as u32, Relaxed);
        } else if lookups < SEARCHED - 1 {
            unread.lookups.store(lookups + 1, Relaxed);
        }
        let number = unread.lookups.load(Relaxed).checked_sub(SEARCHED);
        let text = self.parser.written(text).as_bytes();
        let indexes = self.read.as_ref().map(|read| &read.indexes);
        match number.and_then(|number| indexes?.get(number as usize)) {
            Some(index) => unread.search(index, text),
            None => entries.iter().rposition(|entry| text::same_bytes(unread.key(entry), text)),
        }
    }

    /// The value of the entry at a position, where there is one. (Its text was checked when the input was read.)
    pub(crate) fn value(&mut self, object: Object<'a>, at: usize) -> Result<Value<'a>, JsonError> {
        let entry = object.unread().and_then(|unread| Some((unread, unread.numbers.get(at)?, unread.entries.get(at)?)));
        let Some((unread, number, entry)) = entry else { return Ok(Value::Null) };
        let known = (number.load(Relaxed) as usize).checked_sub(1);
        if let Some(value) = known.and_then(|known| self.read.as_ref()?.values.get(known)) {
            return Ok(*value);
        }
        let text = entry.value.of(unread.text);
        let value = self.parser.parse_part(self.arena, text, self.symbols, (self.projection, unread.node))?;
        let values = &mut self.read().values;
        values.push(value);
        number.store(u32::try_from(values.len()).unwrap_or(0), Relaxed);
        Ok(value)
    }
}
