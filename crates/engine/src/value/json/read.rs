//! The reader: one pass over the bytes, without recursion, straight into the arena. What nobody asks for is checked
//! and passed over.

use super::super::make::Make;
use super::super::order::{self, Ordinal};
use super::super::unread::{Part, Place, Unread};
use super::super::{Entry, Object, Symbol, SymbolTable, Value, number, object};
use super::MAX_DEPTH;
use super::layouts::{self, Layouts};
use super::names::Guesses;
use super::projection::{Projection, Step, field};
use super::scan::{self, Digits, Piece, Scanner, Wrong};
use super::skip::end_of_object;

/// The keys of a text's entries one after the other, with nothing escaped but what has to be.
fn rewritten(text: &str, entries: &mut [Place]) -> String {
    let mut keys = String::new();
    for Place { key, .. } in entries {
        let start = keys.len();
        scan::rewrite(key.of(text), &mut keys);
        // Nothing becomes longer.
        *key = Part::new(start, keys.len());
    }
    keys
}

/// A collection that is being read.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    /// Of an object with names: the one that was found last, plus 1. Its value is read last. Of one that is read entirely:
    /// whether it has a layout.
    pub(super) last: u8,
    /// Of an object with names: a bit for each one that was found, the first one's the lowest. Of one that is read
    /// entirely: the number of its layout.
    pub(super) found: u16,
    /// What is wanted of each part; of an object of which few entries are wanted, of itself.
    pub(super) node: u32,
    /// Where its items or entries start in the working memory.
    pub(super) start: usize,
}

/// What became of a collection.
enum State<'a> {
    /// A part of it stands here.
    Open(Frame),
    /// It is complete.
    Complete(Value<'a>),
}

/// How a collection is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// An array: one item after the other.
    Array,
    /// An object: one entry after the other.
    Object,
    /// An object of which entries are wanted that are among the node's fields.
    Fields,
    /// An object of which entries are wanted that have places, in the order of the names; a place may stay empty.
    Names,
}

impl FrameKind {
    /// A collection of this kind without parts.
    fn empty(self) -> Value<'static> {
        if self == FrameKind::Array { Value::Array(&[]) } else { Value::Object(Object::EMPTY) }
    }

    /// The bracket that closes it, and what to say where neither that nor a comma stands behind a part.
    #[inline(always)]
    fn end(self) -> (u8, Wrong) {
        if self == FrameKind::Array { (b']', scan::AFTER_ITEM) } else { (b'}', scan::AFTER_ENTRY) }
    }
}

/// Reads one text.
pub(super) struct Reader<'t, 'a, 's, M> {
    pub(super) make: &'s mut M,
    pub(super) symbols: Option<&'s SymbolTable>,
    pub(super) projection: &'a Projection,
    pub(super) scanner: Scanner<'t, 's>,
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) items: Vec<Value<'a>>,
    pub(super) frames: &'s mut Vec<Frame>,
    /// Of an object whose entries are left for later.
    pub(super) places: &'s mut Vec<Place>,
    pub(super) order: &'s mut Vec<Ordinal>,
    pub(super) guesses: &'s mut Guesses,
    pub(super) layouts: &'s mut Layouts,
    /// Whether there is something in the text that takes a closer look where it is passed over.
    pub(super) is_careful: bool,
}

impl<'t, 'a, 's, M: Make<'t, 'a>> Reader<'t, 'a, 's, M> {
    /// The whole text, of which a node is wanted.
    pub(super) fn document(&mut self, node: u32) -> Result<Value<'a>, Wrong> {
        self.scanner.skip_space();
        let value = match self.scalar()? {
            Some(value) => value,
            None => self.collection(node)?,
        };
        self.scanner.skip_space();
        if self.scanner.at == self.scanner.bytes.len() { Ok(value) } else { self.scanner.error(scan::AFTER_END) }
    }

    /// The collection that begins here, of which a node is wanted.
    fn collection(&mut self, node: u32) -> Result<Value<'a>, Wrong> {
        let mut state = self.start(node)?;
        loop {
            let value = match state {
                State::Complete(value) => value,
                State::Open(mut frame) => match self.parts(&mut frame)? {
                    None => self.end(frame),
                    Some(wanted) => {
                        self.frames.push(frame);
                        state = self.start(wanted)?;
                        continue;
                    }
                },
            };
            let Some(around) = self.frames.pop() else { return Ok(value) };
            self.put(around, value);
            let is_open = self.passes_comma(around.kind)?;
            state = if is_open { State::Open(around) } else { State::Complete(self.end(around)) };
        }
    }

    /// Opens the collection that begins here, up to its first part; or gives it, if nothing of it needs to be read.
    #[inline]
    fn start(&mut self, node: u32) -> Result<State<'a>, Wrong> {
        let is_object = self.scanner.peek() == Some(b'{');
        let start = if is_object { self.entries.len() } else { self.items.len() };
        let kind = if is_object { FrameKind::Object } else { FrameKind::Array };
        let (kind, node) = match self.projection.step(node) {
            Step::All => (kind, node),
            Step::Lookups(element) if is_object => match self.unread(element) {
                Some(object) => return Ok(State::Complete(Value::Object(object))),
                None => (kind, element),
            },
            Step::Elements(element) | Step::Lookups(element) => (kind, element),
            Step::Fields if is_object => (FrameKind::Fields, node),
            Step::Names(..) if is_object => (FrameKind::Names, node),
            Step::Kind | Step::Names(..) | Step::Fields => {
                self.scanner.skip(self.frames.len())?;
                return Ok(State::Complete(kind.empty()));
            }
        };
        if self.frames.len() >= MAX_DEPTH {
            return self.scanner.error(scan::TOO_DEEP);
        }
        self.scanner.at += 1;
        self.scanner.skip_space();
        if self.scanner.peek() == Some(kind.end().0) {
            self.scanner.at += 1;
            return Ok(State::Complete(kind.empty()));
        }
        Ok(State::Open(Frame { kind, last: 0, found: 0, node, start }))
    }

    /// The object that begins here, without its values; `None` if it has to be read, as it has to where something is
    /// wrong with it.
    #[inline(never)]
    fn unread(&mut self, element: u32) -> Option<Object<'a>> {
        let arena = self.make.late().filter(|_| !self.is_careful && self.scanner.text.len() <= Part::LONGEST)?;
        let (text, entries) = (self.make.part(self.scanner.text), &mut *self.places);
        entries.clear();
        let each = |key, value| entries.push(Place { key, value });
        let passed = end_of_object(self.scanner.text, self.scanner.at, self.frames.len(), each);
        // Those within it would be passed over again and again up to what is unusual.
        self.is_careful |= passed.is_none();
        let (end, is_plain) = passed?;
        let keys = if is_plain { text } else { arena.alloc_str(&rewritten(text, entries)) };
        self.scanner.at = end;
        Some(Object::of_unread(arena, Unread::new(arena, keys, text, entries, element)))
    }

    /// Reads what follows of a collection, up to another one in it: says what is wanted of that.
    /// `None` if there is none; then the closing bracket stands here.
    #[inline]
    fn parts(&mut self, frame: &mut Frame) -> Result<Option<u32>, Wrong> {
        match frame.kind {
            FrameKind::Array => self.array_items(frame),
            FrameKind::Object | FrameKind::Fields => self.object_entries(frame),
            FrameKind::Names => self.named_entries(frame),
        }
    }

    /// Reads items of an array, as [`parts`](Self::parts) does.
    #[inline(always)]
    fn array_items(&mut self, frame: &mut Frame) -> Result<Option<u32>, Wrong> {
        if let Step::Names(..) = self.projection.step(frame.node) {
            return self.named_objects(frame);
        }
        while let Some(value) = self.scalar()? {
            self.items.push(value);
            if !self.passes_comma(FrameKind::Array)? {
                return Ok(None);
            }
        }
        Ok(Some(frame.node))
    }

    /// Reads entries of an object, as [`parts`](Self::parts) does.
    #[inline(always)]
    fn object_entries(&mut self, frame: &mut Frame) -> Result<Option<u32>, Wrong> {
        if !M::KEEPS && frame.kind == FrameKind::Object && frame.last == 0 {
            frame.last = 1;
            self.begin_layout(frame);
        }
        loop {
            let mut wanted = frame.node;
            if frame.kind == FrameKind::Object {
                if M::KEEPS || frame.found == layouts::NONE {
                    self.key(frame.start)?;
                } else {
                    self.known_key(frame)?;
                }
            } else {
                match self.field(frame.node)? {
                    Some(node) => wanted = node,
                    None => return Ok(None),
                }
            }
            let Some(value) = self.scalar()? else { return Ok(Some(wanted)) };
            if let Some(entry) = self.entries.last_mut() {
                entry.1 = value;
            }
            if !self.passes_comma(frame.kind)? {
                return Ok(None);
            }
        }
    }

    /// Puts a collection where it belongs in the one around it.
    #[inline]
    fn put(&mut self, around: Frame, value: Value<'a>) {
        let entry = match around.kind {
            FrameKind::Array => return self.items.push(value),
            FrameKind::Object | FrameKind::Fields => self.entries.last_mut(),
            FrameKind::Names => self.entries.get_mut(around.start + usize::from(around.last).wrapping_sub(1)),
        };
        if let Some(entry) = entry {
            entry.1 = value;
        }
    }

    /// Passes over the comma behind a part of a collection, and over space: whether there is one, rather than a closing
    /// bracket.
    #[inline(always)]
    pub(super) fn passes_comma(&mut self, kind: FrameKind) -> Result<bool, Wrong> {
        self.scanner.skip_space();
        let (closing, wrong) = kind.end();
        match self.scanner.peek() {
            Some(b',') => {
                self.scanner.at += 1;
                self.scanner.skip_space();
                Ok(true)
            }
            Some(byte) if byte == closing => Ok(false),
            _ => self.scanner.error(wrong),
        }
    }

    /// Reads a scalar; `None` if a collection begins here.
    #[inline(always)]
    pub(super) fn scalar(&mut self) -> Result<Option<Value<'a>>, Wrong> {
        let value = match self.scanner.peek() {
            Some(b'"') => {
                let piece = self.scanner.string()?;
                let text = self.text_of(piece);
                let symbol = if M::KEEPS { self.symbol(text) } else { Symbol::NONE };
                Value::String { symbol, text }
            }
            Some(b'{' | b'[') => return Ok(None),
            Some(b'-' | b'0'..=b'9') => match self.scanner.small_integer() {
                Some(value) => Value::Int(value),
                None => self.number()?,
            },
            Some(b't') => self.scanner.word(&scan::TRUE).map(|()| Value::Bool(true))?,
            Some(b'f') => self.scanner.word(&scan::FALSE).map(|()| Value::Bool(false))?,
            Some(b'n') => self.scanner.word(&scan::NULL).map(|()| Value::Null)?,
            _ => return self.scanner.error(scan::VALUE),
        };
        Ok(Some(value))
    }

    /// Reads a key and its colon: adds an entry to an object whose entries start there, which waits for its value.
    #[inline(always)]
    pub(super) fn key(&mut self, start: usize) -> Result<(), Wrong> {
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
        self.entries.push((Value::String { symbol, text }, Value::Null));
        Ok(())
    }

    #[inline]
    fn symbol(&self, text: &str) -> Symbol {
        self.symbols.map_or(Symbol::NONE, |symbols| symbols.lookup(text))
    }

    /// The same for the next entry that is among a node's fields: says what is wanted of its value. Passes over others;
    /// `None` if no other one follows: then the closing brace stands here.
    #[inline(never)]
    fn field(&mut self, node: u32) -> Result<Option<u32>, Wrong> {
        let fields = self.projection.fields(node);
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
                self.entries.push((Value::String { symbol: field.symbol, text }, Value::Null));
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
        self.scanner.skip(self.frames.len() + 1)?;
        self.passes_comma(FrameKind::Object)
    }

    /// A collection whose closing bracket stands here.
    #[inline]
    fn end(&mut self, frame: Frame) -> Value<'a> {
        self.scanner.at += 1;
        if frame.kind == FrameKind::Array {
            let items = self.make.array(self.items.get(frame.start..).unwrap_or_default());
            self.items.truncate(frame.start);
            return Value::Array(items);
        }
        Value::Object(self.end_object(frame))
    }

    #[inline(never)]
    fn end_object(&mut self, frame: Frame) -> Object<'a> {
        let start = frame.start;
        let object = match frame.kind {
            FrameKind::Names => self.object_of_names(frame),
            // Of its fields there may be none.
            _ if start == self.entries.len() => Object::EMPTY,
            FrameKind::Object if !M::KEEPS => {
                self.known_object(frame.found, start).unwrap_or_else(|| self.object(start))
            }
            _ => self.object(start),
        };
        self.entries.truncate(start);
        object
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
    pub(super) fn text_of(&mut self, piece: Piece<'t>) -> &'a str {
        match piece {
            Piece::Plain(text) => self.make.part(text),
            Piece::Decoded => self.make.text(self.scanner.buffer),
        }
    }

    #[inline(never)]
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
