//! Whether the fields of a GraphQL query that give the same name in the answer agree.
//!
//! Fields of one selection are compared with each other and with those of the fragments spread there, and so are the
//! selections below fields that are merged.

use super::parser::{address, kinds};
use super::schema::{Schema, flag, items, text, type_of, type_text, value_kind};
use super::validation::{Place, Selection, Source};
use crate::builtins::{Failure, stack};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

/// How many fields are compared before it is given up.
const MAX_STEPS: usize = 2_000_000;

/// What was compared already.
#[derive(Default)]
pub(super) struct Merger<'a> {
    /// Pairs of fragments, and whether they were compared as ones of which only one can apply.
    pairs: HashMap<(&'a str, &'a str), bool>,
    /// Fragments compared with the fields at hand.
    fragments: HashSet<&'a str>,
    steps: usize,
}

/// Two fields that do not agree.
struct Conflict<'a> {
    name: &'a str,
    message: String,
    within: Vec<Conflict<'a>>,
    field: Value<'a>,
}

impl Conflict<'_> {
    fn reason(&self) -> String {
        if self.within.is_empty() {
            return self.message.clone();
        }
        let reasons: Vec<_> = self
            .within
            .iter()
            .map(|conflict| format!("subfields \"{}\" conflict because {}", conflict.name, conflict.reason()))
            .collect();
        reasons.join(" and ")
    }
}

/// Fields by their names in the answer, in the order of the names, and spreads.
struct Fields<'a> {
    names: Vec<&'a str>,
    by_name: HashMap<&'a str, Vec<Value<'a>>>,
    spreads: Vec<Value<'a>>,
}

/// What comparing needs to know.
struct Comparison<'m, 's, 'a> {
    merger: &'m mut Merger<'a>,
    schema: &'m Schema<'a>,
    source: &'m Source<'a>,
    places: &'m HashMap<usize, Place<'s, 'a>>,
}

type Found<'a> = Vec<Conflict<'a>>;
type Done = Result<(), Failure>;

impl<'a> Merger<'a> {
    /// The conflicts in a selection: for each the field and what is wrong.
    pub fn conflicts(
        &mut self,
        schema: &Schema<'a>,
        source: &Source<'a>,
        places: &HashMap<usize, Place<'_, 'a>>,
        selections: &[Value<'a>],
    ) -> Result<Vec<(Value<'a>, String)>, Failure> {
        let found = Comparison { merger: self, schema, source, places }.within(selections)?;
        let told = |conflict: &Conflict<'a>| {
            let message = format!(
                "Fields \"{}\" conflict because {}. Use different aliases on the fields to fetch both if this was \
                 intentional.",
                conflict.name,
                conflict.reason()
            );
            (conflict.field, message)
        };
        Ok(found.iter().map(told).collect())
    }
}

impl<'a> Comparison<'_, '_, 'a> {
    fn step(&mut self) -> Done {
        self.merger.steps += 1;
        if self.merger.steps > MAX_STEPS {
            return Err(Failure::Halt("GraphQL validation takes too long".into()));
        }
        Ok(())
    }

    fn fields(&mut self, selections: &[Value<'a>]) -> Result<Fields<'a>, Failure> {
        let mut fields = Fields { names: Vec::new(), by_name: HashMap::new(), spreads: Vec::new() };
        let mut rest: Vec<Value<'a>> = selections.iter().rev().copied().collect();
        while let Some(selection) = rest.pop() {
            self.step()?;
            match self.source.selection(&selection) {
                Selection::Inline => rest.extend(items(&selection, "SelectionSet").iter().rev()),
                Selection::Spread => fields.spreads.push(selection),
                Selection::Field => {
                    let name = answer_name(&selection);
                    let known = fields.by_name.entry(name).or_default();
                    if known.is_empty() {
                        fields.names.push(name);
                    }
                    known.push(selection);
                }
            }
        }
        Ok(fields)
    }

    fn within(&mut self, selections: &[Value<'a>]) -> Result<Found<'a>, Failure> {
        let mut found = Vec::new();
        if selections.is_empty() {
            return Ok(found);
        }
        let fields = self.fields(selections)?;
        for name in &fields.names {
            let same = fields.by_name.get(name).map_or([].as_slice(), Vec::as_slice);
            for (at, left) in same.iter().enumerate() {
                for right in same.iter().skip(at + 1) {
                    found.extend(self.conflict(false, left, right)?);
                }
            }
        }
        self.merger.fragments.clear();
        for (at, left) in fields.spreads.iter().enumerate() {
            self.with_fragment(&mut found, false, &fields, left)?;
            for right in fields.spreads.iter().skip(at + 1) {
                self.fragments(&mut found, false, text(left, "Name"), text(right, "Name"))?;
            }
        }
        Ok(found)
    }

    /// Compares fields with those of a fragment and of what it spreads.
    fn with_fragment(
        &mut self,
        found: &mut Found<'a>,
        exclusive: bool,
        fields: &Fields<'a>,
        spread: &Value<'a>,
    ) -> Done {
        let name = text(spread, "Name");
        if !self.merger.fragments.insert(name) {
            return Ok(());
        }
        let Some(fragment) = self.source.fragments.get(name).copied() else {
            return Ok(());
        };
        let others = self.fields(items(&fragment, "SelectionSet"))?;
        if is_same(fields, &others) {
            return Ok(());
        }
        self.between(found, exclusive, fields, &others)?;
        for spread in others.spreads.iter().filter(|spread| text(spread, "Name") != name) {
            stack::nested(|| self.with_fragment(found, exclusive, fields, spread))?;
        }
        Ok(())
    }

    /// Compares two fragments and what they spread.
    fn fragments(&mut self, found: &mut Found<'a>, exclusive: bool, left: &'a str, right: &'a str) -> Done {
        self.step()?;
        if left == right || self.merger.pairs.get(&(left, right)).is_some_and(|known| exclusive || !known) {
            return Ok(());
        }
        self.merger.pairs.insert((left, right), exclusive);
        self.merger.pairs.insert((right, left), exclusive);
        let fragments = &self.source.fragments;
        let (Some(first), Some(second)) = (fragments.get(left).copied(), fragments.get(right).copied()) else {
            return Ok(());
        };
        let (first, second) =
            (self.fields(items(&first, "SelectionSet"))?, self.fields(items(&second, "SelectionSet"))?);
        self.between(found, exclusive, &first, &second)?;
        stack::nested(|| {
            for spread in &second.spreads {
                self.fragments(found, exclusive, left, text(spread, "Name"))?;
            }
            for spread in &first.spreads {
                self.fragments(found, exclusive, text(spread, "Name"), right)?;
            }
            Ok(())
        })
    }

    fn between(&mut self, found: &mut Found<'a>, exclusive: bool, first: &Fields<'a>, second: &Fields<'a>) -> Done {
        for name in &first.names {
            let (Some(left), Some(right)) = (first.by_name.get(name), second.by_name.get(name)) else { continue };
            for left in left {
                for right in right {
                    found.extend(self.conflict(exclusive, left, right)?);
                }
            }
        }
        Ok(())
    }

    fn conflict(
        &mut self,
        exclusive: bool,
        left: &Value<'a>,
        right: &Value<'a>,
    ) -> Result<Option<Conflict<'a>>, Failure> {
        self.step()?;
        let place = |field: &Value<'a>| self.places.get(&address(field)).copied().unwrap_or_default();
        let (first, second) = (place(left), place(right));
        let (Some(left_parent), Some(right_parent)) = (first.parent, second.parent) else {
            return Ok(None);
        };
        let definitions = first.definition.zip(second.definition);
        let exclusive = exclusive
            || (left_parent.name != right_parent.name
                && left_parent.kind == "OBJECT"
                && right_parent.kind == "OBJECT"
                && definitions.is_some());
        let told = |message: String| {
            Ok(Some(Conflict { name: answer_name(left), message, within: Vec::new(), field: *right }))
        };
        if !exclusive {
            let (left_name, right_name) = (text(left, "Name"), text(right, "Name"));
            if left_name != right_name {
                return told(format!("\"{left_name}\" and \"{right_name}\" are different fields"));
            }
            if !same_arguments(items(left, "Arguments"), items(right, "Arguments")) {
                return told("they have differing arguments".into());
            }
        }
        if let Some((left_definition, right_definition)) = definitions {
            let (left_type, right_type) = (type_of(&left_definition), type_of(&right_definition));
            if self.types_differ(&left_type, &right_type) {
                let (left_type, right_type) = (type_text(&left_type), type_text(&right_type));
                return told(format!("they return conflicting types \"{left_type}\" and \"{right_type}\""));
            }
        }
        let within =
            stack::nested(|| self.below(exclusive, items(left, "SelectionSet"), items(right, "SelectionSet")))?;
        if within.is_empty() {
            return Ok(None);
        }
        Ok(Some(Conflict { name: answer_name(left), message: String::new(), within, field: *right }))
    }

    /// Compares the selections of two fields.
    fn below(&mut self, exclusive: bool, left: &[Value<'a>], right: &[Value<'a>]) -> Result<Found<'a>, Failure> {
        let mut found = Vec::new();
        let (first, second) = (self.fields(left)?, self.fields(right)?);
        self.between(&mut found, exclusive, &first, &second)?;
        for (fields, others) in [(&first, &second), (&second, &first)] {
            for spread in &others.spreads {
                self.merger.fragments.clear();
                self.with_fragment(&mut found, exclusive, fields, spread)?;
            }
        }
        for left in &first.spreads {
            for right in &second.spreads {
                self.fragments(&mut found, exclusive, text(left, "Name"), text(right, "Name"))?;
            }
        }
        Ok(found)
    }

    fn types_differ(&self, left: &Value<'a>, right: &Value<'a>) -> bool {
        match (left.field("Elem"), right.field("Elem")) {
            (Some(left), Some(right)) => return self.types_differ(&left, &right),
            (None, None) => {}
            _ => return true,
        }
        if flag(left, "NonNull") != flag(right, "NonNull") {
            return true;
        }
        match (self.schema.type_of(left), self.schema.type_of(right)) {
            (Some(left), Some(right)) => left.is_leaf() && right.is_leaf() && left.name != right.name,
            _ => false,
        }
    }
}

/// The name that a field has in the answer.
fn answer_name<'a>(field: &Value<'a>) -> &'a str {
    match text(field, "Alias") {
        "" => text(field, "Name"),
        alias => alias,
    }
}

/// Whether both are the same fields.
fn is_same(left: &Fields<'_>, right: &Fields<'_>) -> bool {
    let same = |name: &&str| {
        let places = |fields: &Fields<'_>| -> Option<Vec<usize>> {
            fields.by_name.get(name).map(|fields| fields.iter().map(address).collect())
        };
        places(left) == places(right)
    };
    left.names == right.names && left.names.iter().all(same)
}

fn same_arguments(left: &[Value<'_>], right: &[Value<'_>]) -> bool {
    left.len() == right.len() && left.iter().all(|left| right.iter().any(|right| same_named(left, right)))
}

/// Whether two arguments or fields of objects have the same name and value.
fn same_named(left: &Value<'_>, right: &Value<'_>) -> bool {
    let values = left.field("Value").zip(right.field("Value"));
    text(left, "Name") == text(right, "Name") && values.is_some_and(|(left, right)| same_value(&left, &right))
}

fn same_value(left: &Value<'_>, right: &Value<'_>) -> bool {
    let (left_children, right_children) = (children(left), children(right));
    value_kind(left) == value_kind(right)
        && text(left, "Raw") == text(right, "Raw")
        && left_children.len() == right_children.len()
        && left_children.iter().zip(&right_children).all(|(left, right)| same_named(left, right))
}

/// The children of a value; an object's by their names.
fn children<'a>(value: &Value<'a>) -> Vec<Value<'a>> {
    let mut children = items(value, "Children").to_vec();
    if value_kind(value) == kinds::OBJECT {
        children.sort_by_key(|child| text(child, "Name"));
    }
    children
}
