//! What an engine says about a program, in one form for both.

use serde::Deserialize;
use serde_json::Value as Json;

/// How programs are evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As policies are.
    Usual,
    /// Without indexes and early exits: bodies that they spare are evaluated, and so are their errors found.
    Plain,
}

/// Either the modules do not compile, or each query has an outcome.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Errors of the compiler.
    pub errors: Vec<Problem>,
    /// What the queries gave, in their order.
    pub outcomes: Vec<Outcome>,
}

/// What a query gave: rows, or errors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// Rows; none of an undefined query.
    pub rows: Vec<Row>,
    /// What is wrong with the query or went wrong.
    pub errors: Vec<Problem>,
}

/// A row of a result set.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct Row {
    /// The values of expressions.
    pub values: Vec<Json>,
    /// Variables with their values.
    pub bindings: serde_json::Map<String, Json>,
}

/// One error.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(default)]
pub struct Problem {
    /// The file; empty for a query.
    pub file: String,
    /// Line, from 1.
    pub row: u32,
    /// Character in the line, from 1.
    pub col: u32,
    /// The code.
    pub code: String,
    /// What is said.
    pub message: String,
}
