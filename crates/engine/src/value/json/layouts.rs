//! Objects that are read entirely.
//!
//! As a rule objects that are alike have the same keys in the same order: the containers of a pod, or the same part of the
//! next text. So it is remembered which keys came one after the other at the beginning of an object: a layout is such a
//! beginning. If the next key is one that came next before, its symbol is known without looking it up; and at the end of
//! an object it is known in which order its entries are, and that no key is there twice.
//!
//! It is only remembered what keys came, not what was read. Texts of ever new keys cost little more than if nothing was
//! remembered: there is room for few layouts, and once there is none left it takes many keys until it is made anew.

use super::super::make::Make;
use super::super::{Entry, Object, Symbol, SymbolTable, Value, object, text};
use super::projection::Name;
use super::read::{Frame, FrameKind, Reader};
use super::scan::{Wrong, needs_escapes};

/// Up to this many entries an object has a layout.
const ENTRIES: usize = 24;

/// Keys of up to this many bytes are remembered.
const LONGEST: usize = 32;

/// Empty layouts, one for each depth (and kind of what is wanted): those that others go on from.
const EMPTY: u32 = 16;

/// How many layouts there are at most, with the empty ones.
const MOST: usize = 144;

/// How many keys are remembered at most to come next.
const NEXT: usize = 6;

/// So many keys were not known and could not be remembered: then all is forgotten, since texts have become others.
const MISSED: u32 = 32_768;

/// So often in a row none of the keys came next that are remembered: then others are no longer looked for than the most
/// likely one.
const IN_VAIN: u8 = 16;

/// The identity of no table.
const NO_TABLE: u64 = u64::MAX;

/// The number of no layout.
pub(super) const NONE: u16 = u16::MAX;

/// Keys that an object begins with.
struct Layout {
    /// The last one of them.
    key: Name,
    /// A layout with one more key: the one that a text goes on with most likely.
    next: u16,
    /// One with one more key, that leads to all others.
    first: u16,
    /// Another one with the same keys, but for the last.
    other: u16,
    /// The layout that objects below the last key begin with most likely.
    inner: u16,
    /// How often in a row all that come next were looked for in vain.
    in_vain: u8,
    /// What is known of objects that have these keys and no others.
    order: Order,
}

/// What is known of objects with the same keys in the same order.
enum Order {
    /// There was none.
    New,
    /// There was one.
    Met,
    /// The numbers of its entries in the order of their keys, and what stands for all symbols.
    Known([u8; ENTRIES], u64),
    /// A key is there twice.
    Twice,
}

impl Layout {
    fn new(key: &str, symbol: Symbol, other: u16) -> Self {
        Layout {
            key: Name::new(key, symbol, 0),
            next: NONE,
            first: NONE,
            other,
            inner: NONE,
            in_vain: 0,
            order: Order::New,
        }
    }
}

/// What a parser remembers of objects that are read entirely.
pub(super) struct Layouts {
    all: Vec<Layout>,
    /// The identity of the table whose symbols these are.
    table: u64,
    /// Whether keys are remembered: not those of the first text.
    is_learning: bool,
    missed: u32,
}

impl Default for Layouts {
    fn default() -> Self {
        Layouts { all: Vec::new(), table: NO_TABLE, is_learning: false, missed: 0 }
    }
}

impl Layouts {
    /// Before each text: forgets what is of another table, or of no use any more.
    #[inline]
    pub(super) fn begin(&mut self, symbols: &SymbolTable) {
        if self.table == symbols.identity() && self.missed <= MISSED {
            self.is_learning = true;
        } else {
            self.forget(symbols.identity());
        }
    }

    #[cold]
    fn forget(&mut self, table: u64) {
        self.all.clear();
        (self.table, self.missed, self.is_learning) = (table, 0, false);
    }

    /// An empty layout: that of an object which stands below the last key of the layout `around`. None where no key is
    /// expected that is remembered.
    #[inline(always)]
    fn empty(&mut self, number: u32, around: u16) -> u16 {
        let number = (number % EMPTY) as u16;
        let inner = self.all.get(usize::from(around)).map_or(NONE, |around| around.inner);
        let Some(empty) = self.all.get_mut(usize::from(number)) else { return number };
        if inner != NONE {
            empty.next = inner;
        } else if empty.in_vain >= IN_VAIN {
            self.missed = self.missed.saturating_add(1);
            return NONE;
        }
        number
    }

    /// Remembers that an object below the last key of the layout `around` begins with such a layout.
    fn set_inner(&mut self, around: u16, layout: u16) {
        if let Some(around) = self.all.get_mut(usize::from(around)) {
            around.inner = layout;
        }
    }

    /// The layout that a text goes on with most likely, with the key that it has to begin with.
    #[inline(always)]
    fn next(&self, before: u16) -> Option<(u16, &Name)> {
        let next = self.all.get(usize::from(before))?.next;
        Some((next, &self.all.get(usize::from(next))?.key))
    }

    /// The layout that a text goes on with, with the length of its last key and the symbol.
    fn search(&mut self, before: u16, rest: &[u8]) -> Option<(u16, usize, Symbol)> {
        let layout = self.all.get_mut(usize::from(before))?;
        if layout.in_vain >= IN_VAIN {
            return None;
        }
        layout.in_vain += 1;
        let mut number = layout.first;
        loop {
            let Layout { key, other, .. } = self.all.get(usize::from(number))?;
            if key.begins(rest) {
                let found = (number, key.key.len(), key.symbol);
                let layout = self.all.get_mut(usize::from(before))?;
                (layout.next, layout.in_vain) = (number, 0);
                return Some(found);
            }
            number = *other;
        }
    }

    /// The layout of one key more, which is none of those that came next before, as far as was seen.
    fn learn(&mut self, before: u16, count: usize, key: &str, symbol: Symbol) -> u16 {
        if !self.is_learning {
            return NONE;
        }
        if self.all.is_empty() {
            self.all.extend((0..EMPTY).map(|_| Layout::new("", Symbol::NONE, NONE)));
        }
        self.add(before, count, key, symbol).unwrap_or_else(|| {
            self.missed = self.missed.saturating_add(1);
            NONE
        })
    }

    fn add(&mut self, before: u16, count: usize, key: &str, symbol: Symbol) -> Option<u16> {
        let has_room = self.all.len() < MOST && count < ENTRIES && key.len() <= LONGEST && !needs_escapes(key);
        let layout = self.all.get(usize::from(before)).filter(|layout| has_room && layout.in_vain < IN_VAIN)?;
        let first = layout.first;
        let mut number = first;
        for _ in 0..NEXT {
            let Some(known) = self.all.get(usize::from(number)) else {
                let number = self.all.len() as u16;
                self.all.push(Layout::new(key, symbol, first));
                let layout = self.all.get_mut(usize::from(before))?;
                (layout.first, layout.next) = (number, number);
                return Some(number);
            };
            // One that is written with escapes, or stands near the end of the text.
            if *known.key.key == *key {
                return Some(number);
            }
            number = known.other;
        }
        None
    }

    /// Of an object with such a layout, the numbers of its entries in the order of their keys, and what stands for their
    /// symbols.
    #[inline(always)]
    fn order(&mut self, layout: u16, entries: &[Entry<'_>]) -> Option<(&[u8], u64)> {
        let order = &mut self.all.get_mut(usize::from(layout))?.order;
        match order {
            Order::New | Order::Met => order.meet(entries),
            Order::Known(..) | Order::Twice => {}
        }
        match order {
            Order::Known(numbers, symbols) => Some((numbers.get(..entries.len())?, *symbols)),
            _ => None,
        }
    }
}

impl Order {
    /// Finds the order of entries, if it is not the first time.
    #[cold]
    fn meet(&mut self, entries: &[Entry<'_>]) {
        let mut numbers: [u8; ENTRIES] = std::array::from_fn(|number| number as u8);
        let key = |number: &u8| entries.get(usize::from(*number)).and_then(|(key, _)| key.as_str()).unwrap_or_default();
        *self = match (&self, numbers.get_mut(..entries.len())) {
            (Order::New, _) => Order::Met,
            (_, Some(used)) => {
                used.sort_unstable_by(|left, right| text::order(key(left), key(right)));
                let is_unique = used.windows(2).all(|pair| matches!(pair, [left, right] if key(left) != key(right)));
                if is_unique { Order::Known(numbers, object::symbols_of(entries)) } else { Order::Twice }
            }
            (_, None) => Order::Twice,
        };
    }
}

impl<'t, 'a, M: Make<'t, 'a>> Reader<'t, 'a, '_, M> {
    /// Gives an object its layout, in which no key was read yet.
    #[inline(always)]
    pub(super) fn begin_layout(&mut self, frame: &mut Frame) {
        let number = frame.node.wrapping_add(self.frames.len() as u32);
        frame.found = self.layouts.empty(number, self.around());
    }

    /// What was found so far of the object around the one that is read.
    #[inline(always)]
    fn around(&self) -> u16 {
        match self.frames.as_slice() {
            [.., object, Frame { kind: FrameKind::Array, .. }] | [.., object] => object.found,
            [] => 0,
        }
    }

    /// Reads a key and its colon, as [`key`](Self::key) does, of an object whose layout so far is known if there are alike
    /// ones.
    #[inline(always)]
    pub(super) fn known_key(&mut self, frame: &mut Frame) -> Result<(), Wrong> {
        let rest = self.scanner.bytes.get(self.scanner.at..).unwrap_or_default();
        match self.layouts.next(frame.found) {
            Some((next, key)) if key.begins(rest) => {
                let (length, symbol) = (key.key.len(), key.symbol);
                self.pass_key(next, length, symbol, frame)
            }
            _ => self.other_key(frame),
        }
    }

    /// Passes over a key that begins here, which makes such a layout, and its colon.
    #[inline(always)]
    fn pass_key(&mut self, layout: u16, length: usize, symbol: Symbol, frame: &mut Frame) -> Result<(), Wrong> {
        let start = self.scanner.at + 1;
        let end = start + length;
        // Both ends are quotes, so they are at character boundaries.
        let text = self.make.part(self.scanner.text.get(start..end).unwrap_or(""));
        self.scanner.at = end + 1;
        self.scanner.colon()?;
        frame.found = layout;
        self.entries.push((Value::String { symbol, text }, Value::Null));
        Ok(())
    }

    /// The same of a key that is another than most likely.
    #[inline(never)]
    fn other_key(&mut self, frame: &mut Frame) -> Result<(), Wrong> {
        let before = frame.found;
        let rest = self.scanner.bytes.get(self.scanner.at..).unwrap_or_default();
        let count = self.entries.len() - frame.start;
        if let Some((layout, length, symbol)) = self.layouts.search(before, rest) {
            self.pass_key(layout, length, symbol, frame)?;
        } else {
            self.key(frame.start)?;
            frame.found = match self.entries.last() {
                Some((Value::String { symbol, text }, _)) => self.layouts.learn(before, count, text, *symbol),
                _ => NONE,
            };
        }
        if count == 0 {
            self.layouts.set_inner(self.around(), frame.found);
        }
        Ok(())
    }

    /// An object of the entries from `start` on, if it is known in which order they are.
    #[inline(always)]
    pub(super) fn known_object(&mut self, layout: u16, start: usize) -> Option<Object<'a>> {
        let entries = self.entries.get(start..)?;
        let (order, symbols) = self.layouts.order(layout, entries)?;
        Some(self.make.arranged(entries, order, symbols))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parser;
    use super::{Layouts, MISSED, MOST, Order};
    use crate::value::{Bump, SymbolTable};

    fn read(parser: &mut Parser, text: &str) {
        assert!(parser.parse(&Bump::new(), text.as_bytes(), &SymbolTable::new()).is_ok(), "{text}");
    }

    fn known(Layouts { all, .. }: &Layouts) -> Vec<String> {
        let numbers = all.iter().filter_map(|layout| match &layout.order {
            Order::Known(numbers, _) => Some((&layout.key.key, numbers)),
            _ => None,
        });
        numbers.map(|(key, numbers)| format!("{key} {:?}", &numbers[..3])).collect()
    }

    #[test]
    fn objects_that_are_alike_share_a_layout() {
        let mut parser = Parser::new();
        let text = r#"{"c": 1, "a": {"x": 1}, "b": [{"y": 1}, {"y": 2, "x": 1}, {"z": 1, "z": 2}]}"#;
        read(&mut parser, text);
        assert_eq!(parser.layouts.all.len(), 0);
        read(&mut parser, text);
        let count = parser.layouts.all.len();
        assert_eq!(count, 16 + 3 + 1 + 3 + 1);
        (0..3).for_each(|_| read(&mut parser, text));
        assert_eq!(parser.layouts.all.len(), count);
        assert_eq!(known(&parser.layouts), ["x [0, 1, 2]", "b [1, 2, 0]", "y [0, 1, 2]", "x [1, 0, 2]"]);
        assert_eq!(parser.layouts.all.iter().filter(|layout| matches!(layout.order, Order::Twice)).count(), 1);
        assert_eq!(parser.layouts.missed, 0);
    }

    #[test]
    fn there_is_room_for_few_layouts_and_for_others_later() {
        let mut parser = Parser::new();
        for number in 0..2 * MISSED + 100 {
            read(&mut parser, &format!(r#"{{"a{number}": 1, "x": [{{"y": 1, "b{number}": 1}}]}}"#));
            assert!(parser.layouts.all.len() <= MOST && parser.layouts.missed <= MISSED + 2);
        }
        let text = r#"{"c": 1, "b": 2, "a": 3}"#;
        (0..10).for_each(|_| read(&mut parser, text));
        assert!(known(&parser.layouts).is_empty());
        (0..MISSED + 10).for_each(|_| read(&mut parser, text));
        assert_eq!(known(&parser.layouts), ["a [2, 1, 0]"]);
    }
}
