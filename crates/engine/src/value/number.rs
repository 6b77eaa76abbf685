//! Numbers that are not small integers: exact text, compared exactly.

use super::{Bump, Value};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A number that is no [`Value::Int`]: a decimal, a big integer, or an integer written as `1.0` or `1e3`.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    text: &'a str,
}

impl<'a> Number<'a> {
    /// The number as written.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The same number around another copy of its text.
    pub(super) fn copy<'b>(&self, text: &'b str) -> Number<'b> {
        Number { text }
    }

    /// The value as 64-bit integer, if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        let float = self.as_f64();
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    }

    /// The nearest 64-bit float.
    pub fn as_f64(&self) -> f64 {
        self.text.parse().unwrap_or(f64::NAN)
    }
}

impl Hash for Number<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.as_i64() {
            Some(value) => state.write_i64(value),
            None => self.text.hash(state),
        }
    }
}

/// Reads a JSON number: an [`Value::Int`] where it is a canonical 64-bit integer, else a [`Value::Number`] that
/// borrows `text`. `None` if it is no JSON number or is out of the range that is supported.
pub fn parse<'a>(arena: &'a Bump, text: &'a str) -> Option<Value<'a>> {
    match text.parse::<i64>() {
        Ok(value) if text != "-0" && !text.starts_with('+') => Some(Value::Int(value)),
        _ => {
            text.parse::<f64>().ok()?;
            Some(Value::Number(arena.alloc(Number { text })))
        }
    }
}

/// Compares two numbers exactly.
pub fn compare(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    fn float(value: &Value<'_>) -> f64 {
        match value {
            Value::Int(value) => *value as f64,
            Value::Number(number) => number.as_f64(),
            _ => f64::NAN,
        }
    }
    float(left).total_cmp(&float(right))
}
