//! Generated programs with every shortcut of compiled code and with none: the answers are the same.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::{Compiler, Error, Host, Input, Limits, Optimizations, Policy, Syntax};
use solon_generate::{Case, Choices, case};
use std::sync::{Arc, Mutex};

const CASES: u64 = 400;

fn compile(case: &Case, optimizations: Optimizations) -> Result<Policy, Error> {
    let syntax = if case.is_v0 { Syntax::V0 } else { Syntax::V1 };
    let compiler = Compiler::new().syntax(syntax).data(case.data.as_str()).optimizations(optimizations);
    case.modules.iter().fold(compiler, |compiler, (name, text)| compiler.module(name, text)).compile()
}

/// The answer as text; errors by their code, since which of several is found first depends on the order of the rules.
fn answer(policy: &Policy, case: &Case, query: &str) -> String {
    let evaluate = || -> Result<String, Error> {
        let limits = Limits { instructions: 2_000_000, ..Limits::default() };
        let mut evaluator = policy.prepare(query)?.evaluator().strict_builtin_errors(case.is_strict).limits(limits);
        let input = case.input.as_ref().map_or(Input::none(), Input::json);
        Ok(serde_json::to_string(&evaluator.eval(input)?).unwrap())
    };
    evaluate().unwrap_or_else(|error| match error.issues() {
        [issue] if issue.code.starts_with("eval_") => "an error of evaluation".to_owned(),
        _ => error.to_string(),
    })
}

#[test]
fn shortcuts_change_no_answer() {
    let (mut compared, mut defined) = (0, 0);
    for seed in 0..CASES {
        let program = case(&mut Choices::random(seed));
        let (all, none) = (compile(&program, Optimizations::ALL), compile(&program, Optimizations::NONE));
        let (all, none) = match (all, none) {
            (Ok(all), Ok(none)) => (all, none),
            (all, none) => {
                let text = |found: Result<Policy, Error>| found.err().map(|error| error.to_string());
                assert_eq!(text(all), text(none), "seed {seed}");
                continue;
            }
        };
        for query in &program.queries {
            let (with, without) = (answer(&all, &program, query), answer(&none, &program, query));
            compared += 1;
            defined += u32::from(with.starts_with("[{"));
            let modules: String = program.modules.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(
                with, without,
                "seed {seed}, query {query}\ninput {:?}\ndata {}\n{modules}",
                program.input, program.data
            );
        }
    }
    assert!(compared > 300 && defined * 3 > compared, "{defined} of {compared} are defined");
}

/// Keeps what is printed.
#[derive(Default)]
struct Printer(Mutex<Vec<String>>);

impl Host for Printer {
    fn print(&self, _: &str, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

#[test]
fn shortcuts_print_as_often() {
    let module = r#"package a
        few(n) := [2, 3] if { print("few", n) }
        p contains x if { some x in [1, 2, 3]; x in few(1) }
        q contains x if { some x in input.list; x in few(input.n); x > 2 }
        r contains x if { some x in []; x in few(2) }"#;
    let printed = |optimizations| {
        let policy = Compiler::new().module("a.rego", module).optimizations(optimizations).compile().unwrap();
        let printer = Arc::new(Printer::default());
        let mut evaluator = policy.prepare("data.a").unwrap().evaluator().host(printer.clone());
        evaluator.eval(Input::json(r#"{"list": [3, 2, 3], "n": 7}"#)).unwrap();
        printer.0.lock().unwrap().clone()
    };
    let plain = printed(Optimizations::NONE);
    assert!(plain.contains(&"few 7".to_owned()) && !plain.contains(&"few 2".to_owned()), "{plain:?}");
    assert_eq!(printed(Optimizations::ALL), plain);
}
