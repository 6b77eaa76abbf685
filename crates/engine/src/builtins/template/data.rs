//! What terms stand for: values of JSON as Go has them, and those that templates make.
//!
//! The types are Go's, as messages name them and functions tell them apart: a number of JSON is a text of a type of its
//! own, one of a template an integer or a float; and what was taken out of a collection is of type `interface {}` until
//! it is passed on.

use crate::value::{Object, Value, json};
use std::borrow::Cow;

/// What a term stands for.
#[derive(Clone, Copy)]
pub(super) enum Data<'s> {
    /// What is not there, and `nil`.
    Missing,
    /// A part of a collection, which may be null.
    Element(Value<'s>),
    Bool(bool),
    Int(i64),
    /// A byte of a text.
    Byte(u8),
    Float(f64),
    Complex(f64, f64),
    Text(&'s str),
    /// A number of JSON, or a part of its text.
    Number(Digits<'s>),
    List(List<'s>),
    Map(Object<'s>),
}

impl<'s> Data<'s> {
    /// A value that is no part of a collection.
    fn of(value: Value<'s>) -> Self {
        match value {
            Value::Null => Data::Missing,
            Value::Bool(value) => Data::Bool(value),
            Value::Int(number) => Data::Number(Digits::Whole(number)),
            Value::Number(number) => Data::Number(Digits::Text(number.text())),
            Value::String { text, .. } => Data::Text(text),
            Value::Array(items) => Data::List(List::new(items)),
            Value::Set(set) => Data::List(List::new(set.items())),
            Value::Object(object) => Data::Map(object),
        }
    }

    /// What is in it if it is a part of a collection, else itself.
    pub(super) fn inner(self) -> Self {
        match self {
            Data::Element(value) => Data::of(value),
            data => data,
        }
    }

    /// Whether it is nil, of whatever type.
    pub(super) fn is_nil(self) -> bool {
        matches!(self.inner(), Data::Missing)
    }

    /// The name of its type in Go.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Data::Missing => "<nil>",
            Data::Element(_) => "interface {}",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Byte(_) => "uint8",
            Data::Float(_) => "float64",
            Data::Complex(..) => "complex128",
            Data::Text(_) => "string",
            Data::Number(_) => "json.Number",
            Data::List(_) => "[]interface {}",
            Data::Map(_) => "map[string]interface {}",
        }
    }

    pub(super) fn is_true(self) -> bool {
        match self.inner() {
            Data::Missing | Data::Element(_) => false,
            Data::Bool(value) => value,
            Data::Int(number) => number != 0,
            Data::Byte(number) => number != 0,
            Data::Float(number) => number != 0.0,
            Data::Complex(real, imaginary) => real != 0.0 || imaginary != 0.0,
            Data::Text(text) => !text.is_empty(),
            Data::Number(Digits::Text(text)) => !text.is_empty(),
            Data::Number(Digits::Whole(_)) => true,
            Data::List(list) => list.len() > 0,
            Data::Map(map) => !map.entries().is_empty(),
        }
    }

    /// The text of a string or of a number of JSON, which are the same to Go in many places.
    pub(super) fn text(self) -> Option<Cow<'s, str>> {
        match self.inner() {
            Data::Text(text) => Some(text.into()),
            Data::Number(digits) => Some(digits.text()),
            _ => None,
        }
    }
}

/// The text of a number.
#[derive(Clone, Copy)]
pub(super) enum Digits<'s> {
    Whole(i64),
    Text(&'s str),
}

impl<'s> Digits<'s> {
    pub(super) fn text(self) -> Cow<'s, str> {
        match self {
            Digits::Whole(number) => number.to_string().into(),
            Digits::Text(text) => text.into(),
        }
    }
}

/// An array or a part of one. As in Go there may be room behind its end, which another part may take.
#[derive(Clone, Copy)]
pub(super) struct List<'s> {
    items: &'s [Value<'s>],
    start: usize,
    end: usize,
    room: usize,
}

impl<'s> List<'s> {
    pub(super) fn new(items: &'s [Value<'s>]) -> Self {
        List { items, start: 0, end: items.len(), room: room_of(items.len()) }
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// How long a part may be that begins where it begins.
    pub(super) fn capacity(&self) -> usize {
        self.room - self.start
    }

    /// The item, null where nothing was written yet.
    pub(super) fn get(&self, at: usize) -> Option<Value<'s>> {
        let at = self.start.checked_add(at).filter(|at| *at < self.end)?;
        Some(self.items.get(at).copied().unwrap_or(Value::Null))
    }

    /// The part from one place to another, with room up to a third; all count from its start and are in order.
    pub(super) fn part(&self, start: usize, end: usize, room: usize) -> Self {
        let place = |at: usize| self.start.saturating_add(at).min(self.room);
        List { items: self.items, start: place(start), end: place(end), room: place(room) }
    }
}

/// The room of a list of Go that grew to this length item by item.
fn room_of(length: usize) -> usize {
    /// What fits the blocks of Go's allocator, beyond which there are pages.
    const BLOCKS: [usize; 13] = [0, 1, 2, 4, 8, 16, 32, 71, 143, 303, 591, 1023, 1535];
    const PAGE: usize = 512;
    if let Some(block) = BLOCKS.iter().find(|block| **block >= length) {
        return *block;
    }
    let mut room: usize = 1535;
    while room < length {
        room = room.saturating_add((room + 768) / 4).next_multiple_of(PAGE);
    }
    room
}

/// The text of a key, which is a string wherever variables are JSON.
pub(super) fn key<'s>(key: Value<'s>) -> Cow<'s, str> {
    match key {
        Value::String { text, .. } => text.into(),
        other => {
            let mut text = String::new();
            json::write(other, &mut text);
            text.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::room_of;

    #[test]
    fn lists_have_the_room_that_go_gives_them() {
        let rooms = [0, 1, 3, 5, 33, 72, 1000, 1024, 1536, 2561, 3585, 5121, 18433].map(room_of);
        assert_eq!(rooms, [0, 1, 4, 8, 71, 143, 1023, 1535, 2560, 3584, 5120, 6656, 23552]);
    }
}
