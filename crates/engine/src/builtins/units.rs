//! Amounts with units: `10G`, `1500m`, `4MiB`.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Value, arithmetic, number};
use num_bigint::BigUint;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "units.parse",
        signature: "(x: string) -> y: number",
        doc: "The number that an amount with a metric or binary unit stands for: `m` (a thousandth), `K`, `Ki`, `M`, \
              `Mi`, `G`, `Gi`, `T`, `Ti`, `P`, `Pi`, `E`, `Ei` or none. Units may be in lower case except `M`, since \
              `m` is another. Fractions are rounded to ten decimals.",
        example: (r#"units.parse("1.5Ki")"#, "1536"),
        purity: Purity::Pure,
        call: parse,
    },
    Builtin {
        name: "units.parse_bytes",
        signature: "(x: string) -> y: number",
        doc: "The number of bytes that a size stands for: `KB`, `MB`, `GB`, `TB`, `PB` and `EB` are powers of 1000, \
              `KiB`, `MiB` and so on powers of 1024. The `B` may be left out, and case does not matter. A fraction of \
              a byte is dropped.",
        example: (r#"units.parse_bytes("1.5KiB")"#, "1536"),
        purity: Purity::Pure,
        call: parse_bytes,
    },
];

/// An exponent with more digits is refused.
const EXPONENT_DIGITS: usize = 6;

fn parse<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let fail = |message: &str| Failure::error(format!("units.parse: {message}"));
    let text = operand::string(args, 1)?.replace('"', "");
    if text.contains(' ') {
        return Err(fail("spaces not allowed in resource strings"));
    }
    let (amount, unit) = split(&text).ok_or_else(|| fail("exponent too large"))?;
    if amount.is_empty() {
        return Err(fail("no amount provided"));
    }
    let unit = rest_in_lower_case(unit);
    let (factor, shift) = if unit == "m" {
        // The float 0.001, a little more than a thousandth: 1152921504606847 / 2^60. And 2^-60 is 5^60 / 10^60.
        (BigUint::from(5_u8).pow(60) * 1_152_921_504_606_847_u64, -60)
    } else {
        let known = factor(&unit.to_ascii_lowercase());
        (known.ok_or_else(|| fail(&format!("unit {unit} not recognized")))?.into(), 0)
    };
    let amount = Decimal::parse(amount).ok_or_else(|| fail("could not parse amount to a number"))?;
    let text = amount.times(&factor, shift, ctx)?;
    number::parse(ctx.arena, ctx.arena.alloc_str(&text)).ok_or_else(too_large)
}

fn parse_bytes<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let fail = |message: &str| Failure::error(format!("units.parse_bytes: {message}"));
    let text: String = operand::string(args, 1)?.chars().map(lower_case).filter(|c| *c != '"').collect();
    if text.contains(' ') {
        return Err(fail("spaces not allowed in resource strings"));
    }
    let (amount, unit) = split(&text).ok_or_else(|| fail("exponent too large"))?;
    if amount.is_empty() {
        return Err(fail("no byte amount provided"));
    }
    let factor = factor(unit.strip_suffix('b').filter(|rest| !rest.is_empty()).unwrap_or(unit))
        .ok_or_else(|| fail(&format!("byte unit {unit} not recognized")))?;
    let amount = Decimal::parse(amount).ok_or_else(|| fail("could not parse byte amount to a number"))?;
    ctx.check_size(amount.length_of_whole())?;
    if amount.is_far_below_one() {
        return Ok(Value::Int(0));
    }
    arithmetic::whole_product(ctx.arena, &amount.json(), factor).map_err(|_| too_large())
}

fn too_large() -> Failure {
    Failure::Halt("the number is too large".into())
}

/// What a unit in lower case multiplies by.
fn factor(unit: &str) -> Option<u64> {
    let (base, letter): (u64, _) = match unit.strip_suffix('i') {
        Some(letter) => (1024, letter),
        None => (1000, unit),
    };
    let power = match (letter, base) {
        ("", 1000) => 0,
        ("k", _) => 1,
        ("m", _) => 2,
        ("g", _) => 3,
        ("t", _) => 4,
        ("p", _) => 5,
        ("e", _) => 6,
        _ => return None,
    };
    Some(base.pow(power))
}

/// The number that the text starts with, and its unit; `None` if the number has too long an exponent. An `e` belongs
/// to the number if a digit or a sign follows.
fn split(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => at += 1,
            b'e' | b'E' => match bytes.get(at + 1) {
                Some(b'0'..=b'9') => at += 1,
                Some(b'+' | b'-') => at += 2,
                _ => break,
            },
            _ => break,
        }
        if matches!(byte, b'e' | b'E') && digits(at) > EXPONENT_DIGITS {
            return None;
        }
    }
    text.split_at_checked(at)
}

/// The simple mapping of one letter to one, as Go has it.
fn lower_case(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// The unit with all but its first byte in lower case. As in OPA a first letter of several bytes is torn apart by that.
fn rest_in_lower_case(unit: &str) -> String {
    let mut letters = unit.chars();
    let Some(first) = letters.next() else { return String::new() };
    let mut result = match first.len_utf8() {
        1 => first.to_string(),
        bytes => "\u{FFFD}".repeat(bytes),
    };
    result.extend(letters.map(lower_case));
    result
}

/// A decimal number: `digits * 10^exponent`.
struct Decimal {
    negative: bool,
    /// At least one digit; zeros may stand before the others.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads `-12.5e3`: digits may be missing before or after the dot.
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = signed(text);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (text, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut shift = 0_i64;
        if let Some(exponent) = exponent {
            let (negative, exponent) = signed(exponent);
            if !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            shift = exponent.parse().ok()?;
            shift = if negative { -shift } else { shift };
        }
        Some(Decimal { negative, digits, exponent: shift - i64::try_from(fraction.len()).ok()? })
    }

    /// About how many digits it has before the dot.
    fn length_of_whole(&self) -> usize {
        usize::try_from(self.exponent.max(0)).unwrap_or(usize::MAX).saturating_add(self.digits.len())
    }

    /// Whether it is below one even if it is multiplied by the largest unit.
    fn is_far_below_one(&self) -> bool {
        self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX)) < -20
    }

    /// The number as JSON.
    fn json(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        match self.digits.trim_start_matches('0') {
            "" => "0".into(),
            digits if self.exponent == 0 => format!("{sign}{digits}"),
            digits => format!("{sign}{digits}e{}", self.exponent),
        }
    }

    /// The product with `factor * 10^shift`: without decimals if it is an integer, else with ten, rounded, as OPA
    /// writes it.
    fn times(&self, factor: &BigUint, shift: i64, ctx: &Context<'_, '_>) -> Result<String, Failure> {
        /// Exponents beyond this are no numbers to OPA.
        const LARGEST: u64 = 1_000_000;
        const DECIMALS: usize = 10;
        let amount = BigUint::parse_bytes(self.digits.as_bytes(), 10).unwrap_or_default();
        if amount == BigUint::ZERO {
            return Ok("0".into());
        }
        if self.exponent.unsigned_abs() > LARGEST {
            return Err(Failure::error("units.parse: could not parse amount to a number"));
        }
        ctx.check_size(self.length_of_whole())?;
        let sign = if self.negative { "-" } else { "" };
        let mut digits = (amount * factor).to_string();
        let exponent = self.exponent.saturating_add(shift);
        let Some(places) = usize::try_from(exponent.saturating_neg()).ok().filter(|places| *places > 0) else {
            digits.extend(std::iter::repeat_n('0', usize::try_from(exponent).unwrap_or_default()));
            return Ok(format!("{sign}{digits}"));
        };
        // At least one digit stands before the dot.
        let digits = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, fraction) = digits.split_at_checked(digits.len() - places).unwrap_or((&digits, ""));
        if fraction.bytes().all(|digit| digit == b'0') {
            return Ok(format!("{sign}{whole}"));
        }
        let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(DECIMALS).collect();
        let mut scaled = BigUint::parse_bytes([whole, &kept].concat().as_bytes(), 10).unwrap_or_default();
        if fraction.as_bytes().get(DECIMALS).is_some_and(|digit| *digit >= b'5') {
            scaled += 1_u8;
        }
        let scaled = format!("{scaled:0>width$}", width = DECIMALS + 1);
        let (whole, fraction) = scaled.split_at_checked(scaled.len() - DECIMALS).unwrap_or((&scaled, ""));
        Ok(format!("{sign}{whole}.{fraction}"))
    }
}

/// Whether the text starts with a minus, and the text without its sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn results_are_those_of_opa() {
        let parse = |text: &'static str, expected| check(&[("units.parse", &[&format!("{text:?}")], expected)]);
        parse("100m", "0.1000000000");
        parse("1000m", "1.0000000000");
        parse("1152921504606846976m", "1152921504606847");
        parse("1e-12", "0.0000000000");
        parse("-0.00000000001", "-0.0000000000");
        parse("1.23456789005", "1.2345678901");
        parse("-1.23456789015", "-1.2345678902");
        parse("0.99999999999", "1.0000000000");
        parse("0.0005K", "0.5000000000");
        parse("1.5\"G\"", "1500000000");
        parse("1e-5e", "10000000000000");
        parse("1EI", "1152921504606846976");
        parse("-0", "0");
        parse("+5.K", "5000");
        parse("1.5Xy", "!units.parse: unit Xy not recognized");
        parse("3ü", "!units.parse: unit \u{FFFD}\u{FFFD} not recognized");
        parse("1e5e5", "!units.parse: could not parse amount to a number");
        parse("1.5e1000000", "!units.parse: exponent too large");
        parse("1.23e-999999", "!units.parse: could not parse amount to a number");
        parse("+Ki", "!units.parse: could not parse amount to a number");
        parse("Ki", "!units.parse: no amount provided");

        let bytes = |text: &'static str, expected| check(&[("units.parse_bytes", &[&format!("{text:?}")], expected)]);
        bytes("-5.5kb", "-5500");
        bytes("1e30kb", "1000000000000000000040638980554752");
        bytes("123456789012345678901234567890", "123456789012345678899921813504");
        bytes("2e30", "2000000000000000000049392123904");
        bytes("1.0000000000000000000000001EB", "1000000000000000000");
        bytes("1e-5", "0");
        bytes("-0.1", "0");
        bytes("1e-999999", "0");
        bytes("0.3GB", "300000000");
        bytes("1b", "!units.parse_bytes: byte unit b not recognized");
    }
}
