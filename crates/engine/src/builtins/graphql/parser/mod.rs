//! GraphQL documents to syntax trees, which are values as policies see them.
//!
//! Takes text, gives a tree and where its nodes stand. It must not know what names mean: whether there is such a type
//! or field is for the schema and the validation.
//!
//! A tree has the form that OPA gives: objects named and ordered as there, without what is empty. Comments stand where
//! its parser keeps them.

use crate::builtins::{Failure, stack};
mod queries;
mod schemas;
mod values;

use super::lexer::{Kind, Lexer, Position, Token};
use crate::value::{Bump, Entry, Value};
use std::collections::HashMap;

/// A parsed document.
pub(super) struct Document<'a> {
    pub tree: Value<'a>,
    /// Where the nodes of the tree stand, by their addresses.
    pub positions: HashMap<usize, Position>,
}

/// How deep a document may nest.
const MAX_DEPTH: usize = 300;

/// The numbers of kinds of values in trees.
pub(super) mod kinds {
    pub const VARIABLE: i64 = 0;
    pub const INT: i64 = 1;
    pub const FLOAT: i64 = 2;
    pub const STRING: i64 = 3;
    pub const BLOCK: i64 = 4;
    pub const BOOLEAN: i64 = 5;
    pub const NULL: i64 = 6;
    pub const ENUM: i64 = 7;
    pub const LIST: i64 = 8;
    pub const OBJECT: i64 = 9;
}

/// The address of a node, for [`Document::positions`].
pub(super) fn address(node: &Value<'_>) -> usize {
    node.as_object().map_or(0, |object| object.entries().as_ptr().addr())
}

/// Parses a query.
pub(super) fn parse_query<'a>(arena: &'a Bump, text: &'a str) -> Result<Document<'a>, Failure> {
    Parser::new(arena, text).document(Parser::query_document)
}

/// Parses a schema.
pub(super) fn parse_schema<'a>(arena: &'a Bump, text: &'a str) -> Result<Document<'a>, Failure> {
    Parser::new(arena, text).document(Parser::schema_document)
}

type Step<'a, T = Value<'a>> = Result<T, Failure>;

struct Parser<'a> {
    arena: &'a Bump,
    lexer: Lexer<'a>,
    peeked: Option<Token<'a>>,
    /// The comment before the next token.
    comment: Value<'a>,
    positions: HashMap<usize, Position>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(arena: &'a Bump, text: &'a str) -> Self {
        Parser {
            arena,
            lexer: Lexer::new(arena, text),
            peeked: None,
            comment: Value::Null,
            positions: HashMap::new(),
            depth: 0,
        }
    }

    fn document(mut self, read: impl FnOnce(&mut Self) -> Step<'a>) -> Step<'a, Document<'a>> {
        let tree = read(&mut self)?;
        Ok(Document { tree, positions: self.positions })
    }

    fn peek(&mut self) -> Token<'a> {
        if let Some(token) = self.peeked {
            return token;
        }
        let mut token = self.lexer.next();
        if token.kind == Kind::Comment {
            let mut lines = Vec::new();
            while token.kind == Kind::Comment {
                let text = [(Value::string("Value"), Value::string(token.text))];
                lines.push(Value::new_object(self.arena, &text));
                token = self.lexer.next();
            }
            let list = (Value::string("List"), Value::new_array(self.arena, &lines));
            self.comment = Value::new_object(self.arena, &[list]);
        }
        self.peeked = Some(token);
        token
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.peeked = None;
        self.comment = Value::Null;
        token
    }

    fn is(&mut self, kind: Kind) -> bool {
        self.peek().kind == kind
    }

    fn position(&mut self) -> Position {
        self.peek().position
    }

    fn comment(&mut self) -> Value<'a> {
        self.peek();
        self.comment
    }

    fn error<T>(&self, token: Token<'a>, what: &str) -> Step<'a, T> {
        let (line, column) = token.position;
        Err(Failure::Error(format!("{what} in GraphQL string at location {line}:{column}")))
    }

    fn unexpected_token<T>(&self, token: Token<'a>) -> Step<'a, T> {
        self.error(token, &format!("Unexpected {}", describe(token)))
    }

    fn unexpected<T>(&mut self) -> Step<'a, T> {
        let token = self.peek();
        self.unexpected_token(token)
    }

    fn expect(&mut self, kind: Kind) -> Step<'a, Token<'a>> {
        let token = self.peek();
        if token.kind == kind {
            return Ok(self.next());
        }
        self.error(token, &format!("Expected {}, found {}", kind.text(), token.kind.text()))
    }

    fn expect_keyword(&mut self, word: &str) -> Step<'a, ()> {
        let token = self.peek();
        if token.kind == Kind::Name && token.text == word {
            self.next();
            return Ok(());
        }
        self.error(token, &format!("Expected \"{word}\", found {}", describe(token)))
    }

    fn skip(&mut self, kind: Kind) -> bool {
        let found = self.is(kind);
        if found {
            self.next();
        }
        found
    }

    fn name(&mut self) -> Step<'a> {
        Ok(Value::string(self.expect(Kind::Name)?.text))
    }

    /// Items between marks, at least one; none if the first mark is not there. Gives the comment before the last mark
    /// too.
    fn some(
        &mut self,
        marks: (Kind, Kind),
        mut item: impl FnMut(&mut Self) -> Step<'a>,
    ) -> Step<'a, (Value<'a>, Value<'a>)> {
        if !self.skip(marks.0) {
            return Ok((Value::Null, Value::Null));
        }
        let mut items = Vec::new();
        while !self.is(marks.1) {
            items.push(item(self)?);
        }
        if items.is_empty() {
            let token = self.peek();
            return self.error(token, &format!("expected at least one definition, found {}", token.kind.text()));
        }
        let comment = self.comment();
        self.next();
        Ok((Value::new_array(self.arena, &items), comment))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Step<'a, T>) -> Step<'a, T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::Halt("GraphQL document is nested too deep".into()));
        }
        let result = stack::nested(|| read(self));
        self.depth -= 1;
        result
    }

    /// An object of the parts that are not empty.
    fn node(&mut self, position: Position, parts: &[(&'static str, Value<'a>)]) -> Value<'a> {
        let entries: Vec<Entry<'a>> = parts
            .iter()
            .filter(|(_, value)| !matches!(value, Value::Null) && !value.is_empty())
            .map(|(name, value)| (Value::string(name), *value))
            .collect();
        let node = Value::new_object(self.arena, &entries);
        self.positions.insert(address(&node), position);
        node
    }

    fn list(&self, items: &[Value<'a>]) -> Value<'a> {
        Value::new_array(self.arena, items)
    }
}

/// A token as messages show it: its kind, and its text if it has one.
fn describe(token: Token<'_>) -> String {
    if token.text.is_empty() {
        return token.kind.text().to_owned();
    }
    format!("{} {}", token.kind.text(), Value::string(token.text))
}
