//! The parser: what it is asked, and the working memory that it keeps.

use super::super::make::{Make, Plain};
use super::super::order::Ordinal;
use super::super::unread::Place;
use super::super::{Bump, Entry, SymbolTable, Value};
use super::JsonError;
use super::layouts::Layouts;
use super::names::{GUESSES, Guesses};
use super::projection::Projection;
use super::read::{Frame, Reader};
use super::scan::{self, Scanner};

/// Reads one JSON text. Strings without escapes borrow from `bytes`; object keys get their symbols from `symbols`.
///
/// As in OPA, of equal keys the last counts, bytes that are no UTF-8 and surrogates without a partner are read as
/// U+FFFD, and a number whose binary exponent is over [`MAX_EXPONENT`](super::super::number::MAX_EXPONENT) is refused.
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
pub struct Parser {
    entries: Vec<Entry<'static>>,
    items: Vec<Value<'static>>,
    frames: Vec<Frame>,
    places: Vec<Place>,
    order: Vec<Ordinal>,
    buffer: String,
    written: String,
    /// Which name came next the last time.
    guesses: Guesses,
    /// What is known of objects that are read entirely.
    pub(super) layouts: Layouts,
}

impl Default for Parser {
    fn default() -> Self {
        Parser {
            entries: Vec::new(),
            items: Vec::new(),
            frames: Vec::new(),
            places: Vec::new(),
            order: Vec::new(),
            buffer: String::new(),
            written: String::new(),
            guesses: [0; GUESSES],
            layouts: Layouts::default(),
        }
    }
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
    /// depend on what is wanted. (Keys that are wanted borrow from the projection.)
    pub fn parse_wanted<'a>(
        &mut self,
        arena: &'a Bump,
        bytes: &'a [u8],
        symbols: &SymbolTable,
        projection: &'a Projection,
    ) -> Result<Value<'a>, JsonError> {
        self.read(&mut Plain::new(arena), valid(arena, bytes), symbols, (projection, 0))
    }

    /// The same for somebody who reads entries of objects that are only looked up when he asks for them.
    pub(crate) fn parse_asked<'a>(
        &mut self,
        arena: &'a Bump,
        bytes: &'a [u8],
        symbols: &SymbolTable,
        projection: &'a Projection,
    ) -> Result<Value<'a>, JsonError> {
        self.read(&mut Plain::late(arena), valid(arena, bytes), symbols, (projection, 0))
    }

    /// Reads a part of a text that was read before: what a node of the projection wants of it.
    pub(in crate::value) fn parse_part<'a>(
        &mut self,
        arena: &'a Bump,
        text: &'a str,
        symbols: &SymbolTable,
        wanted: (&'a Projection, u32),
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

    fn read<'t, 'a, M: Make<'t, 'a>>(
        &mut self,
        make: &mut M,
        text: &'t str,
        symbols: &SymbolTable,
        (projection, node): (&'a Projection, u32),
    ) -> Result<Value<'a>, JsonError> {
        if !M::KEEPS {
            self.layouts.begin(symbols);
        }
        let mut reader = Reader {
            make,
            symbols: (!symbols.is_empty()).then_some(symbols),
            projection,
            scanner: Scanner { text, bytes: text.as_bytes(), at: 0, buffer: &mut self.buffer },
            entries: std::mem::take(&mut self.entries),
            items: std::mem::take(&mut self.items),
            frames: &mut self.frames,
            places: &mut self.places,
            order: &mut self.order,
            guesses: &mut self.guesses,
            layouts: &mut self.layouts,
            is_careful: false,
        };
        let result = reader.document(node);
        let offset = reader.scanner.at;
        let Reader { entries, items, frames, .. } = reader;
        frames.clear();
        self.entries = recycle(entries, |_| (Value::Null, Value::Null));
        self.items = recycle(items, |_| Value::Null);
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
