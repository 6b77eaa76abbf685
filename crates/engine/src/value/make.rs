//! Where values are made: an arena of one evaluation, or one that shares equal parts.

use super::{Bump, Entry, Number, Object, Set, SymbolTable, Value};
use bumpalo_herd::{Herd, Member};
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash, Hasher};

/// Makes values that live for `'a`, of a text that lives for `'t`.
pub(crate) trait Make<'t, 'a> {
    /// Whether values are kept, so that it is worth the while to look up the symbols of all strings.
    const KEEPS: bool;
    /// A part of the text.
    fn part(&mut self, text: &'t str) -> &'a str;
    /// A key of an object that has so many entries already, which is a part of the text.
    fn key(&mut self, text: &'t str, count: usize) -> &'a str;
    /// Another string.
    fn text(&mut self, text: &str) -> &'a str;
    /// A number of such a text, which is not a 64-bit integer.
    fn number(&mut self, text: &'a str) -> &'a Number<'a>;
    /// An array.
    fn array(&mut self, items: &[Value<'a>]) -> &'a [Value<'a>];
    /// An object of entries in order.
    fn object(&mut self, entries: &[Entry<'a>]) -> Object<'a>;
    /// An object of few entries in the order of these numbers, with what stands for the symbols of all keys.
    fn arranged(&mut self, entries: &[Entry<'a>], order: &[u8], symbols: u64) -> Object<'a>;
    /// The arena, if whoever asks for the values can read entries of objects that are only looked up later.
    fn late(&self) -> Option<&'a Bump>;
}

/// Makes values that are used once: a part of the text stays where it is.
pub(crate) struct Plain<'a> {
    arena: &'a Bump,
    is_late: bool,
}

impl<'a> Plain<'a> {
    pub(crate) fn new(arena: &'a Bump) -> Self {
        Plain { arena, is_late: false }
    }

    /// For somebody who reads late what has not been read.
    pub(crate) fn late(arena: &'a Bump) -> Self {
        Plain { arena, is_late: true }
    }
}

impl<'a> Make<'a, 'a> for Plain<'a> {
    const KEEPS: bool = false;

    #[inline]
    fn part(&mut self, text: &'a str) -> &'a str {
        text
    }

    #[inline]
    fn key(&mut self, text: &'a str, _count: usize) -> &'a str {
        text
    }

    #[inline]
    fn text(&mut self, text: &str) -> &'a str {
        self.arena.alloc_str(text)
    }

    fn number(&mut self, text: &'a str) -> &'a Number<'a> {
        self.arena.alloc(Number::of_text(text))
    }

    #[inline]
    fn array(&mut self, items: &[Value<'a>]) -> &'a [Value<'a>] {
        self.arena.alloc_slice_copy(items)
    }

    #[inline]
    fn object(&mut self, entries: &[Entry<'a>]) -> Object<'a> {
        Object::from_sorted(self.arena, self.arena.alloc_slice_copy(entries))
    }

    #[inline]
    fn arranged(&mut self, entries: &[Entry<'a>], order: &[u8], symbols: u64) -> Object<'a> {
        let sorted = self.arena.alloc_slice_fill_iter(in_order(entries, order));
        Object::of_few(self.arena, sorted, symbols)
    }

    #[inline]
    fn late(&self) -> Option<&'a Bump> {
        self.is_late.then_some(self.arena)
    }
}

/// Makes values that are kept: what is equal, and is written alike, is there once. Parts are made before the whole, so
/// two collections are equal if their parts are the same in memory.
pub(crate) struct Sharing<'a> {
    herd: &'a Herd,
    arena: Member<'a>,
    /// Those that are full, and those of large collections. An arena is twice as large each time that it grows: after a
    /// large collection, most of that would be for nothing.
    full: Vec<Member<'a>>,
    hasher: foldhash::fast::RandomState,
    texts: HashTable<&'a str>,
    numbers: HashTable<&'a Number<'a>>,
    arrays: HashTable<&'a [Value<'a>]>,
    objects: HashTable<Object<'a>>,
}

impl<'a> Sharing<'a> {
    pub(super) fn new(herd: &'a Herd) -> Self {
        Sharing {
            herd,
            arena: herd.get(),
            full: Vec::new(),
            hasher: foldhash::fast::RandomState::default(),
            texts: HashTable::new(),
            numbers: HashTable::new(),
            arrays: HashTable::new(),
            objects: HashTable::new(),
        }
    }

    /// Bytes of what was made.
    pub(super) fn used_bytes(&self) -> usize {
        let arenas = self.full.iter().chain([&self.arena]).map(Member::as_bump);
        arenas.map(|arena| arena.allocated_bytes().saturating_sub(arena.chunk_capacity())).sum()
    }

    /// Where a collection of so many bytes is to be.
    fn arena_for(&mut self, bytes: usize) -> &Member<'a> {
        const LARGE: usize = 32 << 10;
        const FULL: usize = 1 << 20;
        let arena = self.arena.as_bump();
        if arena.allocated_bytes() >= FULL && arena.chunk_capacity() < LARGE {
            self.full.push(std::mem::replace(&mut self.arena, self.herd.get()));
        }
        if bytes >= LARGE {
            self.full.push(self.herd.get());
            return self.full.last().unwrap_or(&self.arena);
        }
        &self.arena
    }

    /// A copy of items.
    pub(super) fn slice<T: Copy>(&mut self, items: &[T]) -> &'a [T] {
        self.arena_for(size_of_val(items)).alloc_slice_copy(items)
    }

    /// So many zeros.
    pub(super) fn zeros(&mut self, count: usize) -> &'a mut [u32] {
        self.arena_for(count.saturating_mul(size_of::<u32>())).alloc_slice_fill_copy(count, 0)
    }

    /// One value.
    pub(super) fn one<T>(&mut self, value: T) -> &'a T {
        self.arena.alloc(value)
    }

    /// A text that is known to be no other's.
    pub(crate) fn distinct(&mut self, text: &str) -> &'a str {
        self.arena.alloc_str(text)
    }

    /// A deep copy of a value, with the symbols of `symbols` on its strings.
    pub(crate) fn copy(&mut self, value: Value<'_>, symbols: &SymbolTable) -> Value<'a> {
        copy(self, value, symbols)
    }
}

impl<'t, 'a> Make<'t, 'a> for Sharing<'a> {
    const KEEPS: bool = true;

    fn part(&mut self, text: &'t str) -> &'a str {
        self.text(text)
    }

    fn key(&mut self, text: &'t str, count: usize) -> &'a str {
        /// The keys of a table are no other table's.
        const TABLE: usize = 64;
        if count < TABLE { self.text(text) } else { self.arena.alloc_str(text) }
    }

    fn text(&mut self, text: &str) -> &'a str {
        let hash = self.hasher.hash_one(text);
        if let Some(known) = self.texts.find(hash, |known| **known == *text) {
            return known;
        }
        let made: &'a str = self.arena.alloc_str(text);
        let hasher = &self.hasher;
        self.texts.insert_unique(hash, made, |text| hasher.hash_one(*text));
        made
    }

    fn number(&mut self, text: &'a str) -> &'a Number<'a> {
        let hash = self.hasher.hash_one(text);
        if let Some(known) = self.numbers.find(hash, |known| known.text() == text) {
            return known;
        }
        let made: &'a Number<'a> = self.arena.alloc(Number::of_text(text));
        let hasher = &self.hasher;
        self.numbers.insert_unique(hash, made, |number| hasher.hash_one(number.text()));
        made
    }

    fn array(&mut self, items: &[Value<'a>]) -> &'a [Value<'a>] {
        let hash = hash_items(&self.hasher, items);
        if let Some(known) = self.arrays.find(hash, |known| all_same(known, items)) {
            return known;
        }
        let made = self.slice(items);
        let hasher = &self.hasher;
        self.arrays.insert_unique(hash, made, |items| hash_items(hasher, items));
        made
    }

    fn object(&mut self, entries: &[Entry<'a>]) -> Object<'a> {
        let hash = hash_entries(&self.hasher, entries);
        let are_same = |known: &Object<'a>| {
            let known = known.entries();
            let mut pairs = known.iter().zip(entries);
            known.len() == entries.len() && pairs.all(|(one, two)| is_same(&one.0, &two.0) && is_same(&one.1, &two.1))
        };
        if let Some(known) = self.objects.find(hash, are_same) {
            return *known;
        }
        let made = Object::from_sorted_in(self, entries);
        let hasher = &self.hasher;
        self.objects.insert_unique(hash, made, |object| hash_entries(hasher, object.entries()));
        made
    }

    fn arranged(&mut self, entries: &[Entry<'a>], order: &[u8], _symbols: u64) -> Object<'a> {
        let sorted: Vec<_> = in_order(entries, order).collect();
        self.object(&sorted)
    }

    fn late(&self) -> Option<&'a Bump> {
        None
    }
}

/// Entries in the order of these numbers.
#[inline]
fn in_order<'e, 'a>(entries: &'e [Entry<'a>], order: &'e [u8]) -> impl ExactSizeIterator<Item = Entry<'a>> + 'e {
    let nothing = (Value::Null, Value::Null);
    order.iter().map(move |number| entries.get(usize::from(*number)).copied().unwrap_or(nothing))
}

fn hash_items(hasher: &impl BuildHasher, items: &[Value<'_>]) -> u64 {
    let mut state = hasher.build_hasher();
    items.iter().for_each(|item| hash_part(item, &mut state));
    state.finish()
}

fn hash_entries(hasher: &impl BuildHasher, entries: &[Entry<'_>]) -> u64 {
    let mut state = hasher.build_hasher();
    entries.iter().flat_map(|(key, value)| [key, value]).for_each(|part| hash_part(part, &mut state));
    state.finish()
}

/// The hash of a part, by where it is.
fn hash_part(part: &Value<'_>, state: &mut impl Hasher) {
    match part {
        Value::String { text, .. } => state.write_usize(text.as_ptr().addr()),
        Value::Number(number) => state.write_usize(std::ptr::from_ref(*number).addr()),
        Value::Array(items) => state.write_usize(items.as_ptr().addr()),
        Value::Object(object) => state.write_usize(object.entries().as_ptr().addr()),
        Value::Set(set) => state.write_usize(set.items().as_ptr().addr()),
        Value::Null | Value::Bool(_) | Value::Int(_) => part.hash(state),
    }
}

fn all_same(left: &[Value<'_>], right: &[Value<'_>]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
}

/// Whether two parts are the same, and not only equal: `1` and `1.0` are written in two ways.
fn is_same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => std::ptr::eq(*left, *right),
        (Value::String { text: left, .. }, Value::String { text: right, .. }) => std::ptr::eq(*left, *right),
        (Value::Array(left), Value::Array(right)) => std::ptr::eq(*left, *right),
        (Value::Object(left), Value::Object(right)) => std::ptr::eq(left.entries(), right.entries()),
        (Value::Set(left), Value::Set(right)) => std::ptr::eq(left.items(), right.items()),
        _ => false,
    }
}

/// A deep copy of a value, with the symbols of `symbols` on its strings.
pub(crate) fn copy<'t, 'a>(make: &mut impl Make<'t, 'a>, value: Value<'_>, symbols: &SymbolTable) -> Value<'a> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Int(value) => Value::Int(value),
        Value::Number(number) => {
            let text = make.text(number.text());
            Value::Number(make.number(text))
        }
        Value::String { text, .. } => Value::String { symbol: symbols.lookup(text), text: make.text(text) },
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| copy(make, *item, symbols)).collect();
            Value::Array(make.array(&items))
        }
        Value::Object(object) => {
            let entries = object.entries().iter();
            let entries: Vec<_> =
                entries.map(|(key, value)| (copy(make, *key, symbols), copy(make, *value, symbols))).collect();
            Value::Object(make.object(&entries))
        }
        Value::Set(set) => {
            let items: Vec<_> = set.items().iter().map(|item| copy(make, *item, symbols)).collect();
            Value::Set(Set::from_sorted(make.array(&items)))
        }
    }
}
