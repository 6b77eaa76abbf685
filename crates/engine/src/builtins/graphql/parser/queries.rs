//! Queries: operations, their selections, and fragments.

use super::super::lexer::Kind;
use super::{Parser, Step};
use crate::value::Value;

impl<'a> Parser<'a> {
    pub(super) fn query_document(&mut self) -> Step<'a> {
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
}
