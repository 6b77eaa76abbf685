//! Random numbers. The evaluator remembers results, so that equal calls agree within an evaluation.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "rand.intn",
    signature: "(str: string, n: number) -> y: number",
    doc: "A random integer from 0 up to, not including, the absolute value of `n`; 0 if `n` is 0. The same for equal \
          arguments within an evaluation.",
    example: (r#"rand.intn("dice", 1)"#, "0"),
    purity: Purity::Nondeterministic,
    call: intn,
}];

/// Random bytes of the host.
pub(super) fn random<const LENGTH: usize>(ctx: &Context<'_, '_>) -> Result<[u8; LENGTH], Failure> {
    let mut bytes = [0; LENGTH];
    match ctx.host.random(&mut bytes) {
        true => Ok(bytes),
        false => Err(Failure::Halt("the host gives no random numbers".into())),
    }
}

fn intn<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    operand::string(args, 1)?;
    let count = operand::integer(args, 2)?.unsigned_abs();
    if count < 2 {
        return Ok(Value::Int(0));
    }
    // Numbers beyond the last whole multiple of `count` would make small results more likely. Fewer than half of all
    // are, so that many tries in a row do not fail unless the source is broken.
    const TRIES: usize = 256;
    let multiples = u64::MAX - u64::MAX % count;
    for _ in 0..TRIES {
        let number = u64::from_le_bytes(random(ctx)?);
        if number < multiples {
            return Ok(Value::Int(i64::try_from(number % count).unwrap_or_default()));
        }
    }
    Err(Failure::Halt("the host's random numbers are not random".into()))
}
