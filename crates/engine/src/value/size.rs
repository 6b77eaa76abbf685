//! How large a value is once it is written out.

use super::Value;

/// How deep what is written out may be nested.
const MAX_DEPTH: usize = 1000;

/// Whether the JSON of a value would have more than `limit` bytes, roughly, or nest too deep. Looks at no more of the
/// value than that many bytes: values share their parts, so one that takes little memory may be without measure as
/// text.
pub fn exceeds(value: Value<'_>, limit: usize) -> bool {
    left(&value, limit, 0).is_none()
}

/// What is left of `limit` after a value, at so many levels below the whole.
#[inline(always)]
fn left(value: &Value<'_>, limit: usize, depth: usize) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) => limit.checked_sub(4),
        Value::Number(number) => limit.checked_sub(number.text().len()),
        Value::String { text, .. } => limit.checked_sub(text.len() + 2),
        collection => left_of_parts(collection, limit, depth + 1),
    }
}

/// What is left of `limit` after a collection whose parts are at so many levels. (Most parts are no collections, and are
/// looked at without a call.)
fn left_of_parts(collection: &Value<'_>, limit: usize, depth: usize) -> Option<usize> {
    let mut limit = limit.checked_sub(2)?;
    let items = match collection {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        Value::Object(object) => {
            for (key, value) in object.entries() {
                limit = left(value, left(key, limit, depth)?, depth)?;
            }
            &[]
        }
        _ => &[],
    };
    for item in items {
        limit = left(item, limit, depth)?;
    }
    Some(limit)
}
