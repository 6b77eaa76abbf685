//! Compiled JSON schemas: nodes that refer to one another by number.

use super::number::Decimal;
use crate::builtins::regex::Pattern;
use std::collections::{HashMap, HashSet};

/// A compiled schema.
pub(crate) struct Schema {
    pub nodes: Vec<Node>,
    /// The full references of the nodes that others refer to.
    pub names: HashMap<usize, String>,
}

impl Schema {
    /// The schema of the whole document.
    pub const ROOT: usize = 0;

    pub fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }
}

/// What other properties or items than the named ones may be.
#[derive(Default)]
pub(crate) enum Others {
    #[default]
    Allowed,
    Forbidden,
    Schema(usize),
}

/// What a property asks for when it is there.
pub(crate) enum Dependency {
    Properties(Vec<String>),
    Schema(usize),
}

/// One schema. Other schemas are numbers of nodes.
#[derive(Default)]
pub(crate) struct Node {
    /// The schemas `true` and `false`.
    pub pass: Option<bool>,
    /// Where a `$ref` leads; then nothing else counts.
    pub reference: Option<usize>,
    pub types: Vec<&'static str>,
    pub properties: Vec<(String, usize)>,
    pub property_names_known: HashSet<String>,
    pub additional_properties: Others,
    pub pattern_properties: Vec<(Pattern, usize)>,
    pub property_names: Option<usize>,
    pub dependencies: HashMap<String, Dependency>,
    /// A schema for all items.
    pub every_item: Option<usize>,
    /// Schemas for the first items.
    pub items: Vec<usize>,
    pub additional_items: Others,
    pub multiple_of: Option<Decimal>,
    pub minimum: Option<Decimal>,
    pub exclusive_minimum: Option<Decimal>,
    pub maximum: Option<Decimal>,
    pub exclusive_maximum: Option<Decimal>,
    pub min_length: Option<i64>,
    pub max_length: Option<i64>,
    /// With its source.
    pub pattern: Option<(String, Pattern)>,
    pub format: String,
    pub min_properties: Option<i64>,
    pub max_properties: Option<i64>,
    pub required: Vec<String>,
    pub min_items: Option<i64>,
    pub max_items: Option<i64>,
    pub unique_items: bool,
    pub contains: Option<usize>,
    /// As [`canonical`](super::number::canonical) writes it.
    pub constant: Option<String>,
    pub enumeration: Option<Vec<String>>,
    pub one_of: Vec<usize>,
    pub any_of: Vec<usize>,
    pub all_of: Vec<usize>,
    pub not: Option<usize>,
    pub condition: Option<usize>,
    pub consequence: Option<usize>,
    pub alternative: Option<usize>,
}
