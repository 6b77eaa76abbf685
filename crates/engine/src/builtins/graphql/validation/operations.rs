//! Rules of operations and their variables.

use super::super::parser::address;
use super::super::schema::{base_name, items, text, type_of, type_text};
use super::{Done, Expected, Selection, Walker};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

impl<'s, 'a> Walker<'s, 'a> {
    pub(super) fn walk_operation(&mut self, operation: &Value<'a>) -> Done {
        self.operation = Some(*operation);
        self.variables.clear();
        let variables = items(operation, "VariableDefinitions");
        for variable in variables {
            self.variables.entry(text(variable, "Variable")).or_insert(*variable);
            let name = base_name(&type_of(variable));
            if !self.schema.types.contains_key(name) {
                self.error(variable, format!("Unknown type \"{name}\"."));
            }
        }
        for variable in variables {
            if let Some(default) = variable.field("DefaultValue") {
                let kind = type_of(variable);
                let definition = self.schema.type_of(&kind);
                self.value(&default, Expected { kind: Some(kind), has_default: false, definition })?;
            }
            self.directives(items(variable, "Directives"), "VARIABLE_DEFINITION")?;
        }
        let name = text(operation, "Operation");
        let location = match name {
            "mutation" => "MUTATION",
            "subscription" => "SUBSCRIPTION",
            _ => "QUERY",
        };
        self.directives(items(operation, "Directives"), location)?;
        self.selections(self.schema.root(name), items(operation, "SelectionSet"))
    }

    pub(super) fn check_operation(
        &mut self,
        operation: &Value<'a>,
        count: usize,
        names: &mut HashSet<&'a str>,
    ) -> Done {
        let (kind, name) = (text(operation, "Operation"), text(operation, "Name"));
        if self.schema.root(kind).is_none() {
            self.error(operation, format!("Schema does not support operation type \"{kind}\""));
        }
        if name.is_empty() && count > 1 {
            self.error(operation, "This anonymous operation must be the only defined operation.");
        }
        let variables = items(operation, "VariableDefinitions");
        for variable in variables {
            if !self.used.contains(&address(variable)) {
                let within = if name.is_empty() { String::new() } else { format!(" in operation \"{name}\"") };
                let variable_name = text(variable, "Variable");
                self.error(variable, format!("Variable \"${variable_name}\" is never used{within}."));
            }
        }
        self.conflicts(operation)?;
        if kind == "subscription" && self.schema.root(kind).is_some() {
            self.single_field(operation, name)?;
        }
        if !names.insert(name) {
            self.error(operation, format!("There can be only one operation named \"{name}\"."));
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for variable in variables {
            let variable_name = text(variable, "Variable");
            let times = seen.entry(variable_name).or_default();
            // Told once, however many there are.
            if *times == 1 {
                self.error(variable, format!("There can be only one variable named \"${variable_name}\"."));
            }
            *times += 1;
        }
        for variable in variables {
            let kind = type_of(variable);
            if self.schema.type_of(&kind).is_some_and(|definition| !definition.is_input()) {
                let (name, kind) = (text(variable, "Variable"), type_text(&kind));
                self.error(variable, format!("Variable \"${name}\" cannot be non-input type \"{kind}\"."));
            }
        }
        Ok(())
    }

    fn single_field(&mut self, operation: &Value<'a>, name: &str) -> Done {
        let mut fields: Vec<Value<'a>> = Vec::new();
        let (mut names, mut spread) = (HashSet::new(), HashSet::new());
        let mut rest: Vec<Value<'a>> = items(operation, "SelectionSet").iter().rev().copied().collect();
        while let Some(selection) = rest.pop() {
            self.step()?;
            let within = match self.source.selection(&selection) {
                Selection::Field => {
                    if names.insert(text(&selection, "Name")) {
                        fields.push(selection);
                    }
                    continue;
                }
                Selection::Inline => Some(selection),
                Selection::Spread => {
                    let fragment = text(&selection, "Name");
                    self.source.fragments.get(fragment).copied().filter(|_| spread.insert(fragment))
                }
            };
            rest.extend(within.iter().flat_map(|within| items(within, "SelectionSet")).rev());
        }
        let name = if name.is_empty() { "Anonymous Subscription".into() } else { format!("Subscription \"{name}\"") };
        if let Some(second) = fields.get(1) {
            self.error(second, format!("{name} must select only one top level field."));
        }
        for field in fields.iter().filter(|field| text(field, "Name").starts_with("__")) {
            self.error(field, format!("{name} must not select an introspection top level field."));
        }
        Ok(())
    }
}
