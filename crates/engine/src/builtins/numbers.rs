//! Arithmetic operators and functions of numbers.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::arithmetic::{self, ArithmeticError};
use crate::value::{Set, Value};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "plus",
        signature: "(x: number, y: number) -> z: number",
        doc: "The sum of two numbers, written `x + y`. Sums of integers are exact.",
        example: ("0.1 + 0.2", "0.3"),
        purity: Purity::Pure,
        call: plus,
    },
    Builtin {
        name: "minus",
        signature: "(x: number | set[any], y: number | set[any]) -> z: number | set[any]",
        doc: "The difference of two numbers, or the members of the set `x` that are not in the set `y`; written `x - y`.",
        example: ("{1, 2, 3} - {2}", "[1, 3]"),
        purity: Purity::Pure,
        call: minus,
    },
    Builtin {
        name: "mul",
        signature: "(x: number, y: number) -> z: number",
        doc: "The product of two numbers, written `x * y`. Products of integers are exact.",
        example: ("1.5 * 2", "3"),
        purity: Purity::Pure,
        call: mul,
    },
    Builtin {
        name: "div",
        signature: "(x: number, y: number) -> z: number",
        doc: "The quotient of two numbers, written `x / y`. Fails if `y` is zero.",
        example: ("10 / 4", "2.5"),
        purity: Purity::Pure,
        call: div,
    },
    Builtin {
        name: "rem",
        signature: "(x: number, y: number) -> z: number",
        doc: "The remainder of a division of integers, written `x % y`; it has the sign of `x`. Fails if `y` is zero, or \
              if one of them is not an integer.",
        example: ("-7 % 3", "-1"),
        purity: Purity::Pure,
        call: rem,
    },
    Builtin {
        name: "abs",
        signature: "(x: number) -> y: number",
        doc: "The number without its sign.",
        example: ("abs(-1.5)", "1.5"),
        purity: Purity::Pure,
        call: abs,
    },
    Builtin {
        name: "ceil",
        signature: "(x: number) -> y: number",
        doc: "The number rounded up to an integer. As in OPA, numbers between -1 and 0 give 1.",
        example: ("ceil(1.2)", "2"),
        purity: Purity::Pure,
        call: ceil,
    },
    Builtin {
        name: "floor",
        signature: "(x: number) -> y: number",
        doc: "The number rounded down to an integer. As in OPA, numbers between -1 and 0 give 0.",
        example: ("floor(1.8)", "1"),
        purity: Purity::Pure,
        call: floor,
    },
    Builtin {
        name: "round",
        signature: "(x: number) -> y: number",
        doc: "The number rounded to the nearest integer; halves are rounded away from zero.",
        example: ("round(2.5)", "3"),
        purity: Purity::Pure,
        call: round,
    },
    Builtin {
        name: "numbers.range",
        signature: "(a: number, b: number) -> range: array[number]",
        doc: "The integers from `a` to `b`, both included; they descend if `b` is less than `a`.",
        example: ("numbers.range(3, 1)", "[3, 2, 1]"),
        purity: Purity::Pure,
        call: range,
    },
    Builtin {
        name: "numbers.range_step",
        signature: "(a: number, b: number, step: number) -> range: array[number]",
        doc: "The integers from `a` to `b` at distances of `step`, which is a positive integer; they descend if `b` is \
              less than `a`.",
        example: ("numbers.range_step(0, 10, 4)", "[0, 4, 8]"),
        purity: Purity::Pure,
        call: range_step,
    },
];

impl From<ArithmeticError> for Failure {
    fn from(error: ArithmeticError) -> Self {
        match error {
            ArithmeticError::TooBig => Failure::Halt(error.to_string()),
            _ => Failure::Error(error.to_string()),
        }
    }
}

/// Two numbers.
#[inline]
fn pair<'a>(args: &[Value<'a>]) -> Result<(Value<'a>, Value<'a>), Failure> {
    Ok((operand::number(args, 1)?, operand::number(args, 2)?))
}

fn plus<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = pair(args)?;
    Ok(arithmetic::plus(ctx.arena, left, right)?)
}

fn minus<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = (operand::any(args, 1)?, operand::any(args, 2)?);
    match (left, right) {
        (Value::Int(_) | Value::Number(_), Value::Int(_) | Value::Number(_)) => {
            Ok(arithmetic::minus(ctx.arena, left, right)?)
        }
        (Value::Set(left), Value::Set(right)) => Ok(Value::Set(difference(ctx, left, right))),
        (Value::Int(_) | Value::Number(_), _) => Err(Failure::operand(2, &right, &["number"])),
        // OPA wants a set beside a set, but says it wants a number where neither fits.
        (Value::Set(_), Value::Int(_) | Value::Number(_)) => Err(Failure::operand(2, &right, &["set"])),
        (Value::Set(_), _) => Err(Failure::operand(2, &right, &["number"])),
        _ => Err(Failure::operand(1, &left, &["number", "set"])),
    }
}

fn difference<'a>(ctx: &Context<'a, '_>, left: Set<'a>, right: Set<'a>) -> Set<'a> {
    if left.is_empty() || right.is_empty() {
        return left;
    }
    let mut kept = bumpalo::collections::Vec::with_capacity_in(left.len(), ctx.arena);
    kept.extend(left.items().iter().filter(|item| !right.contains(item)));
    Set::from_sorted(kept.into_bump_slice())
}

fn mul<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = pair(args)?;
    Ok(arithmetic::mul(ctx.arena, left, right)?)
}

fn div<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = pair(args)?;
    Ok(arithmetic::div(ctx.arena, left, right)?)
}

fn rem<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = pair(args)?;
    Ok(arithmetic::rem(ctx.arena, left, right)?)
}

fn abs<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::abs(ctx.arena, operand::number(args, 1)?)?)
}

fn ceil<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::ceil(ctx.arena, operand::number(args, 1)?)?)
}

fn floor<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::floor(ctx.arena, operand::number(args, 1)?)?)
}

fn round<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::round(ctx.arena, operand::number(args, 1)?)?)
}

/// An integer of any size.
pub(super) fn bigint(args: &[Value<'_>], position: usize) -> Result<BigInt, Failure> {
    match operand::any(args, position)? {
        value @ (Value::Int(_) | Value::Number(_)) => arithmetic::bigint(value)?.ok_or_else(|| {
            Failure::Type(format!("operand {position} must be integer number but got floating-point number"))
        }),
        value => Err(Failure::operand(position, &value, &["integer"])),
    }
}

fn range<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    if let [Value::Int(from), Value::Int(to)] = args {
        return short_range(ctx, *from, *to);
    }
    let (from, to) = (bigint(args, 1)?, bigint(args, 2)?);
    build_range(ctx, from, &to, BigInt::from(1))
}

/// The integers between two of 64 bits, those included.
fn short_range<'a>(ctx: &Context<'a, '_>, from: i64, to: i64) -> Outcome<'a> {
    let count = usize::try_from(from.abs_diff(to)).unwrap_or(usize::MAX).saturating_add(1);
    ctx.check_size(count.saturating_mul(size_of::<Value<'_>>()))?;
    let mut items = bumpalo::collections::Vec::with_capacity_in(count, ctx.arena);
    if from <= to {
        items.extend((from..=to).map(Value::Int));
    } else {
        items.extend((to..=from).rev().map(Value::Int));
    }
    Ok(Value::Array(items.into_bump_slice()))
}

fn range_step<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (from, to, step) = (bigint(args, 1)?, bigint(args, 2)?, bigint(args, 3)?);
    if !step.is_positive() {
        return Err(Failure::error("numbers.range_step: step must be a positive integer"));
    }
    build_range(ctx, from, &to, step)
}

fn build_range<'a>(ctx: &mut Context<'a, '_>, from: BigInt, to: &BigInt, step: BigInt) -> Outcome<'a> {
    let distance = to - &from;
    let more = (distance.abs() / &step).to_usize().unwrap_or(usize::MAX);
    let count = more.saturating_add(1);
    let bytes = usize::try_from(from.bits().max(to.bits())).unwrap_or(usize::MAX) / 8;
    // A number of 64 bits lies in the value itself; a larger one has its digits in the arena as well.
    let each = size_of::<Value<'_>>().saturating_add(if bytes < 8 { 0 } else { bytes.saturating_mul(3) });
    ctx.check_size(count.saturating_mul(each))?;
    let step = if distance < BigInt::zero() { -step } else { step };
    let mut items = bumpalo::collections::Vec::with_capacity_in(count, ctx.arena);
    match (i64::try_from(&from), i64::try_from(to), i64::try_from(&step)) {
        // All that lies between is of 64 bits too.
        (Ok(from), Ok(_), Ok(step)) => {
            let mut next = from;
            for _ in 0..count {
                items.push(Value::Int(next));
                next = next.wrapping_add(step);
            }
        }
        _ => {
            let mut next = from;
            for _ in 0..count {
                items.push(arithmetic::from_bigint(ctx.arena, &next)?);
                next += &step;
            }
        }
    }
    Ok(Value::Array(items.into_bump_slice()))
}
