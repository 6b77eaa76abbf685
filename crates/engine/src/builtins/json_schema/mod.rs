//! `json.verify_schema` and `json.match_schema`: JSON Schema, drafts 4, 6 and 7.
//!
//! Takes schemas and documents as values or as JSON texts, gives whether they are right and what is wrong. It must not
//! know of annotations in policies, whose schemas the compiler reads.
//!
//! Which keywords there are, what they mean together and how errors read is OPA's. A schema is compiled once and kept.
//! References lead into the schema itself only; nothing is fetched.

mod compile;
mod formats;
mod keywords;
mod number;
mod schema;
mod validate;

use super::failure::operand;
use super::{Builtin, Context, Failure, Kept, Outcome, Purity, json_text};
use crate::value::{Value, json};
pub(crate) use schema::{Node, Schema};
use std::borrow::Cow;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "json.verify_schema",
        signature: "(schema: string | object[any: any]) -> output: array<boolean, null | string>",
        doc: "Tells whether the value, or the JSON text, is a JSON schema: returns `[true, null]`, or `[false, error]` \
              with what is wrong. References to other documents are not followed.",
        example: (r#"json.verify_schema({"type": "boolean"})"#, "[true, null]"),
        purity: Purity::Pure,
        call: verify,
    },
    Builtin {
        name: "json.match_schema",
        signature: "(document: string | object[any: any], schema: string | object[any: any]) -> \
                    output: array<boolean, array[object<desc: string, error: string, field: string, type: string>]>",
        doc: "Tells whether a document, a value or JSON text, is as a JSON schema says: returns `[match, errors]`. \
              Each error says under `field` where it is, under `type` and `desc` what it is, and under `error` both. \
              References to other documents are not followed.",
        example: (r#"json.match_schema({"id": 5}, {"required": ["id"]})"#, "[true, []]"),
        purity: Purity::Pure,
        call: matches,
    },
];

/// The JSON text of an operand, which is text already or a collection.
fn text<'a>(context: &Context<'a, '_>, value: Value<'a>) -> Result<Cow<'a, str>, Failure> {
    match value {
        Value::String { text, .. } => Ok(Cow::Borrowed(text)),
        Value::Object(_) | Value::Array(_) => json_text::marshal(context, value).map(Cow::Owned),
        _ => Err(wrong_type()),
    }
}

fn wrong_type() -> Failure {
    Failure::error("wrong type, expected string or object")
}

fn parse<'a>(context: &Context<'a, '_>, text: &'a str) -> Outcome<'a> {
    json::parse(context.arena, text.as_bytes(), context.symbols).map_err(|_| Failure::error("invalid JSON string"))
}

/// A schema for the compiler of policies.
pub(crate) fn compile_document(document: Value<'_>) -> Result<Schema, String> {
    /// What the compiled schema may take.
    const MAX_BYTES: usize = 1 << 28;
    compile::compile(document, MAX_BYTES).map_err(|failure| match failure {
        Failure::Type(what) | Failure::Error(what) | Failure::Halt(what) | Failure::Fatal(what) => what,
        Failure::Undefined | Failure::Unsupported => String::new(),
    })
}

/// The compiled schema of an operand.
fn schema<'c, 'a>(context: &'c mut Context<'a, '_>, value: Value<'a>) -> Result<&'c Schema, Failure> {
    let text = text(context, value)?;
    let (arena, symbols, max_bytes) = (context.arena, context.symbols, context.max_bytes());
    context.caches.get(Kept::Schema, &text, |text| {
        let document = json::parse(arena, arena.alloc_str(text).as_bytes(), symbols);
        compile::compile(document.map_err(|_| Failure::error("invalid JSON string"))?, max_bytes)
    })
}

fn verify<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let problem = match schema(context, operand::any(args, 1)?) {
        Ok(_) => Value::Null,
        Err(Failure::Error(what)) => context.string(&format!("jsonschema: {what}"))?,
        Err(failure) => return Err(failure),
    };
    Ok(Value::new_array(context.arena, &[Value::Bool(problem.as_str().is_none()), problem]))
}

fn matches<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let document = operand::any(args, 1)?;
    if !matches!(document, Value::String { .. } | Value::Object(_) | Value::Array(_)) {
        return Err(wrong_type());
    }
    json_text::check_written(context, document)?;
    let is_collection = matches!(document, Value::Object(_) | Value::Array(_));
    let document = if is_collection && is_json(&document) {
        document
    } else {
        let text = text(context, document)?;
        parse(context, context.arena.alloc_str(&text))?
    };
    let max_bytes = context.max_bytes();
    let problems = validate::validate(schema(context, operand::any(args, 2)?)?, document, max_bytes)?;
    let mut errors = Vec::with_capacity(problems.len());
    for problem in &problems {
        let error = context.string(&format!("{}: {}", problem.field, problem.description))?;
        errors.push(Value::new_object(
            context.arena,
            &[
                (Value::string("error"), error),
                (Value::string("type"), Value::string(problem.kind)),
                (Value::string("field"), context.string(&problem.field)?),
                (Value::string("desc"), context.string(&problem.description)?),
            ],
        ));
    }
    let errors = Value::new_array(context.arena, &errors);
    Ok(Value::new_array(context.arena, &[Value::Bool(problems.is_empty()), errors]))
}

/// Whether it is a document as it stands: scalars, or arrays and objects with string keys.
fn is_json(value: &Value<'_>) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_json),
        Value::Object(object) => object.entries().iter().all(|(key, value)| key.as_str().is_some() && is_json(value)),
        Value::Set(_) => false,
        _ => true,
    }
}
