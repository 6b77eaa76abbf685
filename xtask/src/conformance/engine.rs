//! Runs a case with the engine.

use super::case::Case;
use super::verdict::Failed;
use serde_json::Value as Json;
use solon_engine::builtins::{Builtin, Failure, Purity, register};
use solon_engine::{Compiler, Error, Input, Limits, ParsedInput, Policy};

/// Makes the functions known that OPA's runner of the cases has.
pub fn prepare() -> Result<(), String> {
    register(SLEEP)
}

/// The rows of bindings that a case's query gives, of a policy that was saved and loaded if that is asked for.
pub fn run(case: &Case, is_saved: bool) -> Result<Vec<Json>, Failed> {
    let outcome = std::panic::catch_unwind(|| evaluate(case, is_saved));
    let outcome = outcome.map_err(|_| Failed { codes: Vec::new(), text: "panicked".to_owned() })?;
    outcome.map_err(|error| Failed {
        codes: error.issues().iter().map(|issue| issue.code.clone()).collect(),
        text: error.to_string(),
    })
}

fn evaluate(case: &Case, is_saved: bool) -> Result<Vec<Json>, Error> {
    let mut compiler = Compiler::new().refuse_data_conflicts(false).syntax(case.syntax);
    let modules = case.case["modules"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (number, module) in modules.iter().enumerate() {
        compiler = compiler.module(format!("test-{number}.rego"), module.as_str().unwrap_or_default());
    }
    if let Some(data) = case.case.get("data").filter(|data| !data.is_null()) {
        compiler = compiler.data(data.to_string());
    }
    let mut policy = compiler.compile()?;
    if is_saved {
        policy = Policy::load(&policy.save()?)?;
    }
    let query = policy.prepare(case.case["query"].as_str().unwrap_or_default())?;
    let is_strict = case.case["strict_error"].as_bool().unwrap_or_default();
    let limits = Limits { instructions: 50_000_000, ..Limits::default() };
    let host = std::sync::Arc::new(ClockHost);
    let mut evaluator = query.evaluator().strict_builtin_errors(is_strict).limits(limits).host(host);
    let text = case.case.get("input").map(Json::to_string);
    let parsed = input_term(&policy, &case.case)?;
    let input = match (&parsed, &text) {
        (Some(parsed), _) => Input::parsed(parsed),
        (None, Some(text)) => Input::json(text),
        (None, None) => Input::none(),
    };
    let answer = evaluator.eval(input)?.to_owned();
    Ok(answer.rows.into_iter().map(|row| Json::Object(row.bindings)).collect())
}

/// An input that is written as a Rego term.
fn input_term(policy: &Policy, case: &Json) -> Result<Option<ParsedInput>, Error> {
    let Some(term) = case["input_term"].as_str() else { return Ok(None) };
    let query = Compiler::new().compile()?.prepare(term)?;
    let mut evaluator = query.evaluator();
    let answer = evaluator.eval(Input::none())?;
    Ok(answer.value().map(|value| policy.input_of(value)))
}

/// A function that OPA's runner of the cases has, for the case that tells whether time stands still in an evaluation.
const SLEEP: Builtin = Builtin {
    name: "test.sleep",
    signature: "(duration: string) -> result: null",
    doc: "Waits for a number of milliseconds.",
    example: ("", ""),
    purity: Purity::Effect,
    call: |_, args| {
        let text = args.first().and_then(|value| value.as_str()).and_then(|text| text.strip_suffix("ms"));
        let duration = text.and_then(|text| text.parse().ok()).ok_or(Failure::Undefined)?;
        std::thread::sleep(std::time::Duration::from_millis(duration));
        Ok(solon_engine::value::Value::Null)
    },
};

/// A clock, for cases that ask what time it is.
struct ClockHost;

impl solon_engine::Host for ClockHost {
    fn now(&self) -> Option<i64> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(now.as_nanos()).ok()
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at as u8).wrapping_mul(37).wrapping_add(11));
        true
    }

    fn lookup(&self, name: &str) -> Result<Vec<String>, String> {
        use std::net::ToSocketAddrs;
        let addresses = (name, 0).to_socket_addrs().map_err(|error| error.to_string())?;
        Ok(addresses.map(|address| address.ip().to_string()).collect())
    }
}
