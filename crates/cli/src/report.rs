//! What went wrong, as OPA reports it: a list of errors in JSON, or text for people.

use crate::render::{pretty, quoted};
use std::fmt::Write;

pub use solon_files::{Problem, io_text};

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
    if let Some(details) = &problem.details {
        fields.push(("details", if sorted { sorted_text(&details.json) } else { details.json.clone() }));
    }
    if let Some((line, index)) = &problem.shown {
        fields.push(("details", object(vec![("line", quoted(line)), ("idx", index.to_string())], sorted)));
    }
    fields
}

/// A JSON text with the keys of every object sorted.
fn sorted_text(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let mut value = value;
    value.sort_all_objects();
    value.to_string()
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
    listed(problems, "")
}

/// The same as `opa test` prints them, which says where files themselves are wrong.
pub fn loading(problems: &[Problem]) -> String {
    listed(problems, if problems.iter().all(Problem::is_of_file) { " during loading" } else { "" })
}

fn listed(problems: &[Problem], when: &str) -> String {
    let mut out = match problems.len() {
        1 => format!("1 error occurred{when}: "),
        several => format!("{several} errors occurred{when}:\n"),
    };
    for problem in problems {
        sentence(problem, &mut out);
        for line in problem.details.iter().flat_map(|details| &details.lines) {
            out.push_str("\n\t");
            out.push_str(line);
        }
        let shown = problem.shown.clone().or_else(|| {
            let place = problem.place.as_ref().filter(|place| !place.line.trim().is_empty())?;
            if problem.details.is_some() {
                return None;
            }
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
