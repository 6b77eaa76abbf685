//! Whether a value can be of two types at once.

use super::{Array, Key, Object, Type};
use std::cell::Cell;
use std::sync::Arc;

/// How many steps all comparisons of a compilation may take. Unions in unions can make some very long; what is not
/// known after so many steps is taken to fit.
const MAX_STEPS: u64 = 20_000_000;

/// How deep types are compared. Those that contain themselves have no end; others nest less.
const MAX_DEPTH: u32 = 1024;

/// Compares types, with a limit to the work of all comparisons.
#[derive(Debug)]
pub struct Unifier {
    left: Cell<u64>,
    depth: Cell<u32>,
}

impl Default for Unifier {
    fn default() -> Self {
        Unifier { left: Cell::new(MAX_STEPS), depth: Cell::new(0) }
    }
}

impl Unifier {
    /// Takes a step; whether there was one left.
    pub fn has_left(&self) -> bool {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                true
            }
            None => false,
        }
    }

    /// Whether a value can be of both types.
    ///
    /// ```
    /// use solon_engine::types::{Type, Unifier};
    /// let unifier = Unifier::default();
    /// let one = Type::parse("array<number, any>")?;
    /// assert!(unifier.unifies(&one, &Type::parse("array[number | string]")?));
    /// assert!(!unifier.unifies(&one, &Type::parse("array[string]")?));
    /// # Ok::<(), solon_engine::types::NotationError>(())
    /// ```
    pub fn unifies(&self, left: &Type, right: &Type) -> bool {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH || !self.has_left() {
            return true;
        }
        self.depth.set(depth + 1);
        let unifies = self.both(left, right);
        self.depth.set(depth);
        unifies
    }

    fn both(&self, left: &Type, right: &Type) -> bool {
        match (left, right) {
            (Type::Unknown, _) | (_, Type::Unknown) => false,
            (Type::Recursive(_), Type::Recursive(_)) => true,
            (Type::Recursive(left), right) => self.unifies(&left.get(), right),
            (left, Type::Recursive(right)) => self.unifies(left, &right.get()),
            (Type::Any, other) | (other, Type::Any) => !matches!(other, Type::Function(_)),
            (Type::Union(union), other) | (other, Type::Union(union)) => {
                !matches!(other, Type::Function(_)) && union.members.iter().any(|member| self.unifies(member, other))
            }
            (Type::Null, Type::Null)
            | (Type::Boolean, Type::Boolean)
            | (Type::Number, Type::Number)
            | (Type::String, Type::String) => true,
            (Type::Array(left), Type::Array(right)) => Arc::ptr_eq(left, right) || self.arrays(left, right),
            (Type::Object(left), Type::Object(right)) => Arc::ptr_eq(left, right) || self.objects(left, right),
            (Type::Set(left), Type::Set(right)) => match (left, right) {
                (Some(left), Some(right)) => self.unifies(left, right),
                // The empty set is of every type of sets.
                _ => true,
            },
            (Type::Function(left), Type::Function(right)) => {
                let pairs = left.args.iter().zip(&right.args);
                left.args.len() == right.args.len()
                    && pairs.into_iter().all(|(left, right)| self.unifies(&left.kind, &right.kind))
            }
            _ => false,
        }
    }

    fn arrays(&self, left: &Array, right: &Array) -> bool {
        let length = left.items.len().max(right.items.len());
        let items = (0..length).all(|index| match (left.item(index), right.item(index)) {
            (Some(left), Some(right)) => self.unifies(left, right),
            _ => false,
        });
        items && self.rests(left.rest.as_ref(), right.rest.as_ref())
    }

    fn rests(&self, left: Option<&Type>, right: Option<&Type>) -> bool {
        match (left, right) {
            (Some(left), Some(right)) => self.unifies(left, right),
            _ => true,
        }
    }

    fn objects(&self, left: &Object, right: &Object) -> bool {
        let is_open = left.value_of_others().is_some() || right.value_of_others().is_some();
        let fits = |key: &Key, value: &Type, other: &Object| match other.field(key) {
            None | Some(Type::Unknown) => is_open,
            Some(other) => self.unifies(value, &other),
        };
        // What both name need not be looked at twice.
        let is_named = |key: &Key| left.position(key).is_some();
        left.fields.iter().all(|(key, value)| fits(key, value, right))
            && right.fields.iter().filter(|(key, _)| !is_named(key)).all(|(key, value)| fits(key, value, left))
            && self.rests(left.value_of_others(), right.value_of_others())
    }
}
