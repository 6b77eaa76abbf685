//! Sets of local variables.

use crate::hir::Var;

/// A set of variables, one bit each. The first ones, which are all that most rules have, take no memory of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VarSet {
    first: u64,
    rest: Vec<u64>,
}

impl VarSet {
    /// Adds a variable; whether it is new.
    pub fn insert(&mut self, var: Var) -> bool {
        let (word, bit) = place(var);
        if word > self.rest.len() {
            self.rest.resize(word, 0);
        }
        let bits = match word.checked_sub(1) {
            None => &mut self.first,
            Some(word) => match self.rest.get_mut(word) {
                Some(bits) => bits,
                None => return false,
            },
        };
        let is_new = *bits & bit == 0;
        *bits |= bit;
        is_new
    }

    /// Takes a variable away.
    pub fn remove(&mut self, var: Var) {
        let (word, bit) = place(var);
        let bits = match word.checked_sub(1) {
            None => Some(&mut self.first),
            Some(word) => self.rest.get_mut(word),
        };
        if let Some(bits) = bits {
            *bits &= !bit;
        }
    }

    /// Whether it has the variable.
    pub fn contains(&self, var: Var) -> bool {
        let (word, bit) = place(var);
        let bits = match word.checked_sub(1) {
            None => Some(&self.first),
            Some(word) => self.rest.get(word),
        };
        bits.is_some_and(|bits| bits & bit != 0)
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &VarSet) {
        self.first |= other.first;
        if self.rest.len() < other.rest.len() {
            self.rest.resize(other.rest.len(), 0);
        }
        self.rest.iter_mut().zip(&other.rest).for_each(|(word, more)| *word |= more);
    }

    /// Its variables in order.
    pub fn iter(&self) -> impl Iterator<Item = Var> + '_ {
        std::iter::once(&self.first).chain(&self.rest).enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(Var(index as u32 * 64 + bit))
            })
        })
    }

    /// Whether it has no variable.
    pub fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.iter().all(|word| *word == 0)
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
