//! A value together with its arena.

use super::serde::{Build, Builder, Meter, SerdeError};
use super::{Bump, Plain, SymbolTable, Value, copy, json::Projection};
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

impl std::fmt::Debug for OwnedValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(formatter)
    }
}
