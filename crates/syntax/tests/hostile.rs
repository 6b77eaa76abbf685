//! Texts made to break a parser: it must answer soon, with an error, on less than the two megabytes of stack a thread has.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use solon_syntax::ast::Version;
use solon_syntax::{ParseOptions, detect_version, dump, parse_module, parse_query, print};

const LOGIC: &str = "package a\nimport rego.v2\n";

/// Reads a text every way there is, uses what comes of it, and returns whether all readings had errors.
fn read(name: &str, text: &str) -> bool {
    let (name, text) = (name.to_owned(), text.to_owned());
    let started = Instant::now();
    let thread = std::thread::Builder::new().stack_size(3 << 19).spawn(move || {
        let mut all_wrong = true;
        for version in [Version::V0, Version::V1] {
            let options = ParseOptions { file: 0, version };
            let module = parse_module(&text, options);
            all_wrong &= !module.errors.is_empty();
            if let Some(tree) = &module.tree {
                assert!(dump::dump(tree).len() + print::module_text(tree).len() > 0);
                assert_eq!(tree.clone(), *tree);
            }
            let query = parse_query(&text, options);
            assert_eq!(query.tree.clone(), query.tree);
            print::body_text(&query.tree);
        }
        detect_version(&text);
        all_wrong
    });
    let all_wrong = thread.unwrap().join().expect("a parser that neither panics nor overflows");
    let limit = if cfg!(debug_assertions) { 10 } else { 1 };
    assert!(started.elapsed() < Duration::from_secs(limit), "{name} took {:?}", started.elapsed());
    all_wrong
}

#[test]
fn deep_nesting_is_an_error() {
    let openings = [
        "[",
        "(",
        "{",
        "{1:",
        "[1|",
        "{1|",
        "{1:1|",
        "f(",
        "f[",
        "[[1|",
        "-",
        "not ",
        "1+",
        "1|",
        "1&",
        "a.b(",
        "x in ",
        "1,",
        "[1,",
        "{1,",
        "{{1:",
        "$\"{",
        "$`{",
        "[x | some y in ",
        "every x in [] { ",
        "[{(",
        "{[(",
        "1 == ",
        "a[b].c(",
        "f(1).g",
        "not {",
        "{a | b, ",
        "[a | b, ",
        "{a: b | c, ",
        "(a or ",
        "(a and (",
        "({",
        "((a) and ",
        "{a} or {",
        "not (",
        "x := ",
        "x = ",
        "1 + (2 * ",
        "1 == 1 | 1 & 1 + 1 * [",
        "a and ",
        "a or ",
        "if {",
        "else {",
        "with a as ",
        "some x in [y | ",
        "{x: {",
        "({a} and (",
    ];
    for opening in openings {
        assert!(read(opening, &opening.repeat(100_000)), "{opening} alone");
        let deep = opening.repeat(2_000);
        for before in ["package a\np if ", "package a\np { ", "package a\np := "] {
            assert!(read(opening, &format!("{before}{deep}")), "{before}{opening}");
        }
        assert!(read(opening, &format!("{LOGIC}p if {deep}")), "{LOGIC}{opening}");
    }
}

#[test]
fn long_texts_of_one_kind_are_read_soon() {
    for piece in [
        "p\n",
        "p if {\n",
        "}\n",
        "\n{",
        "f(\n",
        "a[\n",
        "\"",
        "`",
        "#\n",
        "é",
        "\0",
        "\u{FEFF}",
        "\u{A0}",
        "@",
        "p := 1\n",
        "import data.x\n",
        "else\n",
        "package a\n",
        ";",
        "$",
        "\\",
        "\"\\u",
        "1e",
        "0x",
        ". ",
        "p contains\n",
        "default ",
    ] {
        read(piece, &piece.repeat(100_000));
        read(piece, &format!("package a\n{}", piece.repeat(10_000)));
        read(piece, &format!("{LOGIC}{}", piece.repeat(10_000)));
    }
}

#[test]
fn closed_nesting_costs_no_more_than_its_length() {
    let pairs = [
        ("[", "]"),
        ("(", ")"),
        ("{", "}"),
        ("{1:", "}"),
        ("[1|", "]"),
        ("{1|", "}"),
        ("f(", ")"),
        ("[a | b, ", "]"),
        ("{a | b, ", "}"),
        ("{a: b | c, d: ", "}"),
        ("[x | x := ", "]"),
        ("not {", "}"),
        ("(a or ", ")"),
        ("((", ") and a)"),
        ("({a} and ", ")"),
        ("[a | {b | c, ", "}, ]"),
        ("{a | x, (", ") in y, }"),
        ("{{", "}: 1}"),
        ("{a} or {", "}"),
    ];
    for (open, close) in pairs {
        for depth in [1, 10, 30, 60, 100, 250, 260] {
            let inside = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            read(open, &inside);
            read(open, &format!("package a\np if {inside}"));
            read(open, &format!("{LOGIC}p if {inside}\nq := {inside}\n"));
        }
    }
}

#[test]
fn long_refs_and_long_lists_are_no_nesting() {
    let parsed = parse_query(&format!("a{}", ".b".repeat(100_000)), ParseOptions::default());
    assert!(parsed.errors.is_empty());
    let parsed = parse_query(&format!("[{}]", "1, ".repeat(100_000)), ParseOptions::default());
    assert!(parsed.errors.is_empty());
}

#[test]
fn ordinary_depth_is_read() {
    for (open, close) in [("[", "]"), ("{1: ", "}"), ("(", ")"), ("f(", ")"), ("[x | x := ", "]")] {
        let text = format!("x := {}1{}", open.repeat(100), close.repeat(100));
        let parsed = parse_query(&text, ParseOptions::default());
        assert_eq!(parsed.errors, [], "{open}");
    }
    let parsed = parse_query(&vec!["1"; 400].join(" + "), ParseOptions::default());
    assert_eq!(parsed.errors, []);
}

#[test]
fn every_prefix_of_a_module_is_read() {
    let module = "package a.b[\"c\"]\nimport future.keywords.or\ndefault p := {1: [2, \"x\\n\"]}\nq[x] := y if { some x, y in {\"a\": 1}; not x == `r` } else := $\"a {x + 1} b\"\nr contains {x | x := [y | y in {1, 2}][_]} if a or {b; c} with input.x as 1\n# end\n";
    for end in 0..=module.len() {
        read("prefix", module.get(..end).unwrap_or_default());
    }
    for start in 0..=module.len() {
        read("suffix", module.get(start..).unwrap_or_default());
    }
}
