//! How single arguments are written: flags, widths, precisions, and what verbs make of strings and numbers.

use crate::builtins::{Context, Failure, floats, quote};

/// What stands between the percent sign and the verb.
#[derive(Clone, Default)]
pub(in crate::builtins) struct Flags {
    pub plus: bool,
    pub minus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v`, `%#v`: these take the place of `plus` and `sharp` for this verb.
    pub plus_v: bool,
    pub sharp_v: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

/// Writes arguments into a text whose size is limited.
pub(in crate::builtins) struct Printer<'p, 'a, 'c> {
    pub out: &'p mut String,
    pub flags: Flags,
    pub context: &'p Context<'a, 'c>,
}

impl<'p, 'a, 'c> Printer<'p, 'a, 'c> {
    /// Without flags.
    pub fn new(context: &'p Context<'a, 'c>, out: &'p mut String) -> Self {
        Printer { out, flags: Flags::default(), context }
    }

    pub fn push(&mut self, text: &str) -> Result<(), Failure> {
        self.context.check_size(self.out.len().saturating_add(text.len()))?;
        self.out.push_str(text);
        Ok(())
    }

    fn repeat(&mut self, letter: char, count: usize) -> Result<(), Failure> {
        self.context.check_size(self.out.len().saturating_add(count))?;
        self.out.extend(std::iter::repeat_n(letter, count));
        Ok(())
    }

    /// Appends the text, filled to the width: with zeros if these were asked for and stand on the left.
    pub fn pad(&mut self, text: &str, zero: bool) -> Result<(), Failure> {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.flags.minus {
            self.push(text)?;
            return self.repeat(' ', missing);
        }
        self.repeat(if zero { '0' } else { ' ' }, missing)?;
        self.push(text)
    }

    /// As many letters of the text as the precision allows.
    pub fn cut<'t>(&self, text: &'t str) -> &'t str {
        let end = self.flags.precision.and_then(|letters| text.char_indices().nth(letters));
        end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
    }

    /// The note about a verb that does not suit what it stands for. Flags apply to what `inner` writes.
    pub fn wrong(
        &mut self,
        verb: char,
        type_name: &str,
        inner: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.push(&format!("%!{verb}({type_name}="))?;
        inner(self)?;
        self.push(")")
    }

    /// Writes a string, unless the verb does not suit strings; says whether it does.
    pub fn text(&mut self, text: &str, verb: char) -> Result<bool, Failure> {
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
            _ => return Ok(false),
        }?;
        Ok(true)
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

    /// Writes an integer, unless the verb does not suit integers; says whether it does.
    pub fn integer(&mut self, integer: i64, verb: char) -> Result<bool, Failure> {
        let magnitude = integer.unsigned_abs();
        let letter = u32::try_from(integer).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        let (digits, prefix) = match verb {
            'v' | 'd' => (magnitude.to_string(), ""),
            'b' => (format!("{magnitude:b}"), "0b"),
            'o' | 'O' => (format!("{magnitude:o}"), "0"),
            'x' => (format!("{magnitude:x}"), "0x"),
            'X' => (format!("{magnitude:X}"), "0X"),
            'c' => return self.pad(letter.encode_utf8(&mut [0; 4]), self.flags.zero).map(|()| true),
            'q' => {
                let mut quoted = String::new();
                quote::quote(letter.encode_utf8(&mut [0; 4]), '\'', self.flags.plus, &mut quoted);
                return self.pad(&quoted, self.flags.zero).map(|()| true);
            }
            'U' => return self.unicode(integer as u64).map(|()| true),
            _ => return Ok(false),
        };
        if self.flags.precision == Some(0) && magnitude == 0 {
            return self.repeat(' ', self.flags.width.unwrap_or(0)).map(|()| true);
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
        self.pad(&format!("{sign}{octal}{prefix}{}{digits}", "0".repeat(zeros)), false)?;
        Ok(true)
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

    /// Writes a float, unless the verb does not suit floats; says whether it does.
    pub fn float(&mut self, float: f64, verb: char) -> Result<bool, Failure> {
        let (format, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'e' | 'E' | 'f' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return Ok(false),
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
            return self.push(&number).map(|()| true);
        }
        self.pad(&format!("{sign}{number}"), self.flags.zero)?;
        Ok(true)
    }
}

/// The sign of a number.
pub(in crate::builtins) fn sign(negative: bool, plus: bool, space: bool) -> &'static str {
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

/// How many digits an integer of 64 bits has at most, its sign among them.
pub const INTEGER: usize = 20;

/// How long the integer's digits are, its sign among them.
pub fn length(value: i64) -> usize {
    value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1 + usize::from(value < 0)
}
