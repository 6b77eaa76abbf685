//! What an explainer says besides the rules, which `tests/cases/eval/fired.case` has.

#![allow(clippy::unwrap_used)]

use solon_engine::{Compiler, Host, Input, Limits, Policy};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The rows of the rules that had answers.
fn rows(explanation: &solon_engine::Explanation<'_>) -> Vec<u32> {
    explanation.rules.iter().map(|rule| rule.location.as_ref().unwrap().row).collect()
}

#[test]
fn limits_hold_and_what_led_to_them_is_told() {
    let module =
        "package a\nall := numbers.range(1, 1000)\nlong if {\n\tsome x in all\n\tsome y in all\n\tx + y < 0\n}";
    let policy = Compiler::new().module("a.rego", module).compile().unwrap();
    let limits = Limits { instructions: 50_000, ..Limits::default() };
    let mut explainer = policy.prepare("data.a.long").unwrap().explainer().unwrap().limits(limits);
    let explanation = explainer.eval(Input::none());
    assert_eq!((rows(&explanation), explanation.instructions), (vec![2], 50_000));
    assert!(explanation.answer.err().unwrap().is_limit());
}

/// Each evaluation starts anew, whatever came of the one before.
#[test]
fn explanations_are_of_one_evaluation() {
    let module = "package a\np := 1 if input.x == 1\nq if input.x == 2\nr if p\nr if q";
    let policy = Compiler::new().module("a.rego", module).compile().unwrap();
    let mut explainer = policy.prepare("data.a.r").unwrap().explainer().unwrap();
    for (input, expected) in [(r#"{"x": 1}"#, vec![2, 4]), (r#"{"x": 2}"#, vec![3, 5]), (r#"{"x": 3}"#, vec![])] {
        assert_eq!(rows(&explainer.eval(Input::json(input))), expected, "{input}");
    }
    let explanation = explainer.eval(Input::json("{"));
    assert_eq!((rows(&explanation), explanation.instructions), (vec![], 0));
    assert_eq!(explanation.answer.err().unwrap().issues()[0].code, "invalid_json");
}

#[test]
fn time_is_the_clocks_or_the_hosts() {
    struct Clock(AtomicI64);
    impl Host for Clock {
        fn now(&self) -> Option<i64> {
            Some(self.0.fetch_add(1_000, Ordering::Relaxed))
        }
    }
    let query = Compiler::new().module("a.rego", "package a\np := 1").compile().unwrap().prepare("data.a.p").unwrap();
    let mut without = query.explainer().unwrap();
    assert_eq!(without.eval(Input::none()).time, None);
    let mut by_host = query.explainer().unwrap().host(Arc::new(Clock(AtomicI64::new(0))));
    assert_eq!(by_host.eval(Input::none()).time, Some(Duration::from_micros(1)));
    let ticks = AtomicI64::new(0);
    let clock = move || Duration::from_millis(ticks.fetch_add(5, Ordering::Relaxed) as u64);
    let mut by_clock = by_host.clock(clock);
    assert_eq!(by_clock.eval(Input::none()).time, Some(Duration::from_millis(5)));
}

/// The data are those of the query, however they were put there, in the package and with the imports of the query.
#[test]
fn data_and_context_are_the_querys() {
    let module = "package a\nx := data.limit + data.b.c\n\ny := input.n";
    let policy = Compiler::new().module("a.rego", module).data(r#"{"limit": 1, "b": {"c": 10}}"#).compile().unwrap();
    let query = policy.prepare_in("x + y + z", "a", &["data.b.c as z"]).unwrap();
    let patched = policy.patch_data(&["b", "c"], b"20").unwrap();
    let replaced = policy.with_data(r#"{"limit": 2, "b": {"c": 30}}"#).unwrap();
    for (policy, expected) in [(policy, 22), (patched, 42), (replaced, 63)] {
        let mut explainer = query.with_policy(&policy).unwrap().explainer().unwrap();
        let input = policy.parse_input(br#"{"n": 1}"#).unwrap();
        let explanation = explainer.eval(Input::parsed(&input));
        assert_eq!(rows(&explanation), [2, 4]);
        assert_eq!(explanation.answer.unwrap().to_owned().value(), Some(&expected.into()));
    }
}

/// A file may have other sources than those that its code was made of. They are what is explained, whatever strings they
/// name: data are read for them.
#[test]
fn sources_of_a_file_are_taken_as_they_are() {
    let module = "package a\nx := data.first[input.key]";
    let data = r#"{"first": {"one": 1, "two": 2}, "other": {"one": 3, "two": 4}}"#;
    let mut file = Compiler::new().module("a.rego", module).data(data).compile().unwrap().save().unwrap();
    let at = file.windows(module.len()).position(|window| window == module.as_bytes()).unwrap();
    let changed = module.replace("data.first[input.key]", r#"data.other["two"]    "#);
    file[at..at + module.len()].copy_from_slice(changed.as_bytes());
    // The header: its mark, the format, the version, the length, the checksum.
    let start = 8 + 2 + 1 + usize::from(file[10]) + 8;
    let checksum = crc32fast::hash(&file[start + 4..]);
    file[start..start + 4].copy_from_slice(&checksum.to_le_bytes());

    let policy = Policy::load(&file).unwrap();
    let query = policy.prepare("data.a.x").unwrap();
    let input = Input::json(r#"{"key": "one"}"#);
    assert_eq!(query.evaluator().eval(input).unwrap().deserialize::<i64>().unwrap(), 1);
    assert_eq!(query.explainer().unwrap().eval(input).answer.unwrap().deserialize::<i64>().unwrap(), 4);
}
