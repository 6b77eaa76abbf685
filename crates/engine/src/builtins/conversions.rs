//! Converting values from one type to another.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Kind, Set, Value, json, number};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "to_number",
        signature: "(value: null | boolean | number | string) -> num: number",
        doc: "Returns the number that the value stands for: a string is read, `true` is 1, `false` and `null` are 0.",
        example: ("to_number(\"1.5\")", "1.5"),
        purity: Purity::Pure,
        call: to_number,
    },
    Builtin {
        name: "cast_array",
        signature: "(any) -> array[any]",
        doc: "Returns an array as it is and a set as the array of its members. Deprecated.",
        example: ("cast_array({1})", "[1]"),
        purity: Purity::Pure,
        call: |_, args| match operand::any(args, 1)? {
            Value::Set(set) => Ok(Value::Array(set.items())),
            array @ Value::Array(_) => Ok(array),
            other => Err(Failure::operand(1, &other, &["array", "set"])),
        },
    },
    Builtin {
        name: "cast_set",
        signature: "(any) -> set[any]",
        doc: "Returns a set as it is and an array as the set of its items. Deprecated.",
        example: ("cast_set([1, 1])", "[1]"),
        purity: Purity::Pure,
        call: |context, args| match operand::any(args, 1)? {
            Value::Array(items) => {
                Ok(Value::Set(Set::from_unsorted(context.arena, context.arena.alloc_slice_copy(items))))
            }
            set @ Value::Set(_) => Ok(set),
            other => Err(Failure::operand(1, &other, &["array", "set"])),
        },
    },
    Builtin {
        name: "cast_string",
        signature: "(any) -> string",
        doc: "Returns a string as it is and fails for other types. Deprecated.",
        example: (r#"cast_string("a")"#, r#""a""#),
        purity: Purity::Pure,
        call: |_, args| cast(args, Kind::String),
    },
    Builtin {
        name: "cast_boolean",
        signature: "(any) -> boolean",
        doc: "Returns a boolean as it is and fails for other types. Deprecated.",
        example: ("cast_boolean(true)", "true"),
        purity: Purity::Pure,
        call: |_, args| cast(args, Kind::Boolean),
    },
    Builtin {
        name: "cast_null",
        signature: "(any) -> null",
        doc: "Returns null as it is and fails for other types. Deprecated.",
        example: ("cast_null(null)", "null"),
        purity: Purity::Pure,
        call: |_, args| cast(args, Kind::Null),
    },
    Builtin {
        name: "cast_object",
        signature: "(any) -> object[any: any]",
        doc: "Returns an object as it is and fails for other types. Deprecated.",
        example: (r#"cast_object({"a": 1})"#, r#"{"a": 1}"#),
        purity: Purity::Pure,
        call: |_, args| cast(args, Kind::Object),
    },
];

fn cast<'a>(args: &[Value<'a>], kind: Kind) -> Outcome<'a> {
    let value = operand::any(args, 1)?;
    if value.kind() == kind { Ok(value) } else { Err(Failure::operand(1, &value, &[kind.name()])) }
}

fn to_number<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let value = operand::any(args, 1)?;
    let text = match value {
        Value::Null => return Ok(Value::Int(0)),
        Value::Bool(value) => return Ok(Value::Int(i64::from(value))),
        Value::Int(_) | Value::Number(_) => return Ok(value),
        Value::String { text, .. } => text,
        other => return Err(Failure::operand(1, &other, &["null", "boolean", "number", "string"])),
    };
    if let Some(number) = short_number(context, text) {
        return Ok(number);
    }
    let word = text.trim_start_matches(['+', '-']);
    if ["inf", "infinity", "nan"].iter().any(|special| word.eq_ignore_ascii_case(special)) {
        return Err(Failure::operand(1, &value, &["valid number string"]));
    }
    let failure = |what: &str| {
        let mut quoted = String::new();
        json::write_rego_string(text, &mut quoted);
        Failure::Error(format!("strconv.ParseFloat: parsing {quoted}: {what}"))
    };
    let canonical = canonical(text).ok_or_else(|| failure("invalid syntax"))?;
    // Any text of digits is a number for Rust; what overflows becomes infinite.
    if !canonical.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(failure("value out of range"));
    }
    context.check_size(canonical.len())?;
    let number = number::parse(context.arena, context.arena.alloc_str(&canonical));
    number.ok_or_else(|| Failure::error("number too big"))
}

/// The number for the most common texts: integers of few digits, and short decimals as JSON writes them.
#[inline]
fn short_number<'a>(context: &Context<'a, '_>, text: &'a str) -> Option<Value<'a>> {
    /// No float has so many digits before its point.
    const FINITE: usize = 300;
    if let Some(value) = short_integer(text) {
        return Some(Value::Int(value));
    }
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    if digits.is_empty() || digits.len() > FINITE {
        return None;
    }
    let plain = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if plain && text.len() <= context.max_bytes() { number::parse(context.arena, text) } else { None }
}

/// The number for a text of few digits.
#[inline]
pub(super) fn short_integer(text: &str) -> Option<i64> {
    /// So many digits fit 64 bits.
    const DIGITS: usize = 18;
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > DIGITS {
        return None;
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    match (negative, value) {
        // A negative zero keeps its sign.
        (true, 0) => None,
        (true, value) => Some(-value),
        (false, value) => Some(value),
    }
}

/// The JSON number for what Go's `ParseFloat` accepts: a plus sign, leading zeros, nothing before or after the point,
/// underscores between digits, and hexadecimal with a binary exponent.
fn canonical(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(digits) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        return hexadecimal(digits).map(|value| format!("{sign}{value:?}"));
    }
    let bytes = rest.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let separated = |(at, _): (usize, &str)| digit(at.checked_sub(1)) && digit(Some(at + 1));
    let well_separated = rest.match_indices('_').all(separated);
    let plain = rest.replace('_', "");
    let (mantissa, exponent) = plain.split_once(['e', 'E']).map_or((plain.as_str(), None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_ok = exponent.is_none_or(|exponent| {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !power.is_empty() && digits(power)
    });
    if !well_separated || !exponent_ok || !digits(whole) || !digits(fraction) || (whole.len() + fraction.len() == 0) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let mut number = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        number.extend([".", fraction]);
    }
    if let Some(exponent) = exponent {
        number.extend(["e", exponent]);
    }
    Some(number)
}

/// The digits after `0x`: a mantissa with an optional point, and the exponent of two that must follow.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let power: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || mantissa.len() > 15 {
        return None;
    }
    let digits = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    let scale = power.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    Some(digits as f64 * 2f64.powi(scale))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn numbers_as_go_reads_them() {
        let cases = [
            ("+5", Some("5")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("007", Some("7")),
            ("-01.50e+3", Some("-1.50e+3")),
            ("1_000", Some("1000")),
            ("0x1p-2", Some("0.25")),
            ("_1", None),
            ("1e", None),
            (".", None),
            ("--5", None),
            (" 5", None),
            ("0x10", None),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }
}
