//! What capabilities do not allow modules to be written in, in the words of OPA's parser.

use crate::capabilities::Capabilities;
use solon_syntax::ast::{Import, Module, Version};
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
    Diagnostic { code: "rego_parse_error", span, message, hint: None }
}
