//! Objects: sorted slices of entries, searched by symbol where small and by hash or bisection where large.

use super::links::{self, Links};
use super::make::Sharing;
use super::order::{self, Ordinal};
use super::unread::Unread;
use super::{Bump, Symbol, Value, text};
use std::cell::Cell;
use std::cmp::Ordering;

/// A key with its value.
pub type Entry<'a> = (Value<'a>, Value<'a>);

/// Up to this many entries a lookup walks the slice; more, if the key has a symbol.
const LINEAR: usize = 12;

/// From this many entries on an object carries a hash index.
const HASHED: usize = 32;

/// The longest run of occupied slots an index may have. Keys that collide more, which only a hostile input has, make
/// the object fall back to bisection.
const LONGEST_PROBE: usize = 24;

/// An object.
#[derive(Clone, Copy)]
pub struct Object<'a>(&'a Inner<'a>);

struct Inner<'a> {
    /// Sorted by key.
    entries: &'a [Entry<'a>],
    /// A [`bit`] for the symbol of every key; all where a key was not looked up.
    symbols: u64,
    /// Open-addressed table of positions in `entries`, plus 1, of so many [`slots`]; behind it, for a graph that is kept,
    /// its [`Links`]. Empty where there is neither.
    index: &'a [u32],
    /// What is to be known of entries that have not been read.
    unread: Option<&'a Unread<'a>>,
}

impl<'a> Object<'a> {
    /// The empty object.
    pub const EMPTY: Object<'static> = Object(&Inner { entries: &[], symbols: 0, index: &[], unread: None });

    /// Bytes that an object of so many entries takes at most in the arena.
    pub(super) fn bytes(count: usize) -> usize {
        let part = size_of::<Entry<'_>>() + 4 * size_of::<u32>();
        count.saturating_mul(part).saturating_add(size_of::<Inner<'_>>())
    }

    /// Takes entries that are sorted by key, without duplicates.
    pub fn from_sorted(arena: &'a Bump, entries: &'a [Entry<'a>]) -> Self {
        debug_assert!(entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let index = index_of(entries, |size| arena.alloc_slice_fill_copy(size, 0));
        Object(arena.alloc(Inner { entries, symbols: symbols_of(entries), index, unread: None }))
    }

    /// The same of so few entries that they have no index, with what stands for the symbols of their keys.
    #[inline]
    pub(super) fn of_few(arena: &'a Bump, entries: &'a [Entry<'a>], symbols: u64) -> Self {
        debug_assert!(entries.len() < HASHED && symbols == symbols_of(entries));
        debug_assert!(entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
        Object(arena.alloc(Inner { entries, symbols, index: &[], unread: None }))
    }

    /// The same to be kept, with a copy of the entries: edges of graphs are found once.
    pub(super) fn from_sorted_in(make: &mut Sharing<'a>, entries: &[Entry<'a>]) -> Self {
        let index = match index_of_graph(entries) {
            Some(index) => make.slice(&index),
            None => index_of(entries, |size| make.zeros(size)),
        };
        let entries = make.slice(entries);
        Object(make.one(Inner { entries, symbols: symbols_of(entries), index, unread: None }))
    }

    /// An object whose entries have not been read. To all who do not ask there it is empty.
    pub(super) fn of_unread(arena: &'a Bump, unread: Unread<'a>) -> Self {
        let unread = Some(&*arena.alloc(unread));
        Object(arena.alloc(Inner { entries: &[], symbols: 0, index: &[], unread }))
    }

    /// Of an object whose entries have not been read what is to be known of them.
    #[inline]
    pub(crate) fn unread(&self) -> Option<&'a Unread<'a>> {
        self.0.unread
    }

    /// The parts of an object whose entries are there.
    #[inline(always)]
    fn inner(&self) -> &'a Inner<'a> {
        debug_assert!(self.0.unread.is_none(), "entries that have not been read are only looked up");
        self.0
    }

    /// Sorts the entries; of those with equal keys the last counts.
    pub fn from_unsorted(arena: &'a Bump, entries: &'a mut [Entry<'a>]) -> Self {
        let kept = if Object::sort(arena, entries) { entries.len() } else { unite(entries) };
        let entries: &'a [Entry<'a>] = entries;
        Object::from_sorted(arena, entries.get(..kept).unwrap_or(entries))
    }

    /// Sorts entries by their keys; says whether each key is there once. Equal ones stay in their order.
    pub(crate) fn sort(arena: &Bump, entries: &mut [Entry<'_>]) -> bool {
        if entries.iter().all(|(key, _)| matches!(key, Value::String { .. })) {
            return order::sort(entries, 0, |count| arena.alloc_slice_fill_copy(count, Ordinal::default()));
        }
        let is_sorted = |entries: &[Entry<'_>]| entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !is_sorted(entries) {
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            return is_sorted(entries);
        }
        true
    }

    /// The entries, sorted by key.
    #[inline]
    pub fn entries(&self) -> &'a [Entry<'a>] {
        self.inner().entries
    }

    /// Where the object is in memory.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    /// How many entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.inner().entries.len()
    }

    /// Whether it has none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.inner().entries.is_empty()
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = Value<'a>> + 'a {
        self.inner().entries.iter().map(|entry| entry.0)
    }

    /// The value under `key`.
    #[inline]
    pub fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        self.find(key).copied()
    }

    /// Where the value under `key` is.
    #[inline]
    pub fn find(&self, key: &Value<'_>) -> Option<&'a Value<'a>> {
        match key {
            Value::String { symbol, text } => self.find_text(*symbol, text),
            _ => self.find_large(key),
        }
    }

    fn find_large(&self, key: &Value<'_>) -> Option<&'a Value<'a>> {
        self.position(key).and_then(|at| self.inner().entries.get(at)).map(|entry| &entry.1)
    }

    /// The value under a string key, whose symbol is known or [`Symbol::NONE`].
    #[inline]
    pub fn get_text(&self, symbol: Symbol, text: &str) -> Option<Value<'a>> {
        self.find_text(symbol, text).copied()
    }

    /// Where the value under a string key is.
    #[inline]
    pub fn find_text(&self, symbol: Symbol, text: &str) -> Option<&'a Value<'a>> {
        match self.find_named(symbol) {
            Some(found) => found,
            None if self.len() > LINEAR => self.find_among_many(symbol, text),
            None => self.find_unnamed(symbol, text),
        }
    }

    /// Where the value is under a string key, if its symbol alone tells that, and quickly.
    #[inline(always)]
    fn find_named(&self, symbol: Symbol) -> Option<Option<&'a Value<'a>>> {
        self.find_again(symbol, &Cell::new(0))
    }

    /// Where the value is under a string key, if the key stands where such a one was found the last time. The symbol is
    /// one that [names](Symbol::named) a string, or that no string has.
    #[inline(always)]
    pub(crate) fn find_at(&self, symbol: Symbol, hint: &Cell<u8>) -> Option<&'a Value<'a>> {
        match self.inner().entries.get(usize::from(hint.get())) {
            Some((Value::String { symbol: other, .. }, value)) if *other == symbol => Some(value),
            _ => None,
        }
    }

    /// The same; `hint` is the position where such a key was found the last time, most likely in an object that was made
    /// alike.
    #[inline(always)]
    pub(crate) fn find_again(&self, symbol: Symbol, hint: &Cell<u8>) -> Option<Option<&'a Value<'a>>> {
        let Inner { entries, symbols, .. } = self.inner();
        if !symbol.is_some() {
            return None;
        }
        let is_key = |key: &Value<'_>| matches!(key, Value::String { symbol: other, .. } if *other == symbol);
        if let Some((key, value)) = entries.get(usize::from(hint.get()))
            && is_key(key)
        {
            return Some(Some(value));
        }
        if entries.len() >= HASHED {
            return None;
        }
        if symbols & bit(symbol) == 0 {
            return Some(None);
        }
        for (at, (key, value)) in entries.iter().enumerate() {
            if is_key(key) {
                hint.set(at as u8);
                return Some(Some(value));
            }
        }
        if *symbols == ALL { None } else { Some(None) }
    }

    /// Where the value is under a string key that symbols alone do not tell.
    fn find_unnamed(&self, symbol: Symbol, text: &str) -> Option<&'a Value<'a>> {
        let is_key = |key: &Value<'_>| match key {
            Value::String { symbol: other, text: name } => symbol.same(*other).unwrap_or_else(|| *name == text),
            _ => false,
        };
        self.inner().entries.iter().find(|(key, _)| is_key(key)).map(|(_, value)| value)
    }

    #[inline(never)]
    fn find_among_many(&self, symbol: Symbol, text: &str) -> Option<&'a Value<'a>> {
        let at = self.position_of_text(symbol, text)?;
        self.inner().entries.get(at).map(|entry| &entry.1)
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: &Value<'_>) -> bool {
        self.get(key).is_some()
    }

    /// Where `key` stands in the entries.
    pub(crate) fn position(&self, key: &Value<'_>) -> Option<usize> {
        let Inner { entries, index, .. } = *self.inner();
        match key {
            Value::String { symbol, text } => self.position_of_text(*symbol, text),
            _ if table_of(entries, index).is_empty() => entries.binary_search_by(|entry| entry.0.cmp(key)).ok(),
            _ => self.probe(key.hash_code(), |other| other == key),
        }
    }

    /// Where a string key stands in the entries.
    #[inline(always)]
    fn position_of_text(&self, symbol: Symbol, text: &str) -> Option<usize> {
        let Inner { entries, index, .. } = *self.inner();
        let table = table_of(entries, index);
        if table.is_empty() {
            return self.position_without_table(symbol, text);
        }
        probe(table, entries, text::hash(text), |key| is_text(key, symbol, text))
    }

    /// (By itself, so that the way of large objects is short.)
    #[inline(never)]
    fn position_without_table(&self, symbol: Symbol, text: &str) -> Option<usize> {
        let entries = self.inner().entries;
        if entries.len() <= LINEAR {
            entries.iter().position(|(key, _)| is_text(key, symbol, text))
        } else {
            let word = text::word(text.as_bytes());
            let (mut start, mut end) = (0, entries.len());
            while start < end {
                let middle = (start + end) / 2;
                let order = match &entries.get(middle)?.0 {
                    Value::String { text: other, .. } => match text::word(other.as_bytes()).cmp(&word) {
                        Ordering::Equal => text::order_of_alike(other, text),
                        order => order,
                    },
                    key => key.cmp(&Value::String { symbol, text }),
                };
                match order {
                    Ordering::Less => start = middle + 1,
                    Ordering::Equal => return Some(middle),
                    Ordering::Greater => end = middle,
                }
            }
            None
        }
    }

    /// Where a key stands that has a hash, by the index.
    #[inline(always)]
    fn probe(&self, hash: u64, is_key: impl Fn(&Value<'a>) -> bool) -> Option<usize> {
        let Inner { entries, index, .. } = *self.inner();
        probe(table_of(entries, index), entries, hash, is_key)
    }

    /// Its edges, if it is a graph that is kept.
    pub(crate) fn links(&self) -> Option<Links<'a>> {
        let Inner { entries, index, .. } = *self.inner();
        Links::new(entries.len(), index.get(slots(entries.len())..)?)
    }
}

/// Whether a key is a string.
#[inline(always)]
fn is_text(key: &Value<'_>, symbol: Symbol, text: &str) -> bool {
    match key {
        Value::String { symbol: known, text: other } => symbol.same(*known).unwrap_or_else(|| text::same(text, other)),
        _ => false,
    }
}

/// Where in a table the position of a key is that has a hash; gives the position.
#[inline(always)]
fn probe<'a>(table: &[u32], entries: &[Entry<'a>], hash: u64, is_key: impl Fn(&Value<'a>) -> bool) -> Option<usize> {
    let mask = table.len().checked_sub(1)?;
    let mut slot = hash as usize & mask;
    loop {
        let at = (*table.get(slot)? as usize).checked_sub(1)?;
        if entries.get(at).is_some_and(|(key, _)| is_key(key)) {
            return Some(at);
        }
        slot = (slot + 1) & mask;
    }
}

/// Slots of the table of so many entries; none where they are few.
#[inline(always)]
fn slots(entries: usize) -> usize {
    if entries < HASHED { 0 } else { (entries * 2).next_power_of_two() }
}

/// The table in an index.
#[inline(always)]
fn table_of<'i>(entries: &[Entry<'_>], index: &'i [u32]) -> &'i [u32] {
    index.get(..slots(entries.len())).unwrap_or_default()
}

/// What stands for a symbol among those of an object's keys.
#[inline]
fn bit(symbol: Symbol) -> u64 {
    1 << (symbol.0 & 63)
}

/// Every symbol.
const ALL: u64 = u64::MAX;

/// What stands for the symbols of all keys.
pub(super) fn symbols_of(entries: &[Entry<'_>]) -> u64 {
    entries.iter().fold(0, |symbols, (key, _)| match key {
        Value::String { symbol, .. } if symbol.is_some() => symbols | bit(*symbol),
        Value::String { symbol: Symbol::NONE, .. } => ALL,
        _ => symbols,
    })
}

/// Makes one of entries with equal keys that stand side by side; gives how many are left. The first key stays, as in
/// OPA; the last value counts.
pub(super) fn unite(entries: &mut [Entry<'_>]) -> usize {
    let mut kept = 0;
    for at in 0..entries.len() {
        if kept > 0 && entries[kept - 1].0 == entries[at].0 {
            entries[kept - 1].1 = entries[at].1;
        } else {
            entries[kept] = entries[at];
            kept += 1;
        }
    }
    kept
}

/// The hash index over entries; nothing where they are few or keys collide too much.
fn index_of<'a>(entries: &[Entry<'a>], allocate: impl FnOnce(usize) -> &'a mut [u32]) -> &'a [u32] {
    match slots(entries.len()) {
        0 => &[],
        size => {
            let table = allocate(size);
            if fill(table, entries) { table } else { &[] }
        }
    }
}

/// Puts the positions of all entries into a table; whether none is far from where it should be.
fn fill(table: &mut [u32], entries: &[Entry<'_>]) -> bool {
    let mask = table.len().wrapping_sub(1);
    for (at, (key, _)) in entries.iter().enumerate() {
        let mut slot = key.hash_code() as usize & mask;
        let mut probes = 0;
        while table.get(slot).is_some_and(|position| *position != 0) {
            slot = (slot + 1) & mask;
            probes += 1;
            if probes > LONGEST_PROBE {
                return false;
            }
        }
        if let Some(position) = table.get_mut(slot) {
            *position = at as u32 + 1;
        }
    }
    true
}

/// The index of an object that is a graph, with its [`Links`].
fn index_of_graph(entries: &[Entry<'_>]) -> Option<Vec<u32>> {
    if !links::is_graph(entries) {
        return None;
    }
    let mut index = vec![0; slots(entries.len())];
    if !fill(&mut index, entries) {
        return None;
    }
    let links = links::of(entries, |node| match index.is_empty() {
        true => entries.binary_search_by(|(key, _)| key.cmp(node)).ok(),
        false => probe(&index, entries, node.hash_code(), |key| key == node),
    })?;
    index.extend(links);
    Some(index)
}
