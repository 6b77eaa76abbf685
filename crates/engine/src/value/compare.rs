//! Equality, order and hashes of values.

use super::{Seeds, Value, nested, number, text};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

impl PartialEq for Value<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Value::String { symbol: left_symbol, text: left },
                Value::String { symbol: right_symbol, text: right },
            ) => left_symbol.same(*right_symbol).unwrap_or_else(|| text::same(left, right)),
            (Value::Int(left), Value::Int(right)) => left == right,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Null, Value::Null) => true,
            (Value::Array(_), Value::Array(_))
            | (Value::Object(_), Value::Object(_))
            | (Value::Set(_), Value::Set(_)) => nested::equal(self, other),
            (Value::Int(_) | Value::Number(_), Value::Int(_) | Value::Number(_)) => {
                number::compare(self, other).is_eq()
            }
            _ => false,
        }
    }
}

impl Eq for Value<'_> {}

impl PartialOrd for Value<'_> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// OPA's order: by type (see [`super::Kind`]), then by value; strings byte by byte, arrays item by item.
impl Ord for Value<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::String { symbol, text }, Value::String { symbol: other_symbol, text: other }) => {
                if symbol.is_some() && symbol == other_symbol { Ordering::Equal } else { text::order(text, other) }
            }
            _ => self.order_of_others(other),
        }
    }
}

impl Value<'_> {
    /// The order of values of which one is no string. (By itself, so that strings are compared without a call.)
    #[inline(never)]
    fn order_of_others(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            (Value::Array(_), Value::Array(_))
            | (Value::Object(_), Value::Object(_))
            | (Value::Set(_), Value::Set(_)) => nested::order(self, other),
            (Value::Int(_) | Value::Number(_), Value::Int(_) | Value::Number(_)) => number::compare(self, other),
            _ => self.kind().cmp(&other.kind()),
        }
    }

    /// A hash in which equal values agree.
    #[inline(always)]
    pub fn hash_code(&self) -> u64 {
        match self {
            Value::String { text, .. } => text::hash(text),
            _ => self.hash_of_others(),
        }
    }

    #[inline(never)]
    fn hash_of_others(&self) -> u64 {
        let mut state = Seeds::get().hasher();
        self.hash(&mut state);
        state.finish()
    }
}

impl Hash for Value<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Null => state.write_u8(0),
            Value::Bool(value) => state.write_u8(1 + u8::from(*value)),
            Value::Int(value) => state.write_i64(*value),
            Value::Number(number) => number.hash(state),
            Value::String { text, .. } => text.hash(state),
            Value::Array(_) | Value::Object(_) | Value::Set(_) => nested::Budget::default().hash(self, state),
        }
    }
}
