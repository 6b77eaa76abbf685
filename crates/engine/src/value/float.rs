//! Binary floating-point numbers of any precision, as OPA calculates with them.
//!
//! A result is rounded to the nearest (ties to even) of the numbers whose mantissa has `precision` bits: 64 for a
//! number read from a text. A text is written with the fewest digits that still name the number at its precision. Both
//! follow Go's `math/big.Float`, whose results are what OPA prints; this includes its rounding of powers of ten.

use super::digits::Digits;
use super::number::Parts;
use super::short::Short;
use super::word::Word;
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, ToPrimitive, Zero};
use std::cmp::Ordering;

/// The precision of numbers read from a text, in bits.
pub(super) const PRECISION: u64 = 64;

/// The most bits a number may span, from its highest to its lowest, counted from the binary point: about 315,000
/// decimal digits. What would be larger is refused, because writing it takes time that grows with the square.
pub const MAX_BITS: u64 = 1 << 20;

/// The precision of powers of five, by which a text's exponent is applied.
const POWER_PRECISION: u64 = PRECISION + 64;

/// `mantissa * 2^exponent`, with a sign (zero has one too).
#[derive(Clone, Debug)]
pub(super) struct Float {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
    precision: u64,
}

impl From<Word> for Float {
    fn from(Word { negative, mantissa, exponent }: Word) -> Self {
        Float { negative, mantissa: mantissa.into(), exponent: exponent.into(), precision: PRECISION }
    }
}

impl Float {
    /// Zero to `precision` bits.
    pub fn zero(precision: u64) -> Self {
        Float { negative: false, mantissa: BigUint::zero(), exponent: 0, precision }
    }

    /// One to `precision` bits.
    pub fn one(precision: u64) -> Self {
        Float { mantissa: BigUint::one(), ..Float::zero(precision) }
    }

    /// One half.
    pub fn half() -> Self {
        Float { exponent: -1, ..Float::one(PRECISION) }
    }

    /// The integer, to as many bits as it has and at least 64.
    pub fn from_bigint(value: &BigInt) -> Self {
        let precision = value.bits().max(PRECISION);
        let negative = value.sign() == Sign::Minus;
        Float { negative, mantissa: value.magnitude().clone(), exponent: 0, precision }
    }

    /// The integer.
    pub fn from_i64(value: i64) -> Self {
        Float { negative: value < 0, mantissa: value.unsigned_abs().into(), ..Float::zero(PRECISION) }
    }

    /// Reads a JSON number; `None` if it spans too many bits.
    pub fn from_text(text: &str) -> Option<Self> {
        if let Some(word) = Short::from_text(text).and_then(Word::new) {
            return Some(word.into());
        }
        let Parts { negative, whole, fraction, exponent } = Parts::new(text);
        let digits = whole.len().saturating_add(fraction.len());
        if u64::try_from(digits).ok()? > MAX_BITS / 4 {
            return None;
        }
        let mantissa = BigUint::parse_bytes(&[whole, fraction].concat(), 10)?;
        if mantissa.is_zero() {
            return Some(Float { negative, ..Float::zero(PRECISION) });
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        if exponent.unsigned_abs() > MAX_BITS / 2 {
            return None;
        }
        let number = Float { negative, mantissa, exponent, precision: PRECISION };
        Some(match exponent.cmp(&0) {
            Ordering::Equal => number.round(PRECISION, false),
            Ordering::Greater => number.times(&power_of_five(exponent.unsigned_abs()), PRECISION),
            Ordering::Less => number.over(&power_of_five(exponent.unsigned_abs()), PRECISION),
        })
    }

    /// Whether it is zero of either sign.
    pub fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    /// Its bits of precision.
    pub fn precision(&self) -> u64 {
        self.precision
    }

    /// Whether it has a minus sign.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The exponent to the base of two where the mantissa is between one half and one; 0 for zero.
    pub fn binary_exponent(&self) -> i64 {
        if self.is_zero() { 0 } else { self.exponent.saturating_add(bits(&self.mantissa)) }
    }

    /// Whether it is too large or too small to calculate on with.
    pub fn is_out_of_range(&self) -> bool {
        self.binary_exponent().unsigned_abs() > MAX_BITS
    }

    /// The number without its sign.
    pub fn abs(self) -> Self {
        Float { negative: false, ..self }
    }

    /// The number with the other sign.
    pub fn negated(self) -> Self {
        Float { negative: !self.negative, ..self }
    }

    /// The sum to `precision` bits.
    pub fn plus(&self, other: &Float, precision: u64) -> Self {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => {
                return Float { negative: self.negative && other.negative, ..Float::zero(precision) };
            }
            (true, false) => return other.clone().round(precision, false),
            (false, true) => return self.clone().round(precision, false),
            (false, false) => {}
        }
        let exponent = self.exponent.min(other.exponent);
        let sum = self.signed(exponent) + other.signed(exponent);
        let negative = sum.sign() == Sign::Minus;
        Float { negative, mantissa: sum.into_parts().1, exponent, precision }.round(precision, false)
    }

    /// The difference to `precision` bits.
    pub fn minus(&self, other: &Float, precision: u64) -> Self {
        self.plus(&other.clone().negated(), precision)
    }

    /// The product to `precision` bits.
    pub fn times(&self, other: &Float, precision: u64) -> Self {
        Float {
            negative: self.negative != other.negative,
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent.saturating_add(other.exponent),
            precision,
        }
        .round(precision, false)
    }

    /// The quotient to `precision` bits; `other` is not zero (if it is, so is the result).
    pub fn over(&self, other: &Float, precision: u64) -> Self {
        let negative = self.negative != other.negative;
        if self.is_zero() || other.is_zero() {
            return Float { negative, ..Float::zero(precision) };
        }
        // So many extra bits that the quotient has more than it keeps; the remainder decides ties.
        let extra = (precision + 2).saturating_add(other.mantissa.bits()).saturating_sub(self.mantissa.bits());
        let (mantissa, remainder) = num_integer::Integer::div_rem(&(&self.mantissa << extra), &other.mantissa);
        let exponent =
            self.exponent.saturating_sub(other.exponent).saturating_sub(i64::try_from(extra).unwrap_or(i64::MAX));
        Float { negative, mantissa, exponent, precision }.round(precision, !remainder.is_zero())
    }

    /// The integer that is left when the fraction is dropped.
    pub fn truncated(&self) -> BigInt {
        let shift = self.exponent.unsigned_abs();
        let magnitude = if self.exponent < 0 { &self.mantissa >> shift } else { &self.mantissa << shift };
        BigInt::from_biguint(if self.negative { Sign::Minus } else { Sign::Plus }, magnitude)
    }

    /// Whether it has no fraction.
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0 || self.mantissa.trailing_zeros().is_none_or(|zeros| zeros >= self.exponent.unsigned_abs())
    }

    /// The number as OPA prints it: integers with all their digits, others with the fewest that name them, in
    /// scientific notation below 0.0001 and from a million on.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.word().and_then(|word| word.write(&mut text)).is_none() {
            self.write_narrowed(&mut text);
        }
        text
    }

    /// The same, with integers of any size.
    fn write_narrowed(&self, text: &mut String) {
        let digits = Digits::narrowed(&self.mantissa, self.exponent, self.precision);
        // A string takes whatever is written.
        let _ = digits.write(text, self.negative, self.is_integer());
    }

    /// The number as a float of a word, if it is one and not zero.
    fn word(&self) -> Option<Word> {
        let mantissa = self.mantissa.to_u64().filter(|mantissa| *mantissa != 0 && self.precision == PRECISION)?;
        let zeros = mantissa.leading_zeros();
        let exponent = i32::try_from(self.exponent).ok()?.checked_sub(zeros.cast_signed())?;
        Some(Word { negative: self.negative, mantissa: mantissa << zeros, exponent })
    }

    /// The mantissa, with its sign, where the exponent is `exponent`, which is at most its own.
    fn signed(&self, exponent: i64) -> BigInt {
        let shift = self.exponent.saturating_sub(exponent).unsigned_abs();
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        BigInt::from_biguint(sign, &self.mantissa << shift)
    }

    /// Rounds to `precision` bits. `sticky` tells that the mantissa is followed by more that is not zero; it then has
    /// more bits than the precision.
    fn round(mut self, precision: u64, sticky: bool) -> Self {
        self.precision = precision;
        let excess = self.mantissa.bits().saturating_sub(precision);
        if excess == 0 {
            return self;
        }
        let half = self.mantissa.bit(excess - 1);
        let below = sticky || self.mantissa.trailing_zeros().is_some_and(|zeros| zeros < excess - 1);
        self.mantissa >>= excess;
        self.exponent = self.exponent.saturating_add(i64::try_from(excess).unwrap_or(i64::MAX));
        if half && (below || self.mantissa.bit(0)) {
            // If this makes the mantissa one bit longer, that bit is alone.
            self.mantissa += 1_u8;
        }
        self
    }
}

fn bits(mantissa: &BigUint) -> i64 {
    i64::try_from(mantissa.bits()).unwrap_or(i64::MAX)
}

/// `5^exponent`, calculated in the steps that Go takes, since beyond 5^55 they decide how it is rounded.
fn power_of_five(exponent: u64) -> Float {
    const EXACT: u64 = 27;
    let exact = |exponent: u64| {
        let mantissa = (0..exponent).fold(1_u64, |power, _| power.saturating_mul(5));
        Float { mantissa: mantissa.into(), ..Float::one(POWER_PRECISION) }
    };
    let mut power = exact(exponent.min(EXACT));
    let mut rest = exponent.saturating_sub(EXACT);
    let mut square = exact(1);
    while rest > 0 {
        if rest & 1 == 1 {
            power = power.times(&square, POWER_PRECISION);
        }
        rest >>= 1;
        if rest > 0 {
            square = square.times(&square, POWER_PRECISION + 64);
        }
    }
    power
}

#[cfg(test)]
impl Float {
    /// The number as its mantissa without zeros at the end, and the exponent that goes with it.
    pub fn exact(&self) -> (bool, BigUint, i64) {
        let zeros = self.mantissa.trailing_zeros().unwrap_or(0);
        (self.negative, &self.mantissa >> zeros, self.exponent + i64::try_from(zeros).unwrap_or(i64::MAX))
    }

    /// The text that is found with integers of any size.
    pub fn narrowed_text(&self) -> String {
        let mut text = String::new();
        self.write_narrowed(&mut text);
        text
    }
}
