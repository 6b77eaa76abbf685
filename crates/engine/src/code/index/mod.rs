//! The rule index: which rules of a document can hold, found without running them.
//!
//! Conditions that a rule's body makes on a path of `input`, of base data or of an argument become a decision
//! structure: a node looks one path up and goes on to the rules that want what is there, and to those that do not ask
//! for the path. 5,000 rules that test one path cost one lookup. `conditions` says what a body requires, `build`
//! makes the structure, this file searches it.

mod build;
mod conditions;
mod equal;
mod print;
pub mod saved;
mod subjects;

use super::{ConstantId, PathId, Unit};
use crate::value::{Kind, Seeds, SymbolTable, Value};
use equal::Constants;
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
    Equal { place: Place, constants: Constants, rest: Option<u32> },
    /// By the beginning or the end of a string that must be there.
    Affix { place: Place, end: End, affixes: Affixes, rest: Option<u32> },
    /// By the type of what must be there.
    Kind { place: Place, by_kind: Vec<(Kind, u32)>, rest: Option<u32> },
    /// By the length of an array that must be there.
    Length { place: Place, by_length: Vec<(usize, u32)>, rest: Option<u32> },
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

impl<'v, L: Fn(&Place) -> Option<&'v Value<'v>>> Search<'_, L> {
    /// Where the constant leads that equals what is at a place.
    #[inline]
    fn equal(&self, place: &Place, constants: &Constants) -> Option<u32> {
        constants.find((self.lookup)(place)?, self.unit, self.symbols)
    }
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
    #[inline]
    pub fn find<'v>(&self, search: &Search<'_, impl Fn(&Place) -> Option<&'v Value<'v>>>, found: &mut Vec<u32>) {
        let mut number = 0;
        // Mostly one equality after the other leads to one definition.
        while let Some(node) = self.nodes.get(number as usize) {
            match node {
                Node::Equal { place, constants, rest: None } => match search.equal(place, constants) {
                    Some(node) => number = node,
                    None => return,
                },
                Node::Leaf(definitions) if let [definition] = definitions.as_slice() => return found.push(*definition),
                _ => return self.find_from(number, search, found),
            }
        }
    }

    /// The same from a node on.
    #[inline(never)]
    fn find_from<'v, L>(&self, number: u32, search: &Search<'_, L>, found: &mut Vec<u32>)
    where
        L: Fn(&Place) -> Option<&'v Value<'v>>,
    {
        let begin = found.len();
        self.visit(number, search, found);
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
                Node::Equal { place, constants, rest } => {
                    if let Some(node) = search.equal(place, constants) {
                        if rest.is_none() {
                            number = node;
                            continue;
                        }
                        self.visit(node, search, found);
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
