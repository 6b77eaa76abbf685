//! From the parser's events to a document, without recursion: a list or mapping is made when its end is read, an alias
//! is a copy of what was made before. Copies are paid from a budget, so that aliases cannot expand without bound.

use std::collections::HashMap;

use saphyr_parser::{Event, ScalarStyle, Tag};
use serde_json::{Map, Value};

use crate::document::{DUPLICATE_STEPS, Document, Duplicates, Options, Places, Position, Warning};
use crate::error::{Error, ErrorCode};
use crate::scalar::{self, Scalar};
use crate::yaml::{duplicate_key, too_deep, too_many_duplicates};

/// Makes one document.
pub(crate) struct Builder<'o> {
    options: &'o Options,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    root: Option<Made>,
    spent: usize,
    duplicate_steps: usize,
    warnings: Vec<Warning>,
}

/// A list or mapping whose end has not been read.
struct Open {
    anchor: usize,
    at: Position,
    content: Content,
    children: Vec<Places>,
    height: usize,
    cost: usize,
}

enum Content {
    List(Vec<Value>),
    Mapping { map: Map<String, Value>, merges: Vec<(Made, bool)>, key: Option<(Key, Position)> },
}

enum Key {
    Text(String),
    Merge,
}

/// A value that is complete.
#[derive(Clone)]
struct Made {
    value: Value,
    places: Places,
    /// How deep lists and mappings nest in it.
    height: usize,
    /// What a copy costs, in bytes, roughly.
    cost: usize,
}

/// What an anchor stands for; a scalar is kept to become a key or a value.
enum Anchor {
    Scalar(Scalar, Position),
    Made(Made),
}

/// What a node costs beside its text: a value, its place and its slot in the parent.
const NODE_BYTES: usize = 128;

impl<'o> Builder<'o> {
    pub fn new(options: &'o Options) -> Self {
        Builder {
            options,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            spent: 0,
            duplicate_steps: 0,
            warnings: Vec::new(),
        }
    }

    pub fn document(self, number: usize) -> Document {
        let (value, places) = match self.root {
            Some(made) => (made.value, made.places),
            None => (Value::Null, Places::leaf(Position::START)),
        };
        Document { value, places, number, warnings: self.warnings }
    }

    pub fn event(&mut self, event: Event<'_>, at: Position) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let tag = tag.as_deref().and_then(tag_name);
                let scalar = scalar::resolve(&text, plain, tag.as_deref()).map_err(|message| {
                    Error::new(ErrorCode::Value, message).hint("remove the tag or mend the value")
                })?;
                if plain && tag.is_none() && !self.at_key() {
                    self.warn_of_yaml_1_1(&text, at);
                }
                if anchor != 0 {
                    self.spend(NODE_BYTES + text.len())?;
                    self.anchors.insert(anchor, Anchor::Scalar(scalar.clone(), at));
                }
                self.scalar(&scalar, at, at)
            }
            Event::SequenceStart(anchor, _) => self.start(at, Content::List(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => {
                self.start(at, Content::Mapping { map: Map::new(), merges: Vec::new(), key: None }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, at),
            _ => Ok(()),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Error> {
        self.spent = self.spent.saturating_add(bytes);
        let limit = self.options.limits.alias_bytes;
        if self.spent > limit {
            return Err(Error::new(ErrorCode::Limit, format!("anchors and aliases expand to more than {limit} bytes")));
        }
        Ok(())
    }

    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Mapping { key: None, .. }, .. }))
    }

    fn scalar(&mut self, scalar: &Scalar, defined: Position, used: Position) -> Result<(), Error> {
        if let Some(Open { content: Content::Mapping { key: slot @ None, .. }, .. }) = self.open.last_mut() {
            let key = match scalar {
                Scalar::Merge => Key::Merge,
                scalar => Key::Text(scalar.to_key().ok_or_else(|| {
                    Error::new(ErrorCode::Value, "a key must not be null").hint("put the key in quotes")
                })?),
            };
            *slot = Some((key, used));
            return Ok(());
        }
        let value = scalar
            .to_value()
            .map_err(|message| Error::new(ErrorCode::Value, message).hint("put it in quotes if text is meant"))?;
        let cost = NODE_BYTES + value.as_str().map_or(0, str::len);
        self.add(Made { value, places: Places::leaf(defined), height: 0, cost }, used, false)
    }

    fn start(&mut self, at: Position, content: Content, anchor: usize) -> Result<(), Error> {
        if self.at_key() {
            return Err(no_key());
        }
        if self.open.len() >= self.options.limits.depth {
            return Err(too_deep(&self.options.limits));
        }
        self.open.push(Open { anchor, at, content, children: Vec::new(), height: 0, cost: NODE_BYTES });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let mut places = Places { key: open.at, value: open.at, children: open.children };
        let value = match open.content {
            Content::List(items) => Value::Array(items),
            Content::Mapping { mut map, merges, .. } => {
                for (source, alias) in merges {
                    merge(source, alias, &mut map, &mut places)?;
                }
                Value::Object(map)
            }
        };
        let made = Made { value, places, height: open.height + 1, cost: open.cost };
        if open.anchor != 0 {
            self.spend(made.cost)?;
            self.anchors.insert(open.anchor, Anchor::Made(made.clone()));
        }
        self.add(made, open.at, false)
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), Error> {
        let made = match self.anchors.get(&anchor) {
            Some(Anchor::Scalar(scalar, defined)) => {
                let (scalar, defined) = (scalar.clone(), *defined);
                self.spend(NODE_BYTES + if let Scalar::Text(text) = &scalar { text.len() } else { 0 })?;
                return self.scalar(&scalar, defined, at);
            }
            Some(Anchor::Made(made)) => made,
            None if self.open.iter().any(|open| open.anchor == anchor) => {
                return Err(Error::new(ErrorCode::Alias, "the anchor's value contains itself"));
            }
            None => {
                return Err(Error::new(ErrorCode::Alias, "the alias names an anchor of another document")
                    .hint("define the anchor with `&name` earlier in the same document"));
            }
        };
        if self.open.len() + made.height > self.options.limits.depth {
            return Err(too_deep(&self.options.limits));
        }
        let cost = made.cost;
        self.spend(cost)?;
        match self.anchors.get(&anchor) {
            Some(Anchor::Made(made)) => self.add(made.clone(), at, true),
            _ => Ok(()),
        }
    }

    /// Puts a value where it belongs; `used` is where it stands, which for an alias is not where it was defined.
    fn add(&mut self, mut made: Made, used: Position, alias: bool) -> Result<(), Error> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(made);
            return Ok(());
        };
        open.height = open.height.max(made.height);
        open.cost = open.cost.saturating_add(made.cost);
        match &mut open.content {
            Content::List(items) => {
                made.places.key = used;
                items.push(made.value);
                open.children.push(made.places);
            }
            Content::Mapping { map, merges, key } => match key.take() {
                None => return Err(no_key()),
                Some((Key::Merge, _)) => merges.push((made, alias)),
                Some((Key::Text(key), at)) => {
                    open.cost = open.cost.saturating_add(key.len());
                    made.places.key = at;
                    if map.contains_key(&key) {
                        if self.options.duplicates == Duplicates::Reject {
                            return Err(duplicate_key(&key).at(at));
                        }
                        self.duplicate_steps = self.duplicate_steps.saturating_add(map.len());
                        if self.duplicate_steps > DUPLICATE_STEPS {
                            return Err(too_many_duplicates());
                        }
                        let message = format!("the key `{key}` stands twice in one mapping; the last one counts");
                        self.warnings.push(Warning { position: at, message });
                        let known = map.keys().position(|known| *known == key);
                        if let Some(slot) = known.and_then(|index| open.children.get_mut(index)) {
                            *slot = made.places;
                        }
                    } else {
                        open.children.push(made.places);
                    }
                    map.insert(key, made.value);
                }
            },
        }
        Ok(())
    }

    fn warn_of_yaml_1_1(&mut self, text: &str, position: Position) {
        if let Some(boolean) = scalar::yaml_1_1_boolean(text) {
            let message = format!(
                "`{text}` is the string \"{text}\" here and in OPA, but `{boolean}` to kubectl; \
                 write `{boolean}` or put it in quotes"
            );
            self.warnings.push(Warning { position, message });
        }
    }
}

fn no_key() -> Error {
    Error::new(ErrorCode::Value, "a key must be text or a number, not a list or a mapping")
}

/// `<<`: fields that the mapping does not have itself; of several sources the first that has one wins.
fn merge(source: Made, alias: bool, map: &mut Map<String, Value>, places: &mut Places) -> Result<(), Error> {
    let at = source.places.value;
    let wrong = || {
        Error::new(ErrorCode::Value, "`<<` merges a mapping or a list of mappings, nothing else")
            .at(at)
            .hint("write `<<: *name` where `&name` stands at a mapping")
    };
    let sources = match source.value {
        // As in go-yaml, an alias may stand for a mapping but not for the list.
        Value::Array(items) if !alias => items.into_iter().zip(source.places.children).collect(),
        value => vec![(value, source.places)],
    };
    for (source, inner) in sources {
        let Value::Object(fields) = source else { return Err(wrong()) };
        for ((key, value), child) in fields.into_iter().zip(inner.children) {
            if !map.contains_key(&key) {
                map.insert(key, value);
                places.children.push(child);
            }
        }
    }
    Ok(())
}

/// A tag without its prefix; none for the tag `!`, which says nothing.
fn tag_name(tag: &Tag) -> Option<String> {
    let full = format!("{}{}", tag.handle, tag.suffix);
    match full.strip_prefix("tag:yaml.org,2002:") {
        Some(name) => Some(name.to_owned()),
        None if full == "!" => None,
        None => Some(full),
    }
}
