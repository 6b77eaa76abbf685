//! What a YAML scalar means, as OPA v1.22.2 reads it: YAML 1.2's core schema (`yes` and `on` are strings) with the
//! numbers of go-yaml v3 (`010` is octal, `1_000` a thousand), dates as strings.
//!
//! Knows one scalar at a time; nothing of documents or positions.

use data_encoding::BASE64;
use serde_json::{Number, Value};

/// What a scalar was found to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    /// Within `i64::MIN..=u64::MAX`; anything larger is a float.
    Integer(i128),
    Float(f64),
    Text(String),
    /// `<<`: as a key it merges, as a value it is text.
    Merge,
}

/// The tag of a scalar, without `tag:yaml.org,2002:`; a lone `!` or none is `None`.
pub(crate) fn resolve(text: &str, plain: bool, tag: Option<&str>) -> Result<Scalar, String> {
    let Some(tag) = tag else {
        return Ok(if plain { resolve_plain(text) } else { Scalar::Text(text.to_owned()) });
    };
    match tag {
        "null" | "bool" | "int" | "float" => {
            let found = resolve_plain(text);
            match (tag, found) {
                ("null", found @ Scalar::Null)
                | ("bool", found @ Scalar::Bool(_))
                | ("int", found @ Scalar::Integer(_))
                | ("float", found @ Scalar::Float(_)) => Ok(found),
                ("float", Scalar::Integer(i)) if i64::try_from(i).is_ok() => Ok(Scalar::Float(i as f64)),
                _ => Err(format!("`{text}` is not a !!{tag}")),
            }
        }
        "binary" => {
            let packed: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
            let bytes = BASE64.decode(&packed).map_err(|_| "a !!binary value is not valid base64".to_owned())?;
            Ok(Scalar::Text(lossy(&bytes)))
        }
        "timestamp" => Err("the tag !!timestamp has no meaning in JSON".to_owned()),
        "merge" if text == "<<" => Ok(Scalar::Merge),
        _ => Ok(Scalar::Text(text.to_owned())),
    }
}

/// Go replaces each byte that is not UTF-8 on its own, `String::from_utf8_lossy` whole runs.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn resolve_plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        "<<" => return Scalar::Merge,
        _ => {}
    }
    let number = match text.bytes().next() {
        Some(b'.') => resolve_fraction(text),
        Some(b'0'..=b'9' | b'+' | b'-') => resolve_number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

/// A number that starts with its point: underscores may only stand between digits.
fn resolve_fraction(text: &str) -> Option<Scalar> {
    let bytes = text.as_bytes();
    let digit = |index: Option<usize>| index.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let placed =
        bytes.iter().enumerate().all(|(i, b)| *b != b'_' || (digit(i.checked_sub(1)) && digit(i.checked_add(1))));
    if placed { float(&text.replace('_', "")) } else { None }
}

fn resolve_number(text: &str) -> Option<Scalar> {
    if let Some(integer) = go_integer(text) {
        return Some(Scalar::Integer(integer));
    }
    if let Some(float) = float(text) {
        return Some(float);
    }
    // A sign after the prefix is an accident of go-yaml that files may rely on: `0b-101` is -5.
    let prefixed = |prefix: &str, radix| -> Option<i128> {
        if let Some(digits) = text.strip_prefix(prefix) {
            return radix_integer(digits, radix);
        }
        let digits = text.strip_prefix('-')?.strip_prefix(prefix)?;
        if digits.starts_with(['+', '-']) { None } else { radix_integer(digits, radix).map(|i| -i) }
    };
    let integer = prefixed("0b", 2).or_else(|| prefixed("0o", 8))?;
    in_range(integer).map(Scalar::Integer)
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0, together.
fn go_integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (digits, radix) = match lower.as_deref() {
        Some("0x") => (digits.get(2..)?, 16),
        Some("0b") => (digits.get(2..)?, 2),
        Some("0o") => (digits.get(2..)?, 8),
        Some(_) if digits.starts_with('0') => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = sign * radix_integer(digits, radix)?;
    // Go reads a number above i64 only without a sign.
    if text.starts_with('+') && i64::try_from(value).is_err() {
        return None;
    }
    in_range(value)
}

fn radix_integer(digits: &str, radix: u32) -> Option<i128> {
    i128::from_str_radix(digits, radix).ok().filter(|i| i.unsigned_abs() <= u128::from(u64::MAX))
}

fn in_range(value: i128) -> Option<i128> {
    (value >= i128::from(i64::MIN) && value <= i128::from(u64::MAX)).then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within the range of a float.
fn float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at)?, unsigned.get(at + 1..)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let well_formed = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_formed = exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    if !well_formed || !exponent_formed {
        return None;
    }
    text.parse::<f64>().ok().filter(|f| f.is_finite()).map(Scalar::Float)
}

impl Scalar {
    /// The JSON value; an infinity has none.
    pub fn to_value(&self) -> Result<Value, String> {
        let number = |text: String| {
            text.parse::<Number>().map(Value::Number).map_err(|_| format!("`{text}` is not a number in JSON"))
        };
        match self {
            Scalar::Null => Ok(Value::Null),
            Scalar::Bool(b) => Ok(Value::Bool(*b)),
            Scalar::Integer(i) => number(i.to_string()),
            Scalar::Float(f) if f.is_finite() => number(float_text(*f)),
            Scalar::Float(_) => Err("JSON has no infinity and no NaN".to_owned()),
            Scalar::Text(text) => Ok(Value::String(text.clone())),
            Scalar::Merge => Ok(Value::String("<<".to_owned())),
        }
    }

    /// The key that the scalar becomes in a JSON object; null has none.
    pub fn to_key(&self) -> Option<String> {
        match self {
            Scalar::Null => None,
            Scalar::Bool(b) => Some(b.to_string()),
            Scalar::Integer(i) => Some(i.to_string()),
            Scalar::Float(f) => Some(float_key(*f)),
            Scalar::Text(text) => Some(text.clone()),
            Scalar::Merge => Some("<<".to_owned()),
        }
    }
}

/// A float as Go's `encoding/json` writes it.
fn float_text(f: f64) -> String {
    let size = f.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{f:e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        }
    } else {
        format!("{f}")
    }
}

/// A float as Go's `strconv.FormatFloat(f, 'g', -1, 32)` writes it, which OPA uses for keys.
fn float_key(f: f64) -> String {
    let f = f as f32;
    if f.is_nan() {
        return ".nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{f:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    match exponent.parse::<i32>() {
        Ok(power) if !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", power.unsigned_abs())
        }
        _ => format!("{f}"),
    }
}

/// What `kubectl` and the API server, which read YAML 1.1, make of a plain scalar that OPA reads as a string.
pub(crate) fn yaml_1_1_boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        resolve(text, true, None).and_then(|s| s.to_value()).map_or_else(|e| e, |v| v.to_string())
    }

    #[test]
    fn numbers_are_those_of_go_yaml() {
        let cases = [
            ("010", "8"),
            ("08", "8"),
            ("-010", "-8"),
            ("0x1F", "31"),
            ("0b-101", "-5"),
            ("1_000", "1000"),
            ("5.", "5"),
            (".5e1", "5"),
            ("-0.0", "-0"),
            ("1e400", "\"1e400\""),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("123456789012345678901234567890", "1.2345678901234568e+29"),
            ("0.0000001", "1e-7"),
            ("1:20", "\"1:20\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("yes", "\"yes\""),
            ("~", "null"),
        ];
        for (text, expected) in cases {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_text() {
        let key = |text| resolve(text, true, None).ok().and_then(|s| s.to_key());
        for (text, expected) in
            [("1e3", "1000"), ("1.5", "1.5"), ("123456789.1", "1.2345679e+08"), ("1e40", ".inf"), ("0.0", "0")]
        {
            assert_eq!(key(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(key("null"), None);
    }
}
