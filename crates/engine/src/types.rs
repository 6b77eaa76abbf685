//! Types of values and functions, as OPA's type checker and its messages know them.
//!
//! Takes a builtin's signature in the notation below, gives [`Signature`]s made of [`Type`]s, and writes both in OPA's
//! words. It must not know about values, rules or evaluation.
//!
//! # Notation
//!
//! A type is `null`, `boolean`, `number`, `string`, `any`, `array[T]` (any length), `array<T, U>` (exactly these
//! items), `array<T>[U]` (these items, then any number of the other), `set[T]`, `object[K: V]`,
//! `object<name: T, ...>`, `object<name: T>[K: V]` for both, a union `T | U`, or the same in OPA's words, `any<T, U>`.
//! Parentheses group. A signature is `(x: T, y: U) -> z: V`; names may be left out. Without `-> V` there is no result.
//! A last argument `x: T...` stands for any number of arguments.

pub mod json;
mod notation;

use std::cmp::Ordering;
use std::fmt;

/// How deep types may nest, so that a hostile text cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

/// A type.
///
/// Types are ordered as OPA orders them, which is the order in which the members of a union are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// Any number.
    Number,
    /// Any string.
    String,
    /// Any value.
    Any,
    /// An array: first the items of `items`, then any number of `rest`.
    Array {
        /// The types of the first items.
        items: Vec<Type>,
        /// The type of all items after them; `None` if there are no more.
        rest: Option<Box<Type>>,
    },
    /// A set of members of a type; `None` for the empty set.
    Set(Option<Box<Type>>),
    /// An object.
    Object {
        /// Keys that are known, sorted, with the types of their values.
        fields: Vec<(String, Type)>,
        /// The types of other keys and their values; `None` if there are no others.
        rest: Option<Box<(Type, Type)>>,
    },
    /// One of several types, sorted. Made by [`Type::union`].
    Union(Vec<Type>),
    /// A function.
    Function(Box<Signature>),
}

impl Type {
    /// An array of any length.
    pub fn array(of: Type) -> Type {
        Type::Array { items: Vec::new(), rest: Some(Box::new(of)) }
    }

    /// An array of exactly these items.
    pub fn tuple(items: Vec<Type>) -> Type {
        Type::Array { items, rest: None }
    }

    /// A set.
    pub fn set(of: Type) -> Type {
        Type::Set(Some(Box::new(of)))
    }

    /// An object with any number of entries.
    pub fn object(key: Type, value: Type) -> Type {
        Type::Object { fields: Vec::new(), rest: Some(Box::new((key, value))) }
    }

    /// One of the given types: sorted, equal ones once, unions among them taken apart; `any` if that is among them.
    /// A union of one type is kept as such, since OPA prints `any<string>`.
    pub fn union(members: impl IntoIterator<Item = Type>) -> Type {
        let mut flat = Vec::new();
        for member in members {
            match member {
                Type::Any => return Type::Any,
                Type::Union(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        if flat.is_empty() { Type::Any } else { Type::Union(flat) }
    }

    /// Reads a type in the notation of this module.
    ///
    /// ```
    /// use solon_engine::types::Type;
    /// let parsed = Type::parse("set[string] | array<number, any>")?;
    /// assert_eq!(parsed.to_string(), "any<array<number, any>, set[string]>");
    /// # Ok::<(), solon_engine::types::NotationError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Type, NotationError> {
        notation::parse_type(text)
    }

    /// Where the type stands in OPA's order.
    fn rank(&self) -> u8 {
        match self {
            Type::Null => 0,
            Type::Boolean => 1,
            Type::Number => 2,
            Type::String => 3,
            Type::Array { .. } => 4,
            Type::Object { .. } => 5,
            Type::Set(_) => 6,
            Type::Any | Type::Union(_) => 7,
            Type::Function(_) => 8,
        }
    }
}

impl Ord for Type {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Type::Array { items: left, rest: left_rest }, Type::Array { items: right, rest: right_rest }) => {
                left_rest.cmp(right_rest).then_with(|| left.cmp(right))
            }
            (Type::Object { fields: left, rest: left_rest }, Type::Object { fields: right, rest: right_rest }) => {
                left_rest.cmp(right_rest).then_with(|| left.cmp(right))
            }
            (Type::Set(left), Type::Set(right)) => left.cmp(right),
            (Type::Union(left), Type::Union(right)) => left.cmp(right),
            (Type::Any, Type::Union(_)) => Ordering::Less,
            (Type::Union(_), Type::Any) => Ordering::Greater,
            (Type::Function(left), Type::Function(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Type {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes the type as OPA's messages do: `any<array[any], set[any]>`.
impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Null => out.write_str("null"),
            Type::Boolean => out.write_str("boolean"),
            Type::Number => out.write_str("number"),
            Type::String => out.write_str("string"),
            Type::Any => out.write_str("any"),
            Type::Array { items, rest } => {
                out.write_str("array")?;
                list(out, items)?;
                match rest {
                    Some(rest) => write!(out, "[{rest}]"),
                    None => Ok(()),
                }
            }
            Type::Set(None) => out.write_str("set"),
            Type::Set(Some(of)) => write!(out, "set[{of}]"),
            Type::Object { fields, rest } => {
                out.write_str("object")?;
                list(out, fields.iter().map(|(name, value)| format!("{name}: {value}")))?;
                match rest.as_deref() {
                    Some((key, value)) => write!(out, "[{key}: {value}]"),
                    None => Ok(()),
                }
            }
            Type::Union(members) => {
                out.write_str("any")?;
                list(out, members)
            }
            Type::Function(signature) => signature.fmt(out),
        }
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

/// An argument or result: its type and, if it has one, its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Argument {
    /// Its type.
    pub kind: Type,
    /// Its name for documentation; empty if it has none.
    pub name: String,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// The arguments that every call has.
    pub args: Vec<Argument>,
    /// What it gives; `None` for those that give nothing (`print`).
    pub result: Option<Argument>,
    /// The type of further arguments, any number of them; `None` if there may be no more.
    pub variadic: Option<Argument>,
}

impl Signature {
    /// Reads a signature in the notation of this module.
    ///
    /// ```
    /// use solon_engine::types::Signature;
    /// let signature = Signature::parse("(x: number, y: number) -> z: number")?;
    /// assert_eq!(signature.arity(), 2);
    /// assert_eq!(signature.to_string(), "(number, number) => number");
    /// # Ok::<(), solon_engine::types::NotationError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Signature, NotationError> {
        notation::parse_signature(text)
    }

    /// How many arguments every call has; a call may also have one more, which takes the result, if there is one.
    pub fn arity(&self) -> usize {
        self.args.len()
    }

    /// Whether calls may have any number of further arguments.
    pub fn is_variadic(&self) -> bool {
        self.variadic.is_some()
    }

    /// Whether a call with `count` arguments, not counting one that takes the result, is well formed.
    pub fn accepts(&self, count: usize) -> bool {
        count == self.arity() || (self.is_variadic() && count > self.arity())
    }

    /// The type of the argument at `index` (from 0).
    pub fn argument(&self, index: usize) -> Option<&Type> {
        self.args.get(index).or(self.variadic.as_ref()).map(|argument| &argument.kind)
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

/// What is wrong with a text in the notation of types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationError {
    /// Byte offset.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for NotationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "offset {}: expected {}", self.offset, self.expected)
    }
}

impl std::error::Error for NotationError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtins;

    #[test]
    fn types_are_written_as_opa_does() -> Result<(), NotationError> {
        let cases = [
            ("any", "any"),
            ("array", "array"),
            ("array<number,string>", "array<number, string>"),
            ("array<number>[any]", "array<number>[any]"),
            ("object", "object"),
            ("object<b: any, a: string>[string: any]", "object<a: string, b: any>[string: any]"),
            ("object[any: array[any] | set[any]]", "object[any: any<array[any], set[any]>]"),
            ("array[(string)]", "array[string]"),
            ("array[any<string>]", "array[any<string>]"),
            ("set[any] | null | string", "any<null, string, set[any]>"),
            ("array<boolean, null | string>", "array<boolean, any<null, string>>"),
        ];
        for (notation, written) in cases {
            let parsed = Type::parse(notation)?;
            assert_eq!(parsed.to_string(), written);
            assert_eq!(Type::parse(written)?, parsed, "{written} is read as itself");
        }
        Ok(())
    }

    #[test]
    fn signatures_are_read() -> Result<(), NotationError> {
        let nothing = Signature::parse("()")?;
        assert_eq!((nothing.arity(), nothing.result), (0, None));

        let print = Signature::parse("(values: any...)")?;
        assert_eq!(print.to_string(), "(any...) => ???");
        assert!(print.accepts(0) && print.accepts(7));

        let format = Signature::parse("(x: number | array<number, string>) -> formatted timestamp: string")?;
        assert_eq!(format.to_string(), "(any<number, array<number, string>>) => string");
        assert_eq!(format.result.map(|result| result.name).as_deref(), Some("formatted timestamp"));
        assert!(Signature::parse("(any, any) -> boolean")?.args.iter().all(|argument| argument.name.is_empty()));
        Ok(())
    }

    #[test]
    fn wrong_notation_is_refused() {
        for wrong in ["", "strin", "array[", "array[any", "object[any]", "any<", "string |", "string string"] {
            assert!(Type::parse(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["", "(", "(any", "(any...,any)", "(any) ->", "(any) number", "(any) -> number)"] {
            assert!(Signature::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_builtin_has_a_signature_and_is_named_once() {
        let mut names = std::collections::HashSet::new();
        for builtin in builtins::all() {
            assert_eq!(Signature::parse(builtin.signature).err(), None, "{}", builtin.name);
            assert!(names.insert(builtin.name), "{} is there twice", builtin.name);
        }
    }
}
