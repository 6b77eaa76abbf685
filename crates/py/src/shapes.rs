//! Dictionaries that are alike.
//!
//! Dictionaries in a list mostly have the same keys in the same order. Once one was read, what comes of another one is
//! known: which entries the object has, in which order, and where each value goes. Only the values are read then. That
//! keys are the same is told by where they are in memory (see `keys.rs`).

use crate::keys::Wanted;
use pyo3::prelude::*;
use solon::value::{Entry, Object, Part, Value};
use std::cell::Cell;
use std::rc::Rc;

/// A key of a dictionary.
pub struct Member<'py> {
    /// Holds it, so that no other object comes to stand where it is.
    key: Bound<'py, PyAny>,
    /// Where its value goes among the entries, and what is wanted of it; nothing if it is not wanted.
    pub place: Option<(usize, Part)>,
}

impl<'py> Member<'py> {
    /// Whether this is the key.
    #[inline]
    pub fn is(&self, key: &Bound<'py, PyAny>) -> bool {
        self.key.is(key)
    }
}

/// What dictionaries that are alike have in common.
pub struct Shape<'a, 'py> {
    part: Part,
    /// In the order of the dictionaries.
    pub members: Vec<Member<'py>>,
    /// In the order of the object, with values of no meaning.
    pub entries: &'a [Entry<'a>],
    /// How often it may still not fit until another one takes its place.
    credit: Cell<u8>,
}

impl<'a, 'py> Shape<'a, 'py> {
    /// Of the keys of a dictionary and what was wanted of them, and of the object that came of it.
    fn new(part: Part, keys: Vec<(Bound<'py, PyAny>, Wanted<'a>)>, object: Object<'a>) -> Option<Self> {
        let entries = object.entries();
        let place = |key: &Value<'a>| entries.binary_search_by(|entry| entry.0.cmp(key)).ok();
        let member = |(key, wanted): (Bound<'py, PyAny>, Wanted<'a>)| match wanted {
            Some((found, part)) => Some(Member { key, place: Some((place(&found)?, part)) }),
            None => Some(Member { key, place: None }),
        };
        let members: Option<Vec<_>> = keys.into_iter().map(member).collect();
        members.map(|members| Shape { part, members, entries, credit: Cell::new(1) })
    }

    /// Says whether it fitted.
    #[inline]
    pub fn fitted(&self, does: bool) {
        const MOST: u8 = 8;
        let credit = self.credit.get();
        self.credit.set(if does { MOST } else { credit.saturating_sub(1) });
    }
}

/// Shapes that were met. What would stand in one place takes each other's.
#[derive(Default)]
pub struct Shapes<'a, 'py>(Vec<Option<Rc<Shape<'a, 'py>>>>);

/// How many are known; a power of two.
const SLOTS: usize = 32;

/// Keys of the largest dictionary that is worth it.
const LARGEST: usize = 64;

impl<'a, 'py> Shapes<'a, 'py> {
    /// Begins to know shapes. It is not worth it where none come again.
    pub fn open(&mut self) {
        if self.0.is_empty() {
            self.0.resize_with(SLOTS, || None);
        }
    }

    /// The shape that a dictionary with so many keys may have, of which a part is wanted.
    #[inline]
    pub fn find(&self, part: Part, count: usize) -> Option<Rc<Shape<'a, 'py>>> {
        let shape = self.0.get(slot(part, count))?.as_ref()?;
        (shape.part == part && shape.members.len() == count).then(|| shape.clone())
    }

    /// Whether the shape of a dictionary that had none would be kept.
    pub fn is_wanted(&self, part: Part, count: usize) -> bool {
        let place = self.0.get(slot(part, count));
        count <= LARGEST && place.is_some_and(|known| known.as_ref().is_none_or(|shape| shape.credit.get() == 0))
    }

    /// Keeps the shape of a dictionary.
    pub fn keep(&mut self, part: Part, keys: Vec<(Bound<'py, PyAny>, Wanted<'a>)>, object: Object<'a>) {
        let count = keys.len();
        if let Some(place) = self.0.get_mut(slot(part, count)) {
            *place = Shape::new(part, keys, object).map(Rc::new);
        }
    }
}

/// Where a shape is to stand.
#[inline]
fn slot(part: Part, count: usize) -> usize {
    (part.number().wrapping_mul(7) ^ count) & (SLOTS - 1)
}
