//! Inputs.

use super::Error;
use super::policy::Shared;
use crate::value::{Bump, Frozen, Plain, SymbolTable, Value, copy, json, serde};
use ::serde::Serialize;
use std::sync::Arc;

/// The `input` of an evaluation.
#[derive(Clone, Copy)]
pub struct Input<'i>(pub(super) Kind<'i>);

#[derive(Clone, Copy)]
pub(super) enum Kind<'i> {
    None,
    Json(&'i [u8]),
    Parsed(&'i ParsedInput),
    Serialize(&'i dyn ToValue),
}

/// An input that has been read, to be evaluated many times: cheap to clone, `Send` and `Sync`.
#[derive(Clone)]
pub struct ParsedInput {
    pub(super) value: Frozen,
    /// The policy whose symbols are on its strings.
    pub(super) read_for: Arc<Shared>,
}

impl std::fmt::Debug for ParsedInput {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(out)
    }
}

impl<'i> Input<'i> {
    /// No input: `input` is undefined.
    pub fn none() -> Self {
        Input(Kind::None)
    }

    /// JSON text. Its strings are borrowed, not copied, where they have no escapes.
    pub fn json(bytes: &'i (impl AsRef<[u8]> + ?Sized)) -> Self {
        Input(Kind::Json(bytes.as_ref()))
    }

    /// Something that serde can serialize; it does not go through text, and only what the query can read of it is
    /// serialized.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input};
    /// use std::collections::BTreeMap;
    ///
    /// let policy = Compiler::new().module("a.rego", "package a\nsum := input.x + input.y").compile()?;
    /// let query = policy.prepare("data.a.sum")?;
    /// let input = BTreeMap::from([("x", 1), ("y", 2)]);
    /// let sum: i64 = query.evaluator().eval(Input::serialize(&input))?.deserialize()?;
    /// assert_eq!(sum, 3);
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn serialize<T: Serialize>(value: &'i T) -> Self {
        Input(Kind::Serialize(value))
    }

    /// An input that has been read before.
    pub fn parsed(input: &'i ParsedInput) -> Self {
        Input(Kind::Parsed(input))
    }

    /// The value, in the arena. Of a text that is read now, it is what is wanted.
    pub(super) fn value<'a>(
        self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        parser: &mut json::Parser,
        wanted: impl FnOnce() -> &'a json::Projection,
    ) -> Result<Option<Value<'a>>, Error>
    where
        'i: 'a,
    {
        match self.0 {
            Kind::None => Ok(None),
            Kind::Json(bytes) => {
                let value = parser.parse_wanted(arena, bytes, symbols, wanted());
                value.map(Some).map_err(|error| invalid(bytes, &error))
            }
            Kind::Parsed(parsed) if std::ptr::eq(&parsed.read_for.code.symbols, symbols) => {
                Ok(Some(parsed.value.value()))
            }
            // Symbols mean something in their own policy alone.
            Kind::Parsed(parsed) => Ok(Some(copy(&mut Plain(arena), parsed.value.value(), symbols))),
            Kind::Serialize(source) => source.to_value(arena, symbols, wanted()).map(Some),
        }
    }
}

/// Everything that serde can serialize.
pub(super) trait ToValue {
    fn to_value<'a>(
        &self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        wanted: &json::Projection,
    ) -> Result<Value<'a>, Error>;
}

impl<T: Serialize> ToValue for T {
    fn to_value<'a>(
        &self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        wanted: &json::Projection,
    ) -> Result<Value<'a>, Error> {
        serde::from_serialize_wanted(arena, self, symbols, wanted)
            .map_err(|error| Error::new("invalid_input", error.to_string()))
    }
}

/// The error of a text that is no JSON, with its place.
pub(super) fn invalid(bytes: &[u8], error: &json::JsonError) -> Error {
    let before = bytes.get(..error.offset).unwrap_or(bytes);
    let row = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let col = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Error::new("invalid_json", format!("line {row}, column {col}: {}", error.describe(bytes)))
}
