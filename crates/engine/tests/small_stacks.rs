//! Threads with little stack: whatever is as deep as it may be is compiled, saved, loaded and evaluated there, or an error.

#![allow(clippy::unwrap_used)]

use solon_engine::{Compiler, Error, Input, Policy};

/// As little as some systems give a thread.
const STACK: usize = 256 << 10;

/// Runs something on a thread with little stack. That the process is still there is what is tested.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

fn nested(open: &str, middle: &str, close: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

/// Terms of this depth, of every kind that nests.
fn terms(depth: usize) -> Vec<String> {
    let pairs = [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("{1: ", "1", "}"),
        ("abs(", "1", ")"),
        ("input[", "1", "]"),
        ("[1 | ", "true", "]"),
        ("[", "1", " | true]"),
        ("{1: 2 | ", "true", "}"),
        ("$\"{", "1", "}\""),
    ];
    let mut terms: Vec<String> = pairs.iter().map(|(open, middle, close)| nested(open, middle, close, depth)).collect();
    terms.push(format!("1{}", " + 1".repeat(depth)));
    terms.push(nested("count([x | some x in input; every y in ", "[1]", " { y }])", depth / 3));
    terms
}

/// What was compiled at all of terms of this depth.
fn compiled(depth: usize) -> usize {
    let compile = |term: &str| {
        let module = format!("package a\nallow if {{ x := {term}; x }}\ny := {term}");
        let policy = Compiler::new().module("a.rego", module).compile()?;
        let query = policy.prepare(&format!("x := {term}; data.a.allow"))?;
        let _ = query.evaluator().eval(Input::json("[]")).map(drop);
        let loaded = Policy::load(&policy.save()?)?;
        let _ = loaded.prepare("data.a")?.evaluator().eval(Input::json("[]")).map(drop);
        Ok::<_, Error>(())
    };
    let is_compiled = |term: &&String| match compile(term) {
        Ok(()) => true,
        Err(error) => {
            assert!(depth > 30, "{term}: {error}");
            false
        }
    };
    terms(depth).iter().filter(is_compiled).count()
}

#[test]
fn deep_policies_are_compiled_or_refused() {
    let all = terms(1).len();
    assert_eq!(on_small_stack(|| compiled(30)), all);
    // At about 256 levels the parser ends most of them.
    for depth in [60, 120, 250, 255, 1000, 20_000] {
        let count = on_small_stack(move || compiled(depth));
        assert!(count < all || depth < 250, "{depth}: {count}");
    }
}

#[test]
fn deep_documents_are_read_or_refused() {
    for depth in [100, 998, 999, 1000, 1001, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = nested(open, "1", close, depth);
            let are_read = on_small_stack(move || {
                let policy = Compiler::new().module("a.rego", "package a\nx := data.x").compile().unwrap();
                let again = policy.with_data(format!("{{\"x\": {text}}}"));
                let saved = again.and_then(|policy| Policy::load(&policy.save()?)).map(drop);
                (policy.parse_input(text.as_bytes()).is_ok(), saved.is_ok())
            });
            assert_eq!(are_read, (depth <= 1000, depth < 1000), "{depth} {open}");
        }
    }
}

/// Where a document goes counts, too.
#[test]
fn deep_places_of_documents_are_taken_or_refused() {
    for (depth, place) in
        [(0, 1000), (0, 1001), (500, 500), (500, 501), (1000, 0), (1001, 0), (1000, 1000), (1, 200_000)]
    {
        let is_taken = on_small_stack(move || {
            let (text, place) = (nested("{\"a\":", "1", "}", depth), vec!["a"; place]);
            let policy = Compiler::new().module("b.rego", "package b\nx := data.a").compile().unwrap();
            let patched = policy.patch_data(&place, text.as_bytes());
            let patched = patched.and_then(|policy| policy.patch_data(&place, text.as_bytes()));
            let again = patched.and_then(|policy| Policy::load(&policy.save()?)).map(drop);
            let module = Compiler::new().module("b.rego", "package b\nx := data.a");
            let begun = module.data(r#"{"b": {}}"#).data_at(&place, text).compile().map(drop);
            assert_eq!(again.is_ok(), begun.is_ok(), "{depth} at {}", place.len());
            again.is_ok()
        });
        assert_eq!(is_taken, depth + place <= 1000, "{depth} at {place}");
    }
}
