//! Inputs.

use super::policy::Shared;
use super::{Error, Query};
use crate::host::Host;
use crate::value::serde::{Build, Builder, Cause, Meter};
use crate::value::{Bump, Frozen, OwnedValue, OwnedValues, Plain, SymbolTable, Value, copy, json, serde};
use crate::vm::{Limits, codes};
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
    /// With the query that it was built for.
    Built(Value<'i>, &'i Query),
    Build(&'i dyn Build),
    Serialize(&'i dyn ToValue),
}

/// An input that has been read, to be evaluated many times: cheap to clone, `Send` and `Sync`.
#[derive(Clone)]
pub struct ParsedInput {
    pub(super) value: Frozen,
    /// The policy whose symbols are on its strings.
    pub(super) read_for: Arc<Shared>,
}

/// An input that something made of itself, to be evaluated on another thread: `Send`. It has what the query that it was
/// made for can read; see [`Query::build_input`](super::Query::build_input).
pub struct BuiltInput {
    pub(super) value: OwnedValue,
    pub(super) query: Query,
}

impl BuiltInput {
    /// Bytes that it holds.
    pub fn allocated_bytes(&self) -> usize {
        self.value.allocated_bytes()
    }
}

/// Inputs as [`BuiltInput`] is one, of one query and in one place, to be evaluated on another thread: `Send`.
///
/// ```
/// use solon_engine::value::serde::{Build, Builder, SerdeError};
/// use solon_engine::{Compiler, Limits, NoHost, value::Value};
///
/// struct Number(i64);
///
/// impl Build for Number {
///     fn build<'a>(&self, _: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
///         Ok(Value::Int(self.0))
///     }
/// }
///
/// let query = Compiler::new().module("a.rego", "package a\nx := input + 1").compile()?.prepare("data.a.x")?;
/// let mut inputs = query.built_inputs();
/// inputs.push(&Number(41), &Limits::default(), &NoHost)?;
/// let mut evaluator = query.evaluator();
/// let answer = evaluator.eval(inputs.get(0).unwrap())?;
/// assert_eq!(answer.deserialize::<i64>()?, 42);
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Debug)]
pub struct BuiltInputs {
    values: OwnedValues,
    query: Query,
}

impl BuiltInputs {
    pub(super) fn new(query: Query) -> Self {
        BuiltInputs { values: OwnedValues::new(), query }
    }

    /// Adds what the query can read of an input that makes a value of itself. Limits and host are those of an
    /// evaluation: of the former `memory`, of each input, and `deadline` count.
    ///
    /// # Errors
    ///
    /// `invalid_input`, if it is no value; `eval_limit_error`, if it takes too much. Nothing is added then.
    pub fn push(&mut self, source: &dyn Build, limits: &Limits, host: &dyn Host) -> Result<(), Error> {
        let look = || limits.watch(host);
        let meter = Meter::new(limits.memory.saturating_add(self.values.used_bytes()), &look);
        let symbols = &self.query.policy.shared.code.symbols;
        let added = self.values.build_wanted(source, symbols, self.query.projection(), &meter);
        added.map_err(|error| unfit(&error))
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<Input<'_>> {
        Some(Input(Kind::Built(self.values.get(at)?, &self.query)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Bytes that they hold.
    pub fn allocated_bytes(&self) -> usize {
        self.values.allocated_bytes()
    }

    /// Bytes that they use of those.
    pub fn used_bytes(&self) -> usize {
        self.values.used_bytes()
    }

    /// Removes them, and keeps their memory.
    pub fn clear(&mut self) {
        self.values.clear();
    }
}

impl std::fmt::Debug for BuiltInput {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(out)
    }
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

    /// Something that makes a value of itself, sets included; see [`Build`].
    pub fn build(source: &'i dyn Build) -> Self {
        Input(Kind::Build(source))
    }

    /// An input that has been made before.
    pub fn built(input: &'i BuiltInput) -> Self {
        Input(Kind::Built(input.value.value(), &input.query))
    }

    /// An input that has been read before.
    pub fn parsed(input: &'i ParsedInput) -> Self {
        Input(Kind::Parsed(input))
    }

    /// Whether it matters what of it is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        !matches!(self.0, Kind::None | Kind::Parsed(_))
    }

    /// The value, in the arena. Of what is read or made now, it is what is wanted; what is made is held to limits.
    #[inline]
    pub(super) fn value<'a>(
        self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        parser: &mut json::Parser,
        wanted: &'a json::Projection,
        held: (&Limits, &dyn Host),
    ) -> Result<Option<&'a Value<'a>>, Error>
    where
        'i: 'a,
    {
        match self.0 {
            Kind::Parsed(parsed) if std::ptr::eq(&parsed.read_for.code.symbols, symbols) => {
                Ok(Some(parsed.value.place()))
            }
            _ => self.make(arena, symbols, parser, wanted, held),
        }
    }

    fn make<'a>(
        self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        parser: &mut json::Parser,
        wanted: &'a json::Projection,
        (limits, host): (&Limits, &dyn Host),
    ) -> Result<Option<&'a Value<'a>>, Error>
    where
        'i: 'a,
    {
        let look = || limits.watch(host);
        let meter = &Meter::new(limits.memory, &look);
        let made = match self.0 {
            Kind::None => return Ok(None),
            Kind::Json(bytes) => {
                let value = parser.parse_asked(arena, bytes, symbols, wanted);
                value.map_err(|error| invalid(bytes, &error))
            }
            Kind::Built(value, query) => match std::ptr::eq(query.projection(), wanted) {
                true => Ok(value),
                // What another query reads may not be there.
                false => Err(Error::new("invalid_input", "the input was built for another query")),
            },
            // Symbols mean something in their own policy alone.
            Kind::Parsed(parsed) => Ok(copy(&mut Plain::new(arena), parsed.value.value(), symbols)),
            Kind::Build(source) => {
                source.build(Builder::new(arena, symbols, wanted, meter)).map_err(|error| unfit(&error))
            }
            Kind::Serialize(source) => source.to_value(arena, symbols, wanted, meter),
        };
        made.map(|value| Some(&*arena.alloc(value)))
    }
}

/// Everything that serde can serialize.
pub(super) trait ToValue {
    fn to_value<'a>(
        &self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        wanted: &json::Projection,
        meter: &Meter<'_>,
    ) -> Result<Value<'a>, Error>;
}

impl<T: Serialize> ToValue for T {
    fn to_value<'a>(
        &self,
        arena: &'a Bump,
        symbols: &SymbolTable,
        wanted: &json::Projection,
        meter: &Meter<'_>,
    ) -> Result<Value<'a>, Error> {
        serde::from_serialize_wanted(arena, self, symbols, wanted, meter).map_err(|error| unfit(&error))
    }
}

/// The error of something that is no value, or of which there is too much.
pub(super) fn unfit(error: &serde::SerdeError) -> Error {
    let code = match error.cause() {
        Cause::Unfit => "invalid_input",
        Cause::Limit => codes::LIMIT,
        Cause::Cancelled => codes::CANCEL,
    };
    Error::new(code, error.to_string())
}

/// The error of a text that is no JSON, with its place.
pub(super) fn invalid(bytes: &[u8], error: &json::JsonError) -> Error {
    let before = bytes.get(..error.offset).unwrap_or(bytes);
    let row = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let col = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Error::new("invalid_json", format!("line {row}, column {col}: {}", error.describe(bytes)))
}
