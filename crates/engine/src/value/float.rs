//! Binary floating-point numbers of any precision, as OPA calculates with them.
//!
//! A result is rounded to the nearest (ties to even) of the numbers whose mantissa has `precision` bits: 64 for a
//! number read from a text. A text is written with the fewest digits that still name the number at its precision. Both
//! follow Go's `math/big.Float`, whose results are what OPA prints; this includes its rounding of powers of ten.

use super::number::Parts;
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
        let Parts { negative, whole, fraction, exponent } = Parts::new(text);
        let digits = whole.len().saturating_add(fraction.len());
        if u64::try_from(digits).ok()? > MAX_BITS / 4 {
            return None;
        }
        if exponent == 0
            && let Some(number) = Self::from_short_text(negative, whole, fraction)
        {
            return Some(number);
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

    /// Reads a decimal of few digits, without big integers.
    fn from_short_text(negative: bool, whole: &[u8], fraction: &[u8]) -> Option<Self> {
        /// So many digits fit 64 bits.
        const DIGITS: usize = 19;
        /// The quotient of 128 bits and so large a power of five has more bits than the precision.
        const POWER: usize = 25;
        if whole.len() + fraction.len() > DIGITS || fraction.len() > POWER {
            return None;
        }
        let digits = whole.iter().chain(fraction);
        let mantissa = digits.fold(0_u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
        if mantissa == 0 {
            return Some(Float { negative, ..Float::zero(PRECISION) });
        }
        let scale = u32::try_from(fraction.len()).ok()?;
        let power = 5_u128.checked_pow(scale)?;
        let shift = mantissa.leading_zeros() + 64;
        let dividend = u128::from(mantissa) << shift;
        let number = Float {
            negative,
            mantissa: (dividend / power).into(),
            exponent: -i64::from(shift) - i64::from(scale),
            precision: PRECISION,
        };
        Some(number.round(PRECISION, dividend % power != 0))
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
        if self.negative {
            text.push('-');
        }
        let digits = self.shortest_digits();
        let exponent = digits.point - 1;
        if !self.is_integer() && !(-4..6).contains(&exponent) {
            let mut mantissa = digits.text();
            if mantissa.len() > 1 {
                mantissa.insert(1, '.');
            }
            let sign = if exponent < 0 { '-' } else { '+' };
            text.push_str(&format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()));
        } else {
            digits.write_plain(&mut text);
        }
        text
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

    /// The same as [`Self::shortest_digits`] for most numbers of moderate size, without big integers.
    ///
    /// It tries the nearest number of about 18 digits. The numbers that are read as this one span less than the distance
    /// of two such, so if this is among them, no other of so many digits is, and none of fewer but this one without its
    /// zeros.
    fn few_digits(&self) -> Option<Digits> {
        const DIGITS: i64 = 18;
        let mantissa = self.mantissa.to_u64().filter(|mantissa| *mantissa != 0 && self.precision == PRECISION)?;
        let zeros = mantissa.leading_zeros();
        let mantissa = u128::from(mantissa << zeros);
        // The number is mantissa / 2^shift. Scaled by the power it has the wanted digits before the dot.
        let shift = u32::try_from(i64::from(zeros).checked_sub(self.exponent)?).ok().filter(|shift| *shift < 128)?;
        let scale = u32::try_from(DIGITS - (64 - i64::from(shift)) * 30_103 / 100_000).ok()?;
        let power = 10_u128.checked_pow(scale)?;
        let unit = 1_u128 << shift;
        if power >= unit / 2 {
            return None;
        }
        // 192 bits: `high * 2^64 + low`.
        let product = mantissa * (power & u128::from(u64::MAX));
        let (high, low) = (mantissa * (power >> 64) + (product >> 64), product & u128::from(u64::MAX));
        let (whole, rest) = match shift {
            0..64 if high >> shift == 0 => ((high << (64 - shift)) | (low >> shift), low & (unit - 1)),
            0..64 => return None,
            _ => (high >> (shift - 64), ((high << 64) | low) & (unit - 1)),
        };
        let (nearest, distance) = match rest.cmp(&(unit / 2)) {
            Ordering::Less => (whole, rest),
            Ordering::Greater => (whole + 1, unit - rest),
            Ordering::Equal => return None,
        };
        // Half a unit of the last place is power / 2.
        if distance >= power / 2 {
            return None;
        }
        let mut digits = Digits { digits: nearest.to_string().into_bytes(), point: 0 };
        digits.point = i64::try_from(digits.digits.len()).ok()? - i64::from(scale);
        digits.trim();
        // Below a power of ten the bounds have another number of digits; the long way has its own view of that.
        (digits.digits != b"1").then_some(digits)
    }

    /// The fewest digits that, read at this precision, give the number.
    fn shortest_digits(&self) -> Digits {
        self.few_digits().unwrap_or_else(|| self.narrowed_digits())
    }

    /// The same for any number: all its digits, cut where they have come apart from those of its bounds.
    fn narrowed_digits(&self) -> Digits {
        let mut digits = Digits::exact(&self.mantissa, self.exponent);
        if self.is_zero() {
            return digits;
        }
        // The mantissa with one bit more than the precision, so that its last bit is half a unit.
        let shift = (self.precision + 1).saturating_sub(self.mantissa.bits());
        let mantissa = &self.mantissa << shift;
        let exponent = self.exponent.saturating_sub(i64::try_from(shift).unwrap_or(i64::MAX));
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

/// Decimal digits, `0.d1d2d3... * 10^point`, without zeros at the end.
struct Digits {
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

    fn text(&self) -> String {
        self.digits.iter().map(|digit| char::from(*digit)).collect()
    }

    fn write_plain(&self, out: &mut String) {
        let digits = self.text();
        let Ok(whole) = usize::try_from(self.point) else {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', usize::try_from(self.point.unsigned_abs()).unwrap_or(0)));
            out.push_str(&digits);
            return;
        };
        match digits.split_at_checked(whole) {
            Some((whole, fraction)) => {
                out.push_str(if whole.is_empty() { "0" } else { whole });
                if !fraction.is_empty() {
                    out.push('.');
                    out.push_str(fraction);
                }
            }
            None => {
                out.push_str(&digits);
                out.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(digits: &Digits) -> (String, i64) {
        (digits.text(), digits.point)
    }

    proptest! {
        #[test]
        fn the_short_way_finds_the_digits_of_the_long_way(mantissa in 1..u64::MAX, exponent in -130..10_i64) {
            let float = Float { negative: false, mantissa: mantissa.into(), exponent, precision: PRECISION };
            if let Some(digits) = float.few_digits() {
                prop_assert_eq!(shown(&digits), shown(&float.narrowed_digits()));
            }
        }

        #[test]
        fn decimals_of_few_digits_are_written_as_they_are_read(whole in 0..100_000_u32, fraction in "[0-9]{0,12}[1-9]") {
            let text = format!("{whole}.{fraction}");
            let float = Float::from_text(&text);
            let digits = float.as_ref().and_then(Float::few_digits);
            prop_assert!(digits.is_some() || text.trim_matches(['0', '.']) == "1");
            let trimmed = text.replace('.', "").trim_matches('0').to_owned();
            prop_assert_eq!(digits.as_ref().map_or(trimmed.clone(), Digits::text), trimmed);
            let long = float.map(|float| shown(&float.narrowed_digits()));
            prop_assert!(digits.is_none() || digits.as_ref().map(shown) == long);
        }

        #[test]
        fn short_texts_are_read_as_long_ones(whole in any::<u32>(), fraction in "[0-9]{1,9}") {
            // With so many zeros in front, the text is too long for the short way.
            let short = Float::from_text(&format!("{whole}.{fraction}"));
            let long = Float::from_text(&format!("{}{whole}.{fraction}", "0".repeat(20)));
            prop_assert_eq!(short.map(|float| float.text()), long.map(|float| float.text()));
        }
    }
}
