//! Formats whose verbs are replaced by arguments, as Go's `fmt` does it.
//!
//! Takes a format and arguments, whose kinds are the caller's: those of Rego for `sprintf`, those of Go's templates for
//! `printf`. It must not know what the arguments stand for.

mod printer;

pub(super) use printer::{Flags, INTEGER, Printer, length, sign};

use super::{Context, Failure};
use memchr::memchr;

/// What a verb is replaced by.
pub(super) trait Argument {
    /// The name of its type in Go; none for nil.
    fn type_name(&self) -> Option<&'static str>;

    /// The integer that it is, which may be a width or a precision.
    fn integer(&self) -> Option<i64>;

    /// Writes it as the verb asks for.
    fn write(&self, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure>;
}

/// Appends the format with its verbs replaced by the arguments.
pub(super) fn write(
    context: &Context<'_, '_>,
    format: &str,
    values: &[impl Argument],
    out: &mut String,
) -> Result<(), Failure> {
    let mut printer = Printer::new(context, out);
    Walk { format, values, at: 0, next: 0, reordered: false, good: true }.print(&mut printer)
}

/// The largest width or precision that an argument may give, either way.
const MAX_SIZE: i64 = 1_000_000;

/// One walk over a format.
struct Walk<'f, A> {
    format: &'f str,
    values: &'f [A],
    /// Where in the format.
    at: usize,
    /// The next argument.
    next: usize,
    /// Whether an argument was chosen by number; then unused ones are no mistake.
    reordered: bool,
    /// Whether the number of the current argument made sense.
    good: bool,
}

impl<A: Argument> Walk<'_, A> {
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
            if self.eat(b'%') {
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
                match value.type_name() {
                    Some(name) => {
                        printer.push(name)?;
                        printer.push("=")?;
                        value.write(printer, 'v')?;
                    }
                    None => printer.push("<nil>")?,
                }
            }
            printer.push(")")?;
        }
        Ok(())
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
                value.write(printer, verb)
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
        value.integer().filter(|size| (-MAX_SIZE..=MAX_SIZE).contains(size))
    }
}
