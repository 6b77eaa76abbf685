//! Rules of arguments and directives.

use super::super::parser::kinds;
use super::super::schema::{flag, is_required, items, named, text, type_of, type_text, value_kind};
use super::{Done, Expected, Walker};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

impl<'s, 'a> Walker<'s, 'a> {
    pub(super) fn directives(&mut self, directives: &[Value<'a>], location: &str) -> Done {
        for directive in directives {
            self.step()?;
            let name = text(directive, "Name");
            let definition = self.schema.directives.get(name).copied();
            let (arguments, defined) = (
                items(directive, "Arguments"),
                definition.as_ref().map_or([].as_slice(), |definition| items(definition, "Arguments")),
            );
            self.arguments(arguments, defined)?;
            let Some(definition) = definition else {
                self.error(directive, format!("Unknown directive \"@{name}\"."));
                self.unique_arguments(arguments);
                continue;
            };
            for argument in arguments.iter().filter(|argument| named(defined, text(argument, "Name")).is_none()) {
                let argument = text(argument, "Name");
                self.error(directive, format!("Unknown argument \"{argument}\" on directive \"@{name}\"."));
            }
            if !items(&definition, "Locations").iter().any(|known| known.as_str() == Some(location)) {
                self.error(directive, format!("Directive \"@{name}\" may not be used on {location}."));
            }
            self.required_arguments(directive, &format!("Directive \"@{name}\""), arguments, defined);
            self.unique_arguments(arguments);
        }
        let mut seen = HashSet::new();
        for directive in directives {
            let name = text(directive, "Name");
            let repeatable = self.schema.directives.get(name).is_some_and(|found| flag(found, "IsRepeatable"));
            if !seen.insert(name) && !repeatable {
                self.error(directive, format!("The directive \"@{name}\" can only be used once at this location."));
            }
        }
        Ok(())
    }

    pub(super) fn arguments(&mut self, arguments: &[Value<'a>], defined: &[Value<'a>]) -> Done {
        for argument in arguments {
            let expected = match named(defined, text(argument, "Name")) {
                Some(definition) => self.expected(&definition),
                None => Expected::default(),
            };
            if let Some(value) = argument.field("Value") {
                self.value(&value, expected)?;
            }
        }
        Ok(())
    }

    /// What an argument or field of an input type expects.
    pub(super) fn expected(&self, definition: &Value<'a>) -> Expected<'s, 'a> {
        let kind = type_of(definition);
        let has_default = definition.field("DefaultValue").is_some_and(|value| value_kind(&value) != kinds::NULL);
        Expected { kind: Some(kind), has_default, definition: self.schema.type_of(&kind) }
    }

    pub(super) fn required_arguments(
        &mut self,
        node: &Value<'a>,
        what: &str,
        given: &[Value<'a>],
        defined: &[Value<'a>],
    ) {
        for argument in defined.iter().filter(|argument| is_required(argument)) {
            let name = text(argument, "Name");
            if named(given, name).is_none() {
                let kind = type_text(&type_of(argument));
                let message =
                    format!("{what} argument \"{name}\" of type \"{kind}\" is required, but it was not provided.");
                self.error(node, message);
            }
        }
    }

    pub(super) fn unique_arguments(&mut self, arguments: &[Value<'a>]) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for argument in arguments {
            let name = text(argument, "Name");
            let times = seen.entry(name).or_default();
            if *times == 1 {
                self.error(argument, format!("There can be only one argument named \"{name}\"."));
            }
            *times += 1;
        }
    }
}
