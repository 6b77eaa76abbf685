//! Comparison operators.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use std::cmp::Ordering;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "equal",
        signature: "(x: any, y: any) -> result: boolean",
        doc: "Whether two values are equal, written `x == y`. Numbers are equal however they are written.",
        example: ("1 == 1.0", "true"),
        purity: Purity::Pure,
        call: equal,
    },
    Builtin {
        name: "neq",
        signature: "(x: any, y: any) -> result: boolean",
        doc: "Whether two values differ, written `x != y`.",
        example: ("[1, 2] != [2, 1]", "true"),
        purity: Purity::Pure,
        call: neq,
    },
    Builtin {
        name: "lt",
        signature: "(x: any, y: any) -> result: boolean",
        doc: "Whether `x` comes before `y`, written `x < y`. Values of different types are in the order null, boolean, \
              number, string, array, object, set.",
        example: ("\"a\" < \"b\"", "true"),
        purity: Purity::Pure,
        call: lt,
    },
    Builtin {
        name: "lte",
        signature: "(x: any, y: any) -> result: boolean",
        doc: "Whether `x` comes before `y` or is equal to it, written `x <= y`.",
        example: ("2 <= 2", "true"),
        purity: Purity::Pure,
        call: lte,
    },
    Builtin {
        name: "gt",
        signature: "(x: any, y: any) -> result: boolean",
        doc: "Whether `x` comes after `y`, written `x > y`.",
        example: ("\"1\" > 2", "true"),
        purity: Purity::Pure,
        call: gt,
    },
    Builtin {
        name: "gte",
        signature: "(x: any, y: any) -> result: boolean",
        doc: "Whether `x` comes after `y` or is equal to it, written `x >= y`.",
        example: ("[1, 2] >= [1]", "true"),
        purity: Purity::Pure,
        call: gte,
    },
];

fn order(args: &[Value<'_>]) -> Result<Ordering, Failure> {
    Ok(operand::any(args, 1)?.cmp(&operand::any(args, 2)?))
}

fn equal<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(operand::any(args, 1)? == operand::any(args, 2)?))
}

fn neq<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(operand::any(args, 1)? != operand::any(args, 2)?))
}

fn lt<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(order(args)?.is_lt()))
}

fn lte<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(order(args)?.is_le()))
}

fn gt<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(order(args)?.is_gt()))
}

fn gte<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(order(args)?.is_ge()))
}
