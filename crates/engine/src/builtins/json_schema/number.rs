//! Numbers as JSON schemas compare and print them: exactly, whatever their size.

use crate::value::number::shortest;
use crate::value::{Value, json};
use num_bigint::{BigInt, Sign};
use num_traits::{Signed, Zero};
use std::cmp::Ordering;

/// A decimal number: digits times a power of ten.
#[derive(Clone)]
pub(crate) struct Decimal {
    /// Without zeros at the end, so that equal numbers have equal fields.
    digits: BigInt,
    exponent: i64,
    /// How many digits there are.
    count: i64,
}

impl Decimal {
    /// The number, if the value is one.
    pub fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Int(number) => Self::parse(&number.to_string()),
            Value::Number(number) => Self::parse(number.text()),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let joined = format!("{whole}{fraction}");
        let trimmed = joined.trim_end_matches('0');
        let dropped = i64::try_from(joined.len() - trimmed.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let digits = if matches!(trimmed, "" | "-") { BigInt::zero() } else { trimmed.parse().ok()? };
        if digits.is_zero() {
            return Some(Decimal { digits, exponent: 0, count: 0 });
        }
        let count = i64::try_from(trimmed.trim_start_matches(['-', '0']).len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(dropped)?;
        Some(Decimal { digits, exponent, count })
    }

    pub fn is_positive(&self) -> bool {
        self.digits.is_positive()
    }

    /// Whether it is a whole number of times `other`, which is positive.
    pub fn is_multiple_of(&self, other: &Decimal) -> bool {
        let difference = self.exponent.saturating_sub(other.exponent);
        match u64::try_from(difference) {
            Ok(power) => {
                let power = BigInt::from(10).modpow(&BigInt::from(power), &other.digits);
                (&self.digits * power % &other.digits).is_zero()
            }
            // The other has zeros that these digits do not end with.
            Err(_) => self.digits.is_zero(),
        }
    }

    /// The digits without sign.
    fn letters(&self) -> String {
        self.digits.magnitude().to_string()
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.digits.sign().cmp(&other.digits.sign());
        if sign.is_ne() || self.digits.is_zero() {
            return sign;
        }
        // Digits in order decide where both begin at the same place, for a shorter one has zeros at its end.
        let place = |number: &Decimal| number.count.saturating_add(number.exponent);
        let order = place(self).cmp(&place(other)).then_with(|| self.letters().cmp(&other.letters()));
        if self.digits.sign() == Sign::Minus { order.reverse() } else { order }
    }
}

/// As Go prints a float of enough precision: with an exponent below -4 and from 6 on.
impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.digits.is_negative() {
            out.write_str("-")?;
        }
        let letters = self.letters();
        // The power of ten of the first digit.
        let power = self.count.saturating_add(self.exponent).saturating_sub(i64::from(!self.digits.is_zero()));
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
        if !(-4..21).contains(&power) || power >= 6 {
            let (first, rest) = letters.split_at_checked(1).unwrap_or((&letters, ""));
            let point = if rest.is_empty() { "" } else { "." };
            let sign = if power < 0 { '-' } else { '+' };
            return write!(out, "{first}{point}{rest}e{sign}{:02}", power.unsigned_abs());
        }
        if power < 0 {
            return write!(out, "0.{}{letters}", zeros(-power - 1));
        }
        match letters.split_at_checked(usize::try_from(power).unwrap_or_default() + 1) {
            Some((whole, "")) => out.write_str(whole),
            Some((whole, fraction)) => write!(out, "{whole}.{fraction}"),
            None => write!(out, "{letters}{}", zeros(self.exponent)),
        }
    }
}

/// JSON in which equal values are equal texts: numbers are floats, as Go's encoder prints them. Fails, in Go's words,
/// for a number that no float can hold.
pub(super) fn canonical(value: Value<'_>) -> Result<String, String> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: Value<'_>, out: &mut String) -> Result<(), String> {
    match value {
        Value::Int(number) => write_float(number as f64, out),
        Value::Number(number) => {
            let float: f64 = number.text().parse().unwrap_or(f64::INFINITY);
            if !float.is_finite() {
                let text = number.text();
                return Err(format!("json: cannot unmarshal number {text} into Go value of type float64"));
            }
            write_float(float, out);
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(*item, out)?;
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (at, (key, value)) in object.entries().iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json::write(*key, out);
                out.push(':');
                write(*value, out)?;
            }
            out.push('}');
        }
        scalar => json::write(scalar, out),
    }
    Ok(())
}

fn write_float(float: f64, out: &mut String) {
    let size = float.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return out.push_str(&shortest(float));
    }
    let text = format!("{float:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => out.push_str(&format!("{digits}e+{exponent:0>2}")),
        _ => out.push_str(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| unreachable!("{text}"))
    }

    #[test]
    fn numbers_print_as_go_prints_them() {
        for (text, expected) in [
            ("0", "0"),
            ("-1.50", "-1.5"),
            ("100000", "100000"),
            ("1000000", "1e+06"),
            ("1234567", "1.234567e+06"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("12.25", "12.25"),
        ] {
            assert_eq!(decimal(text).to_string(), expected);
        }
    }

    #[test]
    fn numbers_have_an_exact_order() {
        let sorted = ["-10", "-2", "-1.5", "0", "1e-30", "1.5", "2", "10", "1e100"];
        for pair in sorted.windows(2) {
            let [left, right] = pair else { continue };
            assert!(decimal(left) < decimal(right), "{left} < {right}");
        }
        assert!(decimal("1.50") == decimal("15e-1"));
    }

    #[test]
    fn multiples_are_exact() {
        for (number, of, expected) in
            [("0.3", "0.1", true), ("1e300", "3", false), ("9", "3", true), ("15", "10", false), ("0", "7e9", true)]
        {
            assert_eq!(decimal(number).is_multiple_of(&decimal(of)), expected, "{number} of {of}");
        }
    }
}
