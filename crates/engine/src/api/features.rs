//! What modules may not be written in that the parser cannot know, in the words of OPA's parser: what capabilities do not
//! allow, and calls that stand where rules do.

use crate::builtins;
use crate::capabilities::Capabilities;
use solon_syntax::ast::{Head, HeadKind, Import, Module, TermKind, Version};
use solon_syntax::{Diagnostic, Span};

/// What is wrong with capabilities for texts of a version, before any is read.
pub(super) fn check_version(capabilities: &Capabilities, version: Version) -> Option<String> {
    if version == Version::V1 && !capabilities.has_feature("rego_v1") {
        return Some("illegal capabilities: rego_v1 feature required for parsing v1 Rego".to_owned());
    }
    capabilities.unknown_keyword().map(|name| format!("illegal capabilities: unknown keyword: {name}"))
}

/// Reports imports of keywords and versions that may not be used.
pub(super) fn check_imports(
    module: &Module,
    asked: Version,
    capabilities: &Capabilities,
    errors: &mut Vec<Diagnostic>,
) {
    for import in &module.imports {
        if let Some(message) = wrong_import(import, asked, capabilities) {
            errors.push(parse_error(import.path_span, message));
        }
    }
}

/// Reports calls of builtins that stand where rules do, such as what is left of a body. They would define functions.
pub(super) fn check_calls(module: &Module, errors: &mut Vec<Diagnostic>) {
    for rule in
        module.rules.iter().filter(|rule| !rule.is_default && rule.body.is_empty() && rule.else_branches.is_empty())
    {
        let has_value = !matches!(rule.head.kind, HeadKind::Value { value: None, .. });
        let is_builtin = |name: String| matches!(name.as_str(), "eq" | "assign") || builtins::find(&name).is_some();
        if !has_value && function_name(&rule.head).is_some_and(is_builtin) {
            errors.push(parse_error(rule.span, "rule name conflicts with built-in function".to_owned()));
        }
    }
}

/// The whole name of a head with parameters.
fn function_name(head: &Head) -> Option<String> {
    head.parameters.as_ref()?;
    let mut name = head.name.text.to_string();
    for part in &head.path {
        let TermKind::String(text) = &part.kind else { return None };
        name.push('.');
        name.push_str(text);
    }
    Some(name)
}

fn wrong_import(import: &Import, asked: Version, capabilities: &Capabilities) -> Option<String> {
    let path: Vec<&str> = import.path.iter().map(String::as_str).collect();
    let has_any = |features: &[&str]| features.iter().any(|feature| capabilities.has_feature(feature));
    match path.as_slice() {
        ["future", "keywords", keyword] => {
            let allowed = capabilities.keywords(asked == Version::V1);
            let message = || format!("unexpected keyword, must be one of [{}]", allowed.join(" "));
            (!allowed.contains(keyword)).then(message)
        }
        ["rego", "v1"] if !has_any(&["rego_v1_import", "rego_v1", "rego_v2"]) => Some(unsupported("rego.v1")),
        ["rego", "v2"] if !has_any(&["rego_v2_import", "rego_v2"]) => Some(unsupported("rego.v2")),
        _ => None,
    }
}

fn unsupported(import: &str) -> String {
    format!("invalid import, `{import}` is not supported by current capabilities")
}

pub(super) fn parse_error(span: Span, message: String) -> Diagnostic {
    Diagnostic::new("rego_parse_error", span, message)
}
