//! Numbers of few decimal digits, as the integer that their digits are.
//!
//! Most numbers that are no integers are amounts and shares of a few digits, written without exponent. As an integer and
//! a scale they are compared, hashed and calculated with in a few instructions; what does not fit takes the long way by
//! its text, with the same result.

use super::Value;
use std::cmp::Ordering;

/// So many decimal digits fit 64 bits.
pub(super) const DIGITS: usize = 19;

/// The powers of ten of 64 bits.
pub(super) const POWERS_OF_TEN: [u64; DIGITS + 1] = powers(10);

/// `digits / 10^scale`, with a sign (zero has one too); the last digit is not 0 where `scale` is not.
#[derive(Clone, Copy)]
pub(super) struct Short {
    pub negative: bool,
    pub digits: u64,
    /// At most [`DIGITS`].
    pub scale: u8,
}

impl Short {
    /// Reads a JSON number; `None` if it has an exponent or too many digits.
    #[inline]
    pub fn from_text(text: &str) -> Option<Self> {
        let (negative, bytes) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            bytes => (false, bytes),
        };
        if bytes.len() > DIGITS + 1 {
            return None;
        }
        let (mut digits, mut dot) = (0_u64, None);
        for (at, byte) in bytes.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if *byte == b'.' {
                dot = Some(at);
            } else {
                return None;
            }
        }
        let mut scale = match dot {
            Some(at) => bytes.len() - at - 1,
            None if bytes.len() > DIGITS => return None,
            None => 0,
        };
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Some(Short { negative, digits, scale: scale as u8 })
    }

    /// The number; `None` if it is none of few digits.
    #[inline]
    pub fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Int(value) => Some(Short { negative: value < 0, digits: value.unsigned_abs(), scale: 0 }),
            Value::Number(number) => Short::from_text(number.text()),
            _ => None,
        }
    }

    /// Whether it has no fraction.
    pub fn is_integer(self) -> bool {
        self.scale == 0
    }

    /// The order of numbers.
    pub fn compare(self, other: Short) -> Ordering {
        let order = self.sign().cmp(&other.sign());
        if order.is_ne() {
            return order;
        }
        let order = if self.scale == other.scale {
            self.digits.cmp(&other.digits)
        } else {
            self.scaled(other.scale).cmp(&other.scaled(self.scale))
        };
        if self.negative { order.reverse() } else { order }
    }

    fn sign(self) -> i8 {
        match (self.digits, self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// The digits, followed by so many zeros.
    fn scaled(self, zeros: u8) -> u128 {
        u128::from(self.digits) * u128::from(POWERS_OF_TEN.get(usize::from(zeros)).copied().unwrap_or(0))
    }
}

/// The powers of `base` from 0 on.
pub(super) const fn powers<const COUNT: usize>(base: u64) -> [u64; COUNT] {
    let mut powers = [1; COUNT];
    let mut rest: &mut [u64] = &mut powers;
    let mut power = 1_u64;
    while let Some((first, others)) = rest.split_first_mut() {
        *first = power;
        power = power.wrapping_mul(base);
        rest = others;
    }
    powers
}
