//! Functions that make one value of a collection.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::arithmetic::{self, ArithmeticError};
use crate::value::{Bump, Value};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "count",
        signature: "(collection: string | array[any] | object[any: any] | set[any]) -> n: number",
        doc: "How many items, entries, members or characters (Unicode code points) a collection or string has.",
        example: ("count([3, 1, 1])", "3"),
        purity: Purity::Pure,
        call: count,
    },
    Builtin {
        name: "sum",
        signature: "(collection: array[number] | set[number]) -> n: number",
        doc: "The sum of all numbers of an array or set; 0 if it is empty.",
        example: ("sum([1, 2, 3.5])", "6.5"),
        purity: Purity::Pure,
        call: sum,
    },
    Builtin {
        name: "product",
        signature: "(collection: array[number] | set[number]) -> n: number",
        doc: "The product of all numbers of an array or set; 1 if it is empty.",
        example: ("product([2, 3, 4])", "24"),
        purity: Purity::Pure,
        call: product,
    },
    Builtin {
        name: "max",
        signature: "(collection: array[any] | set[any]) -> n: any",
        doc: "The greatest item of an array or set; undefined if it is empty.",
        example: ("max([1, 3, 2])", "3"),
        purity: Purity::Pure,
        call: max,
    },
    Builtin {
        name: "min",
        signature: "(collection: array[any] | set[any]) -> n: any",
        doc: "The least item of an array or set; undefined if it is empty.",
        example: ("min([3, 1, 2])", "1"),
        purity: Purity::Pure,
        call: min,
    },
    Builtin {
        name: "sort",
        signature: "(collection: array[any] | set[any]) -> n: array[any]",
        doc: "The items of an array or set in order.",
        example: ("sort([3, \"a\", 1, null])", "[null, 1, 3, \"a\"]"),
        purity: Purity::Pure,
        call: sort,
    },
    Builtin {
        name: "all",
        signature: "(array[any] | set[any]) -> boolean",
        doc: "Whether every item of an array or set is `true`; so it is if there are none.",
        example: ("all([true, false])", "false"),
        purity: Purity::Pure,
        call: all,
    },
    Builtin {
        name: "any",
        signature: "(array[any] | set[any]) -> boolean",
        doc: "Whether an item of an array or set is `true`.",
        example: ("any([true, false])", "true"),
        purity: Purity::Pure,
        call: any,
    },
];

/// The items of an array or set; `expected` is how OPA names the two.
fn items<'a>(args: &[Value<'a>], expected: &[&str]) -> Result<&'a [Value<'a>], Failure> {
    match operand::any(args, 1)? {
        Value::Array(items) => Ok(items),
        Value::Set(set) => Ok(set.items()),
        value => Err(Failure::operand(1, &value, expected)),
    }
}

fn count<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let value = operand::any(args, 1)?;
    Ok(Value::from_usize(match value {
        Value::Array(items) => items.len(),
        Value::Set(set) => set.len(),
        Value::Object(object) => object.len(),
        Value::String { text, .. } => text.chars().count(),
        _ => return Err(Failure::operand(1, &value, &["array", "object", "set", "string"])),
    }))
}

/// A calculation over numbers.
type Fold = for<'a> fn(&'a Bump, &[Value<'_>]) -> arithmetic::Result<Value<'a>>;

fn fold<'a>(ctx: &Context<'a, '_>, args: &[Value<'a>], calculate: Fold) -> Outcome<'a> {
    let items = items(args, &["set", "array"])?;
    match calculate(ctx.arena, items) {
        Ok(value) => Ok(value),
        Err(ArithmeticError::NotANumber) => {
            let collection = operand::any(args, 1)?.kind().name();
            let wrong = items.iter().find(|item| !matches!(item, Value::Int(_) | Value::Number(_)));
            let wrong = wrong.map_or("", |item| item.kind().name());
            Err(Failure::Type(format!(
                "operand 1 must be {collection} of numbers but got {collection} containing {wrong}"
            )))
        }
        Err(error) => Err(error.into()),
    }
}

fn sum<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    fold(ctx, args, arithmetic::sum)
}

fn product<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    fold(ctx, args, arithmetic::product)
}

// Of equal items (`1` and `1.0`), `max` and `min` give the last.

fn max<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = items(args, &["set", "array"])?;
    items.iter().copied().reduce(|best, item| if best <= item { item } else { best }).ok_or(Failure::Undefined)
}

fn min<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = items(args, &["set", "array"])?;
    items.iter().copied().reduce(|best, item| if best >= item { item } else { best }).ok_or(Failure::Undefined)
}

fn sort<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = items(args, &["set", "array"])?;
    if items.is_sorted() {
        return Ok(Value::Array(items));
    }
    ctx.check_size(size_of_val(items))?;
    let sorted = ctx.arena.alloc_slice_copy(items);
    if sorted.iter().all(is_one_of_a_kind) {
        sorted.sort_unstable();
    } else {
        sorted.sort();
    }
    Ok(Value::Array(sorted))
}

/// Whether values that equal this one are written alike, so that their order does not matter.
fn is_one_of_a_kind(value: &Value<'_>) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Int(_) | Value::String { .. })
}

fn all<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = items(args, &["array", "set"])?;
    Ok(Value::Bool(items.iter().all(|item| matches!(item, Value::Bool(true)))))
}

fn any<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = items(args, &["array", "set"])?;
    Ok(Value::Bool(items.iter().any(|item| matches!(item, Value::Bool(true)))))
}
