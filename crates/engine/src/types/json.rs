//! Types as JSON, for the details of errors: the form that OPA's capabilities files have.

use super::{Argument, Type};

/// The types as a JSON array.
pub fn json_of_types<'t>(types: impl IntoIterator<Item = &'t Type>) -> String {
    array(types.into_iter().map(Type::json))
}

/// The arguments of a function as OPA shows them: an object with `args` and `variadic`, where there are any.
pub fn json_of_arguments(args: &[Argument], variadic: Option<&Argument>) -> String {
    let mut fields = Vec::new();
    if !args.is_empty() {
        fields.push(("args", array(args.iter().map(Argument::json))));
    }
    fields.extend(variadic.map(|argument| ("variadic", argument.json())));
    object(fields)
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// An object, its keys in order.
fn object(mut fields: Vec<(&str, String)>) -> String {
    fields.sort();
    let fields: Vec<String> = fields.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

impl Argument {
    fn json(&self) -> String {
        let mut fields = self.kind.fields();
        if !self.name.is_empty() {
            fields.push(("name", serde_json::Value::from(&*self.name).to_string()));
        }
        object(fields)
    }
}

impl Type {
    /// The type as JSON.
    pub fn json(&self) -> String {
        match self {
            Type::Unknown => "null".to_owned(),
            _ => object(self.fields()),
        }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let named = |name: &str| vec![("type", format!("\"{name}\""))];
        match self {
            Type::Unknown => Vec::new(),
            Type::Null => named("null"),
            Type::Boolean => named("boolean"),
            Type::Number => named("number"),
            Type::String => named("string"),
            Type::Any => named("any"),
            Type::Array(of) => {
                let mut fields = named("array");
                if !of.items.is_empty() {
                    fields.push(("static", json_of_types(&of.items)));
                }
                fields.extend(of.rest.as_ref().map(|rest| ("dynamic", rest.json())));
                fields
            }
            Type::Object(of) => {
                let mut fields = named("object");
                if !of.fields.is_empty() {
                    let each =
                        of.fields.iter().map(|(key, value)| object(vec![("key", key.json()), ("value", value.json())]));
                    fields.push(("static", array(each)));
                }
                let rest = of.rest.as_ref();
                fields.extend(
                    rest.map(|(key, value)| ("dynamic", object(vec![("key", key.json()), ("value", value.json())]))),
                );
                fields
            }
            Type::Set(of) => {
                let mut fields = named("set");
                fields.extend(of.as_ref().map(|of| ("of", of.json())));
                fields
            }
            Type::Union(union) => {
                let mut fields = named("any");
                fields.push(("of", json_of_types(union.members())));
                fields
            }
            Type::Function(signature) => {
                let mut fields = named("function");
                if !signature.args.is_empty() {
                    fields.push(("args", array(signature.args.iter().map(Argument::json))));
                }
                fields.extend(signature.result.as_ref().map(|result| ("result", result.json())));
                fields.extend(signature.variadic.as_ref().map(|variadic| ("variadic", variadic.json())));
                fields
            }
            Type::Recursive(recursive) => vec![("name", serde_json::Value::from(recursive.name()).to_string())],
        }
    }
}
