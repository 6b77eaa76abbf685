//! The engine's errors as exceptions.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use solon::{Error, Issue};
use std::cell::RefCell;

thread_local! {
    /// The exception that a function of Python's raised while this thread evaluates.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Keeps an exception until the evaluation that it ends has come back.
pub fn keep(error: PyErr) {
    RAISED.with(|raised| raised.replace(Some(error)));
}

/// The exception that ended an evaluation of this thread.
pub fn kept() -> Option<PyErr> {
    RAISED.with(RefCell::take)
}

/// An engine's error with the exception that is behind it: it may go to another thread.
#[derive(Debug)]
pub struct Failed {
    error: Error,
    cause: Option<PyErr>,
}

impl Failed {
    /// An error of this thread's evaluation.
    pub fn here(error: Error) -> Self {
        Failed { error, cause: kept() }
    }

    /// The exception to raise. What is no `Exception`, such as `KeyboardInterrupt`, goes on as it is.
    pub fn raise(self, py: Python<'_>) -> PyErr {
        let Failed { error, cause } = self;
        match cause {
            Some(cause) if !cause.is_instance_of::<PyException>(py) => cause,
            cause => {
                let raised = of_engine(py, &error);
                raised.set_cause(py, cause);
                raised
            }
        }
    }
}

/// `SolonError` for an error of the engine.
pub fn of_engine(py: Python<'_>, error: &Error) -> PyErr {
    of_issues(py, &error.to_string(), error.issues())
}

/// `SolonError` with one issue that has no place.
pub fn invalid(py: Python<'_>, code: &str, message: &str) -> PyErr {
    of_engine(py, &Error::new(code, message))
}

/// `SolonError` with these issues.
pub fn of_issues(py: Python<'_>, text: &str, issues: &[Issue]) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let raised = CLASS.import(py, "solon._errors", "SolonError").and_then(|class| {
        let issues: Vec<_> = issues.iter().map(fields).collect();
        class.call_method1("_of", (text, issues))
    });
    match raised {
        Ok(raised) => PyErr::from_value(raised),
        Err(error) => error,
    }
}

type Fields<'i> = (&'i str, &'i str, Option<&'i str>, Option<u32>, Option<u32>, Option<&'i str>, Option<&'i str>);

/// Code, message, file, row, column, line and hint.
fn fields(issue: &Issue) -> Fields<'_> {
    let place = issue.location.as_ref();
    (
        &issue.code,
        &issue.message,
        place.map(|place| place.file.as_str()),
        place.map(|place| place.row),
        place.map(|place| place.col),
        place.map(|place| place.line.as_str()),
        issue.hint.as_deref(),
    )
}
