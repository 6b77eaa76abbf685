//! The keys of dictionaries that were met before.
//!
//! Objects of a list mostly have the same keys, and these are mostly the same strings of Python's: those of a program's
//! text, and those that one call of `json.loads` makes. So what is known of a key is known by where it is in memory, as
//! long as somebody holds it.

use pyo3::prelude::*;
use solon::value::{Part, Value};

/// A key in the arena, and what is wanted of its value; nothing where that is not wanted.
pub type Wanted<'a> = Option<(Value<'a>, Part)>;

/// A key that was met.
struct Known<'py, T> {
    /// Holds it, so that no other object comes to stand where it is.
    key: Bound<'py, PyAny>,
    /// Of which object it was one.
    object: Part,
    wanted: T,
}

/// Keys that were met, with what is known of them. What would stand in one place takes each other's.
pub struct Keys<'py, T>(Vec<Option<Known<'py, T>>>);

impl<T> Default for Keys<'_, T> {
    fn default() -> Self {
        Keys(Vec::new())
    }
}

impl<'py, T: Copy> Keys<'py, T> {
    /// Begins to know keys, so many, which is a power of two. It is not worth it where none come again.
    pub fn open(&mut self, count: usize) {
        if self.0.is_empty() {
            self.0.resize_with(count, || None);
        }
    }

    /// What is known of a key.
    #[inline]
    pub fn find(&self, key: &Bound<'py, PyAny>, object: Part) -> Option<T> {
        let known = self.0.get(self.slot(key, object))?.as_ref()?;
        (known.key.is(key) && known.object == object).then_some(known.wanted)
    }

    /// Keeps what is known of a key.
    pub fn keep(&mut self, key: &Bound<'py, PyAny>, object: Part, wanted: T) {
        let slot = self.slot(key, object);
        if let Some(place) = self.0.get_mut(slot) {
            *place = Some(Known { key: key.clone(), object, wanted });
        }
    }

    /// Where a key is to stand.
    #[inline]
    fn slot(&self, key: &Bound<'_, PyAny>, object: Part) -> usize {
        /// Objects begin at multiples of this power of two.
        const ALIGNMENT: u32 = 4;
        let address = key.as_ptr().addr() >> ALIGNMENT;
        (address ^ (address >> 6) ^ object.number().wrapping_mul(7)) & self.0.len().wrapping_sub(1)
    }
}
