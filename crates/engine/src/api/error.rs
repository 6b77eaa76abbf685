//! One error type: what went wrong, as data, with the places.

use crate::vm::{Differing, EvalError, codes};
use serde::Serialize;
use solon_syntax::{Diagnostic, Source, Span};
use std::fmt;

/// Why there is no policy, query or answer: one or more [`Issue`]s.
///
/// ```
/// let error = solon_engine::Compiler::new().module("a.rego", "package a\np if x").compile().unwrap_err();
/// assert_eq!(error.issues()[0].code, "rego_unsafe_var_error");
/// assert_eq!(error.to_string(), "a.rego:2: rego_unsafe_var_error: var x is unsafe");
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    issues: Vec<Issue>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Issue {
    /// OPA's code, for example `rego_parse_error`, `rego_unsafe_var_error` or `eval_conflict_error`; empty where there is
    /// none, as for a file that is not there.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where, if it is anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// How to mend it, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// More about it, where OPA says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// Whether OPA shows no line with an error of reading.
    #[serde(skip)]
    pub is_bare: bool,
}

/// What OPA says below an error.
///
/// ```
/// let error = solon_engine::Compiler::new().module("a.rego", "package a\np if 1 == \"x\"").compile().unwrap_err();
/// let details = error.issues()[0].details.as_ref().unwrap();
/// assert_eq!(details.lines, ["left  : number", "right : string"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Lines for people.
    pub lines: Vec<String>,
    /// The same as a JSON text.
    pub json: String,
}

impl Serialize for Details {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<serde_json::Value>(&self.json).unwrap_or_default().serialize(serializer)
    }
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file's name as it was given; empty for a query.
    pub file: String,
    /// Line, from 1.
    pub row: u32,
    /// Character in the line, from 1; 0 at the end of a text whose last row is empty.
    pub col: u32,
    /// The line's text; empty where it is longer than 4 KiB.
    #[serde(skip)]
    pub line: String,
}

/// How many bytes a line may have that is told with an error.
const LONGEST_LINE: usize = 4096;

impl Location {
    pub(super) fn of(span: Span, sources: &[Source]) -> Option<Location> {
        let source = sources.get(span.file as usize)?;
        let position = source.position(span.start);
        let line = Location::line_of(source, position.row);
        // As in OPA, the end of a text is at its last character, which is none in an empty row.
        let is_end = !source.text().is_empty() && span.start as usize == source.text().len();
        Some(Location {
            file: source.name().to_owned(),
            row: position.row,
            col: position.col - u32::from(is_end),
            line,
        })
    }

    /// The text of a line, if it is not too long.
    pub(super) fn line_of(source: &Source, row: u32) -> String {
        let line = source.line(row);
        if line.len() <= LONGEST_LINE { line.to_owned() } else { String::new() }
    }
}

impl Issue {
    /// An issue of which no more is known.
    ///
    /// ```
    /// let mut issue = solon_engine::Issue::new("rego_parse_error", "unexpected eof token");
    /// issue.hint = Some("close the brace".to_owned());
    /// assert_eq!(issue.to_string(), "rego_parse_error: unexpected eof token");
    /// ```
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Issue { code, message, location: None, hint: None, details: None, is_bare: false }
    }
}

impl Error {
    pub(super) fn of_diagnostics(diagnostics: Vec<Diagnostic>, sources: &[Source]) -> Self {
        let mut diagnostics = diagnostics;
        let name = |span: Span| sources.get(span.file as usize).map(Source::name);
        // What has no place comes last: that there are more.
        diagnostics.sort_by(|left, right| {
            let place = |span: Span| (name(span).is_none(), name(span), span.file, span.start);
            place(left.span).cmp(&place(right.span))
        });
        let issues = diagnostics.into_iter().map(|diagnostic| Issue {
            code: diagnostic.code.to_owned(),
            message: diagnostic.message,
            location: Location::of(diagnostic.span, sources),
            hint: diagnostic.hint,
            details: diagnostic.details.map(|details| Details { lines: details.lines, json: details.json }),
            is_bare: diagnostic.is_bare,
        });
        Error { issues: issues.collect() }
    }

    pub(super) fn of_evaluation(error: EvalError, sources: &[Source]) -> Self {
        let has_place = error.span != Span::default();
        let mut message = error.message;
        add_values(&mut message, error.differing, sources);
        Error {
            issues: vec![Issue {
                location: if has_place { Location::of(error.span, sources) } else { None },
                ..Issue::new(error.code, message)
            }],
        }
    }

    /// An error without a place.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Error { issues: vec![Issue::new(code, message)] }
    }

    /// Everything that is wrong, in order of the places.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// Whether the sources or the query are at fault, rather than an evaluation.
    pub fn is_compile_error(&self) -> bool {
        self.issues.iter().any(|issue| issue.code.starts_with("rego_"))
    }

    /// Whether the evaluation was stopped from outside.
    pub fn is_cancelled(&self) -> bool {
        self.has(codes::CANCEL)
    }

    /// Whether a limit was reached.
    pub fn is_limit(&self) -> bool {
        self.has(codes::LIMIT)
    }

    fn has(&self, code: &str) -> bool {
        self.issues.iter().any(|issue| issue.code == code)
    }
}

/// Adds the values that are in conflict to a message, in order of their places.
fn add_values(message: &mut String, differing: Differing, sources: &[Source]) {
    let place = |(span, text): (Span, String)| (Location::of(span, sources), text);
    let mut values: Vec<(Option<Location>, String)> = differing.values.into_iter().map(place).collect();
    let order = |place: &Option<Location>| place.as_ref().map(|at| (at.file.clone(), at.row, at.col));
    values.sort_by_key(|(place, _)| order(place));
    message.extend((!values.is_empty()).then_some(':'));
    for (place, text) in values {
        let place = place.map_or_else(|| "<unknown>".to_owned(), |place| place.to_string());
        message.extend(["\n  ", &text, " at ", &place]);
    }
    message.extend(differing.has_more.then_some("\n  ..."));
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.issues.iter().map(Issue::to_string).collect();
        if lines.len() > 1 {
            writeln!(out, "{} errors occurred:", lines.len())?;
        }
        out.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(out, "{location}: ")?;
        }
        if !self.code.is_empty() {
            write!(out, "{}: ", self.code)?;
        }
        out.write_str(&self.message)?;
        let lines = self.details.iter().flat_map(|details| &details.lines);
        lines.into_iter().try_for_each(|line| write!(out, "\n\t{line}"))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            return write!(out, "{}:{}", self.row, self.col);
        }
        write!(out, "{}:{}", self.file, self.row)
    }
}

impl std::error::Error for Error {}
