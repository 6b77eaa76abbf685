//! Texts, each of which is saved once.

use super::{LONGEST_PATH, Result, at};
use crate::builtins::Customs;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
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
    /// How many bytes may still be read.
    left: Cell<usize>,
}

/// How many bytes of texts may be read of any file, and for each byte of it in addition: what is read is copied, and a
/// long text takes no more of a file than a short one where it is named.
const READ_OF_FILE: usize = 64 << 20;
const READ_OF_BYTE: usize = 32;

impl Written {
    /// Takes texts in order, of a file of so many bytes.
    pub fn new(texts: &[&str], customs: Customs, bytes: usize) -> Self {
        let left = Cell::new(READ_OF_FILE.saturating_add(bytes.saturating_mul(READ_OF_BYTE)));
        Written { texts: texts.iter().map(|text| Arc::from(*text)).collect(), customs, left }
    }

    /// The embedding program's functions.
    pub fn customs(&self) -> &Customs {
        &self.customs
    }

    /// The text with a number.
    pub fn get(&self, number: TextId) -> Result<&Arc<str>> {
        let text = at(&self.texts, number.0, "text")?;
        self.take(text.len())?;
        Ok(text)
    }

    /// Takes what is read of a text.
    pub fn take(&self, bytes: usize) -> Result<()> {
        self.left.set(self.left.get().checked_sub(bytes).ok_or("it repeats its texts too often")?);
        Ok(())
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
