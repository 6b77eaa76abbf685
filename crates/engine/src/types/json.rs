//! Types as OPA's capabilities document has them.

use super::{Argument, MAX_DEPTH, Signature, Type};
use serde_json::{Map, Value, json};

/// A type as JSON.
pub fn type_to_json(kind: &Type) -> Value {
    let list = |types: &[Type]| types.iter().map(type_to_json).collect::<Vec<_>>();
    match kind {
        Type::Null | Type::Boolean | Type::Number | Type::String | Type::Any => json!({"type": kind.to_string()}),
        Type::Array { items, rest } => {
            let mut fields = named("array");
            fields.extend((!items.is_empty()).then(|| ("static".to_owned(), list(items).into())));
            fields.extend(rest.as_deref().map(|rest| ("dynamic".to_owned(), type_to_json(rest))));
            fields.into()
        }
        Type::Set(of) => {
            let mut fields = named("set");
            fields.extend(of.as_deref().map(|of| ("of".to_owned(), type_to_json(of))));
            fields.into()
        }
        Type::Object { fields: known, rest } => {
            let mut fields = named("object");
            let entries = known.iter().map(|(key, value)| json!({"key": key, "value": type_to_json(value)}));
            fields.extend((!known.is_empty()).then(|| ("static".to_owned(), entries.collect::<Vec<_>>().into())));
            let rest =
                rest.as_deref().map(|(key, value)| json!({"key": type_to_json(key), "value": type_to_json(value)}));
            fields.extend(rest.map(|rest| ("dynamic".to_owned(), rest)));
            fields.into()
        }
        Type::Union(members) => {
            let mut fields = named("any");
            fields.insert("of".to_owned(), list(members).into());
            fields.into()
        }
        Type::Function(signature) => signature_to_json(signature),
    }
}

/// A signature as JSON.
pub fn signature_to_json(signature: &Signature) -> Value {
    let argument = |argument: &Argument| {
        let mut fields = type_to_json(&argument.kind);
        if let (Value::Object(fields), false) = (&mut fields, argument.name.is_empty()) {
            fields.insert("name".to_owned(), argument.name.as_str().into());
        }
        fields
    };
    let mut fields = named("function");
    let args: Vec<Value> = signature.args.iter().map(argument).collect();
    fields.extend((!args.is_empty()).then(|| ("args".to_owned(), args.into())));
    fields.extend(signature.result.as_ref().map(|result| ("result".to_owned(), argument(result))));
    fields.extend(signature.variadic.as_ref().map(|variadic| ("variadic".to_owned(), argument(variadic))));
    fields.into()
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
    if depth > MAX_DEPTH {
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
        "array" => Type::Array { items: list("static")?, rest: inner("dynamic")?.map(Box::new) },
        "set" => Type::Set(inner("of")?.map(Box::new)),
        "object" => {
            let member = |json: &Value, name: &str| read(json.get(name).unwrap_or(&Value::Null));
            let mut fields = Vec::new();
            for field in json.get("static").and_then(Value::as_array).into_iter().flatten() {
                let key = field.get("key").and_then(Value::as_str).ok_or("a field without a key")?;
                fields.push((key.to_owned(), member(field, "value")?));
            }
            fields.sort();
            let rest = json.get("dynamic").map(|rest| Ok::<_, String>((member(rest, "key")?, member(rest, "value")?)));
            Type::Object { fields, rest: rest.transpose()?.map(Box::new) }
        }
        "function" => Type::Function(Box::new(read_signature(json, depth + 1)?)),
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
