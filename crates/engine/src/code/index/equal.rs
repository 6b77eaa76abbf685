//! Constants of an index, found by a value that equals one.

use super::super::{ConstantId, Unit};
use crate::value::{Symbol, SymbolTable, Value};
use hashbrown::HashTable;

/// Constants with where to go on.
#[derive(Debug, Default)]
pub(super) struct Constants {
    all: Vec<(ConstantId, u32)>,
    /// Strings, by their symbols: open-addressed, half empty at least, a power of two. (Symbols are told by whoever wrote
    /// the policy, not by an input.)
    strings: Box<[(Symbol, u32)]>,
    /// Others, by the hash of their value.
    others: HashTable<Other>,
}

#[derive(Debug)]
struct Other {
    hash: u64,
    constant: ConstantId,
    node: u32,
}

/// How a constant is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// A string by its symbol.
    By(Symbol),
    /// Another value by its hash.
    Hashed(u64),
}

impl Constants {
    pub(super) fn new(constants: &[(ConstantId, Found, u32)]) -> Self {
        let strings = constants.iter().filter(|(_, found, _)| matches!(found, Found::By(_))).count();
        let mut made = Constants {
            all: constants.iter().map(|(constant, _, node)| (*constant, *node)).collect(),
            strings: vec![(Symbol::NONE, 0); (2 * strings).next_power_of_two()].into(),
            others: HashTable::with_capacity(constants.len() - strings),
        };
        for (constant, found, node) in constants {
            match *found {
                Found::By(symbol) => made.add_string(symbol, *node),
                Found::Hashed(hash) => {
                    let other = Other { hash, constant: *constant, node: *node };
                    made.others.insert_unique(hash, other, |other| other.hash);
                }
            }
        }
        made
    }

    fn add_string(&mut self, symbol: Symbol, node: u32) {
        let mask = self.strings.len() - 1;
        let mut at = first_slot(symbol);
        while let Some(slot) = self.strings.get_mut(at & mask) {
            if slot.0 == Symbol::NONE {
                *slot = (symbol, node);
                return;
            }
            at += 1;
        }
    }

    /// Constants with where they lead.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ConstantId, u32)> + '_ {
        self.all.iter().copied()
    }

    /// Where a value leads. A string of the policy is told by its symbol; what was looked up and has none is no string of
    /// the policy.
    #[inline]
    pub(super) fn find(&self, value: &Value<'_>, unit: &Unit, symbols: &SymbolTable) -> Option<u32> {
        match value {
            Value::String { symbol, text } => {
                let symbol = if *symbol == Symbol::NONE { symbols.lookup(text) } else { *symbol };
                self.string(symbol)
            }
            _ => self.other(value, unit),
        }
    }

    #[inline]
    fn string(&self, symbol: Symbol) -> Option<u32> {
        let mask = self.strings.len().wrapping_sub(1);
        let mut at = first_slot(symbol);
        loop {
            let (other, node) = self.strings.get(at & mask)?;
            if *other == symbol {
                return symbol.is_some().then_some(*node);
            }
            if *other == Symbol::NONE {
                return None;
            }
            at += 1;
        }
    }

    #[inline(never)]
    fn other(&self, value: &Value<'_>, unit: &Unit) -> Option<u32> {
        let constants = unit.constants();
        let is_wanted = |other: &Other| constants.get(other.constant.0 as usize) == Some(value);
        self.others.find(value.hash_code(), is_wanted).map(|other| other.node)
    }
}

/// Where a symbol stands if nothing else does. Symbols in order are spread out.
#[inline]
fn first_slot(symbol: Symbol) -> usize {
    (u64::from(symbol.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}
