//! The parser: one pass over the bytes, without recursion, straight into the arena. What nobody asks for is checked
//! and passed over.

use super::super::{Bump, Entry, Object, Symbol, SymbolTable, Value, number};
use super::projection::{Projection, Wanted, field};
use super::scan::{self, Digits, Piece, Scanner};
use super::{JsonError, MAX_DEPTH};

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
    buffer: Vec<u8>,
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
        self.parse_wanted(arena, bytes, symbols, Projection::ALL)
    }

    /// Reads what is wanted of one JSON text. All of it is checked: whether there is an error, and which, does not
    /// depend on what is wanted.
    pub fn parse_wanted<'a>(
        &mut self,
        arena: &'a Bump,
        bytes: &'a [u8],
        symbols: &SymbolTable,
        projection: &Projection,
    ) -> Result<Value<'a>, JsonError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => arena.alloc_str(&replace_invalid(bytes)),
        };
        let buffer = std::mem::take(&mut self.buffer);
        let mut reader = Reader {
            arena,
            symbols: (!symbols.is_empty()).then_some(symbols),
            projection,
            scanner: Scanner { text, bytes: text.as_bytes(), at: 0, buffer },
            entries: std::mem::take(&mut self.entries),
            items: std::mem::take(&mut self.items),
            frames: std::mem::take(&mut self.frames),
        };
        let result = reader.document();
        let Reader { entries, items, mut frames, scanner, .. } = reader;
        frames.clear();
        self.entries = recycle(entries, |_| (Value::Null, Value::Null));
        self.items = recycle(items, |_| Value::Null);
        self.frames = frames;
        self.buffer = scanner.buffer;
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

/// A collection that is being read, with what is wanted of it.
#[derive(Clone, Copy)]
enum Frame {
    /// An array, whose items start here in the working memory; and what is wanted of each.
    Array(usize, u32),
    /// An object, whose entries start here; the last one waits for its value.
    Object(usize, u32),
}

/// What comes next.
enum Next<'a> {
    /// A value, of which this node says what is wanted.
    Value(u32),
    /// Nothing in this collection: it is complete.
    Complete(Value<'a>),
}

struct Reader<'a, 's> {
    arena: &'a Bump,
    symbols: Option<&'s SymbolTable>,
    projection: &'s Projection,
    scanner: Scanner<'a>,
    entries: Vec<Entry<'a>>,
    items: Vec<Value<'a>>,
    frames: Vec<Frame>,
}

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Result<Value<'a>, JsonError> {
        let mut wanted = 0;
        loop {
            let mut value = match self.start(wanted)? {
                Next::Complete(value) => value,
                Next::Value(first) => {
                    wanted = first;
                    continue;
                }
            };
            // A value is complete; so are perhaps the collections that it ends.
            loop {
                let Some(frame) = self.frames.last().copied() else {
                    self.scanner.skip_space();
                    let is_end = self.scanner.at == self.scanner.bytes.len();
                    return if is_end { Ok(value) } else { self.scanner.error(scan::AFTER_END) };
                };
                let next = match frame {
                    Frame::Array(start, element) => {
                        self.items.push(value);
                        self.next_item(start, element)?
                    }
                    Frame::Object(start, node) => {
                        if let Some(entry) = self.entries.last_mut() {
                            entry.1 = value;
                        }
                        self.next_entry(start, node)?
                    }
                };
                match next {
                    Next::Complete(collection) => value = collection,
                    Next::Value(next) => {
                        wanted = next;
                        break;
                    }
                }
            }
        }
    }

    /// Reads a scalar, or a collection that ends where it starts or is not wanted; or opens a collection.
    #[inline]
    fn start(&mut self, node: u32) -> Result<Next<'a>, JsonError> {
        self.scanner.skip_space();
        let value = match self.scanner.peek() {
            Some(b'"') => Value::string(self.string()?),
            Some(b'{') => return self.start_object(node),
            Some(b'[') => return self.start_array(node),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.scanner.word(&scan::TRUE).map(|()| Value::Bool(true))?,
            Some(b'f') => self.scanner.word(&scan::FALSE).map(|()| Value::Bool(false))?,
            Some(b'n') => self.scanner.word(&scan::NULL).map(|()| Value::Null)?,
            _ => return self.scanner.error(scan::VALUE),
        };
        Ok(Next::Complete(value))
    }

    #[inline]
    fn start_object(&mut self, node: u32) -> Result<Next<'a>, JsonError> {
        const EMPTY: Value<'static> = Value::Object(Object::EMPTY);
        if *self.projection.wanted(node) == Wanted::Kind {
            return self.scanner.skip(self.frames.len()).map(|()| Next::Complete(EMPTY));
        }
        let start = self.entries.len();
        self.open(Frame::Object(start, node))?;
        self.scanner.skip_space();
        if self.scanner.peek() == Some(b'}') {
            self.scanner.at += 1;
            self.frames.pop();
            return Ok(Next::Complete(EMPTY));
        }
        self.entry(start, node)
    }

    #[inline]
    fn start_array(&mut self, node: u32) -> Result<Next<'a>, JsonError> {
        let element = match self.projection.wanted(node) {
            Wanted::All => node,
            Wanted::Elements(element) => *element,
            Wanted::Kind | Wanted::Fields(_) => {
                return self.scanner.skip(self.frames.len()).map(|()| Next::Complete(Value::Array(&[])));
            }
        };
        self.open(Frame::Array(self.items.len(), element))?;
        self.scanner.skip_space();
        if self.scanner.peek() == Some(b']') {
            self.scanner.at += 1;
            self.frames.pop();
            return Ok(Next::Complete(Value::Array(&[])));
        }
        Ok(Next::Value(element))
    }

    fn open(&mut self, frame: Frame) -> Result<(), JsonError> {
        if self.frames.len() >= MAX_DEPTH {
            return self.scanner.error(scan::TOO_DEEP);
        }
        self.scanner.at += 1;
        self.frames.push(frame);
        Ok(())
    }

    /// After an item.
    #[inline]
    fn next_item(&mut self, start: usize, element: u32) -> Result<Next<'a>, JsonError> {
        self.scanner.skip_space();
        match self.scanner.peek() {
            Some(b',') => {
                self.scanner.at += 1;
                Ok(Next::Value(element))
            }
            Some(b']') => {
                self.scanner.at += 1;
                self.frames.pop();
                let array = self.arena.alloc_slice_copy(self.items.get(start..).unwrap_or(&[]));
                self.items.truncate(start);
                Ok(Next::Complete(Value::Array(array)))
            }
            _ => self.scanner.error(scan::AFTER_ITEM),
        }
    }

    /// After an entry.
    #[inline]
    fn next_entry(&mut self, start: usize, node: u32) -> Result<Next<'a>, JsonError> {
        self.scanner.skip_space();
        match self.scanner.peek() {
            Some(b',') => {
                self.scanner.at += 1;
                self.scanner.skip_space();
                self.entry(start, node)
            }
            Some(b'}') => Ok(self.end_object(start)),
            _ => self.scanner.error(scan::AFTER_ENTRY),
        }
    }

    /// Reads a key and its colon; passes over entries that are not wanted.
    #[inline]
    fn entry(&mut self, start: usize, node: u32) -> Result<Next<'a>, JsonError> {
        let projection = self.projection;
        let wanted = match projection.wanted(node) {
            Wanted::Fields(fields) => return self.wanted_entry(start, fields),
            Wanted::Elements(element) => *element,
            Wanted::All | Wanted::Kind => node,
        };
        self.scanner.expect_key()?;
        let text = self.string()?;
        self.scanner.colon()?;
        let symbol = self.symbols.map_or(Symbol::NONE, |symbols| symbols.lookup(text));
        self.entries.push((Value::String { symbol, text }, Value::Null));
        Ok(Next::Value(wanted))
    }

    /// The next entry of an object of which some are wanted.
    fn wanted_entry(&mut self, start: usize, fields: &[super::projection::Field]) -> Result<Next<'a>, JsonError> {
        loop {
            self.scanner.expect_key()?;
            let piece = self.scanner.string()?;
            let found = match &piece {
                Piece::Plain(text) => field(fields, text),
                Piece::Decoded(length) => self.decoded(*length).and_then(|text| field(fields, text)),
            };
            self.scanner.colon()?;
            if let Some(field) = found {
                let text = self.text_of(piece)?;
                self.entries.push((Value::String { symbol: field.symbol, text }, Value::Null));
                return Ok(Next::Value(field.wanted));
            }
            self.scanner.skip(self.frames.len())?;
            self.scanner.skip_space();
            match self.scanner.peek() {
                Some(b',') => {
                    self.scanner.at += 1;
                    self.scanner.skip_space();
                }
                Some(b'}') => return Ok(self.end_object(start)),
                _ => return self.scanner.error(scan::AFTER_ENTRY),
            }
        }
    }

    /// A closing brace stands here.
    fn end_object(&mut self, start: usize) -> Next<'a> {
        self.scanner.at += 1;
        self.frames.pop();
        let object = self.object(start);
        self.entries.truncate(start);
        Next::Complete(Value::Object(object))
    }

    fn object(&mut self, start: usize) -> Object<'a> {
        /// Up to this many entries, inserting each into its place is the quickest way to sort.
        const SMALL: usize = 24;
        let entries = self.entries.get_mut(start..).unwrap_or(&mut []);
        if entries.len() <= SMALL && sort_few(entries) {
            return Object::from_sorted(self.arena, self.arena.alloc_slice_copy(entries));
        }
        let sorted = self.arena.alloc_slice_copy(entries);
        if entries.len() > SMALL {
            // In place, for which equal keys must not be moved past each other.
            sorted.sort_unstable_by(|left, right| key(left).cmp(key(right)));
            if sorted.windows(2).all(|pair| matches!(pair, [left, right] if key(left) < key(right))) {
                return Object::from_sorted(self.arena, sorted);
            }
            sorted.copy_from_slice(entries);
        }
        Object::from_unsorted(self.arena, sorted)
    }

    #[inline]
    fn string(&mut self) -> Result<&'a str, JsonError> {
        match self.scanner.string()? {
            Piece::Plain(text) => Ok(text),
            decoded => self.text_of(decoded),
        }
    }

    fn text_of(&self, piece: Piece<'a>) -> Result<&'a str, JsonError> {
        match piece {
            Piece::Plain(text) => Ok(text),
            Piece::Decoded(length) => match self.decoded(length) {
                Some(text) => Ok(self.arena.alloc_str(text)),
                None => self.scanner.error(scan::VALUE),
            },
        }
    }

    /// The string that was decoded last; it is made of characters of the text.
    fn decoded(&self, length: usize) -> Option<&str> {
        std::str::from_utf8(self.scanner.buffer.get(..length)?).ok()
    }

    #[inline]
    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        match self.scanner.number()? {
            Digits::Small(value) => Ok(Value::Int(value)),
            Digits::Shaped(shape) => {
                let text = self.scanner.number_text(shape);
                let Some(value) = number::from_shape(self.arena, text, shape) else {
                    return self.scanner.error(scan::TOO_BIG);
                };
                self.scanner.at += shape.length;
                Ok(value)
            }
        }
    }
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
