//! The parser: one pass over the bytes, without recursion, straight into the arena.

use super::super::{Bump, Entry, Object, Symbol, SymbolTable, Value, number};
use super::{JsonError, MAX_DEPTH};

pub(super) const TOO_BIG: &str = "number too big";
pub(super) const TOO_DEEP: &str = "exceeded max depth";
const VALUE: &str = "looking for beginning of value";
const KEY: &str = "looking for beginning of object key string";
const AFTER_KEY: &str = "after object key";
const AFTER_ENTRY: &str = "after object key:value pair";
const AFTER_ITEM: &str = "after array element";
const AFTER_END: &str = "after top-level value";
const IN_STRING: &str = "in string literal";
const IN_ESCAPE: &str = "in string escape code";
const IN_HEX: &str = "in \\u hexadecimal character escape";
const IN_NUMBER: &str = "in numeric literal";
const IN_FRACTION: &str = "after decimal point in numeric literal";
const IN_EXPONENT: &str = "in exponent of numeric literal";
const TRUE: [&str; 3] =
    ["in literal true (expecting 'r')", "in literal true (expecting 'u')", "in literal true (expecting 'e')"];
const FALSE: [&str; 4] = [
    "in literal false (expecting 'a')",
    "in literal false (expecting 'l')",
    "in literal false (expecting 's')",
    "in literal false (expecting 'e')",
];
const NULL: [&str; 3] =
    ["in literal null (expecting 'u')", "in literal null (expecting 'l')", "in literal null (expecting 'l')"];

/// Reads one JSON text. Strings without escapes borrow from `bytes`; object keys get their symbols from `symbols`.
///
/// As in OPA, of equal keys the last counts, bytes that are no UTF-8 and surrogates without a partner are read as
/// U+FFFD, and a number whose binary exponent is over [`number::MAX_EXPONENT`] is refused.
///
/// ```
/// use solon_engine::value::{Bump, SymbolTable, json};
///
/// let arena = Bump::new();
/// let value = json::parse(&arena, br#"{"replicas": 3}"#, &SymbolTable::new())?;
/// assert_eq!(value.field("replicas").and_then(|replicas| replicas.as_i64()), Some(3));
/// # Ok::<(), json::JsonError>(())
/// ```
pub fn parse<'a>(arena: &'a Bump, bytes: &'a [u8], symbols: &SymbolTable) -> Result<Value<'a>, JsonError> {
    Parser::default().parse(arena, bytes, symbols)
}

/// A parser that keeps its working memory, so that reading one text after the other allocates in the arena alone.
#[derive(Default)]
pub struct Parser {
    entries: Vec<Entry<'static>>,
    items: Vec<Value<'static>>,
    frames: Vec<Frame>,
    text: String,
}

impl Parser {
    /// A parser without working memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one JSON text, as [`parse`] does.
    pub fn parse<'a>(
        &mut self,
        arena: &'a Bump,
        bytes: &'a [u8],
        symbols: &SymbolTable,
    ) -> Result<Value<'a>, JsonError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => arena.alloc_str(&replace_invalid(bytes)),
        };
        let mut reader = Reader {
            arena,
            symbols: (!symbols.is_empty()).then_some(symbols),
            text,
            bytes: text.as_bytes(),
            at: 0,
            entries: std::mem::take(&mut self.entries),
            items: std::mem::take(&mut self.items),
            frames: std::mem::take(&mut self.frames),
            buffer: std::mem::take(&mut self.text),
        };
        let result = reader.document();
        let Reader { entries, items, mut frames, buffer, .. } = reader;
        frames.clear();
        self.entries = recycle(entries, |_| (Value::Null, Value::Null));
        self.items = recycle(items, |_| Value::Null);
        self.frames = frames;
        self.text = buffer;
        result
    }
}

/// The vector's memory under another lifetime: mapping a vector's items to a type of the same size is done in place.
fn recycle<T, U>(mut items: Vec<T>, map: impl FnMut(T) -> U) -> Vec<U> {
    items.clear();
    items.into_iter().map(map).collect()
}

/// The text with U+FFFD for every byte that is not part of UTF-8.
fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| text.push(char::REPLACEMENT_CHARACTER));
    }
    text
}

/// A collection that is being read.
#[derive(Clone, Copy)]
enum Frame {
    /// An array, whose items start here in the working memory.
    Array(usize),
    /// An object, whose entries start here; the last one waits for its value.
    Object(usize),
}

struct Reader<'a, 's> {
    arena: &'a Bump,
    symbols: Option<&'s SymbolTable>,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    entries: Vec<Entry<'a>>,
    items: Vec<Value<'a>>,
    frames: Vec<Frame>,
    buffer: String,
}

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Result<Value<'a>, JsonError> {
        loop {
            let Some(mut value) = self.start()? else { continue };
            // A value is complete; so are perhaps the collections that it ends.
            loop {
                let Some(frame) = self.frames.last().copied() else {
                    self.skip_space();
                    return if self.at == self.bytes.len() { Ok(value) } else { self.error(AFTER_END) };
                };
                let next = match frame {
                    Frame::Array(start) => {
                        self.items.push(value);
                        self.next_item(start)?
                    }
                    Frame::Object(start) => {
                        if let Some(entry) = self.entries.last_mut() {
                            entry.1 = value;
                        }
                        self.next_entry(start)?
                    }
                };
                match next {
                    Some(collection) => {
                        self.frames.pop();
                        value = collection;
                    }
                    None => break,
                }
            }
        }
    }

    /// Reads a scalar or an empty collection; `None` where a collection starts.
    #[inline]
    fn start(&mut self) -> Result<Option<Value<'a>>, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                Ok(Some(Value::string(text)))
            }
            Some(b'{') => {
                self.open(Frame::Object(self.entries.len()))?;
                self.skip_space();
                if self.peek() == Some(b'}') {
                    self.at += 1;
                    self.frames.pop();
                    return Ok(Some(Value::Object(Object::EMPTY)));
                }
                self.key()?;
                Ok(None)
            }
            Some(b'[') => {
                self.open(Frame::Array(self.items.len()))?;
                self.skip_space();
                if self.peek() == Some(b']') {
                    self.at += 1;
                    self.frames.pop();
                    return Ok(Some(Value::Array(&[])));
                }
                Ok(None)
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(Some),
            Some(b't') => self.word("true", Value::Bool(true), &TRUE),
            Some(b'f') => self.word("false", Value::Bool(false), &FALSE),
            Some(b'n') => self.word("null", Value::Null, &NULL),
            _ => self.error(VALUE),
        }
    }

    fn open(&mut self, frame: Frame) -> Result<(), JsonError> {
        if self.frames.len() >= MAX_DEPTH {
            return self.error(TOO_DEEP);
        }
        self.at += 1;
        self.frames.push(frame);
        Ok(())
    }

    /// After an item: the whole array if it ends here.
    #[inline]
    fn next_item(&mut self, start: usize) -> Result<Option<Value<'a>>, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(None)
            }
            Some(b']') => {
                self.at += 1;
                let array = self.arena.alloc_slice_copy(self.items.get(start..).unwrap_or(&[]));
                self.items.truncate(start);
                Ok(Some(Value::Array(array)))
            }
            _ => self.error(AFTER_ITEM),
        }
    }

    /// After an entry: the whole object if it ends here; else the next key is read.
    #[inline]
    fn next_entry(&mut self, start: usize) -> Result<Option<Value<'a>>, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_space();
                self.key()?;
                Ok(None)
            }
            Some(b'}') => {
                self.at += 1;
                let object = self.object(start);
                self.entries.truncate(start);
                Ok(Some(Value::Object(object)))
            }
            _ => self.error(AFTER_ENTRY),
        }
    }

    fn object(&mut self, start: usize) -> Object<'a> {
        /// Up to this many entries, inserting each into its place is the quickest way to sort.
        const SMALL: usize = 24;
        let entries = self.entries.get_mut(start..).unwrap_or(&mut []);
        if entries.len() <= SMALL && sort_few(entries) {
            return Object::from_sorted(self.arena, self.arena.alloc_slice_copy(entries));
        }
        Object::from_unsorted(self.arena, self.arena.alloc_slice_copy(entries))
    }

    /// Reads a key and its colon.
    #[inline]
    fn key(&mut self) -> Result<(), JsonError> {
        if self.peek() != Some(b'"') {
            return self.error(KEY);
        }
        let text = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.error(AFTER_KEY);
        }
        self.at += 1;
        let symbol = self.symbols.map_or(Symbol::NONE, |symbols| symbols.lookup(text));
        self.entries.push((Value::String { symbol, text }, Value::Null));
        Ok(())
    }

    /// Reads a string; a quote stands here.
    #[inline]
    fn string(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at + 1;
        let end = plain_end(self.bytes, start);
        self.at = end;
        if self.peek() == Some(b'"') {
            self.at += 1;
            // Both ends are quotes, so they are at character boundaries.
            return Ok(self.text.get(start..end).unwrap_or(""));
        }
        self.string_with_escapes(start)
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize) -> Result<&'a str, JsonError> {
        self.buffer.clear();
        let mut from = start;
        loop {
            self.buffer.push_str(self.text.get(from..self.at).unwrap_or(""));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.arena.alloc_str(&self.buffer));
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    self.buffer.push(character);
                }
                _ => return self.error(IN_STRING),
            }
            from = self.at;
            self.at = plain_end(self.bytes, self.at);
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
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

    fn code_point(&mut self) -> Result<char, JsonError> {
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

    fn hex(&mut self) -> Result<u32, JsonError> {
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

    #[inline]
    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        /// So many digits always fit.
        const SAFE: usize = 18;
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let mut value = 0_i64;
        let mut length = 0;
        for byte in rest.iter().take(SAFE + 1) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
            length += 1;
        }
        let ends = !matches!(rest.get(length), Some(b'.' | b'e' | b'E' | b'0'..=b'9'));
        let canonical = length == 1 || rest.first() != Some(&b'0');
        if (1..=SAFE).contains(&length) && ends && canonical {
            self.at += length;
            return Ok(Value::Int(value));
        }
        let Some(shape) = number::shape(rest) else {
            return self.number_error(rest);
        };
        let text = self.text.get(self.at..self.at + shape.length).unwrap_or("");
        let Some(value) = number::from_shape(self.arena, text, shape) else { return self.error(TOO_BIG) };
        self.at += shape.length;
        Ok(value)
    }

    /// Says where the number that `rest` starts with goes wrong: after its sign, dot or exponent.
    #[cold]
    fn number_error<T>(&mut self, rest: &[u8]) -> Result<T, JsonError> {
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

    /// Reads a word, whose first letter stands here; `errors` holds what to say at each of the others.
    fn word(&mut self, word: &str, value: Value<'a>, errors: &[&'static str]) -> Result<Option<Value<'a>>, JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let same = rest.iter().zip(word.bytes()).take_while(|(byte, expected)| *byte == expected).count();
        self.at += same;
        match errors.get(same.wrapping_sub(1)) {
            Some(message) => self.error(message),
            None => Ok(Some(value)),
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    fn error<T>(&self, message: &'static str) -> Result<T, JsonError> {
        Err(JsonError { offset: self.at, message })
    }
}

/// The offset, from `start` on, of the first quote, backslash or control character; the text's length if there is
/// none.
#[inline]
fn plain_end(bytes: &[u8], start: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The high bit of the lowest byte that is zero, and of no byte below it.
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut at = start;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found =
            zero_bytes(word ^ (ONES * u64::from(b'"'))) | zero_bytes(word ^ (ONES * u64::from(b'\\'))) | control;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or(&[]);
    let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    at + stop.unwrap_or(rest.len())
}

/// Sorts entries whose keys are strings; false if two keys are equal.
#[inline]
fn sort_few(entries: &mut [Entry<'_>]) -> bool {
    for end in 1..entries.len() {
        let mut at = end;
        while at > 0 {
            let Some([left, right]) = entries.get_mut(at - 1..=at) else { break };
            match compare_keys(key(left), key(right)) {
                std::cmp::Ordering::Less => break,
                std::cmp::Ordering::Equal => return false,
                std::cmp::Ordering::Greater => std::mem::swap(left, right),
            }
            at -= 1;
        }
    }
    true
}

#[inline]
fn key<'a>(entry: &Entry<'a>) -> &'a [u8] {
    entry.0.as_str().unwrap_or("").as_bytes()
}

/// The order of the bytes. Most keys differ in the first, which is seen quicker than it is to call for a comparison.
#[inline]
fn compare_keys(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    match (left, right) {
        ([first, ..], [other, ..]) if first != other => first.cmp(other),
        _ => left.cmp(right),
    }
}
