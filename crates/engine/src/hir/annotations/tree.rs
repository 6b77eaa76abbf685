//! YAML as a tree that knows its lines, for errors that name them.

use crate::builtins::yaml::{Scalar, json_float, resolve};
use crate::hir::{Const, Term};
use hashbrown::HashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

/// How deep a block may nest.
const MAX_DEPTH: usize = 100;

/// How many nodes a block may have once its aliases are written out.
const MAX_NODES: usize = 100_000;

/// A node with its line, from 1.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A scalar; whether it is plain, so that it need not be a string.
    Scalar(String, bool),
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// What a scalar means; `None` for other nodes.
    pub(super) fn scalar(&self) -> Option<(&str, Scalar)> {
        match &self.kind {
            Kind::Scalar(text, true) => Some((text, resolve(text))),
            Kind::Scalar(text, false) => Some((text, Scalar::Text)),
            _ => None,
        }
    }

    /// Whether it is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.scalar(), Some((_, Scalar::Null)))
    }

    /// The text of a scalar that is a string.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self.scalar() {
            Some((text, Scalar::Text | Scalar::Merge)) => Some(text),
            _ => None,
        }
    }

    /// The tag and the text that errors of OPA's YAML library show.
    pub(super) fn shown(&self) -> String {
        let Some((text, meaning)) = self.scalar() else {
            return if matches!(self.kind, Kind::Sequence(_)) { "!!seq" } else { "!!map" }.to_owned();
        };
        let tag = match meaning {
            Scalar::Null => "!!null",
            Scalar::Bool(_) => "!!bool",
            Scalar::Integer(_) => "!!int",
            Scalar::Float(_) => "!!float",
            Scalar::Merge => "!!merge",
            Scalar::Text => "!!str",
        };
        let short: String =
            if text.len() > 10 { text.chars().take(7).chain("...".chars()).collect() } else { text.into() };
        format!("{tag} `{short}`")
    }

    /// The value as a constant term.
    pub(super) fn term(&self) -> Term {
        match &self.kind {
            Kind::Scalar(..) => match self.scalar() {
                Some((_, Scalar::Null)) => Term::Const(Const::Null),
                Some((_, Scalar::Bool(value))) => Term::Const(Const::Bool(value)),
                Some((_, Scalar::Integer(value))) => Term::Const(Const::Number(value.to_string().into())),
                Some((_, Scalar::Float(value))) if value.is_finite() => {
                    Term::Const(Const::Number(json_float(value).into()))
                }
                Some((text, _)) => Term::string(text),
                None => Term::Const(Const::Null),
            },
            Kind::Sequence(items) => Term::Array(items.iter().map(Node::term).collect()),
            Kind::Mapping(entries) => {
                Term::Object(entries.iter().map(|(key, value)| (key.key(), value.term())).collect())
            }
        }
    }

    /// A key is a string, whatever else it could mean.
    fn key(&self) -> Term {
        match &self.kind {
            Kind::Scalar(text, _) => Term::string(text),
            _ => Term::string(""),
        }
    }
}

/// What keeps a text from being YAML.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Reads the first document of a YAML text; `None` if there is none.
pub(super) fn read(text: &str) -> Result<Option<Node>, Wrong> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), left: MAX_NODES, line: 1 };
    let mut root = None;
    while let Some(event) = reader.next()? {
        if matches!(event, Event::DocumentStart(_)) && root.is_none() {
            let event = reader.next()?.unwrap_or(Event::Nothing);
            root = Some(reader.node(event, 0)?);
        }
    }
    Ok(root)
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, (Node, usize)>,
    left: usize,
    line: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<Event<'t>>, Wrong> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(Some(event))
            }
            Some(Err(error)) => Err(Wrong { line: error.marker().line(), message: error.info().to_owned() }),
        }
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Wrong> {
        Err(Wrong { line: self.line, message: message.to_owned() })
    }

    fn take(&mut self, count: usize) -> Result<(), Wrong> {
        match self.left.checked_sub(count) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => self.wrong("document contains excessive aliasing"),
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Node, Wrong> {
        if depth > MAX_DEPTH {
            return self.wrong("exceeded max depth");
        }
        self.take(1)?;
        let (line, left) = (self.line, self.left);
        let (anchor, kind) = match event {
            Event::Alias(anchor) => {
                let Some((node, count)) = self.anchors.get(&anchor).cloned() else {
                    return self.wrong("anchor value contains itself");
                };
                self.take(count)?;
                return Ok(node);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain && tag.is_none();
                (anchor, Kind::Scalar(text.into_owned(), is_plain))
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                while let Some(event) = self.next()?.filter(|event| *event != Event::SequenceEnd) {
                    items.push(self.node(event, depth + 1)?);
                }
                (anchor, Kind::Sequence(items))
            }
            Event::MappingStart(anchor, _) => {
                let mut entries = Vec::new();
                while let Some(event) = self.next()?.filter(|event| *event != Event::MappingEnd) {
                    let key = self.node(event, depth + 1)?;
                    let event = self.next()?.unwrap_or(Event::Nothing);
                    entries.push((key, self.node(event, depth + 1)?));
                }
                (anchor, Kind::Mapping(entries))
            }
            _ => (0, Kind::Scalar(String::new(), true)),
        };
        let node = Node { line, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), left - self.left));
        }
        Ok(node)
    }
}
