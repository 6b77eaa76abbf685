//! Rules where base data is, too: which of the two `data` has there would be a matter of taste.

use crate::hir::lower::Program;
use crate::hir::{Const, Rule, Term};
use crate::value::Value;
use solon_syntax::Diagnostic;
use std::sync::Arc;

/// Reports rules at paths that base data has, or leads through. Of rules below one another the uppermost are reported.
pub fn check_data_conflicts(program: &Program, data: Value<'_>) -> Vec<Diagnostic> {
    let mut rules: Vec<&Rule> = program.rules.iter().filter(|rule| is_at_its_path(rule)).collect();
    rules.sort_by(|left, right| left.path.cmp(&right.path).then(left.span.cmp(&right.span)));
    let mut reported: Option<&[Arc<str>]> = None;
    let mut errors = Vec::new();
    for rule in rules {
        let is_below = reported.is_some_and(|upper| rule.path.starts_with(upper));
        if is_below || !is_taken(data, &rule.path) {
            continue;
        }
        let message = format!("conflicting rule for data path {} found", rule.path.join("/"));
        errors.push(Diagnostic::new("rego_compile_error", rule.span, message));
        reported = Some(&rule.path);
    }
    errors
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
