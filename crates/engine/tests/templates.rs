//! Templates of any text end soon, in little memory and on little stack, and never panic: with a text, with an error, or
//! with the end of the evaluation.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use solon_engine::{Compiler, Input, Policy};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A template may take this long on a busy machine without optimisation.
const SOON: Duration = Duration::from_secs(60);

/// As little as some systems give a thread.
const STACK: usize = 256 << 10;

/// Shorter than the longest text that a template may make.
const LONG: usize = 1 << 20;

static POLICY: LazyLock<Policy> = LazyLock::new(|| Compiler::new().compile().unwrap());

/// What comes of a template: its text, or the message of the error.
fn render(template: &str) -> Result<String, String> {
    let variables = serde_json::json!({
        "s": "héllo", "list": [1, "x", null, true, 2.5, [], {}], "map": {"k": "v", "n": 2, "z": null},
        "number": 3, "none": null, "holds": true, "nest": [[1, [2]], {"a": {"b": [{"c": 1}]}}],
    });
    let input = serde_json::json!({"template": template, "variables": variables}).to_string();
    let query = POLICY.prepare("strings.render_template(input.template, input.variables)").unwrap();
    let mut evaluator = query.evaluator().strict_builtin_errors(true);
    let start = Instant::now();
    let answer = evaluator.eval(Input::json(input.as_bytes()));
    let said = match answer {
        Ok(answer) => Ok(answer.to_owned().value().unwrap().as_str().unwrap().to_owned()),
        Err(error) => Err(error.issues()[0].message.clone()),
    };
    let taken = start.elapsed();
    assert!(taken < SOON, "{template}: took {taken:?}");
    said
}

fn fails(template: &str, message: &str) {
    let said = render(template);
    let short: String = template.chars().take(200).collect();
    assert!(said.as_ref().is_err_and(|said| said.contains(message)), "{short}: {said:?}");
}

/// Pieces that stand in templates, whole and broken.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        "{{/*",
        "*/}}",
        "(",
        ")",
        "|",
        ",",
        ":=",
        "=",
        ".",
        " ",
        "\n",
        "\"",
        "`",
        "'",
        "\\",
        "é",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "template",
        "block",
        "break",
        "continue",
        "nil",
        "true",
        "\"a\"",
        "$",
        "$x",
        "$i, $e := ",
        "$x := ",
        "$x = ",
        ".list",
        ".map",
        ".map.k",
        ".s",
        ".number",
        ".none",
        ".nest",
        ".zz",
        "0",
        "1",
        "-1",
        "9",
        "1.5",
        "1e9",
        "0x1p4",
        "2i",
        "1+2i",
        "9223372036854775808",
        "'a'",
        "'\\x'",
        "\"%d\"",
        "\"%#v %T %[2]*.[1]*f %9.3q\"",
        "\"%*d\"",
        "printf",
        "print",
        "println",
        "index",
        "slice",
        "len",
        "call",
        "and",
        "or",
        "not",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "html",
        "js",
        "urlquery",
        "a→",
        "text",
    ];
    let actions = [
        "{{.s}}",
        "{{if .holds}}",
        "{{else}}",
        "{{end}}",
        "{{range .list}}",
        "{{range $i, $e := .nest}}",
        "{{with .map}}",
        "{{template \"a\" .}}",
        "{{define \"a\"}}",
        "{{block \"a\" .list}}",
        "{{break}}",
        "{{continue}}",
        "{{$x := 1}}",
        "{{index .list 1}}",
        "{{slice .list 2 8}}",
        "{{printf \"%v\" .}}",
        "{{(.nest).x}}",
        "{{range 3}}",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        prop::sample::select(words.to_vec()).prop_map(|word| format!(" {word} ")),
        prop::sample::select(actions.to_vec()).prop_map(str::to_owned),
        prop::sample::select(actions.to_vec()).prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn templates_of_any_pieces_end(pieces in prop::collection::vec(pieces(), 0..24)) {
        let _ = render(&pieces.concat());
    }

    #[test]
    fn actions_of_any_words_end(pieces in prop::collection::vec(pieces(), 0..8)) {
        let _ = render(&format!("{{{{$x := .}}}}{{{{ {} }}}}", pieces.join(" ")));
    }

    #[test]
    fn texts_of_any_letters_end(text in any::<String>()) {
        let _ = render(&text);
        let _ = render(&format!("{{{{{text}}}}}"));
        let _ = render(&format!("{{{{printf {text:?} .list .map}}}}"));
    }
}

#[test]
fn deep_templates_end_on_little_stack() {
    let work = || {
        let deep = |open: &str, middle: &str, close: &str, depth: usize| {
            [open.repeat(depth), middle.to_owned(), close.repeat(depth)].concat()
        };
        let parens = |depth| format!("{{{{{}}}}}", deep("(", "1", ")", depth));
        assert_eq!(render(&parens(10_000)), Ok("1".into()));
        fails(&parens(10_001), "max expression depth exceeded");
        let actions = |depth| deep("{{if .holds}}", "x", "{{end}}", depth);
        assert_eq!(render(&actions(9_000)), Ok("x".into()));
        fails(&actions(50_000), "nested too deep");
        fails(&deep("{{block \"a\" .}}", "x", "{{end}}", 50_000), "nested too deep");
        fails(&deep("{{if .none}}{{else if .none}}", "", "", 50_000), "nested too deep");
        fails(&format!("{{{{if .none}}}}{}", "{{else if .none}}".repeat(50_000)), "nested too deep");
        // What is shown is as deep.
        fails(&format!("{{{{index {} 1}}}}", deep("(print ", "1", ")", 9_000)), "index out of range");
    };
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}

#[test]
fn templates_that_call_themselves_end() {
    fails(
        "{{define \"x\"}}{{template \"x\" .}}{{end}}{{template \"x\" .}}",
        "exceeded maximum template depth (100000)",
    );
    let calls = "{{template \"x\" .}}".repeat(2);
    fails(&format!("{{{{define \"x\"}}}}{calls}{{{{end}}}}{{{{template \"x\" .}}}}"), "depth (100000)");
    fails(
        "{{define \"x\"}}{{if .holds}}{{with .}}{{if .holds}}{{template \"x\" .}}{{end}}{{end}}{{end}}{{end}}{{template \"x\" .}}",
        "call each other too deep",
    );
    // Each calls the next one twice.
    let doubling: String = (0..64)
        .map(|n| format!("{{{{define \"{n}\"}}}}{}{{{{end}}}}", format!("{{{{template \"{}\"}}}}", n + 1).repeat(2)))
        .collect();
    fails(&format!("{doubling}{{{{define \"64\"}}}}{{{{end}}}}{{{{template \"0\"}}}}"), "too much work");
}

#[test]
fn endless_work_ends() {
    fails("{{range 1000000000000}}{{end}}", "too much work");
    let ranges = |depth: usize| format!("{}{}", "{{range 1000}}".repeat(depth), "{{end}}".repeat(depth));
    fails(&ranges(6), "too much work");
    let doubling = format!("{{{{$x := \"aaaaaaaa\"}}}}{}", "{{$x = print $x $x}}".repeat(64));
    let said = render(&doubling).unwrap_err();
    assert!(said.contains("over the limit") || said.contains("too much work"), "{said}");
    let long = format!("{{{{$x := \"{}\"}}}}", "a".repeat(LONG));
    let said = render(&format!("{long}{{{{range 1000000}}}}{{{{$x}}}}{{{{end}}}}")).unwrap_err();
    assert!(said.contains("over the limit") || said.contains("too much work"), "{said}");
    fails(&format!("{long}{{{{range 10000000}}}}{{{{if eq $x $x}}}}{{{{end}}}}{{{{end}}}}"), "too much work");
    let said = render("{{range 10000000}}{{printf \"%1000000d\" 1}}{{end}}").unwrap_err();
    assert!(said.contains("over the limit") || said.contains("too much work"), "{said}");
    // Variables that are looked up from the last to the first.
    let variables: String = (0..50_000).map(|n| format!("{{{{$v{n} := 1}}}}")).collect();
    fails(&format!("{variables}{}", "{{$v0}}".repeat(50_000)), "too much work");
}
