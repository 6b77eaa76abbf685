//! Hostile input: each case ends with an error, an undefined or a right answer, soon and in little memory. None aborts,
//! none panics, none allows.
//!
//! Every policy says `allow` through something that cannot hold, so that an `allow` that is true is a failure.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};
use solon_engine::{Compiler, Error, Input, Limits};
use std::time::{Duration, Instant};

/// How deep is deep.
const DEEP: usize = 100_000;

/// An evaluation may take this long on a busy machine without optimisation.
const SOON: Duration = Duration::from_secs(20);

const SMALL: Limits = Limits {
    deadline: None,
    instructions: 1_000_000,
    memory: 256 << 20,
    value_size: 32 << 20,
    depth: 4096,
    result_size: 32 << 20,
};

fn decide(module: &str, input: &[u8]) -> Result<Option<Value>, Error> {
    let policy = Compiler::new().module("hostile.rego", module).compile()?;
    let query = policy.prepare("data.hostile.allow")?;
    let mut evaluator = query.evaluator().limits(SMALL);
    Ok(evaluator.eval(Input::json(input))?.to_owned().value().cloned())
}

/// Evaluates and checks what must be true of every case; gives what it said.
fn check(name: &str, module: &str, input: &[u8]) -> Result<Option<Value>, Error> {
    eprintln!("case: {name}");
    let start = Instant::now();
    let said = decide(module, input);
    let taken = start.elapsed();
    assert!(taken < SOON, "{name}: took {taken:?}");
    assert!(!matches!(said, Ok(Some(Value::Bool(true)))), "{name}: allowed");
    said
}

fn rejects(name: &str, module: &str, input: &[u8]) {
    let said = check(name, module, input);
    assert!(said.is_err(), "{name}: {:?}", said.ok());
}

fn answers(name: &str, body: &str, expected: Value) {
    let said = check(name, &policy(body), b"{}");
    assert_eq!(said.ok(), Some(Some(expected)), "{name}");
}

fn policy(body: &str) -> String {
    format!("package hostile\nimport rego.v1\n{body}\n")
}

/// `open` many times, `middle`, `close` as many times.
fn nested(open: &str, middle: &str, close: &str) -> String {
    [open.repeat(DEEP), middle.to_owned(), close.repeat(DEEP)].concat()
}

/// A body that one of the limits, a builtin's own check or a plain refusal must stop.
fn stopped(name: &str, body: &str) {
    let said = check(name, &policy(body), b"{}");
    assert!(matches!(said, Err(_) | Ok(None)), "{name}: {:?}", said.ok());
}

#[test]
fn deep_json_is_rejected() {
    let module = policy("allow if count(input) > 100");
    let shapes = [
        ("arrays", nested("[", "1", "]")),
        ("arrays, unclosed", "[".repeat(DEEP)),
        ("objects", nested("{\"a\":", "1", "}")),
        ("objects, unclosed", "{\"a\":".repeat(DEEP)),
        ("mixed", nested("[{\"a\":", "1", "}]")),
    ];
    for (name, text) in shapes {
        rejects(name, &module, text.as_bytes());
        let data = Compiler::new().data(format!("{{\"x\": {text}}}")).compile();
        assert!(data.is_err(), "{name} as data");
        let quoted = serde_json::to_string(&text).unwrap_or_default();
        for builtin in ["json.unmarshal", "yaml.unmarshal", "json.is_valid", "yaml.is_valid"] {
            let module = policy(&format!("allow if {builtin}(input) == 7"));
            let _ = check(&format!("{name} in {builtin}"), &module, quoted.as_bytes());
        }
    }
}

#[test]
fn deep_rego_is_rejected_or_answered() {
    let terms = [
        ("parentheses", nested("(", "1", ")")),
        ("parentheses, unclosed", "(".repeat(DEEP)),
        ("arrays", nested("[", "1", "]")),
        ("arrays, unclosed", "[".repeat(DEEP)),
        ("sets", nested("{", "1", "}")),
        ("objects", nested("{1:", "1", "}")),
        ("objects, unclosed", "{1:".repeat(DEEP)),
        ("calls", nested("abs(", "1", ")")),
        ("calls, unclosed", "abs(".repeat(DEEP)),
        ("references", nested("input[", "1", "]")),
        ("long reference", format!("input{}", ".a".repeat(DEEP))),
        ("array comprehensions", nested("[1 | ", "true", "]")),
        ("set comprehensions", nested("{1 | ", "true", "}")),
        ("object comprehensions", nested("{1: 2 | ", "true", "}")),
        ("heads of comprehensions", nested("[", "1", " | true]")),
        ("sums", format!("1{}", " + 1".repeat(DEEP))),
        ("negations", format!("{}1", "-".repeat(DEEP))),
        ("unions", format!("set(){}", " | set()".repeat(DEEP))),
        ("membership", format!("1{}", " in [1]".repeat(DEEP))),
        ("template strings", nested("$\"{", "1", "}\"")),
        ("template strings, unclosed", "$\"{".repeat(DEEP)),
    ];
    for (name, term) in &terms {
        let _ = check(name, &policy(&format!("allow if {{ x := {term}\n x == 5 }}")), b"{}");
    }
    let modules = [
        ("not", format!("allow if {{ {} false }}", "not ".repeat(DEEP))),
        ("every", format!("allow if {}", nested("every x in [1] { ", "false", " }"))),
        ("else", format!("allow if false{}", "\nelse := false if false".repeat(DEEP))),
        ("with", format!("allow if input == 1{}", " with input as 2".repeat(DEEP))),
        ("with, nested", format!("allow if input == {}", nested("[1 | input with input as ", "2", "]"))),
        ("bodies", format!("allow if {}", "{".repeat(DEEP))),
        ("statements", format!("allow if {{ {} false }}", "input.a == 1; ".repeat(DEEP))),
        ("some", format!("allow if {{ some {} in [] }}", nested("[", "x", "]"))),
        ("head", format!("p{} := 1\nallow if p == 2", "[1]".repeat(DEEP))),
        ("constant head", format!("p{} := 1", ".a".repeat(DEEP))),
        ("with, long target", format!("allow if input with input{} as 1", ".a".repeat(DEEP))),
        ("patterns", format!("allow if {} = input", nested("[", "x", "]"))),
        ("conjunctions", format!("import future.keywords\nallow if false{}", " and false".repeat(DEEP))),
    ];
    for (name, module) in &modules {
        let _ = check(name, &policy(module), b"{}");
    }
    let _ = check("package", &format!("package a{}\nallow := true\n", ".a".repeat(DEEP)), b"{}");
    for (name, term) in terms {
        let policy = Compiler::new().compile().unwrap_or_else(|error| panic!("{error}"));
        eprintln!("query: {name}");
        let _ = policy.prepare(&term).map(|query| query.evaluator().limits(SMALL).eval(Input::none()).is_ok());
    }
}

/// What a policy may do with two values `f` and `g`.
const USES: &[&str] = &[
    "f == g",
    "f < g",
    "f in [g]",
    "count({f, g}) == 3",
    "count({f: 1, g: 2}) == 3",
    "count({x | some i in numbers.range(1, 50); x := [f, i]}) == 49",
    "is_same(f) == is_same(g)",
    "json.marshal(f) == json.marshal([g])",
    "sprintf(\"%v\", [f]) == \"\"",
    "count([p | walk(f, [p, _])]) == 0",
    "sort([f, g, f]) == [g]",
    "object.union({1: f}, {1: g}) == {}",
    "count(yaml.marshal(f)) == 0",
    "json.filter({\"x\": f}, [\"x/0/0\"]) == g",
    "json.remove({\"x\": f}, [\"x/0/0\"]) == g",
    "json.patch({\"x\": f}, [{\"op\": \"test\", \"path\": \"/x\", \"value\": [g]}]) == f",
    "object.subset({\"x\": f}, {\"x\": [g]})",
    "json.match_schema({\"x\": f}, {\"enum\": [g]})[0]",
    "f == [g] with input as f",
    "graph.reachable({\"a\": [f]}, {\"a\"}) == {g}",
    "{x | x := [f, g][_]} == {[g]}",
    "$\"{f}\" == \"\"",
    "{ print(f); f == [g] }",
];

/// Every use of two values, each made from the last by `wrap`, `levels` times, must end.
fn used(name: &str, wrap: &str, levels: usize) {
    let chain = |name: &str| -> String {
        (0..levels).map(|n| format!("{name}{} := {}\n", n + 1, wrap.replace('@', &format!("{name}{n}")))).collect()
    };
    let values = format!(
        "f0 := [1]\ng0 := [1]\n{}{}f := f{levels}\ng := g{levels}\nis_same(x) := x == g\n",
        chain("f"),
        chain("g")
    );
    for usage in USES {
        let _ = check(
            &format!("{name}: {usage}"),
            &policy(&format!("{values}allow := is_allowed == 7\nis_allowed if {usage}")),
            b"{}",
        );
    }
}

#[test]
fn values_put_into_themselves_end() {
    used("twice over in arrays", "[@, @]", 60);
    used("twice over in objects", "{1: @, 2: @}", 60);
    used("twice over in sets", "{@, [@]}", 60);
}

#[test]
fn deep_values_end() {
    used("arrays, as deep as they may be", &format!("{}@{}", "[".repeat(90), "]".repeat(90)), 11);
    used("objects, as deep as they may be", &format!("{}@{}", "{\"a\":".repeat(90), "}".repeat(90)), 11);
    let deeper: String =
        (0..100).map(|n| format!("f{} := {}f{n}{}\n", n + 1, "[".repeat(90), "]".repeat(90))).collect();
    rejects("deeper", &policy(&format!("f0 := 1\n{deeper}allow if f100 == 1")), b"{}");
    let through_data = "f0 := 1\nf(x) := data.hostile[x]\n";
    let _ = check("through data", &policy(&format!("{through_data}{deeper}allow if f(\"f100\") == 1")), b"{}");
    let copies = "allow if json.patch({}, [{\"op\": \"copy\", \"from\": \"\", \"path\": \"/a\"} | numbers.range(1, 100000)[_]]) == 1";
    rejects("patches", &policy(copies), b"{}");
}

#[test]
fn big_values_stop() {
    let doubling: String = (0..64).map(|n| format!("f{} := concat(\"\", [f{n}, f{n}])\n", n + 1)).collect();
    let arrays: String = (0..64).map(|n| format!("f{} := array.concat(f{n}, f{n})\n", n + 1)).collect();
    let long = "long := concat(\"\", [\"aaaaaaaaaa\" | some _ in numbers.range(1, 10000)])\n";
    for width in ["%1000000000d", "%.1000000000f", "%01000000000d", "%-1000000000s", "%1000000000s", "%+.1000000000e"] {
        stopped(width, &format!("allow if count(sprintf(\"{width}\", [1])) > 10000000"));
    }
    stopped("sprintf with *", "allow if count(sprintf(\"%*d\", [1000000000, 1])) > 10000000");
    stopped(
        "concat",
        &format!(
            "{long}allow if count(concat(long, numbers_)) > 10\nnumbers_ := [\"\" | some _ in numbers.range(1, 20000)]"
        ),
    );
    stopped("replace", &format!("{long}allow if count(replace(long, \"a\", long)) > 10"));
    stopped("replace of nothing", &format!("{long}allow if count(replace(long, \"\", long)) > 10"));
    stopped("replace_n", &format!("{long}allow if count(strings.replace_n({{\"a\": long}}, long)) > 10"));
    stopped("regex.replace", &format!("{long}allow if count(regex.replace(long, \"a\", long)) > 10"));
    stopped("regex.replace of nothing", &format!("{long}allow if count(regex.replace(long, \"\", long)) > 10"));
    stopped("doubling", &format!("f0 := \"aaaaaaaa\"\n{doubling}allow if count(f64) > 10"));
    stopped("doubling arrays", &format!("f0 := [1]\n{arrays}allow if count(f64) > 10"));
    stopped("template", "allow if count(strings.render_template(\"{{printf \\\"%1000000000d\\\" 1}}\", {})) > 100000");
    let marshal: String = (0..64).map(|n| format!("f{} := [f{n}, f{n}]\n", n + 1)).collect();
    stopped("marshal of shared values", &format!("f0 := [1]\n{marshal}allow if count(json.marshal(f64)) > 10"));
    stopped(
        "comparison of shared values",
        &format!("f0 := [1]\n{marshal}g0 := [1]\n{}allow if f64 == g64; false", marshal.replace('f', "g")),
    );
    stopped("walk of shared values", &format!("f0 := [1]\n{marshal}allow if count([1 | walk(f64, _)]) > 10"));
    let paths = "count([p | walk(f64, [p, v]); v == 1]) > 10";
    stopped("walk of shared values with paths", &format!("f0 := [1]\n{marshal}allow if {paths}"));
    let pairs = "count([p | walk(f64, p); p[1] == 1]) > 10";
    stopped("walk of shared values with pairs", &format!("f0 := [1]\n{marshal}allow if {pairs}"));
    stopped("set of shared values", &format!("f0 := [1]\n{marshal}allow if count({{f64, [f64]}}) == 7"));
    stopped("sprintf of shared values", &format!("f0 := [1]\n{marshal}allow if count(sprintf(\"%v\", [f64])) > 10"));
}

/// A result that shares its parts is small as a value and endless as text.
#[test]
fn endless_results_stop() {
    let marshal: String = (0..64).map(|n| format!("f{} := [f{n}, f{n}]\n", n + 1)).collect();
    let said = check("result of shared values", &policy(&format!("f0 := [1]\n{marshal}allow := f64")), b"{}");
    assert!(said.is_err());
}

#[test]
fn ranges_and_expansions_stop() {
    for (name, call) in [
        ("range", "numbers.range(1, 1000000000000)"),
        ("range down", "numbers.range(1000000000000, 1)"),
        ("range of big numbers", "numbers.range(1e400, 2e400)"),
        ("range_step", "numbers.range_step(1, 1000000000000, 1)"),
        ("cidr_expand", "net.cidr_expand(\"0.0.0.0/0\")"),
        ("cidr_expand of version 6", "net.cidr_expand(\"::/0\")"),
        ("indices", "indexof_n(concat(\"\", [\"a\" | some _ in numbers.range(1, 100000000)]), \"a\")"),
    ] {
        stopped(name, &format!("allow if count({call}) > 10"));
    }
    let all = (0..30).map(|n| format!("\"{n}\": neighbours")).collect::<Vec<_>>().join(", ");
    let names = (0..30).map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ");
    stopped(
        "paths of a complete graph",
        &format!("neighbours := [{names}]\nallow if count(graph.reachable_paths({{{all}}}, [\"0\"])) > 10"),
    );
}

#[test]
fn endless_work_stops() {
    let loops: String = (0..20).map(|n| format!("some x{n} in numbers.range(1, 10); ")).collect();
    stopped("loops", &format!("allow if {{ {loops} x0 + x1 == 0 }}"));
    stopped("comprehension", &format!("allow if count([1 | {loops} x0 > 0]) == 0"));
    let nest = (0..20)
        .fold("[1]".to_owned(), |inner, n| format!("[x{n} | some y{n} in numbers.range(1, 10); x{n} := {inner}]"));
    stopped("comprehensions", &format!("allow if count({nest}) == 0"));
    let every = (0..20).fold("true".to_owned(), |inner, n| format!("every x{n} in numbers.range(1, 10) {{ {inner} }}"));
    stopped("every", &format!("allow if {{ {every}; false }}"));
    let functions: String =
        (0..60).map(|n| format!("f{}(x) := f{n}(x + 1) + f{n}(x + 2) + f{n}(x + {n})\n", n + 1)).collect();
    stopped("functions", &format!("f0(x) := x\n{functions}allow if f60(1) == 0"));
    let lists = "a := numbers.range(1, 60000)\nb := numbers.range(70000, 130000)";
    stopped("members of two long lists", &format!("{lists}\nallow if {{ some x in a; x in b }}"));
}

#[test]
fn calls_that_come_back_are_made_once_whatever_was_learned_before() {
    called_again("numbers", "f0(1)", "f@(x) := abs(x) - 1", "f@(x) := y if { input.again; y := f#(x) + f#(abs(x)) }");
    // Each of these calls gives a new array to the next ones.
    called_again(
        "arrays",
        "f0([1])",
        "f@(x) := 0",
        "f@(x) := y if { input.again; next := array.slice(x, 0, 1); y := f#(next) + f#(next) }",
    );
}

/// Sixty functions, each of which asks the next one once, or twice for the same, as the input says.
fn called_again(name: &str, first: &str, last: &str, again: &str) {
    let levels = 60;
    let functions: String = (0..levels)
        .map(|n| {
            let again = again.replace('@', &n.to_string()).replace('#', &(n + 1).to_string());
            format!("f{n}(x) := f{}(x) if not input.again\n{again}\n", n + 1)
        })
        .collect();
    let last = last.replace('@', &levels.to_string());
    let module = policy(&format!("{functions}{last}\nallow := {first}"));
    let policy = Compiler::new().module("hostile.rego", module).compile().unwrap();
    let mut evaluator = policy.prepare("data.hostile.allow").unwrap().evaluator().limits(SMALL);
    // No call comes back; then all do, each twice; then none again.
    for again in [false, true, false] {
        for _ in 0..100 {
            let input = format!("{{\"again\": {again}}}");
            let said = evaluator.eval(Input::json(&input)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(said.to_owned().value(), Some(&json!(0)), "{name}");
        }
    }
}

#[test]
fn recursion_is_an_error() {
    for (name, module) in [
        ("data[x]", "allow if data[x]"),
        ("data[input]", "allow if data[input.package].allow"),
        ("data[x].allow", "allow if { some x; data[x].allow }"),
        ("data", "allow if count(data) > 100"),
        ("walk of data", "allow if { walk(data, [_, x]); x == 1 }"),
        ("function", "f(x) := f(x + 1)\nallow if f(1) == 2"),
        ("two functions", "f(x) := g(x)\ng(x) := f(x)\nallow if f(1) == 2"),
        ("function through data", "f(x) := data.hostile.f(x)\nallow if f(1) == 2"),
        ("itself", "allow if allow"),
        ("rules", "a if b\nb if a\nallow if a"),
        ("with", "f(x) := 1\ng(x) := f(x)\nallow if f(1) == 2 with f as g"),
        ("partial", "p contains x if p[x]\nallow if count(p) == 9"),
    ] {
        let said = check(name, &policy(module), br#"{"package": "hostile"}"#);
        if name != "with" {
            assert!(said.is_err(), "{name}: {:?}", said.ok());
        }
    }
}

#[test]
fn rule_chains_are_answered_or_rejected() {
    let chain: String = (0..10_000).map(|n| format!("r{} := r{n} + 1\n", n + 1)).collect();
    let said = check("rules", &policy(&format!("r0 := 0\n{chain}allow := r10000")), b"{}");
    assert!(said.is_err() || said.ok() == Some(Some(json!(10_000))));
    let chain: String = (0..10_000).map(|n| format!("f{}(x) := f{n}(x) + 1\n", n + 1)).collect();
    let said = check("functions", &policy(&format!("f0(x) := x\n{chain}allow := f10000(0)")), b"{}");
    assert!(said.is_err() || said.ok() == Some(Some(json!(10_000))));
    let chain: String = (0..10_000).map(|n| format!("s{} contains x if some x in s{n}\n", n + 1)).collect();
    let said = check("sets", &policy(&format!("s0 contains 1\n{chain}allow := s10000")), b"{}");
    assert!(said.is_err() || said.ok() == Some(Some(json!([1]))));
}

/// OPA reads what is no UTF-8 inside of a JSON string as U+FFFD for each byte, and refuses it elsewhere.
#[test]
fn text_that_is_no_utf8_is_replaced_or_rejected() {
    for (bytes, value) in [
        (&b"{\"a\": \"\xff\"}"[..], "\u{fffd}"),
        (b"{\"a\": \"b\xed\xa0\x80\"}", "b\u{fffd}\u{fffd}\u{fffd}"),
        (b"{\"a\": \"\\ud800\"}", "\u{fffd}"),
        (b"{\"a\": \"\\udc00\\ud800\"}", "\u{fffd}\u{fffd}"),
    ] {
        let said = check("input", &policy("allow := input.a"), bytes);
        assert_eq!(said.ok(), Some(Some(json!(value))), "{bytes:?}");
    }
    let module = policy("allow if input");
    for bytes in [&b"\xff\xfe{}"[..], b"\"\xf0\x9f", b"{\xff: 1}", b"\x00"] {
        rejects("input", &module, bytes);
        assert!(Compiler::new().data(bytes).compile().is_err());
    }
}

#[test]
fn huge_numbers_are_exact_or_rejected() {
    let long = format!("1{}", "0".repeat(400));
    for number in [long.as_str(), "1e400", "-1e400", "1e-400", "1e999999999", "1e99999999999999999999", "1e-999999999"]
    {
        for work in [
            "x < x",
            "x + 1 < x",
            "x * x < 1e-1000000000",
            "x / 3 == 0",
            "x % 7 == 8",
            "x - 1 > x",
            "round(x) == 0.5",
            "floor(x) == 0.5",
            "abs(x) == -1",
            "bits.and(x, 1) == 2",
            "bits.lsh(1, x) == 0",
            "format_int(x, 2) == \"\"",
            "sprintf(\"%d\", [x]) == \"\"",
            "sprintf(\"%f\", [x]) == \"\"",
            "sprintf(\"%x\", [x]) == \"\"",
            "to_number(sprintf(\"%v\", [x])) == 7",
            "count({x: 1}) == 2",
            "sum([x, x]) == 1",
            "product([x, x, x]) == 1",
            "max([x, 1]) == 7",
            "json.marshal(x) == \"\"",
            "count(numbers.range(x, x + 1)) == 7",
            "[1, 2][x] == 1",
            "substring(\"abc\", x, x) == \"q\"",
            "array.slice([1], x, x) == 7",
            "time.format(x) == \"\"",
            "time.add_date(x, 1, 1, 1) == 1",
            "units.parse(sprintf(\"%v\", [x])) == 7",
            "sort([x, 1]) == 1",
            "rand.intn(\"a\", x) == 0.5",
            "count(x) == 1",
            "crypto.sha256(sprintf(\"%v\", [x])) == \"\"",
        ] {
            let _ = check(
                &format!("{work} of {number:.20} in the policy"),
                &policy(&format!("allow if {{ x := {number}; {work} }}")),
                b"{}",
            );
            let _ = check(
                &format!("{work} of {number:.20} in the input"),
                &policy(&format!("allow if {{ x := input; {work} }}")),
                number.as_bytes(),
            );
        }
    }
    let squares: String = (0..60).map(|n| format!("n{} := n{n} * n{n}\n", n + 1)).collect();
    stopped("squares", &format!("n0 := 10\n{squares}allow if n60 < 0"));
    stopped("shift", "allow if bits.lsh(1, 100000000000) < 0");
    stopped(
        "number of a long text",
        "allow if to_number(concat(\"\", [\"9\" | some _ in numbers.range(1, 200000)])) < 0",
    );
    answers("exact", &format!("allow := sprintf(\"%d\", [{long} + 1])"), json!(format!("1{}1", "0".repeat(399))));
}

#[test]
fn patterns_stop() {
    for (name, pattern) in [
        ("nested stars", "(a*)*(a*)*(a|a)*b"),
        ("alternatives", "(a|aa|aaa)+$b"),
        ("counts", "((a{1000}){1000}){1000}b"),
        ("big count", "a{1000000000}b"),
        ("classes", "(\\\\pL{900}){900}b"),
        ("lazy", "(.*?,){1,30}b"),
    ] {
        for call in [
            format!("regex.match(\"{pattern}\", text)"),
            format!("count(regex.find_n(\"{pattern}\", text, -1)) > 100000000"),
            format!("count(regex.split(\"{pattern}\", text)) > 100000000"),
        ] {
            stopped(
                name,
                &format!("text := concat(\"\", [\"a\" | some _ in numbers.range(1, 50000)])\nallow if {call}"),
            );
        }
    }
    let deep = serde_json::to_string(&nested("(", "a", ")")).unwrap_or_default();
    let sets = serde_json::to_string(&nested("[[", "a", "]]")).unwrap_or_default();
    let braces = serde_json::to_string(&nested("{a,", "a", "}")).unwrap_or_default();
    let stars = serde_json::to_string(&"*a".repeat(2000)).unwrap_or_default();
    for (name, call) in [
        ("match", "regex.match(input, \"b\")"),
        ("find", "count(regex.find_all_string_submatch_n(input, \"bbbb\", -1)) > 1000"),
        ("glob", "glob.match(input, [], \"b\")"),
        ("globs", "regex.globs_match(input, \"[0-9]\")"),
        ("template", "regex.template_match(input, \"b\", \"{\", \"}\")"),
        ("glob.quote_meta", "glob.quote_meta(input) == \"\""),
    ] {
        for text in [&deep, &sets, &braces, &stars] {
            let _ = check(name, &policy(&format!("allow if {call}")), text.as_bytes());
        }
    }
    stopped(
        "glob",
        "text := concat(\"\", [\"b\" | some _ in numbers.range(1, 10000)])\nallow if glob.match(\"*b*b*b*b*b*b*b*b*b*b*b*b*c\", [], text)",
    );
}

#[test]
fn huge_walks_stop() {
    let wide = format!("[{}1]", "[1],".repeat(300_000));
    let _ = check("wide", &policy("allow if count([1 | walk(input, _)]) < 0"), wide.as_bytes());
    let deep = [&b"[".repeat(5000)[..], b"1", &b"]".repeat(5000)].concat();
    let _ = check("deep", &policy("allow if count([p | walk(input, [p, _])]) < 0"), &deep);
    let _ = check("deep", &policy("allow if count([p | walk(input, [p, v]); v == 1]) < 0"), &deep);
    let _ = check("deep, compared", &policy("allow if { input == input[0] }"), &deep);
    let _ = check("deep, printed", &policy("allow if json.marshal(input) == \"\""), &deep);
    let _ = check("deep, result", &policy("allow := input"), &deep);
}

#[test]
fn yaml_bombs_stop() {
    let lines: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}, *a{}]\n", n - 1, n - 1, n - 1)).collect();
    let text = serde_json::to_string(&format!("a0: &a0 [1]\n{lines}")).unwrap_or_default();
    let _ = check("aliases", &policy("allow if count(yaml.unmarshal(input)) == 1"), text.as_bytes());
}

#[test]
fn deep_yaml_stops() {
    let dashes = serde_json::to_string(&"- ".repeat(DEEP)).unwrap_or_default();
    let _ = check("dashes", &policy("allow if count(yaml.unmarshal(input)) == 7"), dashes.as_bytes());
}

#[test]
fn a_long_line_of_mistakes_is_told_in_little_memory() {
    let module = format!("package a\n{}\n", "§".repeat(100_000));
    let error = Compiler::new().module("hostile.rego", &module).compile().unwrap_err();
    let told: usize =
        error.issues().iter().map(|issue| issue.location.as_ref().map_or(0, |place| place.line.len())).sum();
    assert!(error.issues().len() <= 100, "{} errors", error.issues().len());
    assert!(told <= 100 * 4096, "{told} bytes of lines");
}

#[test]
fn objects_that_are_keys_of_objects_compile_soon() {
    let start = Instant::now();
    let term = format!("{}1{}", "{".repeat(200), ": 1}".repeat(200));
    let module = format!("package hostile\np := {term}\n");
    assert!(Compiler::new().module("hostile.rego", &module).compile().is_ok());
    assert!(start.elapsed() < SOON);
}

#[test]
fn long_literals_and_bodies_compile_soon() {
    let list = |count: usize, item: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(item).collect::<Vec<_>>().join(between)
    };
    let lookups = list(40_000, &|at| format!("input.a{at}"), ", ");
    let calls = list(16_000, &|at| format!("startswith(input.a{at}, \"x{at}\")"), "\n");
    let called = list(20_000, &|at| format!("count(input.a{at}), [input.x][count(input.x)]"), ", ");
    // Rules that begin alike for long, and those of which each begins like the next for a bit longer.
    let tests = list(16_000, &|at| format!("x > -{at}"), "\n");
    let alike = |head: &str, first: &str| list(2, &|at| format!("{head} if {{\n{first}\n{tests}\nx == {at}\n}}"), "\n");
    let growing = |count: usize| {
        let tests = |rule: usize| list(rule, &|at| format!("x > -{at}"), "; ");
        list(count, &|rule| format!("f(x) := {rule} if {{ true; {}; x == {rule} }}", tests(rule + 1)), "\n")
    };
    for (name, body) in [
        ("lookups", format!("allow := [{lookups}]")),
        ("calls beside lookups", format!("allow := [{called}]")),
        ("calls", format!("allow if {{\n{calls}\n}}")),
        ("functions that begin alike", alike("f(x) := y", "y := input.y")),
        ("sets that begin alike", alike("p contains x", "some x in input.a")),
        ("each like the next", growing(250)),
    ] {
        let start = Instant::now();
        // Whether so many fit into one rule is another question.
        let _ = Compiler::new().module("hostile.rego", policy(&body)).compile();
        assert!(start.elapsed() < SOON, "{name}: took {:?}", start.elapsed());
    }
}

#[test]
fn conflicts_are_told_soon() {
    let told = |name: &str, body: &str, values: usize| {
        let error = check(name, &policy(body), br#"{"n": 300, "x": true}"#).unwrap_err();
        let message = &error.issues()[0].message;
        assert_eq!(message.lines().count(), 1 + values, "{name}: {message}");
        assert!(message.len() < 2_000, "{name}: {} bytes", message.len());
    };
    // A conflict in each of many rules that need one another: each would be told again for the one that needs it.
    let chain: String = (0..300)
        .map(|at| format!("p{at} := 1\np{at} := 2 if p{next}\np{at} := 3 if input.x\n", next = at + 1))
        .collect();
    told("a chain of conflicts", &format!("{chain}p300 := 1\nallow if p0"), 3);
    let work = "count([1 | some i in numbers.range(1, 300); some j in numbers.range(1, 300); i < j])";
    told("work after the conflict", &format!("p := 1\np := 2\np := {work}\np := 4 if {work} > 1\nallow if p"), 4);
    told(
        "work without an end",
        &format!("p := 1\np := 2\np := {work} if {{ some i in numbers.range(1, 10000); i == {work} }}\nallow if p"),
        2,
    );
    told("large values", "p := numbers.range(1, 100000)\np := numbers.range(2, 100000)\nallow if p", 2);
    let many: String = (0..2_000).map(|at| format!("p := {at}\n")).collect();
    told("many values", &format!("{many}allow if p"), 11);
    let keys = "p[k] := i if { some i in numbers.range(1, 3000); k := i % 1500 }\nallow if p[_]";
    told("many keys", keys, 0);
}
