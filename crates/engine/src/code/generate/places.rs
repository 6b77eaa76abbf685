//! What a document has even if none of its rules holds.
//!
//! Constant keys that heads begin with are steps of OPA's tree of rules, like names: `p[1].q := input.x` makes `p` an
//! object in which `1` is an object, whether `input.x` is defined or not. A rule whose head goes on with a variable,
//! or ends, makes a document of everything at that place.

use crate::hir::Const;
use crate::plan::{Constant, Definition, Expr};

/// A place below a document, by its keys, and whether it is a set.
pub struct Place {
    pub keys: Vec<Constant>,
    pub is_set: bool,
}

/// Places that are there in any case.
pub fn places(definitions: &[Definition]) -> Vec<Place> {
    let branches = definitions.iter().filter_map(|definition| definition.branches.first());
    let heads = branches.map(|branch| Head { keys: branch.keys.as_slice(), is_set: branch.is_set });
    let mut found = Vec::new();
    if heads.clone().any(|head| step(&head).is_none()) {
        return found;
    }
    let heads: Vec<Head<'_>> = heads.collect();
    below(&heads, &mut Vec::new(), &mut found);
    found
}

/// What is left of the keys of a rule.
#[derive(Clone, Copy)]
struct Head<'d> {
    keys: &'d [Expr],
    is_set: bool,
}

fn below(heads: &[Head<'_>], keys: &mut Vec<Constant>, found: &mut Vec<Place>) {
    let is_document = heads.iter().any(|head| step(head).is_none());
    let is_set = heads.iter().any(|head| head.keys.is_empty() && head.is_set);
    let is_value = heads.iter().any(|head| head.keys.is_empty() && !head.is_set);
    if !keys.is_empty() && !is_value {
        found.push(Place { keys: keys.clone(), is_set });
    }
    if is_document {
        return;
    }
    let mut seen: Vec<&Constant> = Vec::new();
    for key in heads.iter().filter_map(step) {
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let rests = heads.iter().filter(|head| step(head) == Some(key));
        let rests: Vec<Head<'_>> =
            rests.map(|head| Head { keys: head.keys.get(1..).unwrap_or_default(), ..*head }).collect();
        keys.push(key.clone());
        below(&rests, keys, found);
        keys.pop();
    }
}

/// The next key, if it is one of the tree's.
fn step<'d>(head: &Head<'d>) -> Option<&'d Constant> {
    match head.keys.first() {
        Some(Expr::Const(
            key @ Constant::Scalar(Const::Null | Const::Bool(_) | Const::Number(_) | Const::String(_)),
        )) => Some(key),
        _ => None,
    }
}
