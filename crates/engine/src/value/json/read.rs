//! The parser: one pass over the bytes, without recursion, straight into the arena. What nobody asks for is checked
//! and passed over.

use super::super::make::{Make, Plain};
use super::super::{Bump, Entry, Object, Symbol, SymbolTable, Value, number, object};
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
    order: Vec<u32>,
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
        self.read(&mut Plain(arena), text, symbols, projection)
    }

    /// Reads one JSON text into values that do not borrow from it.
    pub(crate) fn parse_kept<'a>(
        &mut self,
        make: &mut impl for<'t> Make<'t, 'a>,
        bytes: &[u8],
        symbols: &SymbolTable,
    ) -> Result<Value<'a>, JsonError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.read(make, text, symbols, Projection::ALL),
            Err(_) => self.read(make, &replace_invalid(bytes), symbols, Projection::ALL),
        }
    }

    fn read<'t, 'a>(
        &mut self,
        make: &mut impl Make<'t, 'a>,
        text: &'t str,
        symbols: &SymbolTable,
        projection: &Projection,
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
        let result = reader.document();
        let Reader { entries, items, mut frames, order, scanner, .. } = reader;
        frames.clear();
        self.entries = recycle(entries, |_| (Value::Null, Value::Null));
        self.items = recycle(items, |_| Value::Null);
        self.frames = frames;
        self.order = order;
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

struct Reader<'t, 'a, 's, M> {
    make: &'s mut M,
    symbols: Option<&'s SymbolTable>,
    projection: &'s Projection,
    scanner: Scanner<'t>,
    entries: Vec<Entry<'a>>,
    items: Vec<Value<'a>>,
    frames: Vec<Frame>,
    order: Vec<u32>,
}

impl<'t, 'a, M: Make<'t, 'a>> Reader<'t, 'a, '_, M> {
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
            Some(b'"') => {
                let text = self.string()?;
                let symbol = if M::KEEPS { self.symbol(text) } else { Symbol::NONE };
                Value::String { symbol, text }
            }
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
                let array = self.make.array(self.items.get(start..).unwrap_or(&[]));
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
        let text = match self.scanner.string()? {
            Piece::Plain(text) => self.make.key(text, self.entries.len() - start),
            decoded => self.text_of(decoded)?,
        };
        self.scanner.colon()?;
        let symbol = self.symbol(text);
        if M::KEEPS && self.entries.len() == self.entries.capacity() {
            // An object of a whole table: room for twice as much would be more than the table itself.
            self.entries.reserve_exact(self.entries.len() / 4 + 64);
        }
        self.entries.push((Value::String { symbol, text }, Value::Null));
        Ok(Next::Value(wanted))
    }

    #[inline]
    fn symbol(&self, text: &str) -> Symbol {
        self.symbols.map_or(Symbol::NONE, |symbols| symbols.lookup(text))
    }

    /// The next entry of an object of which some are wanted.
    fn wanted_entry(&mut self, start: usize, fields: &[super::projection::Field]) -> Result<Next<'a>, JsonError> {
        loop {
            self.scanner.expect_key()?;
            let piece = self.scanner.string()?;
            let found = match &piece {
                Piece::Plain(text) => field(fields, text),
                Piece::Decoded(length) => self.scanner.decoded(*length).and_then(|text| field(fields, text)),
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
        if entries.len() <= SMALL {
            sort_few(entries);
        } else if !is_sorted(entries) {
            sort_many(entries, &mut self.order);
        }
        if is_sorted(entries) {
            return self.make.object(entries);
        }
        let kept = object::unite(entries);
        self.make.object(entries.get(..kept).unwrap_or(entries))
    }

    #[inline]
    fn string(&mut self) -> Result<&'a str, JsonError> {
        let piece = self.scanner.string()?;
        self.text_of(piece)
    }

    #[inline]
    fn text_of(&mut self, piece: Piece<'t>) -> Result<&'a str, JsonError> {
        match piece {
            Piece::Plain(text) => Ok(self.make.part(text)),
            Piece::Decoded(length) => match self.scanner.decoded(length) {
                Some(text) => Ok(self.make.text(text)),
                None => self.scanner.error(scan::VALUE),
            },
        }
    }

    #[inline]
    fn number(&mut self) -> Result<Value<'a>, JsonError> {
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

/// Sorts entries whose keys are strings; equal keys stay in their order.
#[inline]
fn sort_few(entries: &mut [Entry<'_>]) {
    for end in 1..entries.len() {
        let mut at = end;
        while at > 0 {
            let Some([left, right]) = entries.get_mut(at - 1..=at) else { break };
            if compare_keys(key(left), key(right)).is_le() {
                break;
            }
            std::mem::swap(left, right);
            at -= 1;
        }
    }
}

/// The same for many entries: their numbers are sorted, in memory that is kept, and then each is put where it belongs.
fn sort_many(entries: &mut [Entry<'_>], order: &mut Vec<u32>) {
    let key_of = |number: u32| entries.get(number as usize).map(key).unwrap_or_default();
    order.clear();
    order.extend(0..u32::try_from(entries.len()).unwrap_or(u32::MAX));
    order.sort_unstable_by(|left, right| key_of(*left).cmp(key_of(*right)).then(left.cmp(right)));
    for start in 0..order.len() {
        // Around the circle of entries that take each other's places.
        let Some(first) = entries.get(start).copied() else { return };
        let mut place = start;
        while let Some(from) = order.get_mut(place).map(|from| std::mem::replace(from, place as u32) as usize)
            && from != place
        {
            let entry = if from == start { first } else { entries.get(from).copied().unwrap_or(first) };
            if let Some(target) = entries.get_mut(place) {
                *target = entry;
            }
            if from == start {
                break;
            }
            place = from;
        }
    }
}

/// Whether keys, which are strings, are in order, and each is there once.
fn is_sorted(entries: &[Entry<'_>]) -> bool {
    entries.windows(2).all(|pair| matches!(pair, [left, right] if key(left) < key(right)))
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
