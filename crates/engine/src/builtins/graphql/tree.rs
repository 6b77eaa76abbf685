//! Syntax trees of GraphQL that policies hand in, brought into the form in which the parser gives them: what is
//! missing has its empty value, and what is not known is left out.
//!
//! As in OPA every selection of a query that is handed in is a field, even if it was a fragment.

use crate::builtins::{Failure, stack};
use crate::value::{Bump, Entry, Value};

/// What a part of a node is.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Flag,
    Number,
    Texts,
    One(Form),
    Many(Form),
    /// Kept as it is.
    Comment,
}

/// Kinds of nodes.
#[derive(Clone, Copy)]
enum Form {
    Query,
    Operation,
    Fragment,
    Variable,
    Field,
    Argument,
    Directive,
    Value,
    Type,
    Schema,
    SchemaDefinition,
    OperationType,
    Definition,
    FieldDefinition,
    ArgumentDefinition,
    EnumValue,
    DirectiveDefinition,
}

use Shape::{Comment, Flag, Many, Number, One, Text, Texts};

impl Form {
    fn parts(self) -> &'static [(&'static str, Shape)] {
        match self {
            Form::Query => {
                &[("Operations", Many(Form::Operation)), ("Fragments", Many(Form::Fragment)), ("Comment", Comment)]
            }
            Form::Operation => &[
                ("Operation", Text),
                ("Name", Text),
                ("VariableDefinitions", Many(Form::Variable)),
                ("Directives", Many(Form::Directive)),
                ("SelectionSet", Many(Form::Field)),
            ],
            Form::Fragment => &[
                ("Name", Text),
                ("VariableDefinition", Many(Form::Variable)),
                ("TypeCondition", Text),
                ("Directives", Many(Form::Directive)),
                ("SelectionSet", Many(Form::Field)),
            ],
            Form::Variable => &[
                ("Variable", Text),
                ("Type", One(Form::Type)),
                ("DefaultValue", One(Form::Value)),
                ("Directives", Many(Form::Directive)),
                ("Used", Flag),
                ("Comment", Comment),
            ],
            Form::Field => &[
                ("Alias", Text),
                ("Name", Text),
                ("Arguments", Many(Form::Argument)),
                ("Directives", Many(Form::Directive)),
                ("SelectionSet", Many(Form::Field)),
            ],
            Form::Argument => &[("Name", Text), ("Value", One(Form::Value)), ("Comment", Comment)],
            Form::Directive => &[("Name", Text), ("Arguments", Many(Form::Argument)), ("Location", Text)],
            Form::Value => &[
                ("Raw", Text),
                ("Children", Many(Form::Argument)),
                ("Kind", Number),
                ("ExpectedTypeHasDefault", Flag),
                ("Comment", Comment),
            ],
            Form::Type => &[("NamedType", Text), ("Elem", One(Form::Type)), ("NonNull", Flag)],
            Form::Schema => &[
                ("Schema", Many(Form::SchemaDefinition)),
                ("SchemaExtension", Many(Form::SchemaDefinition)),
                ("Directives", Many(Form::DirectiveDefinition)),
                ("Definitions", Many(Form::Definition)),
                ("Extensions", Many(Form::Definition)),
                ("Comment", Comment),
            ],
            Form::SchemaDefinition => &[
                ("Description", Text),
                ("Directives", Many(Form::Directive)),
                ("OperationTypes", Many(Form::OperationType)),
                ("BeforeDescriptionComment", Comment),
                ("AfterDescriptionComment", Comment),
                ("EndOfDefinitionComment", Comment),
            ],
            Form::OperationType => &[("Operation", Text), ("Type", Text), ("Comment", Comment)],
            Form::Definition => &[
                ("Kind", Text),
                ("Description", Text),
                ("Name", Text),
                ("Directives", Many(Form::Directive)),
                ("Interfaces", Texts),
                ("Fields", Many(Form::FieldDefinition)),
                ("Types", Texts),
                ("EnumValues", Many(Form::EnumValue)),
                ("BuiltIn", Flag),
                ("BeforeDescriptionComment", Comment),
                ("AfterDescriptionComment", Comment),
                ("EndOfDefinitionComment", Comment),
            ],
            Form::FieldDefinition => &[
                ("Description", Text),
                ("Name", Text),
                ("Arguments", Many(Form::ArgumentDefinition)),
                ("DefaultValue", One(Form::Value)),
                ("Type", One(Form::Type)),
                ("Directives", Many(Form::Directive)),
                ("BeforeDescriptionComment", Comment),
                ("AfterDescriptionComment", Comment),
            ],
            Form::ArgumentDefinition => &[
                ("Description", Text),
                ("Name", Text),
                ("DefaultValue", One(Form::Value)),
                ("Type", One(Form::Type)),
                ("Directives", Many(Form::Directive)),
                ("BeforeDescriptionComment", Comment),
                ("AfterDescriptionComment", Comment),
            ],
            Form::EnumValue => &[
                ("Description", Text),
                ("Name", Text),
                ("Directives", Many(Form::Directive)),
                ("BeforeDescriptionComment", Comment),
                ("AfterDescriptionComment", Comment),
            ],
            Form::DirectiveDefinition => &[
                ("Description", Text),
                ("Name", Text),
                ("Arguments", Many(Form::ArgumentDefinition)),
                ("Locations", Texts),
                ("IsRepeatable", Flag),
                ("BeforeDescriptionComment", Comment),
                ("AfterDescriptionComment", Comment),
            ],
        }
    }
}

/// The tree of a query.
pub(super) fn query<'a>(arena: &'a Bump, value: Value<'a>) -> Result<Value<'a>, Failure> {
    node(arena, Form::Query, value, 0)
}

/// The tree of a schema.
pub(super) fn schema<'a>(arena: &'a Bump, value: Value<'a>) -> Result<Value<'a>, Failure> {
    node(arena, Form::Schema, value, 0)
}

/// How deep trees may nest.
const MAX_DEPTH: usize = 1000;

fn node<'a>(arena: &'a Bump, form: Form, value: Value<'a>, depth: usize) -> Result<Value<'a>, Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::Halt("GraphQL tree is nested too deep".into()));
    }
    let Some(object) = value.as_object() else {
        return Err(wrong(&value));
    };
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for (name, shape) in form.parts() {
        let key = Value::string(name);
        let found = object.get(&key).filter(|value| !matches!(value, Value::Null));
        let result = stack::nested(|| part(arena, *shape, found, depth))?;
        if let Some(value) = result.filter(|value| !value.is_empty()) {
            entries.push((key, value));
        }
    }
    Ok(Value::new_object(arena, &entries))
}

fn part<'a>(
    arena: &'a Bump,
    shape: Shape,
    value: Option<Value<'a>>,
    depth: usize,
) -> Result<Option<Value<'a>>, Failure> {
    let items = || match value {
        None => Ok([].as_slice()),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(wrong(&other)),
    };
    Ok(match (shape, value) {
        (Text, None) => Some(Value::EMPTY_STRING),
        (Flag, None) => Some(Value::Bool(false)),
        (Number, None) => Some(Value::Int(0)),
        (Text, Some(Value::String { .. })) | (Flag, Some(Value::Bool(_))) | (Number, Some(Value::Int(_))) => value,
        (Text | Flag | Number, Some(other)) => return Err(wrong(&other)),
        (One(form), Some(value)) => Some(node(arena, form, value, depth + 1)?),
        (One(_), None) => None,
        (Many(form), _) => {
            let nodes: Result<Vec<_>, _> = items()?.iter().map(|item| node(arena, form, *item, depth + 1)).collect();
            Some(Value::new_array(arena, &nodes?))
        }
        (Texts, _) => {
            let items = items()?;
            if let Some(other) = items.iter().find(|item| item.as_str().is_none()) {
                return Err(wrong(other));
            }
            Some(Value::Array(items))
        }
        (Comment, value) => value,
    })
}

fn wrong(value: &Value<'_>) -> Failure {
    Failure::Error(format!("json: cannot unmarshal {} into a GraphQL document", value.kind().name()))
}
