//! Floats whose mantissa is a word: the short way of [`super::float`], with its results and no memory.

use super::short::{DIGITS, Short, powers};
use super::{Bump, Value, digits, number};
use std::cmp::Ordering;

/// `mantissa * 2^exponent`, with a sign. The mantissa's first bit is set, so that it has all 64 bits of the precision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub negative: bool,
    pub mantissa: u64,
    pub exponent: i32,
}

/// A calculation, where its result is not zero.
pub(super) type Calculation = fn(Word, Word) -> Option<Word>;

impl Word {
    /// The nearest to a number of few digits; `None` for zero.
    pub fn new(number: Short) -> Option<Self> {
        const POWERS_OF_FIVE: [u64; DIGITS + 1] = powers(5);
        let Short { negative, digits, scale } = number;
        let zeros = digits.leading_zeros();
        let mantissa = digits.checked_shl(zeros)?;
        let exponent = -zeros.cast_signed();
        if scale == 0 {
            return Some(Word { negative, mantissa, exponent });
        }
        // The power has less than 45 bits, so that the quotient has more than 82: enough to tell ties by its last.
        let power = u128::from(*POWERS_OF_FIVE.get(usize::from(scale))?);
        let dividend = u128::from(mantissa) << 64;
        let quotient = dividend / power;
        let sticky = u128::from(quotient * power != dividend);
        Word::rounded(negative, quotient | sticky, exponent - 64 - i32::from(scale))
    }

    /// The nearest to `value * 2^exponent`, ties to even; `None` for zero.
    fn rounded(negative: bool, value: u128, exponent: i32) -> Option<Self> {
        const HALF: u64 = 1 << 63;
        let zeros = value.leading_zeros();
        let value = value.checked_shl(zeros)?;
        let exponent = exponent - zeros.cast_signed() + 64;
        let (mantissa, rest) = ((value >> 64) as u64, value as u64);
        let up = rest > HALF || rest == HALF && mantissa & 1 == 1;
        Some(match mantissa.checked_add(u64::from(up)) {
            Some(mantissa) => Word { negative, mantissa, exponent },
            None => Word { negative, mantissa: HALF, exponent: exponent + 1 },
        })
    }

    /// The product.
    pub fn times(self, other: Word) -> Option<Self> {
        let product = u128::from(self.mantissa) * u128::from(other.mantissa);
        Word::rounded(self.negative != other.negative, product, self.exponent + other.exponent)
    }

    /// The quotient.
    pub fn over(self, other: Word) -> Option<Self> {
        let divisor = u128::from(other.mantissa);
        let dividend = u128::from(self.mantissa) << 64;
        // 64 or 65 bits, then two more, then one that tells whether anything follows.
        let (whole, rest) = (dividend / divisor, (dividend % divisor) << 2);
        let value = (((whole << 2) | (rest / divisor)) << 1) | u128::from(rest % divisor != 0);
        Word::rounded(self.negative != other.negative, value, self.exponent - other.exponent - 67)
    }

    /// The sum.
    pub fn plus(self, other: Word) -> Option<Self> {
        let (large, small) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        // A bit is left for the carry, and 63 below the mantissa of the larger one.
        let shift = large.exponent.abs_diff(small.exponent);
        let (left, whole) = (u128::from(large.mantissa) << 63, u128::from(small.mantissa) << 63);
        let right = whole.checked_shr(shift).unwrap_or(0);
        let right = right | u128::from(right.checked_shl(shift) != Some(whole));
        let exponent = large.exponent - 63;
        if large.negative == small.negative {
            return Word::rounded(large.negative, left + right, exponent);
        }
        match left.cmp(&right) {
            Ordering::Less => Word::rounded(small.negative, right - left, exponent),
            _ => Word::rounded(large.negative, left - right, exponent),
        }
    }

    /// The difference.
    pub fn minus(self, other: Word) -> Option<Self> {
        self.plus(Word { negative: !other.negative, ..other })
    }

    /// The nearest integer, if it is one of 64 bits; halves are rounded away from zero.
    pub fn round(self) -> Option<i64> {
        let half = Word { negative: self.negative, mantissa: 1 << 63, exponent: -64 };
        self.plus(half)?.truncated().map(|(whole, _)| whole)
    }

    /// The integer that is left without the fraction, and whether there was one; `None` if it has more than 63 bits.
    pub fn truncated(self) -> Option<(i64, bool)> {
        let shift = self.exponent.checked_neg().filter(|shift| *shift > 0)?.cast_unsigned();
        let whole = i64::try_from(self.mantissa.checked_shr(shift).unwrap_or(0)).ok()?;
        Some((if self.negative { -whole } else { whole }, self.mantissa.trailing_zeros() < shift))
    }

    /// The number as a value: as OPA prints it. `None` if that takes more than words.
    pub fn value<'a>(self, arena: &'a Bump) -> Option<Value<'a>> {
        if let (whole, false) = self.truncated()? {
            return Some(Value::Int(whole));
        }
        let mut line = digits::Line::default();
        self.write(&mut line)?;
        Some(number::from_decimal(arena, line.as_str()))
    }

    /// Writes the number as OPA prints it, as long as it is no integer and words are enough for that.
    pub fn write(self, out: &mut impl std::fmt::Write) -> Option<()> {
        let shift = self.exponent.checked_neg().filter(|shift| *shift > 0)?.cast_unsigned();
        if self.mantissa.trailing_zeros() >= shift {
            return None;
        }
        let (digits, scale) = self.few_digits(shift).or_else(|| self.narrowed_digits(shift))?;
        digits::write_decimal(out, self.negative, digits, scale).ok()
    }

    /// The fewest digits that name `mantissa / 2^shift`, as `digits / 10^scale`, if there are at most 18 of them.
    ///
    /// It tries the nearest number of some digits. The numbers that are read as this one span less than the distance of
    /// two numbers of 18 digits, so if one of these is among them, no other of so many digits is, and none of fewer but
    /// this one without its zeros.
    fn few_digits(self, shift: u32) -> Option<(u128, u32)> {
        const DIGITS: i64 = 18;
        /// Amounts have so many decimals, which take less to try.
        const DECIMALS: u32 = 4;
        let before = 64 - i64::from(shift);
        let most = u32::try_from(DIGITS - before * 30_103 / 100_000).ok()?;
        self.nearest(shift, DECIMALS.min(most)).or_else(|| self.nearest(shift, most))
    }

    /// The nearest to `mantissa / 2^shift` of so many decimals, if it is read as that.
    fn nearest(self, shift: u32, scale: u32) -> Option<(u128, u32)> {
        let mantissa = u128::from(self.mantissa);
        let power = 10_u128.checked_pow(scale)?;
        let unit = 1_u128.checked_shl(shift)?;
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
        (distance < power / 2).then_some((nearest, scale))
    }

    /// The fewest digits that name `mantissa / 2^shift`: all its digits, cut where they have come apart from those of its
    /// bounds, as [`super::digits::Digits::narrowed`] does it. `None` where the bounds differ before the dot, or do not
    /// begin with the same digit.
    fn narrowed_digits(self, shift: u32) -> Option<(u128, u32)> {
        /// Ten times what is below the dot fits 128 bits.
        const MAX_SHIFT: u32 = 124;
        // With one bit more, so that the last bit is half a unit.
        let shift = shift.checked_add(1).filter(|shift| *shift <= MAX_SHIFT)?;
        let unit = 1_u128.checked_shl(shift)?;
        let middle = u128::from(self.mantissa) << 1;
        let [mut lower, mut rest, mut upper] = [middle - 1, middle, middle + 1];
        let mut digits = rest / unit;
        if lower / unit != digits || upper / unit != digits {
            return None;
        }
        // The bounds themselves are read as this number only where ties go to it.
        let inclusive = self.mantissa & 1 == 0;
        let mut scale = 0;
        loop {
            let next = |rest: &mut u128| {
                let scaled = (*rest % unit) * 10;
                *rest = scaled % unit;
                scaled / unit
            };
            let (low, digit, high) = (next(&mut lower), next(&mut rest), next(&mut upper));
            if digits == 0 && low == 0 && high != 0 {
                return None;
            }
            digits = digits * 10 + digit;
            scale += 1;
            let down = low != digit || inclusive && lower == 0;
            let up = digit != high && (inclusive || digit + 1 < high || upper != 0);
            if down || up {
                let upwards = match rest.cmp(&(unit / 2)) {
                    _ if !down || !up => up,
                    Ordering::Equal => digit % 2 == 1,
                    order => order.is_gt(),
                };
                return Some((digits + u128::from(upwards), scale));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::float::{Float, PRECISION};
    use super::*;
    use proptest::prelude::*;

    /// Numbers of few digits, short ones more often than others.
    fn number() -> impl Strategy<Value = String> {
        let digits = prop_oneof![0..100_u64, 0..1_000_000_u64, any::<u64>().prop_map(|digits| digits % 10_u64.pow(19))];
        (any::<bool>(), digits, 0..=19_usize).prop_map(|(negative, digits, scale)| {
            let text = format!("{digits:0width$}", width = scale + 1);
            let (whole, fraction) = text.split_at(text.len() - scale);
            let dot = if fraction.is_empty() { "" } else { "." };
            format!("{}{whole}{dot}{fraction}", if negative { "-" } else { "" })
        })
    }

    /// The number by words, and the same by integers of any size (which many zeros in front of a number ask for).
    fn read(text: &str) -> Option<(Word, Float)> {
        let long = match text.strip_prefix('-') {
            Some(rest) => format!("-{}{rest}", "0".repeat(20)),
            None => format!("{}{text}", "0".repeat(20)),
        };
        Some((Word::new(Short::from_text(text)?)?, Float::from_text(&long)?))
    }

    fn same(word: Option<Word>, float: &Float) -> Result<(), TestCaseError> {
        match word {
            Some(word) => prop_assert_eq!(Float::from(word).exact(), float.exact()),
            None => prop_assert!(float.is_zero()),
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn words_are_read_and_calculated_with_as_any_size_is(left in number(), right in number()) {
            if let (Some((left, long_left)), Some((right, long_right))) = (read(&left), read(&right)) {
                same(Some(left), &long_left)?;
                same(left.plus(right), &long_left.plus(&long_right, PRECISION))?;
                same(left.minus(right), &long_left.minus(&long_right, PRECISION))?;
                same(left.times(right), &long_left.times(&long_right, PRECISION))?;
                same(left.over(right), &long_left.over(&long_right, PRECISION))?;
                if let Some((whole, has_fraction)) = left.truncated() {
                    prop_assert_eq!((whole.into(), !has_fraction), (long_left.truncated(), long_left.is_integer()));
                }
            }
        }

        #[test]
        fn words_are_written_as_any_size_is(mantissa in (1_u64 << 63).., few in 0..64_u32, exponent in -130..2_i32) {
            let word = Word { negative: false, mantissa: (mantissa >> few) << few | 1 << 63, exponent };
            let mut text = String::new();
            if word.write(&mut text).is_some() {
                prop_assert_eq!(text, Float::from(word).narrowed_text());
            }
        }

        #[test]
        fn sums_and_quotients_are_written_as_any_size_is(left in number(), right in number()) {
            if let (Some((left, _)), Some((right, _))) = (read(&left), read(&right)) {
                for word in [Some(left), left.plus(right), left.times(right), left.over(right)].into_iter().flatten() {
                    let mut text = String::new();
                    if word.write(&mut text).is_some() {
                        prop_assert_eq!(text, Float::from(word).narrowed_text());
                    }
                }
            }
        }

        #[test]
        fn decimals_of_few_digits_are_written_as_they_are_read(whole in 0..100_000_u32, fraction in "[0-9]{0,12}[1-9]") {
            let text = format!("{whole}.{fraction}");
            let mut written = String::new();
            let word = Short::from_text(&text).and_then(Word::new);
            prop_assert!(word.and_then(|word| word.write(&mut written)).is_some());
            if whole > 0 || !fraction.starts_with("0000") {
                prop_assert_eq!(written, text);
            }
        }

        #[test]
        fn short_numbers_are_compared_and_hashed_as_long_ones(left in number(), right in number()) {
            let long = |text: &str| format!("{text}e0");
            let arena = Bump::new();
            let (long_left, long_right) = (long(&left), long(&right));
            let parse = |text| number::parse(&arena, text);
            if let (Some(left), Some(right), Some(long_left), Some(long_right)) =
                (parse(&left), parse(&right), parse(&long_left), parse(&long_right))
            {
                prop_assert_eq!(left.cmp(&right), long_left.cmp(&long_right));
                prop_assert_eq!(left.cmp(&long_left), Ordering::Equal);
                prop_assert_eq!(left.hash_code(), long_left.hash_code());
            }
        }
    }
}
