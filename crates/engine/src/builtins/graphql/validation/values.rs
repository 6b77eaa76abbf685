//! Rules of values: literals of the types that are expected, and variables where they may stand.

use super::super::parser::{address, kinds};
use super::super::schema::{
    Definition, flag, is_compatible, is_required, items, named, text, type_of, type_text, value_kind,
};
use super::{Done, Expected, Walker};
use crate::builtins::stack;
use crate::value::Value;
use std::collections::HashSet;

impl<'s, 'a> Walker<'s, 'a> {
    pub(super) fn value(&mut self, value: &Value<'a>, expected: Expected<'s, 'a>) -> Done {
        self.step()?;
        let kind = value_kind(value);
        let variable = self.variables.get(text(value, "Raw")).copied();
        let variable = variable.filter(|_| kind == kinds::VARIABLE && self.operation.is_some());
        if let Some(variable) = variable {
            self.used.insert(address(&variable));
        }
        let children = items(value, "Children");
        for child in children {
            let within = match kind {
                kinds::OBJECT => {
                    let field = expected.definition.and_then(|found| found.field(text(child, "Name")));
                    field.map_or(Expected::default(), |field| self.expected(&field))
                }
                kinds::LIST => {
                    let element = expected.kind.and_then(|kind| kind.field("Elem"));
                    let definition = expected.definition.filter(|_| element.is_some());
                    Expected { kind: element, has_default: false, definition }
                }
                _ => continue,
            };
            if let Some(value) = child.field("Value") {
                stack::nested(|| self.value(&value, within))?;
            }
        }
        if let Some(operation) = self.operation.filter(|_| kind == kinds::VARIABLE && variable.is_none()) {
            let (raw, name) = (text(value, "Raw"), text(&operation, "Name"));
            let by = if name.is_empty() { String::new() } else { format!(" by operation \"{name}\"") };
            self.error(value, format!("Variable \"${raw}\" is not defined{by}."));
        }
        if kind == kinds::OBJECT {
            let mut seen = HashSet::new();
            for child in children.iter().filter(|child| !seen.insert(text(child, "Name"))) {
                self.error(child, format!("There can be only one input field named \"{}\".", text(child, "Name")));
            }
        }
        if let (Some(definition), Some(kind)) = (expected.definition, expected.kind) {
            self.check_value(value, definition, &kind);
        }
        self.check_variable(value, variable, expected)
    }

    fn check_variable(&mut self, value: &Value<'a>, variable: Option<Value<'a>>, expected: Expected<'s, 'a>) -> Done {
        if let (Some(variable), Some(wanted)) = (variable, expected.kind) {
            let default = variable.field("DefaultValue").is_some_and(|value| value_kind(&value) != kinds::NULL);
            let non_null = flag(&wanted, "NonNull") && !default && !expected.has_default;
            let kind = type_of(&variable);
            if !is_compatible(&kind, &wanted, non_null) {
                let message = format!(
                    "Variable \"${}\" of type \"{}\" used in position expecting type \"{}\".",
                    text(value, "Raw"),
                    type_text(&kind),
                    type_text(&wanted)
                );
                self.error(value, message);
            }
        }
        let definition = expected.definition.filter(|_| value_kind(value) == kinds::OBJECT);
        let Some(definition) = definition.filter(|found| named(&found.directives, "oneOf").is_some()) else {
            return Ok(());
        };
        for field in items(value, "Children").iter().filter_map(|child| child.field("Value")) {
            let name = text(&field, "Raw");
            let variable = self.variables.get(name).filter(|_| value_kind(&field) == kinds::VARIABLE).copied();
            let variable = variable.filter(|variable| self.operation.is_some() && !flag(&type_of(variable), "NonNull"));
            if let Some(variable) = variable {
                let (kind, input) = (type_text(&type_of(&variable)), definition.name);
                let message = format!(
                    "Variable \"${name}\" is of type \"{kind}\" but must be non-nullable to be used for OneOf Input \
                     Object \"{input}\"."
                );
                self.error(&variable, message);
            }
        }
        Ok(())
    }

    /// Checks that a literal is of the type that is expected.
    fn check_value(&mut self, value: &Value<'a>, definition: &Definition<'a>, expected: &Value<'a>) {
        let kind = value_kind(value);
        let (raw, name) = (text(value, "Raw"), definition.name);
        if kind == kinds::NULL && flag(expected, "NonNull") {
            let (wanted, found) = (type_text(expected), value_text(value));
            self.error(value, format!("Expected value of type \"{wanted}\", found {found}."));
        }
        let is_custom = definition.kind == "SCALAR" && !matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID");
        if is_custom {
            return;
        }
        if unreadable(value) {
            self.unexpected(value, definition, expected);
        }
        let is_enum = definition.kind == "ENUM";
        let fits = match kind {
            kinds::LIST => expected.field("Elem").is_some(),
            kinds::INT => matches!(name, "Int" | "Float" | "ID"),
            kinds::FLOAT => name == "Float",
            kinds::BOOLEAN => name == "Boolean",
            kinds::STRING | kinds::BLOCK if is_enum => {
                let (wanted, found) = (type_text(expected), value_text(value));
                return self.error(value, format!("Enum \"{wanted}\" cannot represent non-enum value: {found}."));
            }
            kinds::STRING | kinds::BLOCK => matches!(name, "String" | "ID"),
            kinds::ENUM if is_enum => {
                if named(&definition.enum_values, raw).is_none() {
                    let wanted = type_text(expected);
                    self.error(value, format!("Value \"{raw}\" does not exist in \"{wanted}\" enum."));
                }
                true
            }
            kinds::ENUM => false,
            kinds::OBJECT => {
                self.check_object(value, definition);
                true
            }
            _ => true,
        };
        if !fits {
            self.unexpected(value, definition, expected);
        }
    }

    fn unexpected(&mut self, value: &Value<'a>, definition: &Definition<'a>, expected: &Value<'a>) {
        let (wanted, found) = (type_text(expected), value_text(value));
        let message = match wanted.as_str() {
            "Int" | "Int!" if is_whole(text(value, "Raw")) && text(value, "Raw").parse::<i32>().is_err() => {
                format!("Int cannot represent non 32-bit signed integer value: {found}")
            }
            "Int" | "Int!" => format!("Int cannot represent non-integer value: {found}"),
            "String" | "String!" | "[String]" => format!("String cannot represent a non string value: {found}"),
            "Boolean" | "Boolean!" => format!("Boolean cannot represent a non boolean value: {found}"),
            "Float" | "Float!" => format!("Float cannot represent non numeric value: {found}"),
            "ID" | "ID!" => format!("ID cannot represent a non-string and non-integer value: {found}"),
            _ if definition.kind == "ENUM" => {
                format!("Enum \"{wanted}\" cannot represent non-enum value: {found}.")
            }
            _ => format!("Expected value of type \"{wanted}\", found {found}."),
        };
        self.error(value, message);
    }

    fn check_object(&mut self, value: &Value<'a>, definition: &Definition<'a>) {
        let (children, name) = (items(value, "Children"), definition.name);
        for field in definition.fields.iter().filter(|field| is_required(field)) {
            let field_name = text(field, "Name");
            if named(children, field_name).is_none() {
                let kind = type_text(&type_of(field));
                let message = format!("Field \"{name}.{field_name}\" of required type \"{kind}\" was not provided.");
                self.error(value, message);
            }
        }
        if named(&definition.directives, "oneOf").is_some() {
            match children {
                [only] => {
                    let given = only.field("Value").unwrap_or(Value::Null);
                    if value_kind(&given) == kinds::NULL {
                        let first = definition.fields.first().map_or("", |field| text(field, "Name"));
                        self.error(&given, format!("Field \"{name}.{first}\" must be non-null."));
                    }
                }
                _ => self.error(value, format!("OneOf Input Object \"{name}\" must specify exactly one key.")),
            }
        }
        for child in children.iter().filter(|child| definition.field(text(child, "Name")).is_none()) {
            self.error(child, format!("Field \"{}\" is not defined by type \"{name}\".", text(child, "Name")));
        }
    }
}

fn is_whole(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a number in the value is too large to be read.
fn unreadable(value: &Value<'_>) -> bool {
    let raw = text(value, "Raw");
    match value_kind(value) {
        kinds::INT => raw.parse::<i64>().is_err(),
        kinds::FLOAT => raw.parse::<f64>().is_ok_and(f64::is_infinite),
        kinds::LIST | kinds::OBJECT => {
            items(value, "Children").iter().filter_map(|child| child.field("Value")).any(|value| unreadable(&value))
        }
        _ => false,
    }
}

/// A value as documents write it.
fn value_text(value: &Value<'_>) -> String {
    let raw = text(value, "Raw");
    let child = |node: &Value<'_>| node.field("Value").map(|value| value_text(&value)).unwrap_or_default();
    match value_kind(value) {
        kinds::VARIABLE => format!("${raw}"),
        kinds::STRING | kinds::BLOCK => Value::string(raw).to_string(),
        kinds::LIST => format!("[{}]", items(value, "Children").iter().map(child).collect::<Vec<_>>().join(",")),
        kinds::OBJECT => {
            let field = |node: &Value<'_>| format!("{}:{}", text(node, "Name"), child(node));
            format!("{{{}}}", items(value, "Children").iter().map(field).collect::<Vec<_>>().join(","))
        }
        _ => raw.to_owned(),
    }
}
