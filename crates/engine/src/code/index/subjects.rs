//! The places that rules test, each once: conditions name them by number.

use super::Root;
use crate::plan::Constant;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// A place by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SubjectId(u32);

/// Where a value is.
#[derive(Clone)]
pub(super) struct Subject<'p> {
    pub(super) root: Root,
    pub(super) steps: Vec<Step<'p>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step<'p> {
    /// A string.
    Key(&'p str),
    /// Another scalar.
    Constant(&'p Constant),
    /// What is at another place.
    At(SubjectId),
}

/// So many are compared one by one.
const FEW: usize = 4;

/// All places.
#[derive(Default)]
pub(super) struct Subjects<'p> {
    all: Vec<Subject<'p>>,
    /// Their numbers, with their hashes.
    numbers: HashTable<(u64, SubjectId)>,
    hasher: DefaultHashBuilder,
    /// Room for the steps of a place that is looked for.
    pub(super) room: Vec<Step<'p>>,
}

impl<'p> Subjects<'p> {
    pub(super) fn get(&self, id: SubjectId) -> Option<&Subject<'p>> {
        self.all.get(id.0 as usize)
    }

    /// The number of a place.
    pub(super) fn number(&mut self, root: Root, steps: &[Step<'p>]) -> SubjectId {
        let is_place = |other: &Subject<'_>| other.root == root && other.steps == steps;
        // Few are compared sooner than a hash is made.
        if let Some(at) = self.all.iter().take(FEW).position(is_place) {
            return SubjectId(at as u32);
        }
        let hash = self.hasher.hash_one((root, steps));
        let is_same = |(_, id): &(u64, SubjectId)| self.all.get(id.0 as usize).is_some_and(is_place);
        if let Some((_, id)) = self.numbers.find(hash, is_same) {
            return *id;
        }
        let id = SubjectId(self.all.len() as u32);
        self.all.push(Subject { root, steps: steps.to_vec() });
        self.numbers.insert_unique(hash, (hash, id), |(hash, _)| *hash);
        id
    }
}
