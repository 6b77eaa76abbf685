//! Types in OPA's words.

use super::{Argument, Key, Signature, Type};
use std::fmt;

/// Writes the type as OPA's messages do: `any<array[any], set[any]>`.
impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Unknown => out.write_str("???"),
            Type::Null => out.write_str("null"),
            Type::Boolean => out.write_str("boolean"),
            Type::Number => out.write_str("number"),
            Type::String => out.write_str("string"),
            Type::Any => out.write_str("any"),
            Type::Array(array) => {
                out.write_str("array")?;
                list(out, &array.items)?;
                match &array.rest {
                    Some(rest) => write!(out, "[{rest}]"),
                    None => Ok(()),
                }
            }
            Type::Set(None) => out.write_str("set"),
            Type::Set(Some(of)) => write!(out, "set[{of}]"),
            Type::Object(object) => {
                out.write_str("object")?;
                list(out, object.fields.iter().map(|(key, value)| Field(key, value)))?;
                match &object.rest {
                    Some((key, value)) => write!(out, "[{key}: {value}]"),
                    None => Ok(()),
                }
            }
            Type::Union(union) => {
                out.write_str("any")?;
                list(out, &union.members)
            }
            Type::Function(signature) => signature.fmt(out),
            Type::Recursive(recursive) => write!(out, "recursive({})", recursive.name()),
        }
    }
}

struct Field<'t>(&'t Key, &'t Type);

impl fmt::Display for Field<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0, self.1)
    }
}

/// Writes `<a, b>`, or nothing where there are no items.
fn list(out: &mut fmt::Formatter<'_>, items: impl IntoIterator<Item = impl fmt::Display>) -> fmt::Result {
    let mut open = false;
    for item in items {
        out.write_str(if open { ", " } else { "<" })?;
        open = true;
        item.fmt(out)?;
    }
    if open { out.write_str(">") } else { Ok(()) }
}

/// Writes the argument as OPA's messages do: with its name, if it has one.
impl fmt::Display for Argument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { self.kind.fmt(out) } else { write!(out, "{}: {}", self.name, self.kind) }
    }
}

/// Writes the signature as OPA's messages do: `(number, number) => number`; `???` stands for no result.
impl fmt::Display for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut args: Vec<String> = self.args.iter().map(|argument| argument.kind.to_string()).collect();
        args.extend(self.variadic.iter().map(|argument| format!("{}...", argument.kind)));
        write!(out, "({}) => ", args.join(", "))?;
        match &self.result {
            Some(result) => result.kind.fmt(out),
            None => out.write_str("???"),
        }
    }
}
