//! Entries of objects of which few are wanted.
//!
//! Each has a place of its own, in the order of the names, so that nothing needs to be sorted. As a rule the entries of
//! objects that are alike come in one order. So the name is tried first that came after the one before the last time:
//! then its key need not be read to find out where it ends, nor be looked for.

use super::super::make::Make;
use super::super::{Entry, Object, Value};
use super::MAX_DEPTH;
use super::projection::{NEAR, Name, Step};
use super::read::{Frame, FrameKind, Reader};
use super::scan::{Piece, Wrong};
use super::skip::next_entry;
use std::cell::Cell;

/// For each name of each node, and for the beginning of the object, the name that came next.
pub(super) type Guesses = [u8; GUESSES];

pub(super) const GUESSES: usize = 64;

/// Where the guess stands of what follows the name with this number before 1 of a node.
#[inline(always)]
fn guess_at(base: u32, last: u8) -> usize {
    (base.wrapping_add(u32::from(last)) % GUESSES as u32) as usize
}

/// The place of an entry that has not been found.
const EMPTY: Entry<'static> = (Value::Null, Value::Null);

impl<'t, 'a, 's, M: Make<'t, 'a>> Reader<'t, 'a, 's, M> {
    /// Reads items of an array whose objects have names, as [`parts`](Self::parts) does. Objects that hold nothing but
    /// scalars are read here; where there is a collection in one, that object is the one to go on with.
    #[inline(never)]
    pub(super) fn named_objects(&mut self, frame: &mut Frame) -> Result<Option<u32>, Wrong> {
        self.frames.push(*frame);
        let is_deep = self.frames.len() >= MAX_DEPTH;
        let start = self.entries.len();
        let wanted = loop {
            if self.scanner.peek() == Some(b'{') && !is_deep {
                self.scanner.at += 1;
                self.scanner.skip_space();
                let mut object = Frame { kind: FrameKind::Names, last: 0, found: 0, node: frame.node, start };
                if self.scanner.peek() != Some(b'}')
                    && let Some(wanted) = self.named_entries(&mut object)?
                {
                    *frame = object;
                    return Ok(Some(wanted));
                }
                self.scanner.at += 1;
                let object = self.object_of_names(object);
                self.items.push(Value::Object(object));
            } else {
                match self.scalar()? {
                    Some(value) => self.items.push(value),
                    None => break Some(frame.node),
                }
            }
            if !self.passes_comma(FrameKind::Array)? {
                break None;
            }
        };
        self.frames.pop();
        self.entries.truncate(start);
        Ok(wanted)
    }

    /// Reads entries of an object of which few are wanted, as [`parts`](Self::parts) does.
    #[inline(never)]
    pub(super) fn named_entries(&mut self, frame: &mut Frame) -> Result<Option<u32>, Wrong> {
        let Step::Names(first, end) = self.projection.step(frame.node) else { return Ok(None) };
        let names = self.projection.names(first, end);
        let base = first.wrapping_add(frame.node);
        if self.entries.len() < frame.start + names.len() {
            self.entries.resize(frame.start + names.len(), EMPTY);
        }
        loop {
            let at = match self.guessed_name(names, base, frame.last) {
                Some(at) => at,
                None => {
                    let Some(at) = self.next_name(names)? else { return Ok(None) };
                    if let Some(guess) = self.guesses.get_mut(guess_at(base, frame.last)) {
                        *guess = at;
                    }
                    at
                }
            };
            frame.last = at + 1;
            frame.found |= 1 << at;
            let value = self.scalar()?;
            let slot = frame.start + usize::from(at);
            let (Some(name), Some(entry)) = (names.get(usize::from(at)), self.entries.get_mut(slot)) else {
                return Ok(None);
            };
            *entry = (Value::String { symbol: name.symbol, text: &name.key }, value.unwrap_or(Value::Null));
            if value.is_none() {
                return Ok(Some(name.wanted));
            }
            if !self.passes_comma(FrameKind::Names)? {
                return Ok(None);
            }
        }
    }

    /// Passes over a key and its colon, if it is the name that came after the last one the last time: as a rule, names
    /// come in one order. Gives the name's number.
    #[inline(always)]
    fn guessed_name(&mut self, names: &[Name], base: u32, last: u8) -> Option<u8> {
        let at = *self.guesses.get(guess_at(base, last))?;
        self.scanner.passes_name(names.get(usize::from(at))?).then_some(at)
    }

    /// Passes over the next key that is one of the names and its colon, and over entries before it that nobody wants.
    /// Gives the name's number; `None` if there is none: then the closing brace stands here.
    #[inline(never)]
    fn next_name(&mut self, names: &[Name]) -> Result<Option<u8>, Wrong> {
        loop {
            self.scanner.expect_key()?;
            let key = match self.scanner.string()? {
                Piece::Plain(text) => text,
                Piece::Decoded => self.scanner.buffer.as_str(),
            };
            let found = names.iter().position(|name| *name.key == *key);
            self.scanner.colon()?;
            if let Some(at) = found {
                return Ok(Some(at as u8));
            }
            let found = Cell::new(None);
            let is_wanted = |text: &[u8]| {
                found.set(names.iter().position(|name| name.begins(text)));
                // Near the end of the text it may be one that was not seen.
                found.get().is_some() || text.len() < NEAR
            };
            let (text, depth) = (self.scanner.text, self.frames.len() + 1);
            let next = if self.is_careful { None } else { next_entry(text, self.scanner.at, depth, is_wanted) };
            let Some(next) = next else {
                // It is looked at closely only once what is unusual further on.
                self.is_careful = true;
                if self.passes_value()? {
                    continue;
                }
                return Ok(None);
            };
            self.scanner.at = next;
            if self.scanner.peek() != Some(b'"') {
                return Ok(None);
            }
            if let Some(at) = found.get() {
                self.scanner.at += names.get(at).map_or(0, |name| name.key.len() + 2);
                self.scanner.colon()?;
                return Ok(Some(at as u8));
            }
        }
    }

    /// An object of the entries that were found.
    #[inline]
    pub(super) fn object_of_names(&mut self, Frame { start, found, .. }: Frame) -> Object<'a> {
        let places = self.entries.get_mut(start..).unwrap_or_default();
        let mut count = found.trailing_ones() as usize;
        let mut rest = found & found.wrapping_add(1);
        while rest != 0 {
            // The lowest ones are in place.
            let at = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if let Some(entry) = places.get(at).copied()
                && let Some(place) = places.get_mut(count)
            {
                *place = entry;
                count += 1;
            }
        }
        match places.get(..count) {
            None | Some([]) => Object::EMPTY,
            Some(entries) => self.make.object(entries),
        }
    }
}
