//! Saved policies whose code no compiler makes: they are refused, or come to an end within their limits of time and
//! memory.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::code::{Label, Op, PathId, Read, Update, Write};
use solon_engine::vm::Code;
use solon_engine::{Compiler, Input, Limits, Policy};
use std::time::{Duration, Instant};

/// Loading and evaluating may take this long on a busy machine without optimisation.
const SOON: Duration = Duration::from_secs(20);

const LIMITS: Limits = Limits {
    deadline: None,
    instructions: 1_000_000,
    memory: 64 << 20,
    value_size: 8 << 20,
    depth: 256,
    result_size: 8 << 20,
};

/// What `data.a.p` is when the code of a module was changed; an error of loading or evaluating.
fn ask(module: &str, change: impl FnOnce(&mut Code)) -> Result<String, String> {
    let file = Compiler::new().module("a.rego", module).compile().unwrap().save().unwrap();
    let file = Policy::forge(&file, change).unwrap();
    let start = Instant::now();
    let ask = || {
        let query = Policy::load(&file)?.prepare("data.a.p")?;
        let mut evaluator = query.evaluator().limits(LIMITS);
        let answer = evaluator.eval(Input::json("{\"xs\": [1, 2, 3]}"))?;
        Ok(serde_json::to_string(&answer).unwrap())
    };
    let said = ask().map_err(|error: solon_engine::Error| error.to_string());
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    said
}

/// Where the function of a document is.
fn document(code: &Code, name: &str) -> usize {
    code.tree.documents.iter().position(|document| document.path.join(".") == name).unwrap()
}

/// Gives a document other instructions.
fn replace(code: &mut Code, name: &str, registers: u16, ops: Vec<Op>) {
    let at = document(code, name);
    let function = &mut code.functions[at];
    (function.registers, function.ops) = (registers, ops);
    function.spans.clear();
}

#[test]
fn a_walk_without_a_beginning_counts_steps() {
    let (iterator, collection, equal) = (Update(0), Read(1), Read(1));
    let entry = Op::NextEqualEntry {
        iterator,
        collection,
        path: PathId(0),
        equal,
        key: Write(2),
        value: Write(3),
        done: Label(2),
    };
    let values = Op::NextEqual { iterator, collection, path: PathId(0), equal, value: Write(2), done: Label(2) };
    for next in [values, entry] {
        let said = ask("package a\np := x if { x := input.y }", |code| {
            code.unit.paths = vec![Vec::new().into(); 1];
            let data = |register| Op::BaseData { dst: Write(register) };
            replace(code, "a.p", 4, vec![data(0), data(1), next, Op::Return {}]);
        });
        assert!(said.as_ref().is_err_and(|error| error.contains("1000000 instructions")), "{said:?}");
    }
}
