//! Values made by hand: what serde's model has no room for.

use super::super::json::{MAX_DEPTH, Projection};
use super::super::{Bump, Entry, SymbolTable, Value, number, used_bytes};
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
    /// What is wanted of the value: a node of the projection.
    node: u32,
    depth: usize,
}

/// What is wanted of a part of a value, for who comes to parts of one kind again and again: [`Builder::part`] says it of
/// a builder, [`Builder::of_part`] is the builder of another one of that kind.
///
/// ```
/// use solon_engine::value::serde::{Build, Builder, SerdeError};
/// use solon_engine::value::{Entry, Object, Value};
/// use solon_engine::{Compiler, Input};
///
/// /// Tables with the same columns.
/// struct Table<const C: usize> { columns: [&'static str; C], rows: Vec<[i64; C]> }
///
/// impl<const C: usize> Build for Table<C> {
///     fn build<'a>(&self, builder: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
///         let Some(row) = builder.deeper()?.item() else { return Ok(Value::Array(&[])) };
///         let row = row.deeper()?;
///         // What is wanted of a column is looked up once, not in each row.
///         let keys = self.columns.iter().map(|name| row.entry_key(name)).collect::<Result<Vec<_>, _>>()?;
///         let mut rows = builder.list(self.rows.len())?;
///         for values in &self.rows {
///             let mut entries = builder.list::<Entry<'a>>(row.entries_of(C))?;
///             for (key, value) in keys.iter().zip(values) {
///                 // A number is the same whatever is wanted of it.
///                 let Some((key, _)) = key else { continue };
///                 builder.push(&mut entries, (*key, Value::Int(*value)))?;
///             }
///             let object = Object::from_unsorted(builder.arena(), entries.into_bump_slice_mut());
///             builder.push(&mut rows, Value::Object(object))?;
///         }
///         Ok(Value::Array(rows.into_bump_slice()))
///     }
/// }
///
/// let policy = Compiler::new().module("a.rego", "package a\nx := sum([row.b | some row in input])").compile()?;
/// let table = Table { columns: ["a", "b"], rows: vec![[1, 2], [3, 4]] };
/// assert_eq!(policy.prepare("data.a.x")?.evaluator().eval(Input::build(&table))?.deserialize::<i64>()?, 6);
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part(u32);

impl Part {
    /// A number that tells it from other parts of its value, for tables.
    #[inline]
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

impl<'a, 's> Builder<'a, 's> {
    /// A builder of what is wanted of a value.
    pub fn new(arena: &'a Bump, symbols: &'s SymbolTable, projection: &'s Projection, meter: &'s Meter<'s>) -> Self {
        Builder { arena, symbols, projection, meter, node: 0, depth: 0 }
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
    #[inline]
    pub fn deeper(self) -> Result<Self, SerdeError> {
        self.step()?;
        self.room(0)?;
        if self.depth >= MAX_DEPTH {
            return Err(SerdeError::new("exceeded max depth"));
        }
        Ok(Builder { depth: self.depth + 1, ..self })
    }

    /// How many levels deep it is.
    #[inline]
    pub fn depth(self) -> usize {
        self.depth
    }

    /// The builder of the same value, everything of which is wanted: that of a set, whose members are looked up by
    /// what they are.
    pub fn whole(self) -> Self {
        Builder { node: Projection::EVERYTHING, ..self }
    }

    /// The builder of an array's items, if they are wanted.
    #[inline]
    pub fn item(self) -> Option<Self> {
        Some(Builder { node: self.projection.item(self.node)?, ..self })
    }

    /// What is wanted here.
    #[inline]
    pub fn part(self) -> Part {
        Part(self.node)
    }

    /// The builder of something as deep as this, of which as much is wanted as of a part that a builder of the same
    /// value gave.
    #[inline]
    pub fn of_part(self, part: Part) -> Self {
        Builder { node: part.0, ..self }
    }

    /// How many entries of an object with `count` are wanted at most.
    #[inline]
    pub fn entries_of(self, count: usize) -> usize {
        self.projection.entries_of(self.node, count)
    }

    /// The builder of an entry's value, if it is wanted.
    pub fn entry(self, key: &str) -> Option<Self> {
        Some(Builder { node: self.projection.entry(self.node, key)?, ..self })
    }

    /// A key of an object and what is wanted of its value, if that is wanted: what [`entry`](Builder::entry),
    /// [`copy`](Builder::copy) and [`key`](Builder::key) give, found in one go.
    #[inline]
    pub fn entry_key(self, key: &str) -> Result<Option<(Value<'a>, Part)>, SerdeError> {
        let Some((node, symbol)) = self.projection.named_entry(self.node, key) else { return Ok(None) };
        let symbol = symbol.unwrap_or_else(|| self.symbols.lookup(key));
        Ok(Some((Value::String { symbol, text: self.copy(key)? }, Part(node))))
    }

    /// Entries in the arena like others, to be given other values.
    #[inline]
    pub fn entries_like(self, entries: &[Entry<'a>]) -> Result<&'a mut [Entry<'a>], SerdeError> {
        self.room(size_of_val(entries))?;
        self.arena.try_alloc_slice_copy(entries).map_err(|_| SerdeError::no_memory())
    }

    /// A list in the arena with room for so many.
    pub fn list<T>(self, capacity: usize) -> Result<BumpVec<'a, T>, SerdeError> {
        let mut list = BumpVec::new_in(self.arena);
        self.reserve(&mut list, capacity)?;
        Ok(list)
    }

    /// Adds to a list, which grows if it has to.
    #[inline]
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
    #[inline]
    pub fn copy(self, text: &str) -> Result<&'a str, SerdeError> {
        self.room(text.len())?;
        self.arena.try_alloc_str(text).map(|text| &*text).map_err(|_| SerdeError::no_memory())
    }

    /// A string.
    #[inline]
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
