//! What terms stand for, and how it is tested, compared and written.

use super::{MISSING, error};
use crate::builtins::Failure;
use crate::value::{Value, json};

/// What a term stands for.
#[derive(Clone, Copy)]
pub(super) enum Data<'a> {
    Value(Value<'a>),
    /// A whole number of the template, which is of another type than those of JSON.
    Int(i64),
    Missing,
}

impl<'a> Data<'a> {
    pub(super) fn is_true(self) -> bool {
        match self {
            Data::Missing | Data::Value(Value::Null) => false,
            Data::Int(number) => number != 0,
            Data::Value(Value::Bool(value)) => value,
            Data::Value(Value::String { text, .. }) => !text.is_empty(),
            Data::Value(value) => !value.is_empty(),
        }
    }

    pub(super) fn field(self, name: &str) -> Result<Self, Failure> {
        match self {
            Data::Missing | Data::Value(Value::Null) => Ok(Data::Missing),
            Data::Value(Value::Object(object)) => {
                Ok(object.get(&Value::string(name)).map_or(Data::Missing, Data::Value))
            }
            _ => error(format!("executing \"template\": can't evaluate field {name} in type interface {{}}")),
        }
    }

    /// Appends it as Go prints it.
    pub(super) fn print(self, out: &mut String) {
        match self {
            Data::Missing | Data::Value(Value::Null) => out.push_str(MISSING),
            Data::Int(number) => out.push_str(&number.to_string()),
            Data::Value(value) => print(value, out),
        }
    }

    /// What it is compared by: whether it is a whole number of the template, and the text.
    fn key(self) -> Result<(Option<i64>, String), Failure> {
        match self {
            Data::Int(number) => Ok((Some(number), String::new())),
            Data::Value(value @ (Value::Int(_) | Value::Number(_) | Value::String { .. } | Value::Bool(_))) => {
                let mut text = String::new();
                print(value, &mut text);
                Ok((None, text))
            }
            _ => error("executing \"template\": error calling eq: non-comparable type"),
        }
    }
}

/// Numbers of JSON are texts here, as they are in OPA.
pub(super) fn compare(left: Data<'_>, right: Data<'_>) -> Result<std::cmp::Ordering, Failure> {
    let is_bool = |data| matches!(data, Data::Value(Value::Bool(_)));
    let ((left_int, left_text), (right_int, right_text)) = (left.key()?, right.key()?);
    if left_int.is_some() != right_int.is_some() || is_bool(left) != is_bool(right) {
        return error("executing \"template\": error calling eq: incompatible types for comparison");
    }
    Ok(left_int.cmp(&right_int).then(left_text.cmp(&right_text)))
}

pub(super) fn printed(value: Value<'_>) -> String {
    let mut out = String::new();
    print(value, &mut out);
    out
}

fn print(value: Value<'_>, out: &mut String) {
    let list = |items: &[Value<'_>], out: &mut String| {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(' ');
            }
            print(*item, out);
        }
        out.push(']');
    };
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::String { text, .. } => out.push_str(text),
        Value::Array(items) => list(items, out),
        Value::Set(set) => list(set.items(), out),
        Value::Object(object) => {
            out.push_str("map[");
            for (at, (key, value)) in object.entries().iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                print(*key, out);
                out.push(':');
                print(*value, out);
            }
            out.push(']');
        }
        scalar => json::write(scalar, out),
    }
}

/// Adds the size of the value as text, up to a limit.
pub(super) fn measure(value: Value<'_>, size: &mut usize, limit: usize) {
    *size = size.saturating_add(match value {
        Value::String { text, .. } => text.len() + 1,
        Value::Number(number) => number.text().len() + 1,
        _ => 6,
    });
    for at in 0..value.len().unwrap_or_default() {
        if *size > limit {
            return;
        }
        if let Some((key, item)) = value.nth(at) {
            if matches!(value, Value::Object(_)) {
                measure(key, size, limit);
            }
            measure(item, size, limit);
        }
    }
}
