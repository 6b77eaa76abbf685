//! Sets of local variables.

use crate::hir::Var;

/// A set of variables, one bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VarSet {
    words: Vec<u64>,
}

impl VarSet {
    /// Adds a variable; whether it is new.
    pub fn insert(&mut self, var: Var) -> bool {
        let (word, bit) = place(var);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let Some(bits) = self.words.get_mut(word) else { return false };
        let is_new = *bits & bit == 0;
        *bits |= bit;
        is_new
    }

    /// Whether it has the variable.
    pub fn contains(&self, var: Var) -> bool {
        let (word, bit) = place(var);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &VarSet) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, more)| *word |= more);
    }

    /// Its variables in order.
    pub fn iter(&self) -> impl Iterator<Item = Var> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| Var(index as u32 * 64 + bit))
        })
    }

    /// Whether it has no variable.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }
}

impl FromIterator<Var> for VarSet {
    fn from_iter<I: IntoIterator<Item = Var>>(vars: I) -> Self {
        let mut set = VarSet::default();
        for var in vars {
            set.insert(var);
        }
        set
    }
}

fn place(var: Var) -> (usize, u64) {
    (var.0 as usize / 64, 1 << (var.0 % 64))
}
