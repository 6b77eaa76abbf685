//! Interned strings.

use hashbrown::HashMap;

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

    /// Whether two strings are the same, if their symbols tell.
    #[inline]
    pub fn same(self, other: Symbol) -> Option<bool> {
        if self.is_some() && other.is_some() {
            Some(self == other)
        } else if self == Symbol::NONE || other == Symbol::NONE || self == other {
            None
        } else {
            Some(false)
        }
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

    /// The symbol of `text`, or [`Symbol::ABSENT`]. (Not before the table is complete.)
    #[inline]
    pub fn lookup(&self, text: &str) -> Symbol {
        self.numbers.get(text).copied().unwrap_or(Symbol::ABSENT)
    }

    /// The strings in the order of their symbols.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<(Symbol, &str)> = self.numbers.iter().map(|(text, symbol)| (*symbol, &**text)).collect();
        texts.sort_unstable_by_key(|(symbol, _)| *symbol);
        texts.into_iter().map(|(_, text)| text).collect()
    }

    /// A table of strings in the order of their symbols; `None` if one is there twice.
    pub fn of_texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<SymbolTable> {
        let mut table = SymbolTable::new();
        let is_new = |(number, text)| table.intern(text).0 as usize == number + 1;
        let are_new = texts.into_iter().enumerate().all(is_new);
        are_new.then_some(table)
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

#[cfg(test)]
mod tests {
    use super::Symbol;

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
