//! Which parts of a text are wanted.

use super::super::Symbol;

/// The parts of a JSON text that somebody will look at. The parser builds those, and checks the rest without building
/// it: an entry that nobody asks for is left out, and a collection of which only the type matters becomes an empty
/// one. Scalars always are what they were.
///
/// It is a graph: what is wanted of a value's parts is a number of another node.
#[derive(Clone, Debug)]
pub struct Projection {
    nodes: Vec<Wanted>,
}

/// What is wanted of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Projection {
    /// Everything.
    pub const ALL: &'static Projection = &Projection { nodes: Vec::new() };

    /// A projection of these nodes, of which the first is for the whole text.
    pub fn new(nodes: Vec<Wanted>) -> Self {
        Projection { nodes }
    }

    /// What a node wants. A number without a node wants everything.
    #[inline]
    pub(super) fn wanted(&self, node: u32) -> &Wanted {
        self.nodes.get(node as usize).unwrap_or(&Wanted::All)
    }

    /// Of an array of which a node wants something: what is wanted of its items, where there is no node everything.
    /// `None` if they are not wanted.
    pub(in crate::value) fn item(&self, node: u32) -> Option<Option<u32>> {
        match self.wanted(node) {
            Wanted::All => Some(None),
            Wanted::Elements(element) | Wanted::Lookups(element) => Some(Some(*element)),
            Wanted::Kind | Wanted::Fields(_) => None,
        }
    }

    /// The same of an object's entry.
    pub(in crate::value) fn entry(&self, node: u32, key: &str) -> Option<Option<u32>> {
        match self.wanted(node) {
            Wanted::All => Some(None),
            Wanted::Elements(element) | Wanted::Lookups(element) => Some(Some(*element)),
            Wanted::Kind => None,
            Wanted::Fields(fields) => field(fields, key).map(|field| Some(field.wanted)),
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
