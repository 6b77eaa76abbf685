//! Numbers that are not small integers: exact text, compared exactly.
//!
//! A number keeps the text it was written with (`1.0` prints as `1.0`), and is compared by its decimal digits and
//! exponent, which are read off the text. Nothing is ever expanded, so `1e30000` costs as little as `1.5`.

use super::{Bump, Value, float::Float, short};
use num_bigint::BigInt;
use short::Short;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// The largest binary exponent, up or down, of a number written with an exponent. OPA's limit.
pub const MAX_EXPONENT: i64 = 100_000;

/// A number that is no [`Value::Int`]: a decimal, a big integer, or an integer written as `1.0` or `1e3`.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    text: &'a str,
}

impl<'a> Number<'a> {
    /// The number as written.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The number of a text, which is one of JSON and no [`Value::Int`].
    pub(super) fn of_text(text: &'a str) -> Self {
        Number { text }
    }

    /// The value as 64-bit integer, if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        Decimal::new(self.text).as_i64()
    }

    /// The nearest 64-bit float; infinite where it is beyond their range.
    pub fn as_f64(&self) -> f64 {
        self.text.parse().unwrap_or(f64::NAN)
    }

    /// The text, if it is also what the nearest 64-bit float is written as: without exponent, in the fewest digits.
    pub(crate) fn as_float_text(&self) -> Option<&'a str> {
        /// Two decimals of so many digits are never the same float. (A dot and zeros before the first digit count, too.)
        const DIGITS: usize = 15;
        let digits = self.text.strip_prefix('-').unwrap_or(self.text);
        let is_short = digits.len() <= DIGITS && !digits.ends_with('0') && !digits.starts_with("0.0000");
        (is_short && digits.contains('.') && !digits.contains(['e', 'E'])).then_some(self.text)
    }

    /// Whether it has no fraction: `1.0` and `1e30` are integers.
    pub fn is_integer(&self) -> bool {
        Decimal::new(self.text).is_integer()
    }
}

/// Equal numbers agree, however they are written; one that equals a [`Value::Int`] has that one's hash.
impl Hash for Number<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(short) = Short::from_text(self.text)
            && !short.is_integer()
        {
            return hash_short(short.negative, -i64::from(short.scale), short.digits, state);
        }
        let decimal = Decimal::new(self.text);
        match decimal.as_i64() {
            Some(value) => state.write_i64(value),
            None if decimal.digits().count() <= short::DIGITS => {
                let digits = decimal.digits().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
                hash_short(decimal.negative, decimal.point.saturating_sub(decimal.count()), digits, state);
            }
            None => {
                state.write_u8(u8::from(decimal.negative));
                state.write_i64(decimal.point);
                decimal.digits().for_each(|digit| state.write_u8(digit));
            }
        }
    }
}

/// Hashes `digits * 10^exponent`, of which the last digit is not 0.
fn hash_short<H: Hasher>(negative: bool, exponent: i64, digits: u64, state: &mut H) {
    state.write_i64(if negative { !exponent } else { exponent });
    state.write_u64(digits);
}

/// A decimal read off a text: `0.d1d2d3... * 10^point`, where neither the first nor the last digit is 0. Zero has no
/// digits.
#[derive(Clone, Copy)]
pub(super) struct Decimal<'a> {
    negative: bool,
    /// The digits before the dot.
    whole: &'a [u8],
    /// The digits after it.
    fraction: &'a [u8],
    point: i64,
}

/// The parts of a number's text.
pub(super) struct Parts<'a> {
    pub negative: bool,
    pub whole: &'a [u8],
    pub fraction: &'a [u8],
    pub exponent: i64,
}

impl<'a> Parts<'a> {
    /// Takes a JSON number apart. An exponent beyond 64 bits becomes the largest.
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let (negative, bytes) = match bytes.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, bytes),
        };
        let end = bytes.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(bytes.len());
        let (mantissa, exponent) = bytes.split_at(end);
        let dot = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
        let (whole, fraction) = mantissa.split_at(dot);
        let (exponent_negative, exponent) = match exponent.get(1..).and_then(<[u8]>::split_first) {
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            _ => (false, exponent.get(1..).unwrap_or(&[])),
        };
        let exponent = exponent
            .iter()
            .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit.wrapping_sub(b'0'))));
        Parts {
            negative,
            whole,
            fraction: fraction.get(1..).unwrap_or(&[]),
            exponent: if exponent_negative { -exponent } else { exponent },
        }
    }
}

impl<'a> Decimal<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let Parts { negative, whole, fraction, exponent } = Parts::new(text);
        let leading = zeros(whole.iter());
        let whole = whole.get(leading..).unwrap_or(&[]);
        let fraction = fraction.get(..fraction.len() - zeros(fraction.iter().rev())).unwrap_or(&[]);
        let mut point = exponent.saturating_add(length(whole));
        if whole.is_empty() {
            let leading = zeros(fraction.iter());
            point = point.saturating_sub(i64::try_from(leading).unwrap_or(i64::MAX));
            let fraction = fraction.get(leading..).unwrap_or(&[]);
            if fraction.is_empty() {
                return Decimal { negative: false, whole: &[], fraction: &[], point: 0 };
            }
            return Decimal { negative, whole, fraction, point };
        }
        let whole = match fraction {
            [] => whole.get(..whole.len() - zeros(whole.iter().rev())).unwrap_or(&[]),
            _ => whole,
        };
        Decimal { negative, whole, fraction, point }
    }

    fn digits(&self) -> impl Iterator<Item = u8> + 'a {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn count(&self) -> i64 {
        length(self.whole).saturating_add(length(self.fraction))
    }

    fn sign(&self) -> i8 {
        match (self.count(), self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    fn is_integer(&self) -> bool {
        self.count() <= self.point || self.count() == 0
    }

    fn as_i64(&self) -> Option<i64> {
        const LONGEST: i64 = 19;
        if !self.is_integer() || self.point > LONGEST {
            return None;
        }
        let digits = self.digits().fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let scale = 10_i128.checked_pow(u32::try_from(self.point - self.count()).ok()?)?;
        let value = digits.checked_mul(scale)?;
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    fn compare(&self, other: &Decimal<'_>) -> Ordering {
        let order = self.sign().cmp(&other.sign());
        if order.is_ne() {
            return order;
        }
        // Neither starts nor ends with 0, so the digits compare as fractions do: one by one, then the longer is larger.
        let order = self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()));
        if self.negative { order.reverse() } else { order }
    }
}

/// A text that JSON numbers of the same value have in common.
pub fn identity(text: &str) -> String {
    let decimal = Decimal::new(text);
    let sign = if decimal.negative { "-" } else { "" };
    let digits: String = decimal.digits().map(char::from).collect();
    format!("{sign}{digits}e{}", decimal.point)
}

fn zeros<'b>(digits: impl Iterator<Item = &'b u8>) -> usize {
    digits.take_while(|digit| **digit == b'0').count()
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// Reads a JSON number: an [`Value::Int`] where it is a canonical 64-bit integer, else a [`Value::Number`] that
/// borrows `text`. `None` if it is no JSON number, or its exponent is beyond [`MAX_EXPONENT`].
pub fn parse<'a>(arena: &'a Bump, text: &'a str) -> Option<Value<'a>> {
    let shape = shape(text.as_bytes())?;
    (shape.length == text.len()).then_some(())?;
    from_shape(arena, text, shape)
}

/// What kind of JSON number a text starts with.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Its length in bytes.
    pub length: usize,
    /// Whether it has no fraction and no exponent.
    pub plain: bool,
    /// Where its exponent's `e` stands.
    pub exponent: Option<usize>,
}

/// Finds the JSON number that `bytes` start with.
pub(super) fn shape(bytes: &[u8]) -> Option<Shape> {
    let digits = |from: usize| bytes.get(from..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match bytes.get(at)? {
        b'0' => 1,
        b'1'..=b'9' => digits(at),
        _ => return None,
    };
    let mut plain = true;
    if bytes.get(at) == Some(&b'.') {
        let count = digits(at + 1);
        (count > 0).then_some(())?;
        at += 1 + count;
        plain = false;
    }
    let mut exponent = None;
    if let Some(b'e' | b'E') = bytes.get(at) {
        exponent = Some(at);
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let count = digits(at);
        (count > 0).then_some(())?;
        at += count;
        plain = false;
    }
    Some(Shape { length: at, plain, exponent })
}

/// The number that `text`, of this shape, is; `None` if its exponent is too large.
pub(super) fn from_shape<'a>(arena: &'a Bump, text: &'a str, shape: Shape) -> Option<Value<'a>> {
    if let Some(value) = integer(text, shape) {
        return Some(Value::Int(value));
    }
    is_allowed(text, shape).then(|| Value::Number(arena.alloc(Number { text })))
}

/// The 64-bit integer that `text`, of this shape, is.
pub(super) fn integer(text: &str, shape: Shape) -> Option<i64> {
    const LONGEST: usize = 20;
    let is_short = shape.plain && text.len() <= LONGEST && text != "-0";
    is_short.then(|| text.parse().ok())?
}

/// Whether the number that `text`, of this shape, is, is not too large.
pub(super) fn is_allowed(text: &str, shape: Shape) -> bool {
    shape.exponent.is_none_or(|at| is_supported(text, at))
}

/// Whether the number's binary exponent is within the limit.
fn is_supported(text: &str, exponent_at: usize) -> bool {
    // A decimal digit takes at most four bits, so most numbers are seen to be small without calculating.
    let exponent = Parts::new(text).exponent;
    let digits = i64::try_from(exponent_at).unwrap_or(i64::MAX).saturating_add(exponent.saturating_abs());
    if digits <= MAX_EXPONENT / 4 {
        return true;
    }
    if exponent.saturating_abs() > MAX_EXPONENT && Decimal::new(text).sign() != 0 {
        // Only a mantissa of as many digits could make up for it.
        let point = Decimal::new(text).point;
        if point.saturating_abs() > MAX_EXPONENT / 3 {
            return false;
        }
    }
    Float::from_text(text).is_some_and(|float| float.binary_exponent().abs() <= MAX_EXPONENT)
}

/// The number that a calculation wrote as `text`, which is copied into the arena.
pub(super) fn from_result<'a>(arena: &'a Bump, text: &str) -> Value<'a> {
    match text.parse::<i64>() {
        Ok(value) if text != "-0" => Value::Int(value),
        _ => from_decimal(arena, text),
    }
}

/// The decimal that a calculation wrote as `text`, which is copied into the arena, where it is no 64-bit integer.
pub(super) fn from_decimal<'a>(arena: &'a Bump, text: &str) -> Value<'a> {
    Value::Number(arena.alloc(Number { text: arena.alloc_str(text) }))
}

/// The integer as a value.
pub fn from_bigint<'a>(arena: &'a Bump, value: &BigInt) -> Value<'a> {
    match i64::try_from(value) {
        Ok(value) => Value::Int(value),
        Err(_) => from_result(arena, &value.to_string()),
    }
}

/// The float as a value, written without exponent; `None` if it is not finite.
pub fn from_f64(arena: &Bump, value: f64) -> Option<Value<'_>> {
    value.is_finite().then(|| from_result(arena, &shortest(value)))
}

/// The shortest text that reads as the float; of two that are as near, the one with an even last digit, as in Go. (The
/// standard library takes the greater one.)
pub(crate) fn shortest(value: f64) -> String {
    let text = format!("{value}");
    lower_half(value, &text).unwrap_or(text)
}

/// The text before `text` in the last digit, if that is even and the float is just between the two.
fn lower_half(value: f64, text: &str) -> Option<String> {
    let decimals = text.len() - text.find('.')? - 1;
    let last = text.bytes().last().filter(|digit| digit % 2 == 1)?;
    // Between the two, a float has one decimal more and so at most as many binary places.
    let scale = 2_f64.powi(i32::try_from(decimals).ok()?.checked_add(1)?);
    if (value * scale).fract() != 0.0 {
        return None;
    }
    let lower = format!("{}{}", text.get(..text.len() - 1)?, char::from(last - 1));
    let exact = format!("{value:.places$}", places = decimals + 1);
    (exact.strip_suffix('5') == Some(&lower) && lower.parse() == Ok(value)).then_some(lower)
}

/// Compares two numbers exactly.
pub fn compare(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => return left.cmp(right),
        (Value::Number(left), Value::Number(right)) if left.text == right.text => return Ordering::Equal,
        _ => {}
    }
    if let (Some(left), Some(right)) = (Short::of(*left), Short::of(*right)) {
        return left.compare(right);
    }
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Decimal::new(left.text).compare(&Decimal::new(right.text)),
        (Value::Int(left), Value::Number(right)) => compare_with_int(right, *left).reverse(),
        (Value::Number(left), Value::Int(right)) => compare_with_int(left, *right),
        // Only numbers are compared here.
        _ => left.kind().cmp(&right.kind()),
    }
}

fn compare_with_int(number: &Number<'_>, int: i64) -> Ordering {
    let decimal = Decimal::new(number.text);
    if let Some(value) = decimal.as_i64() {
        return value.cmp(&int);
    }
    // The integer's digits, last first, at the end of the buffer.
    let mut buffer = [b'0'; 20];
    let mut rest = int.unsigned_abs();
    let mut start = buffer.len();
    for digit in buffer.iter_mut().rev() {
        if rest == 0 {
            break;
        }
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        start -= 1;
    }
    let digits = buffer.get(start..).unwrap_or(&[]);
    let whole = digits.get(..digits.len() - zeros(digits.iter().rev())).unwrap_or(&[]);
    decimal.compare(&Decimal { negative: int < 0, whole, fraction: &[], point: length(digits) })
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn floats_between_two_texts_end_with_an_even_digit() {
        let cases = [
            ("562949953421312.25", "562949953421312.2"),
            ("-562949953421312.25", "-562949953421312.2"),
            ("562949953421312.75", "562949953421312.8"),
            ("0.25", "0.25"),
            ("0.1", "0.1"),
            ("1e22", "10000000000000000000000"),
        ];
        for (exact, text) in cases {
            let value: f64 = exact.parse().unwrap_or_default();
            assert_eq!(shortest(value), text);
            assert_eq!(text.parse(), Ok(value));
        }
    }
}
