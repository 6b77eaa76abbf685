//! YAML and JSON text to JSON values with places, read as OPA v1.22.2 reads them.
//!
//! The parser gives events; they become a graph in which an alias is a reference; the graph becomes a value under a
//! budget, so that aliases cannot expand without bound. What a scalar means is in `scalar.rs`. Knows nothing of
//! Kubernetes.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Value};

use crate::document::{Document, Duplicates, Limits, Options, Places, Position, Warning};
use crate::error::{Error, ErrorCode};
use crate::json;
use crate::scalar::{self, Scalar};

/// Reads YAML or JSON as OPA does for `--input` and `--data`, one value for each document of the text.
///
/// OPA uses the first document only; a caller that wants one document should refuse several. An empty text has none.
///
/// ```
/// let values = solon_k8s::yaml::yaml_to_json(b"on: 010\nwhen: 2024-01-01\n---\n- ~\n")?;
/// assert_eq!(values[0].to_string(), r#"{"on":8,"when":"2024-01-01"}"#);
/// assert_eq!(values[1].to_string(), "[null]");
/// # Ok::<(), solon_k8s::Error>(())
/// ```
pub fn yaml_to_json(bytes: &[u8]) -> Result<Vec<Value>, Error> {
    Ok(read_documents(bytes, &Options::opa())?.into_iter().map(Document::into_value).collect())
}

/// Reads YAML or JSON with the place of every field and item, one [`Document`] for each document of the text.
///
/// # Errors
/// Text that is neither YAML nor JSON, has no equal in JSON, or is beyond the limits; always with its place.
pub fn read_documents(bytes: &[u8], options: &Options) -> Result<Vec<Document>, Error> {
    let text = checked_text(bytes, &options.limits)?;
    let first = text.trim_start().bytes().next();
    let json_error = match first {
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => match json::read(text, options) {
            Ok(documents) => return Ok(documents),
            Err(error) if error.code() != ErrorCode::Syntax => return Err(error),
            Err(error) => Some(error),
        },
        _ => None,
    };
    read_yaml(text, options).map_err(|error| match json_error {
        // Of the two readings, the one that came further is what the author meant.
        Some(json_error) if matches!(first, Some(b'{' | b'[')) && json_error.position() > error.position() => {
            json_error
        }
        _ => error,
    })
}

pub(crate) fn checked_text<'t>(bytes: &'t [u8], limits: &Limits) -> Result<&'t str, Error> {
    if bytes.len() > limits.bytes {
        let message = format!("the text has {} bytes, more than the limit of {}", bytes.len(), limits.bytes);
        return Err(Error::new(ErrorCode::Limit, message));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        Error::new(ErrorCode::Encoding, "the text is not UTF-8")
            .at(position_at_end(valid.unwrap_or_default()))
            .hint("save the file as UTF-8")
    })
}

fn position_at_end(text: &str) -> Position {
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { row: small(text.matches('\n').count()).saturating_add(1), col: small(last_line.chars().count() + 1) }
}

pub(crate) fn too_deep(limits: &Limits) -> Error {
    Error::new(ErrorCode::Limit, format!("lists and objects nest deeper than the limit of {}", limits.depth))
}

pub(crate) fn duplicate_key(key: &str) -> Error {
    Error::new(ErrorCode::DuplicateKey, format!("the key `{key}` stands twice in one mapping"))
        .hint("remove or rename one of the two; a reader would silently use only one")
}

/// A character that YAML forbids outright; the parser does not look for all of them.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{fffe}' | '\u{ffff}')
}

fn read_yaml(text: &str, options: &Options) -> Result<Vec<Document>, Error> {
    if let Some(at) = text.find(is_forbidden) {
        return Err(Error::new(ErrorCode::Encoding, "control characters are not allowed in YAML")
            .at(position_at_end(text.get(..at).unwrap_or_default()))
            .hint("write it as an escape in double quotes, for example \"\\x07\""));
    }
    let mut documents = Vec::new();
    let mut graph = Graph::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| scan_error(&error, text))?;
        let at = Position {
            row: u32::try_from(span.start.line()).unwrap_or(u32::MAX),
            col: u32::try_from(span.start.col()).unwrap_or(u32::MAX).saturating_add(1),
        };
        match event {
            Event::DocumentStart(_) => graph = Graph::default(),
            Event::DocumentEnd => documents.push(std::mem::take(&mut graph).document(documents.len(), options)?),
            event => graph.event(event, at, &options.limits).map_err(|error| error.at(at))?,
        }
    }
    Ok(documents)
}

fn scan_error(error: &ScanError, text: &str) -> Error {
    let marker = error.marker();
    let at = Position {
        row: u32::try_from(marker.line()).unwrap_or(u32::MAX),
        col: u32::try_from(marker.col()).unwrap_or(u32::MAX).saturating_add(1),
    };
    let info = error.info();
    let code = match info {
        _ if info.contains("recursion limit") => ErrorCode::Limit,
        _ if info.contains("unknown anchor") => ErrorCode::Alias,
        _ => ErrorCode::Syntax,
    };
    let line = text.lines().nth(marker.line().saturating_sub(1)).unwrap_or_default();
    let indent_has_tab = line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    let here = line.chars().nth(marker.col());
    let error = Error::new(code, info).at(at);
    match here {
        _ if indent_has_tab => error.hint("indent with spaces; YAML does not allow tabs there"),
        Some('@' | '`' | '%') => error.hint("put a value that starts with this character in quotes"),
        _ if info.contains("mapping values") => {
            error.hint("check the indentation, and put a value that contains `: ` in quotes")
        }
        _ if code == ErrorCode::Alias => error.hint("define the anchor with `&name` earlier in the same document"),
        _ => error,
    }
}

/// The nodes of one document by number; an alias is the number of what it stands for.
#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    anchors: HashMap<usize, usize>,
    open: Vec<Open>,
    warnings: Vec<Warning>,
}

struct Node {
    at: Position,
    kind: Kind,
}

enum Kind {
    Scalar(Scalar),
    List(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
    Alias(usize),
}

/// A list or mapping whose end has not been read.
struct Open {
    node: usize,
    key: Option<usize>,
}

impl Graph {
    fn event(&mut self, event: Event<'_>, at: Position, limits: &Limits) -> Result<(), Error> {
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
                let node = self.add(at, Kind::Scalar(scalar));
                self.anchor(anchor, node);
            }
            Event::SequenceStart(anchor, _) => self.start(at, Kind::List(Vec::new()), anchor, limits)?,
            Event::MappingStart(anchor, _) => self.start(at, Kind::Mapping(Vec::new()), anchor, limits)?,
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied().ok_or_else(|| {
                    Error::new(ErrorCode::Alias, "the alias names an anchor of another document")
                        .hint("define the anchor with `&name` earlier in the same document")
                })?;
                if self.open.iter().any(|open| open.node == target) {
                    return Err(Error::new(ErrorCode::Alias, "the anchor's value contains itself"));
                }
                self.add(at, Kind::Alias(target));
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, at: Position, kind: Kind, anchor: usize, limits: &Limits) -> Result<(), Error> {
        if self.open.len() >= limits.depth {
            return Err(too_deep(limits));
        }
        let node = self.add(at, kind);
        self.anchor(anchor, node);
        self.open.push(Open { node, key: None });
        Ok(())
    }

    fn anchor(&mut self, anchor: usize, node: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
    }

    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| {
            open.key.is_none() && matches!(self.nodes.get(open.node), Some(Node { kind: Kind::Mapping(_), .. }))
        })
    }

    fn add(&mut self, at: Position, kind: Kind) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node { at, kind });
        if let Some(open) = self.open.last_mut() {
            match self.nodes.get_mut(open.node).map(|node| &mut node.kind) {
                Some(Kind::List(items)) => items.push(node),
                Some(Kind::Mapping(pairs)) => match open.key.take() {
                    Some(key) => pairs.push((key, node)),
                    None => open.key = Some(node),
                },
                _ => {}
            }
        }
        node
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

    fn document(self, number: usize, options: &Options) -> Result<Document, Error> {
        let mut reader = Expansion { nodes: &self.nodes, options, aliases: 0, spent: 0, warnings: self.warnings };
        // The first node is the document's root: nodes are numbered as they begin.
        let (value, places) = match self.nodes.is_empty() {
            true => (Value::Null, Places::leaf(Position::START)),
            false => reader.value(0, 0)?,
        };
        Ok(Document { value, places, number, warnings: reader.warnings })
    }
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

/// Turns the graph into a value, counting what aliases cost.
struct Expansion<'g> {
    nodes: &'g [Node],
    options: &'g Options,
    aliases: usize,
    spent: usize,
    warnings: Vec<Warning>,
}

/// What a node costs beside its text: a value, its place and its slot in the parent.
const NODE_BYTES: usize = 128;

impl<'g> Expansion<'g> {
    fn node(&self, index: usize) -> Result<&'g Node, Error> {
        self.nodes.get(index).ok_or_else(|| Error::new(ErrorCode::Alias, "the alias leads nowhere"))
    }

    /// The node that an alias stands for; aliases never stand for aliases.
    fn behind_alias(&self, index: usize) -> Result<&'g Node, Error> {
        match self.node(index)? {
            Node { kind: Kind::Alias(target), .. } => self.node(*target),
            node => Ok(node),
        }
    }

    fn spend(&mut self, text: usize, at: Position) -> Result<(), Error> {
        if self.aliases == 0 {
            return Ok(());
        }
        self.spent = self.spent.saturating_add(NODE_BYTES).saturating_add(text);
        if self.spent > self.options.limits.alias_bytes {
            let limit = self.options.limits.alias_bytes;
            return Err(Error::new(ErrorCode::Limit, format!("aliases expand to more than {limit} bytes")).at(at));
        }
        Ok(())
    }

    fn value(&mut self, index: usize, depth: usize) -> Result<(Value, Places), Error> {
        let node = self.node(index)?;
        if depth > self.options.limits.depth {
            return Err(too_deep(&self.options.limits).at(node.at));
        }
        let mut places = Places::leaf(node.at);
        match &node.kind {
            Kind::Scalar(scalar) => {
                self.spend(if let Scalar::Text(text) = scalar { text.len() } else { 0 }, node.at)?;
                let value = scalar.to_value().map_err(|message| {
                    Error::new(ErrorCode::Value, message).at(node.at).hint("put it in quotes if text is meant")
                })?;
                Ok((value, places))
            }
            Kind::Alias(target) => {
                self.aliases += 1;
                let (value, inner) = self.value(*target, depth)?;
                self.aliases -= 1;
                Ok((value, inner))
            }
            Kind::List(items) => {
                self.spend(0, node.at)?;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    let (value, mut child) = self.value(*item, depth + 1)?;
                    child.key = self.node(*item)?.at;
                    values.push(value);
                    places.children.push(child);
                }
                Ok((Value::Array(values), places))
            }
            Kind::Mapping(pairs) => {
                self.spend(0, node.at)?;
                let map = self.mapping(pairs, &mut places, depth)?;
                Ok((Value::Object(map), places))
            }
        }
    }

    fn mapping(
        &mut self,
        pairs: &'g [(usize, usize)],
        places: &mut Places,
        depth: usize,
    ) -> Result<Map<String, Value>, Error> {
        let mut map = Map::new();
        let mut merges = Vec::new();
        for (key, value) in pairs {
            let at = self.node(*key)?.at;
            if matches!(self.node(*key)?.kind, Kind::Scalar(Scalar::Merge)) {
                merges.push(*value);
                continue;
            }
            let key = self.key(*key).map_err(|error| error.at(at))?;
            self.spend(key.len(), at)?;
            let (value, mut child) = self.value(*value, depth + 1)?;
            child.key = at;
            if map.contains_key(&key) {
                if self.options.duplicates == Duplicates::Reject {
                    return Err(duplicate_key(&key).at(at));
                }
                let message = format!("the key `{key}` stands twice in one mapping; the last one counts");
                self.warnings.push(Warning { position: at, message });
                if let Some(slot) = map.keys().position(|known| *known == key).and_then(|i| places.children.get_mut(i))
                {
                    *slot = child;
                }
            } else {
                places.children.push(child);
            }
            map.insert(key, value);
        }
        for source in merges {
            self.merge(source, &mut map, places, depth)?;
        }
        Ok(map)
    }

    fn key(&self, index: usize) -> Result<String, Error> {
        let text = match &self.behind_alias(index)?.kind {
            Kind::Scalar(scalar) => scalar.to_key(),
            _ => return Err(Error::new(ErrorCode::Value, "a key must be text or a number, not a list or a mapping")),
        };
        text.ok_or_else(|| Error::new(ErrorCode::Value, "a key must not be null").hint("put the key in quotes"))
    }

    /// `<<`: fields of the named mappings that the mapping does not have itself; the first source that has one wins.
    fn merge(
        &mut self,
        source: usize,
        map: &mut Map<String, Value>,
        places: &mut Places,
        depth: usize,
    ) -> Result<(), Error> {
        let sources = match &self.node(source)?.kind {
            Kind::List(items) => items.as_slice(),
            _ => &[source],
        };
        for source in sources {
            if !matches!(self.behind_alias(*source)?.kind, Kind::Mapping(_)) {
                return Err(Error::new(ErrorCode::Value, "`<<` merges a mapping or a list of mappings, nothing else")
                    .at(self.node(*source)?.at)
                    .hint("write `<<: *name` where `&name` stands at a mapping"));
            }
            let (value, inner) = self.value(*source, depth)?;
            let Value::Object(fields) = value else { continue };
            for ((key, value), child) in fields.into_iter().zip(inner.children) {
                if !map.contains_key(&key) {
                    map.insert(key, value);
                    places.children.push(child);
                }
            }
        }
        Ok(())
    }
}
