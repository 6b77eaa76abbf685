//! The parser: one pass over the bytes, without recursion, straight into the arena. What nobody asks for is checked
//! and passed over.

use super::super::make::{Make, Plain};
use super::super::{Bump, Entry, Object, Symbol, SymbolTable, Value, number, object};
use super::order::{Ordinal, is_sorted, sort_few, sort_many};
use super::projection::{Projection, Wanted, field};
use super::scan::{self, Digits, Piece, Scanner, Wrong};
use super::skip::end_of_object;
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
    order: Vec<Ordinal>,
    buffer: String,
    written: String,
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
        self.read(&mut Plain::new(arena), valid(arena, bytes), symbols, (projection, 0))
    }

    /// The same for somebody who reads entries of objects that are only looked up when he asks for them.
    pub(crate) fn parse_asked<'a>(
        &mut self,
        arena: &'a Bump,
        bytes: &'a [u8],
        symbols: &SymbolTable,
        projection: &Projection,
    ) -> Result<Value<'a>, JsonError> {
        self.read(&mut Plain::late(arena), valid(arena, bytes), symbols, (projection, 0))
    }

    /// Reads a part of a text that was read before: what a node of the projection wants of it.
    pub(in crate::value) fn parse_part<'a>(
        &mut self,
        arena: &'a Bump,
        text: &'a str,
        symbols: &SymbolTable,
        wanted: (&Projection, u32),
    ) -> Result<Value<'a>, JsonError> {
        self.read(&mut Plain::late(arena), text, symbols, wanted)
    }

    /// A string as it stands between quotes if nothing is escaped but what has to be: quotes and backslashes.
    pub(in crate::value) fn written<'s>(&'s mut self, text: &'s str) -> &'s str {
        if !scan::needs_escapes(text) {
            return text;
        }
        self.written.clear();
        scan::write_escaped(text, &mut self.written);
        &self.written
    }

    /// Reads one JSON text into values that do not borrow from it.
    pub(crate) fn parse_kept<'a>(
        &mut self,
        make: &mut impl for<'t> Make<'t, 'a>,
        bytes: &[u8],
        symbols: &SymbolTable,
    ) -> Result<Value<'a>, JsonError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.read(make, text, symbols, (Projection::ALL, 0)),
            Err(_) => self.read(make, &replace_invalid(bytes), symbols, (Projection::ALL, 0)),
        }
    }

    fn read<'t, 'a>(
        &mut self,
        make: &mut impl Make<'t, 'a>,
        text: &'t str,
        symbols: &SymbolTable,
        (projection, node): (&Projection, u32),
    ) -> Result<Value<'a>, JsonError> {
        let buffer = std::mem::take(&mut self.buffer);
        let mut reader = Reader {
            make,
            symbols: (!symbols.is_empty()).then_some(symbols),
            projection,
            scanner: Scanner { text, bytes: text.as_bytes(), at: 0, buffer },
            entries: std::mem::take(&mut self.entries),
            items: std::mem::take(&mut self.items),
            frames: std::mem::take(&mut self.frames),
            order: std::mem::take(&mut self.order),
        };
        let result = reader.document(node);
        let offset = reader.scanner.at;
        let Reader { entries, items, mut frames, order, scanner, .. } = reader;
        frames.clear();
        self.entries = recycle(entries, |_| (Value::Null, Value::Null));
        self.items = recycle(items, |_| Value::Null);
        self.frames = frames;
        self.order = order;
        self.buffer = scanner.buffer;
        result.map_err(|message| JsonError { offset, message })
    }
}

/// The vector's memory under another lifetime: mapping a vector's items to a type of the same size is done in place.
fn recycle<T, U>(mut items: Vec<T>, map: impl FnMut(T) -> U) -> Vec<U> {
    items.clear();
    items.into_iter().map(map).collect()
}

/// The text that bytes are.
fn valid<'a>(arena: &'a Bump, bytes: &'a [u8]) -> &'a str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => arena.alloc_str(&replace_invalid(bytes)),
    }
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

/// A key as it stands between its quotes, with nothing escaped but what has to be.
fn rewritten<'t, 'a>(make: &mut impl Make<'t, 'a>, key: Value<'a>) -> Value<'a> {
    match scan::rewritten(key.as_str().unwrap_or("")) {
        Some(written) => Value::string(make.text(&written)),
        None => key,
    }
}

/// A collection that is being read.
#[derive(Clone, Copy)]
struct Frame {
    is_object: bool,
    /// Where its items or entries start in the working memory. An object's last entry waits for its value.
    start: usize,
    /// What is wanted: of an object, or of each item of an array.
    node: u32,
}

/// How an object begins.
enum Start<'a> {
    /// With an entry that is wanted, of whose value a node is wanted.
    Entry(u32),
    /// With none; then its closing brace stands here.
    Empty,
    /// It was passed over: its entries have not been read.
    Unread(Object<'a>),
}

struct Reader<'t, 'a, 's, M> {
    make: &'s mut M,
    symbols: Option<&'s SymbolTable>,
    projection: &'s Projection,
    scanner: Scanner<'t>,
    entries: Vec<Entry<'a>>,
    items: Vec<Value<'a>>,
    frames: Vec<Frame>,
    order: Vec<Ordinal>,
}

impl<'t, 'a, M: Make<'t, 'a>> Reader<'t, 'a, '_, M> {
    fn document(&mut self, mut node: u32) -> Result<Value<'a>, Wrong> {
        'next: loop {
            self.scanner.skip_space();
            let mut value = match self.scanner.peek() {
                Some(b'"') => {
                    let text = self.string()?;
                    let symbol = if M::KEEPS { self.symbol(text) } else { Symbol::NONE };
                    Value::String { symbol, text }
                }
                Some(b'{') => match self.start_object(node)? {
                    Start::Entry(first) => {
                        node = first;
                        continue;
                    }
                    Start::Empty => self.end_object(),
                    Start::Unread(object) => Value::Object(object),
                },
                Some(b'[') => match self.start_array(node)? {
                    Some(element) => {
                        node = element;
                        continue;
                    }
                    None => Value::Array(&[]),
                },
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.scanner.word(&scan::TRUE).map(|()| Value::Bool(true))?,
                Some(b'f') => self.scanner.word(&scan::FALSE).map(|()| Value::Bool(false))?,
                Some(b'n') => self.scanner.word(&scan::NULL).map(|()| Value::Null)?,
                _ => return self.scanner.error(scan::VALUE),
            };
            // A value is complete; so are perhaps the collections that it ends.
            while let Some(frame) = self.frames.last().copied() {
                self.scanner.skip_space();
                let next = self.scanner.peek();
                if frame.is_object {
                    if let Some(entry) = self.entries.last_mut() {
                        entry.1 = value;
                    }
                    match next {
                        Some(b',') => {
                            self.scanner.at += 1;
                            self.scanner.skip_space();
                            if let Some(next) = self.entry(frame)? {
                                node = next;
                                continue 'next;
                            }
                        }
                        Some(b'}') => {}
                        _ => return self.scanner.error(scan::AFTER_ENTRY),
                    }
                    value = self.end_object();
                } else {
                    self.items.push(value);
                    match next {
                        Some(b',') => {
                            self.scanner.at += 1;
                            node = frame.node;
                            continue 'next;
                        }
                        Some(b']') => value = self.end_array(frame.start),
                        _ => return self.scanner.error(scan::AFTER_ITEM),
                    }
                }
            }
            self.scanner.skip_space();
            let is_end = self.scanner.at == self.scanner.bytes.len();
            return if is_end { Ok(value) } else { self.scanner.error(scan::AFTER_END) };
        }
    }

    /// Opens an object, up to the value of its first entry that is wanted; or passes over one that is only looked up.
    #[inline]
    fn start_object(&mut self, node: u32) -> Result<Start<'a>, Wrong> {
        let start = self.entries.len();
        let frame = Frame { is_object: true, start, node };
        match self.projection.wanted(node) {
            Wanted::Kind => {
                self.scanner.skip(self.frames.len())?;
                self.scanner.at -= 1;
                self.frames.push(frame);
                return Ok(Start::Empty);
            }
            Wanted::Lookups(element) => {
                if let Some(object) = self.unread(*element) {
                    return Ok(Start::Unread(object));
                }
            }
            _ => {}
        }
        self.open(frame)?;
        let first = if self.scanner.peek() == Some(b'}') { None } else { self.entry(frame)? };
        Ok(first.map_or(Start::Empty, Start::Entry))
    }

    /// The object that begins here, without its values; `None` if it has to be read, as it has to where something is
    /// wrong with it.
    #[inline(never)]
    fn unread(&mut self, element: u32) -> Option<Object<'a>> {
        let arena = self.make.late()?;
        let start = self.entries.len();
        let passed = end_of_object(self.scanner.text, self.scanner.at, self.frames.len(), |key, value| {
            self.entries.push((Value::string(self.make.part(key)), Value::string(self.make.part(value))));
        });
        let entries = self.entries.get_mut(start..).unwrap_or(&mut []);
        let object = passed.map(|passed| {
            if !passed.is_plain {
                entries.iter_mut().for_each(|entry| entry.0 = rewritten(self.make, entry.0));
            }
            self.scanner.at = passed.end;
            Object::unread_of(arena, entries, element)
        });
        self.entries.truncate(start);
        object
    }

    /// Opens an array, up to its first item: says what is wanted of that. `None` if it is complete and empty.
    #[inline]
    fn start_array(&mut self, node: u32) -> Result<Option<u32>, Wrong> {
        let element = match self.projection.wanted(node) {
            Wanted::All => node,
            Wanted::Elements(element) | Wanted::Lookups(element) => *element,
            Wanted::Kind | Wanted::Fields(_) => return self.scanner.skip(self.frames.len()).map(|()| None),
        };
        self.open(Frame { is_object: false, start: self.items.len(), node: element })?;
        if self.scanner.peek() == Some(b']') {
            self.scanner.at += 1;
            self.frames.pop();
            return Ok(None);
        }
        Ok(Some(element))
    }

    /// Passes over an opening brace or bracket and the space behind it.
    #[inline]
    fn open(&mut self, frame: Frame) -> Result<(), Wrong> {
        if self.frames.len() >= MAX_DEPTH {
            return self.scanner.error(scan::TOO_DEEP);
        }
        self.scanner.at += 1;
        self.frames.push(frame);
        self.scanner.skip_space();
        Ok(())
    }

    /// Reads a key and its colon: says what is wanted of the value. Passes over entries that are not wanted; `None` if
    /// no other one follows: then the closing brace stands here.
    #[inline(always)]
    fn entry(&mut self, frame: Frame) -> Result<Option<u32>, Wrong> {
        let projection = self.projection;
        let wanted = match projection.wanted(frame.node) {
            Wanted::Fields(fields) => return self.wanted_entry(fields),
            Wanted::Elements(element) | Wanted::Lookups(element) => *element,
            Wanted::All | Wanted::Kind => frame.node,
        };
        self.scanner.expect_key()?;
        let text = match self.scanner.string()? {
            Piece::Plain(text) => self.make.key(text, self.entries.len() - frame.start),
            Piece::Decoded => self.make.text(&self.scanner.buffer),
        };
        self.scanner.colon()?;
        let symbol = self.symbol(text);
        if M::KEEPS && self.entries.len() == self.entries.capacity() {
            // An object of a whole table: room for twice as much would be more than the table itself.
            self.entries.reserve_exact(self.entries.len() / 4 + 64);
        }
        self.entries.push((Value::String { symbol, text }, Value::Null));
        Ok(Some(wanted))
    }

    #[inline]
    fn symbol(&self, text: &str) -> Symbol {
        self.symbols.map_or(Symbol::NONE, |symbols| symbols.lookup(text))
    }

    /// The next entry of an object of which some are wanted.
    fn wanted_entry(&mut self, fields: &[super::projection::Field]) -> Result<Option<u32>, Wrong> {
        loop {
            self.scanner.expect_key()?;
            let piece = self.scanner.string()?;
            let found = match &piece {
                Piece::Plain(text) => field(fields, text),
                Piece::Decoded => field(fields, &self.scanner.buffer),
            };
            self.scanner.colon()?;
            if let Some(field) = found {
                let text = self.text_of(piece);
                self.entries.push((Value::String { symbol: field.symbol, text }, Value::Null));
                return Ok(Some(field.wanted));
            }
            self.scanner.skip(self.frames.len())?;
            self.scanner.skip_space();
            match self.scanner.peek() {
                Some(b',') => {
                    self.scanner.at += 1;
                    self.scanner.skip_space();
                }
                Some(b'}') => return Ok(None),
                _ => return self.scanner.error(scan::AFTER_ENTRY),
            }
        }
    }

    /// The object that was opened last; its closing brace stands here.
    fn end_object(&mut self) -> Value<'a> {
        self.scanner.at += 1;
        let start = self.frames.pop().map_or(0, |frame| frame.start);
        if start == self.entries.len() {
            return Value::Object(Object::EMPTY);
        }
        let object = self.object(start);
        self.entries.truncate(start);
        Value::Object(object)
    }

    /// The array that was opened last; its closing bracket stands here.
    #[inline]
    fn end_array(&mut self, start: usize) -> Value<'a> {
        self.scanner.at += 1;
        self.frames.pop();
        let array = self.make.array(self.items.get(start..).unwrap_or(&[]));
        self.items.truncate(start);
        Value::Array(array)
    }

    fn object(&mut self, start: usize) -> Object<'a> {
        let entries = self.entries.get_mut(start..).unwrap_or(&mut []);
        let is_unique = match sort_few(entries) {
            Some(is_unique) => is_unique,
            None => is_sorted(entries) || sort_many(entries, &mut self.order),
        };
        if is_unique {
            return self.make.object(entries);
        }
        let kept = object::unite(entries);
        self.make.object(entries.get(..kept).unwrap_or(entries))
    }

    #[inline]
    fn string(&mut self) -> Result<&'a str, Wrong> {
        let piece = self.scanner.string()?;
        Ok(self.text_of(piece))
    }

    #[inline]
    fn text_of(&mut self, piece: Piece<'t>) -> &'a str {
        match piece {
            Piece::Plain(text) => self.make.part(text),
            Piece::Decoded => self.make.text(&self.scanner.buffer),
        }
    }

    #[inline]
    fn number(&mut self) -> Result<Value<'a>, Wrong> {
        match self.scanner.number()? {
            Digits::Small(value) => Ok(Value::Int(value)),
            Digits::Shaped(shape) => {
                let text = self.scanner.number_text(shape);
                let value = match number::integer(text, shape) {
                    Some(value) => Value::Int(value),
                    None if !number::is_allowed(text, shape) => return self.scanner.error(scan::TOO_BIG),
                    None => {
                        let text = self.make.part(text);
                        Value::Number(self.make.number(text))
                    }
                };
                self.scanner.at += shape.length;
                Ok(value)
            }
        }
    }
}
