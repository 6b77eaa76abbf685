//! Schemas: definitions of types and directives, and what extends them.

use super::super::lexer::{Kind, Position, Token};
use super::{Parser, Step};
use crate::value::Value;

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

/// A description, and the comment before it.
type Description<'a> = (&'a str, Value<'a>);

impl<'a> Parser<'a> {
    pub(super) fn schema_document(&mut self) -> Step<'a> {
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
