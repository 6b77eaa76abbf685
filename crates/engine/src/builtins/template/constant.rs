//! Constants of templates: numbers, letters and strings, as Go writes them.

use crate::builtins::letters::lossy;
use crate::builtins::quote::quoted;
use std::borrow::Cow;

/// A number of a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Constant {
    Int(i64),
    /// A whole number that is too large for the type it would have.
    Overflow,
    Float(f64),
    Complex(f64, f64),
}

/// What Go says of escapes and numbers that it does not know.
const SYNTAX: &str = "invalid syntax";

/// A number that is no letter and no sum.
pub(super) fn number(text: &str) -> Result<Constant, String> {
    if let Some(imaginary) = text.strip_suffix('i').and_then(|digits| float(digits).ok()) {
        return Ok(Constant::Complex(0.0, imaginary));
    }
    if let Some(constant) = whole(text) {
        return Ok(constant);
    }
    match float(text) {
        Ok(value) if text.contains(['.', 'e', 'E', 'p', 'P']) => Ok(Constant::Float(value)),
        Ok(_) => Err(format!("integer overflow: {}", quoted(text))),
        Err(_) => Err(format!("illegal number syntax: {}", quoted(text))),
    }
}

/// A sum of a real and an imaginary number.
pub(super) fn complex(text: &str) -> Result<Constant, String> {
    // The second sign is not part of an exponent.
    let is_sign = |at: usize| {
        let bytes = text.as_bytes();
        let is_hexadecimal = text.get(..at).is_some_and(|real| real.contains(['x', 'X']));
        let exponent: &[u8] = if is_hexadecimal { b"pP" } else { b"eE" };
        matches!(bytes.get(at), Some(b'+' | b'-')) && !bytes.get(at - 1).is_some_and(|before| exponent.contains(before))
    };
    let parts = (1..text.len()).find(|at| is_sign(*at)).and_then(|at| text.split_at_checked(at));
    let is_sum = |(real, imaginary): &(&str, &str)| !real.ends_with('i') && imaginary.len() > 2;
    let Some((real, imaginary)) = parts.filter(is_sum) else {
        return Err("syntax error scanning complex number".into());
    };
    let part =
        |text: &str| float(text).map_err(|reason| format!("strconv.ParseFloat: parsing {}: {reason}", quoted(text)));
    Ok(Constant::Complex(part(real)?, part(imaginary.strip_suffix('i').unwrap_or(imaginary))?))
}

/// A letter in its quotes.
pub(super) fn letter(text: &str) -> Result<Constant, String> {
    let (code, tail) = text.strip_prefix('\'').and_then(|rest| escape(rest, '\'')).ok_or(SYNTAX)?;
    if tail != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    Ok(Constant::Int(match code {
        Escaped::Letter(letter) => i64::from(u32::from(letter)),
        Escaped::Byte(byte) => i64::from(byte),
    }))
}

/// The text of a string in its quotes.
pub(super) fn string(text: &str) -> Result<Cow<'_, str>, String> {
    if let Some(raw) = text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        return Ok(if raw.contains('\r') { raw.replace('\r', "").into() } else { raw.into() });
    }
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return Err(SYNTAX.into());
    };
    if !inner.contains('\\') {
        return Ok(inner.into());
    }
    let (mut out, mut rest) = (Vec::with_capacity(inner.len()), inner);
    while !rest.is_empty() {
        let (escaped, tail) = escape(rest, '"').ok_or(SYNTAX)?;
        match escaped {
            Escaped::Letter(letter) => out.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
            Escaped::Byte(byte) => out.push(byte),
        }
        rest = tail;
    }
    Ok(lossy(&out).into_owned().into())
}

enum Escaped {
    Letter(char),
    Byte(u8),
}

/// The first letter of a text, which may be escaped, and what follows it.
fn escape(text: &str, quote: char) -> Option<(Escaped, &str)> {
    let mut letters = text.chars();
    let first = letters.next()?;
    if first != '\\' {
        return (first != quote).then_some((Escaped::Letter(first), letters.as_str()));
    }
    let letter = letters.next()?;
    let rest = letters.as_str();
    let plain = |letter| Some((Escaped::Letter(letter), rest));
    match letter {
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        '\\' => plain('\\'),
        _ if letter == quote => plain(quote),
        'x' => digits(rest, 2, 16).and_then(|(code, rest)| Some((Escaped::Byte(code.try_into().ok()?), rest))),
        'u' | 'U' => {
            let (code, rest) = digits(rest, if letter == 'u' { 4 } else { 8 }, 16)?;
            Some((Escaped::Letter(char::from_u32(code)?), rest))
        }
        '0'..='7' => {
            let (code, rest) = digits(text.get(1..)?, 3, 8)?;
            Some((Escaped::Byte(code.try_into().ok()?), rest))
        }
        _ => None,
    }
}

/// The number that so many digits stand for, and what follows them.
fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    // A sign is no digit.
    let are_digits = digits.chars().all(|digit| digit.is_digit(radix));
    Some((u32::from_str_radix(digits, radix).ok().filter(|_| are_digits)?, rest))
}

/// A whole number, with a prefix for its base or underscores.
fn whole(text: &str) -> Option<Constant> {
    let (negative, unsigned) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, digits) = match lower.as_str() {
        rest if rest.starts_with("0x") => (16, rest.get(2..)?),
        rest if rest.starts_with("0b") => (2, rest.get(2..)?),
        rest if rest.starts_with("0o") => (8, rest.get(2..)?),
        rest if rest.starts_with('0') && rest.len() > 1 => (8, rest.get(1..)?),
        rest => (10, rest),
    };
    if !underscores_separate(unsigned) {
        return None;
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(&digits, radix).ok()?;
    let value = i128::from(magnitude) * if negative { -1 } else { 1 };
    match i64::try_from(value) {
        Ok(value) => Some(Constant::Int(value)),
        // Go knows such a number without a sign only.
        Err(_) => (unsigned.len() == text.len()).then_some(Constant::Overflow),
    }
}

/// A float, with underscores or hexadecimal digits; else the reason why it is none.
fn float(text: &str) -> Result<f64, &'static str> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !underscores_separate(unsigned)
        || unsigned
            .contains(|letter: char| letter.is_alphabetic() && !letter.is_ascii_hexdigit() && !"xXpP".contains(letter))
    {
        return Err(SYNTAX);
    }
    let digits = unsigned.replace('_', "");
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits),
        None => digits.parse().ok(),
    };
    let value: f64 = value.ok_or(SYNTAX)?;
    if value.is_infinite() {
        return Err("value out of range");
    }
    Ok(if text.starts_with('-') { -value } else { value })
}

/// A float in hexadecimal digits, without prefix. It needs an exponent.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let is_exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent).bytes().all(|digit| digit.is_ascii_digit());
    // One of more digits is as far away as it can be.
    let exponent = exponent.parse::<i64>().ok().filter(|_| is_exponent).or_else(|| {
        (is_exponent && exponent.len() > 15).then_some(if exponent.starts_with('-') { -100_000 } else { 100_000 })
    })?;
    let exponent = exponent.clamp(-100_000, 100_000);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (mut mantissa, mut scale, mut count) = (0_u64, exponent, 0);
    for (at, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        count += 1;
        let shifts = if at < whole.len() { 0 } else { 4 };
        if mantissa >> 60 == 0 {
            mantissa = (mantissa << 4) | digit;
            scale -= shifts;
        } else {
            // What has no room is kept as a sign that there is something.
            mantissa |= u64::from(digit != 0);
            scale += 4 - shifts;
        }
    }
    if count == 0 {
        return None;
    }
    let mut value = mantissa as f64;
    while scale != 0 && value != 0.0 && value.is_finite() {
        let step = scale.clamp(-1000, 1000);
        value *= 2_f64.powi(i32::try_from(step).ok()?);
        scale -= step;
    }
    Some(value)
}

/// Whether underscores stand between digits, or between a prefix and digits, only.
fn underscores_separate(unsigned: &str) -> bool {
    let prefixed = ["0b", "0o", "0x", "0B", "0O", "0X"].iter().any(|prefix| unsigned.starts_with(prefix));
    let is_hexadecimal = prefixed && unsigned.get(1..2).is_some_and(|letter| letter.eq_ignore_ascii_case("x"));
    let digits = if prefixed { unsigned.get(2..).unwrap_or_default() } else { unsigned };
    let mut after_digit = prefixed;
    let mut after_underscore = false;
    for letter in digits.chars() {
        let is_digit = letter.is_ascii_digit() || (is_hexadecimal && letter.is_ascii_hexdigit());
        if (letter == '_' && !after_digit) || (after_underscore && letter != '_' && !is_digit) {
            return false;
        }
        (after_digit, after_underscore) = (is_digit, letter == '_');
    }
    !after_underscore
}
