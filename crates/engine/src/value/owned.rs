//! Values together with their arena.

use super::serde::{Build, Builder, Meter, SerdeError};
use super::{Bump, Plain, SymbolTable, Value, copy, json::Projection, used_bytes};
use self_cell::self_cell;

self_cell!(
    struct Cell {
        owner: Bump,
        #[covariant]
        dependent: Value,
    }
);

/// A value that owns its memory and goes from thread to thread, sets included: what has been read of an input, or what
/// is kept of an answer.
///
/// ```
/// use solon_engine::value::OwnedValue;
/// use solon_engine::{Compiler, Input};
///
/// let policy = Compiler::new().module("a.rego", "package a\nroles := {\"b\", \"a\"}").compile()?;
/// let mut evaluator = policy.prepare("data.a.roles")?.evaluator();
/// let roles = evaluator.eval(Input::none())?.value().map(OwnedValue::copy_of);
/// assert_eq!(roles.map(|roles| roles.value().to_string()).as_deref(), Some(r#"{"a", "b"}"#));
/// # Ok::<(), solon_engine::Error>(())
/// ```
pub struct OwnedValue(Cell);

impl OwnedValue {
    /// A copy.
    pub fn copy_of(value: Value<'_>) -> Self {
        OwnedValue(Cell::new(Bump::new(), |arena| copy(&mut Plain::new(arena), value, &SymbolTable::new())))
    }

    /// What something makes of itself.
    pub fn build(source: &dyn Build, meter: &Meter<'_>) -> Result<Self, SerdeError> {
        Self::build_wanted(source, &SymbolTable::new(), Projection::ALL, meter)
    }

    /// What is wanted of that, with the symbols of a policy.
    pub(crate) fn build_wanted(
        source: &dyn Build,
        symbols: &SymbolTable,
        wanted: &Projection,
        meter: &Meter<'_>,
    ) -> Result<Self, SerdeError> {
        Cell::try_new(Bump::new(), |arena| source.build(Builder::new(arena, symbols, wanted, meter))).map(OwnedValue)
    }

    /// Bytes that it holds.
    pub fn allocated_bytes(&self) -> usize {
        self.0.borrow_owner().allocated_bytes()
    }

    /// The value.
    pub fn value(&self) -> Value<'_> {
        *self.0.borrow_dependent()
    }
}

/// Values of one arena.
struct List<'a>(Vec<Value<'a>>);

self_cell!(
    struct Cells {
        owner: Bump,
        #[covariant]
        dependent: List,
    }
);

/// Many values that own their memory together, and go from thread to thread: what is kept of many answers, without an
/// allocation for each.
///
/// ```
/// use solon_engine::value::OwnedValues;
/// use solon_engine::{Compiler, Input};
///
/// let policy = Compiler::new().module("a.rego", "package a\nx := [input]").compile()?;
/// let mut evaluator = policy.prepare("data.a.x")?.evaluator();
/// let mut kept = OwnedValues::new();
/// for input in ["1", "2"] {
///     evaluator.eval(Input::json(input))?.value().into_iter().for_each(|value| kept.push(value));
/// }
/// assert_eq!(kept.get(1).map(|value| value.to_string()).as_deref(), Some("[2]"));
/// # Ok::<(), solon_engine::Error>(())
/// ```
pub struct OwnedValues(Cells);

impl OwnedValues {
    /// No values.
    pub fn new() -> Self {
        Self::of(Bump::new(), Vec::new())
    }

    fn of(arena: Bump, list: Vec<Value<'static>>) -> Self {
        OwnedValues(Cells::new(arena, |_| List(list)))
    }

    /// Adds a copy of a value.
    pub fn push(&mut self, value: Value<'_>) {
        self.0.with_dependent_mut(|arena, list| {
            // Symbols are of no use to who does not know the policy.
            list.0.push(copy(&mut Plain::new(arena), value, &SymbolTable::new()));
        });
    }

    /// Adds what is wanted of what something makes of itself, with the symbols of a policy.
    pub(crate) fn build_wanted(
        &mut self,
        source: &dyn Build,
        symbols: &SymbolTable,
        wanted: &Projection,
        meter: &Meter<'_>,
    ) -> Result<(), SerdeError> {
        self.0.with_dependent_mut(|arena, list| {
            list.0.push(source.build(Builder::new(arena, symbols, wanted, meter))?);
            Ok(())
        })
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<Value<'_>> {
        self.0.borrow_dependent().0.get(at).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.borrow_dependent().0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that they hold.
    pub fn allocated_bytes(&self) -> usize {
        self.0.borrow_owner().allocated_bytes()
    }

    /// Bytes that they use of those.
    pub fn used_bytes(&self) -> usize {
        used_bytes(self.0.borrow_owner())
    }

    /// Removes them, and keeps their memory.
    pub fn clear(&mut self) {
        let count = self.len();
        let mut arena = std::mem::take(self).0.into_owner();
        arena.reset();
        *self = Self::of(arena, Vec::with_capacity(count));
    }
}

impl Default for OwnedValues {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for OwnedValues {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(&self.0.borrow_dependent().0).finish()
    }
}

impl std::fmt::Debug for OwnedValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(formatter)
    }
}
