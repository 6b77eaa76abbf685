//! The golden cases in `tests/cases/syntax`: sources with the tree or the errors that they give.
//!
//! A file holds cases, each of `=== name (v0|v1|query v0|query v1)`, the source, `---` and what is expected. Run with
//! `SOLON_BLESS=1` to write what is given in place of what is expected, and read the difference in review.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write;
use std::path::Path;

use solon_syntax::annotations::metadata_blocks;
use solon_syntax::ast::Version;
use solon_syntax::{Diagnostic, ParseOptions, Source, dump, parse_module, parse_query, print};

#[test]
fn golden_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/syntax");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(!files.is_empty(), "no cases in {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let given = run(&text);
        if given == text {
            continue;
        }
        if std::env::var_os("SOLON_BLESS").is_some() {
            std::fs::write(&file, given).unwrap();
        } else {
            let mut lines = text.lines().zip(given.lines()).enumerate();
            let (number, (expected, given)) = lines.find(|(_, (left, right))| left != right).unwrap_or_default();
            wrong.push(format!("{}:{}: expected {expected:?}, given {given:?}", file.display(), number + 1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is printed from the tree of a module is read as the same tree.
#[test]
fn modules_are_printed_as_they_are() {
    let text = include_str!("../../../tests/cases/syntax/modules.txt");
    let mut seen = 0;
    for case in text.split("\n=== ") {
        let (title, rest) = case.split_once('\n').unwrap_or_default();
        let source = rest.split_once("\n---").map_or(rest, |(source, _)| source);
        let version = if title.ends_with("v0)") { Version::V0 } else { Version::V1 };
        let options = ParseOptions { file: 0, version };
        let Some(tree) = parse_module(source, options).tree else { continue };
        let printed = print::module_text(&tree);
        let again = parse_module(&printed, options);
        assert!(again.errors.is_empty(), "{title}: {:?} in {printed}", again.errors);
        let again = again.tree.expect("a tree");
        assert_eq!(without_places(&dump::dump(&again)), without_places(&dump::dump(&tree)), "{title}: {printed}");
        seen += 1;
    }
    assert!(seen > 10);
}

/// A printed tree without its places, such as `@12..34`, and without the value of rules that is said or not.
fn without_places(dump: &str) -> String {
    let words: Vec<&str> = dump.split_whitespace().filter(|word| !word.starts_with('@')).collect();
    words.join(" ").replace(" value = true", "").replace(" value := true", "")
}

/// Rewrites a file of cases with what is given.
fn run(text: &str) -> String {
    let mut out = String::new();
    let (preface, cases) = text.split_at(text.find("=== ").unwrap_or(text.len()));
    out.push_str(preface);
    for case in cases.split("\n=== ").map(|case| case.trim_start_matches("=== ")) {
        let (title, rest) = case.split_once('\n').expect("a title");
        let source = rest.split_once("\n---").map_or(rest, |(source, _)| source).trim_end();
        let how = title.rsplit_once('(').map_or("v1)", |(_, how)| how).trim_end_matches(')');
        let version = if how.ends_with("v0") { Version::V0 } else { Version::V1 };
        let given = result(source, version, how.starts_with("query"));
        let _ = write!(out, "=== {title}\n{source}\n---\n{given}\n");
    }
    out.trim_end().to_owned() + "\n"
}

fn result(source: &str, version: Version, is_query: bool) -> String {
    let options = ParseOptions { file: 0, version };
    if is_query {
        let parsed = parse_query(source, options);
        let tree = if parsed.errors.is_empty() { dump::dump_body(&parsed.tree) } else { String::new() };
        return tree + &errors(source, &parsed.errors);
    }
    let parsed = parse_module(source, options);
    let mut out = errors(source, &parsed.errors);
    if let Some(module) = parsed.tree {
        out.push_str(&dump::dump(&module));
        for block in metadata_blocks(&module, source) {
            let _ = writeln!(out, "  metadata {:?} {:?}", block.target, block.yaml);
        }
    }
    out
}

fn errors(text: &str, errors: &[Diagnostic]) -> String {
    let source = Source::new("case", text);
    let mut out = String::new();
    for error in errors {
        let place = source.position(error.span.start);
        let _ = writeln!(out, "{}:{}: {}: {}", place.row, place.col, error.code, error.message);
        if let Some(hint) = &error.hint {
            let _ = writeln!(out, "  hint: {hint}");
        }
    }
    out
}
