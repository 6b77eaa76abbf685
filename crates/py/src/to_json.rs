//! Python's objects as JSON text, for another thread to read.
//!
//! A value is spread over the memory of the processor that made it; a text comes to another one in one piece, and is
//! quicker to write than a value is to make. Written is what most inputs are made of. Whoever gives something else has a
//! value made of it instead, which knows what is wrong with it, too.

use crate::exact::Exact;
use crate::from_python::plain_float;
use crate::host::hold;
use crate::keys::Keys;
use crate::pool::Pool;
use crate::stack::{LEVELS, has_level};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use solon::Error;
use solon::value::{Builder, Entry, Part, SerdeError};
use std::io::Write;
use std::ops::Range;

/// Levels of what is written as text.
const DEEPEST: usize = 100;

/// A key as text, between comma and colon, among those that are known, and what is wanted of its value; nothing where that is not
/// wanted.
type Wanted = Option<(Place, Part)>;

/// Where a key's text is.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
}

/// Up to so many keys objects mostly have those of others.
const RECORD: usize = 16;

/// A key of an object.
enum Key {
    /// It is written; this is what is wanted of its value.
    Wanted(Part),
    Unwanted,
    /// It is none that can be written.
    None,
}

/// What is known of keys from one object to the next.
pub struct Writer<'py> {
    keys: Keys<'py, Wanted>,
    names: Vec<u8>,
}

impl<'py> Writer<'py> {
    /// Bytes of the texts of keys, some of which are of no use any more, until all are forgotten.
    const NAMES: usize = 64 << 10;

    /// Knows nothing yet.
    pub fn new() -> Self {
        const SLOTS: usize = 256;
        let mut keys = Keys::default();
        keys.open(SLOTS);
        Writer { keys, names: Vec::new() }
    }

    /// Writes what a query can read of an object behind a text; says whether that can be written. If not, nothing is.
    ///
    /// # Errors
    ///
    /// A limit, or the end that somebody wants.
    pub fn write(&mut self, pool: &Pool, object: &Bound<'py, PyAny>, out: &mut Vec<u8>) -> Result<bool, Error> {
        if self.names.len() > Self::NAMES {
            *self = Writer::new();
        }
        let start = out.len();
        let mut is_written = false;
        let _held = hold();
        let result = pool.query().look_at_input(
            &mut |builder| {
                let part = builder.part();
                is_written = Writing { known: self, out, builder, bytes: 0, looked: 0 }.value(object, part)?;
                Ok(())
            },
            &pool.terms.limits_from_now(),
            pool.terms.host.as_ref(),
        );
        let is_written = is_written && result.is_ok();
        if !is_written {
            out.truncate(start);
        }
        result.map(|()| is_written)
    }
}

/// An object that is being written. What cannot be written is `false`.
struct Writing<'w, 'a, 's, 'py> {
    known: &'w mut Writer<'py>,
    out: &'w mut Vec<u8>,
    builder: Builder<'a, 's>,
    /// Bytes that the value of the text may take, and with how many somebody is to look whether there is room for them.
    bytes: usize,
    looked: usize,
}

impl<'a, 's, 'py> Writing<'_, 'a, 's, 'py> {
    fn value(&mut self, object: &Bound<'py, PyAny>, part: Part) -> Result<bool, SerdeError> {
        match Exact::of(object) {
            Some(Exact::Text(text)) => self.text(text),
            Some(Exact::Dict(dict)) => self.object(dict, part),
            Some(Exact::List(list)) => self.array(list.iter(), part),
            Some(Exact::Bool(value)) => self.scalar(if value { b"true" } else { b"false" }),
            Some(Exact::Int(value)) => {
                let Ok(value) = value.extract::<i64>() else { return Ok(false) };
                self.room(0)?;
                Ok(write!(self.out, "{value}").is_ok())
            }
            Some(Exact::None) => self.scalar(b"null"),
            Some(Exact::Float(value)) => {
                plain_float(value.value()).map_or(Ok(false), |text| self.scalar(text.as_bytes()))
            }
            Some(Exact::Tuple(tuple)) => self.array(tuple.iter(), part),
            None => Ok(false),
        }
    }

    /// Makes room for a text of so many bytes, and for what else there is of a value.
    #[inline]
    fn room(&mut self, text: usize) -> Result<(), SerdeError> {
        const REST: usize = 32;
        self.bytes = self.bytes.saturating_add(text + size_of::<Entry<'_>>());
        if self.bytes >= self.looked {
            self.look()?;
        }
        match self.out.capacity() - self.out.len() > text + REST {
            true => Ok(()),
            false => self.grow(text + REST),
        }
    }

    /// Looks whether the value of the text will find room.
    #[cold]
    fn look(&mut self) -> Result<(), SerdeError> {
        const INTERVAL: usize = 64 << 10;
        self.builder.room(self.bytes)?;
        self.looked = self.bytes.saturating_add(INTERVAL);
        Ok(())
    }

    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), SerdeError> {
        self.out.try_reserve(bytes).map_err(|_| SerdeError::limit("there is no more memory"))
    }

    fn scalar(&mut self, text: &[u8]) -> Result<bool, SerdeError> {
        self.room(text.len())?;
        self.out.extend_from_slice(text);
        Ok(true)
    }

    #[inline]
    fn text(&mut self, text: &Bound<'py, PyString>) -> Result<bool, SerdeError> {
        let Ok(text) = text.to_str() else { return Ok(false) };
        self.room(text.len())?;
        quote(text, self.out);
        Ok(true)
    }

    /// Goes a level deeper; gives the builder of the level above, to come back to. Nothing where it is too deep.
    fn enter(&mut self) -> Result<Option<Builder<'a, 's>>, SerdeError> {
        let deeper = self.builder.deeper()?;
        if deeper.depth() > DEEPEST || (deeper.depth() % LEVELS == 1 && !has_level()) {
            return Ok(None);
        }
        self.room(0)?;
        Ok(Some(std::mem::replace(&mut self.builder, deeper)))
    }

    fn array(
        &mut self,
        items: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
        part: Part,
    ) -> Result<bool, SerdeError> {
        let Some(above) = self.enter()? else { return Ok(false) };
        self.out.push(b'[');
        if let Some(item_part) = self.builder.of_part(part).item().map(Builder::part) {
            for item in items {
                if !self.value(&item, item_part)? {
                    return Ok(false);
                }
                self.out.push(b',');
                self.builder.step()?;
            }
        }
        // Each item has a comma behind it, the last one the end.
        match self.out.last_mut() {
            Some(comma @ b',') => *comma = b']',
            _ => self.out.push(b']'),
        }
        self.builder = above;
        Ok(true)
    }

    fn object(&mut self, dict: &Bound<'py, PyDict>, part: Part) -> Result<bool, SerdeError> {
        let Some(above) = self.enter()? else { return Ok(false) };
        let (count, start) = (dict.len(), self.out.len());
        for (key, value) in dict.iter().take(count) {
            let key = if count <= RECORD { self.key(&key, part)? } else { self.key_of_table(&key, part)? };
            match key {
                Key::Wanted(part) if !self.value(&value, part)? => return Ok(false),
                Key::Wanted(_) | Key::Unwanted => {}
                Key::None => return Ok(false),
            }
            self.builder.step()?;
            // A signal's handler may have changed it: who iterates would panic.
            if dict.len() != count {
                return Ok(false);
            }
        }
        // What is before the first key opens the object.
        match self.out.get_mut(start) {
            Some(comma) => *comma = b'{',
            None => self.out.push(b'{'),
        }
        self.out.push(b'}');
        self.builder = above;
        Ok(true)
    }

    /// Writes a key of an object of which a part is wanted, unless its value is not wanted.
    #[inline]
    fn key(&mut self, key: &Bound<'py, PyAny>, object: Part) -> Result<Key, SerdeError> {
        let wanted = match self.known.keys.find(key, object) {
            Some(wanted) => wanted,
            None => match self.new_key(key, object) {
                Some(wanted) => wanted,
                None => return Ok(Key::None),
            },
        };
        let Some((place, part)) = wanted else { return Ok(Key::Unwanted) };
        self.room(place.end - place.start)?;
        self.out.extend_from_slice(self.known.names.get(Range::from(place)).unwrap_or_default());
        Ok(Key::Wanted(part))
    }

    /// The same of an object of so many keys that they are hardly another one's.
    fn key_of_table(&mut self, key: &Bound<'py, PyAny>, object: Part) -> Result<Key, SerdeError> {
        let Ok(text) = key.cast_exact::<PyString>() else { return Ok(Key::None) };
        let Ok(text) = text.to_str() else { return Ok(Key::None) };
        let Some(inner) = self.builder.of_part(object).entry(text) else { return Ok(Key::Unwanted) };
        let part = inner.part();
        self.room(text.len())?;
        self.out.push(b',');
        quote(text, self.out);
        self.out.push(b':');
        Ok(Key::Wanted(part))
    }

    /// What is to be known of a key that was not met before; nothing if it is none.
    fn new_key(&mut self, key: &Bound<'py, PyAny>, object: Part) -> Option<Wanted> {
        let text = key.cast_exact::<PyString>().ok()?.to_str().ok()?;
        let Writer { keys, names } = &mut *self.known;
        let wanted = self.builder.of_part(object).entry(text).map(|inner| {
            let start = names.len();
            names.push(b',');
            quote(text, names);
            names.push(b':');
            (Place { start, end: names.len() }, inner.part())
        });
        keys.keep(key, object, wanted);
        Some(wanted)
    }
}

impl From<Place> for Range<usize> {
    fn from(place: Place) -> Self {
        place.start..place.end
    }
}

/// Writes a text as JSON.
#[inline]
fn quote(text: &str, out: &mut Vec<u8>) {
    if is_plain(text.as_bytes()) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            ..b' ' => {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
            byte => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Whether a text has no bytes that are written otherwise in JSON: it is looked at by eight bytes at a time.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    /// The highest bit of a byte that is below another one; of those behind it, too, perhaps.
    const fn below(word: u64, byte: u64) -> u64 {
        word.wrapping_sub(byte * ONES) & !word & HIGH
    }
    const fn odd(word: u64) -> u64 {
        below(word, 0x20) | below(word ^ (b'"' as u64 * ONES), 1) | below(word ^ (b'\\' as u64 * ONES), 1)
    }
    let (words, rest) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | odd(u64::from_le_bytes(*word)));
    let rest = rest.iter().fold(0x20 * ONES, |word, byte| word << 8 | u64::from(*byte));
    (found | odd(rest)) == 0
}
