//! From what rules require to the structure that finds them.

use super::conditions::{Condition, Step, Subject, Wanted, conditions};
use super::{Affixes, End, EqualEntry, Hop, Index, Node, Place};
use crate::code::constants::{Pool, hash};
use crate::plan::{Constant, Definition};
use crate::value::Kind;
use hashbrown::HashTable;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// Fewer rules than this are tried one by one.
const WORTHWHILE: usize = 4;

/// How deep nodes may stand: each is reached by a call.
pub(super) const DEEPEST: usize = 512;

/// A rule with the conditions that no node above has asked for.
#[derive(Clone)]
struct Candidate<'c> {
    number: u32,
    conditions: Vec<Asked<'c>>,
}

/// A condition with the number of its subject: equal subjects have equal numbers, which are compared more quickly.
#[derive(Clone, Copy)]
struct Asked<'c> {
    subject: usize,
    wanted: &'c Wanted,
}

impl Asked<'_> {
    fn question(&self) -> Question {
        (self.subject, self.wanted.way())
    }
}

/// What a node asks: of which place, in which way.
type Question = (usize, Way);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Equal,
    Affix(End),
    Kind,
    Length,
}

/// One answer to a question.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Answer<'c> {
    Constant(&'c Constant),
    Text(&'c str),
    Kind(Kind),
    Length(usize),
}

impl Wanted {
    fn way(&self) -> Way {
        match self {
            Wanted::Constants(_) => Way::Equal,
            Wanted::Affix(end, _) => Way::Affix(*end),
            Wanted::Kind(_) => Way::Kind,
            Wanted::Length(_) => Way::Length,
        }
    }

    fn answers(&self) -> impl Iterator<Item = Answer<'_>> {
        let (constants, other): (&[Constant], _) = match self {
            Wanted::Constants(constants) => (constants, None),
            Wanted::Affix(_, text) => (&[], Some(Answer::Text(text))),
            Wanted::Kind(kind) => (&[], Some(Answer::Kind(*kind))),
            Wanted::Length(length) => (&[], Some(Answer::Length(*length))),
        };
        constants.iter().map(Answer::Constant).chain(other)
    }
}

impl Index {
    /// The index of a document's definitions; `None` where it would not help.
    pub(in crate::code) fn build(definitions: &[Definition], arguments: u32, pool: &mut Pool<'_>) -> Option<Index> {
        if definitions.len() < WORTHWHILE {
            return None;
        }
        let conditions: Vec<Vec<Condition>> =
            definitions.iter().map(|definition| conditions(definition, arguments)).collect();
        let mut numbers: HashMap<&Subject, usize> = HashMap::new();
        let mut subjects: Vec<&Subject> = Vec::new();
        let mut candidates = Vec::with_capacity(definitions.len());
        for (number, conditions) in conditions.iter().enumerate() {
            let conditions = conditions.iter().map(|Condition { subject, wanted }| {
                let subject = *numbers.entry(subject).or_insert_with(|| {
                    subjects.push(subject);
                    subjects.len() - 1
                });
                Asked { subject, wanted }
            });
            candidates.push(Candidate { number: number as u32, conditions: conditions.collect() });
        }
        let all = candidates.iter().flat_map(|candidate| &candidate.conditions);
        let answers: usize = all.map(|condition| condition.wanted.answers().count()).sum();
        if answers == 0 {
            return None;
        }
        // A rule stands at each answer that it takes. Were all of its conditions told apart, it could stand at
        // their product.
        let mut builder = Builder { nodes: Vec::new(), subjects, pool, left: 4 * (answers + definitions.len()) };
        builder.add(candidates, 0);
        Some(Index { nodes: builder.nodes })
    }
}

struct Builder<'b, 's> {
    nodes: Vec<Node>,
    /// Subjects by their numbers.
    subjects: Vec<&'b Subject>,
    pool: &'b mut Pool<'s>,
    /// How many more places a rule may stand at.
    left: usize,
}

impl Builder<'_, '_> {
    fn add(&mut self, candidates: Vec<Candidate<'_>>, depth: usize) -> u32 {
        let at = self.nodes.len();
        self.nodes.push(Node::Leaf(Vec::new()));
        let is_open = self.left > 0 && depth < DEEPEST;
        let question = if is_open { best_question(&candidates) } else { None };
        let node = match question {
            Some(question) => self.node(candidates, question, depth),
            None => Node::Leaf(candidates.iter().map(|candidate| candidate.number).collect()),
        };
        if let Some(place) = self.nodes.get_mut(at) {
            *place = node;
        }
        at as u32
    }

    fn node<'c>(&mut self, candidates: Vec<Candidate<'c>>, question: Question, depth: usize) -> Node {
        let (subject, way) = question;
        let Some(subject) = self.subjects.get(subject).copied() else {
            return Node::Leaf(candidates.iter().map(|candidate| candidate.number).collect());
        };
        let mut groups: Vec<(Answer<'c>, Vec<Candidate<'c>>)> = Vec::new();
        let mut group_of: HashMap<Answer<'c>, usize> = HashMap::new();
        let mut rest = Vec::new();
        for mut candidate in candidates {
            let Some(at) = candidate.conditions.iter().position(|condition| condition.question() == question) else {
                rest.push(candidate);
                continue;
            };
            let condition = candidate.conditions.swap_remove(at);
            for answer in condition.wanted.answers() {
                let group = *group_of.entry(answer).or_insert_with(|| {
                    groups.push((answer, Vec::new()));
                    groups.len() - 1
                });
                if let Some((_, members)) = groups.get_mut(group) {
                    members.push(candidate.clone());
                    self.left = self.left.saturating_sub(1);
                }
            }
        }
        let groups: Vec<(Answer<'c>, u32)> =
            groups.into_iter().map(|(answer, members)| (answer, self.add(members, depth + 1))).collect();
        let rest = (!rest.is_empty()).then(|| self.add(rest, depth + 1));
        let place = self.place(subject);
        match way {
            Way::Equal => Node::Equal { place, table: self.constants(groups), rest },
            Way::Affix(end) => Node::Affix { place, end, affixes: affixes(groups), rest },
            Way::Kind => {
                let by_kind = groups.into_iter().filter_map(|(answer, node)| match answer {
                    Answer::Kind(kind) => Some((kind, node)),
                    _ => None,
                });
                Node::Kind { place, by_kind: by_kind.collect(), rest }
            }
            Way::Length => {
                let by_length = groups.into_iter().filter_map(|(answer, node)| match answer {
                    Answer::Length(length) => Some((length, node)),
                    _ => None,
                });
                Node::Length { place, by_length: by_length.collect(), rest }
            }
        }
    }

    fn constants(&mut self, groups: Vec<(Answer<'_>, u32)>) -> HashTable<EqualEntry> {
        let mut table = HashTable::new();
        for (answer, node) in groups {
            let Answer::Constant(constant) = answer else { continue };
            let entry = EqualEntry { hash: hash(constant), constant: self.pool.constant(constant), node };
            table.insert_unique(entry.hash, entry, |entry| entry.hash);
        }
        table
    }

    fn place(&mut self, subject: &Subject) -> Place {
        let mut hops = Vec::new();
        let mut keys: Vec<Arc<str>> = Vec::new();
        for step in &subject.steps {
            if let Step::Key(key) = step {
                keys.push(key.clone());
                continue;
            }
            if !keys.is_empty() {
                hops.push(Hop::Path(self.pool.path(&std::mem::take(&mut keys))));
            }
            match step {
                Step::Key(_) => {}
                Step::Constant(constant) => hops.push(Hop::Constant(self.pool.constant(constant))),
                Step::At(subject) => hops.push(Hop::Key(self.place(subject))),
            }
        }
        if !keys.is_empty() {
            hops.push(Hop::Path(self.pool.path(&keys)));
        }
        Place { root: subject.root, hops: hops.into() }
    }
}

fn affixes(groups: Vec<(Answer<'_>, u32)>) -> Affixes {
    Affixes::of_entries(groups.iter().filter_map(|(answer, node)| match answer {
        Answer::Text(text) => Some((*text, *node)),
        _ => None,
    }))
}

/// The question that tells most candidates apart, if one is worth a node.
fn best_question(candidates: &[Candidate<'_>]) -> Option<Question> {
    if candidates.len() < WORTHWHILE {
        return None;
    }
    let mut counts: Vec<(Question, HashSet<Answer<'_>>, usize)> = Vec::new();
    let mut places: HashMap<Question, usize> = HashMap::new();
    for condition in candidates.iter().flat_map(|candidate| &candidate.conditions) {
        let question = condition.question();
        let place = *places.entry(question).or_insert_with(|| {
            counts.push((question, HashSet::new(), 0));
            counts.len() - 1
        });
        if let Some((_, values, count)) = counts.get_mut(place) {
            values.extend(condition.wanted.answers());
            *count += 1;
        }
    }
    // Those that do not ask the question are visited whatever the answer.
    let left = |values: usize, count: usize| candidates.len() - count + count.div_ceil(values.max(1));
    let ranked = counts.into_iter().map(|(question, values, count)| (left(values.len(), count), question));
    let best = ranked.reduce(|best, other| if other.0 < best.0 { other } else { best });
    best.filter(|(left, _)| *left < candidates.len()).map(|(_, question)| question)
}
