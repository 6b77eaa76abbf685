//! Rules of fragments and of where they are spread.

use super::super::schema::{Definition, items, text};
use super::{Done, Selection, Walker};
use crate::builtins::stack;
use crate::value::Value;
use std::collections::HashSet;

impl<'s, 'a> Walker<'s, 'a> {
    pub(super) fn inline(&mut self, parent: Option<&'s Definition<'a>>, fragment: &Value<'a>) -> Done {
        self.step()?;
        let condition = text(fragment, "TypeCondition");
        let kind = if condition.is_empty() { parent } else { self.schema.types.get(condition) };
        self.directives(items(fragment, "Directives"), "INLINE_FRAGMENT")?;
        self.selections(kind, items(fragment, "SelectionSet"))?;
        match kind.filter(|_| !condition.is_empty()) {
            Some(kind) if !kind.is_composite() => {
                self.error(fragment, format!("Fragment cannot condition on non composite type \"{condition}\"."));
            }
            None if !condition.is_empty() => self.error(fragment, format!("Unknown type \"{condition}\".")),
            _ => {}
        }
        self.conflicts(fragment)?;
        if let Some(parent) = parent.filter(|parent| !self.can_spread(parent, condition)) {
            let message = format!(
                "Fragment cannot be spread here as objects of type \"{}\" can never be of type \"{condition}\".",
                parent.name
            );
            self.error(fragment, message);
        }
        Ok(())
    }

    pub(super) fn fragment_spread(&mut self, parent: Option<&'s Definition<'a>>, spread: &Value<'a>) -> Done {
        self.step()?;
        let name = text(spread, "Name");
        let fragment = self.source.fragments.get(name).copied();
        let condition = fragment.as_ref().map_or("", |fragment| text(fragment, "TypeCondition"));
        let kind = self.schema.types.get(condition);
        self.directives(items(spread, "Directives"), "FRAGMENT_SPREAD")?;
        if let Some(fragment) = fragment.filter(|_| self.spread.insert(name)) {
            self.directives(items(&fragment, "Directives"), "FRAGMENT_DEFINITION")?;
            self.selections(kind, items(&fragment, "SelectionSet"))?;
        }
        if self.operation.is_some() || !self.fragments_begun {
            self.spread_names.insert(name);
        }
        if fragment.is_none() {
            self.error(spread, format!("Unknown fragment \"{name}\"."));
        } else if let Some(parent) = parent.filter(|parent| !self.can_spread(parent, condition)) {
            let message = format!(
                "Fragment \"{name}\" cannot be spread here as objects of type \"{}\" can never be of type \
                 \"{condition}\".",
                parent.name
            );
            self.error(spread, message);
        }
        Ok(())
    }

    /// Whether a value of the type may be of the other type. Types that are wrong for other reasons count as right.
    fn can_spread(&self, parent: &Definition<'a>, condition: &str) -> bool {
        let possible = |name: &str| self.schema.possible.get(name).map_or([].as_slice(), Vec::as_slice);
        let own = [parent.name];
        let parents = match parent.kind {
            "OBJECT" => &own,
            "INTERFACE" | "UNION" => possible(parent.name),
            _ => return true,
        };
        match self.schema.types.get(condition) {
            Some(kind) if kind.is_composite() => possible(condition).iter().any(|name| parents.contains(name)),
            _ => true,
        }
    }

    pub(super) fn check_fragment(
        &mut self,
        fragment: &Value<'a>,
        kind: Option<&Definition<'a>>,
        visited: &mut HashSet<&'a str>,
        seen: &mut HashSet<&'a str>,
    ) -> Done {
        let (name, condition) = (text(fragment, "Name"), text(fragment, "TypeCondition"));
        match kind {
            Some(kind) if !kind.is_composite() && !condition.is_empty() => {
                let message = format!("Fragment \"{name}\" cannot condition on non composite type \"{condition}\".");
                self.error(fragment, message);
            }
            None => self.error(fragment, format!("Unknown type \"{condition}\".")),
            Some(_) => {}
        }
        self.cycles(fragment, visited, &mut Vec::new())?;
        self.fragments_begun = true;
        if !self.spread_names.contains(name) {
            self.error(fragment, format!("Fragment \"{name}\" is never used."));
        }
        self.conflicts(fragment)?;
        if !seen.insert(name) {
            self.error(fragment, format!("There can be only one fragment named \"{name}\"."));
        }
        Ok(())
    }

    /// Looks for fragments that spread themselves. `path` holds the fragments on the way and what they spread.
    fn cycles(
        &mut self,
        fragment: &Value<'a>,
        visited: &mut HashSet<&'a str>,
        path: &mut Vec<(&'a str, &'a str)>,
    ) -> Done {
        let name = text(fragment, "Name");
        if !visited.insert(name) {
            return Ok(());
        }
        let mut sets = vec![items(fragment, "SelectionSet")];
        let mut spreads = Vec::new();
        while let Some(set) = sets.pop() {
            for selection in set {
                self.step()?;
                match self.source.selection(selection) {
                    Selection::Spread => spreads.push(*selection),
                    _ => sets.push(items(selection, "SelectionSet")),
                }
            }
        }
        for spread in spreads {
            let target = text(&spread, "Name");
            path.push((name, target));
            if let Some(start) = path.iter().position(|(fragment, _)| *fragment == target) {
                let between = path.get(start..path.len() - 1).unwrap_or(&[]);
                let names: Vec<_> = between.iter().map(|(_, name)| format!("\"{name}\"")).collect();
                let via = if names.is_empty() { String::new() } else { format!(" via {}", names.join(", ")) };
                self.error(&spread, format!("Cannot spread fragment \"{target}\" within itself{via}."));
            } else if let Some(next) = self.source.fragments.get(target).copied() {
                stack::nested(|| self.cycles(&next, visited, path))?;
            }
            path.pop();
        }
        Ok(())
    }
}
