//! Bits of integers, of any size and in two's complement.

use super::numbers::bigint;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use crate::value::arithmetic::{self, ArithmeticError, MAX_BITS};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "bits.and",
        signature: "(x: number, y: number) -> z: number",
        doc: "The bits that are set in both integers.",
        example: ("bits.and(12, 10)", "8"),
        purity: Purity::Pure,
        call: and,
    },
    Builtin {
        name: "bits.or",
        signature: "(x: number, y: number) -> z: number",
        doc: "The bits that are set in one of two integers or in both.",
        example: ("bits.or(12, 10)", "14"),
        purity: Purity::Pure,
        call: or,
    },
    Builtin {
        name: "bits.xor",
        signature: "(x: number, y: number) -> z: number",
        doc: "The bits that are set in exactly one of two integers.",
        example: ("bits.xor(12, 10)", "6"),
        purity: Purity::Pure,
        call: xor,
    },
    Builtin {
        name: "bits.negate",
        signature: "(x: number) -> z: number",
        doc: "The integer with every bit changed: `-x - 1`.",
        example: ("bits.negate(12)", "-13"),
        purity: Purity::Pure,
        call: negate,
    },
    Builtin {
        name: "bits.lsh",
        signature: "(x: number, s: number) -> z: number",
        doc: "The integer shifted left by `s` bits, that is multiplied by `2^s`.",
        example: ("bits.lsh(1, 70)", "1180591620717411303424"),
        purity: Purity::Pure,
        call: lsh,
    },
    Builtin {
        name: "bits.rsh",
        signature: "(x: number, s: number) -> z: number",
        doc: "The integer shifted right by `s` bits, that is divided by `2^s` and rounded down.",
        example: ("bits.rsh(-5, 1)", "-3"),
        purity: Purity::Pure,
        call: rsh,
    },
];

fn and<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::from_bigint(ctx.arena, &(bigint(args, 1)? & bigint(args, 2)?))?)
}

fn or<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::from_bigint(ctx.arena, &(bigint(args, 1)? | bigint(args, 2)?))?)
}

fn xor<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::from_bigint(ctx.arena, &(bigint(args, 1)? ^ bigint(args, 2)?))?)
}

fn negate<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(arithmetic::from_bigint(ctx.arena, &!bigint(args, 1)?)?)
}

/// The operands of a shift. The second counts by its lowest 64 bits, as in OPA.
fn shift(args: &[Value<'_>]) -> Result<(BigInt, u64), Failure> {
    let (value, count) = (bigint(args, 1)?, bigint(args, 2)?);
    if count.is_negative() {
        return Err(Failure::Type("operand 2 must be an unsigned integer number but got a negative integer".into()));
    }
    let count = (count & BigInt::from(u64::MAX)).to_u64().unwrap_or(u64::MAX);
    Ok((value, count))
}

fn lsh<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (value, count) = shift(args)?;
    if value.is_zero() {
        return Ok(Value::Int(0));
    }
    if value.bits().saturating_add(count) > MAX_BITS {
        return Err(ArithmeticError::TooBig.into());
    }
    Ok(arithmetic::from_bigint(ctx.arena, &(value << count))?)
}

fn rsh<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (value, count) = shift(args)?;
    Ok(arithmetic::from_bigint(ctx.arena, &(value >> count))?)
}
