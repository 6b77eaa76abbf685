//! GraphQL queries checked against schemas, with the rules of the specification as OPA applies them.
//!
//! Takes a checked schema and the query's tree, gives the first mistake with its place and then the others. It must not
//! know how documents are written: it sees trees alone.
//!
//! The walk goes through each operation, fragments included where they are spread, and then through each fragment.
//! What is wrong is told in the order of the walk and at each node in the order of the rules' names.

mod arguments;
mod fields;
mod fragments;
mod operations;
mod values;

use super::merging::Merger;
use super::parser::{Document, address};
use super::schema::{Definition, Schema, items, text};
use crate::builtins::{Failure, stack};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

/// How many nodes are looked at before validation is given up: fragments can ask for very many.
const MAX_STEPS: usize = 5_000_000;

/// How many mistakes are told.
const MAX_ERRORS: usize = 1000;

/// Fails if the query is not valid. If `only_fields`, all its selections are fields.
pub(super) fn validate<'a>(schema: &Schema<'a>, query: &Document<'a>, only_fields: bool) -> Result<(), Failure> {
    let mut fragments = HashMap::new();
    for fragment in items(&query.tree, "Fragments") {
        fragments.entry(text(fragment, "Name")).or_insert(*fragment);
    }
    let mut walker = Walker {
        schema,
        query,
        source: Source { fragments, only_fields },
        errors: Vec::new(),
        steps: 0,
        operation: None,
        variables: HashMap::new(),
        used: HashSet::new(),
        spread: HashSet::new(),
        spread_names: HashSet::new(),
        fragments_begun: false,
        places: HashMap::new(),
        merger: Merger::default(),
    };
    walker.document()?;
    walker.result()
}

/// What a selection is.
pub(super) enum Selection {
    Field,
    Spread,
    Inline,
}

/// The document's fragments, and how its selections are told apart.
pub(super) struct Source<'a> {
    pub fragments: HashMap<&'a str, Value<'a>>,
    only_fields: bool,
}

impl Source<'_> {
    pub fn selection(&self, node: &Value<'_>) -> Selection {
        match (self.only_fields, node.field("Alias"), node.field("Name")) {
            (true, ..) | (_, Some(_), _) => Selection::Field,
            (_, None, Some(_)) => Selection::Spread,
            _ => Selection::Inline,
        }
    }
}

/// Where a field stands: the type around it and its definition there.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'s, 'a> {
    pub parent: Option<&'s Definition<'a>>,
    pub definition: Option<Value<'a>>,
}

/// What is expected of a value.
#[derive(Clone, Copy, Default)]
struct Expected<'s, 'a> {
    kind: Option<Value<'a>>,
    has_default: bool,
    definition: Option<&'s Definition<'a>>,
}

struct Walker<'s, 'a> {
    schema: &'s Schema<'a>,
    query: &'s Document<'a>,
    source: Source<'a>,
    /// Addresses of nodes, and messages.
    errors: Vec<(usize, String)>,
    steps: usize,
    operation: Option<Value<'a>>,
    /// The operation's variables.
    variables: HashMap<&'a str, Value<'a>>,
    used: HashSet<usize>,
    /// The fragments that were walked in this operation or fragment.
    spread: HashSet<&'a str>,
    /// The fragments that operations spread.
    spread_names: HashSet<&'a str>,
    /// Whether the first fragment's definition was left: what fragments spread until then counts as used.
    fragments_begun: bool,
    places: HashMap<usize, Place<'s, 'a>>,
    merger: Merger<'a>,
}

type Done = Result<(), Failure>;

impl<'s, 'a> Walker<'s, 'a> {
    fn error(&mut self, node: &Value<'a>, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push((address(node), message.into()));
        }
    }

    /// All errors as OPA tells them: the place of the first, its text, and the others as they are.
    fn result(self) -> Done {
        let Some((first, _)) = self.errors.first() else {
            return Ok(());
        };
        let place = |address: &usize| self.query.positions.get(address);
        let mut all = String::new();
        for (address, message) in &self.errors {
            match place(address) {
                Some((line, column)) => all.push_str(&format!("input:{line}:{column}: {message}\n")),
                None => all.push_str(&format!("input: {message}\n")),
            }
        }
        let Some((line, column)) = place(first) else {
            return Err(Failure::Error(format!("GraphQL parse error: {all}")));
        };
        let told = all.splitn(4, ':').nth(3).unwrap_or("").trim_start_matches(' ');
        let told = told.strip_suffix(".\n").unwrap_or(told);
        Err(Failure::Error(format!("{told} in GraphQL string at location {line}:{column}")))
    }

    fn step(&mut self) -> Done {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Failure::Halt("GraphQL validation takes too long".into()));
        }
        Ok(())
    }

    fn document(&mut self) -> Done {
        let tree = self.query.tree;
        let mut names = HashSet::new();
        let operations = items(&tree, "Operations");
        for operation in operations {
            self.spread.clear();
            self.walk_operation(operation)?;
            self.check_operation(operation, operations.len(), &mut names)?;
            self.operation = None;
        }
        let (mut visited, mut seen) = (HashSet::new(), HashSet::new());
        for fragment in items(&tree, "Fragments") {
            self.spread.clear();
            let kind = self.schema.types.get(text(fragment, "TypeCondition"));
            self.directives(items(fragment, "Directives"), "FRAGMENT_DEFINITION")?;
            self.selections(kind, items(fragment, "SelectionSet"))?;
            self.check_fragment(fragment, kind, &mut visited, &mut seen)?;
        }
        Ok(())
    }

    fn conflicts(&mut self, node: &Value<'a>) -> Done {
        let found = self.merger.conflicts(self.schema, &self.source, &self.places, items(node, "SelectionSet"))?;
        for (field, message) in found {
            self.error(&field, message);
        }
        Ok(())
    }

    fn selections(&mut self, parent: Option<&'s Definition<'a>>, selections: &[Value<'a>]) -> Done {
        stack::nested(|| {
            selections.iter().try_for_each(|selection| match self.source.selection(selection) {
                Selection::Field => self.field(parent, selection),
                Selection::Inline => self.inline(parent, selection),
                Selection::Spread => self.fragment_spread(parent, selection),
            })
        })
    }
}
