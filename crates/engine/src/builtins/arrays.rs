//! Arrays.

use super::failure::operand;
use super::{Builtin, Context, Outcome, Purity};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "array.concat",
        signature: "(x: array[any], y: array[any]) -> z: array[any]",
        doc: "Returns the items of `x` followed by those of `y`.",
        example: ("array.concat([1, 2], [3])", "[1, 2, 3]"),
        purity: Purity::Pure,
        call: concat,
    },
    Builtin {
        name: "array.flatten",
        signature: "(arr: array[any]) -> flattened: array[any]",
        doc: "Returns the array with the items of nested arrays in place of those arrays, one level deep.",
        example: ("array.flatten([1, [2, [3]], 4])", "[1, 2, [3], 4]"),
        purity: Purity::Pure,
        call: flatten,
    },
    Builtin {
        name: "array.reverse",
        signature: "(arr: array[any]) -> rev: array[any]",
        doc: "Returns the array with its items in reverse order.",
        example: ("array.reverse([1, 2, 3])", "[3, 2, 1]"),
        purity: Purity::Pure,
        call: reverse,
    },
    Builtin {
        name: "array.slice",
        signature: "(arr: array[any], start: number, stop: number) -> slice: array[any]",
        doc: "Returns the items from index `start` up to, and without, index `stop`. Indices out of range are moved \
              into it, so the result may be empty but is always defined.",
        example: ("array.slice([1, 2, 3, 4], 1, 3)", "[2, 3]"),
        purity: Purity::Pure,
        call: slice,
    },
];

fn concat<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = (operand::array(args, 1)?, operand::array(args, 2)?);
    if left.is_empty() {
        return Ok(Value::Array(right));
    }
    if right.is_empty() {
        return Ok(Value::Array(left));
    }
    let length = left.len() + right.len();
    context.check_size(length * size_of::<Value<'_>>())?;
    let mut items = bumpalo::collections::Vec::with_capacity_in(length, context.arena);
    items.extend_from_slice(left);
    items.extend_from_slice(right);
    Ok(Value::Array(items.into_bump_slice()))
}

fn flatten<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let nested = operand::array(args, 1)?;
    let length: usize = nested.iter().map(|item| item.as_array().map_or(1, <[_]>::len)).sum();
    context.check_size(length * size_of::<Value<'_>>())?;
    let mut items = bumpalo::collections::Vec::with_capacity_in(length, context.arena);
    for item in nested {
        match item {
            Value::Array(inner) => items.extend_from_slice(inner),
            other => items.push(*other),
        }
    }
    Ok(Value::Array(items.into_bump_slice()))
}

fn reverse<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = context.arena.alloc_slice_copy(operand::array(args, 1)?);
    items.reverse();
    Ok(Value::Array(items))
}

fn slice<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let items = operand::array(args, 1)?;
    let (start, stop) = (operand::integer(args, 2)?, operand::integer(args, 3)?);
    let stop = usize::try_from(stop).unwrap_or(0).min(items.len());
    let start = usize::try_from(start).unwrap_or(0).min(stop);
    Ok(Value::Array(items.get(start..stop).unwrap_or(&[])))
}
