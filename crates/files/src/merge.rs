//! Says which files' data is wrong, once it is known that something is: the engine merges the texts itself and does not
//! know files.

use crate::load::Document;
use crate::problem::Problem;
use serde_json::{Map, Value};
use solon::Compiler;

/// What is wrong with base documents, alone and together, in OPA's words, each with its file's number.
pub fn problems(documents: &[Document]) -> Vec<(usize, Problem)> {
    let mut problems = Vec::new();
    let mut read: Vec<(&str, Map<String, Value>)> = Vec::new();
    for document in documents {
        let file = document.file.as_str();
        match read_alone(document) {
            Err(problem) => problems.push((document.number, *problem)),
            Ok(map) => match read.iter().find_map(|(other, known)| Some((other, conflict(known, &map)?))) {
                Some((other, mut keys)) => {
                    keys.reverse();
                    let place = reference(&keys);
                    let message =
                        format!("{file}: merge error: conflicting values at {place}, also defined in {other}");
                    problems.push((document.number, Problem::new(message)));
                }
                None => read.push((file, map)),
            },
        }
    }
    problems
}

fn read_alone(document: &Document) -> Result<Map<String, Value>, Box<Problem>> {
    let file = &document.file;
    // Below a path of its own anything is an object, so that only the text can be wrong.
    if let Err(error) = Compiler::new().data_at(&["x"], document.json.as_slice()).compile() {
        let message = error.issues().first().map(|issue| issue.message.clone()).unwrap_or_default();
        return Err(Box::new(match message.split_once(": ") {
            Some((place, message)) if place.starts_with("line ") => {
                Problem { hint: Some(place.to_owned()), ..Problem::new(format!("{file}: {message}")) }
            }
            _ => Problem::new(format!("{file}: {message}")),
        }));
    }
    let value =
        serde_json::from_slice(&document.json).map_err(|error| Box::new(Problem::new(format!("{file}: {error}"))))?;
    let nested = document.path.iter().rev().fold(value, |value, key| Map::from_iter([(key.clone(), value)]).into());
    match nested {
        Value::Object(map) => Ok(map),
        _ => Err(Box::new(Problem::new(format!("{file}: document must be of type object")))),
    }
}

/// The keys, innermost first, at which two objects have values that cannot be merged.
fn conflict(left: &Map<String, Value>, right: &Map<String, Value>) -> Option<Vec<String>> {
    let mut names: Vec<&String> = right.keys().collect();
    names.sort_unstable();
    names.into_iter().find_map(|name| {
        let mut keys = match (left.get(name)?, right.get(name)?) {
            (Value::Object(left), Value::Object(right)) => conflict(left, right)?,
            _ => Vec::new(),
        };
        keys.push(name.clone());
        Some(keys)
    })
}

/// Keys as a reference: `data.a["b-c"]`.
fn reference(keys: &[String]) -> String {
    let is_plain = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    keys.iter().fold("data".to_owned(), |text, key| match is_plain(key) {
        true => format!("{text}.{key}"),
        false => format!("{text}[{}]", Value::from(key.as_str())),
    })
}
