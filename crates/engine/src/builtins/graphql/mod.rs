//! GraphQL: parsing documents and checking queries against schemas.
//!
//! Takes documents as text or as the trees that the functions themselves give, gives trees and whether queries are
//! valid. Text goes through the lexer and the parser, trees through [`tree`]; then the schema is checked and the query
//! against it. It must not know of resolvers or of answers to queries: nothing is executed.

mod lexer;
mod merging;
mod parser;
mod schema;
mod tree;
mod validation;

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, json_text};
use crate::value::Value;
use parser::Document;
use std::collections::HashMap;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "graphql.is_valid",
        signature: "(query: string | object[any: any], schema: string | object[any: any]) -> output: boolean",
        doc: "Tells whether a GraphQL query is valid under a schema. Both may be text or the objects that the other \
              functions return.",
        example: (r#"graphql.is_valid("{ a }", "type Query { a: Int }")"#, "true"),
        purity: Purity::Pure,
        call: |context, args| holds(check(context, args).map(|_| ())),
    },
    Builtin {
        name: "graphql.parse",
        signature: "(query: string | object[any: any], schema: string | object[any: any]) -> \
                    output: array<object[any: any], object[any: any]>",
        doc: "Returns the syntax trees of a GraphQL query and schema, if the query is valid under the schema. Both \
              may be text or the objects that the other functions return.",
        example: (
            r#"graphql.parse("{ a }", "type Query { a: Int }")[0]"#,
            r#"{"Operations": [{"Name": "", "Operation": "query", "SelectionSet": [{"Alias": "a", "Name": "a"}]}]}"#,
        ),
        purity: Purity::Pure,
        call: |context, args| {
            let (query, schema) = check(context, args)?;
            Ok(Value::new_array(context.arena, &[query, schema]))
        },
    },
    Builtin {
        name: "graphql.parse_and_verify",
        signature: "(query: string | object[any: any], schema: string | object[any: any]) -> \
                    output: array<boolean, object[any: any], object[any: any]>",
        doc: "Returns whether a GraphQL query is valid under a schema, and the syntax trees of both, empty if it is \
              not. Both may be text or the objects that the other functions return.",
        example: (r#"graphql.parse_and_verify("{ b }", "type Query { a: Int }")"#, "[false, {}, {}]"),
        purity: Purity::Pure,
        call: |context, args| {
            let empty = Value::new_object(context.arena, &[]);
            let (valid, (query, schema)) = match check(context, args) {
                Ok(trees) => (true, trees),
                Err(failure @ Failure::Halt(_)) => return Err(failure),
                Err(_) => (false, (empty, empty)),
            };
            Ok(Value::new_array(context.arena, &[Value::Bool(valid), query, schema]))
        },
    },
    Builtin {
        name: "graphql.parse_query",
        signature: "(query: string) -> output: object[any: any]",
        doc: "Returns the syntax tree of a GraphQL query.",
        example: (
            r#"graphql.parse_query("{ a }")"#,
            r#"{"Operations": [{"Name": "", "Operation": "query", "SelectionSet": [{"Alias": "a", "Name": "a"}]}]}"#,
        ),
        purity: Purity::Pure,
        call: |context, args| {
            let text = operand::string(args, 1)?;
            check_size(context, text)?;
            Ok(parser::parse_query(context.arena, text)?.tree)
        },
    },
    Builtin {
        name: "graphql.parse_schema",
        signature: "(schema: string) -> output: object[any: any]",
        doc: "Returns the syntax tree of a GraphQL schema, which need not be valid.",
        example: (
            r#"graphql.parse_schema("scalar A")"#,
            r#"{"Definitions": [{"BuiltIn": false, "Description": "", "Kind": "SCALAR", "Name": "A"}]}"#,
        ),
        purity: Purity::Pure,
        call: |context, args| {
            let text = operand::string(args, 1)?;
            check_size(context, text)?;
            Ok(parser::parse_schema(context.arena, text)?.tree)
        },
    },
    Builtin {
        name: "graphql.schema_is_valid",
        signature: "(schema: string | object[any: any]) -> output: boolean",
        doc: "Tells whether a GraphQL schema, text or the object of `graphql.parse_schema`, is valid.",
        example: (r#"graphql.schema_is_valid("type A { b: C }")"#, "false"),
        purity: Purity::Pure,
        call: |context, args| {
            let document = schema_document(context, operand::any(args, 1)?, 0);
            holds(document.and_then(|document| schema::load(context.arena, &document).map(|_| ())))
        },
    },
];

/// How many bytes of a tree a byte of text may make.
const BYTES_OF_TREE: usize = 64;

fn check_size(context: &Context<'_, '_>, text: &str) -> Result<(), Failure> {
    context.check_size(text.len().saturating_mul(BYTES_OF_TREE))
}

/// Whether it succeeded. What ends the evaluation does so.
fn holds<'a>(result: Result<(), Failure>) -> Outcome<'a> {
    match result {
        Err(failure @ Failure::Halt(_)) => Err(failure),
        result => Ok(Value::Bool(result.is_ok())),
    }
}

fn query_document<'a>(context: &Context<'a, '_>, value: Value<'a>) -> Result<(Document<'a>, bool), Failure> {
    match value {
        Value::String { text, .. } => {
            check_size(context, text)?;
            Ok((parser::parse_query(context.arena, text)?, false))
        }
        Value::Object(_) => {
            json_text::check_written(context, value)?;
            let tree = tree::query(context.arena, value)?;
            Ok((Document { tree, positions: HashMap::new() }, true))
        }
        // OPA counts its operands from 0 here.
        other => Err(Failure::operand(0, &other, &["string", "object"])),
    }
}

fn schema_document<'a>(context: &Context<'a, '_>, value: Value<'a>, position: usize) -> Result<Document<'a>, Failure> {
    match value {
        Value::String { text, .. } => {
            check_size(context, text)?;
            parser::parse_schema(context.arena, text)
        }
        Value::Object(_) => {
            json_text::check_written(context, value)?;
            Ok(Document { tree: tree::schema(context.arena, value)?, positions: HashMap::new() })
        }
        other => Err(Failure::operand(position, &other, &["string", "object"])),
    }
}

/// The trees of query and schema; fails if the query is not valid.
fn check<'a>(context: &Context<'a, '_>, args: &[Value<'a>]) -> Result<(Value<'a>, Value<'a>), Failure> {
    let (query, only_fields) = query_document(context, operand::any(args, 1)?)?;
    let document = schema_document(context, operand::any(args, 2)?, 1)?;
    let schema = schema::load(context.arena, &document)?;
    validation::validate(&schema, &query, only_fields)?;
    Ok((query.tree, document.tree))
}
