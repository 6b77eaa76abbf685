//! What is fuzzed: each target takes any bytes and must come back, without a panic, soon.
//!
//! `cargo fuzz run TARGET` (nightly) and `cargo xtask fuzz` (any toolchain) run the same functions.

use solon_engine::{Compiler, Input, Limits};

/// What an evaluation may use while it is fuzzed.
const SMALL: Limits = Limits {
    instructions: 20_000,
    memory: 64 << 20,
    value_size: 1 << 20,
    depth: 256,
    deadline: None,
    result_size: 1 << 20,
};

/// A target.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 3] = [("parse", parse), ("eval", eval), ("json", json)];

/// Reads a module: lexer, parser and compiler.
pub fn parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = Compiler::new().module("fuzz.rego", &*text).compile() {
        assert!(!error.issues().is_empty(), "an error says what is wrong");
    }
    if let Ok(policy) = Compiler::new().compile() {
        let _ = policy.prepare(&text);
    }
}

/// Compiles a module and evaluates everything in it. What follows a line `---` is the input.
pub fn eval(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (module, input) = text.split_once("\n---\n").unwrap_or((&text, "{}"));
    let Ok(policy) = Compiler::new().module("fuzz.rego", module).data(r#"{"a": {"b": [1, 2]}}"#).compile() else {
        return;
    };
    let Ok(query) = policy.prepare("data") else { return };
    let mut evaluator = query.evaluator().limits(SMALL);
    let once = evaluator.eval(Input::json(input)).map(|answer| answer.to_owned());
    let again = evaluator.eval(Input::json(input)).map(|answer| answer.to_owned());
    assert_eq!(once.is_ok(), again.is_ok(), "a second evaluation says something else");
}

/// Reads an input and writes it again.
pub fn json(bytes: &[u8]) {
    let Ok(policy) = Compiler::new().compile() else { return };
    let Ok(query) = policy.prepare("x = input") else { return };
    let mut evaluator = query.evaluator().limits(SMALL);
    let read = |evaluator: &mut solon_engine::Evaluator, bytes: &[u8]| {
        let answer = evaluator.eval(Input::json(bytes)).ok()?.to_owned();
        answer.rows.first()?.bindings.get("x").cloned()
    };
    if let Some(value) = read(&mut evaluator, bytes) {
        let text = value.to_string();
        assert_eq!(read(&mut evaluator, text.as_bytes()), Some(value), "what is written reads as something else");
    }
}
