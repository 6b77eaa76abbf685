//! The rule index: which rules of a document can hold, found without running them.
//!
//! Conditions that a rule's body makes on a path of `input` or of an argument (equal to a constant, a member of
//! constants) become a decision structure: a node looks one path up and goes on to the rules that want the value
//! there, and to those that do not ask for the path. 5,000 rules that test one path cost one lookup.

use super::constants::{Pool, hash};
use super::{ConstantId, PathId, Unit};
use crate::plan::{Block, Comparison, Constant, Definition, Expr, Slot, Step, Test};
use crate::value::Value;
use hashbrown::HashTable;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Fewer rules than this are tried one by one.
const WORTHWHILE: usize = 4;

/// A decision structure; the first node is the root.
#[derive(Debug, Default)]
pub struct Index {
    nodes: Vec<Node>,
}

#[derive(Debug)]
enum Node {
    /// These definitions.
    Leaf(Vec<u32>),
    /// Those that want what is at a path, and the rest.
    Test { root: Root, path: PathId, table: HashTable<Entry>, rest: Option<u32> },
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    constant: ConstantId,
    node: u32,
}

/// What a tested path starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// `input`.
    Input,
    /// An argument: its register.
    Argument(u16),
}

impl Index {
    /// The index of a document's definitions; `None` where it would not help.
    pub(super) fn build(definitions: &[Definition], arguments: u32, pool: &mut Pool<'_>) -> Option<Index> {
        if definitions.len() < WORTHWHILE {
            return None;
        }
        let candidates: Vec<Candidate> = definitions
            .iter()
            .enumerate()
            .map(|(number, definition)| Candidate {
                number: number as u32,
                conditions: conditions(definition, arguments),
            })
            .collect();
        if candidates.iter().all(|candidate| candidate.conditions.is_empty()) {
            return None;
        }
        let mut index = Index::default();
        index.add(candidates, pool);
        Some(index)
    }

    fn add(&mut self, candidates: Vec<Candidate>, pool: &mut Pool<'_>) -> u32 {
        let at = self.nodes.len();
        self.nodes.push(Node::Leaf(Vec::new()));
        let node = match best_subject(&candidates) {
            Some(subject) => self.test(candidates, &subject, pool),
            None => Node::Leaf(candidates.iter().map(|candidate| candidate.number).collect()),
        };
        if let Some(place) = self.nodes.get_mut(at) {
            *place = node;
        }
        at as u32
    }

    fn test(&mut self, candidates: Vec<Candidate>, subject: &Subject, pool: &mut Pool<'_>) -> Node {
        let mut groups: Vec<(Constant, Vec<Candidate>)> = Vec::new();
        let mut group_of: HashMap<Constant, usize> = HashMap::new();
        let mut rest = Vec::new();
        for mut candidate in candidates {
            let Some(at) = candidate.conditions.iter().position(|condition| condition.subject == *subject) else {
                rest.push(candidate);
                continue;
            };
            let condition = candidate.conditions.swap_remove(at);
            for constant in condition.constants {
                let group = *group_of.entry(constant.clone()).or_insert_with(|| {
                    groups.push((constant, Vec::new()));
                    groups.len() - 1
                });
                if let Some((_, members)) = groups.get_mut(group) {
                    members.push(candidate.clone());
                }
            }
        }
        let mut table = HashTable::new();
        for (constant, members) in groups {
            let entry =
                Entry { hash: hash(&constant), constant: pool.constant(&constant), node: self.add(members, pool) };
            table.insert_unique(entry.hash, entry, |entry| entry.hash);
        }
        let rest = (!rest.is_empty()).then(|| self.add(rest, pool));
        Node::Test { root: subject.root, path: pool.path(&subject.path), table, rest }
    }

    /// The paths that it looks up.
    pub fn reads(&self) -> impl Iterator<Item = (Root, PathId)> + '_ {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(_) => None,
            Node::Test { root, path, .. } => Some((*root, *path)),
        })
    }

    /// Adds to `found` the definitions that can hold, in no order. `lookup` gives what is at a path.
    pub fn find<'a>(&self, unit: &Unit, lookup: &dyn Fn(Root, PathId) -> Option<Value<'a>>, found: &mut Vec<u32>) {
        self.visit(0, unit, lookup, found);
    }

    fn visit<'a>(
        &self,
        node: u32,
        unit: &Unit,
        lookup: &dyn Fn(Root, PathId) -> Option<Value<'a>>,
        found: &mut Vec<u32>,
    ) {
        match self.nodes.get(node as usize) {
            None => {}
            Some(Node::Leaf(definitions)) => found.extend_from_slice(definitions),
            Some(Node::Test { root, path, table, rest }) => {
                if let Some(value) = lookup(*root, *path) {
                    let is_wanted = |entry: &Entry| {
                        unit.constants().get(entry.constant.0 as usize).is_some_and(|constant| *constant == value)
                    };
                    for entry in table.iter_hash(value.hash_code()).filter(|entry| is_wanted(entry)) {
                        self.visit(entry.node, unit, lookup, found);
                    }
                }
                if let Some(rest) = rest {
                    self.visit(*rest, unit, lookup, found);
                }
            }
        }
    }
}

#[derive(Clone)]
struct Candidate {
    number: u32,
    conditions: Vec<Condition>,
}

/// A value that a rule must find.
#[derive(Clone)]
struct Condition {
    subject: Subject,
    constants: Vec<Constant>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Subject {
    root: Root,
    path: Vec<Arc<str>>,
}

/// The path that tells most candidates apart, if one is worth a node.
fn best_subject(candidates: &[Candidate]) -> Option<Subject> {
    if candidates.len() < WORTHWHILE {
        return None;
    }
    let mut counts: Vec<(&Subject, HashSet<&Constant>, usize)> = Vec::new();
    let mut places: HashMap<&Subject, usize> = HashMap::new();
    for condition in candidates.iter().flat_map(|candidate| &candidate.conditions) {
        let place = *places.entry(&condition.subject).or_insert_with(|| {
            counts.push((&condition.subject, HashSet::new(), 0));
            counts.len() - 1
        });
        if let Some((_, values, count)) = counts.get_mut(place) {
            values.extend(&condition.constants);
            *count += 1;
        }
    }
    // Those without a condition on the path are visited whatever is there.
    let left = |values: usize, count: usize| candidates.len() - count + count.div_ceil(values.max(1));
    let ranked = counts.into_iter().map(|(subject, values, count)| (left(values.len(), count), subject));
    let best = ranked.reduce(|best, other| if other.0 < best.0 { other } else { best });
    best.filter(|(left, _)| *left < candidates.len()).map(|(_, subject)| subject.clone())
}

/// What a definition requires. One with `else` branches requires nothing that all branches share.
fn conditions(definition: &Definition, arguments: u32) -> Vec<Condition> {
    let [branch] = definition.branches.as_slice() else { return Vec::new() };
    let mut finder = Finder { arguments, places: HashMap::new(), conditions: Vec::new() };
    finder.block(&branch.block);
    finder.conditions
}

struct Finder {
    arguments: u32,
    /// Slots that hold what is at a path.
    places: HashMap<Slot, Subject>,
    conditions: Vec<Condition>,
}

impl Finder {
    /// Every test on the way to a block's innermost end is required.
    fn block(&mut self, block: &Block) {
        for step in block {
            match step {
                Step::Bind(slot, value) => {
                    if let Some(subject) = self.subject(value) {
                        self.places.insert(*slot, subject);
                    }
                }
                Step::Test(Test::Compare(Comparison::Equal, left, right)) => {
                    let pair = match (left, right) {
                        (Expr::Const(constant), other) | (other, Expr::Const(constant)) => Some((constant, other)),
                        _ => None,
                    };
                    if let Some((constant @ Constant::Scalar(_), other)) = pair {
                        self.require(other, vec![constant.clone()]);
                    }
                }
                Step::Test(Test::Member(item, Expr::Const(Constant::Array(items) | Constant::Set(items)))) => {
                    let mut constants: Vec<Constant> = Vec::new();
                    for constant in items {
                        if !constants.contains(constant) {
                            constants.push(constant.clone());
                        }
                    }
                    if constants.iter().all(|constant| matches!(constant, Constant::Scalar(_))) {
                        self.require(item, constants);
                    }
                }
                Step::Loop { body, .. } | Step::DataLoop { body, .. } => self.block(body),
                // Inside, `input` may be another.
                Step::With { .. } => return,
                _ => {}
            }
        }
    }

    fn require(&mut self, value: &Expr, constants: Vec<Constant>) {
        let Some(subject) = self.subject(value) else { return };
        if !self.conditions.iter().any(|condition| condition.subject == subject) {
            self.conditions.push(Condition { subject, constants });
        }
    }

    /// The path that a value is at.
    fn subject(&self, value: &Expr) -> Option<Subject> {
        match value {
            Expr::Slot(slot) if slot.0 < self.arguments => {
                Some(Subject { root: Root::Argument(slot.0 as u16), path: Vec::new() })
            }
            Expr::Slot(slot) => self.places.get(slot).cloned(),
            Expr::Path(base, keys) => {
                let mut subject = match &**base {
                    Expr::Input => Subject { root: Root::Input, path: Vec::new() },
                    other => self.subject(other)?,
                };
                subject.path.extend(keys.iter().cloned());
                Some(subject)
            }
            _ => None,
        }
    }
}
