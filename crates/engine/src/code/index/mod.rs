//! The rule index: which rules of a document can hold, found without running them.
//!
//! Conditions that a rule's body makes on a path of `input`, of base data or of an argument become a decision
//! structure: a node looks one path up and goes on to the rules that want what is there, and to those that do not ask
//! for the path. 5,000 rules that test one path cost one lookup. `conditions` says what a body requires, `build`
//! makes the structure, this file searches it.

mod build;
mod conditions;
mod print;
pub mod saved;
mod subjects;

use super::{ConstantId, PathId, Unit};
use crate::value::{Kind, Seeds, Symbol, SymbolTable, Value};
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::hash::Hasher;

/// A decision structure; the first node is the root.
#[derive(Debug, Default)]
pub struct Index {
    nodes: Vec<Node>,
}

/// Definitions by their numbers: mostly one.
type Leaf = SmallVec<[u32; 4]>;

/// A part of the structure. `rest` is where those go on that do not ask for what is at the place.
#[derive(Debug)]
enum Node {
    /// These definitions.
    Leaf(Leaf),
    /// By a value that must be there.
    Equal { place: Place, table: HashTable<EqualEntry>, rest: Option<u32> },
    /// By the beginning or the end of a string that must be there.
    Affix { place: Place, end: End, affixes: Affixes, rest: Option<u32> },
    /// By the type of what must be there.
    Kind { place: Place, by_kind: Vec<(Kind, u32)>, rest: Option<u32> },
    /// By the length of an array that must be there.
    Length { place: Place, by_length: Vec<(usize, u32)>, rest: Option<u32> },
}

#[derive(Debug)]
struct EqualEntry {
    hash: u64,
    /// Of a string, which then is the only one with it.
    symbol: Option<Symbol>,
    constant: ConstantId,
    node: u32,
}

impl EqualEntry {
    /// The entry of a constant: `symbol` if it is a string, else the hash of its value.
    fn new(symbol: Option<Symbol>, hash: u64, constant: ConstantId, node: u32) -> Self {
        EqualEntry { hash: symbol.map_or(hash, hash_symbol), symbol, constant, node }
    }
}

/// Symbols are told by whoever wrote the policy, not by an input.
#[inline]
fn hash_symbol(symbol: Symbol) -> u64 {
    u64::from(symbol.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Beginnings or ends of strings, with where to go on.
#[derive(Debug, Default)]
struct Affixes {
    /// The lengths there are, in bytes.
    lengths: Vec<usize>,
    table: HashTable<AffixEntry>,
}

#[derive(Debug)]
struct AffixEntry {
    hash: u64,
    text: Box<str>,
    node: u32,
}

/// Which end of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum End {
    /// `startswith`.
    Beginning,
    /// `endswith`.
    Ending,
}

/// Where a value is that rules test.
#[derive(Debug)]
pub struct Place {
    /// What it starts from.
    pub root: Root,
    /// How it goes on.
    pub hops: Box<[Hop]>,
}

/// What a place starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Root {
    /// `input`.
    Input,
    /// The base documents.
    Data,
    /// An argument: its register.
    Argument(u16),
}

/// A part of the way to a place.
#[derive(Debug)]
pub enum Hop {
    /// Constant keys.
    Path(PathId),
    /// A constant that is no string.
    Constant(ConstantId),
    /// What is at another place.
    Key(Place),
}

/// What an index is searched in.
pub struct Search<'s, L> {
    /// Where its constants are.
    pub unit: &'s Unit,
    /// The strings of the policy.
    pub symbols: &'s SymbolTable,
    /// Gives what is at a place.
    pub lookup: L,
    /// Whether builtins are themselves: no function stands in for one.
    pub is_plain: bool,
}

/// What an index reads at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// All that is there.
    All,
    /// Its type.
    Kind,
    /// How many elements it has.
    Length,
}

impl Index {
    /// What it looks up.
    pub fn reads(&self) -> impl Iterator<Item = (&Place, Reads)> + '_ {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(_) => None,
            Node::Equal { place, .. } | Node::Affix { place, .. } => Some((place, Reads::All)),
            Node::Kind { place, .. } => Some((place, Reads::Kind)),
            Node::Length { place, .. } => Some((place, Reads::Length)),
        })
    }

    /// Adds to `found` the definitions that can hold, the last one first.
    pub fn find<'v>(&self, search: &Search<'_, impl Fn(&Place) -> Option<&'v Value<'v>>>, found: &mut Vec<u32>) {
        let begin = found.len();
        self.visit(0, search, found);
        let Some(new) = found.get_mut(begin..).filter(|new| new.len() > 1) else { return };
        if new.is_sorted_by(|left, right| left < right) {
            return new.reverse();
        }
        new.sort_unstable_by(|left, right| right.cmp(left));
        // One that several ways lead to runs once.
        let mut kept = begin;
        for at in begin..found.len() {
            if kept == begin || found.get(kept - 1) != found.get(at) {
                found.swap(kept, at);
                kept += 1;
            }
        }
        found.truncate(kept);
    }

    fn visit<'v, L>(&self, mut number: u32, search: &Search<'_, L>, found: &mut Vec<u32>)
    where
        L: Fn(&Place) -> Option<&'v Value<'v>>,
    {
        while let Some(node) = self.nodes.get(number as usize) {
            let rest = match node {
                Node::Leaf(definitions) => return definitions.iter().for_each(|number| found.push(*number)),
                Node::Equal { place, table, rest } => {
                    let value = (search.lookup)(place);
                    if let Some(entry) = value.and_then(|value| equal_to(table, value, search.unit, search.symbols)) {
                        if rest.is_none() {
                            number = entry.node;
                            continue;
                        }
                        self.visit(entry.node, search, found);
                    }
                    rest
                }
                Node::Affix { place, end, affixes, rest } => {
                    match (search.lookup)(place) {
                        Some(Value::String { text, .. }) if search.is_plain => {
                            affixes.of(text, *end, &mut |node| self.visit(node, search, found));
                        }
                        // Of anything else the builtin complains.
                        Some(_) => affixes.table.iter().for_each(|entry| self.visit(entry.node, search, found)),
                        None => {}
                    }
                    rest
                }
                Node::Kind { place, by_kind, rest } => {
                    if let Some(value) = (search.lookup)(place) {
                        let kind = value.kind();
                        let wanted = by_kind.iter().filter(|(wanted, _)| *wanted == kind || !search.is_plain);
                        wanted.for_each(|(_, node)| self.visit(*node, search, found));
                    }
                    rest
                }
                Node::Length { place, by_length, rest } => {
                    if let Some(Value::Array(items)) = (search.lookup)(place) {
                        let wanted = by_length.iter().filter(|(length, _)| *length == items.len());
                        wanted.for_each(|(_, node)| self.visit(*node, search, found));
                    }
                    rest
                }
            };
            let Some(rest) = rest else { return };
            number = *rest;
        }
    }
}

/// The entry of a value in a table of constants. A string of the policy is told by its symbol; what was looked up and has
/// none is no string of the policy.
#[inline]
fn equal_to<'t>(
    table: &'t HashTable<EqualEntry>,
    value: &Value<'_>,
    unit: &Unit,
    symbols: &SymbolTable,
) -> Option<&'t EqualEntry> {
    let Value::String { symbol, text } = value else {
        let constants = unit.constants();
        let is_wanted = |entry: &EqualEntry| constants.get(entry.constant.0 as usize) == Some(value);
        return table.find(value.hash_code(), is_wanted);
    };
    let symbol = if *symbol == Symbol::NONE { symbols.lookup(text) } else { *symbol };
    if symbol.is_some() { table.find(hash_symbol(symbol), |entry| entry.symbol == Some(symbol)) } else { None }
}

impl Affixes {
    /// Shows where those go on whose affix a text has.
    fn of(&self, text: &str, end: End, visit: &mut dyn FnMut(u32)) {
        for length in &self.lengths {
            let affix = match end {
                End::Beginning => text.get(..*length),
                End::Ending => text.len().checked_sub(*length).and_then(|start| text.get(start..)),
            };
            let Some(affix) = affix else { continue };
            for entry in self.table.iter_hash(hash_text(affix)).filter(|entry| &*entry.text == affix) {
                visit(entry.node);
            }
        }
    }
}

fn hash_text(text: &str) -> u64 {
    let mut state = Seeds::get().hasher();
    state.write(text.as_bytes());
    state.finish()
}
