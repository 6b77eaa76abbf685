//! Values made by hand: what serde's model has no room for.

use super::super::json::{MAX_DEPTH, Projection};
use super::super::{Bump, SymbolTable, Value, number, used_bytes};
use super::{Meter, SerdeError};
use bumpalo::collections::Vec as BumpVec;

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
///         let roles: Result<Vec<Value<'a>>, SerdeError> = self.0.iter().map(|role| builder.text(role)).collect();
///         Ok(Value::new_set(builder.arena(), &roles?))
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

/// Where a value is made: the arena, the policy's symbols, what of the value is wanted, and what it may take.
#[derive(Clone, Copy)]
pub struct Builder<'a, 's> {
    pub(super) arena: &'a Bump,
    symbols: &'s SymbolTable,
    projection: &'s Projection,
    meter: &'s Meter<'s>,
    /// What is wanted of the value: a node of the projection; everything where there is none.
    node: Option<u32>,
    depth: usize,
}

impl<'a, 's> Builder<'a, 's> {
    /// A builder of what is wanted of a value.
    pub fn new(arena: &'a Bump, symbols: &'s SymbolTable, projection: &'s Projection, meter: &'s Meter<'s>) -> Self {
        Builder { arena, symbols, projection, meter, node: Some(0), depth: 0 }
    }

    /// The arena. What is made there without the builder's help is not held to the limits: see
    /// [`room`](Builder::room).
    pub fn arena(self) -> &'a Bump {
        self.arena
    }

    /// Counts a step of the work. Who looks at many things of which nothing is made says so for each.
    #[inline]
    pub fn step(self) -> Result<(), SerdeError> {
        self.meter.step()
    }

    /// Fails if there is no room for so many bytes in the arena.
    #[inline]
    pub fn room(self, bytes: usize) -> Result<(), SerdeError> {
        self.meter.room(used_bytes(self.arena), bytes)
    }

    /// The builder of what lies one level deeper. Fails where values may not nest any more.
    pub fn deeper(self) -> Result<Self, SerdeError> {
        self.step()?;
        self.room(0)?;
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

    /// A list in the arena with room for so many.
    pub fn list<T>(self, capacity: usize) -> Result<BumpVec<'a, T>, SerdeError> {
        let mut list = BumpVec::new_in(self.arena);
        self.reserve(&mut list, capacity)?;
        Ok(list)
    }

    /// Adds to a list, which grows if it has to.
    pub fn push<T>(self, list: &mut BumpVec<'a, T>, item: T) -> Result<(), SerdeError> {
        self.step()?;
        if list.len() == list.capacity() {
            self.reserve(list, list.len().max(4))?;
        }
        list.push(item);
        Ok(())
    }

    fn reserve<T>(self, list: &mut BumpVec<'a, T>, more: usize) -> Result<(), SerdeError> {
        self.room(more.saturating_mul(size_of::<T>()))?;
        list.try_reserve_exact(more).map_err(|_| SerdeError::no_memory())
    }

    /// A text in the arena.
    pub fn copy(self, text: &str) -> Result<&'a str, SerdeError> {
        self.room(text.len())?;
        self.arena.try_alloc_str(text).map(|text| &*text).map_err(|_| SerdeError::no_memory())
    }

    /// A string.
    pub fn text(self, text: &str) -> Result<Value<'a>, SerdeError> {
        Ok(Value::string(self.copy(text)?))
    }

    /// A key of an object, of a text that is in the arena.
    pub fn key(self, text: &'a str) -> Value<'a> {
        Value::String { symbol: self.symbols.lookup(text), text }
    }

    /// The number that a JSON text says.
    pub fn number(self, text: &str) -> Result<Value<'a>, SerdeError> {
        number::parse(self.arena, self.copy(text)?).ok_or_else(|| SerdeError::new("number too big"))
    }
}
