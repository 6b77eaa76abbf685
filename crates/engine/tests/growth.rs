//! Compilation takes time in proportion to the policy.
//!
//! Eight times as many rules may take eight times as long. What takes the square of it would take 64 times as long,
//! which is told from the first even where others use the machine.

#![allow(clippy::unwrap_used)]

use solon_engine::Compiler;
use std::time::{Duration, Instant};

const FEW: usize = 250;
const MANY: usize = 8 * FEW;
const MOST: u32 = 24;

/// The quickest of several runs.
fn time(modules: &[String], query: &str) -> Duration {
    let run = || {
        let start = Instant::now();
        let named = modules.iter().enumerate();
        let compiler = named.fold(Compiler::new(), |compiler, (at, text)| compiler.module(format!("{at}.rego"), text));
        compiler.compile().unwrap().prepare(query).unwrap();
        start.elapsed()
    };
    (0..4).map(|_| run()).min().unwrap()
}

fn check(name: &str, query: &str, modules: impl Fn(usize) -> Vec<String>) {
    let (few, many) = (time(&modules(FEW), query), time(&modules(MANY), query));
    println!("{name}: {FEW} rules {few:?}, {MANY} rules {many:?}");
    assert!(many < few * MOST, "{name}: {FEW} rules take {few:?}, {MANY} rules {many:?}");
}

/// One rule after the other in a module.
fn one(beginning: &str, count: usize, rule: impl Fn(usize) -> String) -> Vec<String> {
    vec![format!("package p\n{beginning}\n{}", (0..count).map(rule).collect::<String>())]
}

#[test]
fn rules_of_one_document() {
    check("document", "data.p.allow", |count| {
        one("", count, |at| format!("allow if {{\n\tinput.method == \"GET\"\n\tinput.path == \"/v{at}\"\n}}\n"))
    });
}

#[test]
fn rules_of_one_set_that_call_a_function() {
    check("set", "data.p.deny", |count| {
        let rule =
            |at| format!("deny contains c.name if {{\n\tsome c in input.list\n\tc.x == {at}\n\tis_big(c.n)\n}}\n");
        one("is_big(x) if x > 1", count, rule)
    });
}

#[test]
fn documents_that_ask_for_one() {
    check("documents", "data.p.r7", |count| {
        one("first := input.x", count, |at| format!("r{at} if {{\n\tfirst\n\tinput.y == {at}\n}}\n"))
    });
}

#[test]
fn functions_and_their_calls() {
    check("functions", "data.p.v7", |count| {
        one("", count / 2, |at| format!("f{at}(x) := x + 1 if x > {at}\nv{at} := f{at}(input.n)\n"))
    });
}

#[test]
fn packages() {
    check("packages", "data.p.q7", |count| {
        let module =
            |at| format!("package p.q{at}\nimport data.p.lib\nallow if {{\n\tlib.ok\n\tinput.role == {at}\n}}\n");
        (0..count).map(module).chain(["package p.lib\nok if input.ok\n".to_owned()]).collect()
    });
}
