//! Queries of builtins with real OPA's answers: the lines of `tests/cases/as_opa`.
//!
//! A line is a JSON object: `q` is the query, and `v` its value, or `u` says that it is undefined, or `e` has code and
//! message of its error with `--strict-builtin-errors`. What is an error there is undefined without.
//! `SOLON_AS_OPA` names another folder or file of such lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use solon_engine::{Compiler, Error, Host, Input, Policy};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

/// A clock that stands still, and bytes that are always the same.
struct Still;

impl Host for Still {
    fn now(&self) -> Option<i64> {
        Some(1_700_000_000_000_000_000)
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        bytes.fill(7);
        true
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/as_opa");
    let folder = env::var_os("SOLON_AS_OPA").map_or(folder, PathBuf::from);
    if folder.is_file() {
        return vec![folder];
    }
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What came of a query, in the form of the cases.
fn outcome(answer: Result<Option<Value>, Error>) -> Value {
    match answer {
        Ok(Some(value)) => json!({"v": value}),
        Ok(None) => json!({"u": true}),
        Err(error) => {
            let issue = &error.issues()[0];
            json!({"e": [issue.code, issue.message]})
        }
    }
}

fn ask(policy: &Policy, query: &str, is_strict: bool) -> Result<Option<Value>, Error> {
    let query = policy.prepare(query)?;
    let mut evaluator = query.evaluator().strict_builtin_errors(is_strict).host(Arc::new(Still));
    let answer = evaluator.eval(Input::none())?.to_owned();
    Ok(answer.rows.into_iter().next().and_then(|row| row.expressions.into_iter().next()).map(|found| found.value))
}

#[test]
fn builtins_answer_as_opa_does() {
    let policy = Compiler::new().compile().unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files() {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let mut case: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            let query = case.as_object_mut().unwrap().remove("q").unwrap();
            let query = query.as_str().unwrap();
            count += 1;
            let strict = outcome(ask(&policy, query, true));
            let lenient = outcome(ask(&policy, query, false));
            let is_error = case["e"][0].as_str().is_some_and(|code| code.starts_with("eval_"));
            let wanted_leniently = if is_error { json!({"u": true}) } else { case.clone() };
            if strict != case {
                wrong.push(format!("{query}\n  OPA   {case}\n  Solon {strict}"));
            } else if lenient != wanted_leniently {
                wrong.push(format!("{query}\n  OPA   {wanted_leniently} (lenient)\n  Solon {lenient}"));
            }
        }
    }
    assert!(count > 0, "no cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}
