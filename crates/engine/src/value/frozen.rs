//! Values that live on their own: constants of a policy, base data.

use super::{Object, Set, Symbol, SymbolTable, Value};
use bumpalo_herd::{Herd, Member};
use self_cell::self_cell;
use std::sync::Arc;

self_cell!(
    struct Cell {
        owner: Owner,
        #[covariant]
        dependent: Value,
    }
);

/// What the value borrows from: its own arena and, for a patched document, the ones it shares parts with. (A herd is
/// an arena that may be shared between threads.)
struct Owner {
    herd: Herd,
    parts: Vec<Frozen>,
}

/// An immutable value that owns its memory; cheap to clone, may be shared between threads.
#[derive(Clone)]
pub struct Frozen(Arc<Cell>);

impl Frozen {
    /// A deep copy of `value`, with the symbols of `symbols` on its strings.
    pub fn new(value: Value<'_>, symbols: &SymbolTable) -> Self {
        let owner = Owner { herd: Herd::new(), parts: Vec::new() };
        Frozen(Arc::new(Cell::new(owner, |owner| Copier { arena: owner.herd.get(), symbols }.copy(value))))
    }

    /// `base` with `value` put at `path`; what lies beside the path is shared, not copied. Steps that do not exist
    /// become objects; a scalar in the way is replaced.
    pub fn patched(base: &Frozen, path: &[&str], value: Value<'_>, symbols: &SymbolTable) -> Self {
        let owner = Owner { herd: Herd::new(), parts: vec![base.clone()] };
        Frozen(Arc::new(Cell::new(owner, |owner| {
            let copier = Copier { arena: owner.herd.get(), symbols };
            let old = owner.parts.first().map(Frozen::value);
            copier.patch(old, path, value)
        })))
    }

    /// The value.
    pub fn value(&self) -> Value<'_> {
        *self.0.borrow_dependent()
    }
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(formatter)
    }
}

struct Copier<'a, 's> {
    arena: Member<'a>,
    symbols: &'s SymbolTable,
}

impl<'a> Copier<'a, '_> {
    fn copy(&self, value: Value<'_>) -> Value<'a> {
        match value {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Int(value) => Value::Int(value),
            Value::Number(number) => Value::Number(self.arena.alloc(number.copy(self.arena.alloc_str(number.text())))),
            Value::String { text, .. } => self.string(text),
            Value::Array(items) => {
                Value::Array(self.arena.alloc_slice_fill_iter(items.iter().map(|item| self.copy(*item))))
            }
            Value::Object(object) => {
                let entries = object.entries().iter().map(|(key, value)| (self.copy(*key), self.copy(*value)));
                Value::Object(Object::from_sorted_in(&self.arena, self.arena.alloc_slice_fill_iter(entries)))
            }
            Value::Set(set) => {
                let items = set.items().iter().map(|item| self.copy(*item));
                Value::Set(Set::from_sorted(self.arena.alloc_slice_fill_iter(items)))
            }
        }
    }

    fn string(&self, text: &str) -> Value<'a> {
        Value::String { symbol: self.symbol(text), text: self.arena.alloc_str(text) }
    }

    fn symbol(&self, text: &str) -> Symbol {
        self.symbols.lookup(text)
    }

    fn patch(&self, old: Option<Value<'a>>, path: &[&str], value: Value<'_>) -> Value<'a> {
        let Some((step, rest)) = path.split_first() else { return self.copy(value) };
        let old = old.and_then(|old| old.as_object());
        let inner = self.patch(old.and_then(|old| old.get(&Value::string(step))), rest, value);
        let key = self.string(step);
        let mut entries: Vec<_> = old.map(|old| old.entries().to_vec()).unwrap_or_default();
        match entries.binary_search_by(|entry| entry.0.cmp(&key)) {
            Ok(at) => entries[at].1 = inner,
            Err(at) => entries.insert(at, (key, inner)),
        }
        Value::Object(Object::from_sorted_in(&self.arena, self.arena.alloc_slice_copy(&entries)))
    }
}
