//! Values that live on their own: constants of a policy, base data.

use super::json::{JsonError, Parser};
use super::make::{Make, Sharing};
use super::{Object, SymbolTable, Value};
use crate::stack::{VALUES, with_room};
use bumpalo_herd::Herd;
use self_cell::self_cell;
use std::cmp::Ordering;
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

/// One after the other, since a document may have been patched very often: each owner is the last one of its parts'.
impl Drop for Owner {
    fn drop(&mut self) {
        let mut parts = std::mem::take(&mut self.parts);
        while let Some(part) = parts.pop() {
            if let Some(kept) = Arc::into_inner(part.0) {
                parts.append(&mut kept.cell.into_owner().parts);
            }
        }
    }
}

/// A value and what it takes.
struct Kept {
    cell: Cell,
    /// Bytes of its arena and of those that it shares parts with.
    bytes: usize,
    /// How many of them were there before patches, of which nobody may see any more what they replaced.
    unpatched: usize,
}

/// An immutable value that owns its memory; cheap to clone, may be shared between threads. Equal parts of it are there
/// once.
#[derive(Clone)]
pub struct Frozen(Arc<Kept>);

impl Frozen {
    /// A deep copy of `value`, with the symbols of `symbols` on its strings.
    pub fn new(value: Value<'_>, symbols: &SymbolTable) -> Self {
        with_room(VALUES, || Frozen::made(|make| make.copy(value, symbols)))
    }

    /// A value made for it. What is equal in it is there once where `make` sees to it.
    pub(crate) fn made(make: impl for<'a> FnOnce(&mut Sharing<'a>) -> Value<'a>) -> Self {
        let owner = Owner { herd: Herd::new(), parts: Vec::new() };
        let mut bytes = 0;
        let cell = Cell::new(owner, |owner| {
            let mut sharing = Sharing::new(&owner.herd);
            let value = make(&mut sharing);
            bytes = sharing.used_bytes();
            value
        });
        Frozen(Arc::new(Kept { cell, bytes, unpatched: bytes }))
    }

    /// What a JSON text says. Nothing but the value itself is made, so that a large text needs little more memory than
    /// its value.
    pub fn read(text: &[u8], symbols: &SymbolTable) -> Result<Self, JsonError> {
        let owner = Owner { herd: Herd::new(), parts: Vec::new() };
        let mut bytes = 0;
        let cell = Cell::try_new(owner, |owner| {
            let mut sharing = Sharing::new(&owner.herd);
            let value = Parser::new().parse_kept(&mut sharing, text, symbols)?;
            bytes = sharing.used_bytes();
            Ok(value)
        })?;
        Ok(Frozen(Arc::new(Kept { cell, bytes, unpatched: bytes })))
    }

    /// `base` with `value` put at `path`; what lies beside the path is shared, not copied. Steps that do not exist
    /// become objects; a scalar in the way is replaced.
    ///
    /// Where patches have come to take twice as much as what they were made to, all is copied, so that what they replaced
    /// goes.
    pub fn patched(base: &Frozen, path: &[&str], value: Value<'_>, symbols: &SymbolTable) -> Self {
        /// Bytes of patches that are not worth a copy.
        const LITTLE: usize = 64 << 10;
        let owner = Owner { herd: Herd::new(), parts: vec![base.clone()] };
        let Kept { mut bytes, unpatched, .. } = *base.0;
        let cell = Cell::new(owner, |owner| {
            let mut sharing = Sharing::new(&owner.herd);
            let old = owner.parts.first().map(Frozen::value);
            let value = patch(&mut sharing, old, path, value, symbols);
            bytes += sharing.used_bytes();
            value
        });
        match bytes - unpatched > unpatched.saturating_mul(2).max(LITTLE) {
            true => Frozen::new(*cell.borrow_dependent(), symbols),
            false => Frozen(Arc::new(Kept { cell, bytes, unpatched })),
        }
    }

    /// One document of several, which it shares: each is put at its path, and objects in one place become one. Fails
    /// with a path where that cannot be, since something else is there, too.
    pub fn merged(documents: Vec<(Vec<String>, Frozen)>, symbols: &SymbolTable) -> Result<Self, Vec<String>> {
        let (paths, parts): (Vec<_>, Vec<_>) = documents.into_iter().unzip();
        let mut bytes = parts.iter().map(|part| part.0.bytes).sum();
        let owner = Owner { herd: Herd::new(), parts };
        let cell = Cell::try_new(owner, |owner| {
            let mut make = Sharing::new(&owner.herd);
            let mut root = Value::Object(Object::EMPTY);
            for (path, part) in paths.iter().zip(&owner.parts) {
                let mut nested = part.value();
                for step in path.iter().rev() {
                    let key = make.copy(Value::string(step), symbols);
                    nested = Value::Object(make.object(&[(key, nested)]));
                }
                root = merge(&mut make, root, nested, &mut Vec::new())?;
            }
            bytes += make.used_bytes();
            Ok::<_, Vec<String>>(root)
        })?;
        Ok(Frozen(Arc::new(Kept { cell, bytes, unpatched: bytes })))
    }

    /// The value.
    pub fn value(&self) -> Value<'_> {
        *self.place()
    }

    /// Where the value is.
    #[inline]
    pub fn place(&self) -> &Value<'_> {
        self.0.cell.borrow_dependent()
    }
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(formatter)
    }
}

fn merge<'a>(
    make: &mut Sharing<'a>,
    left: Value<'a>,
    right: Value<'a>,
    path: &mut Vec<String>,
) -> Result<Value<'a>, Vec<String>> {
    let (Value::Object(old), Value::Object(new)) = (left, right) else { return Err(std::mem::take(path)) };
    if old.is_empty() {
        return Ok(right);
    }
    let mut entries = Vec::with_capacity(old.len() + new.len());
    let (mut olds, mut news) = (old.entries().iter().peekable(), new.entries().iter().peekable());
    while let (Some(old), Some(new)) = (olds.peek(), news.peek()) {
        match old.0.cmp(&new.0) {
            Ordering::Less => entries.extend(olds.next()),
            Ordering::Greater => entries.extend(news.next()),
            Ordering::Equal => {
                path.push(old.0.as_str().unwrap_or_default().to_owned());
                entries.push((old.0, merge(make, old.1, new.1, path)?));
                path.pop();
                olds.next();
                news.next();
            }
        }
    }
    entries.extend(olds);
    entries.extend(news);
    Ok(Value::Object(make.object(&entries)))
}

fn patch<'a>(
    make: &mut Sharing<'a>,
    old: Option<Value<'a>>,
    path: &[&str],
    value: Value<'_>,
    symbols: &SymbolTable,
) -> Value<'a> {
    let Some((step, rest)) = path.split_first() else { return make.copy(value, symbols) };
    let old = old.and_then(|old| old.as_object());
    let below = old.and_then(|old| old.get(&Value::string(step)));
    let inner = patch(make, below, rest, value, symbols);
    let key = make.copy(Value::string(step), symbols);
    let mut entries: Vec<_> = old.map(|old| old.entries().to_vec()).unwrap_or_default();
    match entries.binary_search_by(|entry| entry.0.cmp(&key)) {
        Ok(at) => entries[at].1 = inner,
        Err(at) => entries.insert(at, (key, inner)),
    }
    Value::Object(make.object(&entries))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Were owners dropped by the ones that share their parts, this would need more stack than there is.
    #[test]
    fn a_long_line_of_owners_ends() {
        let end = || {
            let symbols = SymbolTable::new();
            let first = Frozen::new(Value::Object(Object::EMPTY), &symbols);
            let line = (0..50_000).fold(first, |last, _| Frozen::merged(vec![(Vec::new(), last)], &symbols).unwrap());
            assert_eq!(line.value(), Value::Object(Object::EMPTY));
        };
        std::thread::Builder::new().stack_size(256 << 10).spawn(end).unwrap().join().unwrap();
    }
}
