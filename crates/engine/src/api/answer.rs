//! Answers: OPA's result sets.

use super::Error;
use super::policy::Prepared;
use crate::value::{Bump, SymbolTable, Value, serde as conversion};
use crate::vm::Rows;
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use solon_syntax::Position;

/// What a query answers: a row for each way in which it holds. It borrows from the evaluator; [`Answer::to_owned`]
/// gives one that does not. Serialized, it is OPA's result set.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    rows: Rows<'a>,
    query: &'a Prepared,
}

/// One way in which a query holds.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    values: Values<'a>,
    query: &'a Prepared,
}

/// The values of a row: those of variables, then those of expressions.
#[derive(Clone, Copy)]
enum Values<'a> {
    One(Value<'a>),
    Any(&'a [Value<'a>]),
}

impl<'a> Values<'a> {
    fn get(self, at: usize) -> Option<Value<'a>> {
        match self {
            Values::One(value) => (at == 0).then_some(value),
            Values::Any(values) => values.get(at).copied(),
        }
    }
}

/// An expression of a query with its value.
#[derive(Clone, Copy, Debug)]
pub struct Expression<'a> {
    /// Its value; `true` for those that have none.
    pub value: Value<'a>,
    /// As written.
    pub text: &'a str,
    /// Where it begins.
    pub position: Position,
}

impl<'a> Answer<'a> {
    pub(super) fn new(rows: Rows<'a>, query: &'a Prepared) -> Self {
        Answer { rows, query }
    }

    /// The rows; none if the query is undefined.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'a>> + use<'a> {
        let Answer { rows, query } = *self;
        (0..self.len()).map(move |at| Row { values: values(rows, at).unwrap_or(Values::Any(&[])), query })
    }

    fn len(&self) -> usize {
        match self.rows {
            Rows::One(_) => 1,
            Rows::Any(rows) => rows.len(),
        }
    }

    /// Whether the query has no answer.
    pub fn is_undefined(&self) -> bool {
        self.len() == 0
    }

    /// The value of the first expression of the first row: that of a query such as `data.a.deny`.
    pub fn value(&self) -> Option<Value<'a>> {
        values(self.rows, 0)?.get(self.query.bindings.len())
    }

    /// Whether the query is a single expression that is `true`. Undefined and everything else is not, nor is a query with
    /// variables, which holds for some value or other.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input};
    ///
    /// let policy = Compiler::new().compile()?;
    /// let is_true = |query: &str| Ok::<_, solon_engine::Error>(policy.prepare(query)?.evaluator().eval(Input::none())?.is_true());
    /// assert!(is_true("1 < 2")? && !is_true("1 > 2")? && !is_true("x = 1")? && !is_true("true; true")?);
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn is_true(&self) -> bool {
        self.len() == 1
            && self.query.bindings.is_empty()
            && self.query.expressions.len() == 1
            && matches!(self.value(), Some(Value::Bool(true)))
    }

    /// [`Answer::value`] as any type that serde can deserialize; `null` where the query is undefined.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let value = self.value().unwrap_or(Value::Null);
        conversion::deserialize_into(value).map_err(|error| Error::new("invalid_result", error.to_string()))
    }

    /// The answer as `serde_json` values.
    pub fn to_owned(&self) -> OwnedAnswer {
        OwnedAnswer { rows: self.rows().map(|row| row.to_owned()).collect() }
    }
}

/// The values of a row.
fn values<'a>(rows: Rows<'a>, at: usize) -> Option<Values<'a>> {
    match rows {
        Rows::One(value) => (at == 0).then_some(Values::One(value)),
        Rows::Any(rows) => rows.get(at)?.as_array().map(Values::Any),
    }
}

impl<'a> Row<'a> {
    /// Variables of the query with their values.
    pub fn bindings(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let Row { values, query } = *self;
        query.bindings.iter().enumerate().filter_map(move |(at, name)| Some((&**name, values.get(at)?)))
    }

    /// The value of a variable.
    pub fn binding(&self, name: &str) -> Option<Value<'a>> {
        self.bindings().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Expressions of the query with their values.
    pub fn expressions(&self) -> impl Iterator<Item = Expression<'a>> + use<'a> {
        let Row { values, query } = *self;
        query.expressions.iter().zip(query.bindings.len()..).filter_map(move |(span, at)| {
            let text = query.source.slice(*span);
            Some(Expression { value: values.get(at)?, text, position: query.source.position(span.start) })
        })
    }

    /// The row as `serde_json` values.
    pub fn to_owned(&self) -> OwnedRow {
        OwnedRow {
            expressions: self
                .expressions()
                .map(|expression| OwnedExpression {
                    value: conversion::to_json(expression.value),
                    text: expression.text.to_owned(),
                    row: expression.position.row,
                    col: expression.position.col,
                })
                .collect(),
            bindings: self.bindings().map(|(name, value)| (name.to_owned(), conversion::to_json(value))).collect(),
        }
    }
}

/// An [`Answer`] that owns its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnedAnswer {
    /// The rows.
    pub rows: Vec<OwnedRow>,
}

/// A [`Row`] that owns its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnedRow {
    /// Expressions in order.
    pub expressions: Vec<OwnedExpression>,
    /// Variables with their values.
    pub bindings: serde_json::Map<String, serde_json::Value>,
}

impl OwnedRow {
    /// Bindings and values of expressions as one value; nothing if it is nested deeper than values may be.
    fn value<'a>(&self, arena: &'a Bump, symbols: &SymbolTable) -> Option<Value<'a>> {
        let values: Vec<_> = self.expressions.iter().map(|expression| &expression.value).collect();
        conversion::from_serialize(arena, &(&self.bindings, values), symbols).ok()
    }
}

/// An [`Expression`] that owns its value.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedExpression {
    /// Its value.
    pub value: serde_json::Value,
    /// As written.
    pub text: String,
    /// Line, from 1.
    pub row: u32,
    /// Character in the line, from 1.
    pub col: u32,
}

impl OwnedAnswer {
    /// The value of the first expression of the first row.
    pub fn value(&self) -> Option<&serde_json::Value> {
        self.rows.first()?.expressions.first().map(|expression| &expression.value)
    }

    /// Whether two answers say the same: equal values and bindings, by Rego's equality (`1` is `1.0`), in rows of any
    /// order. Texts and places of expressions do not count.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input};
    ///
    /// let policy = Compiler::new().compile()?;
    /// let ask = |query: &str| Ok::<_, solon_engine::Error>(policy.prepare(query)?.evaluator().eval(Input::none())?.to_owned());
    /// assert!(ask("some x in [1, 2.0]")?.agrees_with(&ask("some x in [2, 1]")?));
    /// assert!(!ask("some x in [1, 2]")?.agrees_with(&ask("some x in [1]")?));
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn agrees_with(&self, other: &OwnedAnswer) -> bool {
        let (arena, symbols) = (Bump::new(), SymbolTable::new());
        let read = |rows: &[OwnedRow]| {
            let mut rows = rows.iter().map(|row| row.value(&arena, &symbols)).collect::<Option<Vec<_>>>()?;
            rows.sort_unstable();
            Some(rows)
        };
        read(&self.rows).zip(read(&other.rows)).is_some_and(|(left, right)| left == right)
    }
}

struct Place(u32, u32);

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut place = serializer.serialize_struct("Location", 2)?;
        place.serialize_field("row", &self.0)?;
        place.serialize_field("col", &self.1)?;
        place.end()
    }
}

fn expression<S: Serializer>(
    serializer: S,
    value: &impl Serialize,
    text: &str,
    place: Place,
) -> Result<S::Ok, S::Error> {
    let mut out = serializer.serialize_struct("Expression", 3)?;
    out.serialize_field("value", value)?;
    out.serialize_field("text", text)?;
    out.serialize_field("location", &place)?;
    out.end()
}

impl Serialize for Expression<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        expression(serializer, &self.value, self.text, Place(self.position.row, self.position.col))
    }
}

impl Serialize for OwnedExpression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        expression(serializer, &self.value, &self.text, Place(self.row, self.col))
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_owned().serialize(serializer)
    }
}

impl Serialize for OwnedAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in &self.rows {
            rows.serialize_element(row)?;
        }
        rows.end()
    }
}

impl Serialize for OwnedRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("expressions", &self.expressions)?;
        if !self.bindings.is_empty() {
            row.serialize_entry("bindings", &self.bindings)?;
        }
        row.end()
    }
}
