//! Decimal digits of floats, and how they are written.

use num_bigint::BigUint;
use std::fmt::{self, Write};

/// Decimal digits, `0.d1d2d3... * 10^point`, without zeros at the end.
pub(super) struct Digits {
    digits: Vec<u8>,
    point: i64,
}

impl Digits {
    /// All digits of `mantissa * 2^exponent`.
    fn exact(mantissa: &BigUint, exponent: i64) -> Self {
        let zeros = mantissa.trailing_zeros().unwrap_or(0);
        let spare = if exponent < 0 { zeros.min(exponent.unsigned_abs()) } else { 0 };
        let halves = if exponent < 0 { exponent.unsigned_abs() - spare } else { 0 };
        let number = match exponent {
            0.. => mantissa << exponent.unsigned_abs(),
            // m / 2^n is m * 5^n / 10^n.
            _ => (mantissa >> spare) * BigUint::from(5_u8).pow(u32::try_from(halves).unwrap_or(u32::MAX)),
        };
        let mut digits = Digits { digits: number.to_string().into_bytes(), point: 0 };
        digits.point =
            i64::try_from(digits.digits.len()).unwrap_or(i64::MAX) - i64::try_from(halves).unwrap_or(i64::MAX);
        digits.trim();
        digits
    }

    /// The fewest digits that, read with a mantissa of `precision` bits, give `mantissa * 2^exponent`: all its digits, cut
    /// where they have come apart from those of its bounds.
    pub fn narrowed(mantissa: &BigUint, exponent: i64, precision: u64) -> Self {
        let mut digits = Digits::exact(mantissa, exponent);
        if digits.digits.is_empty() {
            return digits;
        }
        // The mantissa with one bit more than the precision, so that its last bit is half a unit.
        let shift = (precision + 1).saturating_sub(mantissa.bits());
        let mantissa = mantissa << shift;
        let exponent = exponent.saturating_sub(i64::try_from(shift).unwrap_or(i64::MAX));
        let lower = Digits::exact(&(&mantissa - 1_u8), exponent);
        let upper = Digits::exact(&(&mantissa + 1_u8), exponent);
        // The bounds themselves are read as this number only where ties go to it.
        let inclusive = !mantissa.bit(1);
        for at in 0..digits.digits.len() {
            let (digit, low, high) = (digits.at(at), lower.at(at), upper.at(at));
            let down = low != digit || inclusive && at + 1 == lower.digits.len();
            let up = digit != high && (inclusive || digit + 1 < high || at + 1 < upper.digits.len());
            if down || up {
                let upwards = if down && up { digits.rounds_up(at + 1) } else { up };
                digits.cut(at + 1, upwards);
                break;
            }
        }
        digits
    }

    /// Writes the number as OPA prints it; `whole` tells that it is an integer.
    pub fn write(&self, out: &mut impl Write, negative: bool, whole: bool) -> fmt::Result {
        write_digits(out, negative, &self.text(), self.point, whole)
    }

    /// The digits as text.
    fn text(&self) -> String {
        self.digits.iter().map(|digit| char::from(*digit)).collect()
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    fn at(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(b'0')
    }

    /// Whether the nearest number of `count` digits lies above; ties go to the even digit.
    fn rounds_up(&self, count: usize) -> bool {
        match self.digits.get(count..) {
            Some([b'5']) => count > 0 && (self.at(count - 1) - b'0') % 2 == 1,
            Some([first, ..]) => *first >= b'5',
            _ => false,
        }
    }

    /// Keeps `count` digits, adding one to the last if the number is rounded up.
    fn cut(&mut self, count: usize, up: bool) {
        if count >= self.digits.len() {
            return;
        }
        self.digits.truncate(count);
        if up {
            while self.digits.last() == Some(&b'9') {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(digit) => *digit += 1,
                None => {
                    self.digits.push(b'1');
                    self.point += 1;
                }
            }
        }
        self.trim();
    }
}

/// Writes `digits / 10^scale`, which is no integer, as OPA prints it.
pub(super) fn write_decimal(out: &mut impl Write, negative: bool, digits: u128, scale: u32) -> fmt::Result {
    let mut buffer = itoa::Buffer::new();
    let text = match u64::try_from(digits) {
        Ok(digits) => buffer.format(digits),
        Err(_) => buffer.format(digits),
    };
    let point = i64::try_from(text.len()).unwrap_or(i64::MAX) - i64::from(scale);
    write_digits(out, negative, text.trim_end_matches('0'), point, false)
}

/// Writes `0.d1d2d3... * 10^point`: integers with all their digits, others in scientific notation below 0.0001 and from a
/// million on.
fn write_digits(out: &mut impl Write, negative: bool, digits: &str, point: i64, whole: bool) -> fmt::Result {
    if negative {
        out.write_char('-')?;
    }
    let exponent = point - 1;
    if !whole && !(-4..6).contains(&exponent) {
        let (first, rest) = digits.split_at_checked(1).unwrap_or_default();
        let dot = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return write!(out, "{first}{dot}{rest}e{sign}{:02}", exponent.unsigned_abs());
    }
    let Ok(before) = usize::try_from(point) else {
        out.write_str("0.")?;
        write_zeros(out, point.unsigned_abs())?;
        return out.write_str(digits);
    };
    match digits.split_at_checked(before) {
        Some((whole, fraction)) => {
            out.write_str(if whole.is_empty() { "0" } else { whole })?;
            if fraction.is_empty() {
                return Ok(());
            }
            out.write_char('.')?;
            out.write_str(fraction)
        }
        None => {
            out.write_str(digits)?;
            write_zeros(out, point.unsigned_abs().saturating_sub(digits.len() as u64))
        }
    }
}

fn write_zeros(out: &mut impl Write, count: u64) -> fmt::Result {
    (0..count).try_for_each(|_| out.write_char('0'))
}

/// A line that a short number is written into, without memory of its own.
#[derive(Default)]
pub(super) struct Line {
    bytes: [u8; Line::LONGEST],
    length: usize,
}

impl Line {
    /// A sign, 21 digits, a dot and an exponent or zeros take less.
    const LONGEST: usize = 32;

    /// What was written.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
