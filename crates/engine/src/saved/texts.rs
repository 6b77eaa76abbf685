//! Texts, each of which is saved once.

use super::{LONGEST_PATH, Result, at};
use crate::builtins::Customs;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A text, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextId(pub u32);

/// A path below `data`.
pub type SavedPath = Vec<TextId>;

/// Texts that are being collected.
#[derive(Default)]
pub struct Texts {
    numbers: HashMap<Arc<str>, TextId>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    /// The number of a text.
    pub fn add(&mut self, text: &str) -> TextId {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let (text, number) = (Arc::<str>::from(text), TextId(self.texts.len() as u32));
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    /// The numbers of a path's steps.
    pub fn path(&mut self, path: &[Arc<str>]) -> SavedPath {
        path.iter().map(|step| self.add(step)).collect()
    }

    /// All texts in order.
    pub fn finish(self) -> Vec<Arc<str>> {
        self.texts
    }
}

/// Texts that were saved, and the embedding program's functions that they may name.
pub struct Written {
    texts: Vec<Arc<str>>,
    customs: Customs,
}

impl Written {
    /// Takes texts in order.
    pub fn new(texts: &[&str], customs: Customs) -> Self {
        Written { texts: texts.iter().map(|text| Arc::from(*text)).collect(), customs }
    }

    /// The embedding program's functions.
    pub fn customs(&self) -> &Customs {
        &self.customs
    }

    /// The text with a number.
    pub fn get(&self, number: TextId) -> Result<&Arc<str>> {
        at(&self.texts, number.0, "text")
    }

    /// The first texts.
    pub fn first(&self, count: u32) -> Result<&[Arc<str>]> {
        self.texts.get(..count as usize).ok_or_else(|| "it has fewer texts than symbols".to_owned())
    }

    /// A path, which is not too long.
    pub fn path(&self, path: &[TextId]) -> Result<Vec<Arc<str>>> {
        if path.len() > LONGEST_PATH {
            return Err("it has a path that is too long".to_owned());
        }
        path.iter().map(|step| self.get(*step).cloned()).collect()
    }
}
