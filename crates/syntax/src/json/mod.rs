//! The tree as OPA writes it in JSON, for `rego.parse_module` and for tools that read OPA's tree.
//!
//! Takes a [`Module`](crate::ast::Module) with its [`Source`]; gives a [`Json`]. Wildcards get the names `$0`, `$1`, ..
//! in the order of the text; what sets and objects hold is sorted as OPA sorts it.

mod module;
mod order;
mod term;

pub use module::module;

use crate::ast::Comment;
use crate::span::Source;
use std::fmt;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as Rego has it.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; no name stands twice.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    fn text(text: &str) -> Json {
        Json::String(text.to_owned())
    }

    fn number(number: u32) -> Json {
        Json::Number(number.to_string())
    }

    /// What an object has at `name`.
    fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// A term: its type and what it holds.
fn tagged(kind: &'static str, value: Json) -> Json {
    Json::Object(vec![("type", Json::text(kind)), ("value", value)])
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => out.write_str("null"),
            Json::Bool(value) => write!(out, "{value}"),
            Json::Number(text) => out.write_str(text),
            Json::String(text) => string(text, out),
            Json::Array(items) => {
                out.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if at > 0 { "," } else { "" })?;
                }
                out.write_str("]")
            }
            Json::Object(fields) => {
                out.write_str("{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    write!(out, "{}\"{name}\":{value}", if at > 0 { "," } else { "" })?;
                }
                out.write_str("}")
            }
        }
    }
}

fn string(text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            control if u32::from(control) < 0x20 => write!(out, "\\u{:04x}", u32::from(control))?,
            letter => write!(out, "{letter}")?,
        }
    }
    out.write_str("\"")
}

/// What turns parts of a tree into JSON: the text it was read from, and how many wildcards have been named.
struct Converter<'s> {
    source: &'s Source,
    comments: &'s [Comment],
    wildcards: usize,
}

impl Converter<'_> {
    /// A variable; each wildcard gets a name of its own.
    fn variable(&mut self, name: &str) -> Json {
        if name != "_" {
            return tagged("var", Json::text(name));
        }
        let number = self.wildcards;
        self.wildcards += 1;
        tagged("var", Json::String(format!("${number}")))
    }

    /// Whether the last thing before a byte, spaces and comments aside, is an opening brace.
    fn follows_brace(&self, offset: u32) -> bool {
        let mut end = offset;
        loop {
            let before = self.source.text().get(..end as usize).unwrap_or_default().trim_end();
            end = before.len() as u32;
            let at = self.comments.partition_point(|comment| comment.span.start < end);
            match at.checked_sub(1).and_then(|last| self.comments.get(last)) {
                Some(comment) if comment.span.end >= end => end = comment.span.start,
                _ => return before.ends_with('{'),
            }
        }
    }
}
