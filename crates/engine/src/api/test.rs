//! Tests, as `opa test` knows them.

use super::{Answer, Location};
use crate::hir::test_rules::TestRule;
use crate::value::{Entry, Value, json};
use solon_syntax::{Source, Span};
use std::collections::BTreeMap;

/// A rule that is a test: its name begins with `test_`, or with `todo_test_` if it is not to be run yet.
///
/// ```
/// use solon_engine::{Compiler, Input};
///
/// let module = "package a_test\ntest_one if 1 == 1\ntest_one if 1 == 2\ntodo_test_two if false";
/// let policy = Compiler::new().module("a_test.rego", module).test_run().compile()?;
/// let names: Vec<&str> = policy.tests().iter().map(|test| test.name.as_str()).collect();
/// assert_eq!(names, ["test_one", "test_one#01", "todo_test_two"]);
///
/// let test = &policy.tests()[0];
/// assert!(policy.prepare(&test.query)?.evaluator().eval(Input::none())?.is_true());
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its package: `data.a`.
    pub package: String,
    /// Its name in the package: `test_x`. Further tests of one name are `test_x#01`, `test_x#02`.
    pub name: String,
    /// The query that runs it.
    pub query: String,
    /// Where it is.
    pub location: Option<Location>,
    /// Whether it is not to be run.
    pub is_skipped: bool,
    /// Whether it has cases: then its answer is an object of the cases that passed.
    pub has_cases: bool,
}

/// The cases of a test, by their names.
pub type Cases = BTreeMap<String, Case>;

/// One case of a test, or a group of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// Its name; empty for one whose value is null.
    pub name: String,
    /// Whether it, or one in it, failed.
    pub has_failed: bool,
    /// The cases in it.
    pub cases: Cases,
}

impl Test {
    pub(super) fn of_rule(rule: TestRule, sources: &[Source]) -> Self {
        // The place of the rule is where it begins.
        let span = Span { end: rule.span.start, ..rule.span };
        Test {
            package: rule.package,
            name: rule.name,
            query: rule.query,
            location: Location::of(span, sources),
            is_skipped: rule.is_skipped,
            has_cases: rule.has_cases,
        }
    }

    /// Whether the test passed by its answer and by the cases that the host was told of, with its cases.
    pub fn judge(&self, answer: &Answer<'_>, named: &[Vec<String>]) -> (bool, Cases) {
        let mut cases = Cases::new();
        if !self.has_cases || answer.is_undefined() {
            return (answer.is_true(), cases);
        }
        let mut has_failed = false;
        if let Some(value) = answer.value() {
            (has_failed, cases) = cases_of(value);
        }
        for names in named {
            has_failed |= reach(&mut cases, names);
        }
        (!has_failed, cases)
    }
}

/// The cases that an object has, and whether one failed.
fn cases_of(value: Value<'_>) -> (bool, Cases) {
    let entries = value.as_object().map(|object| object.entries()).unwrap_or_default();
    let cases: Cases = entries.iter().map(case_of).collect();
    (cases.values().any(|case| case.has_failed), cases)
}

fn case_of(entry: &Entry<'_>) -> (String, Case) {
    let (name, value) = json::name(entry);
    let case = match value {
        Value::Null => Case::default(),
        Value::Object(_) => {
            let (has_failed, cases) = cases_of(value);
            Case { name: name.clone(), has_failed, cases }
        }
        value => Case { name: name.clone(), has_failed: value != Value::Bool(true), cases: Cases::new() },
    };
    (name, case)
}

/// Notes that a test came to a case, which has failed if the answer does not have it; whether it has.
fn reach(cases: &mut Cases, names: &[String]) -> bool {
    let Some((first, rest)) = names.split_first() else { return true };
    let case = cases.entry(first.clone()).or_insert_with(|| Case {
        name: first.clone(),
        has_failed: true,
        cases: Cases::new(),
    });
    if rest.is_empty() {
        return case.has_failed;
    }
    let has_failed = reach(&mut case.cases, rest);
    case.has_failed |= has_failed;
    has_failed
}
