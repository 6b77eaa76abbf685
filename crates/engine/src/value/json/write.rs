//! The writers: JSON as OPA prints it, and Rego.

use super::super::text::is_plain;
use super::super::{Entry, Letters, Object, Value};
use crate::stack::{VALUES, with_room};
use std::fmt::Write;
use std::sync::LazyLock;

/// Appends the value as OPA prints JSON: sets as arrays, keys sorted, non-string keys as their JSON text. `<`, `>`, `&`,
/// U+2028 and U+2029 are escaped, so that the text may stand in HTML.
pub fn write(value: Value<'_>, out: &mut String) {
    with_room(VALUES, || Writer { out, indent: None }.value(value));
}

/// Appends the value as [`write()`] does, on lines indented by two spaces a level.
pub fn write_pretty(value: Value<'_>, out: &mut String) {
    with_room(VALUES, || Writer { out, indent: Some(0) }.value(value));
}

struct Writer<'o> {
    out: &'o mut String,
    /// The depth, where lines are indented.
    indent: Option<usize>,
}

impl Writer<'_> {
    fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Int(value) => self.out.push_str(itoa::Buffer::new().format(value)),
            Value::Number(number) => self.out.push_str(number.text()),
            Value::String { text, .. } => write_string(text, self.out),
            Value::Array(items) => self.items(items),
            Value::Set(set) => self.items(set.items()),
            Value::Object(object) => self.object(object),
        }
    }

    fn items(&mut self, items: &[Value<'_>]) {
        self.sequence(items.iter(), ['[', ']'], |writer, item| writer.value(*item));
    }

    fn object(&mut self, object: Object<'_>) {
        if object.keys().all(|key| key.as_str().is_some()) {
            return self.sequence(object.entries().iter(), ['{', '}'], |writer, (key, value)| {
                writer.entry(key.as_str().unwrap_or(""), *value);
            });
        }
        let named: std::collections::BTreeMap<_, _> = object.entries().iter().map(name).collect();
        self.sequence(named.iter(), ['{', '}'], |writer, (key, value)| writer.entry(key, *value));
    }

    fn entry(&mut self, key: &str, value: Value<'_>) {
        write_string(key, self.out);
        self.out.push_str(if self.indent.is_some() { ": " } else { ":" });
        self.value(value);
    }

    fn sequence<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        [open, close]: [char; 2],
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.out.push(open);
        if items.len() > 0 {
            self.indent = self.indent.map(|depth| depth + 1);
            for (at, item) in items.enumerate() {
                if at > 0 {
                    self.out.push(',');
                }
                self.line();
                write(self, item);
            }
            self.indent = self.indent.map(|depth| depth - 1);
            self.line();
        }
        self.out.push(close);
    }

    fn line(&mut self) {
        if let Some(depth) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }
}

/// The entry's key as JSON names it.
pub(crate) fn name<'a>((key, value): &Entry<'a>) -> (String, Value<'a>) {
    let mut text = String::new();
    match key.as_str() {
        Some(name) => text.push_str(name),
        None => write(*key, &mut text),
    }
    (text, *value)
}

/// What JSON strings write in another way, of ASCII beyond control characters.
const JSON_SPECIAL: [u8; 5] = *b"\"\\<>&";

/// For each byte, whether a JSON string writes it in another way.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    let mut special = 0;
    while special < JSON_SPECIAL.len() {
        table[JSON_SPECIAL[special] as usize] = true;
        special += 1;
    }
    // The first byte of U+2028 and U+2029, and of others.
    table[0xe2] = true;
    table
};

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    if is_plain(text, JSON_SPECIAL) {
        out.push_str(text);
    } else {
        write_escaped(text, out);
    }
    out.push('"');
}

fn write_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| ESCAPED.get(usize::from(byte)) == Some(&true)) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            Some(character @ ('"' | '\\')) => out.extend(['\\', character]),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(character @ ('\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')) => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            Some(character) => out.push(character),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Appends the value as Rego writes it: sets in braces, `set()`, any keys.
pub fn write_rego(value: Value<'_>, out: &mut String) {
    // Writing to a string does not fail.
    let _ = rego(value, out);
}

/// The beginning of what [`write_rego`] writes, on one line, in at most so many characters and `...` if there are more.
pub(crate) fn rego_excerpt(value: Value<'_>, characters: usize) -> String {
    let mut excerpt = Excerpt { out: String::new(), left: characters, is_gap: false };
    // It fails where it has enough.
    let _ = rego(value, &mut excerpt);
    excerpt.out
}

/// A text with single spaces in place of all white space, until it is long enough.
struct Excerpt {
    out: String,
    /// So many characters may follow.
    left: usize,
    is_gap: bool,
}

impl Excerpt {
    fn push(&mut self, character: char) -> std::fmt::Result {
        let Some(left) = self.left.checked_sub(1) else {
            self.out.push_str("...");
            return Err(std::fmt::Error);
        };
        self.left = left;
        self.out.push(character);
        Ok(())
    }
}

impl Write for Excerpt {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> std::fmt::Result {
        if character.is_whitespace() {
            self.is_gap = !self.out.is_empty();
            return Ok(());
        }
        if std::mem::take(&mut self.is_gap) {
            self.push(' ')?;
        }
        self.push(character)
    }
}

fn rego(value: Value<'_>, out: &mut impl Write) -> std::fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => out.write_str(if value { "true" } else { "false" }),
        Value::Int(value) => out.write_str(itoa::Buffer::new().format(value)),
        Value::Number(number) => out.write_str(number.text()),
        Value::String { text, .. } => rego_string(text, out),
        Value::Array(items) => rego_list(items, ['[', ']'], out),
        Value::Set(set) if set.is_empty() => out.write_str("set()"),
        Value::Set(set) => rego_list(set.items(), ['{', '}'], out),
        Value::Object(object) => {
            out.write_char('{')?;
            for (at, (key, value)) in object.entries().iter().enumerate() {
                if at > 0 {
                    out.write_str(", ")?;
                }
                rego(*key, out)?;
                out.write_str(": ")?;
                rego(*value, out)?;
            }
            out.write_char('}')
        }
    }
}

fn rego_list(items: &[Value<'_>], [open, close]: [char; 2], out: &mut impl Write) -> std::fmt::Result {
    out.write_char(open)?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.write_str(", ")?;
        }
        rego(*item, out)?;
    }
    out.write_char(close)
}

/// What Rego writes in another way, of ASCII beyond control characters: DEL is the last of these.
const REGO_SPECIAL: [u8; 3] = *b"\"\\\x7f";

/// Appends the string in quotes as Rego prints it: what is not printable is escaped (`\n`, `\x7f`, `\u200b`).
pub fn write_rego_string(text: &str, out: &mut String) {
    // Writing to a string does not fail.
    let _ = rego_string(text, out);
}

fn rego_string(text: &str, out: &mut impl Write) -> std::fmt::Result {
    out.write_char('"')?;
    if is_plain(text, REGO_SPECIAL) {
        out.write_str(text)?;
    } else {
        rego_escaped(text, out)?;
    }
    out.write_char('"')
}

fn rego_escaped(text: &str, out: &mut impl Write) -> std::fmt::Result {
    let mut rest = text;
    loop {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !REGO_SPECIAL.contains(byte);
        let count = rest.bytes().take_while(is_plain).count();
        let (plain, special) = rest.split_at_checked(count).unwrap_or((rest, ""));
        out.write_str(plain)?;
        let mut characters = special.chars();
        let Some(character) = characters.next() else { return Ok(()) };
        rest = characters.as_str();
        let short = match character {
            '"' | '\\' => character,
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{b}' => 'v',
            _ => {
                rare(character, out)?;
                continue;
            }
        };
        out.write_char('\\')?;
        out.write_char(short)?;
    }
}

fn rare(character: char, out: &mut impl Write) -> std::fmt::Result {
    let code = u32::from(character);
    match code {
        0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
        _ if is_printable(character) => write!(out, "{character}"),
        0..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    }
}

/// Whether Go counts a character beyond ASCII as printable: letters, marks, numbers, punctuation and symbols of
/// Unicode 15.
pub(crate) fn is_printable(character: char) -> bool {
    static LETTERS: LazyLock<Letters> = LazyLock::new(|| Letters::of(r"\pL\pM\pN\pP\pS"));
    LETTERS.contain(character)
}
