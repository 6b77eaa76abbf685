//! Values that live on their own: constants of a policy, base data.

use super::json::{JsonError, Parser};
use super::make::{Make, Sharing};
use super::{Object, SymbolTable, Value};
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

/// An immutable value that owns its memory; cheap to clone, may be shared between threads. Equal parts of it are there
/// once.
#[derive(Clone)]
pub struct Frozen(Arc<Cell>);

impl Frozen {
    /// A deep copy of `value`, with the symbols of `symbols` on its strings.
    pub fn new(value: Value<'_>, symbols: &SymbolTable) -> Self {
        Frozen::made(|make| make.copy(value, symbols))
    }

    /// A value made for it. What is equal in it is there once where `make` sees to it.
    pub(crate) fn made(make: impl for<'a> FnOnce(&mut Sharing<'a>) -> Value<'a>) -> Self {
        let owner = Owner { herd: Herd::new(), parts: Vec::new() };
        Frozen(Arc::new(Cell::new(owner, |owner| make(&mut Sharing::new(owner.herd.get())))))
    }

    /// What a JSON text says. Nothing but the value itself is made, so that a large text needs little more memory than
    /// its value.
    pub fn read(text: &[u8], symbols: &SymbolTable) -> Result<Self, JsonError> {
        let owner = Owner { herd: Herd::new(), parts: Vec::new() };
        let cell =
            Cell::try_new(owner, |owner| Parser::new().parse_kept(&mut Sharing::new(owner.herd.get()), text, symbols))?;
        Ok(Frozen(Arc::new(cell)))
    }

    /// `base` with `value` put at `path`; what lies beside the path is shared, not copied. Steps that do not exist
    /// become objects; a scalar in the way is replaced.
    pub fn patched(base: &Frozen, path: &[&str], value: Value<'_>, symbols: &SymbolTable) -> Self {
        let owner = Owner { herd: Herd::new(), parts: vec![base.clone()] };
        Frozen(Arc::new(Cell::new(owner, |owner| {
            let old = owner.parts.first().map(Frozen::value);
            patch(&mut Sharing::new(owner.herd.get()), old, path, value, symbols)
        })))
    }

    /// One document of several, which it shares: each is put at its path, and objects in one place become one. Fails
    /// with a path where that cannot be, since something else is there, too.
    pub fn merged(documents: Vec<(Vec<String>, Frozen)>, symbols: &SymbolTable) -> Result<Self, Vec<String>> {
        let (paths, parts): (Vec<_>, Vec<_>) = documents.into_iter().unzip();
        let owner = Owner { herd: Herd::new(), parts };
        let cell = Cell::try_new(owner, |owner| {
            let mut make = Sharing::new(owner.herd.get());
            let mut root = Value::Object(Object::EMPTY);
            for (path, part) in paths.iter().zip(&owner.parts) {
                let mut nested = part.value();
                for step in path.iter().rev() {
                    let key = make.copy(Value::string(step), symbols);
                    nested = Value::Object(make.object(&[(key, nested)]));
                }
                root = merge(&mut make, root, nested, &mut Vec::new())?;
            }
            Ok::<_, Vec<String>>(root)
        })?;
        Ok(Frozen(Arc::new(cell)))
    }

    /// The value.
    pub fn value(&self) -> Value<'_> {
        *self.place()
    }

    /// Where the value is.
    #[inline]
    pub fn place(&self) -> &Value<'_> {
        self.0.borrow_dependent()
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
