//! Inputs that are kept are the same for every policy, and data changes under running evaluations.

#![allow(clippy::unwrap_used)]

use solon_engine::{Compiler, Input, Policy, Query};
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn policy(module: &str) -> Policy {
    Compiler::new().module("t.rego", module).data(r#"{"version": 0, "copy": 0}"#).compile().unwrap()
}

fn ask(query: &Query, input: Input<'_>) -> String {
    query.evaluator().eval(input).unwrap().value().unwrap().to_string()
}

/// Strings have other numbers in every policy. An input that was read for one of them must not lead another one astray.
#[test]
fn a_parsed_input_is_the_same_for_every_policy() {
    let first = policy("package t\nx := [input.a, input.b, input.c == \"b\"]");
    let second = policy("package t\nx := [input.b, input.c, input.a == \"b\", [k | some k, _ in input]]");
    let text = r#"{"a": "b", "b": "c", "c": "a", "d": {"a": [1, 2.0]}}"#;
    let (one, two) = (first.prepare("data.t.x").unwrap(), second.prepare("data.t.x").unwrap());
    for reader in [&first, &second] {
        let input = reader.parse_input(text.as_bytes()).unwrap();
        assert_eq!(ask(&one, Input::parsed(&input)), r#"["b", "c", false]"#);
        assert_eq!(ask(&two, Input::parsed(&input)), r#"["c", "a", true, ["a", "b", "c", "d"]]"#);
    }
    let input = first.parse_input(text.as_bytes()).unwrap();
    std::thread::scope(|scope| {
        for query in [&one, &two, &one, &two] {
            let input = input.clone();
            scope.spawn(move || assert_eq!(ask(query, Input::parsed(&input)), ask(query, Input::json(text))));
        }
    });
}

/// What is below `data` is an object, also where all of it is patched.
#[test]
fn data_stay_an_object() {
    let policy = policy("package t\nx := data.version");
    for scalar in ["3", "null", "[]", "\"a\""] {
        let error = policy.patch_data(&[], scalar.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "invalid_data: the base document must be an object");
        assert_eq!(policy.with_data(scalar).unwrap_err().to_string(), error.to_string());
    }
    let patched = policy.patch_data(&[], br#"{"version": 4}"#).unwrap();
    assert_eq!(ask(&patched.prepare("data.t.x").unwrap(), Input::none()), "4");
}

/// Equal parts of data are kept once. Numbers that are equal but written in two ways are not the same.
#[test]
fn data_keep_every_number_as_it_is_written() {
    let text =
        r#"{"a": [1, 1.0, 1e0, 1], "b": [1.0, 1], "c": [1, 1.0, 1e0, 1], "d": ["1", "\u0031"], "e": [{}, [], {}]}"#;
    let policy = Compiler::new().data(text).compile().unwrap();
    let expected =
        r#"{"a": [1, 1.0, 1e0, 1], "b": [1.0, 1], "c": [1, 1.0, 1e0, 1], "d": ["1", "1"], "e": [{}, [], {}]}"#;
    assert_eq!(ask(&policy.prepare("data").unwrap(), Input::none()), expected);
}

#[test]
fn several_documents_are_one() {
    let compiler = Compiler::new().data(r#"{"a": {"x": 1}, "z": [1]}"#);
    let compiler = compiler.data_at(&["a", "b"], "{\"y\": 2}").data_at(&["c"], "3").data(r#"{"a": {"b": {"z": 4}}}"#);
    let query = compiler.clone().compile().unwrap().prepare("data").unwrap();
    assert_eq!(ask(&query, Input::none()), r#"{"a": {"b": {"y": 2, "z": 4}, "x": 1}, "c": 3, "z": [1]}"#);
    let error = compiler.data_at(&["a", "x"], "5").compile().unwrap_err();
    assert_eq!(error.to_string(), "invalid_data: two base documents at data.a.x cannot be merged");
}

/// A query of other modules does not take a policy's data.
#[test]
fn a_query_stays_with_its_modules() {
    let (one, other) = (policy("package t\nx := 1"), policy("package t\nx := 1"));
    let query = one.prepare("data.t.x").unwrap();
    assert!(query.with_policy(&other).is_none());
    assert!(query.with_policy(&one.with_data("{}").unwrap()).is_some());
}

/// Threads evaluate while another one puts new data in place: each answer is of one version, and versions only grow.
#[test]
fn data_change_under_running_evaluations() {
    let policy = policy("package t\nx := [data.version, data.copy]");
    let current = RwLock::new(policy.prepare("data.t.x").unwrap());
    let answers = AtomicU64::new(0);
    const LAST: u64 = 300;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut seen = 0;
                while seen < LAST {
                    let query = current.read().unwrap().clone();
                    let pair: [u64; 2] = query.evaluator().eval(Input::none()).unwrap().deserialize().unwrap();
                    assert_eq!(pair[0], pair[1]);
                    assert!(pair[0] >= seen);
                    seen = pair[0];
                    answers.fetch_add(1, Relaxed);
                }
            });
        }
        for version in 1..=LAST {
            let old = current.read().unwrap().clone();
            let text = version.to_string();
            let next = old.policy().patch_data(&["version"], text.as_bytes()).unwrap();
            let next = next.patch_data(&["copy"], text.as_bytes()).unwrap();
            *current.write().unwrap() = old.with_policy(&next).unwrap();
            std::thread::yield_now();
        }
    });
    assert!(answers.into_inner() >= 2);
}
