//! The reader: one pass over the bytes, without recursion, straight into the arena. What nobody asks for is checked
//! and passed over.

use super::super::make::Make;
use super::super::order::{self, Ordinal};
use super::super::{Entry, Object, Symbol, SymbolTable, Value, number, object};
use super::MAX_DEPTH;
use super::names::{EMPTY, Guesses};
use super::projection::{Field, Projection, Step, field};
use super::scan::{self, Digits, Piece, Scanner, Wrong};
use super::skip::end_of_object;

/// A key as it stands between its quotes, with nothing escaped but what has to be.
fn rewritten<'t, 'a>(make: &mut impl Make<'t, 'a>, key: Value<'a>) -> Value<'a> {
    match scan::rewritten(key.as_str().unwrap_or("")) {
        Some(written) => Value::string(make.text(&written)),
        None => key,
    }
}

/// A collection that is being read.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    /// Of an object with names: the name that was found last, plus 1.
    pub(super) last: u8,
    /// What is wanted: of an object, or of each item of an array.
    pub(super) node: u32,
    /// Where its items or entries start in the working memory.
    pub(super) start: usize,
    /// Which entry of an object waits for its value.
    pub(super) slot: usize,
}

/// How a collection is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// An array: one item after the other.
    Array,
    /// An object: one entry after the other.
    Object,
    /// An object of which entries are wanted that have places, in the order of the names; a place may stay empty.
    Names,
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

/// Reads one text.
pub(super) struct Reader<'t, 'a, 's, M> {
    pub(super) make: &'s mut M,
    pub(super) symbols: Option<&'s SymbolTable>,
    pub(super) projection: &'s Projection,
    pub(super) scanner: Scanner<'t, 's>,
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) items: Vec<Value<'a>>,
    pub(super) frames: &'s mut Vec<Frame>,
    pub(super) order: &'s mut Vec<Ordinal>,
    pub(super) guesses: &'s mut Guesses,
    /// Whether there is something in the text that takes a closer look where it is passed over.
    pub(super) is_careful: bool,
}

impl<'t, 'a, 's, M: Make<'t, 'a>> Reader<'t, 'a, 's, M> {
    /// The whole text, of which a node is wanted.
    pub(super) fn document(&mut self, mut node: u32) -> Result<Value<'a>, Wrong> {
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
                if frame.kind != FrameKind::Array {
                    if let Some(entry) = self.entries.get_mut(frame.slot) {
                        entry.1 = value;
                    }
                    match next {
                        Some(b',') => {
                            self.scanner.at += 1;
                            self.scanner.skip_space();
                            if let Some(next) = self.entry(frame.node, frame.start)? {
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
        let frame = Frame { kind: FrameKind::Object, last: 0, node, start, slot: start };
        match self.projection.step(node) {
            Step::Names(first, end) => {
                self.open(Frame { kind: FrameKind::Names, ..frame })?;
                self.entries.resize(start + (end - first) as usize, EMPTY);
            }
            Step::Kind => {
                self.scanner.skip(self.frames.len())?;
                self.scanner.at -= 1;
                self.frames.push(frame);
                return Ok(Start::Empty);
            }
            Step::Lookups(element) => match self.unread(element) {
                Some(object) => return Ok(Start::Unread(object)),
                None => self.open(frame)?,
            },
            Step::All | Step::Elements(_) | Step::Fields => self.open(frame)?,
        }
        let first = if self.scanner.peek() == Some(b'}') { None } else { self.entry(node, start)? };
        Ok(first.map_or(Start::Empty, Start::Entry))
    }

    /// The object that begins here, without its values; `None` if it has to be read, as it has to where something is
    /// wrong with it.
    #[inline(never)]
    fn unread(&mut self, element: u32) -> Option<Object<'a>> {
        let arena = self.make.late().filter(|_| !self.is_careful)?;
        let start = self.entries.len();
        let passed = end_of_object(self.scanner.text, self.scanner.at, self.frames.len(), |key, value| {
            self.entries.push((Value::string(self.make.part(key)), Value::string(self.make.part(value))));
        });
        let entries = self.entries.get_mut(start..).unwrap_or(&mut []);
        let object = passed.map(|(end, is_plain)| {
            if !is_plain {
                entries.iter_mut().for_each(|entry| entry.0 = rewritten(self.make, entry.0));
            }
            self.scanner.at = end;
            Object::unread_of(arena, entries, element)
        });
        self.entries.truncate(start);
        // Those within it would be passed over again and again up to what is unusual.
        self.is_careful |= object.is_none();
        object
    }

    /// Opens an array, up to its first item: says what is wanted of that. `None` if it is complete and empty.
    #[inline]
    fn start_array(&mut self, node: u32) -> Result<Option<u32>, Wrong> {
        let element = match self.projection.step(node) {
            Step::All => node,
            Step::Elements(element) | Step::Lookups(element) => element,
            Step::Kind | Step::Names(..) | Step::Fields => {
                return self.scanner.skip(self.frames.len()).map(|()| None);
            }
        };
        self.open(Frame { kind: FrameKind::Array, last: 0, node: element, start: self.items.len(), slot: 0 })?;
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
    fn entry(&mut self, node: u32, start: usize) -> Result<Option<u32>, Wrong> {
        let projection = self.projection;
        let wanted = match projection.step(node) {
            Step::Names(first, end) => {
                return match self.guessed_entry((first, end), node, start) {
                    Some(name) => self.scanner.colon().map(|()| Some(name.wanted)),
                    None => self.named_entry((first, end), node, start),
                };
            }
            Step::Fields => return self.wanted_entry(projection.fields(node)),
            Step::Elements(element) | Step::Lookups(element) => element,
            Step::All | Step::Kind => node,
        };
        self.scanner.expect_key()?;
        let text = match self.scanner.string()? {
            Piece::Plain(text) => self.make.key(text, self.entries.len() - start),
            Piece::Decoded => self.make.text(self.scanner.buffer),
        };
        self.scanner.colon()?;
        let symbol = self.symbol(text);
        if M::KEEPS && self.entries.len() == self.entries.capacity() {
            // An object of a whole table: room for twice as much would be more than the table itself.
            self.entries.reserve_exact(self.entries.len() / 4 + 64);
        }
        self.push((Value::String { symbol, text }, Value::Null));
        Ok(Some(wanted))
    }

    /// Adds an entry, which waits for its value.
    #[inline(always)]
    fn push(&mut self, entry: Entry<'a>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.slot = self.entries.len();
        }
        self.entries.push(entry);
    }

    #[inline]
    fn symbol(&self, text: &str) -> Symbol {
        self.symbols.map_or(Symbol::NONE, |symbols| symbols.lookup(text))
    }

    /// The next entry of an object of which some are wanted.
    fn wanted_entry(&mut self, fields: &[Field]) -> Result<Option<u32>, Wrong> {
        loop {
            self.scanner.expect_key()?;
            let piece = self.scanner.string()?;
            let found = match &piece {
                Piece::Plain(text) => field(fields, text),
                Piece::Decoded => field(fields, self.scanner.buffer),
            };
            self.scanner.colon()?;
            if let Some(field) = found {
                let text = self.text_of(piece);
                self.push((Value::String { symbol: field.symbol, text }, Value::Null));
                return Ok(Some(field.wanted));
            }
            if !self.passes_value()? {
                return Ok(None);
            }
        }
    }

    /// Passes over a value that nobody wants, and the comma behind it: whether there is one, rather than a closing brace.
    #[inline]
    pub(super) fn passes_value(&mut self) -> Result<bool, Wrong> {
        self.scanner.skip(self.frames.len())?;
        self.scanner.skip_space();
        match self.scanner.peek() {
            Some(b',') => {
                self.scanner.at += 1;
                self.scanner.skip_space();
                Ok(true)
            }
            Some(b'}') => Ok(false),
            _ => self.scanner.error(scan::AFTER_ENTRY),
        }
    }

    /// The object that was opened last; its closing brace stands here.
    fn end_object(&mut self) -> Value<'a> {
        self.scanner.at += 1;
        let Some(Frame { kind, start, .. }) = self.frames.pop() else { return Value::Null };
        let object = match kind {
            FrameKind::Names => self.object_of_names(start),
            _ if start == self.entries.len() => Object::EMPTY,
            _ => self.object(start),
        };
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
        let order = &mut *self.order;
        let is_unique = order::sort(entries, 0, |count| {
            order.resize(count, Ordinal::default());
            order.as_mut_slice()
        });
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
    pub(super) fn text_of(&mut self, piece: Piece<'t>) -> &'a str {
        match piece {
            Piece::Plain(text) => self.make.part(text),
            Piece::Decoded => self.make.text(self.scanner.buffer),
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
