//! Modules from their texts, with the error of reading that depends on which builtins there are.

use solon_syntax::ast::{HeadKind, Module, Rule, TermKind};
use solon_syntax::{Diagnostic, ParseOptions, Parsed, parse_module};

/// Reads a module.
pub fn read_module(text: &str, options: ParseOptions) -> Parsed<Option<Module>> {
    let mut parsed = parse_module(text, options);
    // What is found in statements that were read is only told if all were.
    if parsed.errors.iter().all(|error| error.is_bare) {
        let called = parsed.tree.iter().flat_map(|module| &module.rules).filter(|rule| is_call_of_builtin(rule));
        let error = |rule: &Rule| {
            let message = "rule name conflicts with built-in function";
            let mut error = Diagnostic::new("rego_parse_error", rule.span, message);
            error.is_bare = true;
            error
        };
        parsed.errors.extend(called.map(error));
        parsed.errors.sort_by_key(|error| error.span.start);
    }
    parsed
}

/// Whether a rule is no more than a call of a builtin: `count(input.x)`.
fn is_call_of_builtin(rule: &Rule) -> bool {
    let is_call = rule.head.parameters.is_some() && rule.body.is_empty() && !rule.is_default;
    if !is_call || !matches!(rule.head.kind, HeadKind::Value { value: None, .. }) {
        return false;
    }
    let mut name = rule.head.name.text.to_string();
    for step in &rule.head.path {
        let TermKind::String(step) = &step.kind else { return false };
        name.extend([".", step]);
    }
    super::find(&name).is_some()
}
