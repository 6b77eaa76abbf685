//! Rules where base data is, too: which of the two `data` has there would be a matter of taste.

use crate::hir::lower::{Path, Program};
use crate::hir::{Const, Rule, Term};
use crate::value::Value;
use solon_syntax::{Diagnostic, Span};
use std::sync::Arc;

/// The paths of rules, in order, at which there must be no base data.
#[derive(Debug, Default)]
pub struct RulePaths(Vec<(Path, Span)>);

impl RulePaths {
    /// Those of a program.
    pub fn of(program: &Program) -> Self {
        let rules = program.rules.iter().filter(|rule| is_at_its_path(rule));
        let mut paths: Vec<(Path, Span)> = Vec::new();
        for rule in rules {
            // Rules of one document mostly stand together.
            match paths.last_mut() {
                Some((path, span)) if *path == rule.path => *span = rule.span.min(*span),
                _ => paths.push((rule.path.clone(), rule.span)),
            }
        }
        Self::new(paths)
    }

    /// These, in any order, with the places of their rules.
    pub fn new(mut paths: Vec<(Path, Span)>) -> Self {
        paths.sort();
        paths.dedup_by(|later, earlier| later.0 == earlier.0);
        RulePaths(paths)
    }

    /// The paths, with the places of their rules.
    pub fn all(&self) -> &[(Path, Span)] {
        &self.0
    }

    /// Reports rules at paths that base data has, or leads through, as far as they are above or below what is `changed`.
    /// Of rules below one another the uppermost are reported.
    pub fn conflicts(&self, data: Value<'_>, changed: &[&str]) -> Vec<Diagnostic> {
        let mut reported: Option<&[Arc<str>]> = None;
        let mut errors = Vec::new();
        for (path, span) in &self.0 {
            let is_changed = path.iter().zip(changed).all(|(step, changed)| **step == **changed);
            let is_below = reported.is_some_and(|upper| path.starts_with(upper));
            if !is_changed || is_below || !is_taken(data, path) {
                continue;
            }
            let message = format!("conflicting rule for data path {} found", path.join("/"));
            errors.push(Diagnostic::new("rego_compile_error", *span, message));
            reported = Some(path);
        }
        errors
    }
}

/// Whether the path of strings is all that is constant in a head: keys that are no strings are not in conflict.
fn is_at_its_path(rule: &Rule) -> bool {
    !matches!(rule.keys.first(), Some(Term::Const(Const::Null | Const::Bool(_) | Const::Number(_))))
}

/// Whether there is a value at a path, or one on the way to it that is no object.
fn is_taken(data: Value<'_>, path: &[Arc<str>]) -> bool {
    let mut at = data;
    for step in path {
        let Value::Object(object) = at else { return true };
        let Some(inner) = object.get(&Value::string(step)) else { return false };
        at = inner;
    }
    true
}
