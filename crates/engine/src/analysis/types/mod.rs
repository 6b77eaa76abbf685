//! The static type checker.
//!
//! Takes rules with their bodies in order, in the order in which they depend on each other; gives the [`Types`] of the
//! documents that they define, and reports lookups, calls and equalities that can never have a result
//! (`rego_type_error`). Queries are checked against those types. What base documents are like is not looked at; JSON
//! schemas say what `input`, or a path that annotations name, is like. It must not know how literals are evaluated.
//!
//! What is an error is OPA's: where nothing is known of a variable, everything is allowed, and literals in `every`, in
//! bodies of `not` and in `and` and `or` are not checked except for their lookups.

mod again;
mod annotated;
mod calls;
mod checker;
mod matching;
mod problem;
mod refs;
mod rules;
mod saved;
mod schema;
mod text;
mod tree;
mod with;

pub use annotated::Schemas;
pub use rules::{Subject, check_program};
pub use saved::SavedDocumentTypes;

use crate::hir::{Check, Problems, Query, Rule, Term};
use crate::types::{Definitions, Key, Unifier};
use checker::{Checked, Checker};
use hashbrown::HashMap;
use refs::DATA;
use solon_syntax::Source;
use std::sync::{Arc, Mutex, PoisonError};
use tree::Tree;

/// The types of all documents that rules define.
#[derive(Debug, Default)]
pub struct Types {
    tree: Tree,
    /// The schemas that types come from.
    definitions: Vec<Arc<Definitions>>,
    rules: Vec<RuleFacts>,
    /// For paths that are replaced, the documents that may then be anything.
    relaxed: Mutex<HashMap<Relaxed, Option<Arc<Tree>>>>,
}

/// A path that is replaced, and whether it is a function's.
type Relaxed = (Vec<Arc<str>>, bool);

/// What is known of a rule when its documents are replaced.
#[derive(Debug, Default)]
struct RuleFacts {
    /// Its path up to the first step that is no constant.
    path: Arc<[Key]>,
    /// The rules that ask for it, by their numbers.
    dependents: Vec<usize>,
}

impl Types {
    /// The documents that may be anything if what is at a path is replaced: those there, and those that depend on
    /// them. A function that is replaced by another keeps its type.
    fn relaxed(&self, path: &[Arc<str>], is_function: bool) -> Option<Arc<Tree>> {
        let mut known = self.relaxed.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((path.to_vec(), is_function)).or_insert_with(|| self.relax(path, is_function)).clone()
    }

    fn relax(&self, path: &[Arc<str>], is_function: bool) -> Option<Arc<Tree>> {
        // A path above or below that of the rule, as far as that is constant.
        let is_at = |rule: &RuleFacts| {
            let mut steps = path.iter().zip(rule.path.iter().skip(1));
            steps.all(|(step, own)| matches!(own, Key::String(own) if own == step))
        };
        let mut waiting: Vec<usize> =
            self.rules.iter().enumerate().filter(|(_, rule)| is_at(rule)).map(|(number, _)| number).collect();
        let mut seen = vec![false; self.rules.len()];
        let mut tree = Tree::default();
        let root = DATA.clone();
        let target: Vec<Key> = std::iter::once(root).chain(path.iter().map(|step| Key::String(step.clone()))).collect();
        while let Some(number) = waiting.pop() {
            let (Some(rule), Some(seen)) = (self.rules.get(number), seen.get_mut(number)) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            if !(is_function && *rule.path == *target) {
                tree.put(&rule.path, crate::types::Type::Any);
            }
            waiting.extend(&rule.dependents);
        }
        (!tree.is_bare(Tree::ROOT)).then(|| Arc::new(tree))
    }
}

/// Checks a query against the types of documents.
pub fn check_query(query: &Query, types: &Types, sources: &[Source], problems: &mut Problems) {
    let unifier = Unifier::default();
    let mut checker = Checker::new(types, sources, &unifier, &query.locals, Checked::Query(&query.body));
    checker.is_query = true;
    checker.body(&query.body);
    for problem in checker.found {
        problems.add(Check::Types, problem.diagnostic);
    }
}

/// The path of a rule as the tree has it, up to its first step that is no constant.
fn ground_path(rule: &Rule) -> Vec<Key> {
    // Others than scalars are variables to OPA.
    let scalar = |term: &Term| match term {
        Term::Const(value) => Some(value.key()),
        _ => None,
    };
    let mut path = Vec::with_capacity(1 + rule.path.len() + rule.keys.len());
    path.push(DATA.clone());
    path.extend(rule.path.iter().map(|step| Key::String(step.clone())));
    path.extend(rule.keys.iter().map_while(scalar));
    path
}
