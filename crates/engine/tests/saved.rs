//! Saved policies: what is loaded is what was saved, and bytes that were changed do no harm. (`cases.rs` also asks
//! every case of a loaded policy.)

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use solon_engine::builtins::{Builtin, Purity, register};
use solon_engine::saved::with_checksum;
use solon_engine::value::Value;
use solon_engine::{Capabilities, Compiler, Error, Input, Limits, Policy, Syntax};
use solon_generate::{Case, Choices, case};
use std::sync::LazyLock;

/// Something of everything that a policy can have.
const MODULE: &str = r#"# METADATA
# title: Saved
# custom: {deep: [1, 2.50, {"a": null}], big: 123456789012345678901234567890}
package saved.one

import data.base

default allow := false

# METADATA
# entrypoint: true
allow if {
	input.method == "GET"
	some role in input.roles
	role in base.admins
}

limit := 10

tags contains tag if some tag in ["a", "b", {"c": {1, 2.5}}]

index[x] := y if { some x, y in {"one": 1, "two": 2} }
nested[x].below[y] := z if { some x, y in ["p", "q"]; z := concat("/", ["a", y]) }

kind := "get" if input.method == "GET"
kind := "post" if input.method == "POST"
kind := "put" if input.method == "PUT"
kind := "list" if startswith(input.method, "LIST")
kind := "watch" if startswith(input.method, "WATCH")
kind := "many" if is_array(input.method)
kind := "pair" if count(input.method) == 2

twice(x) := x * 2
replaced := x if x := twice(input.y[0]) with data.base.x as 1 with input.y as [2]
mocked := x if x := count([1]) with count as twice2
twice2(x) := [x, x]
dynamic := data.free[input.which].limit
listed := [name | some name; data.free[name]]
conflict := 1 if input.conflict
conflict := 2 if input.conflict
every_one if every role in input.roles { role != "" }
"#;

const INPUTS: [&str; 4] = [
    r#"{"method": "GET", "roles": ["ann"], "which": "base"}"#,
    r#"{"method": "LISTALL", "roles": [""], "which": "two"}"#,
    r#"{"method": ["a", "b"], "roles": {}, "conflict": true}"#,
    "{}",
];

const QUERIES: [&str; 8] = [
    "data",
    "data.saved.one.allow",
    "data.saved.one",
    "x := data.free[y].limit",
    "data.saved.one.twice(input.n)",
    "count(data.saved.one.tags) > 2; input.method = m",
    "data.saved.one.limit.a",
    "data.saved.one.no_function(1)",
];

fn compiler() -> Compiler {
    Compiler::new()
        .module("one.rego", MODULE)
        .module("two.rego", "package free.two\nlimit[x] { x := 1.0 }\nempty = set()")
        .module("none.rego", "package free.nothing.here")
        .data(r#"{"base": {"admins": ["ann", "bob"], "n": 1.50, "é\u0000": [true, null]}, "free": {"base": {"limit": 3}}}"#)
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| compiler().compile().unwrap());
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| POLICY.save().unwrap());

/// What a policy says, with its errors and their places.
fn said(policy: &Policy, query: &str, input: &str, is_strict: bool) -> Result<String, String> {
    let limits = Limits { instructions: 200_000, memory: 64 << 20, ..Limits::default() };
    let ask = || -> Result<String, Error> {
        let query = policy.prepare(query)?;
        let mut evaluator = query.evaluator().strict_builtin_errors(is_strict).limits(limits);
        let answer = evaluator.eval(if input.is_empty() { Input::none() } else { Input::json(input) })?;
        Ok(format!("{} {}", serde_json::to_string(&answer).unwrap(), query.projection()))
    };
    ask().map_err(|error| format!("{:?}", error.issues()))
}

fn load(file: &[u8]) -> Result<Policy, String> {
    Policy::load(file).map_err(|error| {
        assert_eq!(error.issues()[0].code, "invalid_compiled_policy");
        error.to_string()
    })
}

#[test]
fn a_loaded_policy_is_the_one_that_was_saved() {
    let loaded = load(&FILE).unwrap();
    for query in QUERIES {
        for input in INPUTS {
            assert_eq!(said(&loaded, query, input, false), said(&POLICY, query, input, false), "{query}");
        }
    }
    assert_eq!(loaded.annotations(), POLICY.annotations());
    assert_eq!(loaded.entrypoints(), ["data.saved.one.allow"]);
    assert_eq!(loaded.notes(), POLICY.notes());
    assert_eq!(loaded.notes().len(), 1, "a note of older Rego");
    assert_eq!(format!("{loaded:?}"), format!("{:?}", *POLICY));
    assert_eq!(loaded.save().unwrap(), *FILE, "it is saved as the same");
    let patched = loaded.patch_data(&["base", "admins"], b"[]").unwrap();
    assert!(said(&patched, "data.saved.one.allow", INPUTS[0], false).unwrap().contains("false"));
}

#[test]
fn tests_are_kept() {
    let compiler = Compiler::new().module("a_test.rego", "package a\ntest_x[n] if some n in [\"p\", \"q\"]").test_run();
    let policy = compiler.compile().unwrap();
    let loaded = load(&policy.save().unwrap()).unwrap();
    assert_eq!(loaded.tests(), policy.tests());
    assert_eq!(loaded.tests().len(), 1);
}

#[test]
fn generated_programs_answer_the_same() {
    let mut compared = 0;
    for seed in 0..400 {
        let Case { modules, data, input, queries, is_v0, is_strict, .. } = case(&mut Choices::random(seed));
        let compiler = Compiler::new().syntax(if is_v0 { Syntax::V0 } else { Syntax::V1 }).data(data.as_str());
        let compiler = modules.iter().fold(compiler, |compiler, (name, text)| compiler.module(name, text));
        let Ok(policy) = compiler.compile() else { continue };
        let loaded = load(&policy.save().unwrap()).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{modules:?}"));
        let input = input.as_deref().unwrap_or_default();
        for query in &queries {
            let (one, two) = (said(&policy, query, input, is_strict), said(&loaded, query, input, is_strict));
            assert_eq!(one, two, "seed {seed}, query {query}\n{modules:?}");
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn what_is_no_file_of_this_version_is_refused() {
    let file = &**FILE;
    for length in 0..file.len() {
        assert!(load(&file[..length]).is_err(), "cut off after {length} bytes");
    }
    let with = |at: usize, byte: u8| {
        let mut file = file.to_vec();
        file[at] = byte;
        load(&file).unwrap_err()
    };
    assert!(with(0, b'p').contains("it is no compiled policy"));
    assert!(with(8, 10).contains("it is of format 10"));
    assert!(with(11, b'\n').contains("it is of version \\n"));
    assert!(with(file.len() - 1, 0x55).contains("its checksum is wrong"));
    let mut longer = file.to_vec();
    longer.push(0);
    assert!(load(&longer).unwrap_err().contains("something follows it"));
    assert!(load(&with_checksum(&longer)).unwrap_err().contains("it has more than a policy"));
}

/// What is left of a changed file does no harm: it is refused, or is a policy like any other.
fn harmless(file: &[u8]) -> bool {
    let Ok(policy) = load(&with_checksum(file)) else { return false };
    for query in ["data", "data.saved.one.allow", "x := data.free[y].limit"] {
        for input in INPUTS {
            let _ = said(&policy, query, input, false);
        }
    }
    let _ = policy.save();
    true
}

#[test]
fn each_byte_may_be_wrong() {
    let file = &**FILE;
    let mut loaded = 0;
    for at in (24..file.len()).filter(|at| at % 4 == 0 || *at < 400) {
        for change in [1, 0xff] {
            let mut file = file.to_vec();
            file[at] ^= change;
            loaded += u32::from(harmless(&file));
        }
    }
    assert!(loaded > 0, "texts may be others");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn bytes_may_be_put_in_left_out_and_changed(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6)) {
        let mut file = FILE.clone();
        for (at, byte, kind) in changes {
            let at = 24 + at.index(file.len() - 24);
            match kind {
                0 => file[at] = byte,
                1 => file.insert(at, byte),
                _ => {
                    file.remove(at);
                }
            }
        }
        harmless(&file);
    }
}

fn own(name: &'static str) -> Builtin {
    Builtin {
        name,
        signature: "(x: number) -> y: number",
        doc: "",
        example: ("", ""),
        purity: Purity::Pure,
        call: |_, args| Ok(args.first().copied().unwrap_or(Value::Null)),
    }
}

/// The same file with other text of the same length.
fn replaced(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut file = file.to_vec();
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let places: Vec<usize> = (0..file.len() - from.len()).filter(|at| file[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|at| file[*at..*at + to.len()].copy_from_slice(to));
    with_checksum(&file)
}

#[test]
fn functions_of_the_program_have_to_be_there() {
    register(own("saved.same")).unwrap();
    let policy = Compiler::new().module("a.rego", "package a\nx := saved.same(1)").compile().unwrap();
    let file = policy.save().unwrap();
    assert_eq!(said(&load(&file).unwrap(), "data.a.x", "", false), said(&policy, "data.a.x", "", false));
    let error = load(&replaced(&file, "saved.same", "saved.gone")).unwrap_err();
    assert!(error.contains("there is no function saved.gone"), "{error}");
    let error = load(&replaced(&file, "(x: number) -> y: number", "(x: string) -> y: number")).unwrap_err();
    let expected = "the function saved.same is (x: number) -> y: number, and the policy was compiled for (x: string)";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn capabilities_are_kept() {
    let json = r#"{"builtins": [{"name": "own.f", "decl": {"type": "function", "args": [{"type": "string"}],
        "result": {"type": "any"}}}, {"name": "count", "decl": {"type": "function", "args": [{"type": "any"}],
        "result": {"type": "number"}}}], "features": ["rego_v1"], "allow_net": ["a.example"]}"#;
    let capabilities = Capabilities::from_json(json.as_bytes()).unwrap();
    let module = "package a\nx := z if z := own.f(\"a\") with own.f as 2\ny := own.f(\"b\")";
    let policy = Compiler::new().capabilities(capabilities).module("a.rego", module).compile().unwrap();
    let loaded = load(&policy.save().unwrap()).unwrap();
    for query in ["data.a.x", "data.a.y", "own.f(1)", "sum([1])", "count([1])"] {
        assert_eq!(said(&loaded, query, "", false), said(&policy, query, "", false), "{query}");
    }
    assert_eq!(loaded.save().unwrap(), policy.save().unwrap());
}

#[test]
fn schemas_that_contain_themselves_are_kept() {
    let schema = r##"{"$ref": "#/definitions/node", "definitions": {"node": {"type": "object",
        "properties": {"next": {"$ref": "#/definitions/node"}, "name": {"type": "string"}}}}}"##;
    let module = "package a\nx := input.next.next.name\ny := input.next";
    let policy = Compiler::new().schema(&[], schema).module("a.rego", module).compile().unwrap();
    let loaded = load(&policy.save().unwrap()).unwrap();
    for query in ["data.a.y.next.name", "data.a.y.next.nam", "data.a.x.y", "input.next.nam"] {
        assert_eq!(said(&loaded, query, "{}", false), said(&policy, query, "{}", false), "{query}");
    }
}
