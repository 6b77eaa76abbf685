//! Reads every module and query of OPA's language cases, where the folder that holds them is named by
//! `SOLON_CONFORMANCE`, and every template below `SOLON_TEMPLATES`. Without these the tests have nothing to do.
//!
//! Modules below a folder `v0` are read as v0, others as v1. Cases whose expected error is one of parsing are left out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Yaml};
use solon_syntax::ast::Version;
use solon_syntax::{Diagnostic, ParseOptions, detect_version, parse_module, parse_query};

/// The YAML files below the folder that a variable names.
fn files(variable: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os(variable).map(PathBuf::from).into_iter().collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push(path);
            }
        }
    }
    files
}

fn first_message(errors: &[Diagnostic]) -> Option<String> {
    errors.first().map(|error| error.message.clone())
}

fn version_of(path: &Path) -> Version {
    let is_v0 = path.components().any(|part| part.as_os_str() == "v0");
    if is_v0 { Version::V0 } else { Version::V1 }
}

#[test]
fn every_language_case_is_read() {
    let mut wrong = Vec::new();
    for path in files("SOLON_CONFORMANCE") {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(documents) = Yaml::load_from_str(&text) else {
            wrong.push(format!("{}: no YAML", path.display()));
            continue;
        };
        let options = ParseOptions { file: 0, version: version_of(&path) };
        let cases = documents.iter().filter_map(|document| document.as_mapping_get("cases"));
        for case in cases.filter_map(|cases| cases.as_vec()).flatten() {
            let field = |name| case.as_mapping_get(name).and_then(|field| field.as_str());
            if field("want_error_code") == Some("rego_parse_error") {
                continue;
            }
            let modules = case.as_mapping_get("modules").and_then(|modules| modules.as_vec());
            for module in modules.into_iter().flatten().filter_map(|module| module.as_str()) {
                if let Some(message) = first_message(&parse_module(module, options).errors) {
                    wrong.push(format!("{}: {message}", path.display()));
                }
            }
            if let Some(message) = field("query").and_then(|query| first_message(&parse_query(query, options).errors)) {
                wrong.push(format!("{}: query: {message}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every text under a key `rego` or `libs`, however deep.
fn rego_texts<'y>(node: &'y Yaml<'_>, texts: &mut Vec<&'y str>) {
    if let Some(items) = node.as_vec() {
        items.iter().for_each(|item| rego_texts(item, texts));
    }
    for (key, value) in node.as_mapping().into_iter().flatten() {
        match key.as_str() {
            Some("rego") => texts.extend(value.as_str()),
            Some("libs") => texts.extend(value.as_vec().into_iter().flatten().filter_map(|lib| lib.as_str())),
            _ => rego_texts(value, texts),
        }
    }
}

#[test]
fn every_template_is_read() {
    let mut wrong = Vec::new();
    for path in files("SOLON_TEMPLATES").iter().filter(|path| path.ends_with("template.yaml")) {
        let text = std::fs::read_to_string(path).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap_or_default();
        let mut texts = Vec::new();
        documents.iter().for_each(|document| rego_texts(document, &mut texts));
        for text in texts {
            let version = detect_version(text);
            if let Some(message) = first_message(&parse_module(text, ParseOptions { file: 0, version }).errors) {
                wrong.push(format!("{}: {message}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
