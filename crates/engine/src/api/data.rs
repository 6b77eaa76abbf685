//! Base documents from JSON texts.

use super::Error;
use super::input::invalid;
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
        if path.is_empty() && document.value().as_object().is_none() {
            return Err(Error::new("invalid_data", "the base document must be an object"));
        }
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
