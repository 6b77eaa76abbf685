//! `sprintf`: the verbs of Go's `fmt` on Rego values.
//!
//! As in OPA an argument is an integer of 64 bits, a big integer, a float (any number written with point or exponent)
//! or a string; other values are their Rego text.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, floats, json_text, quote};
use crate::value::{Value, json};
use memchr::memchr;
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
    context.written(|context, out| write(context, format, values, out))
}

/// Appends the format with its verbs replaced by the values.
pub(super) fn write(
    context: &Context<'_, '_>,
    format: &str,
    values: &[Value<'_>],
    out: &mut String,
) -> Result<(), Failure> {
    let mut printer = Printer { out, flags: Flags::default(), context };
    Run { format, values, at: 0, next: 0, reordered: false, good: true }.print(&mut printer)
}

/// A value as OPA hands it to Go.
enum Argument<'v> {
    Integer(i64),
    Big(BigInt),
    Float(f64),
    Text(Cow<'v, str>),
}

impl<'v> Argument<'v> {
    fn new(value: &Value<'v>) -> Self {
        match value {
            Value::Int(value) => Argument::Integer(*value),
            Value::String { text, .. } => Argument::Text(Cow::Borrowed(text)),
            Value::Number(number) => {
                let text = number.text();
                if text.contains(['.', 'e', 'E']) {
                    let float = text.parse().ok().filter(|float: &f64| float.is_finite());
                    float.map_or(Argument::Text(Cow::Borrowed(text)), Argument::Float)
                } else if let Ok(value) = text.parse() {
                    Argument::Integer(value)
                } else {
                    text.parse().map_or(Argument::Text(Cow::Borrowed(text)), Argument::Big)
                }
            }
            other => {
                let mut text = String::new();
                json::write_rego(*other, &mut text);
                Argument::Text(Cow::Owned(text))
            }
        }
    }

    /// The name of its type in Go.
    fn type_name(&self) -> &'static str {
        match self {
            Argument::Integer(_) => "int64",
            Argument::Big(_) => "*big.Int",
            Argument::Float(_) => "float64",
            Argument::Text(_) => "string",
        }
    }
}

/// What stands between the percent sign and the verb.
#[derive(Clone, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%+v`, `%#v`: these take the place of `plus` and `sharp` for this verb.
    plus_v: bool,
    sharp_v: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The largest width or precision that an argument may give, either way.
const MAX_SIZE: i64 = 1_000_000;

/// One walk over a format.
struct Run<'f, 'v> {
    format: &'f str,
    values: &'v [Value<'v>],
    /// Where in the format.
    at: usize,
    /// The next argument.
    next: usize,
    /// Whether an argument was chosen by number; then unused ones are no mistake.
    reordered: bool,
    /// Whether the number of the current argument made sense.
    good: bool,
}

impl Run<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn print(mut self, printer: &mut Printer<'_, '_, '_>) -> Result<(), Failure> {
        while let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) {
            let plain = memchr(b'%', rest.as_bytes()).unwrap_or(rest.len());
            printer.push(rest.get(..plain).unwrap_or(rest))?;
            self.at += plain;
            if self.eat(b'%') && !self.plain_directive(printer)? {
                printer.flags = Flags::default();
                self.good = true;
                self.directive(printer)?;
            }
        }
        let unused = self.values.get(self.next..).unwrap_or(&[]);
        if !self.reordered && !unused.is_empty() {
            printer.flags = Flags::default();
            printer.push("%!(EXTRA ")?;
            for (at, value) in unused.iter().enumerate() {
                printer.push(if at > 0 { ", " } else { "" })?;
                let value = Argument::new(value);
                printer.push(value.type_name())?;
                printer.push("=")?;
                printer.value(&value, 'v')?;
            }
            printer.push(")")?;
        }
        Ok(())
    }

    /// A directive that is only a verb, after its percent sign, where the value is written as it is; says whether it
    /// was one. These are the most by far.
    #[inline]
    fn plain_directive(&mut self, printer: &mut Printer<'_, '_, '_>) -> Result<bool, Failure> {
        let (Some(verb @ (b'v' | b's' | b'd')), Some(value)) = (self.peek(), self.values.get(self.next)) else {
            return Ok(false);
        };
        match (value, verb) {
            (Value::String { text, .. }, b'v' | b's') => printer.push(text)?,
            (Value::Int(value), b'v' | b'd') => printer.decimal(*value)?,
            (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Set(_), b'v' | b's') => {
                json::write_rego(*value, printer.out);
                printer.context.check_size(printer.out.len())?;
            }
            _ => return Ok(false),
        }
        self.at += 1;
        self.next += 1;
        Ok(true)
    }

    /// One directive, after its percent sign.
    fn directive(&mut self, printer: &mut Printer<'_, '_, '_>) -> Result<(), Failure> {
        let flags = &mut printer.flags;
        while let Some(flag) = self.peek() {
            match flag {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut indexed = self.index();
        if self.eat(b'*') {
            match self.size() {
                Some(width) => {
                    if width < 0 {
                        printer.flags.minus = true;
                        printer.flags.zero = false;
                    }
                    printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => printer.push("%!(BADWIDTH)")?,
            }
            indexed = false;
        } else {
            printer.flags.width = self.number();
            if indexed && printer.flags.width.is_some() {
                self.good = false;
            }
        }
        // A point that ends the format is taken for the verb.
        if self.at + 1 < self.format.len() && self.eat(b'.') {
            if indexed {
                self.good = false;
            }
            indexed = self.index();
            if self.eat(b'*') {
                let precision = self.size();
                printer.flags.precision = precision.and_then(|precision| usize::try_from(precision).ok());
                if printer.flags.precision.is_none() {
                    printer.push("%!(BADPREC)")?;
                }
                indexed = false;
            } else {
                printer.flags.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !indexed {
            self.index();
        }
        let Some(verb) = self.format.get(self.at..).and_then(|rest| rest.chars().next()) else {
            return printer.push("%!(NOVERB)");
        };
        self.at += verb.len_utf8();
        match self.values.get(self.next) {
            _ if verb == '%' => printer.push("%"),
            _ if !self.good => printer.push(&format!("%!{verb}(BADINDEX)")),
            None => printer.push(&format!("%!{verb}(MISSING)")),
            Some(value) => {
                self.next += 1;
                if matches!(verb, 'v' | 'w') {
                    let flags = &mut printer.flags;
                    flags.sharp_v = std::mem::take(&mut flags.sharp);
                    flags.plus_v = std::mem::take(&mut flags.plus);
                }
                printer.value(&Argument::new(value), verb)
            }
        }
    }

    /// Reads `[3]`, the number of an argument; says whether it was well-formed.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or("");
        let Some(end) = rest.find(']').filter(|_| rest.len() >= 3) else {
            self.good = false;
            self.at += 1;
            return false;
        };
        let number = rest.get(1..end).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        self.at += end + 1;
        // A number too large to read is as malformed as none.
        let Some(number) = number.and_then(|digits| digits.parse::<u32>().ok()).filter(|number| *number < 10_000_010)
        else {
            self.good = false;
            return false;
        };
        match (number as usize).checked_sub(1).filter(|index| *index < self.values.len()) {
            Some(index) => self.next = index,
            None => self.good = false,
        }
        true
    }

    /// Reads a width or precision. One that is too large swallows the rest of the format, as in Go.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let before = number.unwrap_or(0);
            if before > MAX_SIZE as usize {
                self.at = self.format.len();
                return None;
            }
            number = Some(before * 10 + usize::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// Takes a width or precision from the arguments.
    fn size(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        match Argument::new(value) {
            Argument::Integer(size) if (-MAX_SIZE..=MAX_SIZE).contains(&size) => Some(size),
            _ => None,
        }
    }
}

struct Printer<'p, 'a, 'c> {
    out: &'p mut String,
    flags: Flags,
    context: &'p Context<'a, 'c>,
}

impl Printer<'_, '_, '_> {
    fn push(&mut self, text: &str) -> Result<(), Failure> {
        self.context.check_size(self.out.len().saturating_add(text.len()))?;
        self.out.push_str(text);
        Ok(())
    }

    /// Appends the integer's digits.
    fn decimal(&mut self, value: i64) -> Result<(), Failure> {
        // From the right: all digits of 64 bits and a sign.
        let mut buffer = [b'-'; 20];
        let mut start = buffer.len();
        let mut rest = value.unsigned_abs();
        for digit in buffer.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            start -= 1;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            start -= 1;
            if let Some(sign) = buffer.get_mut(start) {
                *sign = b'-';
            }
        }
        self.push(std::str::from_utf8(buffer.get(start..).unwrap_or(&[])).unwrap_or(""))
    }

    fn repeat(&mut self, letter: char, count: usize) -> Result<(), Failure> {
        self.context.check_size(self.out.len().saturating_add(count))?;
        self.out.extend(std::iter::repeat_n(letter, count));
        Ok(())
    }

    /// Appends the text, filled to the width: with zeros if these were asked for and stand on the left.
    fn pad(&mut self, text: &str, zero: bool) -> Result<(), Failure> {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.flags.minus {
            self.push(text)?;
            return self.repeat(' ', missing);
        }
        self.repeat(if zero { '0' } else { ' ' }, missing)?;
        self.push(text)
    }

    /// As many letters of the text as the precision allows.
    fn cut<'t>(&self, text: &'t str) -> &'t str {
        let end = self.flags.precision.and_then(|letters| text.char_indices().nth(letters));
        end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
    }

    fn value(&mut self, value: &Argument<'_>, verb: char) -> Result<(), Failure> {
        match (verb, value) {
            ('T', _) => self.pad(self.cut(value.type_name()), self.flags.zero),
            ('p', _) => self.wrong(value, verb),
            (_, Argument::Integer(integer)) => self.integer(*integer, value, verb),
            (_, Argument::Big(big)) => self.big(big, value, verb),
            (_, Argument::Float(float)) => self.float(*float, value, verb),
            (_, Argument::Text(text)) => self.text(text, value, verb),
        }
    }

    /// The note about a verb that does not suit its value. Flags apply to the value inside.
    fn wrong(&mut self, value: &Argument<'_>, verb: char) -> Result<(), Failure> {
        self.push(&format!("%!{verb}({}=", value.type_name()))?;
        self.value(value, 'v')?;
        self.push(")")
    }

    fn text(&mut self, text: &str, value: &Argument<'_>, verb: char) -> Result<(), Failure> {
        let cut = self.cut(text);
        match verb {
            'v' if !self.flags.sharp_v => self.pad(cut, self.flags.zero),
            's' => self.pad(cut, self.flags.zero),
            'x' | 'X' => self.hexadecimal_text(text.as_bytes(), verb),
            'q' | 'v' => {
                let mut quoted = String::new();
                if self.flags.sharp && quote::can_backquote(cut) {
                    quoted = format!("`{cut}`");
                } else {
                    quote::quote(cut, '"', self.flags.plus, &mut quoted);
                }
                self.pad(&quoted, self.flags.zero)
            }
            _ => self.wrong(value, verb),
        }
    }

    fn hexadecimal_text(&mut self, bytes: &[u8], verb: char) -> Result<(), Failure> {
        let bytes = self.flags.precision.and_then(|length| bytes.get(..length)).unwrap_or(bytes);
        let mut text = String::new();
        self.context.check_size(bytes.len().saturating_mul(2))?;
        for (at, byte) in bytes.iter().enumerate() {
            if self.flags.space && at > 0 {
                text.push(' ');
            }
            if self.flags.sharp && (at == 0 || self.flags.space) {
                text.extend(['0', verb]);
            }
            text.extend([digit(byte >> 4, verb), digit(byte & 15, verb)]);
        }
        self.pad(&text, self.flags.zero)
    }

    fn integer(&mut self, integer: i64, value: &Argument<'_>, verb: char) -> Result<(), Failure> {
        let magnitude = integer.unsigned_abs();
        let letter = u32::try_from(integer).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        let (digits, prefix) = match verb {
            'v' | 'd' => (magnitude.to_string(), ""),
            'b' => (format!("{magnitude:b}"), "0b"),
            'o' | 'O' => (format!("{magnitude:o}"), "0"),
            'x' => (format!("{magnitude:x}"), "0x"),
            'X' => (format!("{magnitude:X}"), "0X"),
            'c' => return self.pad(letter.encode_utf8(&mut [0; 4]), self.flags.zero),
            'q' => {
                let mut quoted = String::new();
                quote::quote(letter.encode_utf8(&mut [0; 4]), '\'', self.flags.plus, &mut quoted);
                return self.pad(&quoted, self.flags.zero);
            }
            'U' => return self.unicode(integer as u64),
            _ => return self.wrong(value, verb),
        };
        if self.flags.precision == Some(0) && magnitude == 0 {
            return self.repeat(' ', self.flags.width.unwrap_or(0));
        }
        let flags = &self.flags;
        let sign = sign(integer < 0, flags.plus, flags.space);
        let wanted = match (flags.precision, flags.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(sign.len()),
            _ => 0,
        };
        let zeros = wanted.saturating_sub(digits.len());
        let prefix =
            if !flags.sharp || (prefix == "0" && (zeros > 0 || digits.starts_with('0'))) { "" } else { prefix };
        let octal = if verb == 'O' { "0o" } else { "" };
        self.context.check_size(self.out.len().saturating_add(wanted))?;
        self.pad(&format!("{sign}{octal}{prefix}{}{digits}", "0".repeat(zeros)), false)
    }

    /// `U+0041`, with the letter itself for `%#U`.
    fn unicode(&mut self, code: u64) -> Result<(), Failure> {
        let digits = self.flags.precision.unwrap_or(0).max(4);
        self.context.check_size(self.out.len().saturating_add(digits))?;
        let code_text = format!("{code:X}");
        let mut text = format!("U+{}{code_text}", "0".repeat(digits.saturating_sub(code_text.len())));
        let letter = u32::try_from(code).ok().and_then(char::from_u32);
        if let Some(letter) = letter.filter(|letter| self.flags.sharp && quote::is_printable(*letter)) {
            text.extend([' ', '\'', letter, '\'']);
        }
        self.pad(&text, false)
    }

    /// Big integers format themselves in Go, slightly differently from small ones.
    fn big(&mut self, big: &BigInt, value: &Argument<'_>, verb: char) -> Result<(), Failure> {
        let sharp = self.flags.sharp || self.flags.sharp_v;
        let (radix, prefix) = match verb {
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'O' => (8, ""),
            'd' | 's' | 'v' => (10, ""),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            'w' => return self.wrong(value, verb),
            _ => return self.push(&format!("%!{verb}(big.Int={big})")),
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
        if self.flags.precision == Some(0) && big.is_zero() {
            return Ok(());
        }
        let sign = sign(big.sign() == Sign::Minus, self.flags.plus || self.flags.plus_v, self.flags.space);
        let wanted = match (self.flags.precision, self.flags.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.flags.zero && !self.flags.minus => {
                width.saturating_sub(sign.len() + prefix.len())
            }
            _ => 0,
        };
        self.context.check_size(self.out.len().saturating_add(wanted))?;
        let zeros = "0".repeat(wanted.saturating_sub(digits.len()));
        self.pad(&format!("{sign}{prefix}{zeros}{digits}"), false)
    }

    fn float(&mut self, float: f64, value: &Argument<'_>, verb: char) -> Result<(), Failure> {
        let (format, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'e' | 'E' | 'f' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return self.wrong(value, verb),
        };
        let precision = self.flags.precision.or(default);
        self.context.check_size(self.out.len().saturating_add(precision.unwrap_or(0)))?;
        let mut text = String::new();
        floats::format(float, format, precision, &mut text);
        let negative = text.starts_with('-');
        let mut number = if negative { text.split_off(1) } else { text };
        if self.flags.sharp && verb != 'b' {
            number = with_point(&number, format, precision);
        }
        let sign = sign(negative, self.flags.plus, self.flags.space);
        let missing = self.flags.width.unwrap_or(0).saturating_sub(sign.len() + number.len());
        if self.flags.zero && !self.flags.minus && !sign.is_empty() {
            self.push(sign)?;
            self.repeat('0', missing)?;
            return self.push(&number);
        }
        self.pad(&format!("{sign}{number}"), self.flags.zero)
    }
}

fn sign(negative: bool, plus: bool, space: bool) -> &'static str {
    match (negative, plus, space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

fn digit(value: u8, verb: char) -> char {
    let letter = char::from_digit(u32::from(value), 16).unwrap_or('0');
    if verb == 'X' { letter.to_ascii_uppercase() } else { letter }
}

/// What the flag `#` does to a float: it gets a decimal point, and for `g` the zeros that it would else lose.
fn with_point(number: &str, format: char, precision: Option<usize>) -> String {
    let hexadecimal = matches!(format, 'x' | 'X');
    let exponent = if hexadecimal { number.find(['p', 'P']) } else { number.find(['e', 'E']) };
    let (digits, tail) = number.split_at_checked(exponent.unwrap_or(number.len())).unwrap_or((number, ""));
    let mut wanted = if matches!(format, 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let significant = digits.chars().filter(|letter| *letter != '.').skip_while(|letter| *letter == '0').count();
    wanted = wanted.saturating_sub(significant);
    let mut text = digits.to_owned();
    if !digits.contains('.') {
        // A zero alone counts as a digit.
        wanted = wanted.saturating_sub(usize::from(digits == "0"));
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', wanted));
    text + tail
}
