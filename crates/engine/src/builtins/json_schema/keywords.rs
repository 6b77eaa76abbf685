//! Keywords that hold no schemas: numbers, lengths, patterns and names.

use super::compile::{Draft, Step, fail, invalid_type};
use super::number::Decimal;
use super::schema::Node;
use crate::builtins::Failure;
use crate::builtins::regex::Pattern;
use crate::value::Value;
use std::collections::HashSet;

pub(super) fn string<'v>(value: Value<'v>, key: &str) -> Step<Option<&'v str>> {
    match value.field(key) {
        None => Ok(None),
        Some(Value::String { text, .. }) => Ok(Some(text)),
        Some(_) => invalid_type("string", key),
    }
}

pub(super) fn array<'v>(value: Value<'v>, key: &str) -> Step<Option<&'v [Value<'v>]>> {
    match value.field(key) {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => fail(format!("{key} must be of an array")),
    }
}

/// The pattern; if Go refuses it, a failure with this text.
pub(super) fn pattern(source: &str, wrong: impl FnOnce() -> String) -> Step<Pattern> {
    Pattern::new(source).map_err(|failure| match failure {
        Failure::Error(_) => Failure::Error(wrong()),
        other => other,
    })
}

pub(super) fn numbers(draft: Draft, node: &mut Node, value: Value<'_>) -> Step {
    if let Some(number) = value.field("multipleOf") {
        let Some(number) = Decimal::of(&number) else {
            return invalid_type("Number", "multipleOf");
        };
        if !number.is_positive() {
            return fail("multipleOf must be strictly greater than 0");
        }
        node.multiple_of = Some(number);
    }
    let bound = |key: &str, exclusive_key: &str| -> Step<(Option<Decimal>, Option<Decimal>)> {
        let inclusive = match value.field(key) {
            None => None,
            Some(number) => match Decimal::of(&number) {
                None => return fail(format!("{key} must be of a Number")),
                number => number,
            },
        };
        match (value.field(exclusive_key), draft) {
            (None, _) => Ok((inclusive, None)),
            (Some(Value::Bool(_)), Draft::Four | Draft::Any) if inclusive.is_none() => {
                fail(format!("{exclusive_key} cannot be used without {key}"))
            }
            (Some(Value::Bool(true)), Draft::Four | Draft::Any) => Ok((None, inclusive)),
            (Some(Value::Bool(false)), Draft::Four | Draft::Any) => Ok((inclusive, None)),
            (_, Draft::Four) => invalid_type("boolean", exclusive_key),
            (Some(number), _) => match Decimal::of(&number) {
                Some(number) => Ok((inclusive, Some(number))),
                None if draft == Draft::Any => invalid_type("boolean/number", exclusive_key),
                None => invalid_type("number", exclusive_key),
            },
        }
    };
    (node.minimum, node.exclusive_minimum) = bound("minimum", "exclusiveMinimum")?;
    (node.maximum, node.exclusive_maximum) = bound("maximum", "exclusiveMaximum")?;
    Ok(())
}

/// A count: an integer that is not negative.
fn count(value: Value<'_>, key: &str) -> Step<Option<i64>> {
    let count = match value.field(key) {
        None => return Ok(None),
        Some(Value::Int(count)) => Some(count),
        Some(Value::Number(number)) => number.text().parse().ok(),
        Some(_) => None,
    };
    match count {
        None => fail(format!("{key} must be of an integer")),
        Some(..0) => fail(format!("{key} must be greater than or equal to 0")),
        count => Ok(count),
    }
}

/// Two counts of which the first may not be greater.
fn counts(value: Value<'_>, low_key: &str, high_key: &str) -> Step<(Option<i64>, Option<i64>)> {
    let (low, high) = (count(value, low_key)?, count(value, high_key)?);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        return fail(format!("{low_key} cannot be greater than {high_key}"));
    }
    Ok((low, high))
}

pub(super) fn lengths(node: &mut Node, value: Value<'_>) -> Step {
    (node.min_length, node.max_length) = counts(value, "minLength", "maxLength")?;
    if let Some(source) = string(value, "pattern")? {
        let pattern = pattern(source, || "pattern must be a valid regex".to_owned())?;
        node.pattern = Some((source.to_owned(), pattern));
    }
    node.format = string(value, "format")?.unwrap_or_default().to_owned();
    (node.min_properties, node.max_properties) = counts(value, "minProperties", "maxProperties")?;
    let mut seen = HashSet::new();
    for name in array(value, "required")?.unwrap_or_default() {
        let Some(name) = name.as_str() else {
            return invalid_type("string", "required");
        };
        if !seen.insert(name) {
            return fail("required items must be unique");
        }
        node.required.push(name.to_owned());
    }
    (node.min_items, node.max_items) = (count(value, "minItems")?, count(value, "maxItems")?);
    match value.field("uniqueItems") {
        None => {}
        Some(Value::Bool(unique)) => node.unique_items = unique,
        Some(_) => return fail("uniqueItems must be of a boolean"),
    }
    Ok(())
}
