//! Which parts of a text are wanted.

use super::super::Symbol;
use super::scan::needs_escapes;

/// The parts of a JSON text that somebody will look at. The parser builds those, and checks the rest without building
/// it: an entry that nobody asks for is left out, and a collection of which only the type matters becomes an empty
/// one. Scalars always are what they were.
///
/// It is a graph: what is wanted of a value's parts is a number of another node.
#[derive(Clone, Debug)]
pub struct Projection {
    nodes: Vec<Wanted>,
    /// For each node what the parser does.
    steps: Vec<Step>,
    /// The names of nodes of few fields.
    names: Vec<Name>,
}

/// What the parser does where a node is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// It reads everything.
    All,
    /// It reads scalars.
    Kind,
    /// It reads elements, of which a node is wanted.
    Elements(u32),
    /// It reads an array's items, and leaves an object's entries for later.
    Lookups(u32),
    /// It reads the entries of an object whose keys are among these names, from the first one up to the second.
    Names(u32, u32),
    /// It reads those that are among the node's many fields.
    Fields,
}

/// A field, as the parser looks for it in the text.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// The first bytes of the key and the quote behind it, and which of their bits count: there may be fewer.
    start: u64,
    mask: u64,
    /// The last bytes of these, if there are more.
    end: u64,
    pub(super) key: Box<str>,
    pub(super) symbol: Symbol,
    pub(super) wanted: u32,
}

/// So many bytes are looked at at least.
pub(super) const NEAR: usize = 9;

impl Name {
    pub(super) fn new(key: &str, symbol: Symbol, wanted: u32) -> Self {
        let bytes: Vec<u8> = key.bytes().chain([b'"']).collect();
        let word = |bytes: &mut dyn Iterator<Item = u8>| {
            bytes.zip(0..8).fold(0, |word, (byte, at)| word | u64::from(byte) << (8 * at))
        };
        let start = word(&mut bytes.iter().copied());
        let mask = word(&mut bytes.iter().map(|_| u8::MAX));
        let end = word(&mut bytes.iter().skip(bytes.len().saturating_sub(8)).copied());
        Name { start, mask, end, key: key.into(), symbol, wanted }
    }

    /// Whether a text begins with a quote, the key and a quote. (Of less than [`NEAR`] bytes it may be said that it does
    /// not.)
    #[inline(always)]
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        let Some([b'"', first @ ..]) = text.first_chunk::<NEAR>() else { return false };
        if (u64::from_le_bytes(*first) ^ self.start) & self.mask != 0 {
            return false;
        }
        self.key.len() < 8 || self.goes_on(text)
    }

    #[inline]
    fn goes_on(&self, text: &[u8]) -> bool {
        let key = self.key.as_bytes();
        let end = text.get(key.len() - 6..).and_then(|rest| rest.first_chunk());
        end.is_some_and(|end| u64::from_le_bytes(*end) == self.end)
            && (key.len() < 16 || text.get(1..=key.len()) == Some(key))
    }
}

/// What is wanted of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// Everything.
    All,
    /// Its type; all of it if it is a scalar.
    Kind,
    /// The same of each element; all keys if it is an object.
    Elements(u32),
    /// The same of each element; but nobody looks at an object otherwise than for single keys, and whoever does can read
    /// what stands there then.
    Lookups(u32),
    /// Entries under these keys, if it is an object; otherwise its type. Sorted by key.
    Fields(Vec<Field>),
}

/// An entry that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub key: Box<str>,
    /// Its symbol.
    pub symbol: Symbol,
    /// What is wanted of the value: a node's number.
    pub wanted: u32,
}

/// Up to this many fields are compared one by one.
const FEW: usize = 8;

/// Up to this many fields of an object have places of their own while it is read.
const NAMES: usize = 16;

impl Projection {
    /// Everything.
    pub const ALL: &'static Projection = &Projection { nodes: Vec::new(), steps: Vec::new(), names: Vec::new() };

    /// A projection of these nodes, of which the first is for the whole text.
    pub fn new(nodes: Vec<Wanted>) -> Self {
        let mut names = Vec::new();
        let step = |wanted: &Wanted| match wanted {
            Wanted::All => Step::All,
            Wanted::Kind => Step::Kind,
            Wanted::Elements(element) => Step::Elements(*element),
            Wanted::Lookups(element) => Step::Lookups(*element),
            // A key that is written with escapes is no part of the text.
            Wanted::Fields(fields) if fields.len() > NAMES || fields.iter().any(|field| needs_escapes(&field.key)) => {
                Step::Fields
            }
            Wanted::Fields(fields) => {
                let first = names.len() as u32;
                names.extend(fields.iter().map(|field| Name::new(&field.key, field.symbol, field.wanted)));
                Step::Names(first, names.len() as u32)
            }
        };
        let steps = nodes.iter().map(step).collect();
        Projection { nodes, steps, names }
    }

    /// What the parser does where a node is wanted.
    #[inline(always)]
    pub(super) fn step(&self, node: u32) -> Step {
        self.steps.get(node as usize).copied().unwrap_or(Step::All)
    }

    /// Some of the names.
    pub(super) fn names(&self, first: u32, end: u32) -> &[Name] {
        self.names.get(first as usize..end as usize).unwrap_or_default()
    }

    /// A node's fields.
    pub(super) fn fields(&self, node: u32) -> &[Field] {
        match self.wanted(node) {
            Wanted::Fields(fields) => fields,
            _ => &[],
        }
    }

    /// What a node wants. A number without a node wants everything.
    #[inline]
    fn wanted(&self, node: u32) -> &Wanted {
        self.nodes.get(node as usize).unwrap_or(&Wanted::All)
    }

    /// The number of no node.
    pub(in crate::value) const EVERYTHING: u32 = u32::MAX;

    /// Of an array of which a node wants something: what is wanted of its items, if they are wanted.
    #[inline]
    pub(in crate::value) fn item(&self, node: u32) -> Option<u32> {
        match self.wanted(node) {
            Wanted::All => Some(Self::EVERYTHING),
            Wanted::Elements(element) | Wanted::Lookups(element) => Some(*element),
            Wanted::Kind | Wanted::Fields(_) => None,
        }
    }

    /// The same of an object's entry.
    pub(in crate::value) fn entry(&self, node: u32, key: &str) -> Option<u32> {
        match self.wanted(node) {
            Wanted::All => Some(Self::EVERYTHING),
            Wanted::Elements(element) | Wanted::Lookups(element) => Some(*element),
            Wanted::Kind => None,
            Wanted::Fields(fields) => field(fields, key).map(|field| field.wanted),
        }
    }

    /// The same, with the key's symbol where that is known.
    #[inline]
    pub(in crate::value) fn named_entry(&self, node: u32, key: &str) -> Option<(u32, Option<Symbol>)> {
        match self.wanted(node) {
            Wanted::Fields(fields) => field(fields, key).map(|field| (field.wanted, Some(field.symbol))),
            _ => self.entry(node, key).map(|wanted| (wanted, None)),
        }
    }

    /// How many entries of an object with `count` are wanted at most.
    #[inline]
    pub(in crate::value) fn entries_of(&self, node: u32, count: usize) -> usize {
        match self.wanted(node) {
            Wanted::All | Wanted::Elements(_) | Wanted::Lookups(_) => count,
            Wanted::Kind => 0,
            Wanted::Fields(fields) => count.min(fields.len()),
        }
    }
}

/// The entry that is wanted under a key.
#[inline]
pub(super) fn field<'p>(fields: &'p [Field], key: &str) -> Option<&'p Field> {
    if fields.len() <= FEW {
        return fields.iter().find(|field| *field.key == *key);
    }
    let at = fields.binary_search_by(|field| (*field.key).cmp(key)).ok()?;
    fields.get(at)
}

/// Prints the paths: `review.object.spec: *`, where `*` is everything, `type` the type alone, `[_]` any element, `[key]`
/// one that is looked up.
impl std::fmt::Display for Projection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut waiting = vec![(0, String::from("input"), Vec::new())];
        while let Some((node, path, above)) = waiting.pop() {
            let mut below = |wanted: u32, step: &str| {
                let above: Vec<u32> = above.iter().copied().chain([node]).collect();
                waiting.push((wanted, format!("{path}{step}"), above));
            };
            match self.wanted(node) {
                Wanted::All => writeln!(out, "{path}: *")?,
                Wanted::Kind => writeln!(out, "{path}: type")?,
                _ if above.contains(&node) => writeln!(out, "{path}: ...")?,
                Wanted::Elements(element) => below(*element, "[_]"),
                Wanted::Lookups(element) => below(*element, "[key]"),
                Wanted::Fields(fields) => {
                    fields.iter().rev().for_each(|field| below(field.wanted, &format!(".{}", field.key)));
                }
            }
        }
        Ok(())
    }
}
