//! What queries and schemas both write: values, arguments, directives and references to types.

use super::super::lexer::{Kind, Position};
use super::{Parser, Step, kinds};
use crate::value::Value;

impl<'a> Parser<'a> {
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

    pub(super) fn default_value(&mut self) -> Step<'a> {
        if self.skip(Kind::Equals) { self.value(true) } else { Ok(Value::Null) }
    }

    pub(super) fn variable(&mut self) -> Step<'a> {
        self.expect(Kind::Dollar)?;
        self.name()
    }

    pub(super) fn arguments(&mut self, constant: bool) -> Step<'a> {
        let argument = |parser: &mut Self| parser.argument(constant);
        Ok(self.some((Kind::ParenthesisLeft, Kind::ParenthesisRight), argument)?.0)
    }

    pub(super) fn argument(&mut self, constant: bool) -> Step<'a> {
        let (position, comment) = (self.position(), self.comment());
        let name = self.name()?;
        self.expect(Kind::Colon)?;
        let value = self.value(constant)?;
        Ok(self.node(position, &[("Name", name), ("Value", value), ("Comment", comment)]))
    }

    pub(super) fn directives(&mut self, constant: bool) -> Step<'a> {
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

    pub(super) fn type_reference(&mut self) -> Step<'a> {
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
}
