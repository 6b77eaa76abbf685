//! Arithmetic against recorded results of OPA v1.22.2: a line of `cases/numbers.txt` is a builtin, its arguments as JSON
//! and the JSON of the result, or `error:` with the message.

use solon_engine::builtins::{self, Caches, Context, Failure};
use solon_engine::host::NoHost;
use solon_engine::value::{Bump, SymbolTable, Value, json};

fn call<'a>(arena: &'a Bump, name: &str, args: &[Value<'a>]) -> Result<Value<'a>, Failure> {
    let builtin = builtins::find(name).unwrap_or_else(|| panic!("no builtin {name}"));
    let mut context = Context {
        arena,
        host: &NoHost,
        symbols: &SymbolTable::new(),
        caches: &mut Caches::default(),
        max_bytes: 1 << 26,
        now: &mut None,
        place: &String::new,
    };
    (builtin.call)(&mut context, args)
}

fn outcome(name: &str, args: &str) -> String {
    let arena = Bump::new();
    let text = format!("[{args}]");
    let args =
        json::parse(&arena, text.as_bytes(), &SymbolTable::new()).unwrap_or_else(|error| panic!("{text}: {error}"));
    match call(&arena, name, args.as_array().unwrap_or_default()) {
        Ok(value) => {
            let mut out = String::new();
            json::write(value, &mut out);
            out
        }
        Err(Failure::Undefined) => "undefined".into(),
        Err(Failure::Halt(message)) => format!("halt: {message}"),
        Err(Failure::Type(message) | Failure::Error(message)) => format!("error: {message}"),
    }
}

#[test]
fn recorded_results() {
    let path = std::env::var("NUMBERS_CASES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/numbers.txt").into());
    let cases = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let (call, expected) = case.rsplit_once(" = ").unwrap();
        let (name, args) = call.strip_suffix(')').unwrap().split_once('(').unwrap();
        let actual = outcome(name, args);
        if actual != expected {
            wrong.push(format!("{call}\n  expected {expected}\n  actual   {actual}"));
        }
    }
    assert!(cases.lines().count() > 100);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
