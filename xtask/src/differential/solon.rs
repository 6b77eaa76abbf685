//! Solon's answers.

use super::said::{Outcome, Problem, Row, Said, Way};
use serde_json::Value as Json;
use solon_engine::{Compiler, Error, Input, Limits, Optimizations, Policy, Syntax};
use solon_generate::Case;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Compiles a program and asks its queries.
pub fn ask(case: &Case, way: Way) -> Said {
    let compiled = catch_unwind(|| compile(case, way)).unwrap_or_else(|_| Err(panicked()));
    match compiled {
        Err(error) => Said { errors: problems(&error), outcomes: Vec::new() },
        Ok(policy) => Said {
            errors: Vec::new(),
            outcomes: case.queries.iter().map(|query| outcome(&policy, case, query)).collect(),
        },
    }
}

fn compile(case: &Case, way: Way) -> Result<Policy, Error> {
    let optimizations = match way {
        Way::Usual => Optimizations::ALL,
        Way::Plain => Optimizations::NONE,
    };
    let syntax = if case.is_v0 { Syntax::V0 } else { Syntax::V1 };
    let compiler = Compiler::new().optimizations(optimizations).max_errors(0).syntax(syntax).data(case.data.as_str());
    case.modules.iter().fold(compiler, |compiler, (name, text)| compiler.module(name, text)).compile()
}

fn outcome(policy: &Policy, case: &Case, query: &str) -> Outcome {
    let evaluate = || -> Result<Vec<Row>, Error> {
        let limits = Limits { instructions: 20_000_000, memory: 1 << 30, ..Limits::default() };
        let query = policy.prepare(query)?;
        let mut evaluator = query.evaluator().strict_builtin_errors(case.is_strict).limits(limits);
        let input = case.input.as_ref().map_or(Input::none(), Input::json);
        let rows = evaluator.eval(input)?.to_owned().rows.into_iter();
        let rows = rows.map(|row| Row {
            values: row.expressions.into_iter().map(|expression| as_read(&expression.value)).collect(),
            bindings: row.bindings.iter().map(|(name, value)| (name.clone(), as_read(value))).collect(),
        });
        Ok(rows.collect())
    };
    match catch_unwind(AssertUnwindSafe(evaluate)).unwrap_or_else(|_| Err(panicked())) {
        Ok(rows) => Outcome { rows, errors: Vec::new() },
        Err(error) => Outcome { rows: Vec::new(), errors: problems(&error) },
    }
}

/// A value as it is read from its text: reading changes how exponents are written.
fn as_read(value: &Json) -> Json {
    serde_json::from_str(&value.to_string()).unwrap_or_default()
}

fn panicked() -> Error {
    Error::new("panic", "Solon panicked")
}

fn problems(error: &Error) -> Vec<Problem> {
    let issues = error.issues().iter().map(|issue| {
        let place = issue.location.as_ref();
        Problem {
            file: place.map_or_else(String::new, |place| place.file.clone()),
            row: place.map_or(0, |place| place.row),
            col: place.map_or(0, |place| place.col),
            code: issue.code.clone(),
            message: issue.message.clone(),
        }
    });
    issues.collect()
}
