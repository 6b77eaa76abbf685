//! Base documents from JSON texts.

use super::Error;
use super::input::invalid;
use crate::value::json::MAX_DEPTH;
use crate::value::{Frozen, Object, SymbolTable, Value};

/// A JSON text and where in `data` it goes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) path: Vec<String>,
    pub(super) text: Vec<u8>,
}

/// All parts as one tree. Objects are merged; two values in one place are an error. Each text is given back as soon as
/// it has been read.
pub(super) fn build(parts: Vec<Part>, symbols: &SymbolTable) -> Result<Frozen, Error> {
    let mut documents = Vec::with_capacity(parts.len());
    for Part { path, text } in parts {
        let document = Frozen::read(&text, symbols).map_err(|error| invalid(&text, &error))?;
        check(path.len(), document.value())?;
        documents.push((path, document));
    }
    match documents.as_slice() {
        [] => return Ok(Frozen::new(Value::Object(Object::EMPTY), symbols)),
        [(path, document)] if path.is_empty() => return Ok(document.clone()),
        _ => {}
    }
    Frozen::merged(documents, symbols).map_err(|path| {
        Error::new("invalid_data", format!("two base documents at data.{} cannot be merged", path.join(".")))
    })
}

/// Refuses a document so many levels below `data` with which that would be no object, or nest deeper than a JSON text may.
pub(super) fn check(place: usize, document: Value<'_>) -> Result<(), Error> {
    if place == 0 {
        return match document {
            Value::Object(_) => Ok(()),
            _ => Err(Error::new("invalid_data", "the base document must be an object")),
        };
    }
    match MAX_DEPTH.checked_sub(place).is_some_and(|left| fits(document, left)) {
        true => Ok(()),
        false => Err(Error::new("invalid_data", format!("base documents nest deeper than {MAX_DEPTH} levels"))),
    }
}

/// Whether a value has at most so many levels.
fn fits(value: Value<'_>, levels: usize) -> bool {
    let below = |value: &Value<'_>| levels.checked_sub(1).is_some_and(|levels| fits(*value, levels));
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(below),
        Value::Object(object) => levels > 0 && object.entries().iter().all(|(_, value)| below(value)),
        _ => true,
    }
}
