//! `rego.parse_module` on the modules of `tests/cases/parse_module`. The JSON beside each is real OPA's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use solon_engine::{Compiler, Input};
use std::fs;
use std::path::Path;

#[test]
fn trees_are_those_of_opa() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/parse_module");
    let policy = Compiler::new().compile().expect("no modules compile");
    let query = policy.prepare(r#"rego.parse_module("x.rego", input)"#).expect("a query");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "rego") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a module");
        let expected = fs::read_to_string(path.with_extension("json")).expect("OPA's tree");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let mut evaluator = query.evaluator().strict_builtin_errors(true);
        let answer = evaluator.eval(Input::json(json!(text).to_string().as_str())).map(|answer| answer.to_owned());
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let found = answer.rows.first().expect("a row").expressions.first().expect("a value").value.clone();
        difference(&path.display().to_string(), &expected, &found);
        count += 1;
    }
    assert!(count >= 5, "{count} modules");
}

/// Fails with the place of the first difference.
fn difference(place: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            left.iter().zip(right).enumerate().for_each(|(at, (left, right))| {
                difference(&format!("{place}/{at}"), left, right);
            });
        }
        (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => {
            left.iter().for_each(|(key, value)| difference(&format!("{place}/{key}"), value, &right[key]));
        }
        // How a number is written is the printer's matter.
        (Value::Number(left), Value::Number(right)) => assert_eq!(left.as_f64(), right.as_f64(), "{place}"),
        _ => assert_eq!(expected, found, "{place}"),
    }
}
