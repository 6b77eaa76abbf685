//! Changing documents by path: `json.patch`, `json.filter`, `json.remove`.

use super::failure::operand;
use super::json_text::check_written;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, Object, Set, Value};
use std::collections::BTreeMap;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "json.filter",
        signature: "(object: object[any: any], paths: array[string | array[any]] | set[string | array[any]]) -> \
                    filtered: object[any: any]",
        doc: "Returns the object with only what stands at the paths: strings like `a/b/0`, or arrays of their parts.",
        example: ("json.filter({\"a\": {\"b\": 1, \"c\": 2}}, [\"a/b\"])", "{\"a\": {\"b\": 1}}"),
        purity: Purity::Pure,
        call: |context, args| {
            let object = Value::Object(operand::object(args, 1)?);
            Ok(filter(context.arena, object, &paths(context.arena, args)?))
        },
    },
    Builtin {
        name: "json.remove",
        signature: "(object: object[any: any], paths: array[string | array[any]] | set[string | array[any]]) -> \
                    output: object[any: any]",
        doc: "Returns the object without what stands at the paths: strings like `a/b/0`, or arrays of their parts.",
        example: ("json.remove({\"a\": {\"b\": 1, \"c\": 2}}, [\"a/b\"])", "{\"a\": {\"c\": 2}}"),
        purity: Purity::Pure,
        call: |context, args| {
            let object = Value::Object(operand::object(args, 1)?);
            remove(context.arena, object, Some(&paths(context.arena, args)?)).ok_or(Failure::Undefined)
        },
    },
    Builtin {
        name: "json.patch",
        signature: "(target: any, patches: array[object<op: string, path: any>[any: any]]) -> output: any",
        doc: "Returns the document after the operations of a JSON patch (RFC 6902): `add`, `remove`, `replace`, `move`, \
              `copy` and `test`. Paths may be arrays of their parts, which may lead into sets.",
        example: ("json.patch({\"a\": [1]}, [{\"op\": \"add\", \"path\": \"/a/-\", \"value\": 2}])", "{\"a\": [1, 2]}"),
        purity: Purity::Pure,
        call: patch,
    },
];

/// The parts of a path. A string has them between slashes, with `~1` for a slash and `~0` for a tilde in them.
fn path<'a>(arena: &'a Bump, value: &Value<'a>) -> Result<Vec<Value<'a>>, Failure> {
    match value {
        Value::String { text: "", .. } => Ok(Vec::new()),
        Value::String { text, .. } => {
            let part = |part: &'a str| match part.contains('~') {
                true => Value::new_string(arena, &part.replace("~1", "/").replace("~0", "~")),
                false => Value::string(part),
            };
            Ok(text.trim_start_matches('/').split('/').map(part).collect())
        }
        Value::Array(parts) => Ok(parts.to_vec()),
        other => Err(Failure::Type(format!(
            "operand 2 must be one of {{set, array}} containing string paths or array of path segments but got {}",
            other.kind().name()
        ))),
    }
}

/// A tree of paths.
enum Paths<'a> {
    /// A path ends here.
    End,
    /// Paths go on.
    Inner(BTreeMap<Value<'a>, Paths<'a>>),
}

impl<'a> Paths<'a> {
    /// Adds a path; one that goes on where another ended adds nothing.
    fn add(&mut self, path: &[Value<'a>]) {
        let (Paths::Inner(inner), Some((first, rest))) = (self, path.split_first()) else { return };
        if rest.is_empty() {
            inner.insert(*first, Paths::End);
        } else {
            inner.entry(*first).or_insert_with(|| Paths::Inner(BTreeMap::new())).add(rest);
        }
    }
}

fn paths<'a>(arena: &'a Bump, args: &[Value<'a>]) -> Result<Paths<'a>, Failure> {
    let value = operand::any(args, 2)?;
    let items = match &value {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        other => return Err(Failure::operand(2, other, &["set", "array"])),
    };
    let mut tree = Paths::Inner(BTreeMap::new());
    for item in items {
        tree.add(&path(arena, item)?);
    }
    Ok(tree)
}

/// The name of an array's item in a path.
fn index_name(index: usize) -> String {
    index.to_string()
}

/// What of the value stands at the paths. Scalars stand at any path that leads to or through them.
fn filter<'a>(arena: &'a Bump, value: Value<'a>, paths: &Paths<'a>) -> Value<'a> {
    let Paths::Inner(inner) = paths else { return value };
    match value {
        Value::Array(items) => {
            let kept = items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| Some(filter(arena, *item, inner.get(&Value::string(&index_name(index)))?)));
            Value::new_array(arena, &kept.collect::<Vec<_>>())
        }
        Value::Set(set) => {
            let kept = set.items().iter().filter_map(|item| Some(filter(arena, *item, inner.get(item)?)));
            Value::new_set(arena, &kept.collect::<Vec<_>>())
        }
        Value::Object(object) => {
            let entries = object.entries().iter();
            let kept = entries.filter_map(|(key, value)| Some((*key, filter(arena, *value, inner.get(key)?))));
            Value::new_object(arena, &kept.collect::<Vec<_>>())
        }
        scalar => scalar,
    }
}

/// What of the value does not stand at the paths; nothing if it stands at the end of one itself.
fn remove<'a>(arena: &'a Bump, value: Value<'a>, paths: Option<&Paths<'a>>) -> Option<Value<'a>> {
    let inner = match paths {
        None => return Some(value),
        Some(Paths::End) => return None,
        Some(Paths::Inner(inner)) => inner,
    };
    Some(match value {
        Value::Array(items) => {
            let kept = items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| remove(arena, *item, inner.get(&Value::string(&index_name(index)))));
            Value::new_array(arena, &kept.collect::<Vec<_>>())
        }
        Value::Set(set) => {
            let kept = set.items().iter().filter_map(|item| remove(arena, *item, inner.get(item)));
            Value::new_set(arena, &kept.collect::<Vec<_>>())
        }
        Value::Object(object) => {
            let entries = object.entries().iter();
            let kept = entries.filter_map(|(key, value)| Some((*key, remove(arena, *value, inner.get(key))?)));
            Value::new_object(arena, &kept.collect::<Vec<_>>())
        }
        scalar => scalar,
    })
}

/// Steps of paths that operations may have before the document is measured.
const STEPS: usize = 256;

fn patch<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (mut document, mut steps) = (Some(operand::any(args, 1)?), 0);
    for operation in operand::array(args, 2)? {
        let Some(operation) = operation.as_object() else {
            return Err(Failure::error(
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            ));
        };
        let length;
        (document, length) = apply(context, document, operation)?;
        // Each operation can put the whole document into itself.
        steps += length;
        if steps > STEPS {
            check_written(context, document.unwrap_or(Value::Null))?;
            steps = 0;
        }
    }
    let document = document.ok_or(Failure::Undefined)?;
    check_written(context, document)?;
    Ok(document)
}

/// One operation of a patch: what it gives, and the length of its path. A document is nothing after its root was removed.
fn apply<'a>(
    context: &Context<'a, '_>,
    document: Option<Value<'a>>,
    operation: Object<'a>,
) -> Result<(Option<Value<'a>>, usize), Failure> {
    let arena = context.arena;
    let attribute = |name: &str| {
        let value = operation.get(&Value::string(name));
        value.ok_or_else(|| Failure::Error(format!("missing required attribute '{name}'")))
    };
    let path_value = attribute("path")?;
    let operator = attribute("op")?;
    let operator = operator.as_str().ok_or_else(|| {
        Failure::Error(format!("attribute 'op' must be a string but found: {}", operator.kind().name()))
    })?;
    let to = path(arena, &path_value)?;
    let result = match operator {
        "add" => insert(arena, document, &to, attribute("value")?),
        "remove" => delete(arena, document, &to),
        "replace" => {
            let without = delete(arena, document, &to)?;
            insert(arena, without, &to, attribute("value")?)
        }
        "move" => {
            let from = path(arena, &attribute("from")?)?;
            let value = find(document, &from)?;
            let without = delete(arena, document, &from)?;
            insert(arena, without, &to, value)
        }
        "copy" => {
            let value = find(document, &path(arena, &attribute("from")?)?)?;
            insert(arena, document, &to, value)
        }
        "test" => {
            let found = find(document, &to)?;
            let value = attribute("value")?;
            if found == value {
                return Ok((document, 0));
            }
            check_written(context, value)?;
            check_written(context, found)?;
            Err(Failure::Error(format!("value from EditTree != patch value.\n\nExpected: {value}\n\nFound: {found}")))
        }
        other => Err(Failure::Error(format!("unrecognized op: '{other}'"))),
    };
    Ok((result?, to.len()))
}

fn find<'a>(document: Option<Value<'a>>, path: &[Value<'a>]) -> Outcome<'a> {
    let root = document.ok_or_else(|| deleted("unfold"))?;
    path.iter().try_fold(root, |value, step| child(value, step))
}

/// A scalar and its type, as OPA's messages have them.
fn typed(scalar: &Value<'_>) -> String {
    let kind = match scalar {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::String { .. } => "String",
        _ => "Number",
    };
    format!("{scalar} (type: ast.{kind})")
}

fn deleted(operation: &str) -> Failure {
    Failure::Error(format!("deleted node encountered during {operation} operation"))
}

/// What stands one step below a value.
fn child<'a>(value: Value<'a>, step: &Value<'a>) -> Outcome<'a> {
    let (found, what) = match value {
        Value::Object(object) => (object.get(step), "object"),
        Value::Set(set) => (set.get(step), "set"),
        Value::Array(items) => {
            (usize::try_from(index(items, step)?).ok().and_then(|at| items.get(at).copied()), "array")
        }
        scalar => {
            return Err(Failure::Error(format!(
                "expected composite type for path {step}, found value: {}",
                typed(&scalar)
            )));
        }
    };
    found.ok_or_else(|| Failure::Error(format!("path {step} does not exist in {what} term {value}")))
}

/// The index that a step means in an array: a number, its text, or `-` for the place after the last item.
fn index(items: &[Value<'_>], step: &Value<'_>) -> Result<i64, Failure> {
    let wrong = |what: &str| Failure::Error(what.to_owned());
    match step {
        Value::String { text: "-", .. } => Ok(i64::try_from(items.len()).unwrap_or(i64::MAX)),
        Value::String { text, .. } => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let number = whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'));
            let number = number.ok_or_else(|| wrong("invalid string for indexing"))?;
            if *text != "0" && text.starts_with('0') {
                return Err(wrong("leading zeros are not allowed in JSON paths"));
            }
            Ok(number)
        }
        Value::Int(_) | Value::Number(_) => step.as_i64().ok_or_else(|| wrong("invalid number type for indexing")),
        _ => Err(wrong("invalid type for indexing")),
    }
}

/// The value with the container at the path's end but one changed by `change`; all on the way is built anew.
fn edit<'a>(
    arena: &'a Bump,
    value: Value<'a>,
    path: &[Value<'a>],
    change: &dyn Fn(Value<'a>) -> Outcome<'a>,
) -> Outcome<'a> {
    let Some((step, rest)) = path.split_first() else { return change(value) };
    let inner = edit(arena, child(value, step)?, rest, change)?;
    Ok(match value {
        Value::Object(object) => Value::Object(put(arena, object, *step, inner)),
        Value::Set(set) => {
            let others = set.items().iter().copied().filter(|item| item != step);
            Value::new_set(arena, &others.chain([inner]).collect::<Vec<_>>())
        }
        Value::Array(items) => {
            let copy = arena.alloc_slice_copy(items);
            let at = usize::try_from(index(items, step)?).unwrap_or(usize::MAX);
            if let Some(item) = copy.get_mut(at) {
                *item = inner;
            }
            Value::Array(copy)
        }
        scalar => scalar,
    })
}

/// The object with `value` under `key`.
fn put<'a>(arena: &'a Bump, object: Object<'a>, key: Value<'a>, value: Value<'a>) -> Object<'a> {
    let mut entries = bumpalo::collections::Vec::with_capacity_in(object.len() + 1, arena);
    entries.extend_from_slice(object.entries());
    match entries.binary_search_by(|entry| entry.0.cmp(&key)) {
        Ok(at) => {
            if let Some(entry) = entries.get_mut(at) {
                entry.1 = value;
            }
        }
        Err(at) => entries.insert(at, (key, value)),
    }
    Object::from_sorted(arena, entries.into_bump_slice())
}

fn insert<'a>(
    arena: &'a Bump,
    document: Option<Value<'a>>,
    path: &[Value<'a>],
    value: Value<'a>,
) -> Result<Option<Value<'a>>, Failure> {
    let Some((key, way)) = path.split_last() else { return Ok(Some(value)) };
    let root = document.ok_or_else(|| deleted("insert"))?;
    let change = |container: Value<'a>| match container {
        Value::Object(object) => Ok(Value::Object(put(arena, object, *key, value))),
        Value::Set(_) if *key != value => {
            Err(Failure::Error(format!("set key {key} does not equal value to be inserted {value}")))
        }
        Value::Set(set) => {
            Ok(Value::Set(super::sets::unite(arena, set, Set::from_sorted(arena.alloc_slice_copy(&[value])))))
        }
        Value::Array(items) => {
            let at = usize::try_from(index(items, key)?).ok();
            let halves = at.and_then(|at| items.split_at_checked(at));
            let (before, after) = halves.ok_or_else(|| Failure::error("index for array insertion out of bounds"))?;
            let mut new = bumpalo::collections::Vec::with_capacity_in(items.len() + 1, arena);
            new.extend_from_slice(before);
            new.push(value);
            new.extend_from_slice(after);
            Ok(Value::Array(new.into_bump_slice()))
        }
        scalar => Err(Failure::Error(format!("expected composite type, found value: {}", typed(&scalar)))),
    };
    edit(arena, root, way, &change).map(Some)
}

fn delete<'a>(arena: &'a Bump, document: Option<Value<'a>>, path: &[Value<'a>]) -> Result<Option<Value<'a>>, Failure> {
    let root = document.ok_or_else(|| deleted("delete"))?;
    let Some((key, way)) = path.split_last() else { return Ok(None) };
    let missing = || Failure::Error(format!("cannot delete child key {key} that does not exist"));
    let change = |container: Value<'a>| match container {
        Value::Object(object) => {
            object.get(key).ok_or_else(missing)?;
            let others = object.entries().iter().copied().filter(|entry| entry.0 != *key);
            Ok(Value::new_object(arena, &others.collect::<Vec<_>>()))
        }
        Value::Set(set) => {
            set.get(key).ok_or_else(missing)?;
            Ok(Value::new_set(arena, &set.items().iter().copied().filter(|item| item != key).collect::<Vec<_>>()))
        }
        Value::Array(items) => {
            let at = usize::try_from(index(items, key)?).ok().filter(|at| *at < items.len());
            let at = at.ok_or_else(|| Failure::error("index for array delete out of bounds"))?;
            let others = items.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, item)| *item);
            Ok(Value::new_array(arena, &others.collect::<Vec<_>>()))
        }
        scalar => Err(Failure::Error(format!("expected composite type, found value: {}", typed(&scalar)))),
    };
    edit(arena, root, way, &change).map(Some)
}
