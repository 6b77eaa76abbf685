//! What is fuzzed: each target takes any bytes and must come back, without a panic, soon.
//!
//! `cargo fuzz run TARGET` (nightly) and `cargo xtask fuzz` (any toolchain) run the same functions.

use solon_engine::{Compiler, Evaluator, Input, Limits, Optimizations, OwnedAnswer, Policy};
use solon_k8s::constraint::Constraint;
use solon_k8s::document::Options;
use solon_k8s::manifest::read_manifests;
use solon_k8s::shape::Shape;
use solon_k8s::template::Template;
use solon_k8s::webhook::Admission;
use solon_k8s::yaml::{read_documents, yaml_to_json};
use solon_syntax::ast::Version;
use solon_syntax::dump::{dump, dump_body};
use solon_syntax::print::{body_text, module_text};
use solon_syntax::{ParseOptions, parse_module, parse_query};
use std::sync::OnceLock;

#[path = "../../crates/engine/tests/forge/mod.rs"]
mod forge;

/// What an evaluation may use while it is fuzzed.
const SMALL: Limits = Limits {
    instructions: 20_000,
    memory: 64 << 20,
    value_size: 1 << 20,
    depth: 256,
    deadline: None,
    result_size: 1 << 20,
};

/// A target.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 10] = [
    ("parse", parse),
    ("print", print),
    ("compile", compile),
    ("eval", eval),
    ("ways", ways),
    ("saved", saved),
    ("forged", forged),
    ("json", json),
    ("yaml", yaml),
    ("admission", admission),
];

/// Reads a module and a query in both versions of Rego: lexer and parser.
pub fn parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for version in [Version::V0, Version::V1] {
        let options = ParseOptions { file: 0, version };
        let module = parse_module(&text, options);
        match &module.tree {
            Some(tree) => assert!(!dump(tree).is_empty(), "a tree is printed"),
            None => assert!(!module.errors.is_empty(), "without a tree there is an error"),
        }
        let query = parse_query(&text, options);
        if query.errors.is_empty() {
            dump_body(&query.tree);
        }
    }
}

/// Prints a module, and a query, from their trees: the text is read as the same again.
pub fn print(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for version in [Version::V0, Version::V1] {
        let options = ParseOptions { file: 0, version };
        let module = parse_module(&text, options);
        if let (Some(tree), true) = (&module.tree, module.errors.is_empty()) {
            let printed = module_text(tree);
            let again = parse_module(&printed, options);
            assert!(again.errors.is_empty(), "what is printed cannot be read: {printed}\n{:?}", again.errors);
            assert_eq!(
                again.tree.as_ref().map(module_text),
                Some(printed),
                "what is printed is read as something else"
            );
        }
        let query = parse_query(&text, options);
        if query.errors.is_empty() {
            let printed = body_text(&query.tree);
            let again = parse_query(&printed, options);
            assert!(again.errors.is_empty(), "what is printed cannot be read: {printed}\n{:?}", again.errors);
            let (read, meant) = (without_places(&dump_body(&again.tree)), without_places(&dump_body(&query.tree)));
            assert_eq!(read, meant, "what is printed is read as something else: {printed}");
        }
    }
}

/// A printed tree without its places, such as `@12..34`.
fn without_places(dump: &str) -> String {
    let is_place = |word: &str| word.starts_with('@') && word.contains("..");
    dump.split_whitespace().filter(|word| !is_place(word)).collect::<Vec<_>>().join(" ")
}

/// Compiles a module, and a query.
pub fn compile(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = Compiler::new().module("fuzz.rego", &*text).compile() {
        assert!(!error.issues().is_empty(), "an error says what is wrong");
    }
    let _ = nothing().prepare(&text);
}

/// Compiles a module and evaluates everything in it. What follows a line `---` is the input.
pub fn eval(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (module, input) = text.split_once("\n---\n").unwrap_or((&text, "{}"));
    let Ok(policy) = Compiler::new().module("fuzz.rego", module).data(r#"{"a": {"b": [1, 2]}}"#).compile() else {
        return;
    };
    let Ok(query) = policy.prepare("data") else { return };
    let mut evaluator = query.evaluator().limits(SMALL);
    let once = evaluator.eval(Input::json(input)).map(|answer| answer.to_owned());
    let again = evaluator.eval(Input::json(input)).map(|answer| answer.to_owned());
    match (once, again) {
        (Ok(once), Ok(again)) => assert_eq!(once, again, "a second evaluation says something else"),
        (once, again) => assert_eq!(once.is_ok(), again.is_ok(), "a second evaluation fails, or the first did"),
    }
}

/// Compiles a module and evaluates everything in it in three ways, which say the same: on a text of which only what the
/// policy can read is read, on an input that was read before, and without optimizations. What follows a line `---` is the
/// input.
pub fn ways(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (module, input) = text.split_once("\n---\n").unwrap_or((&text, "{}"));
    let compile = |optimizations| {
        let compiler = Compiler::new().module("fuzz.rego", module).data(r#"{"a": {"b": [1, 2]}}"#);
        compiler.optimizations(optimizations).compile().ok()
    };
    let (Some(policy), Some(plain)) = (compile(Optimizations::ALL), compile(Optimizations::NONE)) else { return };
    let (Ok(read), Ok(plain_read)) = (policy.parse_input(input.as_bytes()), plain.parse_input(input.as_bytes())) else {
        return;
    };
    let answers = [
        everything(&policy, Input::json(input)),
        everything(&policy, Input::parsed(&read)),
        everything(&plain, Input::parsed(&plain_read)),
    ];
    // One way may come to a limit before the others do.
    if let [Some(directed), Some(entire), Some(plain)] = answers {
        assert_eq!(directed, entire, "an input of which a part was read gives something else");
        assert_eq!(entire, plain, "optimizations give something else");
    }
}

/// What a policy says of an input, errors alike; nothing where a limit was reached.
fn everything(policy: &Policy, input: Input<'_>) -> Option<Option<OwnedAnswer>> {
    let mut evaluator = policy.prepare("data").ok()?.evaluator().limits(SMALL);
    match evaluator.eval(input).map(|answer| answer.to_owned()) {
        Ok(answer) => Some(Some(answer)),
        Err(error) if error.issues().iter().any(|issue| issue.code == "eval_limit_error") => None,
        Err(_) => Some(None),
    }
}

/// Loads a saved policy whose body is these bytes, or one that was saved and then changed by them: each three bytes are a
/// place and what is there. What can be loaded is asked for everything.
pub fn saved(bytes: &[u8]) {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let module = r#"package a
f(x) := [x | some y in x] if x.a
b[x].c := f(data.e[x]) if { some x in input; input.y == 1 }
c contains x if { some x in data.e; x with input.y as [x] }
d := "a" if startswith(input.d, "a")
d := "b" if startswith(input.d, "b")
d := "c" if input.d == 3
d := "d" if is_array(input.d)"#;
        let compiler = Compiler::new().module("a.rego", module).data(r#"{"e": {"k": [1, 2.0]}}"#);
        let saved = compiler.compile().and_then(|policy| policy.save());
        assert!(saved.is_ok(), "the policy cannot be saved: {:?}", saved.err());
        saved.unwrap_or_default()
    });
    let mut changed = file.clone();
    for change in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
        changed[at] = change[2];
    }
    let head = file.len().min(40);
    for file in [[&file[..head], bytes].concat(), changed] {
        let Ok(policy) = Policy::load(&solon_engine::saved::with_checksum(&file)) else { continue };
        let Ok(query) = policy.prepare("data") else { continue };
        let _ = query.evaluator().limits(SMALL).eval(Input::json("{}"));
    }
}

/// Loads a saved policy some of whose functions are made of arbitrary instructions, and asks it for everything.
pub fn forged(bytes: &[u8]) {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let compiler = Compiler::new().module("a.rego", forge::MODULE).data(r#"{"e": {"k": [1, 2.0]}}"#);
        let saved = compiler.compile().and_then(|policy| policy.save());
        assert!(saved.is_ok(), "the policy cannot be saved: {:?}", saved.err());
        saved.unwrap_or_default()
    });
    let changed = Policy::forge(file, |code| forge::forge(code, &mut forge::Choices::new(bytes)));
    let Ok(changed) = changed else { return };
    let Ok(policy) = Policy::load(&changed) else { return };
    let Ok(query) = policy.prepare("data") else { return };
    let mut evaluator = query.evaluator().limits(SMALL);
    for input in ["{}", r#"{"y": 1, "k": "a", "d": [1, {"a": 2}], "e": "é"}"#] {
        let _ = evaluator.eval(Input::json(input));
    }
    assert!(policy.save().is_ok_and(|again| again == changed), "what was loaded is saved as something else");
}

/// Reads an input and writes it again.
pub fn json(bytes: &[u8]) {
    let Ok(query) = nothing().prepare("x = input") else { return };
    let mut evaluator = query.evaluator().limits(SMALL);
    if let Some(value) = read(&mut evaluator, bytes) {
        let text = value.to_string();
        assert_eq!(read(&mut evaluator, text.as_bytes()), Some(value), "what is written reads as something else");
    }
}

/// Reads YAML as documents, manifests, templates and constraints. JSON that is written from a document reads as itself.
pub fn yaml(bytes: &[u8]) {
    for options in [Options::default(), Options::opa()] {
        let _ = read_documents(bytes, &options);
    }
    if let Ok(values) = yaml_to_json(bytes) {
        for value in values {
            let again = yaml_to_json(value.to_string().as_bytes());
            assert_eq!(again.ok().and_then(|mut again| again.pop()), Some(value), "JSON reads as something else");
        }
    }
    for manifest in read_manifests("fuzz.yaml", bytes, &Options::default()).unwrap_or_default() {
        let _ = Template::read(&manifest);
        let _ = Constraint::read(&manifest);
    }
}

/// Answers an AdmissionReview. What is not a review, or has no policy's blessing, is not allowed.
pub fn admission(bytes: &[u8]) {
    static ADMISSION: OnceLock<Option<Admission>> = OnceLock::new();
    let prepared = ADMISSION.get_or_init(|| {
        let source = "package a\n\
            deny contains \"host network\" if input.request.object.spec.hostNetwork\n\
            deny contains msg if { some c in input.request.object.spec.containers; not c.limits; msg := c.name }\n\
            warn contains input.request.name if input.request.operation == \"DELETE\"";
        let policy = Compiler::new().module("a.rego", source).compile().ok()?;
        let admission = Admission::new().limits(SMALL).rule(&policy, "data.a.deny", Shape::AdmissionRequest).ok()?;
        admission.rule(&policy, "data.a.warn", Shape::AdmissionRequest).ok()
    });
    let admission = prepared.as_ref();
    assert!(admission.is_some(), "the policy compiles");
    let Some(answer) = admission.map(|admission| admission.review(bytes)) else { return };
    match answer {
        Ok(response) => {
            let json = response.to_json();
            assert_eq!(json["response"]["allowed"], response.is_allowed(), "{json}");
            assert!(json["response"]["uid"].is_string(), "an answer names its request: {json}");
        }
        Err(error) => assert_eq!(error.response()["response"]["allowed"], false, "an error allows nothing"),
    }
}

/// A policy without modules.
fn nothing() -> &'static Policy {
    static NOTHING: OnceLock<Policy> = OnceLock::new();
    NOTHING.get_or_init(|| match Compiler::new().compile() {
        Ok(policy) => policy,
        Err(error) => unreachable!("nothing does not compile: {error}"),
    })
}

fn read(evaluator: &mut Evaluator, bytes: &[u8]) -> Option<serde_json::Value> {
    let answer = evaluator.eval(Input::json(bytes)).ok()?.to_owned();
    answer.rows.first()?.bindings.get("x").cloned()
}
