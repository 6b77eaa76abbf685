//! Interned strings.

use super::text;
use hashbrown::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of a string in a [`SymbolTable`]. Two symbols of one table are equal exactly if their strings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// No symbol: the string was not looked up.
    pub const NONE: Symbol = Symbol(0);

    /// No symbol: the string was looked up, and is not in the table.
    pub const ABSENT: Symbol = Symbol(u32::MAX);

    /// Whether it names a string.
    #[inline]
    pub fn is_some(self) -> bool {
        self.0.wrapping_add(1) > 1
    }

    /// The same where it names a string; elsewhere what no string has.
    pub(crate) fn named(self) -> Symbol {
        if self.is_some() { self } else { Symbol(u32::MAX - 1) }
    }

    /// Whether two strings are the same, if their symbols tell.
    #[inline]
    pub fn same(self, other: Symbol) -> Option<bool> {
        if self == other {
            self.is_some().then_some(true)
        } else {
            (self != Symbol::NONE && other != Symbol::NONE).then_some(false)
        }
    }
}

/// The strings a policy names, so that object keys can be compared as integers.
#[derive(Debug, Default, Clone)]
pub struct SymbolTable {
    /// By symbol.
    texts: Vec<Arc<str>>,
    /// Open-addressed, half empty at least: the upper half of a text's hash, and its symbol. A power of two, or none.
    slots: Vec<Slot>,
    /// Those that found no slot near their place.
    others: HashMap<Arc<str>, Symbol>,
    /// What it is told apart by from tables of other strings.
    identity: u64,
}

/// The identity of the next table that is another one than before; the empty table's is 0.
static TABLES: AtomicU64 = AtomicU64::new(1);

/// The upper half of a text's hash, and its symbol.
type Slot = (u32, Symbol);

/// Slots of the first table.
const FIRST: usize = 64;

/// How many slots are looked at for a text. Of very many texts, or where hashes collide, some have to stand elsewhere.
const LONGEST_PROBE: usize = 32;

impl SymbolTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// The symbol of `text`, entered if it is new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        self.enter(text, || text.into())
    }

    /// The same for a text that the table may keep.
    pub fn intern_shared(&mut self, text: &Arc<str>) -> Symbol {
        self.enter(text, || text.clone())
    }

    fn enter(&mut self, text: &str, shared: impl FnOnce() -> Arc<str>) -> Symbol {
        let hash = text::hash(text);
        if let Some(symbol) = self.find(hash, text) {
            return symbol;
        }
        if (self.texts.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        self.identity = TABLES.fetch_add(1, Ordering::Relaxed);
        let text = shared();
        self.texts.push(text.clone());
        let symbol = Symbol(self.texts.len() as u32);
        if !place(&mut self.slots, hash, symbol) {
            self.others.insert(text, symbol);
        }
        symbol
    }

    fn grow(&mut self) {
        self.slots = vec![(0, Symbol::NONE); (self.slots.len() * 2).max(FIRST)];
        self.others.clear();
        for (at, text) in self.texts.iter().enumerate() {
            let symbol = Symbol(at as u32 + 1);
            if !place(&mut self.slots, text::hash(text), symbol) {
                self.others.insert(text.clone(), symbol);
            }
        }
    }

    /// The symbol of `text`, or [`Symbol::ABSENT`]. (Not before the table is complete.)
    #[inline]
    pub fn lookup(&self, text: &str) -> Symbol {
        self.find(text::hash(text), text).unwrap_or(Symbol::ABSENT)
    }

    #[inline]
    fn find(&self, hash: u64, text: &str) -> Option<Symbol> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash as usize & mask;
        for _ in 0..LONGEST_PROBE {
            let (upper, symbol) = *self.slots.get(slot)?;
            let at = (symbol.0 as usize).checked_sub(1)?;
            if upper == (hash >> 32) as u32 && self.texts.get(at).is_some_and(|known| text::same(known, text)) {
                return Some(symbol);
            }
            slot = (slot + 1) & mask;
        }
        self.others.get(text).copied()
    }

    /// The strings in the order of their symbols.
    pub fn texts(&self) -> Vec<&str> {
        self.texts.iter().map(|text| &**text).collect()
    }

    /// A table of strings in the order of their symbols; `None` if one is there twice.
    pub fn of_texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<SymbolTable> {
        let mut table = SymbolTable::new();
        let is_new = |(number, text)| table.intern(text).0 as usize == number + 1;
        let are_new = texts.into_iter().enumerate().all(is_new);
        are_new.then_some(table)
    }

    /// A number that only tables of the same strings with the same symbols have: copies of one, to which none was added
    /// since.
    #[inline]
    pub(crate) fn identity(&self) -> u64 {
        self.identity
    }

    /// How many strings it has.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// Puts a symbol into the next free slot; whether there is one near.
fn place(slots: &mut [Slot], hash: u64, symbol: Symbol) -> bool {
    let mask = slots.len().wrapping_sub(1);
    let mut slot = hash as usize & mask;
    for _ in 0..LONGEST_PROBE {
        match slots.get_mut(slot) {
            Some(free) if free.1 == Symbol::NONE => {
                *free = ((hash >> 32) as u32, symbol);
                return true;
            }
            _ => slot = (slot + 1) & mask,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Symbol, SymbolTable};

    #[test]
    fn every_string_has_a_symbol_of_its_own_and_keeps_it() {
        let mut table = SymbolTable::new();
        assert_eq!(table.lookup(""), Symbol::ABSENT);
        let names: Vec<String> = (0..1000).map(|number| format!("{number}")).collect();
        let symbols: Vec<Symbol> = names.iter().map(|name| table.intern(name)).collect();
        for (name, symbol) in names.iter().zip(&symbols) {
            assert_eq!([table.lookup(name), table.intern(name)], [*symbol; 2]);
        }
        assert_eq!(table.len(), symbols.iter().collect::<std::collections::HashSet<_>>().len());
        assert_eq!(table.lookup("1000"), Symbol::ABSENT);
    }

    #[test]
    fn texts_whose_slots_are_taken_have_symbols_too() {
        let mut table = SymbolTable::new();
        let names: Vec<String> = (0..3000).map(|number| format!("{number}")).collect();
        let symbols: Vec<Symbol> = names.iter().map(|name| table.intern(name)).collect();
        // As if all of them had been placed after others.
        for slot in &mut table.slots {
            if slot.1 == Symbol::NONE {
                *slot = (0, Symbol::ABSENT);
            }
        }
        assert_eq!(table.lookup("3000"), Symbol::ABSENT);
        let more: Vec<Symbol> = ["x", "y", "z"].iter().map(|name| table.intern(name)).collect();
        assert_eq!(table.others.len(), 3);
        assert_eq!(["x", "y", "z"].map(|name| table.lookup(name)).to_vec(), more);
        assert_eq!(["x", "y", "z"].map(|name| table.intern(name)).to_vec(), more);
        assert!(names.iter().zip(&symbols).all(|(name, symbol)| table.lookup(name) == *symbol));
        // They find slots when there are more.
        let many: Vec<String> = (3000..9000).map(|number| format!("{number}")).collect();
        many.iter().for_each(|name| assert!(table.intern(name).is_some()));
        assert_eq!(["x", "y", "z"].map(|name| table.lookup(name)).to_vec(), more);
        assert!(table.others.len() < 100 && table.lookup("z").0 == 3003);
    }

    #[test]
    fn symbols_tell_whether_strings_are_the_same_where_both_were_looked_up() {
        let (one, two) = (Symbol(1), Symbol(2));
        for (left, right, expected) in [
            (one, one, Some(true)),
            (one, two, Some(false)),
            (one, Symbol::ABSENT, Some(false)),
            (one, Symbol::NONE, None),
            (Symbol::ABSENT, Symbol::ABSENT, None),
            (Symbol::ABSENT, Symbol::NONE, None),
            (Symbol::NONE, Symbol::NONE, None),
        ] {
            assert_eq!([left.same(right), right.same(left)], [expected; 2], "{left:?} {right:?}");
        }
    }
}
