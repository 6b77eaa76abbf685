//! What is there with and without the features that choose builtins: `cargo xtask ci features` runs this without any.

#![allow(clippy::unwrap_used)]

use solon_engine::Compiler;

/// A call of a builtin that a feature has.
const CALLS: &[(&str, bool)] = &[
    (r#"crypto.sha256("x")"#, cfg!(feature = "crypto")),
    (r#"graphql.is_valid("{a}", "type Query {a: Int}")"#, cfg!(feature = "graphql")),
    (r#"regex.match("a", "a")"#, cfg!(feature = "regex")),
    (r#"semver.is_valid("1.0.0")"#, cfg!(feature = "semver")),
    ("time.date(0)", cfg!(feature = "time")),
    (r#"yaml.is_valid("a: 1")"#, cfg!(feature = "yaml")),
];

#[test]
fn builtins_are_there_with_their_feature() {
    for (call, is_there) in CALLS {
        let compiled = Compiler::new().module("a.rego", format!("package a\nx := {call}")).compile();
        let name = call.split('(').next().unwrap();
        match is_there {
            true => assert!(compiled.is_ok(), "{name}"),
            false => {
                let error = compiled.unwrap_err().to_string();
                assert!(error.contains(&format!("undefined function {name}")), "{error}");
            }
        }
    }
}

#[test]
fn annotations_are_read_or_refused() {
    let module = "# METADATA\n# title: T\npackage a\nx := 1";
    let policy = Compiler::new().module("a.rego", module).compile();
    let read = policy.map(|policy| policy.annotations().len()).map_err(|error| error.to_string());
    let refusal = "a.rego:1: rego_parse_error: annotations are YAML, which is left out: the feature yaml is off";
    assert_eq!(read, if cfg!(feature = "yaml") { Ok(1) } else { Err(refusal.to_owned()) });
}
