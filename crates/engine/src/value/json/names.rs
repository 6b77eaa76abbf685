//! Entries of objects of which few are wanted.
//!
//! Each has a place of its own, in the order of the names, so that nothing needs to be sorted. As a rule the entries of
//! objects that are alike come in one order. So the name is tried first that came after the one before the last time:
//! then its key need not be read to find out where it ends, nor be looked for.

use super::super::make::Make;
use super::super::{Entry, Object, Value};
use super::projection::Name;
use super::read::Reader;
use super::scan::{Piece, Wrong};
use super::skip::next_entry;

/// For each name of each node, and for the beginning of the object, the name that came next.
pub(super) type Guesses = [u8; GUESSES];

pub(super) const GUESSES: usize = 64;

/// Where the guess stands of what follows the name with this number before 1 of a node whose names begin at `first`.
#[inline(always)]
fn guess_at(first: u32, node: u32, last: u8) -> usize {
    (first.wrapping_add(node).wrapping_add(u32::from(last)) % GUESSES as u32) as usize
}

/// The place of an entry that was not found.
pub(super) const EMPTY: Entry<'static> = (Value::Null, Value::Null);

#[inline]
fn is_empty(place: &Entry<'_>) -> bool {
    place.0.as_str().is_none()
}

impl<'t, 'a, 's, M: Make<'t, 'a>> Reader<'t, 'a, 's, M> {
    /// Passes over a key, if it is the name that came after the last one the last time: as a rule, names come in one
    /// order. It waits for its value in its place.
    #[inline(always)]
    pub(super) fn guessed_entry(&mut self, (first, end): (u32, u32), node: u32, start: usize) -> Option<&'s Name> {
        let frame = self.frames.last_mut()?;
        let at = u32::from(*self.guesses.get(guess_at(first, node, frame.last))?);
        let name = self.projection.name(first + at).filter(|_| first + at < end)?;
        let entry = self.entries.get_mut(start + at as usize)?;
        let text = self.make.part(self.scanner.name(name)?);
        (frame.slot, frame.last) = (start + at as usize, at as u8 + 1);
        entry.0 = Value::String { symbol: name.symbol, text };
        Some(name)
    }

    /// The next entry of an object of which few are wanted, which have places in the order of their names.
    #[inline(never)]
    pub(super) fn named_entry(
        &mut self,
        (first, end): (u32, u32),
        node: u32,
        start: usize,
    ) -> Result<Option<u32>, Wrong> {
        let names = self.projection.names(first, end);
        loop {
            self.scanner.expect_key()?;
            let piece = self.scanner.string()?;
            let key = match &piece {
                Piece::Plain(text) => text,
                Piece::Decoded => self.scanner.buffer.as_str(),
            };
            let found = names.iter().zip(0..).find(|(name, _)| *name.key == *key);
            self.scanner.colon()?;
            if let Some((name, at)) = found {
                let text = self.text_of(piece);
                if let Some(frame) = self.frames.last_mut() {
                    if let Some(guess) = self.guesses.get_mut(guess_at(first, node, frame.last)) {
                        *guess = at;
                    }
                    (frame.slot, frame.last) = (start + usize::from(at), at + 1);
                }
                if let Some(entry) = self.entries.get_mut(start + usize::from(at)) {
                    entry.0 = Value::String { symbol: name.symbol, text };
                }
                return Ok(Some(name.wanted));
            }
            if !self.passes_entries(names)? {
                return Ok(None);
            }
            if let Some(name) = self.guessed_entry((first, end), node, start) {
                return self.scanner.colon().map(|()| Some(name.wanted));
            }
        }
    }

    /// Passes over a value that nobody wants, and the entries behind it that nobody wants either: whether another one
    /// follows, rather than a closing brace.
    fn passes_entries(&mut self, names: &[Name]) -> Result<bool, Wrong> {
        if self.is_careful {
            return self.passes_value();
        }
        let is_wanted = |text: &[u8]| names.iter().any(|name| name.may_begin(text));
        match next_entry(self.scanner.text, self.scanner.at, self.frames.len(), is_wanted) {
            Some(at) => {
                self.scanner.at = at;
                Ok(self.scanner.peek() == Some(b'"'))
            }
            None => {
                // It is looked at closely only once what is unusual further on.
                self.is_careful = true;
                self.passes_value()
            }
        }
    }

    /// An object of the places that are not empty.
    #[inline]
    pub(super) fn object_of_names(&mut self, start: usize) -> Object<'a> {
        let places = self.entries.get_mut(start..).unwrap_or(&mut []);
        if places.iter().any(is_empty) {
            let mut count = 0;
            for at in 0..places.len() {
                if let Some(entry) = places.get(at).copied().filter(|entry| !is_empty(entry))
                    && let Some(place) = places.get_mut(count)
                {
                    *place = entry;
                    count += 1;
                }
            }
            self.entries.truncate(start + count);
        }
        match self.entries.get(start..) {
            None | Some([]) => Object::EMPTY,
            Some(entries) => self.make.object(entries),
        }
    }
}
