//! The two engines on generated modules, inputs and data.
//!
//! The cases are the same in each run. `SOLON_DIFFERENTIAL_CASES` asks for more of them, `SOLON_DIFFERENTIAL_SECONDS` for
//! more time and `SOLON_DIFFERENTIAL_SEED` for others; `SOLON_DIFFERENTIAL_DUMP` names a folder that receives each
//! disagreement, to be put before OPA. What is known to differ stands in `differential/known.json`, with OPA's answer.

#![cfg(feature = "regorus")]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "differential/generate/mod.rs"]
mod generate;

use generate::{Case, QUERIES};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use solon_engine::{
    Compiler, Engine, Error, Input, Limits, LoadedPolicy, NativeEngine, OwnedAnswer, RegorusEngine, Settings,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Cases of a run.
const CASES: u64 = 400;

/// The test ends after so many seconds, however few cases it has seen.
const PATIENCE: u64 = 60;

/// An evaluation that takes longer is an error.
const LONGEST: Duration = Duration::from_secs(2);

type Said = Result<OwnedAnswer, Error>;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn load(engine: &dyn Engine, case: &Case) -> Result<Box<dyn LoadedPolicy>, Error> {
    let sources = Compiler::new().data(case.data.as_str());
    let named = case.modules.iter().enumerate().map(|(at, text)| (format!("{at}.rego"), text.as_str()));
    engine.load(&named.fold(sources, |sources, (name, text)| sources.module(name, text)))
}

fn ask(policy: &Result<Box<dyn LoadedPolicy>, Error>, query: &str, input: &str) -> Said {
    let settings = Settings { limits: Limits { instructions: 10_000_000, ..Limits::default() }, is_strict: false };
    policy.as_ref().map_err(Clone::clone)?.prepare(query, &settings)?.eval(Input::json(input))
}

fn show(said: &Said) -> String {
    match said.as_ref().map(OwnedAnswer::value) {
        Ok(Some(value)) => value.to_string(),
        Ok(None) => "undefined".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

/// What came of the questions.
#[derive(Default)]
struct Tally {
    compared: u32,
    defined: u32,
    /// Why there were no two answers, and how often.
    without_opinion: BTreeMap<String, u32>,
    disagreements: Vec<(Case, &'static str, String, String)>,
}

impl Tally {
    fn compare(&mut self, case: &Case, query: &'static str, ours: &Said, theirs: &Said) {
        self.compared += 1;
        self.defined += u32::from(ours.as_ref().is_ok_and(|answer| !answer.rows.is_empty()));
        let agree = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => ours.agrees_with(theirs),
            // What the second engine refuses it has no opinion about, nor about types, which it does not check.
            (_, Err(error)) => self.note(error),
            (Err(error), _) if error.issues().iter().any(|issue| issue.code == "rego_type_error") => self.note(error),
            (Err(_), Ok(_)) => false,
        };
        if !agree {
            self.disagreements.push((case.clone(), query, show(ours), show(theirs)));
        }
    }

    /// Counts a refusal; it is no disagreement.
    fn note(&mut self, error: &Error) -> bool {
        let reason = error.to_string().lines().last().unwrap_or_default().to_owned();
        *self.without_opinion.entry(reason).or_default() += 1;
        true
    }

    /// Writes each disagreement to a folder.
    fn dump(&self, folder: &str) {
        for (at, (case, query, ours, theirs)) in self.disagreements.iter().enumerate() {
            let text = serde_json::json!({ "modules": case.modules, "input": case.input, "data": case.data,
                "query": query, "native": ours, "regorus": theirs });
            std::fs::write(format!("{folder}/{at}.json"), text.to_string()).unwrap();
        }
    }
}

#[test]
fn engines_agree() {
    let seed = number("SOLON_DIFFERENTIAL_SEED", 1).to_le_bytes().repeat(4);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = generate::cases();
    let second = RegorusEngine::default().time_limit(LONGEST);
    let (start, patience) = (Instant::now(), Duration::from_secs(number("SOLON_DIFFERENTIAL_SECONDS", PATIENCE)));
    let mut tally = Tally::default();
    for _ in 0..number("SOLON_DIFFERENTIAL_CASES", CASES) {
        if start.elapsed() > patience {
            break;
        }
        let case = strategy.new_tree(&mut runner).unwrap().current();
        let (ours, theirs) = (load(&NativeEngine, &case), load(&second, &case));
        for query in QUERIES {
            tally.compare(&case, query, &ask(&ours, query, &case.input), &ask(&theirs, query, &case.input));
        }
    }
    let refused: u32 = tally.without_opinion.values().sum();
    let count = tally.disagreements.len();
    println!(
        "{} compared, {} defined, {refused} without a second opinion, {count} differ",
        tally.compared, tally.defined
    );
    for (reason, count) in &tally.without_opinion {
        println!("  {count} {reason}");
    }
    if let Ok(folder) = std::env::var("SOLON_DIFFERENTIAL_DUMP") {
        tally.dump(&folder);
    }
    assert!(refused * 2 < tally.compared, "the second engine refuses most cases");
    assert!(tally.defined * 2 > tally.compared, "most questions have no answer");
    let Some((case, query, ours, theirs)) = tally.disagreements.first() else { return };
    panic!(
        "{count} differ; the first, {query} on {}:\nnative:  {ours}\nregorus: {theirs}\ndata: {}\n{}",
        case.input,
        case.data,
        case.modules.join("\n")
    );
}

/// Each listed disagreement is still one, and this crate's engine is still on OPA's side.
#[test]
fn known_disagreements_are_as_listed() {
    let listed: Vec<Value> = serde_json::from_str(include_str!("differential/known.json")).unwrap();
    for known in listed {
        let text = |field: &str| known.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let modules = vec![format!("package t\n{}", text("module"))];
        let case = Case { modules, input: text("input"), data: "{}".to_owned() };
        let ask = |engine: &dyn Engine| show(&ask(&load(engine, &case), "data.t.p", &case.input));
        let (ours, theirs) = (ask(&NativeEngine), ask(&RegorusEngine::default()));
        if std::env::var("SOLON_DIFFERENTIAL_SHOW").is_ok() {
            println!("{}\n  native {ours}\n  regorus {theirs}", text("module"));
            continue;
        }
        assert_eq!(ours, text("opa"), "{}", text("module"));
        assert_eq!(theirs, text("regorus"), "{}", text("module"));
    }
}
