//! How large a value is once it is written out.

use super::Value;

/// How deep what is written out may be nested.
const MAX_DEPTH: usize = 1000;

/// Whether the JSON of a value would have more than `limit` bytes, roughly, or nest too deep. Looks at no more of the
/// value than that many bytes: values share their parts, so one that takes little memory may be without measure as
/// text.
pub fn exceeds(value: Value<'_>, limit: usize) -> bool {
    left(value, limit, 0).is_none()
}

/// What is left of `limit` after a value.
fn left(value: Value<'_>, limit: usize, depth: usize) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    let below = |limit: usize, item: &Value<'_>| left(*item, limit, depth + 1);
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) => limit.checked_sub(4),
        Value::Number(number) => limit.checked_sub(number.text().len()),
        Value::String { text, .. } => limit.checked_sub(text.len() + 2),
        Value::Array(items) => items.iter().try_fold(limit.checked_sub(2)?, below),
        Value::Set(set) => set.items().iter().try_fold(limit.checked_sub(2)?, below),
        Value::Object(object) => object
            .entries()
            .iter()
            .try_fold(limit.checked_sub(2)?, |limit, (key, value)| below(below(limit, key)?, value)),
    }
}
