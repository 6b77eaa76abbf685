//! Base documents from JSON texts.

use super::Error;
use super::input::invalid;
use crate::value::{Bump, Entry, Frozen, SymbolTable, Value, json};

/// A JSON text and where in `data` it goes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) path: Vec<String>,
    pub(super) text: Vec<u8>,
}

/// All parts as one tree. Objects are merged; two values in one place are an error.
pub(super) fn build(parts: &[Part], symbols: &SymbolTable) -> Result<Frozen, Error> {
    let arena = Bump::new();
    let mut parser = json::Parser::new();
    let mut root = Value::Object(crate::value::Object::EMPTY);
    for part in parts {
        let value = parser.parse(&arena, &part.text, symbols).map_err(|error| invalid(&part.text, &error))?;
        let nested = part
            .path
            .iter()
            .rev()
            .fold(value, |value, key| Value::new_object(&arena, &[(Value::new_string(&arena, key), value)]));
        if nested.as_object().is_none() {
            return Err(Error::new("invalid_data", "the base document must be an object"));
        }
        root = merge(&arena, root, nested, &mut Vec::new())?;
    }
    Ok(Frozen::new(root, symbols))
}

fn merge<'a>(arena: &'a Bump, left: Value<'a>, right: Value<'a>, path: &mut Vec<String>) -> Result<Value<'a>, Error> {
    let (Value::Object(old), Value::Object(new)) = (left, right) else {
        let message = format!("two base documents at data.{} cannot be merged", path.join("."));
        return Err(Error::new("invalid_data", message));
    };
    if old.is_empty() {
        return Ok(right);
    }
    let mut entries: Vec<Entry<'a>> = old.entries().to_vec();
    for (key, value) in new.entries() {
        match entries.binary_search_by(|entry| entry.0.cmp(key)) {
            Err(at) => entries.insert(at, (*key, *value)),
            Ok(at) => {
                path.push(key.as_str().unwrap_or_default().to_owned());
                if let Some(entry) = entries.get_mut(at) {
                    entry.1 = merge(arena, entry.1, *value, path)?;
                }
                path.pop();
            }
        }
    }
    Ok(Value::new_object(arena, &entries))
}
