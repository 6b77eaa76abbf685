//! Rule indexes as they are saved. The tables of a node are lists; hashes are made anew.

use super::equal::{Constants, Found};
use super::{AffixEntry, Affixes, End, Hop, Index, Node, Place, Root, hash_text};
use crate::code::{ConstantId, Function, PathId, Unit};
use crate::saved::{Result, TextId, Texts, Written, at};
use crate::value::{Kind, Value};
use serde::{Deserialize, Serialize};

/// An [`Index`], saved.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedIndex(Vec<SavedNode>);

#[derive(Debug, Serialize, Deserialize)]
enum SavedNode {
    Leaf(Vec<u32>),
    Equal { place: SavedPlace, table: Vec<(ConstantId, u32)>, rest: Option<u32> },
    Affix { place: SavedPlace, end: End, affixes: Vec<(TextId, u32)>, rest: Option<u32> },
    Kind { place: SavedPlace, by_kind: Vec<(Kind, u32)>, rest: Option<u32> },
    Length { place: SavedPlace, by_length: Vec<(u32, u32)>, rest: Option<u32> },
}

/// A place as the steps in which it is put together, so that no saved place nests.
#[derive(Debug, Serialize, Deserialize)]
struct SavedPlace(Vec<Step>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    /// A place begins.
    Begin(Root),
    /// The place begun last goes on.
    Path(PathId),
    /// So it does.
    Constant(ConstantId),
    /// The place begun last ends: what is there is a key in the one before it.
    Key,
}

/// How deep places may nest: more than the parser lets them.
const DEEPEST_PLACE: usize = 256;

impl Index {
    /// Takes the index apart.
    pub fn save(&self, texts: &mut Texts) -> SavedIndex {
        SavedIndex(self.nodes.iter().map(|node| node.save(texts)).collect())
    }
}

impl Node {
    fn save(&self, texts: &mut Texts) -> SavedNode {
        match self {
            Node::Leaf(definitions) => SavedNode::Leaf(definitions.to_vec()),
            Node::Equal { place, constants, rest } => {
                let mut table: Vec<_> = constants.iter().collect();
                table.sort_unstable_by_key(|(_, node)| *node);
                SavedNode::Equal { place: SavedPlace::save(place), table, rest: *rest }
            }
            Node::Affix { place, end, affixes, rest } => {
                let mut entries: Vec<_> = affixes.table.iter().collect();
                entries.sort_unstable_by_key(|entry| entry.node);
                let affixes = entries.into_iter().map(|entry| (texts.add(&entry.text), entry.node)).collect();
                SavedNode::Affix { place: SavedPlace::save(place), end: *end, affixes, rest: *rest }
            }
            Node::Kind { place, by_kind, rest } => {
                SavedNode::Kind { place: SavedPlace::save(place), by_kind: by_kind.clone(), rest: *rest }
            }
            Node::Length { place, by_length, rest } => {
                let by_length = by_length.iter().map(|(length, node)| (*length as u32, *node)).collect();
                SavedNode::Length { place: SavedPlace::save(place), by_length, rest: *rest }
            }
        }
    }
}

impl SavedPlace {
    fn save(place: &Place) -> Self {
        let mut steps = Vec::new();
        add_place(place, &mut steps);
        SavedPlace(steps)
    }

    /// Puts the place together for an index of a function of so many arguments.
    fn load(&self, unit: &Unit, arguments: u16) -> Result<Place> {
        const WRONG: &str = "it has a rule index without a place";
        let mut open: Vec<(Root, Vec<Hop>)> = Vec::new();
        for step in &self.0 {
            let hop = match *step {
                Step::Begin(Root::Argument(register)) if register >= arguments => return Err(WRONG.to_owned()),
                Step::Begin(_) if open.len() >= DEEPEST_PLACE => return Err(WRONG.to_owned()),
                Step::Begin(root) => {
                    open.push((root, Vec::new()));
                    continue;
                }
                Step::Path(path) => {
                    at(&unit.paths, path.0, "path")?;
                    Hop::Path(path)
                }
                Step::Constant(constant) => {
                    at(unit.constants(), constant.0, "constant")?;
                    Hop::Constant(constant)
                }
                Step::Key => {
                    let (root, hops) = open.pop().ok_or(WRONG)?;
                    Hop::Key(Place { root, hops: hops.into() })
                }
            };
            open.last_mut().ok_or(WRONG)?.1.push(hop);
        }
        match (open.pop(), open.is_empty()) {
            (Some((root, hops)), true) => Ok(Place { root, hops: hops.into() }),
            _ => Err(WRONG.to_owned()),
        }
    }
}

fn add_place(place: &Place, steps: &mut Vec<Step>) {
    steps.push(Step::Begin(place.root));
    for hop in &place.hops {
        match hop {
            Hop::Path(path) => steps.push(Step::Path(*path)),
            Hop::Constant(constant) => steps.push(Step::Constant(*constant)),
            Hop::Key(place) => {
                add_place(place, steps);
                steps.push(Step::Key);
            }
        }
    }
}

impl SavedIndex {
    /// Puts the index of a function together, whose definitions are known.
    pub fn load(&self, function: &Function, unit: &Unit, texts: &Written) -> Result<Index> {
        let nodes: Vec<Node> = self.0.iter().map(|node| node.load(function, unit, texts)).collect::<Result<_>>()?;
        check_tree(&nodes)?;
        Ok(Index { nodes })
    }
}

impl SavedNode {
    fn load(&self, function: &Function, unit: &Unit, texts: &Written) -> Result<Node> {
        let place = |saved: &SavedPlace| saved.load(unit, function.arguments);
        Ok(match self {
            SavedNode::Leaf(definitions) => {
                definitions
                    .iter()
                    .try_for_each(|number| at(&function.definitions, *number, "definition").map(|_| ()))?;
                Node::Leaf(definitions.as_slice().into())
            }
            SavedNode::Equal { place: saved, table, rest } => {
                Node::Equal { place: place(saved)?, constants: constants(table, unit)?, rest: *rest }
            }
            SavedNode::Affix { place: saved, end, affixes, rest } => {
                let entries = affixes.iter().map(|(text, node)| Ok((&**texts.get(*text)?, *node)));
                let affixes = Affixes::of_entries(entries.collect::<Result<Vec<_>>>()?);
                Node::Affix { place: place(saved)?, end: *end, affixes, rest: *rest }
            }
            SavedNode::Kind { place: saved, by_kind, rest } => {
                Node::Kind { place: place(saved)?, by_kind: by_kind.clone(), rest: *rest }
            }
            SavedNode::Length { place: saved, by_length, rest } => {
                let by_length = by_length.iter().map(|(length, node)| (*length as usize, *node)).collect();
                Node::Length { place: place(saved)?, by_length, rest: *rest }
            }
        })
    }
}

fn constants(entries: &[(ConstantId, u32)], unit: &Unit) -> Result<Constants> {
    let found = |(constant, node): &(ConstantId, u32)| {
        let found = match at(unit.constants(), constant.0, "constant")? {
            Value::String { symbol, .. } => Found::By(*symbol),
            value => Found::Hashed(value.hash_code()),
        };
        Ok((*constant, found, *node))
    };
    Ok(Constants::new(&entries.iter().map(found).collect::<Result<Vec<_>>>()?))
}

impl Affixes {
    /// The table of some texts, with where to go on.
    pub(super) fn of_entries<'t>(entries: impl IntoIterator<Item = (&'t str, u32)>) -> Affixes {
        let mut affixes = Affixes::default();
        for (text, node) in entries {
            affixes.lengths.push(text.len());
            let entry = AffixEntry { hash: hash_text(text), text: text.into(), node };
            affixes.table.insert_unique(entry.hash, entry, |entry| entry.hash);
        }
        affixes.lengths.sort_unstable();
        affixes.lengths.dedup();
        affixes
    }
}

/// Checks that the nodes are a tree: all stand after the one that leads to them, which is one, and none is too deep.
fn check_tree(nodes: &[Node]) -> Result<()> {
    const WRONG: &str = "it has a rule index that is no tree";
    let mut depths: Vec<Option<usize>> = vec![None; nodes.len()];
    *depths.first_mut().ok_or(WRONG)? = Some(0);
    for (number, node) in nodes.iter().enumerate() {
        let depth =
            depths.get(number).copied().flatten().filter(|depth| *depth <= super::build::DEEPEST).ok_or(WRONG)?;
        for next in node.next() {
            match depths.get_mut(next as usize).filter(|_| next as usize > number) {
                Some(place @ None) => *place = Some(depth + 1),
                _ => return Err(WRONG.to_owned()),
            }
        }
    }
    Ok(())
}

impl Node {
    /// The nodes that it leads to.
    fn next(&self) -> Vec<u32> {
        let (mut next, rest): (Vec<u32>, _) = match self {
            Node::Leaf(_) => (Vec::new(), &None),
            Node::Equal { constants, rest, .. } => (constants.iter().map(|(_, node)| node).collect(), rest),
            Node::Affix { affixes, rest, .. } => (affixes.table.iter().map(|entry| entry.node).collect(), rest),
            Node::Kind { by_kind, rest, .. } => (by_kind.iter().map(|(_, node)| *node).collect(), rest),
            Node::Length { by_length, rest, .. } => (by_length.iter().map(|(_, node)| *node).collect(), rest),
        };
        next.extend(rest);
        next
    }
}
