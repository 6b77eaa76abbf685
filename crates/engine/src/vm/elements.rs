//! Elements of collections, as loops and lookups find them.

use crate::value::{Value, find_equal};

/// An element of a collection.
pub(super) enum Element<'a> {
    /// An array's, with its index.
    Item(i64, &'a Value<'a>),
    /// An object's key and value; a set's member is both.
    Entry(&'a Value<'a>, &'a Value<'a>),
}

/// The next element of a collection, whose position is in register `iterator`.
#[inline]
pub(super) fn next<'a>(registers: &mut [Value<'a>], iterator: u16, collection: u16) -> Option<Element<'a>> {
    let Some(Value::Int(at)) = registers.get(usize::from(iterator)) else { return None };
    let at = *at;
    let element = element(registers.get(usize::from(collection))?, at as usize)?;
    if let Some(position) = registers.get_mut(usize::from(iterator)) {
        *position = Value::Int(at.saturating_add(1));
    }
    Some(element)
}

/// The element at a position.
#[inline]
pub(super) fn element<'a>(collection: &Value<'a>, at: usize) -> Option<Element<'a>> {
    match collection {
        Value::Array(items) => Some(Element::Item(at as i64, items.get(at)?)),
        Value::Object(object) => object.entries().get(at).map(|(key, value)| Element::Entry(key, value)),
        Value::Set(set) => set.items().get(at).map(|member| Element::Entry(member, member)),
        _ => None,
    }
}

/// The entry of a collection at a key, which is told by the collection's own.
#[inline(never)]
pub(super) fn entry<'a>(collection: &Value<'a>, key: &Value<'_>) -> Option<(Value<'a>, &'a Value<'a>)> {
    match collection {
        Value::Array(items) => {
            let at = key.as_i64()?;
            items.get(usize::try_from(at).ok()?).map(|item| (Value::Int(at), item))
        }
        Value::Object(object) => object.entries().get(object.position(key)?).map(|(key, value)| (*key, value)),
        Value::Set(set) => set.find(key).map(|member| (*member, member)),
        _ => None,
    }
}

/// `item in collection`.
pub(super) fn is_member(item: &Value<'_>, collection: &Value<'_>) -> bool {
    match collection {
        Value::Set(set) => set.contains(item),
        Value::Array(items) => find_equal(items, item).is_some(),
        Value::Object(object) => object.entries().iter().any(|(_, value)| value == item),
        _ => false,
    }
}
