//! Builtins against recorded results of OPA v1.22.2: a line of `cases/numbers.txt` or `cases/builtins.txt` is a builtin,
//! its arguments as JSON and the JSON of the result, or `error:` with the message.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::builtins::{self, Failure};
use solon_engine::value::{Bump, SymbolTable, Value, json};
use solon_engine::{Limits, NoHost};

fn call<'a>(arena: &'a Bump, name: &str, args: &[Value<'a>]) -> Result<Value<'a>, Failure> {
    let builtin = builtins::find(name).unwrap_or_else(|| panic!("no builtin {name}"));
    let limits = Limits { value_size: 1 << 26, ..Limits::default() };
    builtins::call_alone(builtin, arena, &NoHost, &limits, args)
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
        Err(Failure::Halt(message) | Failure::Fatal(message)) => format!("halt: {message}"),
        Err(Failure::Unsupported) => "unsupported".to_owned(),
        Err(Failure::Type(message) | Failure::Error(message)) => format!("error: {message}"),
    }
}

#[test]
fn recorded_results() {
    recorded("numbers.txt");
}

#[test]
fn recorded_results_of_other_builtins() {
    recorded("builtins.txt");
}

fn recorded(file: &str) {
    let path =
        std::env::var("NUMBERS_CASES").unwrap_or_else(|_| format!("{}/tests/cases/{file}", env!("CARGO_MANIFEST_DIR")));
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

#[track_caller]
fn check(name: &str, args: &str, expected: &str) {
    assert_eq!(outcome(name, args), expected, "{name}({args})");
}

#[test]
fn aggregates() {
    check("count", "\"a€😀\"", "3");
    check("count", "{\"a\": 1}", "1");
    check("count", "1", "error: operand 1 must be one of {array, object, set, string} but got number");
    check("sum", "[1, \"a\"]", "error: operand 1 must be array of numbers but got array containing string");
    check("sum", "[0.5, null]", "error: operand 1 must be array of numbers but got array containing null");
    check("product", "1", "error: operand 1 must be one of {set, array} but got number");
    check("max", "[]", "undefined");
    check("max", "[1, null, \"b\", \"a\", {}]", "{}");
    check("min", "[1, true, \"b\"]", "true");
    check("sort", "[{}, [], \"\", 1.0, 0, false, null]", "[null,false,0,1.0,\"\",[],{}]");
    check("all", "[]", "true");
    check("all", "[true, 1]", "false");
    check("any", "[]", "false");
    check("any", "[1, true]", "true");
    check("any", "{}", "error: operand 1 must be one of {array, set} but got object");
}

#[test]
fn operators_refuse_what_they_cannot_take() {
    check("plus", "1, \"a\"", "error: operand 2 must be number but got string");
    check("minus", "\"a\", 1", "error: operand 1 must be one of {number, set} but got string");
    check("minus", "1, \"a\"", "error: operand 2 must be number but got string");
    check("div", "1, 0.0", "error: divide by zero");
    check("div", "1, 0e5", "error: divide by zero");
    check("rem", "1, 0", "error: modulo by zero");
    check("rem", "1.5, 0", "error: modulo on floating-point number");
    check("bits.or", "\"a\", 1", "error: operand 1 must be integer but got string");
}

#[test]
fn set_difference() {
    let arena = Bump::new();
    let set = |items: &[i64]| Value::new_set(&arena, &items.iter().map(|item| Value::Int(*item)).collect::<Vec<_>>());
    assert_eq!(call(&arena, "minus", &[set(&[1, 2, 3]), set(&[2, 4])]), Ok(set(&[1, 3])));
    assert_eq!(
        call(&arena, "minus", &[set(&[1]), Value::Int(1)]),
        Err(Failure::Type("operand 2 must be set but got number".into()))
    );
    assert_eq!(
        call(&arena, "minus", &[Value::Int(1), set(&[1])]),
        Err(Failure::Type("operand 2 must be number but got set".into()))
    );
}

#[test]
fn ranges() {
    check("numbers.range", "1, 3", "[1,2,3]");
    check("numbers.range", "1, -1.0", "[1,0,-1]");
    check(
        "numbers.range",
        "9223372036854775806, 9223372036854775808",
        "[9223372036854775806,9223372036854775807,9223372036854775808]",
    );
    check("numbers.range_step", "10, 1, 4", "[10,6,2]");
    check("numbers.range_step", "1, 2, 18446744073709551616", "[1]");
    check("numbers.range_step", "1, 2, 0", "error: numbers.range_step: step must be a positive integer");
    check("numbers.range", "1, 1.5", "error: operand 2 must be integer number but got floating-point number");
    check("numbers.range", "\"a\", 1", "error: operand 1 must be integer but got string");
}

#[test]
fn what_would_take_too_much_is_refused_at_once() {
    let start = std::time::Instant::now();
    for (name, args) in [
        ("numbers.range", "1, 1e12"),
        ("numbers.range", "-1e30, 1e30"),
        ("numbers.range", "1e30000, 100000e30000"),
        ("bits.lsh", "1, 1e9"),
        ("bits.lsh", "1, 18446744073709551615"),
        ("product", &format!("[{}]", vec!["1e30000"; 100].join(","))),
        ("product", &format!("[{}]", vec!["1.5e-30000"; 100].join(","))),
    ] {
        assert!(outcome(name, args).starts_with("halt: "), "{name}({args})");
    }
    check("bits.lsh", "0, 1e9", "0");
    check("bits.rsh", "-1, 1e9", "-1");
    check("lt", "1e30000, 1.1e30000", "true");
    check("equal", "1e-30000, 10e-30001", "true");
    assert!(start.elapsed().as_secs() < 2);
}
