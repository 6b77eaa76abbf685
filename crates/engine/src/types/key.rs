//! Keys of objects that are known when types are checked.

use super::Type;
use crate::value::{Bump, number};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A constant, as far as JSON can write it: a set is an array.
#[derive(Clone, Debug)]
pub enum Key {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written.
    Number(Arc<str>),
    /// A string.
    String(Arc<str>),
    /// An array.
    Array(Vec<Key>),
    /// An object.
    Object(Vec<(Key, Key)>),
}

impl Key {
    /// The type of the constant.
    pub fn kind(&self) -> Type {
        match self {
            Key::Null => Type::Null,
            Key::Bool(_) => Type::Boolean,
            Key::Number(_) => Type::Number,
            Key::String(_) => Type::String,
            Key::Array(items) => Type::tuple(items.iter().map(Key::kind).collect()),
            Key::Object(entries) => {
                Type::new_object(entries.iter().map(|(key, value)| (key.clone(), value.kind())).collect(), None)
            }
        }
    }

    /// The key as a position in an array.
    pub fn index(&self) -> Option<usize> {
        match self {
            // `-0` is one.
            Key::Number(text) => text.parse::<i64>().ok()?.try_into().ok(),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Key::Null => 0,
            Key::Bool(_) => 1,
            Key::Number(_) => 2,
            Key::String(_) => 3,
            Key::Array(_) => 4,
            Key::Object(_) => 5,
        }
    }

    /// The constant as Rego writes it.
    pub fn rego(&self) -> String {
        match self {
            Key::Null => "null".to_owned(),
            Key::Bool(value) => value.to_string(),
            Key::Number(text) => text.to_string(),
            Key::String(text) => serde_json::Value::from(&**text).to_string(),
            Key::Array(items) => format!("[{}]", items.iter().map(Key::rego).collect::<Vec<_>>().join(", ")),
            Key::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{}: {}", key.rego(), value.rego()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The constant as JSON.
    pub fn json(&self) -> String {
        match self {
            Key::Array(items) => format!("[{}]", items.iter().map(Key::json).collect::<Vec<_>>().join(",")),
            Key::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{}:{}", key.json(), value.json()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }
            scalar => scalar.rego(),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key::String(text.into())
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::Bool(left), Key::Bool(right)) => left.cmp(right),
            (Key::Number(left), Key::Number(right)) => compare_numbers(left, right),
            (Key::String(left), Key::String(right)) => left.cmp(right),
            (Key::Array(left), Key::Array(right)) => left.cmp(right),
            (Key::Object(left), Key::Object(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    if let (Ok(left), Ok(right)) = (left.parse::<i64>(), right.parse::<i64>()) {
        return left.cmp(&right);
    }
    let arena = Bump::new();
    match (number::parse(&arena, left), number::parse(&arena, right)) {
        (Some(left), Some(right)) => number::compare(&left, &right),
        _ => left.cmp(right),
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Key::String(text) => text.hash(state),
            Key::Bool(value) => value.hash(state),
            // Equal numbers can be written in several ways.
            Key::Number(text) => text.parse::<f64>().unwrap_or_default().to_bits().hash(state),
            Key::Null | Key::Array(_) | Key::Object(_) => {}
        }
    }
}

/// Writes the key as OPA's types do, strings without quotes.
impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Null => out.write_str("<nil>"),
            Key::String(text) => out.write_str(text),
            Key::Array(items) => {
                write!(out, "[{}]", items.iter().map(Key::to_string).collect::<Vec<_>>().join(" "))
            }
            Key::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{key}:{value}"));
                write!(out, "map[{}]", entries.collect::<Vec<_>>().join(" "))
            }
            scalar => out.write_str(&scalar.rego()),
        }
    }
}
