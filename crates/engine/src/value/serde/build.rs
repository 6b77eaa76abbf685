//! Values made by hand: what serde's model has no room for.

use super::super::json::{MAX_DEPTH, Projection};
use super::super::{Bump, SymbolTable, Value, number};
use super::SerdeError;

/// What makes a value of itself: for sources that are no type of serde, or that have sets.
///
/// ```
/// use solon_engine::value::Value;
/// use solon_engine::value::serde::{Build, Builder, SerdeError};
/// use solon_engine::{Compiler, Input};
///
/// struct Roles(Vec<&'static str>);
///
/// impl Build for Roles {
///     fn build<'a>(&self, builder: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
///         let roles: Vec<Value<'a>> = self.0.iter().map(|role| builder.text(role)).collect();
///         Ok(Value::new_set(builder.arena(), &roles))
///     }
/// }
///
/// let policy = Compiler::new().module("a.rego", "package a\nallow if input == {\"admin\", \"owner\"}").compile()?;
/// let input = Roles(vec!["owner", "admin", "owner"]);
/// assert!(policy.prepare("data.a.allow")?.evaluator().eval(Input::build(&input))?.is_true());
/// # Ok::<(), solon_engine::Error>(())
/// ```
pub trait Build {
    /// The value, in the builder's arena.
    fn build<'a>(&self, builder: Builder<'a, '_>) -> Result<Value<'a>, SerdeError>;
}

/// Where a value is made: the arena, the policy's symbols, and what of the value is wanted.
#[derive(Clone, Copy)]
pub struct Builder<'a, 's> {
    pub(super) arena: &'a Bump,
    symbols: &'s SymbolTable,
    projection: &'s Projection,
    /// What is wanted of the value: a node of the projection; everything where there is none.
    node: Option<u32>,
    depth: usize,
}

impl<'a, 's> Builder<'a, 's> {
    /// A builder of what is wanted of a value.
    pub fn new(arena: &'a Bump, symbols: &'s SymbolTable, projection: &'s Projection) -> Self {
        Builder { arena, symbols, projection, node: Some(0), depth: 0 }
    }

    /// The arena.
    pub fn arena(self) -> &'a Bump {
        self.arena
    }

    /// The builder of what lies one level deeper. Fails where values may not nest any more.
    pub fn deeper(self) -> Result<Self, SerdeError> {
        if self.depth >= MAX_DEPTH {
            return Err(SerdeError::new("exceeded max depth"));
        }
        Ok(Builder { depth: self.depth + 1, ..self })
    }

    /// The builder of the same value, everything of which is wanted: that of a set, whose members are looked up by
    /// what they are.
    pub fn whole(self) -> Self {
        Builder { node: None, ..self }
    }

    /// The builder of an array's items, if they are wanted.
    pub fn item(self) -> Option<Self> {
        let Some(node) = self.node else { return Some(self) };
        Some(Builder { node: self.projection.item(node)?, ..self })
    }

    /// The builder of an entry's value, if it is wanted.
    pub fn entry(self, key: &str) -> Option<Self> {
        let Some(node) = self.node else { return Some(self) };
        Some(Builder { node: self.projection.entry(node, key)?, ..self })
    }

    /// A string.
    pub fn text(self, text: &str) -> Value<'a> {
        Value::new_string(self.arena, text)
    }

    /// A key of an object, of a text that is in the arena.
    pub fn key(self, text: &'a str) -> Value<'a> {
        Value::String { symbol: self.symbols.lookup(text), text }
    }

    /// The number that a JSON text says.
    pub fn number(self, text: &str) -> Result<Value<'a>, SerdeError> {
        number::parse(self.arena, self.arena.alloc_str(text)).ok_or_else(|| SerdeError::new("number too big"))
    }
}
