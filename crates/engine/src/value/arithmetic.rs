//! Calculation, with OPA's results.
//!
//! As in OPA, integers of any size are exact (but for division and the unary functions), and what is not an integer is
//! a binary float of 64 bits mantissa, written with the fewest digits that name it. 64-bit integers take a short way.

use super::float::{Float, PRECISION};
use super::number::{self, Parts};
use super::short::Short;
use super::word::{Calculation, Word};
use super::{Bump, Value};
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::Zero;

pub use super::float::MAX_BITS;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticError {
    /// The divisor is zero.
    DivideByZero,
    /// The divisor of a remainder is zero.
    ModuloByZero,
    /// A remainder of numbers that are no integers.
    ModuloOnFloat,
    /// The result, or an operand, would take too long to calculate with: over 2^20 bits.
    TooBig,
    /// An operand is no number.
    NotANumber,
}

impl std::fmt::Display for ArithmeticError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            ArithmeticError::DivideByZero => "divide by zero",
            ArithmeticError::ModuloByZero => "modulo by zero",
            ArithmeticError::ModuloOnFloat => "modulo on floating-point number",
            ArithmeticError::TooBig => "number too big",
            ArithmeticError::NotANumber => "not a number",
        })
    }
}

impl std::error::Error for ArithmeticError {}

/// What a calculation gives.
pub type Result<T> = std::result::Result<T, ArithmeticError>;

/// The sum.
///
/// ```
/// use solon_engine::value::{Bump, Value, arithmetic, number};
///
/// let arena = Bump::new();
/// let (Some(tenth), Some(fifth)) = (number::parse(&arena, "0.1"), number::parse(&arena, "0.2")) else { return };
/// assert_eq!(arithmetic::plus(&arena, tenth, fifth).map(|sum| sum.to_string()).as_deref(), Ok("0.3"));
/// ```
#[inline]
pub fn plus<'a>(arena: &'a Bump, left: Value<'_>, right: Value<'_>) -> Result<Value<'a>> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) if let Some(sum) = left.checked_add(right) => Ok(Value::Int(sum)),
        _ => binary(arena, left, right, i64::checked_add, |left, right| left + right, Word::plus, Float::plus),
    }
}

/// The difference.
#[inline]
pub fn minus<'a>(arena: &'a Bump, left: Value<'_>, right: Value<'_>) -> Result<Value<'a>> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) if let Some(difference) = left.checked_sub(right) => {
            Ok(Value::Int(difference))
        }
        _ => binary(arena, left, right, i64::checked_sub, |left, right| left - right, Word::minus, Float::minus),
    }
}

/// The product.
#[inline]
pub fn mul<'a>(arena: &'a Bump, left: Value<'_>, right: Value<'_>) -> Result<Value<'a>> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) if let Some(product) = left.checked_mul(right) => Ok(Value::Int(product)),
        _ => binary(arena, left, right, i64::checked_mul, |left, right| left * right, Word::times, Float::times),
    }
}

/// The quotient: an integer where the division is even, else a float. It has a sign even where it is zero.
#[inline]
pub fn div<'a>(arena: &'a Bump, left: Value<'_>, right: Value<'_>) -> Result<Value<'a>> {
    match (left, right) {
        (_, Value::Int(0)) => Err(ArithmeticError::DivideByZero),
        (Value::Int(dividend), Value::Int(divisor))
            if dividend != 0
                && dividend.wrapping_rem(divisor) == 0
                && let Some(quotient) = dividend.checked_div(divisor) =>
        {
            Ok(Value::Int(quotient))
        }
        _ => {
            if let Some(quotient) = word(left).zip(word(right)).and_then(|(left, right)| left.over(right)?.value(arena))
            {
                return Ok(quotient);
            }
            let (left, right) = (float(left)?, float(right)?);
            if right.is_zero() {
                return Err(ArithmeticError::DivideByZero);
            }
            from_float(arena, &left.over(&right, PRECISION))
        }
    }
}

/// The remainder of integers; it has the sign of the dividend.
#[inline]
pub fn rem<'a>(arena: &'a Bump, left: Value<'_>, right: Value<'_>) -> Result<Value<'a>> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        if right == 0 {
            return Err(ArithmeticError::ModuloByZero);
        }
        return Ok(Value::Int(left.wrapping_rem(right)));
    }
    match (bigint(left)?, bigint(right)?) {
        (Some(_), Some(right)) if right.is_zero() => Err(ArithmeticError::ModuloByZero),
        (Some(left), Some(right)) => Ok(number::from_bigint(arena, &(left % right))),
        _ => Err(ArithmeticError::ModuloOnFloat),
    }
}

/// The number without its sign.
pub fn abs<'a>(arena: &'a Bump, value: Value<'_>) -> Result<Value<'a>> {
    match value.as_i64().and_then(i64::checked_abs) {
        Some(value) => Ok(Value::Int(value)),
        None => match word(value).and_then(|word| Word { negative: false, ..word }.value(arena)) {
            Some(value) => Ok(value),
            None => from_float(arena, &float(value)?.abs()),
        },
    }
}

/// The nearest integer; halves are rounded away from zero.
pub fn round<'a>(arena: &'a Bump, value: Value<'_>) -> Result<Value<'a>> {
    unary(arena, value, Word::round, |float| {
        let away = if float.is_negative() {
            float.minus(&Float::half(), PRECISION)
        } else {
            float.plus(&Float::half(), PRECISION)
        };
        Float::from_bigint(&away.truncated())
    })
}

/// The next integer from below, as OPA has it: above -1 and below 0 this is 1.
pub fn ceil<'a>(arena: &'a Bump, value: Value<'_>) -> Result<Value<'a>> {
    let up = |word: Word| {
        let (whole, has_fraction) = word.truncated()?;
        if whole < 0 || !has_fraction { Some(whole) } else { whole.checked_add(1) }
    };
    unary(arena, value, up, |float| {
        let whole = Float::from_bigint(&float.truncated());
        if whole.is_negative() || float.is_integer() {
            return whole;
        }
        whole.plus(&Float::one(PRECISION), whole.precision())
    })
}

/// The next integer from above, as OPA has it: above -1 and below 0 this is 0.
pub fn floor<'a>(arena: &'a Bump, value: Value<'_>) -> Result<Value<'a>> {
    let down = |word: Word| {
        let (whole, has_fraction) = word.truncated()?;
        if whole >= 0 || !has_fraction { Some(whole) } else { whole.checked_sub(1) }
    };
    unary(arena, value, down, |float| {
        let whole = Float::from_bigint(&float.truncated());
        if !whole.is_negative() || float.is_integer() {
            return whole;
        }
        whole.minus(&Float::one(PRECISION), whole.precision())
    })
}

/// The sum of numbers: exact if all are integers; nothing sums up to 0.
pub fn sum<'a>(arena: &'a Bump, items: &[Value<'_>]) -> Result<Value<'a>> {
    let small = items.iter().try_fold(0_i64, |sum, item| sum.checked_add(item.as_i64()?));
    if let Some(sum) = small {
        return Ok(Value::Int(sum));
    }
    match word_sum(arena, items) {
        Some(sum) => Ok(sum),
        None => fold(arena, items, 0, |left, right| left + right, Float::plus),
    }
}

/// The product of numbers: exact if all are integers, else calculated to 53 bits, as in OPA; that of nothing is 1.
pub fn product<'a>(arena: &'a Bump, items: &[Value<'_>]) -> Result<Value<'a>> {
    let small = items.iter().try_fold(1_i64, |product, item| product.checked_mul(item.as_i64()?));
    if let Some(product) = small {
        return Ok(Value::Int(product));
    }
    fold(arena, items, 1, |left, right| left * right, Float::times)
}

/// The exact integer, however it is written; `None` for other numbers.
pub fn bigint(value: Value<'_>) -> Result<Option<BigInt>> {
    let number = match value {
        Value::Int(value) => return Ok(Some(value.into())),
        Value::Number(number) => number,
        _ => return Err(ArithmeticError::NotANumber),
    };
    if let Some(value) = number.as_i64() {
        return Ok(Some(value.into()));
    }
    if !number.is_integer() {
        return Ok(None);
    }
    /// A digit takes more than three bits.
    const MAX_DIGITS: u64 = MAX_BITS / 3;
    let Parts { negative, whole, fraction, exponent } = Parts::new(number.text());
    let digits = [whole, fraction].concat();
    let scale = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
    let length = u64::try_from(digits.len()).unwrap_or(u64::MAX);
    if length.saturating_add(scale.unsigned_abs()) > MAX_DIGITS {
        return Err(ArithmeticError::TooBig);
    }
    let magnitude = BigUint::parse_bytes(&digits, 10).unwrap_or_default();
    let power = BigUint::from(10_u8).pow(u32::try_from(scale.unsigned_abs()).unwrap_or(u32::MAX));
    let magnitude = if scale < 0 { magnitude / power } else { magnitude * power };
    Ok(Some(BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, magnitude)))
}

/// The integer that is left of a number without its fraction: exact where it is written as an integer, else of the
/// float that OPA makes of it.
pub fn truncated(value: Value<'_>) -> Result<BigInt> {
    match value {
        Value::Int(value) => Ok(value.into()),
        Value::Number(number) => match number.text().parse() {
            Ok(whole) => Ok(whole),
            Err(_) => Ok(Float::from_text(number.text()).ok_or(ArithmeticError::TooBig)?.truncated()),
        },
        _ => Err(ArithmeticError::NotANumber),
    }
}

/// The product of the number written as `text` and an integer, calculated with floats, without its fraction.
pub fn whole_product<'a>(arena: &'a Bump, text: &str, factor: u64) -> Result<Value<'a>> {
    let number = Float::from_text(text).ok_or(ArithmeticError::TooBig)?;
    let product = number.times(&Float::from_bigint(&factor.into()), PRECISION);
    if product.binary_exponent() > i64::try_from(MAX_BITS).unwrap_or(i64::MAX) {
        return Err(ArithmeticError::TooBig);
    }
    from_bigint(arena, &product.truncated())
}

/// An integer as a value, if it is not too big.
pub fn from_bigint<'a>(arena: &'a Bump, value: &BigInt) -> Result<Value<'a>> {
    if value.bits() > MAX_BITS {
        return Err(ArithmeticError::TooBig);
    }
    Ok(number::from_bigint(arena, value))
}

/// A calculation on 64-bit integers, where its result is one.
type Small = fn(i64, i64) -> Option<i64>;

/// A calculation on floats, to so many bits.
type Inexact = fn(&Float, &Float, u64) -> Float;

/// The same as [`binary`] of numbers of few digits, of which one is no integer. `None` where it takes the long way.
fn of_words<'a>(arena: &'a Bump, left: Value<'_>, right: Value<'_>, calculate: Calculation) -> Option<Value<'a>> {
    let (left, right) = (Short::of(left)?, Short::of(right)?);
    if left.is_integer() && right.is_integer() {
        return None;
    }
    calculate(Word::new(left)?, Word::new(right)?)?.value(arena)
}

#[cold]
fn binary<'a>(
    arena: &'a Bump,
    left: Value<'_>,
    right: Value<'_>,
    small: Small,
    exact: fn(BigInt, BigInt) -> BigInt,
    word: Calculation,
    inexact: Inexact,
) -> Result<Value<'a>> {
    if let Some(result) = of_words(arena, left, right, word) {
        return Ok(result);
    }
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64())
        && let Some(result) = small(left, right)
    {
        return Ok(Value::Int(result));
    }
    match (bigint(left)?, bigint(right)?) {
        (Some(left), Some(right)) => {
            // The bits of a product are those of both factors.
            if left.bits().saturating_add(right.bits()) > MAX_BITS {
                return Err(ArithmeticError::TooBig);
            }
            from_bigint(arena, &exact(left, right))
        }
        _ => from_float(arena, &inexact(&float(left)?, &float(right)?, PRECISION)),
    }
}

/// The sum of numbers of few digits, of which one is no integer. `None` where it takes the long way.
fn word_sum<'a>(arena: &'a Bump, items: &[Value<'_>]) -> Option<Value<'a>> {
    let (mut total, mut integers) = (None::<Word>, true);
    for item in items {
        let item = Short::of(*item)?;
        integers &= item.is_integer();
        if let Some(item) = Word::new(item) {
            total = Some(match total {
                Some(total) => total.plus(item)?,
                None => item,
            });
        }
    }
    total.filter(|_| !integers)?.value(arena)
}

/// An integer that is near to a number: `short` gives that of a float of a word, if it is one of 64 bits.
fn unary<'a>(
    arena: &'a Bump,
    value: Value<'_>,
    short: fn(Word) -> Option<i64>,
    calculate: fn(&Float) -> Float,
) -> Result<Value<'a>> {
    match value.as_i64().or_else(|| short(word(value)?)) {
        Some(value) => Ok(Value::Int(value)),
        None => from_float(arena, &calculate(&float(value)?)),
    }
}

fn fold<'a>(
    arena: &'a Bump,
    items: &[Value<'_>],
    start: i64,
    exact: fn(BigInt, BigInt) -> BigInt,
    inexact: Inexact,
) -> Result<Value<'a>> {
    /// The precision of Go's `big.NewFloat`, with which OPA starts a product.
    const PRODUCT_PRECISION: u64 = 53;
    let mut total = BigInt::from(start);
    for item in items {
        let Some(item) = bigint(*item)? else {
            let precision = if start == 0 { PRECISION } else { PRODUCT_PRECISION };
            let mut total = Float::from_i64(start);
            for item in items {
                total = inexact(&total, &float(*item)?, precision);
                check_range(&total)?;
            }
            return from_float(arena, &total);
        };
        if total.bits().saturating_add(item.bits()) > MAX_BITS {
            return Err(ArithmeticError::TooBig);
        }
        total = exact(total, item);
    }
    from_bigint(arena, &total)
}

fn word(value: Value<'_>) -> Option<Word> {
    Word::new(Short::of(value)?)
}

fn float(value: Value<'_>) -> Result<Float> {
    match value {
        Value::Int(value) => Ok(Float::from_i64(value)),
        Value::Number(number) => Float::from_text(number.text()).ok_or(ArithmeticError::TooBig),
        _ => Err(ArithmeticError::NotANumber),
    }
}

fn from_float<'a>(arena: &'a Bump, value: &Float) -> Result<Value<'a>> {
    check_range(value)?;
    Ok(number::from_result(arena, &value.text()))
}

fn check_range(value: &Float) -> Result<()> {
    if value.is_out_of_range() { Err(ArithmeticError::TooBig) } else { Ok(()) }
}
