//! Builtins of an embedding program: what does not fit ends the evaluation, and is never an answer.
#![allow(clippy::unwrap_used)]

use solon_engine::builtins::{CustomBuiltin, Json};
use solon_engine::value::Value;
use solon_engine::{Compiler, Error, Input};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rules that would allow if a call were undefined.
const RULES: &str = "package a
default refused := false
allow if not own.f(input)
refused if own.f(input)
every_is if every x in [input] { not own.f(x) }
all := [x | x := own.f(input)]";

/// What each rule is for an input, with a function.
fn answers(function: &CustomBuiltin, input: &str) -> Vec<Result<Option<String>, Error>> {
    let policy = Compiler::new().builtin(function.clone()).module("a.rego", RULES).compile().unwrap();
    let rules = ["allow", "refused", "every_is", "all"].into_iter();
    let ask = |rule: &str| {
        let mut evaluator = policy.prepare(&format!("data.a.{rule}"))?.evaluator();
        evaluator.eval(Input::json(input)).map(|answer| answer.value().map(|value| value.to_string()))
    };
    rules.map(ask).collect()
}

/// Checks that no rule has an answer, each because of the same.
fn never_answers(function: &CustomBuiltin, input: &str, message: &str) {
    for answer in answers(function, input) {
        let error = answer.unwrap_err();
        let issue = &error.issues()[0];
        assert_eq!((issue.code.as_str(), issue.message.as_str()), ("eval_builtin_error", message), "{input}");
    }
}

#[test]
fn an_argument_that_does_not_convert_ends_the_evaluation() {
    let is_big = CustomBuiltin::typed("own.f", |n: i64| -> Result<bool, String> { Ok(n > 100) });
    assert_eq!(answers(&is_big, "1000")[1].as_ref().unwrap().as_deref(), Some("true"));
    never_answers(&is_big, "1000.5", "own.f: operand 1 must be an integer of 64 bits");
    never_answers(&is_big, "92233720368547758080", "own.f: operand 1 must be an integer of 64 bits");
    never_answers(&is_big, "\"x\"", "own.f: operand 1 must be number but got string");
    never_answers(&is_big, "null", "own.f: operand 1 must be number but got null");

    let is_hot = CustomBuiltin::typed("own.f", |n: f64| n > 100.0);
    never_answers(&is_hot, "1e1000", "own.f: operand 1 must be a number of 64 bits");

    let has_long = CustomBuiltin::typed("own.f", |names: Vec<String>| names.iter().any(|name| name.len() > 3));
    never_answers(&has_long, r#"["long", 1]"#, "own.f: operand 1 must be array[string] but got number at [1]");

    let is_over = |Json(hours): Json<BTreeMap<String, i64>>| hours.values().sum::<i64>() > 40;
    let is_over = CustomBuiltin::typed("own.f", is_over);
    assert_eq!(answers(&is_over, r#"{"mon": 99}"#)[1].as_ref().unwrap().as_deref(), Some("true"));
    for input in [r#"{"mon": 99.5}"#, "[99]", r#"{"mon": "99"}"#] {
        for answer in answers(&is_over, input) {
            let error = answer.unwrap_err();
            assert!(error.issues()[0].message.starts_with("own.f: operand 1: "), "{error}");
        }
    }
}

/// A function that gives its argument, whatever it says of it.
fn giving(result: &str) -> CustomBuiltin {
    CustomBuiltin::new("own.f", format!("(any) -> {result}"), |_, args| Ok(args[0]))
}

#[test]
fn a_result_that_is_not_what_was_declared_ends_the_evaluation() {
    for (result, input, found) in [
        ("boolean", "null", "null"),
        ("boolean", "\"no\"", "string"),
        ("number", "false", "boolean"),
        ("array[boolean]", "[true, null]", "null at [1]"),
        ("object[string: boolean]", r#"{"a": 0}"#, r#"number at ["a"]"#),
        ("set[any]", "[]", "array"),
    ] {
        let message = format!("own.f: the result must be {result} but got {found}");
        never_answers(&giving(result), input, &message);
    }
    for (result, input) in [("boolean | null", "null"), ("any", "null"), ("array[number]", "[1, 2.5]")] {
        assert!(answers(&giving(result), input).iter().all(Result::is_ok), "{result} {input}");
    }
}

#[test]
fn an_argument_that_is_not_what_was_declared_ends_the_evaluation() {
    let is_banned = CustomBuiltin::new("own.f", "(name: string) -> boolean", |_, args| {
        Ok(Value::Bool(args.first().and_then(Value::as_str) == Some("bob")))
    });
    assert_eq!(answers(&is_banned, "\"ann\"")[0].as_ref().unwrap().as_deref(), Some("true"));
    never_answers(&is_banned, "[\"bob\"]", "own.f: operand 1 must be string but got array");
}

/// What does not depend on `input` is computed once, however often a `with` replaces that.
#[test]
fn what_input_does_not_change_is_computed_once() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let double = CustomBuiltin::typed("own.double", move |n: i64| {
        counted.fetch_add(1, Ordering::Relaxed);
        n * 2
    });
    let module = "package a
        table := [own.double(data.x)]
        other := own.double(input.x)
        all := [x | some i in [3, 4, 5]; x := table[0] + other with input.x as i; table]";
    let policy = Compiler::new().builtin(double).module("a.rego", module).data(r#"{"x": 1}"#).compile().unwrap();
    let mut evaluator = policy.prepare("data.a.all").unwrap().evaluator();
    let answer = evaluator.eval(Input::json(r#"{"x": 1}"#)).unwrap();
    assert_eq!(answer.value().unwrap().to_string(), "[8, 10, 12]");
    // Once in the first of these worlds, once in the world outside of them, and once for each `other`.
    assert!(calls.load(Ordering::Relaxed) <= 3 + 3, "{calls:?}");
    let known = "x := [y | some i in [3, 4, 5]; data.a.table; y := data.a.table[0] with input.x as i]";
    let mut evaluator = policy.prepare(known).unwrap().evaluator();
    calls.store(0, Ordering::Relaxed);
    evaluator.eval(Input::json(r#"{"x": 1}"#)).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
