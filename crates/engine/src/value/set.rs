//! Sets: sorted slices without duplicates.

use super::order::{self, Ordinal};
use super::text::same;
use super::{Bump, Symbol, Value};
use std::cmp::Ordering;

/// Up to this many items are sorted by insertion, which compares each pair at most once.
const FEW: usize = 16;

/// A set.
#[derive(Clone, Copy)]
pub struct Set<'a>(&'a [Value<'a>]);

impl<'a> Set<'a> {
    /// The empty set.
    pub const EMPTY: Set<'static> = Set(&[]);

    /// Takes items that are sorted, without duplicates.
    pub fn from_sorted(items: &'a [Value<'a>]) -> Self {
        debug_assert!(items.windows(2).all(|pair| pair[0] < pair[1]));
        Set(items)
    }

    /// Sorts the items and drops duplicates (the first of equal items stays).
    #[inline]
    pub fn from_unsorted(arena: &'a Bump, items: &'a mut [Value<'a>]) -> Self {
        if items.len() <= 1 { Set(items) } else { Set::from_several(arena, items) }
    }

    fn from_several(arena: &'a Bump, items: &'a mut [Value<'a>]) -> Self {
        let kept = if items.iter().all(|item| matches!(item, Value::String { .. })) {
            sort_texts(arena, items)
        } else if tells_apart(items).is_some_and(|field| sort_objects(arena, items, field)) {
            items.len()
        } else if items.len() <= FEW {
            insert_each(items)
        } else {
            sort(items)
        };
        let items: &'a [Value<'a>] = items;
        Set(items.get(..kept).unwrap_or(items))
    }

    /// The items, sorted.
    #[inline]
    pub fn items(&self) -> &'a [Value<'a>] {
        self.0
    }

    /// How many items.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member that equals `item`.
    #[inline]
    pub fn get(&self, item: &Value<'_>) -> Option<Value<'a>> {
        self.find(item).copied()
    }

    /// Where the member is that equals `item`.
    #[inline]
    pub fn find(&self, item: &Value<'_>) -> Option<&'a Value<'a>> {
        if self.0.len() <= 8 {
            return find_equal(self.0, item);
        }
        let at = self.0.binary_search_by(|member| member.cmp(item)).ok()?;
        self.0.get(at)
    }

    /// Whether `item` is a member.
    #[inline]
    pub fn contains(&self, item: &Value<'_>) -> bool {
        self.get(item).is_some()
    }
}

/// The first item that equals another one.
#[inline]
pub(crate) fn find_equal<'a>(items: &'a [Value<'a>], item: &Value<'_>) -> Option<&'a Value<'a>> {
    let Value::String { symbol, text } = item else { return items.iter().find(|other| *other == item) };
    // Most texts have another length.
    items.iter().find(|other| match other {
        Value::String { symbol: other_symbol, text: other } => {
            other.len() == text.len() && symbol.same(*other_symbol).unwrap_or_else(|| same(text, other))
        }
        _ => false,
    })
}

/// Puts each item where it belongs among those before it, unless it is there already; gives how many there are.
fn insert_each(items: &mut [Value<'_>]) -> usize {
    let mut kept = 0usize;
    for at in 0..items.len() {
        let item = items[at];
        let place = match kept.checked_sub(1).map(|last| items[last].cmp(&item)) {
            None | Some(Ordering::Less) => kept,
            Some(Ordering::Equal) => continue,
            Some(Ordering::Greater) => match items[..kept - 1].binary_search(&item) {
                Ok(_) => continue,
                Err(place) => place,
            },
        };
        items.copy_within(place..kept, place + 1);
        items[place] = item;
        kept += 1;
    }
    kept
}

/// Sorts the items and drops duplicates; gives how many are left.
fn sort(items: &mut [Value<'_>]) -> usize {
    if items.windows(2).all(|pair| pair[0] < pair[1]) {
        return items.len();
    }
    items.sort();
    unite(items)
}

/// The same for strings.
fn sort_texts(arena: &Bump, items: &mut [Value<'_>]) -> usize {
    if order::sort(items, 0, |count| arena.alloc_slice_fill_copy(count, Ordinal::default())) {
        return items.len();
    }
    unite(items)
}

/// Sorts objects by the texts of the field that [`tells_apart`]; says whether each text is there once. Otherwise those with
/// equal ones stay in their order.
#[inline(never)]
fn sort_objects(arena: &Bump, items: &mut [Value<'_>], field: usize) -> bool {
    order::sort(items, field, |count| arena.alloc_slice_fill_copy(count, Ordinal::default()))
}

/// The field of objects, all of which have it and the same fields before it, whose texts tell their order: those before it
/// are the same texts in all of them. What rules find is mostly told apart by a message.
fn tells_apart(items: &[Value<'_>]) -> Option<usize> {
    for at in 0.. {
        let (symbol, text) = field(items.first()?, at)?;
        let mut is_equal = true;
        for item in items {
            let (other_symbol, other) = field(item, at)?;
            is_equal = is_equal && same(text, other);
            if other_symbol != symbol {
                return None;
            }
        }
        if !is_equal {
            return Some(at);
        }
    }
    None
}

/// The symbol of the key and the text of a field of an object, if they are that.
fn field<'v>(item: &Value<'v>, at: usize) -> Option<(Symbol, &'v str)> {
    match item {
        Value::Object(object) => match object.entries().get(at) {
            Some((Value::String { symbol, .. }, Value::String { text, .. })) if symbol.is_some() => {
                Some((*symbol, *text))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Drops items that equal the one before; gives how many are left.
fn unite(items: &mut [Value<'_>]) -> usize {
    let mut kept = 0;
    for at in 0..items.len() {
        if kept == 0 || items[kept - 1] != items[at] {
            items[kept] = items[at];
            kept += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_sorted_as_others_are() {
        let arena = Bump::new();
        for count in 0..80usize {
            let texts: Vec<String> = (0..count).map(|at| format!("some of a kind, {}", at * 7919 % 53)).collect();
            let strings: Vec<Value<'_>> = texts.iter().map(|text| Value::string(text)).collect();
            let expected: std::collections::BTreeSet<&str> = texts.iter().map(String::as_str).collect();
            let found = |items: &[Value<'_>]| -> Vec<String> {
                let set = Set::from_unsorted(&arena, arena.alloc_slice_copy(items));
                set.items().iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            };
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(found(&strings), expected);
            // With one that is no string they are sorted the other way.
            assert_eq!(found(&[strings, vec![Value::Null]].concat()), expected);
        }
    }

    #[test]
    fn objects_are_sorted_by_texts_that_tell_them_apart() {
        let arena = Bump::new();
        let mut symbols = crate::value::SymbolTable::new();
        for text in ["field", "msg", "zone", "same"] {
            symbols.intern(text);
        }
        let mut seed = 3u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        for round in 0..600usize {
            let count = round % 40;
            let mut object = || {
                let key = |text| Value::String { symbol: symbols.lookup(text), text };
                let text =
                    Value::new_string(&arena, &format!("some message {}", next(if round < 300 { 1000 } else { 12 })));
                let other = if round % 5 == 0 { Value::Int(next(3) as i64) } else { text };
                let first = if round % 7 == 0 && next(9) == 0 { key("field") } else { key("msg") };
                let same = key("same");
                match if round % 4 == 0 { 3 } else { next(3) } {
                    3 => Value::new_object(&arena, &[(key("field"), same), (first, other), (key("zone"), text)]),
                    0 => Value::new_object(&arena, &[(first, other)]),
                    1 => Value::new_object(&arena, &[(first, text), (key("zone"), other)]),
                    _ => Value::new_object(&arena, &[(first, text)]),
                }
            };
            let items: Vec<Value<'_>> = (0..count).map(|_| object()).collect();
            let expected: std::collections::BTreeSet<Value<'_>> = items.iter().copied().collect();
            let set = Set::from_unsorted(&arena, arena.alloc_slice_copy(&items));
            assert_eq!(set.items(), expected.into_iter().collect::<Vec<_>>(), "{round}");
            // The first of equal items stays.
            for item in set.items() {
                let first = items.iter().find(|other| *other == item);
                let (Some(Value::Object(first)), Value::Object(kept)) = (first, item) else { unreachable!() };
                assert_eq!(first.address(), kept.address());
            }
        }
    }

    #[test]
    fn few_and_many_items_make_the_same_sets() {
        let arena = Bump::new();
        let mut seed = 7u64;
        for count in 0..40 {
            let numbers: Vec<i64> = (0..count)
                .map(|_| {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    (seed >> 60) as i64
                })
                .collect();
            let items: Vec<Value<'_>> = numbers.iter().map(|number| Value::Int(*number)).collect();
            let expected: std::collections::BTreeSet<i64> = numbers.into_iter().collect();
            let set = Set::from_unsorted(&arena, arena.alloc_slice_copy(&items));
            let found: Vec<i64> = set.items().iter().filter_map(Value::as_i64).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
