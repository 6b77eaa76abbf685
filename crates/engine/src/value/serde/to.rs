//! Values as serde sees them.

use super::super::json::name;
use super::super::{Number, Value};
use crate::stack::{VALUES, with_room};
use serde::ser::{Serialize, Serializer};

/// Serialises as JSON would be: sets are sequences, keys that are no strings are named by their JSON text.
///
/// Numbers are exact where the serializer is one of `serde_json`; others get an integer where it fits 64 bits, else the
/// nearest 64-bit float.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Number(number) => serialize_number(number, serializer),
            Value::String { text, .. } => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(*items),
            Value::Set(set) => serializer.collect_seq(set.items()),
            Value::Object(object) if object.keys().all(|key| key.as_str().is_some()) => {
                serializer.collect_map(object.entries().iter().map(|(key, value)| (key.as_str().unwrap_or(""), value)))
            }
            Value::Object(object) => {
                let named: std::collections::BTreeMap<_, _> = object.entries().iter().map(name).collect();
                serializer.collect_map(named)
            }
        }
    }
}

fn serialize_number<S: Serializer>(number: &Number<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    // serde has no way to hand over a number of any size. serde_json has its own, which means something else to other
    // serializers, so they must be told apart; if the name ever changes, precision is lost and nothing else.
    if std::any::type_name::<S>().contains("serde_json::") {
        return exact(number).serialize(serializer);
    }
    if let Some(value) = number.as_i64() {
        return serializer.serialize_i64(value);
    }
    match number.text().parse::<u64>() {
        Ok(value) => serializer.serialize_u64(value),
        Err(_) => serializer.serialize_f64(number.as_f64()),
    }
}

fn exact(number: &Number<'_>) -> serde_json::Number {
    serde_json::Number::from_string_unchecked(number.text().to_owned())
}

/// The value as one of `serde_json`, with exact numbers; sets become arrays, keys that are no strings their JSON text.
pub fn to_json(value: Value<'_>) -> serde_json::Value {
    with_room(VALUES, || json_of(value))
}

fn json_of(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Number(number) => serde_json::Value::Number(exact(number)),
        Value::String { text, .. } => text.into(),
        Value::Array(items) => items.iter().map(|item| json_of(*item)).collect(),
        Value::Set(set) => set.items().iter().map(|item| json_of(*item)).collect(),
        Value::Object(object) => {
            let mut named: Vec<_> = object.entries().iter().map(name).collect();
            // Only keys that are no strings can come in another order as text.
            if !named.is_sorted_by(|left, right| left.0 < right.0) {
                named = named.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_iter().collect();
            }
            named.into_iter().map(|(key, value)| (key, json_of(value))).collect()
        }
    }
}
