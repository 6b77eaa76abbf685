//! Types as OPA's capabilities document has them.

use super::{Argument, Key, MAX_NOTATION_DEPTH, Signature, Type};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A type as JSON.
pub fn type_to_json(kind: &Type) -> Value {
    let list = |types: &[Type]| types.iter().map(type_to_json).collect::<Vec<_>>();
    match kind {
        Type::Unknown => Value::Null,
        Type::Recursive(recursive) => json!({"name": recursive.name()}),
        Type::Null | Type::Boolean | Type::Number | Type::String | Type::Any => json!({"type": kind.to_string()}),
        Type::Array(array) => {
            let mut fields = named("array");
            fields.extend((!array.items.is_empty()).then(|| ("static".to_owned(), list(&array.items).into())));
            fields.extend(array.rest.as_ref().map(|rest| ("dynamic".to_owned(), type_to_json(rest))));
            fields.into()
        }
        Type::Set(of) => {
            let mut fields = named("set");
            fields.extend(of.as_deref().map(|of| ("of".to_owned(), type_to_json(of))));
            fields.into()
        }
        Type::Object(object) => {
            let mut fields = named("object");
            let known = &object.fields;
            let entries =
                known.iter().map(|(key, value)| json!({"key": key_to_json(key), "value": type_to_json(value)}));
            fields.extend((!known.is_empty()).then(|| ("static".to_owned(), entries.collect::<Vec<_>>().into())));
            let rest = object.rest.as_ref();
            let rest = rest.map(|(key, value)| json!({"key": type_to_json(key), "value": type_to_json(value)}));
            fields.extend(rest.map(|rest| ("dynamic".to_owned(), rest)));
            fields.into()
        }
        Type::Union(union) => {
            let mut fields = named("any");
            fields.insert("of".to_owned(), list(union.members()).into());
            fields.into()
        }
        Type::Function(signature) => signature_to_json(signature),
    }
}

fn key_to_json(key: &Key) -> Value {
    serde_json::from_str(&key.json()).unwrap_or_default()
}

fn argument_to_json(argument: &Argument) -> Value {
    let mut fields = type_to_json(&argument.kind);
    if let (Value::Object(fields), false) = (&mut fields, argument.name.is_empty()) {
        fields.insert("name".to_owned(), argument.name.as_str().into());
    }
    fields
}

/// Arguments as JSON: an object with `args` and `variadic`, where there are any.
pub fn arguments_to_json(args: &[Argument], variadic: Option<&Argument>) -> Value {
    let args: Vec<Value> = args.iter().map(argument_to_json).collect();
    let mut fields = Map::new();
    fields.extend((!args.is_empty()).then(|| ("args".to_owned(), args.into())));
    fields.extend(variadic.map(|variadic| ("variadic".to_owned(), argument_to_json(variadic))));
    fields.into()
}

/// A signature as JSON.
pub fn signature_to_json(signature: &Signature) -> Value {
    let mut fields = named("function");
    let args: Vec<Value> = signature.args.iter().map(argument_to_json).collect();
    fields.extend((!args.is_empty()).then(|| ("args".to_owned(), args.into())));
    fields.extend(signature.result.as_ref().map(|result| ("result".to_owned(), argument_to_json(result))));
    fields.extend(signature.variadic.as_ref().map(|variadic| ("variadic".to_owned(), argument_to_json(variadic))));
    fields.into()
}

impl Type {
    /// The type as a JSON text, keys in order.
    pub fn json(&self) -> String {
        sorted(type_to_json(self))
    }
}

/// A JSON text, the keys of objects in order.
pub(super) fn sorted(mut value: Value) -> String {
    value.sort_all_objects();
    value.to_string()
}

fn named(name: &str) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), name.into())])
}

/// Reads a type.
///
/// # Errors
///
/// What is no type.
pub fn type_from_json(json: &Value) -> Result<Type, String> {
    read_type(json, 0)
}

fn read_type(json: &Value, depth: usize) -> Result<Type, String> {
    if depth > MAX_NOTATION_DEPTH {
        return Err("a type that nests too deep".to_owned());
    }
    let read = |json: &Value| read_type(json, depth + 1);
    let list = |name: &str| -> Result<Vec<Type>, String> {
        json.get(name).and_then(Value::as_array).into_iter().flatten().map(read).collect()
    };
    let inner = |name: &str| json.get(name).map(read).transpose();
    Ok(match json.get("type").and_then(Value::as_str).unwrap_or_default() {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "number" => Type::Number,
        "string" => Type::String,
        "any" => Type::union(list("of")?),
        "array" => Type::new_array(list("static")?, inner("dynamic")?),
        "set" => Type::set(inner("of")?.unwrap_or(Type::Unknown)),
        "object" => {
            let member = |json: &Value, name: &str| read(json.get(name).unwrap_or(&Value::Null));
            let mut fields = Vec::new();
            for field in json.get("static").and_then(Value::as_array).into_iter().flatten() {
                let key = field.get("key").and_then(Value::as_str).ok_or("a field without a key")?;
                fields.push((Key::from(key), member(field, "value")?));
            }
            let rest = json.get("dynamic").map(|rest| Ok::<_, String>((member(rest, "key")?, member(rest, "value")?)));
            Type::new_object(fields, rest.transpose()?)
        }
        "function" => Type::Function(Arc::new(read_signature(json, depth + 1)?)),
        other => return Err(format!("no type {other:?}")),
    })
}

/// Reads a signature.
///
/// # Errors
///
/// What is no signature.
pub fn signature_from_json(json: &Value) -> Result<Signature, String> {
    read_signature(json, 0)
}

fn read_signature(json: &Value, depth: usize) -> Result<Signature, String> {
    let argument = |json: &Value| {
        let name = json.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok::<_, String>(Argument { kind: read_type(json, depth)?, name })
    };
    let args = json.get("args").and_then(Value::as_array).into_iter().flatten();
    Ok(Signature {
        args: args.map(argument).collect::<Result<_, _>>()?,
        result: json.get("result").map(argument).transpose()?,
        variadic: json.get("variadic").map(argument).transpose()?,
    })
}
