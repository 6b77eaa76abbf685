//! GraphQL documents to syntax trees, which are values as policies see them.
//!
//! A tree has the form that OPA gives: objects named and ordered as there, without what is empty. Comments stand where
//! its parser keeps them.

use super::Failure;
use super::graphql_lex::{Kind, Lexer, Position, Token};
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

/// Stack that must be left before nested parts are read, and what is added.
pub(super) const STACK: (usize, usize) = (128 << 10, 1 << 20);

/// Places where directives may stand.
const LOCATIONS: [&str; 19] = [
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];

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

/// A description, and the comment before it.
type Description<'a> = (&'a str, Value<'a>);

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
        let result = stacker::maybe_grow(STACK.0, STACK.1, || read(self));
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

    // Queries.

    fn query_document(&mut self) -> Step<'a> {
        let (mut operations, mut fragments) = (Vec::new(), Vec::new());
        loop {
            let token = self.peek();
            match (token.kind, token.text) {
                (Kind::End, _) => break,
                (Kind::Name, "query" | "mutation" | "subscription") | (Kind::BraceLeft, _) => {
                    operations.push(self.operation()?);
                }
                (Kind::Name, "fragment") => fragments.push(self.fragment_definition()?),
                _ => return self.unexpected(),
            }
        }
        let parts = [("Operations", self.list(&operations)), ("Fragments", self.list(&fragments))];
        Ok(self.node((1, 1), &parts))
    }

    fn operation(&mut self) -> Step<'a> {
        let position = self.position();
        if self.is(Kind::BraceLeft) {
            let selections = self.selection_set()?;
            let parts =
                [("Operation", Value::string("query")), ("Name", Value::string("")), ("SelectionSet", selections)];
            return Ok(self.node(position, &parts));
        }
        let comment = self.comment();
        let operation = Value::string(self.next().text);
        let name = if self.is(Kind::Name) { self.name()? } else { Value::string("") };
        let variables = self.variable_definitions()?;
        let directives = self.directives(false)?;
        let selections = self.selection_set()?;
        Ok(self.node(
            position,
            &[
                ("Operation", operation),
                ("Name", name),
                ("VariableDefinitions", variables),
                ("Directives", directives),
                ("SelectionSet", selections),
                ("Comment", comment),
            ],
        ))
    }

    fn variable_definitions(&mut self) -> Step<'a> {
        Ok(self.some((Kind::ParenthesisLeft, Kind::ParenthesisRight), Self::variable_definition)?.0)
    }

    fn variable_definition(&mut self) -> Step<'a> {
        let (position, comment) = (self.position(), self.comment());
        let variable = self.variable()?;
        self.expect(Kind::Colon)?;
        let kind = self.type_reference()?;
        let default = self.default_value()?;
        let directives = self.directives(false)?;
        Ok(self.node(
            position,
            &[
                ("Variable", variable),
                ("Type", kind),
                ("DefaultValue", default),
                ("Directives", directives),
                ("Used", Value::Bool(false)),
                ("Comment", comment),
            ],
        ))
    }

    fn default_value(&mut self) -> Step<'a> {
        if self.skip(Kind::Equals) { self.value(true) } else { Ok(Value::Null) }
    }

    fn variable(&mut self) -> Step<'a> {
        self.expect(Kind::Dollar)?;
        self.name()
    }

    fn selection_set(&mut self) -> Step<'a> {
        if !self.is(Kind::BraceLeft) {
            let token = self.peek();
            return self.error(token, &format!("Expected {{, found {}", token.kind.text()));
        }
        self.nested(|parser| Ok(parser.some((Kind::BraceLeft, Kind::BraceRight), Self::selection)?.0))
    }

    fn selection(&mut self) -> Step<'a> {
        if self.is(Kind::Spread) {
            return self.fragment();
        }
        let (position, comment) = (self.position(), self.comment());
        let alias = self.name()?;
        let name = if self.skip(Kind::Colon) { self.name()? } else { alias };
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selections = if self.is(Kind::BraceLeft) { self.selection_set()? } else { Value::Null };
        Ok(self.node(
            position,
            &[
                ("Alias", alias),
                ("Name", name),
                ("Arguments", arguments),
                ("Directives", directives),
                ("SelectionSet", selections),
                ("Comment", comment),
            ],
        ))
    }

    fn arguments(&mut self, constant: bool) -> Step<'a> {
        let argument = |parser: &mut Self| parser.argument(constant);
        Ok(self.some((Kind::ParenthesisLeft, Kind::ParenthesisRight), argument)?.0)
    }

    fn argument(&mut self, constant: bool) -> Step<'a> {
        let (position, comment) = (self.position(), self.comment());
        let name = self.name()?;
        self.expect(Kind::Colon)?;
        let value = self.value(constant)?;
        Ok(self.node(position, &[("Name", name), ("Value", value), ("Comment", comment)]))
    }

    fn fragment(&mut self) -> Step<'a> {
        let comment = self.comment();
        self.expect(Kind::Spread)?;
        let token = self.peek();
        if token.kind == Kind::Name && token.text != "on" {
            let name = self.name()?;
            let directives = self.directives(false)?;
            return Ok(self.node(token.position, &[("Name", name), ("Directives", directives), ("Comment", comment)]));
        }
        let mut condition = Value::string("");
        if token.text == "on" {
            self.next();
            condition = self.name()?;
        }
        let directives = self.directives(false)?;
        let selections = self.selection_set()?;
        let parts = [
            ("TypeCondition", condition),
            ("Directives", directives),
            ("SelectionSet", selections),
            ("Comment", comment),
        ];
        Ok(self.node(token.position, &parts))
    }

    fn fragment_definition(&mut self) -> Step<'a> {
        let (position, comment) = (self.position(), self.comment());
        self.expect_keyword("fragment")?;
        if self.peek().text == "on" {
            return self.unexpected();
        }
        let name = self.name()?;
        let variables = self.variable_definitions()?;
        self.expect_keyword("on")?;
        let condition = self.name()?;
        let directives = self.directives(false)?;
        let selections = self.selection_set()?;
        Ok(self.node(
            position,
            &[
                ("Name", name),
                ("VariableDefinition", variables),
                ("TypeCondition", condition),
                ("Directives", directives),
                ("SelectionSet", selections),
                ("Comment", comment),
            ],
        ))
    }

    fn value(&mut self, constant: bool) -> Step<'a> {
        let token = self.peek();
        let kind = match (token.kind, token.text) {
            (Kind::BracketLeft, _) => return self.nested(|parser| parser.list_value(constant)),
            (Kind::BraceLeft, _) => return self.nested(|parser| parser.object_value(constant)),
            (Kind::Dollar, _) if !constant => {
                let name = self.variable()?;
                return Ok(self.value_node(token.position, kinds::VARIABLE, name, &[], Value::Null));
            }
            (Kind::Int, _) => kinds::INT,
            (Kind::Float, _) => kinds::FLOAT,
            (Kind::String, _) => kinds::STRING,
            (Kind::BlockString, _) => kinds::BLOCK,
            (Kind::Name, "true" | "false") => kinds::BOOLEAN,
            (Kind::Name, "null") => kinds::NULL,
            (Kind::Name, _) => kinds::ENUM,
            _ => return self.unexpected(),
        };
        self.next();
        Ok(self.value_node(token.position, kind, Value::string(token.text), &[], Value::Null))
    }

    fn value_node(
        &mut self,
        position: Position,
        kind: i64,
        raw: Value<'a>,
        children: &[Value<'a>],
        comment: Value<'a>,
    ) -> Value<'a> {
        let children = self.list(children);
        self.node(
            position,
            &[
                ("Raw", raw),
                ("Children", children),
                ("Kind", Value::Int(kind)),
                ("ExpectedTypeHasDefault", Value::Bool(false)),
                ("Comment", comment),
            ],
        )
    }

    fn list_value(&mut self, constant: bool) -> Step<'a> {
        let (position, comment) = (self.position(), self.comment());
        self.next();
        let mut items = Vec::new();
        while !self.is(Kind::BracketRight) {
            let value = self.value(constant)?;
            items.push(self.node(position, &[("Name", Value::string("")), ("Value", value)]));
        }
        self.next();
        Ok(self.value_node(position, kinds::LIST, Value::string(""), &items, comment))
    }

    fn object_value(&mut self, constant: bool) -> Step<'a> {
        let (position, comment) = (self.position(), self.comment());
        self.next();
        let mut fields = Vec::new();
        while !self.is(Kind::BraceRight) {
            fields.push(self.argument(constant)?);
        }
        self.next();
        Ok(self.value_node(position, kinds::OBJECT, Value::string(""), &fields, comment))
    }

    fn directives(&mut self, constant: bool) -> Step<'a> {
        let mut directives = Vec::new();
        while self.skip(Kind::At) {
            let position = self.position();
            let name = self.name()?;
            let arguments = self.arguments(constant)?;
            let parts = [("Name", name), ("Arguments", arguments), ("Location", Value::string(""))];
            directives.push(self.node(position, &parts));
        }
        Ok(self.list(&directives))
    }

    fn type_reference(&mut self) -> Step<'a> {
        let (mut name, mut element) = (Value::string(""), Value::Null);
        let mut position = self.position();
        if self.skip(Kind::BracketLeft) {
            position = self.position();
            element = self.nested(Self::type_reference)?;
            self.expect(Kind::BracketRight)?;
        } else {
            name = self.name()?;
        }
        let non_null = Value::Bool(self.skip(Kind::Bang));
        Ok(self.node(position, &[("NamedType", name), ("Elem", element), ("NonNull", non_null)]))
    }

    // Schemas.

    fn schema_document(&mut self) -> Step<'a> {
        let (mut schemas, mut schema_extensions, mut directives) = (Vec::new(), Vec::new(), Vec::new());
        let (mut definitions, mut extensions) = (Vec::new(), Vec::new());
        while !self.is(Kind::End) {
            let (description, described) = self.description();
            let token = self.peek();
            if token.kind != Kind::Name {
                return self.unexpected();
            }
            match token.text {
                "scalar" | "type" | "interface" | "union" | "enum" | "input" => {
                    let comment = self.comment();
                    definitions.push(self.definition(description, comment, false)?);
                }
                "schema" => {
                    let comment = self.comment();
                    schemas.push(self.schema(description, comment)?);
                }
                "directive" => directives.push(self.directive_definition(description)?),
                "extend" => {
                    if let Some(token) = described.filter(|token| !token.text.is_empty()) {
                        return self.unexpected_token(token);
                    }
                    let comment = self.comment();
                    self.next();
                    if self.peek().text == "schema" {
                        let extension = self.schema(("", Value::Null), comment)?;
                        if extension.field("Directives").or(extension.field("OperationTypes")).is_none() {
                            return self.unexpected();
                        }
                        schema_extensions.push(extension);
                    } else {
                        extensions.push(self.definition(("", Value::Null), comment, true)?);
                    }
                }
                _ => return self.unexpected(),
            }
        }
        let comment = self.comment();
        let parts = [
            ("Schema", self.list(&schemas)),
            ("SchemaExtension", self.list(&schema_extensions)),
            ("Directives", self.list(&directives)),
            ("Definitions", self.list(&definitions)),
            ("Extensions", self.list(&extensions)),
            ("Comment", comment),
        ];
        Ok(self.node((1, 1), &parts))
    }

    /// A description, empty if there is none, and its token.
    fn description(&mut self) -> (Description<'a>, Option<Token<'a>>) {
        if !matches!(self.peek().kind, Kind::String | Kind::BlockString) {
            return (("", Value::Null), None);
        }
        let comment = self.comment();
        let token = self.next();
        ((token.text, comment), Some(token))
    }

    fn schema(&mut self, description: Description<'a>, comment: Value<'a>) -> Step<'a> {
        self.expect_keyword("schema")?;
        let position = self.position();
        let directives = self.directives(true)?;
        let (operations, end) = self.some((Kind::BraceLeft, Kind::BraceRight), |parser| {
            let (position, comment) = (parser.position(), parser.comment());
            let operation = parser.next();
            if !matches!(operation.text, "query" | "mutation" | "subscription") {
                return parser.unexpected_token(operation);
            }
            parser.expect(Kind::Colon)?;
            let kind = parser.name()?;
            let operation = Value::string(operation.text);
            Ok(parser.node(position, &[("Operation", operation), ("Type", kind), ("Comment", comment)]))
        })?;
        Ok(self.node(
            position,
            &[
                ("Description", Value::string(description.0)),
                ("Directives", directives),
                ("OperationTypes", operations),
                ("BeforeDescriptionComment", description.1),
                ("AfterDescriptionComment", comment),
                ("EndOfDefinitionComment", end),
            ],
        ))
    }

    /// A type, or what extends one.
    fn definition(&mut self, description: Description<'a>, comment: Value<'a>, extends: bool) -> Step<'a> {
        let kind = match self.peek().text {
            "scalar" => "SCALAR",
            "type" => "OBJECT",
            "interface" => "INTERFACE",
            "union" => "UNION",
            "enum" => "ENUM",
            "input" => "INPUT_OBJECT",
            _ => return self.unexpected(),
        };
        self.next();
        let position = self.position();
        let name = self.name()?;
        let implements = kind == "OBJECT" || (kind == "INTERFACE" && !extends);
        let interfaces = if implements { self.interfaces()? } else { Value::Null };
        let directives = self.directives(kind != "INPUT_OBJECT" || !extends)?;
        let braces = (Kind::BraceLeft, Kind::BraceRight);
        let (mut fields, mut types, mut values, mut end) = (Value::Null, Value::Null, Value::Null, Value::Null);
        match kind {
            "OBJECT" | "INTERFACE" => (fields, end) = self.some(braces, |parser| parser.field(true))?,
            "INPUT_OBJECT" => (fields, end) = self.some(braces, |parser| parser.field(false))?,
            "UNION" => types = self.members()?,
            "ENUM" => (values, end) = self.some(braces, Self::enum_value)?,
            _ => {}
        }
        let is_empty = |part: &Value<'a>| matches!(part, Value::Null) || part.is_empty();
        if extends && [interfaces, directives, fields, types, values].iter().all(is_empty) {
            return self.unexpected();
        }
        Ok(self.node(
            position,
            &[
                ("Kind", Value::string(kind)),
                ("Description", Value::string(description.0)),
                ("Name", name),
                ("Directives", directives),
                ("Interfaces", interfaces),
                ("Fields", fields),
                ("Types", types),
                ("EnumValues", values),
                ("BuiltIn", Value::Bool(false)),
                ("BeforeDescriptionComment", description.1),
                ("AfterDescriptionComment", comment),
                ("EndOfDefinitionComment", end),
            ],
        ))
    }

    fn interfaces(&mut self) -> Step<'a> {
        if self.peek().text != "implements" {
            return Ok(Value::Null);
        }
        self.next();
        self.names(Kind::Ampersand)
    }

    fn members(&mut self) -> Step<'a> {
        if self.skip(Kind::Equals) { self.names(Kind::Pipe) } else { Ok(Value::Null) }
    }

    /// Names with a mark between them, which may also stand before the first.
    fn names(&mut self, mark: Kind) -> Step<'a> {
        self.skip(mark);
        let mut names = vec![self.name()?];
        while self.skip(mark) {
            names.push(self.name()?);
        }
        Ok(self.list(&names))
    }

    /// The start of something with a description: both comments, the description and the position.
    fn head(&mut self) -> (Value<'a>, Value<'a>, Value<'a>, Position) {
        let ((text, before), _) = self.description();
        let before = if text.is_empty() { Value::Null } else { before };
        let after = self.comment();
        (Value::string(text), before, after, self.position())
    }

    /// A field; those of output types have arguments, those of input types defaults.
    fn field(&mut self, output: bool) -> Step<'a> {
        let (description, before, after, position) = self.head();
        let name = self.name()?;
        let marks = (Kind::ParenthesisLeft, Kind::ParenthesisRight);
        let arguments = if output { self.some(marks, |parser| parser.field(false))?.0 } else { Value::Null };
        self.expect(Kind::Colon)?;
        let kind = self.type_reference()?;
        let default = if output { Value::Null } else { self.default_value()? };
        let directives = self.directives(true)?;
        Ok(self.node(
            position,
            &[
                ("Description", description),
                ("Name", name),
                ("Arguments", arguments),
                ("DefaultValue", default),
                ("Type", kind),
                ("Directives", directives),
                ("BeforeDescriptionComment", before),
                ("AfterDescriptionComment", after),
            ],
        ))
    }

    fn enum_value(&mut self) -> Step<'a> {
        let (description, before, after, position) = self.head();
        let name = self.name()?;
        let directives = self.directives(true)?;
        Ok(self.node(
            position,
            &[
                ("Description", description),
                ("Name", name),
                ("Directives", directives),
                ("BeforeDescriptionComment", before),
                ("AfterDescriptionComment", after),
            ],
        ))
    }

    fn directive_definition(&mut self, description: Description<'a>) -> Step<'a> {
        let comment = self.comment();
        self.next();
        self.expect(Kind::At)?;
        let position = self.position();
        let name = self.name()?;
        let marks = (Kind::ParenthesisLeft, Kind::ParenthesisRight);
        let arguments = self.some(marks, |parser| parser.field(false))?.0;
        let repeatable = self.peek().kind == Kind::Name && self.peek().text == "repeatable";
        if repeatable {
            self.next();
        }
        self.expect_keyword("on")?;
        self.skip(Kind::Pipe);
        let mut locations = Vec::new();
        loop {
            let location = self.expect(Kind::Name)?;
            if !LOCATIONS.contains(&location.text) {
                return self.unexpected_token(location);
            }
            locations.push(Value::string(location.text));
            if !self.skip(Kind::Pipe) {
                break;
            }
        }
        let locations = self.list(&locations);
        Ok(self.node(
            position,
            &[
                ("Description", Value::string(description.0)),
                ("Name", name),
                ("Arguments", arguments),
                ("Locations", locations),
                ("IsRepeatable", Value::Bool(repeatable)),
                ("BeforeDescriptionComment", description.1),
                ("AfterDescriptionComment", comment),
            ],
        ))
    }
}

/// A token as messages show it: its kind, and its text if it has one.
fn describe(token: Token<'_>) -> String {
    if token.text.is_empty() {
        return token.kind.text().to_owned();
    }
    format!("{} {}", token.kind.text(), Value::string(token.text))
}
