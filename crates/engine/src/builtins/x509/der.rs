//! DER (X.690) and PEM (RFC 7468), as strict as Go's readers.
//!
//! A reader gives slices of what it reads and never copies. Whatever is not canonical DER is refused: lengths in long
//! form that fit the short one, indefinite lengths, tags over 30, integers with needless bytes.

use data_encoding::BASE64;

/// Something is not as its standard says; the text says what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::builtins) struct Malformed(pub String);

impl Malformed {
    pub(in crate::builtins) fn new(what: &str) -> Malformed {
        Malformed(what.to_owned())
    }
}

pub(in crate::builtins) type Read<T> = Result<T, Malformed>;

/// The tags in use.
pub(in crate::builtins) mod tag {
    pub(in crate::builtins) const BOOLEAN: u8 = 0x01;
    pub(in crate::builtins) const INTEGER: u8 = 0x02;
    pub(in crate::builtins) const BIT_STRING: u8 = 0x03;
    pub(in crate::builtins) const OCTET_STRING: u8 = 0x04;
    pub(in crate::builtins) const NULL: u8 = 0x05;
    pub(in crate::builtins) const OID: u8 = 0x06;
    pub(in crate::builtins) const UTF8_STRING: u8 = 0x0c;
    pub(in crate::builtins) const NUMERIC_STRING: u8 = 0x12;
    pub(in crate::builtins) const PRINTABLE_STRING: u8 = 0x13;
    pub(in crate::builtins) const T61_STRING: u8 = 0x14;
    pub(in crate::builtins) const IA5_STRING: u8 = 0x16;
    pub(in crate::builtins) const UTC_TIME: u8 = 0x17;
    pub(in crate::builtins) const GENERALIZED_TIME: u8 = 0x18;
    pub(in crate::builtins) const BMP_STRING: u8 = 0x1e;
    pub(in crate::builtins) const SEQUENCE: u8 = 0x30;
    pub(in crate::builtins) const SET: u8 = 0x31;

    /// A context-specific tag that holds other elements.
    pub(in crate::builtins) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }

    /// A context-specific tag that holds bytes.
    pub(in crate::builtins) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(in crate::builtins) struct Element<'a> {
    /// Its tag's byte.
    pub tag: u8,
    /// Its contents.
    pub content: &'a [u8],
    /// All of it, with tag and length.
    pub raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// A reader of its contents.
    pub(in crate::builtins) fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content }
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(in crate::builtins) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(in crate::builtins) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// Whether everything has been read.
    pub(in crate::builtins) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes that are left.
    pub(in crate::builtins) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Fails if something is left.
    pub(in crate::builtins) fn end(&self) -> Read<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::new("trailing data")) }
    }

    /// The tag of the next element.
    pub(in crate::builtins) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    pub(in crate::builtins) fn any(&mut self) -> Read<Element<'a>> {
        self.element().ok_or_else(|| Malformed::new("malformed element"))
    }

    fn element(&mut self) -> Option<Element<'a>> {
        let bytes = self.rest;
        let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let digits = bytes.get(2..2 + count)?;
                let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
                if length < 0x80 || digits.first() == Some(&0) {
                    return None;
                }
                (2 + count, length)
            }
            _ => return None,
        };
        let end = header.checked_add(length)?;
        let element = Element { tag, content: bytes.get(header..end)?, raw: bytes.get(..end)? };
        self.rest = bytes.get(end..)?;
        Some(element)
    }

    /// The next element, which must have this tag.
    pub(in crate::builtins) fn expect(&mut self, tag: u8) -> Read<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.any()?;
        if element.tag != tag {
            return Err(Malformed(format!("expected tag {tag:#04x} but got {:#04x}", element.tag)));
        }
        *self = ahead;
        Ok(element)
    }

    /// The next element if it has this tag.
    pub(in crate::builtins) fn optional(&mut self, tag: u8) -> Read<Option<Element<'a>>> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// A reader of the sequence that comes next.
    pub(in crate::builtins) fn sequence(&mut self) -> Read<Reader<'a>> {
        Ok(self.expect(tag::SEQUENCE)?.reader())
    }

    /// An integer of any size, as its two's complement bytes.
    pub(in crate::builtins) fn integer(&mut self) -> Read<&'a [u8]> {
        let content = self.expect(tag::INTEGER)?.content;
        match content {
            [] => Err(Malformed::new("empty integer")),
            [0x00, next, ..] if *next < 0x80 => Err(Malformed::new("integer not minimally-encoded")),
            [0xff, next, ..] if *next >= 0x80 => Err(Malformed::new("integer not minimally-encoded")),
            _ => Ok(content),
        }
    }

    /// An integer that is not negative, as its bytes without the sign's; zero is empty.
    pub(in crate::builtins) fn unsigned(&mut self) -> Read<&'a [u8]> {
        match self.integer()? {
            [0, magnitude @ ..] => Ok(magnitude),
            [first, ..] if *first >= 0x80 => Err(Malformed::new("negative integer")),
            magnitude => Ok(magnitude),
        }
    }

    /// An integer from 0 to 2³¹ - 1.
    pub(in crate::builtins) fn small(&mut self) -> Read<i64> {
        let magnitude = self.unsigned()?;
        let value =
            magnitude.iter().try_fold(0_i64, |value, byte| value.checked_mul(256)?.checked_add(i64::from(*byte)));
        value.filter(|value| *value <= i64::from(i32::MAX)).ok_or_else(|| Malformed::new("integer too large"))
    }

    /// A boolean.
    pub(in crate::builtins) fn boolean(&mut self) -> Read<bool> {
        match self.expect(tag::BOOLEAN)?.content {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(Malformed::new("malformed boolean")),
        }
    }

    /// The parts of an object identifier.
    pub(in crate::builtins) fn oid(&mut self) -> Read<Vec<u64>> {
        oid_parts(self.expect(tag::OID)?.content)
    }

    /// The bytes of a bit string and how many bits of the last one do not count.
    pub(in crate::builtins) fn bits(&mut self) -> Read<(&'a [u8], u8)> {
        match self.expect(tag::BIT_STRING)?.content {
            [0] => Ok((&[], 0)),
            [unused @ 0..=7, bytes @ ..]
                if bytes.last().is_some_and(|last| last.trailing_zeros() >= u32::from(*unused)) =>
            {
                Ok((bytes, *unused))
            }
            _ => Err(Malformed::new("malformed bit string")),
        }
    }
}

/// The parts of an object identifier from its contents.
pub(super) fn oid_parts(content: &[u8]) -> Read<Vec<u64>> {
    let malformed = || Malformed::new("malformed object identifier");
    if content.last().is_none_or(|last| *last >= 0x80) {
        return Err(malformed());
    }
    let mut parts = Vec::new();
    let mut part = 0_u64;
    let mut fresh = true;
    for byte in content {
        if fresh && *byte == 0x80 {
            return Err(malformed());
        }
        part = part.checked_mul(128).and_then(|part| part.checked_add(u64::from(byte & 0x7f))).ok_or_else(malformed)?;
        fresh = *byte < 0x80;
        // Go's parts are integers of 31 bits.
        if part > u64::from(u32::MAX >> 1) {
            return Err(malformed());
        }
        if fresh {
            if parts.is_empty() {
                let first = (part / 40).min(2);
                parts.push(first);
                parts.push(part - first * 40);
            } else {
                parts.push(part);
            }
            part = 0;
        }
    }
    Ok(parts)
}

/// One PEM block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::builtins) struct Pem {
    /// What stands after `BEGIN`.
    pub label: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The first line without its end and trailing blanks, and what follows it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    (line.trim_ascii_end(), rest)
}

/// The first PEM block in `bytes` and what follows it; blocks that are not well formed are passed over.
pub(in crate::builtins) fn pem(bytes: &[u8]) -> Option<(Pem, &[u8])> {
    let mut rest = bytes;
    let mut at_start = true;
    loop {
        rest = match rest.strip_prefix(BEGIN).filter(|_| at_start) {
            Some(rest) => rest,
            None => {
                let at = find(rest, &[b"\n", BEGIN].concat())?;
                rest.get(at + 1 + BEGIN.len()..)?
            }
        };
        at_start = true;
        match block(rest)? {
            Ok(found) => return Some(found),
            Err(after) => rest = after,
        }
    }
}

/// A block and what follows it, or where to look on.
type Found<'b> = Result<(Pem, &'b [u8]), &'b [u8]>;

/// The block whose label `rest` begins with, or where to look on; nothing if there cannot be another.
fn block(rest: &[u8]) -> Option<Found<'_>> {
    let (label, mut rest) = line(rest);
    let Some(label) = label.strip_suffix(DASHES) else { return Some(Err(rest)) };
    // Headers, which nothing here needs.
    let mut has_headers = false;
    loop {
        if rest.is_empty() {
            return None;
        }
        let (header, next) = line(rest);
        if !header.contains(&b':') {
            break;
        }
        has_headers = true;
        rest = next;
    }
    // A block without contents ends where it begins.
    let is_empty = !has_headers && END.get(1..).is_some_and(|end| rest.starts_with(end));
    let (body, trailer) = if is_empty {
        (&[][..], rest.get(END.len() - 1..)?)
    } else {
        match find(rest, END) {
            Some(at) => (rest.get(..at)?, rest.get(at + END.len()..)?),
            None => return Some(Err(rest)),
        }
    };
    let Some(after) = trailer.strip_prefix(label).and_then(|after| after.strip_prefix(DASHES)) else {
        return Some(Err(rest));
    };
    let (end_of_line, after) = line(after);
    if !end_of_line.is_empty() {
        return Some(Err(rest));
    }
    let digits: Vec<u8> = body.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).collect();
    let (Ok(bytes), Ok(label)) = (BASE64.decode(&digits), std::str::from_utf8(label)) else { return Some(Err(rest)) };
    Some(Ok((Pem { label: label.to_owned(), bytes }, after)))
}
