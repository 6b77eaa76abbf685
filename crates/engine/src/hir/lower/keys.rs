//! Keys of objects that are one key, though they may be written in several ways.

use super::names::names_with_bodies;
use crate::value::number;
use hashbrown::{HashMap, HashSet};
use solon_syntax::{ast, print};
use std::collections::BTreeMap;

/// The entries of an object. Where several have the same key there is one, as in OPA: the key as the first writes it, with
/// the value of the last.
pub(super) fn one_of_each_key(entries: &[(ast::Term, ast::Term)]) -> Vec<(&ast::Term, &ast::Term)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(&ast::Term, &ast::Term)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let place = identity(key).map_or(found.len(), |key| *places.entry(key).or_insert(found.len()));
        match found.get_mut(place) {
            Some(first) => first.1 = value,
            None => found.push((key, value)),
        }
    }
    found
}

/// A text that terms have in common if they are one: numbers by their value, members of sets in order. `None` for a term
/// with a wildcard, which is another variable each time.
fn identity(term: &ast::Term) -> Option<String> {
    Some(match &term.kind {
        ast::TermKind::Null | ast::TermKind::Bool(_) | ast::TermKind::String(_) => print::term_text(term),
        ast::TermKind::Number(text) => number::identity(text),
        ast::TermKind::Var(name) => (**name != *"_").then(|| name.to_string())?,
        ast::TermKind::Ref { head, operands } => format!("{}[{}]", identity(head)?, all(operands)?.join("][")),
        ast::TermKind::Array(items) => format!("[{}]", all(items)?.join(",")),
        ast::TermKind::Set(items) => {
            let mut items = all(items)?;
            items.sort();
            items.dedup();
            format!("{{{}|}}", items.join(","))
        }
        ast::TermKind::Object(entries) => {
            let mut fields = BTreeMap::new();
            for (key, value) in entries {
                fields.insert(identity(key)?, identity(value)?);
            }
            let fields: Vec<String> = fields.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("{{{}}}", fields.join(","))
        }
        ast::TermKind::Call { function, args } => format!("{}({})", print::term_text(function), all(args)?.join(",")),
        ast::TermKind::Infix { operator, args } => format!("{}({})", operator.builtin(), all(args)?.join(",")),
        _ => {
            let mut names = HashSet::new();
            names_with_bodies(term, &mut names);
            (!names.contains("_")).then(|| print::term_text(term))?
        }
    })
}

fn all(terms: &[ast::Term]) -> Option<Vec<String>> {
    terms.iter().map(identity).collect()
}
