//! Values: what documents are made of.
//!
//! A [`Value`] is a small `Copy` enum that borrows everything from an arena (`'a`): the evaluator's, which is reset
//! between evaluations, or a [`Frozen`] one that lives as long as a policy or its data. Nothing here counts
//! references or drops. This module must not know about policies, builtins or evaluation.
//!
//! Arrays keep their order; sets and objects are slices sorted in OPA's order ([`Value::cmp`]), without duplicates.

pub mod arithmetic;
mod compare;
mod digits;
mod float;
mod frozen;
pub mod json;
mod letters;
mod links;
mod make;
mod nested;
pub mod number;
mod object;
mod order;
mod owned;
mod seed;
pub mod serde;
mod set;
mod short;
mod size;
mod symbol;
mod text;
mod unread;
mod word;

pub use bumpalo::Bump;
pub use bumpalo::collections::Vec as BumpVec;
pub use frozen::Frozen;
pub(crate) use letters::Letters;
pub(crate) use links::Links;
pub(crate) use make::{Make, Plain, copy};
pub use number::Number;
pub use object::{Entry, Object};
pub use owned::{OwnedValue, OwnedValues};
pub(crate) use seed::Seeds;
pub use set::Set;
pub(crate) use set::find_equal;
pub use size::exceeds;
pub use symbol::{Symbol, SymbolTable};
pub(crate) use text::{same as same_text, sketch};
pub use unread::LateReader;

/// A JSON value, or a set: three words. The tag takes 32 bits, so that tag and symbol share a word and values are
/// copied word by word.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits and is written in the canonical way. Every number for which both hold is an
    /// `Int`, so a [`Value::Number`] never is equal to an `Int` except where it is written otherwise (`1.0`).
    Int(i64),
    /// Any other number, exactly as written.
    Number(&'a Number<'a>),
    /// A string.
    String {
        /// The symbol of `text` in the policy's table; [`Symbol::NONE`] where nobody looked it up,
        /// [`Symbol::ABSENT`] where it is not in the table.
        symbol: Symbol,
        /// The text.
        text: &'a str,
    },
    /// An array.
    Array(&'a [Value<'a>]),
    /// An object; keys may be any value.
    Object(Object<'a>),
    /// A set.
    Set(Set<'a>),
}

/// The types of values, in OPA's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Boolean,
    /// Any number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
    /// A set.
    Set,
}

impl Kind {
    /// OPA's name for the type.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
            Kind::Set => "set",
        }
    }
}

impl<'a> Value<'a> {
    /// The empty string.
    pub const EMPTY_STRING: Value<'static> = Value::String { symbol: Symbol::NONE, text: "" };

    /// A string that borrows `text`.
    #[inline]
    pub fn string(text: &'a str) -> Self {
        Value::String { symbol: Symbol::NONE, text }
    }

    /// A string copied into the arena.
    pub fn new_string(arena: &'a Bump, text: &str) -> Self {
        Value::string(arena.alloc_str(text))
    }

    /// An array copied into the arena.
    pub fn new_array(arena: &'a Bump, items: &[Value<'a>]) -> Self {
        Value::Array(arena.alloc_slice_copy(items))
    }

    /// A set of the items, sorted and without duplicates.
    pub fn new_set(arena: &'a Bump, items: &[Value<'a>]) -> Self {
        Value::Set(Set::from_unsorted(arena, arena.alloc_slice_copy(items)))
    }

    /// An object of the entries, sorted; of equal keys the last counts.
    pub fn new_object(arena: &'a Bump, entries: &[Entry<'a>]) -> Self {
        Value::Object(Object::from_unsorted(arena, arena.alloc_slice_copy(entries)))
    }

    /// The integer as a value.
    #[inline]
    pub fn from_usize(value: usize) -> Self {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// Its type.
    #[inline]
    pub fn kind(&self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::Int(_) | Value::Number(_) => Kind::Number,
            Value::String { .. } => Kind::String,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
            Value::Set(_) => Kind::Set,
        }
    }

    /// The text, if it is a string.
    #[inline]
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Value::String { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one of 64 bits: `1.0` gives 1.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The items, if it is an array.
    #[inline]
    pub fn as_array(&self) -> Option<&'a [Value<'a>]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[inline]
    pub fn as_object(&self) -> Option<Object<'a>> {
        match self {
            Value::Object(object) => Some(*object),
            _ => None,
        }
    }

    /// The set, if it is one.
    #[inline]
    pub fn as_set(&self) -> Option<Set<'a>> {
        match self {
            Value::Set(set) => Some(*set),
            _ => None,
        }
    }

    /// Whether it counts as true in a body: anything but `false`.
    #[inline]
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Value::Bool(false))
    }

    /// What stands at `key`: an array's item, an object's value, a set's member itself.
    #[inline]
    pub fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        self.find(key).copied()
    }

    /// Where that is.
    #[inline]
    pub fn find(&self, key: &Value<'_>) -> Option<&'a Value<'a>> {
        match self {
            Value::Object(object) => object.find(key),
            Value::Array(items) => {
                let index = match key {
                    Value::Int(index) => *index,
                    Value::Number(number) => number.as_i64()?,
                    _ => return None,
                };
                items.get(usize::try_from(index).ok()?)
            }
            Value::Set(set) => set.find(key),
            _ => None,
        }
    }

    /// What an object holds under a string key.
    pub fn field(&self, key: &str) -> Option<Value<'a>> {
        self.as_object()?.get(&Value::string(key))
    }

    /// How many items, entries or members it has; `None` for scalars.
    pub fn len(&self) -> Option<usize> {
        match self {
            Value::Array(items) => Some(items.len()),
            Value::Object(object) => Some(object.len()),
            Value::Set(set) => Some(set.len()),
            _ => None,
        }
    }

    /// Whether it is a collection without contents.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The `index`th pair of key and value in iteration order; a set's member is both.
    #[inline]
    pub fn nth(&self, index: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Value::Array(items) => Some((Value::from_usize(index), *items.get(index)?)),
            Value::Object(object) => object.entries().get(index).copied(),
            Value::Set(set) => set.items().get(index).map(|item| (*item, *item)),
            _ => None,
        }
    }
}

/// Bytes of an arena that are in use: one that has been reset keeps what it had.
#[inline]
pub(crate) fn used_bytes(arena: &Bump) -> usize {
    arena.allocated_bytes().saturating_sub(arena.chunk_capacity())
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

/// Writes the value as Rego does: JSON with sets as `{a, b}` and `set()`.
impl std::fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        json::write_rego(*self, &mut text);
        formatter.write_str(&text)
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Option<Value<'static>>>() == 24);
