//! Rules of fields.

use super::super::parser::address;
use super::super::schema::{Definition, items, named, text, type_of, type_text};
use super::{Done, Place, Selection, Walker};
use crate::builtins::{Failure, stack};
use crate::value::Value;
use std::collections::HashSet;

impl<'s, 'a> Walker<'s, 'a> {
    pub(super) fn field(&mut self, parent: Option<&'s Definition<'a>>, field: &Value<'a>) -> Done {
        self.step()?;
        let name = text(field, "Name");
        let definition = match name {
            "__typename" => Some(self.schema.type_name),
            name => parent.and_then(|parent| parent.field(name)),
        };
        self.places.insert(address(field), Place { parent, definition });
        let kind = definition.as_ref().and_then(|definition| self.schema.type_of(&type_of(definition)));
        let defined = definition.as_ref().map_or([].as_slice(), |definition| items(definition, "Arguments"));
        let (arguments, selections) = (items(field, "Arguments"), items(field, "SelectionSet"));
        self.arguments(arguments, defined)?;
        self.directives(items(field, "Directives"), "FIELD")?;
        self.selections(kind, selections)?;

        if let (Some(parent), None) = (parent, definition) {
            self.error(field, format!("Cannot query field \"{name}\" on type \"{}\".", parent.name));
        }
        if let (Some(parent), Some(_)) = (parent, definition) {
            for argument in arguments.iter().filter(|argument| named(defined, text(argument, "Name")).is_none()) {
                let argument = text(argument, "Name");
                let message = format!("Unknown argument \"{argument}\" on field \"{}.{name}\".", parent.name);
                self.error(field, message);
            }
        }
        if matches!(name, "__schema" | "__type") && self.is_too_deep(field, &mut HashSet::new(), 0)? {
            self.error(field, "Maximum introspection depth exceeded");
        }
        if self.operation.is_some() {
            self.conflicts(field)?;
        }
        self.required_arguments(field, &format!("Field \"{name}\""), arguments, defined);
        if let (Some(definition), Some(kind)) = (definition, kind) {
            if kind.is_leaf() && !selections.is_empty() {
                let message = format!(
                    "Field \"{name}\" must not have a selection since type \"{}\" has no subfields.",
                    kind.name
                );
                self.error(field, message);
            }
            if !kind.is_leaf() && selections.is_empty() {
                let kind = type_text(&type_of(&definition));
                let message = format!(
                    "Field \"{name}\" of type \"{kind}\" must have a selection of subfields. Did you mean \"{name} {{ \
                     ... }}\"?"
                );
                self.error(field, message);
            }
        }
        self.unique_arguments(arguments);
        Ok(())
    }

    /// Whether lists of the introspection nest three deep in a field or fragment.
    fn is_too_deep(&mut self, node: &Value<'a>, within: &mut HashSet<&'a str>, depth: usize) -> Result<bool, Failure> {
        self.step()?;
        let is_field = matches!(self.source.selection(node), Selection::Field);
        let is_list = matches!(text(node, "Name"), "fields" | "interfaces" | "possibleTypes" | "inputFields");
        let depth = depth + usize::from(is_field && is_list);
        if depth >= 3 {
            return Ok(true);
        }
        for selection in items(node, "SelectionSet") {
            let name = text(selection, "Name");
            let spread = matches!(self.source.selection(selection), Selection::Spread);
            let next = match self.source.fragments.get(name) {
                _ if !spread => *selection,
                Some(fragment) if within.insert(name) => *fragment,
                _ => continue,
            };
            let deep = stack::nested(|| {
                if spread {
                    self.is_fragment_too_deep(&next, within, depth)
                } else {
                    self.is_too_deep(&next, within, depth)
                }
            })?;
            if spread {
                within.remove(name);
            }
            if deep {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same for a fragment, whose own name does not count.
    fn is_fragment_too_deep(
        &mut self,
        fragment: &Value<'a>,
        within: &mut HashSet<&'a str>,
        depth: usize,
    ) -> Result<bool, Failure> {
        for selection in items(fragment, "SelectionSet") {
            let name = text(selection, "Name");
            let deep = match self.source.selection(selection) {
                Selection::Spread => match self.source.fragments.get(name).copied() {
                    Some(next) if within.insert(name) => {
                        let deep = stack::nested(|| self.is_fragment_too_deep(&next, within, depth))?;
                        within.remove(name);
                        deep
                    }
                    _ => false,
                },
                _ => stack::nested(|| self.is_too_deep(selection, within, depth))?,
            };
            if deep {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
