//! `sprintf`: formats with Rego values.
//!
//! As in OPA an argument is an integer of 64 bits, a big integer, a float (any number written with point or exponent)
//! or a string; other values are their Rego text.

use super::failure::operand;
use super::verbs::{self, Printer, sign};
use super::{Builtin, Context, Failure, Outcome, Purity, json_text};
use crate::value::{Value, json};
use num_bigint::{BigInt, Sign};
use num_traits::Zero;
use std::borrow::Cow;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "sprintf",
    signature: "(format: string, values: array[any]) -> output: string",
    doc: "Returns the format with its verbs replaced by the values, in turn, as Go's `fmt.Sprintf` does: `%v` and `%s` \
          for any value, `%d`, `%x`, `%o`, `%b`, `%c`, `%U` for integers, `%f`, `%e`, `%g` for other numbers, `%q` for \
          quoted strings, with flags, width and precision. A verb that does not suit its value gives `%!d(string=x)`.",
    example: ("sprintf(\"%s has %d of %.1f\", [\"a\", 1, 2.55])", "\"a has 1 of 2.5\""),
    purity: Purity::Pure,
    call: sprintf,
}];

fn sprintf<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let format = operand::string(args, 1)?;
    let values = operand::array(args, 2)?;
    for value in values {
        match value {
            Value::String { text, .. } => context.check_size(text.len().saturating_add(2))?,
            Value::Int(_) => {}
            other => json_text::check_written(context, *other)?,
        }
    }
    context.written(|context, out| {
        if write_simple(context, format, values, out) {
            return Ok(());
        }
        out.clear();
        verbs::write(context, format, values, out)
    })
}

/// Writes a format whose verbs are all `%v`, `%s` or `%d`, one for each value, as those of most messages are. Where it is
/// another one, or becomes too large, it says that it is not written.
fn write_simple(context: &Context<'_, '_>, format: &str, values: &[Value<'_>], out: &mut String) -> bool {
    let size = |value: &Value<'_>| if let Value::String { text, .. } = value { text.len() } else { verbs::INTEGER };
    let size = values.iter().map(size).fold(format.len(), usize::saturating_add);
    if context.check_size(size).is_err() {
        return false;
    }
    out.reserve(size);
    let (mut values, mut rest) = (values.iter(), format);
    while let Some(percent) = percent(rest.as_bytes()) {
        let (plain, directive) = rest.split_at(percent);
        let (Some(value), Some(verb)) = (values.next(), directive.as_bytes().get(1)) else { return false };
        out.push_str(plain);
        match (value, verb) {
            (Value::String { text, .. }, b'v' | b's') => out.push_str(text),
            (Value::Int(value), b'v' | b'd') => out.push_str(itoa::Buffer::new().format(*value)),
            (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Set(_), b'v' | b's') => {
                json::write_rego(*value, out);
                if context.check_size(out.len()).is_err() {
                    return false;
                }
            }
            _ => return false,
        }
        rest = directive.get(2..).unwrap_or_default();
    }
    out.push_str(rest);
    values.next().is_none()
}

/// Where the first percent sign is. (What stands between two of them is short: to call `memchr` would take longer.)
fn percent(text: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        // The lowest of the highest bits that are set belongs to the first byte that is one.
        let differs = u64::from_le_bytes(*word) ^ (ONES * u64::from(b'%'));
        let found = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| *byte == b'%')?;
    Some(words.len() * 8 + at)
}

impl verbs::Argument for Value<'_> {
    fn type_name(&self) -> Option<&'static str> {
        Some(Handed::new(self).type_name())
    }

    fn integer(&self) -> Option<i64> {
        match Handed::new(self) {
            Handed::Integer(integer) => Some(integer),
            _ => None,
        }
    }

    fn write(&self, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure> {
        Handed::new(self).write(printer, verb)
    }
}

/// A value as OPA hands it to Go.
enum Handed<'v> {
    Integer(i64),
    Big(BigInt),
    Float(f64),
    Text(Cow<'v, str>),
}

impl<'v> Handed<'v> {
    fn new(value: &Value<'v>) -> Self {
        match value {
            Value::Int(value) => Handed::Integer(*value),
            Value::String { text, .. } => Handed::Text(Cow::Borrowed(text)),
            Value::Number(number) => {
                let text = number.text();
                if text.contains(['.', 'e', 'E']) {
                    let float = text.parse().ok().filter(|float: &f64| float.is_finite());
                    float.map_or(Handed::Text(Cow::Borrowed(text)), Handed::Float)
                } else if let Ok(value) = text.parse() {
                    Handed::Integer(value)
                } else {
                    text.parse().map_or(Handed::Text(Cow::Borrowed(text)), Handed::Big)
                }
            }
            other => {
                let mut text = String::new();
                json::write_rego(*other, &mut text);
                Handed::Text(Cow::Owned(text))
            }
        }
    }

    /// The name of its type in Go.
    fn type_name(&self) -> &'static str {
        match self {
            Handed::Integer(_) => "int64",
            Handed::Big(_) => "*big.Int",
            Handed::Float(_) => "float64",
            Handed::Text(_) => "string",
        }
    }

    fn write(&self, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure> {
        let suits = match (verb, self) {
            ('T', _) => return printer.pad(printer.cut(self.type_name()), printer.flags.zero),
            ('p', _) => false,
            (_, Handed::Integer(integer)) => printer.integer(*integer, verb)?,
            (_, Handed::Big(big)) => print_big(printer, big, verb)?,
            (_, Handed::Float(float)) => printer.float(*float, verb)?,
            (_, Handed::Text(text)) => printer.text(text, verb)?,
        };
        if suits { Ok(()) } else { printer.wrong(verb, self.type_name(), |printer| self.write(printer, 'v')) }
    }
}

/// Big integers format themselves in Go, slightly differently from small ones. Says whether the verb suits them.
fn print_big(printer: &mut Printer<'_, '_, '_>, big: &BigInt, verb: char) -> Result<bool, Failure> {
    let sharp = printer.flags.sharp || printer.flags.sharp_v;
    let (radix, prefix) = match verb {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'O' => (8, ""),
        'd' | 's' | 'v' => (10, ""),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        'w' => return Ok(false),
        _ => return printer.push(&format!("%!{verb}(big.Int={big})")).map(|()| true),
    };
    let prefix = if verb == 'O' {
        "0o"
    } else if sharp {
        prefix
    } else {
        ""
    };
    let mut digits = big.magnitude().to_str_radix(radix);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    if printer.flags.precision == Some(0) && big.is_zero() {
        return Ok(true);
    }
    let sign = sign(big.sign() == Sign::Minus, printer.flags.plus || printer.flags.plus_v, printer.flags.space);
    let wanted = match (printer.flags.precision, printer.flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if printer.flags.zero && !printer.flags.minus => {
            width.saturating_sub(sign.len() + prefix.len())
        }
        _ => 0,
    };
    printer.context.check_size(printer.out.len().saturating_add(wanted))?;
    let zeros = "0".repeat(wanted.saturating_sub(digits.len()));
    printer.pad(&format!("{sign}{prefix}{zeros}{digits}"), false)?;
    Ok(true)
}
