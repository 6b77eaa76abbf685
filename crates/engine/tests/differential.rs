//! The two engines on generated modules, inputs and data.
//!
//! The cases are the same in each run. `SOLON_DIFFERENTIAL_CASES` asks for more of them and
//! `SOLON_DIFFERENTIAL_SEED` for others; `SOLON_DIFFERENTIAL_DUMP` names a folder that receives each disagreement, to be
//! put before OPA. What is known to differ stands in `differential/known.json`, with OPA's answer.

#![cfg(feature = "regorus")]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "differential/generate.rs"]
mod generate;

use generate::Case;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use solon_engine::{Engine, Error, Input, NativeEngine, RegorusEngine, Settings, Sources};
use std::time::{Duration, Instant};

const QUERIES: [&str; 4] = ["data.t.one", "data.t.two", "data.t.three", "data.t.four"];

/// The test ends after this long, however few cases it has seen.
const PATIENCE: Duration = Duration::from_secs(50);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn ask(engine: &dyn Engine, case: &Case, query: &str) -> Result<Option<Value>, Error> {
    let sources = Sources::new().module("t.rego", case.module.as_str()).data(case.data.as_str());
    let policy = engine.load(&sources)?;
    let answer = policy.prepare(query, &Settings::default())?.eval(Input::json(&case.input))?;
    Ok(answer.value().cloned())
}

/// The same value with each number in one form: engines may print one number in several ways.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

fn show(said: &Result<Option<Value>, Error>) -> String {
    match said {
        Ok(Some(value)) => value.to_string(),
        Ok(None) => "undefined".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn engines_agree() {
    let seed = number("SOLON_DIFFERENTIAL_SEED", 1).to_le_bytes().repeat(4);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = generate::cases();
    let regorus = RegorusEngine::default().time_limit(Duration::from_secs(2));
    let start = Instant::now();
    let (mut compared, mut without_opinion, mut defined) = (0, 0, 0);
    let mut disagreements = Vec::new();
    for _ in 0..number("SOLON_DIFFERENTIAL_CASES", 300) {
        if start.elapsed() > PATIENCE {
            break;
        }
        let case = strategy.new_tree(&mut runner).unwrap().current();
        for query in QUERIES {
            let (ours, theirs) = (ask(&NativeEngine, &case, query), ask(&regorus, &case, query));
            compared += 1;
            let agree = match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => ours.as_ref().map(plain) == theirs.as_ref().map(plain),
                // What the second engine refuses it has no opinion about.
                (_, Err(_)) => {
                    without_opinion += 1;
                    true
                }
                (Err(_), Ok(_)) => false,
            };
            defined += u32::from(matches!(ours, Ok(Some(_))));
            if !agree {
                disagreements.push((case.clone(), query, show(&ours), show(&theirs)));
            }
        }
    }
    println!(
        "{compared} compared, {defined} defined, {without_opinion} without a second opinion, {} differ",
        disagreements.len()
    );
    if let Ok(folder) = std::env::var("SOLON_DIFFERENTIAL_DUMP") {
        for (at, (case, query, ours, theirs)) in disagreements.iter().enumerate() {
            let text = serde_json::json!({ "module": case.module, "input": case.input, "data": case.data,
                "query": query, "native": ours, "regorus": theirs });
            std::fs::write(format!("{folder}/{at}.json"), text.to_string()).unwrap();
        }
    }
    assert!(without_opinion * 2 < compared, "the second engine refuses most cases");
    let Some((case, query, ours, theirs)) = disagreements.first() else { return };
    let count = disagreements.len();
    panic!(
        "{count} differ; the first, {query} on {}:\nnative:  {ours}\nregorus: {theirs}\ndata: {}\n{}",
        case.input, case.data, case.module
    );
}

/// Each listed disagreement is still one, and this crate's engine is still on OPA's side.
#[test]
fn known_disagreements_are_as_listed() {
    let listed: Vec<Value> = serde_json::from_str(include_str!("differential/known.json")).unwrap();
    for known in listed {
        let text = |field: &str| known.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let case =
            Case { module: format!("package t\n{}", text("module")), input: text("input"), data: "{}".to_owned() };
        let ours = show(&ask(&NativeEngine, &case, "data.t.p"));
        let theirs = show(&ask(&RegorusEngine::default(), &case, "data.t.p"));
        if std::env::var("SOLON_DIFFERENTIAL_SHOW").is_ok() {
            println!("{}\n  native {ours}\n  regorus {theirs}", case.module);
            continue;
        }
        assert_eq!(ours, text("opa"), "{}", case.module);
        assert_eq!(theirs, text("regorus"), "{}", case.module);
    }
}
