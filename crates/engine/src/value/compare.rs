//! Equality, order and hashes of values.

use super::{Value, number};
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

impl PartialEq for Value<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Value::String { symbol: left_symbol, text: left },
                Value::String { symbol: right_symbol, text: right },
            ) => left_symbol.same(*right_symbol).unwrap_or_else(|| left == right),
            (Value::Int(left), Value::Int(right)) => left == right,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Null, Value::Null) => true,
            (Value::Array(left), Value::Array(right)) => std::ptr::eq(*left, *right) || left == right,
            (Value::Object(left), Value::Object(right)) => left == right,
            (Value::Set(left), Value::Set(right)) => left.items() == right.items(),
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
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::String { text: left, .. }, Value::String { text: right, .. }) => left.cmp(right),
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            (Value::Array(left), Value::Array(right)) => left.cmp(right),
            (Value::Object(left), Value::Object(right)) => left.compare(right),
            (Value::Set(left), Value::Set(right)) => left.items().cmp(right.items()),
            (Value::Int(_) | Value::Number(_), Value::Int(_) | Value::Number(_)) => number::compare(self, other),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

impl Value<'_> {
    /// A hash in which equal values agree.
    pub fn hash_code(&self) -> u64 {
        foldhash::fast::FixedState::default().hash_one(self)
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
            Value::Array(items) => {
                state.write_u8(3);
                items.iter().for_each(|item| item.hash(state));
            }
            Value::Object(object) => {
                state.write_u8(4);
                for (key, value) in object.entries() {
                    key.hash(state);
                    value.hash(state);
                }
            }
            Value::Set(set) => {
                state.write_u8(5);
                set.items().iter().for_each(|item| item.hash(state));
            }
        }
    }
}
