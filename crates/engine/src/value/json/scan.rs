//! The scanner: where strings, numbers and words end, and what is wrong with them. It checks, and builds nothing.

use super::super::number;
use super::MAX_DEPTH;
use super::projection::Name;
use super::skip::end_of_collection;
use wide::u8x16;

/// What is wrong: a thin pointer, so that results stay in registers.
pub(super) type Wrong = &'static &'static str;

pub(super) const TOO_BIG: Wrong = &"number too big";
pub(super) const TOO_DEEP: Wrong = &"exceeded max depth";
pub(super) const VALUE: Wrong = &"looking for beginning of value";
const KEY: Wrong = &"looking for beginning of object key string";
const AFTER_KEY: Wrong = &"after object key";
pub(super) const AFTER_ENTRY: Wrong = &"after object key:value pair";
pub(super) const AFTER_ITEM: Wrong = &"after array element";
pub(super) const AFTER_END: Wrong = &"after top-level value";
const IN_STRING: Wrong = &"in string literal";
const IN_ESCAPE: Wrong = &"in string escape code";
const IN_HEX: Wrong = &"in \\u hexadecimal character escape";
const IN_NUMBER: Wrong = &"in numeric literal";
const IN_FRACTION: Wrong = &"after decimal point in numeric literal";
const IN_EXPONENT: Wrong = &"in exponent of numeric literal";

/// A word, and what to say where a letter after the first is another.
pub(super) type Word = (&'static str, &'static [Wrong]);

pub(super) const TRUE: Word = (
    "true",
    &[&"in literal true (expecting 'r')", &"in literal true (expecting 'u')", &"in literal true (expecting 'e')"],
);
pub(super) const FALSE: Word = (
    "false",
    &[
        &"in literal false (expecting 'a')",
        &"in literal false (expecting 'l')",
        &"in literal false (expecting 's')",
        &"in literal false (expecting 'e')",
    ],
);
pub(super) const NULL: Word = (
    "null",
    &[&"in literal null (expecting 'u')", &"in literal null (expecting 'l')", &"in literal null (expecting 'l')"],
);

/// A text and a place in it.
pub(super) struct Scanner<'a, 'b> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The string with escapes that was read last.
    pub(super) buffer: &'b mut String,
}

/// A string as it stands in the text.
pub(super) enum Piece<'a> {
    /// Without escapes.
    Plain(&'a str),
    /// With escapes: it is in the buffer.
    Decoded,
}

/// A number.
pub(super) enum Digits {
    /// A small integer.
    Small(i64),
    /// Anything else: its shape.
    Shaped(number::Shape),
}

impl<'a> Scanner<'a, '_> {
    /// Passes over a value and checks it. `depth` is how many collections are open around it.
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), Wrong> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{' | b'[') => match end_of_collection(self.text, self.at, depth) {
                Some(end) => {
                    self.at = end;
                    Ok(())
                }
                None => self.skip_carefully(depth),
            },
            Some(b'-' | b'0'..=b'9') => self.skip_number(),
            Some(b't') => self.word(&TRUE),
            Some(b'f') => self.word(&FALSE),
            Some(b'n') => self.word(&NULL),
            _ => self.error(VALUE),
        }
    }

    /// The same character by character, so that it stands where something is wrong.
    #[inline(never)]
    fn skip_carefully(&mut self, depth: usize) -> Result<(), Wrong> {
        // A bit for each open collection: whether it is an object.
        let mut objects = [0_u64; MAX_DEPTH.div_ceil(64)];
        let mut open = 0_usize;
        let is_object =
            |objects: &[u64], level: usize| objects.get(level / 64).is_some_and(|word| word >> (level % 64) & 1 == 1);
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'"') => self.skip_string()?,
                Some(opening @ (b'{' | b'[')) => {
                    if depth + open >= MAX_DEPTH {
                        return self.error(TOO_DEEP);
                    }
                    let closing = opening + 2;
                    self.at += 1;
                    self.skip_space();
                    if self.peek() == Some(closing) {
                        self.at += 1;
                    } else {
                        if let Some(word) = objects.get_mut(open / 64) {
                            let bit = 1 << (open % 64);
                            *word = if opening == b'{' { *word | bit } else { *word & !bit };
                        }
                        open += 1;
                        if opening == b'{' {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.skip_number()?,
                Some(b't') => self.word(&TRUE)?,
                Some(b'f') => self.word(&FALSE)?,
                Some(b'n') => self.word(&NULL)?,
                _ => return self.error(VALUE),
            }
            // A value is complete; so are perhaps the collections that it ends.
            loop {
                let Some(level) = open.checked_sub(1) else { return Ok(()) };
                let in_object = is_object(&objects, level);
                self.skip_space();
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if in_object {
                            self.skip_space();
                            self.skip_key()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => {}
                    Some(b']') if !in_object => {}
                    _ => return self.error(if in_object { AFTER_ENTRY } else { AFTER_ITEM }),
                }
                self.at += 1;
                open = level;
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Wrong> {
        self.expect_key()?;
        self.skip_string()?;
        self.colon()
    }

    /// Fails unless a quote stands here.
    #[inline]
    pub(super) fn expect_key(&self) -> Result<(), Wrong> {
        if self.peek() == Some(b'"') { Ok(()) } else { self.error(KEY) }
    }

    /// Passes over the colon after a key, and over space.
    #[inline]
    pub(super) fn colon(&mut self) -> Result<(), Wrong> {
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.error(AFTER_KEY);
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    /// Passes over a string; a quote stands here.
    #[inline]
    fn skip_string(&mut self) -> Result<(), Wrong> {
        self.at = plain_end(self.bytes, self.at + 1);
        while self.peek() != Some(b'"') {
            match self.bytes.get(self.at..self.at + 2) {
                // The escapes of one letter, but not `\u`.
                Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't']) => self.at += 2,
                _ if self.peek() == Some(b'\\') => {
                    self.escape()?;
                }
                _ => return self.error(IN_STRING),
            }
            self.at = plain_end(self.bytes, self.at);
        }
        self.at += 1;
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Wrong> {
        match self.number()? {
            Digits::Shaped(shape) if !number::is_allowed(self.number_text(shape), shape) => self.error(TOO_BIG),
            Digits::Shaped(shape) => {
                self.at += shape.length;
                Ok(())
            }
            Digits::Small(_) => Ok(()),
        }
    }

    /// Reads a string; a quote stands here.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Result<Piece<'a>, Wrong> {
        let start = self.at + 1;
        match self.plain_string() {
            Some(text) => Ok(Piece::Plain(text)),
            None => self.string_with_escapes(start).map(|()| Piece::Decoded),
        }
    }

    /// Reads a string, a quote stands here; or goes on up to its first escape, or to what is wrong with it.
    #[inline(always)]
    fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let end = plain_end(self.bytes, start);
        self.at = end;
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        // Both ends are quotes, so they are at character boundaries.
        Some(self.text.get(start..end).unwrap_or(""))
    }

    /// Passes over a key that begins here and its colon, if it is this name.
    #[inline(always)]
    pub(super) fn passes_name(&mut self, name: &Name) -> bool {
        let Some(rest) = self.bytes.get(self.at..) else { return false };
        let end = name.key.len() + 2;
        let is_name = name.begins(rest) && rest.get(end) == Some(&b':');
        if is_name {
            self.at += end + 1;
            self.skip_space();
        }
        is_name
    }

    /// Puts the string together whose first escape stands here.
    #[inline(never)]
    fn string_with_escapes(&mut self, start: usize) -> Result<(), Wrong> {
        self.buffer.clear();
        self.keep(start);
        loop {
            match self.bytes.get(self.at..self.at + 2) {
                Some([b'\\', byte @ (b'"' | b'\\' | b'/')]) => {
                    self.at += 2;
                    self.buffer.push(char::from(*byte));
                }
                _ => match self.peek() {
                    Some(b'"') => {
                        self.at += 1;
                        return Ok(());
                    }
                    Some(b'\\') => {
                        let character = self.escape()?;
                        self.buffer.push(character);
                    }
                    _ => return self.error(IN_STRING),
                },
            }
            let from = self.at;
            self.at = plain_end(self.bytes, from);
            self.keep(from);
        }
    }

    /// Puts what stands between an offset and this place into the buffer.
    #[inline]
    fn keep(&mut self, from: usize) {
        if from < self.at {
            self.buffer.push_str(self.text.get(from..self.at).unwrap_or(""));
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        self.at += 1;
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point();
            }
            _ => return self.error(IN_ESCAPE),
        };
        self.at += 1;
        Ok(character)
    }

    fn code_point(&mut self) -> Result<char, Wrong> {
        let first = self.hex()?;
        if let 0xd800..0xdc00 = first
            && self.bytes.get(self.at..self.at + 2) == Some(b"\\u")
        {
            let before = self.at;
            self.at += 2;
            let second = self.hex()?;
            if let 0xdc00..0xe000 = second {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            // No partner: what follows stands for itself.
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Wrong> {
        let mut code = 0;
        for _ in 0..4 {
            match self.peek().and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return self.error(IN_HEX),
            }
            self.at += 1;
        }
        Ok(code)
    }

    /// Reads a number: passes over a small integer, stops before any other one.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Digits, Wrong> {
        if let Some(value) = self.small_integer() {
            return Ok(Digits::Small(value));
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match number::shape(rest) {
            Some(shape) => Ok(Digits::Shaped(shape)),
            None => self.number_error(rest),
        }
    }

    /// Passes over a number, if it is an integer that always fits and is written in the canonical way.
    #[inline(always)]
    pub(super) fn small_integer(&mut self) -> Option<i64> {
        /// So many digits always fit.
        const SAFE: usize = 18;
        let mut end = self.at;
        let mut value = 0_i64;
        let mut next;
        loop {
            next = self.bytes.get(end).copied().unwrap_or(b' ');
            let digit = next.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
            end += 1;
        }
        let length = end - self.at;
        let is_canonical = length == 1 || length <= SAFE && self.peek() != Some(b'0');
        if length == 0 || !is_canonical || matches!(next, b'.' | b'e' | b'E') {
            return None;
        }
        self.at = end;
        Some(value)
    }

    /// The text of a number that begins here.
    pub(super) fn number_text(&self, shape: number::Shape) -> &'a str {
        self.text.get(self.at..self.at + shape.length).unwrap_or("")
    }

    /// Says where the number that `rest` starts with goes wrong: after its sign, dot or exponent.
    #[cold]
    fn number_error<T>(&mut self, rest: &[u8]) -> Result<T, Wrong> {
        let good = rest.iter().take_while(|byte| matches!(byte, b'-' | b'0'..=b'9')).count();
        let (length, message) = match rest.get(good) {
            Some(b'.') => {
                let digits = rest.iter().skip(good + 1).take_while(|byte| byte.is_ascii_digit()).count();
                match digits {
                    0 => (good + 1, IN_FRACTION),
                    _ => (good + 1 + digits, IN_EXPONENT),
                }
            }
            Some(b'e' | b'E') => (good, IN_EXPONENT),
            _ => (1, IN_NUMBER),
        };
        let exponent = rest.get(length..).unwrap_or(&[]);
        let sign = match exponent {
            [b'e' | b'E', b'+' | b'-', ..] => 2,
            [b'e' | b'E', ..] => 1,
            _ => 0,
        };
        self.at += length + if message == IN_EXPONENT { sign } else { 0 };
        self.error(message)
    }

    /// Passes over a word, whose first letter stands here.
    pub(super) fn word(&mut self, (word, errors): &Word) -> Result<(), Wrong> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let same = rest.iter().zip(word.bytes()).take_while(|(byte, expected)| *byte == expected).count();
        self.at += same;
        match errors.get(same.wrapping_sub(1)).copied() {
            Some(message) => self.error(message),
            None => Ok(()),
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        // Mostly there is none, and whatever follows is greater than any space.
        while let Some(byte @ ..=b' ') = self.peek()
            && matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
        {
            self.at += 1;
        }
    }

    #[cold]
    pub(super) fn error<T>(&self, message: Wrong) -> Result<T, Wrong> {
        Err(message)
    }
}

/// Whether a text has characters that are escaped in a string.
pub(super) fn needs_escapes(text: &str) -> bool {
    plain_end(text.as_bytes(), 0) < text.len()
}

/// Whether something is escaped in the string that a text begins with.
pub(super) fn has_escapes(text: &[u8]) -> bool {
    text.get(plain_end(text, 1)) != Some(&b'"')
}

/// Writes what stands between the quotes of a string: nothing but quotes and backslashes is escaped.
pub(super) fn write_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')) {
        let (before, from) = rest.split_at_checked(at).unwrap_or(("", rest));
        out.push_str(before);
        out.push('\\');
        let (escaped, after) = from.split_at_checked(1).unwrap_or((from, ""));
        out.push_str(escaped);
        rest = after;
    }
    out.push_str(rest);
}

/// Writes what stands between the quotes of a string, which was checked before, as [`write_escaped`] writes it.
#[cold]
pub(super) fn rewrite(inner: &str, out: &mut String) {
    let quoted = format!("\"{inner}\"");
    let mut buffer = String::new();
    let mut scanner = Scanner { text: &quoted, bytes: quoted.as_bytes(), at: 0, buffer: &mut buffer };
    match scanner.string() {
        Ok(Piece::Plain(text)) => write_escaped(text, out),
        Ok(Piece::Decoded) => write_escaped(scanner.buffer, out),
        Err(_) => {}
    }
}

/// The offset, from `start` on, of the first quote, backslash or control character; the text's length if there is
/// none.
#[inline]
fn plain_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let found = special(chunk);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += STEP;
    }
    plain_end_of_rest(bytes, at)
}

/// The same where fewer bytes are left than are looked at at once: the last ones of the text are looked at.
#[inline(never)]
fn plain_end_of_rest(bytes: &[u8], start: usize) -> usize {
    let mut padded = [0; STEP];
    let (before, found) = match bytes.last_chunk() {
        Some(chunk) => (bytes.len() - STEP, special(chunk)),
        None => {
            padded.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
            (0, special(&padded))
        }
    };
    let left = found.checked_shr((start - before) as u32).unwrap_or(0);
    (start + left.trailing_zeros() as usize).min(bytes.len())
}

/// So many bytes are looked at at once.
const STEP: usize = 16;

/// A bit for each quote, backslash and control character, the first byte's the lowest.
#[inline(always)]
fn special(chunk: &[u8; STEP]) -> u32 {
    let chunk = u8x16::new(*chunk);
    let is_quote = chunk.simd_eq(u8x16::splat(b'"'));
    let is_backslash = chunk.simd_eq(u8x16::splat(b'\\'));
    let is_control = chunk.min(u8x16::splat(0x1f)).simd_eq(chunk);
    (is_quote | is_backslash | is_control).to_bitmask()
}
