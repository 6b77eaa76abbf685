//! Types of values and functions, as OPA's type checker and its messages know them.
//!
//! Takes a builtin's signature in the notation below, gives [`Signature`]s made of [`Type`]s, says how types relate
//! (union, selection, whether two can be equal), which values are of them, and writes them in OPA's words. It must not know about rules or
//! evaluation.
//!
//! # Notation
//!
//! A type is `null`, `boolean`, `number`, `string`, `any`, `array[T]` (any length), `array<T, U>` (exactly these
//! items), `array<T>[U]` (these items, then any number of the other), `set[T]`, `object[K: V]`,
//! `object<name: T, ...>`, `object<name: T>[K: V]` for both, a union `T | U`, or the same in OPA's words, `any<T, U>`.
//! Parentheses group. A signature is `(x: T, y: U) -> z: V`; names may be left out. Without `-> V` there is no result.
//! A last argument `x: T...` stands for any number of arguments.

mod algebra;
mod difference;
pub mod json;
mod key;
mod membership;
mod notation;
mod order;
mod print;
mod recursive;
pub mod saved;
#[cfg(test)]
mod tests;
mod unify;

pub use difference::{argument_details, equation_details};
pub use key::Key;
pub(crate) use membership::Misfit;
pub use recursive::{Definitions, Recursive};
pub use unify::Unifier;

use std::fmt;
use std::sync::Arc;

/// How deep types may nest in the notation and in JSON, so that a hostile text cannot exhaust the stack.
const MAX_NOTATION_DEPTH: usize = 64;

/// A type: cheap to clone.
///
/// Types are ordered as OPA orders them, which is the order in which the members of a union are printed.
#[derive(Clone, Debug)]
pub enum Type {
    /// What is not known: `???` in messages.
    Unknown,
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
    /// An array.
    Array(Arc<Array>),
    /// A set of members of a type; `None` for the empty set.
    Set(Option<Arc<Type>>),
    /// An object.
    Object(Arc<Object>),
    /// One of several types.
    Union(Arc<Union>),
    /// A function.
    Function(Arc<Signature>),
    /// A type that contains itself, by its name.
    Recursive(Recursive),
}

/// The type of an array: first the items of `items`, then any number of `rest`.
#[derive(Debug)]
pub struct Array {
    /// The types of the first items.
    pub items: Vec<Type>,
    /// The type of all items after them; `None` if there are no more.
    pub rest: Option<Type>,
    facts: Facts,
}

/// The type of an object.
#[derive(Debug)]
pub struct Object {
    /// Keys that are known, sorted, with the types of their values.
    pub fields: Vec<(Key, Type)>,
    /// The types of other keys and their values; `None` if there are no others.
    pub rest: Option<(Type, Type)>,
    facts: Facts,
}

/// A type that is one of several, sorted.
#[derive(Clone, Debug)]
pub struct Union {
    members: Vec<Type>,
    facts: Facts,
}

/// What is asked of types often, known when they are made.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// How many types it is made of, written out.
    weight: usize,
    /// How many types are inside of each other.
    depth: usize,
    /// Whether some part that must be known is not.
    has_unknown: bool,
}

/// Types that are made of more types than this are taken for `any`: values can share parts, text that names them cannot.
const MAX_WEIGHT: usize = 1 << 16;

/// And so are types that nest deeper than this: rules can make them as deep as there are rules.
const MAX_DEPTH: usize = 200;

impl Facts {
    fn of<'t>(parts: impl IntoIterator<Item = &'t Type>) -> Facts {
        let mut facts = Facts { weight: 1, depth: 1, has_unknown: false };
        for part in parts {
            let (weight, depth) = part.size();
            facts.weight = facts.weight.saturating_add(weight);
            facts.depth = facts.depth.max(depth + 1);
            facts.has_unknown |= part.is_unknown();
        }
        facts
    }

    fn is_too_large(self) -> bool {
        self.weight > MAX_WEIGHT || self.depth > MAX_DEPTH
    }
}

impl Type {
    /// An array: some items, then any number of `rest`.
    pub fn new_array(items: Vec<Type>, rest: Option<Type>) -> Type {
        let rest = rest.filter(|rest| !matches!(rest, Type::Unknown));
        let facts = Facts::of(items.iter().chain(&rest));
        if facts.is_too_large() {
            return Type::Any;
        }
        Type::Array(Arc::new(Array { items, rest, facts }))
    }

    /// An array of any length.
    pub fn array(of: Type) -> Type {
        Type::new_array(Vec::new(), Some(of))
    }

    /// An array of exactly these items.
    pub fn tuple(items: Vec<Type>) -> Type {
        Type::new_array(items, None)
    }

    /// A set; the empty one if the type of the members is not known.
    pub fn set(of: Type) -> Type {
        match of {
            Type::Unknown => Type::Set(None),
            of if Facts::of([&of]).is_too_large() => Type::Any,
            of => Type::Set(Some(Arc::new(of))),
        }
    }

    /// An object with any number of entries.
    pub fn object(key: Type, value: Type) -> Type {
        Type::new_object(Vec::new(), Some((key, value)))
    }

    /// An object of these keys and any number of others.
    pub fn new_object(mut fields: Vec<(Key, Type)>, rest: Option<(Type, Type)>) -> Type {
        if !fields.is_sorted_by(|left, right| left.0 < right.0) {
            fields.sort_by(|left, right| left.0.cmp(&right.0));
        }
        let others = rest.iter().flat_map(|(key, value)| [key, value]);
        let facts = Facts::of(fields.iter().map(|(_, value)| value).chain(others));
        if facts.is_too_large() {
            return Type::Any;
        }
        Type::Object(Arc::new(Object { fields, rest, facts }))
    }

    /// One of the given types: sorted, equal ones once, unions among them taken apart; `any` if that is among them.
    /// A union of one type is kept as such, since OPA prints `any<string>`.
    pub fn union(members: impl IntoIterator<Item = Type>) -> Type {
        let mut flat = Vec::new();
        for member in members {
            match member {
                Type::Any => return Type::Any,
                Type::Union(inner) => flat.extend(inner.members.iter().cloned()),
                Type::Unknown => {}
                other => flat.push(other),
            }
        }
        algebra::sort(&mut flat);
        if flat.is_empty() { Type::Any } else { Type::of_members(flat) }
    }

    /// The union of sorted members.
    fn of_members(members: Vec<Type>) -> Type {
        let facts = Facts::of(&members);
        if facts.is_too_large() { Type::Any } else { Type::Union(Arc::new(Union { members, facts })) }
    }

    /// A function of rules: its arguments and its result.
    pub fn function(args: impl IntoIterator<Item = Type>, result: Type) -> Type {
        let argument = |kind: Type| Argument { kind, name: String::new() };
        let result = if matches!(result, Type::Unknown) { None } else { Some(argument(result)) };
        Type::Function(Arc::new(Signature { args: args.into_iter().map(argument).collect(), result, variadic: None }))
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

    /// How many types it is made of, and how deep they nest.
    fn size(&self) -> (usize, usize) {
        let facts = match self {
            Type::Array(array) => array.facts,
            Type::Object(object) => object.facts,
            Type::Union(union) => union.facts,
            Type::Set(Some(of)) => Facts::of([&**of]),
            Type::Function(signature) => Facts::of(signature.args.iter().map(|argument| &argument.kind)),
            _ => return (1, 1),
        };
        (facts.weight, facts.depth)
    }

    /// Whether it, or a part of it that must be known, is not known. The empty set's members are not known.
    pub fn is_unknown(&self) -> bool {
        match self {
            Type::Unknown => true,
            Type::Array(array) => array.facts.has_unknown,
            Type::Object(object) => object.facts.has_unknown,
            Type::Set(of) => of.as_ref().is_none_or(|of| of.is_unknown()),
            Type::Function(signature) => {
                signature.args.iter().any(|argument| argument.kind.is_unknown())
                    || signature.result.as_ref().is_none_or(|result| result.kind.is_unknown())
            }
            _ => false,
        }
    }
}

impl Union {
    /// The types, in order.
    pub fn members(&self) -> &[Type] {
        &self.members
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
