//! What went wrong, as OPA reports it: a list of errors in JSON, or text for people.

use crate::render::{pretty, quoted};
use solon::Issue;
use solon::syntax::line_at;
use std::fmt::Write;
use std::io;

/// One error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// OPA's code; empty where it has none, as for a file that is not there.
    pub code: String,
    /// Where.
    pub place: Option<Place>,
    /// The line that is shown with a parse error, and the byte in it.
    pub details: Option<(String, usize)>,
    /// How to mend it.
    pub hint: Option<String>,
}

/// A place in a file; the file is empty for a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    pub file: String,
    pub row: u32,
    pub col: u32,
    /// The line's text.
    pub line: String,
}

impl Problem {
    /// An error that is only a sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), ..Problem::default() }
    }

    /// The error of a file operation in Go's words: `open a.json: no such file or directory`.
    pub fn of_file(operation: &str, path: &str, error: &io::Error) -> Self {
        Problem::new(format!("{operation} {path}: {}", io_text(error)))
    }

    /// The engine's errors. `text_of` gives the text of a file by its name, the query's for the empty name.
    pub fn of_engine<'t>(error: &solon::Error, text_of: impl Fn(&str) -> Option<&'t str>) -> Vec<Problem> {
        error.issues().iter().map(|issue| of_issue(issue, &text_of)).collect()
    }
}

/// What the system says, in lower case and without its number.
pub fn io_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

fn of_issue<'t>(issue: &Issue, text_of: &impl Fn(&str) -> Option<&'t str>) -> Problem {
    let place = issue.location.as_ref().map(|location| Place {
        file: location.file.clone(),
        row: location.row,
        col: location.col,
        line: location.line.clone(),
    });
    let is_parse_error = issue.code == "rego_parse_error";
    let details = place.as_ref().filter(|_| is_parse_error).and_then(|place| {
        let text = text_of(&place.file)?;
        Some(line_at(text, place.row, place.col))
    });
    // Nothing else than a deadline stops an evaluation on the command line.
    let is_late = issue.code == "eval_cancel_error";
    let message = if is_late { "context deadline exceeded".to_owned() } else { issue.message.clone() };
    Problem { message, code: issue.code.clone(), place, details, hint: issue.hint.clone() }
}

/// The errors as OPA's JSON document.
pub fn json(problems: &[Problem]) -> String {
    document(problems, false)
}

/// The errors as OPA's JSON document with the keys of every object sorted.
pub fn sorted_json(problems: &[Problem]) -> String {
    document(problems, true)
}

fn document(problems: &[Problem], sorted: bool) -> String {
    let errors: Vec<String> = problems.iter().map(|problem| object(fields(problem, sorted), sorted)).collect();
    pretty(&format!("{{\"errors\":[{}]}}", errors.join(",")))
}

fn fields(problem: &Problem, sorted: bool) -> Vec<(&'static str, String)> {
    let mut fields = vec![("message", quoted(&problem.message))];
    if !problem.code.is_empty() {
        fields.push(("code", quoted(&problem.code)));
    }
    if let Some(place) = &problem.place {
        let place = vec![("file", quoted(&place.file)), ("row", place.row.to_string()), ("col", place.col.to_string())];
        fields.push(("location", object(place, sorted)));
    }
    if let Some((line, index)) = &problem.details {
        fields.push(("details", object(vec![("line", quoted(line)), ("idx", index.to_string())], sorted)));
    }
    fields
}

fn object(mut fields: Vec<(&'static str, String)>, sorted: bool) -> String {
    if sorted {
        fields.sort_unstable();
    }
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// One error as a JSON object, in the order in which `opa test` has it.
pub fn error_json(problem: &Problem) -> String {
    let mut fields = fields(problem, false);
    fields.sort_by_key(|(name, _)| *name != "code");
    object(fields, false)
}

/// The errors as sentences, a line each.
pub fn sentences(problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        sentence(problem, &mut out);
        out.push('\n');
    }
    out
}

/// The errors for people: as OPA prints them, with the line for all that have one, and hints.
pub fn text(problems: &[Problem]) -> String {
    let mut out = match problems.len() {
        1 => "1 error occurred: ".to_owned(),
        several => format!("{several} errors occurred:\n"),
    };
    for problem in problems {
        sentence(problem, &mut out);
        let shown = problem.details.clone().or_else(|| {
            let place = problem.place.as_ref().filter(|place| !place.line.trim().is_empty())?;
            Some((place.line.clone(), usize::try_from(place.col.saturating_sub(1)).ok()?))
        });
        if let Some((line, index)) = shown {
            let trimmed = line.trim_start_matches('\t');
            let indent = index.saturating_sub(line.len() - trimmed.len());
            // Writing to a string does not fail.
            let _ = write!(out, "\n\t{trimmed}\n\t{:indent$}^", "");
        }
        if let Some(hint) = &problem.hint {
            let _ = write!(out, "\n\thint: {hint}");
        }
        out.push('\n');
    }
    out
}

/// `file:row: code: message`, without what is not known.
fn sentence(problem: &Problem, out: &mut String) {
    let _ = match &problem.place {
        Some(place) if place.file.is_empty() => write!(out, "{}:{}: ", place.row, place.col),
        Some(place) => write!(out, "{}:{}: ", place.file, place.row),
        None => Ok(()),
    };
    if !problem.code.is_empty() {
        out.push_str(&problem.code);
        out.push_str(": ");
    }
    out.push_str(&problem.message);
}
