//! Interned strings.

use hashbrown::HashMap;

/// The number of a string in a [`SymbolTable`]. Two symbols of one table are equal exactly if their strings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// No symbol: the string was not looked up, or is not in the table.
    pub const NONE: Symbol = Symbol(0);

    /// Whether it names a string.
    #[inline]
    pub fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// The strings a policy names, so that object keys can be compared as integers.
#[derive(Debug, Default, Clone)]
pub struct SymbolTable {
    numbers: HashMap<Box<str>, Symbol, foldhash::fast::FixedState>,
}

impl SymbolTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// The symbol of `text`, entered if it is new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(text) {
            return *symbol;
        }
        let symbol = Symbol(self.numbers.len() as u32 + 1);
        self.numbers.insert(text.into(), symbol);
        symbol
    }

    /// The symbol of `text`, or [`Symbol::NONE`].
    #[inline]
    pub fn lookup(&self, text: &str) -> Symbol {
        self.numbers.get(text).copied().unwrap_or(Symbol::NONE)
    }

    /// How many strings it has.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}
