//! One document with the place of everything in it.
//!
//! Takes nothing from files; [`yaml`](crate::yaml) builds it, the other modules read it.

use std::fmt;

use serde_json::Value;

/// A place in a text: row and column, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The row, from 1.
    pub row: u32,
    /// The column, from 1, in characters.
    pub col: u32,
}

impl Position {
    /// The first character of a text.
    pub const START: Position = Position { row: 1, col: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.row, self.col)
    }
}

/// One step of a path into a value: a field of an object or an item of an array.
///
/// ```
/// use solon_k8s::document::{Step, path_text};
/// let path = [Step::from("spec"), "containers".into(), 0.into(), "app.kubernetes.io/name".into()];
/// assert_eq!(path_text(&path), r#"spec.containers[0]["app.kubernetes.io/name"]"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A field by its name.
    Field(String),
    /// An item by its index, from 0.
    Item(usize),
}

impl From<&str> for Step {
    fn from(name: &str) -> Self {
        Step::Field(name.to_owned())
    }
}

impl From<String> for Step {
    fn from(name: String) -> Self {
        Step::Field(name)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Item(index)
    }
}

/// A path as people write it: `spec.containers[0].image`.
pub fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Item(index) => text.push_str(&format!("[{index}]")),
            Step::Field(name) if is_plain_name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Field(name) => text.push_str(&format!("[{}]", Value::from(name.as_str()))),
        }
    }
    text
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Follows a path into a value.
pub fn get<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Field(name) => value.as_object()?.get(name),
        Step::Item(index) => value.as_array()?.get(*index),
    })
}

/// The places of a value: its own and, in the same order as the fields or items, those of what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Places {
    /// Where the key stands, or the value if it is an item or the whole document.
    pub key: Position,
    /// Where the value stands.
    pub value: Position,
    pub children: Vec<Places>,
}

impl Places {
    pub fn leaf(value: Position) -> Self {
        Places { key: value, value, children: Vec::new() }
    }

    /// The deepest place on the path that exists, so that a missing field is shown at what should hold it.
    fn find(&self, value: &Value, path: &[Step]) -> &Places {
        let mut places = self;
        let mut value = Some(value);
        for step in path {
            let child = match (step, value) {
                (Step::Field(name), Some(Value::Object(map))) => {
                    map.iter().enumerate().find(|(_, (key, _))| *key == name).map(|(index, (_, child))| (index, child))
                }
                (Step::Item(index), Some(Value::Array(items))) => items.get(*index).map(|child| (*index, child)),
                _ => None,
            };
            let Some((index, child)) = child else { break };
            let Some(inner) = places.children.get(index) else { break };
            places = inner;
            value = Some(child);
        }
        places
    }
}

/// Something that is allowed but that the author may not have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it is.
    pub position: Position,
    /// What it is and what to write instead.
    pub message: String,
}

/// One document of a stream: its value, its number in the stream from 0, and the place of every field and item.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub(crate) value: Value,
    pub(crate) places: Places,
    pub(crate) number: usize,
    pub(crate) warnings: Vec<Warning>,
}

impl Document {
    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value, without its places.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// The document's number in its file, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What the reader found doubtful.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Where the field (its key) or the item at `path` stands. A path that leads nowhere gives the place of the
    /// deepest field on it that exists.
    ///
    /// ```
    /// use solon_k8s::{document::{Options, Position}, yaml};
    /// let text = b"spec:\n  containers:\n  - name: web\n    image: nginx\n";
    /// let documents = yaml::read_documents(text, &Options::default())?;
    /// let path = ["spec".into(), "containers".into(), 0.into(), "image".into()];
    /// assert_eq!(documents[0].position_of(&path), Position { row: 4, col: 5 });
    /// # Ok::<(), solon_k8s::Error>(())
    /// ```
    pub fn position_of(&self, path: &[Step]) -> Position {
        self.places.find(&self.value, path).key
    }

    /// Where the value at `path` stands, after its key.
    pub fn value_position_of(&self, path: &[Step]) -> Position {
        self.places.find(&self.value, path).value
    }
}

/// How much a reader accepts before it gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The size of the text in bytes: 64 MiB.
    pub bytes: usize,
    /// How deep lists and objects may nest: 500. (YAML's inline `[..]` and `{..}` end at 255.)
    pub depth: usize,
    /// How many bytes aliases may expand to, roughly: 32 MiB.
    pub alias_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 64 << 20, depth: 500, alias_bytes: 32 << 20 }
    }
}

/// What to do about a key that a mapping has twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// An error, as in `kubectl apply` with strict validation: one of the two is a mistake.
    #[default]
    Reject,
    /// The last one counts, as in OPA.
    LastWins,
}

/// How many keys may be looked at to find the places of those that stand twice, so that a hostile text cannot cost
/// its square.
pub(crate) const DUPLICATE_STEPS: usize = 10_000_000;

/// How to read a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How much to accept.
    pub limits: Limits,
    /// What to do about a key that a mapping has twice.
    pub duplicates: Duplicates,
}

impl Options {
    /// Reads as OPA does: of a key that stands twice, the last one counts.
    pub fn opa() -> Self {
        Options { duplicates: Duplicates::LastWins, ..Options::default() }
    }
}
