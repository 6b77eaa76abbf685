//! Objects.

use super::failure::operand;
use super::stack::nested;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, Entry, Object, Set, Value};
use std::cmp::Ordering;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "object.filter",
        signature: "(object: object[any: any], keys: array[any] | object[any: any] | set[any]) -> \
                    filtered: object[any: any]",
        doc: "Returns the object with only the given keys.",
        example: ("object.filter({\"a\": 1, \"b\": 2}, [\"a\", \"c\"])", "{\"a\": 1}"),
        purity: Purity::Pure,
        call: |context, args| select(context, args, true),
    },
    Builtin {
        name: "object.get",
        signature: "(object: object[any: any], key: any, default: any) -> value: any",
        doc: "Returns the object's value under `key`, or `default` where there is none. An array as `key` is a path: \
              each item leads one level deeper into objects, arrays and sets.",
        example: ("object.get({\"a\": {\"b\": [7]}}, [\"a\", \"b\", 0], null)", "7"),
        purity: Purity::Pure,
        call: get,
    },
    Builtin {
        name: "object.keys",
        signature: "(object: object[any: any]) -> value: set[any]",
        doc: "Returns the set of the object's keys.",
        example: ("object.keys({\"b\": 1, \"a\": 2})", "[\"a\", \"b\"]"),
        purity: Purity::Pure,
        call: keys,
    },
    Builtin {
        name: "object.remove",
        signature: "(object: object[any: any], keys: array[any] | object[any: any] | set[any]) -> \
                    output: object[any: any]",
        doc: "Returns the object without the given keys.",
        example: ("object.remove({\"a\": 1, \"b\": 2}, {\"a\"})", "{\"b\": 2}"),
        purity: Purity::Pure,
        call: |context, args| select(context, args, false),
    },
    Builtin {
        name: "object.subset",
        signature: "(super: array[any] | object[any: any] | set[any], sub: array[any] | object[any: any] | set[any]) \
                    -> result: boolean",
        doc: "Tells whether `sub` is contained in `super`. Objects compare key by key, and in depth; a set must be a \
              subset; an array must stand in the other as a run of items; a set is contained in an array that has all \
              its members.",
        example: ("object.subset({\"a\": {\"b\": 1, \"c\": 2}}, {\"a\": {\"b\": 1}})", "true"),
        purity: Purity::Pure,
        call: subset,
    },
    Builtin {
        name: "object.union",
        signature: "(a: object[any: any], b: object[any: any]) -> output: object[any: any]",
        doc: "Merges two objects, and in depth the objects under their common keys. Where other values conflict, those \
              of `b` count.",
        example: (
            "object.union({\"a\": {\"x\": 1}}, {\"a\": {\"y\": 2}, \"b\": 3})",
            "{\"a\": {\"x\": 1, \"y\": 2}, \"b\": 3}",
        ),
        purity: Purity::Pure,
        call: union,
    },
    Builtin {
        name: "object.union_n",
        signature: "(objects: array[object[any: any]]) -> output: object[any: any]",
        doc: "Merges any number of objects as `object.union` does, from left to right.",
        example: ("object.union_n([{\"a\": 1}, {\"b\": 2}, {\"a\": 3}])", "{\"a\": 3, \"b\": 2}"),
        purity: Purity::Pure,
        call: union_n,
    },
];

fn get<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let object = operand::object(args, 1)?;
    let found = match operand::any(args, 2)? {
        Value::Array(path) => path.iter().try_fold(Value::Object(object), |value, step| value.get(step)),
        key => object.get(&key),
    };
    found.map_or_else(|| operand::any(args, 3), Ok)
}

fn keys<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let entries = operand::object(args, 1)?.entries();
    let keys = context.arena.alloc_slice_fill_iter(entries.iter().map(|entry| entry.0));
    Ok(Value::Set(Set::from_sorted(keys)))
}

/// Keeps the entries whose key is (or is not) among the second operand's.
fn select<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>], keep: bool) -> Outcome<'a> {
    let object = operand::object(args, 1)?;
    let keys = match operand::any(args, 2)? {
        Value::Array(items) => Set::from_unsorted(context.arena, context.arena.alloc_slice_copy(items)),
        Value::Set(set) => set,
        Value::Object(other) => {
            return Ok(retain(context.arena, object, |key| other.contains_key(key) == keep));
        }
        other => return Err(Failure::operand(2, &other, &["object", "set", "array"])),
    };
    Ok(retain(context.arena, object, |key| keys.contains(key) == keep))
}

fn retain<'a>(arena: &'a Bump, object: Object<'a>, mut keep: impl FnMut(&Value<'a>) -> bool) -> Value<'a> {
    let mut entries = bumpalo::collections::Vec::with_capacity_in(object.len(), arena);
    entries.extend(object.entries().iter().filter(|entry| keep(&entry.0)).copied());
    if entries.len() == object.len() {
        return Value::Object(object);
    }
    Value::Object(Object::from_sorted(arena, entries.into_bump_slice()))
}

fn union<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let objects = [operand::object(args, 1)?, operand::object(args, 2)?];
    Merge { context, bytes: 0 }.all(&objects)
}

fn union_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = operand::array(args, 1)?;
    let mut objects = bumpalo::collections::Vec::with_capacity_in(items.len(), context.arena);
    for item in items {
        objects.push(item.as_object().ok_or_else(|| Failure::element(1, "array", item, "object"))?);
    }
    Merge { context, bytes: 0 }.all(&objects)
}

/// A union that is being made, with the bytes it has taken: values share their parts, so that two that take little
/// memory may have a union without measure.
struct Merge<'c, 'a, 'x> {
    context: &'c Context<'a, 'x>,
    bytes: usize,
}

impl<'a> Merge<'_, 'a, '_> {
    /// Merges objects from left to right. All are merged at once, level by level, so that many small ones cost no more
    /// than one large one.
    fn all(&mut self, objects: &[Object<'a>]) -> Outcome<'a> {
        let mut filled = objects.iter().filter(|object| !object.is_empty());
        match (filled.next(), filled.next(), filled.next()) {
            (None, ..) => return Ok(Value::Object(Object::EMPTY)),
            (Some(only), None, _) => return Ok(Value::Object(*only)),
            (Some(left), Some(right), None) => return self.two(*left, *right),
            _ => {}
        }
        let arena = self.context.arena;
        let length = objects.iter().map(Object::len).sum();
        self.take(length)?;
        let mut all = bumpalo::collections::Vec::with_capacity_in(length, arena);
        all.extend(objects.iter().flat_map(|object| object.entries().iter().copied()));
        // The sort is stable: equal keys stay in the order of their objects.
        all.sort_by(|left, right| left.0.cmp(&right.0));
        let mut entries = bumpalo::collections::Vec::with_capacity_in(length, arena);
        let mut inner = bumpalo::collections::Vec::new_in(arena);
        for group in all.chunk_by(|left, right| left.0 == right.0) {
            let (Some((key, _)), Some((_, last))) = (group.first(), group.last()) else { continue };
            inner.clear();
            inner.extend(group.iter().rev().map_while(|(_, value)| value.as_object()));
            inner.reverse();
            let value = if inner.len() > 1 { nested(|| self.all(&inner))? } else { *last };
            entries.push((*key, value));
        }
        Ok(Value::Object(Object::from_sorted(arena, entries.into_bump_slice())))
    }

    /// Merges two objects, neither of which is empty, walking both in order.
    fn two(&mut self, left: Object<'a>, right: Object<'a>) -> Outcome<'a> {
        let arena = self.context.arena;
        self.take(left.len() + right.len())?;
        let mut entries: bumpalo::collections::Vec<'a, Entry<'a>> =
            bumpalo::collections::Vec::with_capacity_in(left.len() + right.len(), arena);
        let (mut lefts, mut rights) = (left.entries().iter().peekable(), right.entries().iter().peekable());
        while let (Some((key, one)), Some((other_key, other))) = (lefts.peek(), rights.peek()) {
            match key.cmp(other_key) {
                Ordering::Less => entries.extend(lefts.next().copied()),
                Ordering::Greater => entries.extend(rights.next().copied()),
                Ordering::Equal => {
                    let value = match (one, other) {
                        (Value::Object(one), Value::Object(other)) => nested(|| self.all(&[*one, *other]))?,
                        _ => *other,
                    };
                    entries.push((*key, value));
                    lefts.next();
                    rights.next();
                }
            }
        }
        entries.extend(lefts.copied());
        entries.extend(rights.copied());
        Ok(Value::Object(Object::from_sorted(arena, entries.into_bump_slice())))
    }

    fn take(&mut self, entries: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(entries.saturating_mul(size_of::<Entry<'a>>()));
        self.context.check_size(self.bytes)
    }
}

fn subset<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let contained = match (operand::any(args, 1)?, operand::any(args, 2)?) {
        (Value::Array(items), Value::Set(set)) => {
            // OPA counts items down from the set's size and looks only after an item was seen: an empty set is in
            // every array but the empty one, and an item that stands twice counts twice.
            let mut missing = set.len() as i64;
            items.iter().any(|item| {
                missing -= i64::from(set.contains(item));
                missing == 0
            })
        }
        (whole, part) => contains(context, whole, part, &mut 0)?.ok_or_else(|| {
            Failure::Type("both arguments object.subset must be of the same type or array and set".into())
        })?,
    };
    Ok(Value::Bool(contained))
}

/// Whether `whole` contains `part`; `None` if they are not collections of one type. `seen` counts entries that were
/// looked at, which parts that are shared can multiply without measure.
fn contains(
    context: &Context<'_, '_>,
    whole: Value<'_>,
    part: Value<'_>,
    seen: &mut usize,
) -> Result<Option<bool>, Failure> {
    Ok(match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            *seen += part.len();
            context.check_size(seen.saturating_mul(size_of::<Entry<'_>>()))?;
            for (key, value) in part.entries() {
                let Some(other) = whole.get(key) else { return Ok(Some(false)) };
                if other != *value && nested(|| contains(context, other, *value, seen))? != Some(true) {
                    return Ok(Some(false));
                }
            }
            Some(true)
        }
        (Value::Set(whole), Value::Set(part)) => Some(part.items().iter().all(|item| whole.contains(item))),
        (Value::Array(whole), Value::Array(part)) => Some(has_run(whole, part)),
        _ => None,
    })
}

/// Whether `part` stands in `whole` as a run of items. OPA's search restarts one item further each time, which is
/// quadratic; the answer here comes from the table of borders (Knuth, Morris, Pratt).
fn has_run(whole: &[Value<'_>], part: &[Value<'_>]) -> bool {
    super::search::occurrences(whole, part).next().is_some()
}
