//! Floating-point numbers as Go's `strconv.FormatFloat` writes them.

use crate::value::number::shortest;
use std::fmt::Write;

/// No double has more digits than this after its decimal point, nor in all. What is asked for beyond are zeros.
const MOST_DIGITS: usize = 1100;

/// The decimal digits of a number, without zeros at their end: `0.digits × 10^point`.
struct Decimal {
    digits: String,
    point: i32,
}

impl Decimal {
    /// `count` significant digits, rounded to even, or as many as tell the number from its neighbours.
    fn new(value: f64, count: Option<usize>) -> Self {
        let Some(count) = count else { return Decimal::shortest(value) };
        let text = format!("{:.*e}", count.saturating_sub(1).min(MOST_DIGITS), value);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits: String = mantissa.chars().filter(|letter| *letter != '.').collect();
        let digits = digits.trim_end_matches('0').to_owned();
        let point = if digits.is_empty() { 0 } else { exponent.parse().unwrap_or(0) + 1 };
        Decimal { digits, point }
    }

    fn shortest(value: f64) -> Self {
        let text = shortest(value);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let zeros = all.len() - significant.len();
        let digits = significant.trim_end_matches('0').to_owned();
        let point = if digits.is_empty() { 0 } else { whole.len() as i32 - zeros as i32 };
        Decimal { digits, point }
    }

    fn len(&self) -> i32 {
        self.digits.len() as i32
    }

    /// Digits from position `from` on, `count` of them, filled up with zeros.
    fn slice(&self, from: i32, count: usize, out: &mut String) {
        let before = usize::try_from(-from).unwrap_or(0).min(count);
        out.extend(std::iter::repeat_n('0', before));
        let rest = self.digits.get(usize::try_from(from).unwrap_or(0)..).unwrap_or("");
        let taken = rest.get(..count - before).unwrap_or(rest);
        out.push_str(taken);
        out.extend(std::iter::repeat_n('0', count - before - taken.len()));
    }

    /// `d.ddde±dd` with `precision` digits after the point.
    fn scientific(&self, precision: usize, letter: char, out: &mut String) {
        self.slice(0, 1, out);
        if precision > 0 {
            out.push('.');
            self.slice(1, precision, out);
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        exponent_part(letter, exponent, out);
    }

    /// `ddd.ddd` with `precision` digits after the point.
    fn positional(&self, precision: usize, out: &mut String) {
        match usize::try_from(self.point) {
            Ok(whole) if whole > 0 => self.slice(0, whole, out),
            _ => out.push('0'),
        }
        if precision > 0 {
            out.push('.');
            self.slice(self.point, precision, out);
        }
    }
}

fn exponent_part(letter: char, exponent: i32, out: &mut String) {
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a string does not fail.
    write!(out, "{letter}{sign}{:02}", exponent.unsigned_abs()).unwrap_or_default();
}

/// Writes a finite number in the format of Go's verb `e`, `E`, `f`, `g`, `G`, `b`, `x` or `X`; without a precision with
/// as many digits as it needs. A minus sign stands first where there is one, never a plus.
pub(super) fn format(value: f64, verb: char, precision: Option<usize>, out: &mut String) {
    if value.is_sign_negative() {
        out.push('-');
    }
    let value = value.abs();
    match (verb, precision) {
        ('b', _) => binary(value, out),
        ('x' | 'X', _) => hexadecimal(value, verb, precision, out),
        ('e' | 'E', Some(precision)) => {
            Decimal::new(value, Some(precision.saturating_add(1))).scientific(precision, verb, out);
        }
        ('e' | 'E', None) => {
            let decimal = Decimal::new(value, None);
            decimal.scientific(decimal.digits.len().saturating_sub(1), verb, out);
        }
        ('f', Some(precision)) => {
            let exact = precision.min(MOST_DIGITS);
            write!(out, "{value:.exact$}").unwrap_or_default();
            out.extend(std::iter::repeat_n('0', precision - exact));
        }
        ('f', None) => {
            let decimal = Decimal::new(value, None);
            decimal.positional(usize::try_from(decimal.len() - decimal.point).unwrap_or(0), out);
        }
        _ => shorter(value, if verb == 'G' { 'E' } else { 'e' }, precision, out),
    }
}

/// The verb `g`: scientific for large and small exponents, else positional.
fn shorter(value: f64, letter: char, precision: Option<usize>, out: &mut String) {
    let precision = precision.map(|digits| digits.max(1));
    let decimal = Decimal::new(value, precision);
    let digits = precision.map_or(decimal.len(), |digits| i32::try_from(digits).unwrap_or(i32::MAX));
    let limit = match precision {
        None => 6,
        Some(_) if digits > decimal.len() && decimal.len() >= decimal.point => decimal.len(),
        Some(_) => digits,
    };
    let exponent = decimal.point - 1;
    if exponent < -4 || exponent >= limit {
        let kept = digits.min(decimal.len());
        decimal.scientific(usize::try_from(kept - 1).unwrap_or(0), letter, out);
    } else {
        let kept = if digits > decimal.point { decimal.len() } else { digits };
        decimal.positional(usize::try_from(kept - decimal.point).unwrap_or(0), out);
    }
}

/// Mantissa and exponent of base two: the number is `mantissa × 2^(exponent - 52)`.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) & 0x7ff {
        0 => (fraction, -1022),
        biased => (fraction | (1 << 52), biased as i32 - 1023),
    }
}

fn binary(value: f64, out: &mut String) {
    let (mantissa, exponent) = parts(value);
    write!(out, "{mantissa}p{:+}", exponent - 52).unwrap_or_default();
}

fn hexadecimal(value: f64, verb: char, precision: Option<usize>, out: &mut String) {
    let (mantissa, mut exponent) = parts(value);
    let mut mantissa = mantissa << 8;
    if mantissa == 0 {
        exponent = 0;
    }
    // The leading one, if there is any, goes to bit 60.
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(digits) = precision.filter(|digits| *digits < 15) {
        let shift = digits * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let push = |digit: u64, out: &mut String| {
        let letter = char::from_digit((digit & 15) as u32, 16).unwrap_or('0');
        out.push(if verb == 'X' { letter.to_ascii_uppercase() } else { letter });
    };
    out.extend(['0', verb]);
    push((mantissa >> 60) & 1, out);
    mantissa <<= 4;
    let mut missing = precision.unwrap_or(0);
    if mantissa != 0 || missing > 0 {
        if precision != Some(0) {
            out.push('.');
        }
        while if precision.is_some() { missing > 0 } else { mantissa != 0 } {
            push(mantissa >> 60, out);
            mantissa <<= 4;
            missing = missing.saturating_sub(1);
        }
    }
    exponent_part(if verb == 'X' { 'P' } else { 'p' }, exponent, out);
}

#[cfg(test)]
mod tests {
    fn format(value: f64, verb: char, precision: Option<usize>) -> String {
        let mut out = String::new();
        super::format(value, verb, precision, &mut out);
        out
    }

    #[test]
    fn formats_like_go() {
        assert_eq!(format(123_456_789.0, 'g', None), "1.23456789e+08");
        assert_eq!(format(100_000.0, 'g', None), "100000");
        assert_eq!(format(0.0, 'g', None), "0");
        assert_eq!(format(-0.0001, 'g', None), "-0.0001");
        assert_eq!(format(100.0, 'g', Some(2)), "1e+02");
        assert_eq!(format(1.5, 'e', Some(3)), "1.500e+00");
        assert_eq!(format(2.5, 'f', Some(0)), "2");
        assert_eq!(format(1.0, 'b', None), "4503599627370496p-52");
        assert_eq!(format(1.5, 'x', None), "0x1.8p+00");
        assert_eq!(format(1.99, 'X', Some(1)), "0X1.0P+01");
        assert_eq!(format(0.1, 'f', Some(2000)).len(), 2002);
        // Just between two.
        assert_eq!(format(562_949_953_421_312.0 + 0.25, 'g', None), "5.629499534213122e+14");
        assert_eq!(format(-8_796_093_022_208.0 - 0.0625, 'f', None), "-8796093022208.062");
        assert_eq!(format(5e-324, 'e', None), "5e-324");
        assert_eq!(format(f64::MAX, 'e', None), "1.7976931348623157e+308");
    }
}
