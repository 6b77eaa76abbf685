//! The engine's errors as exceptions.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use solon::{Error, Issue};
use std::cell::RefCell;

/// An exception, and whether it is no error of a program's but has to go on, as `KeyboardInterrupt` has.
struct Raised {
    error: PyErr,
    goes_on: bool,
}

thread_local! {
    /// The exception that a function of Python's raised while this thread evaluates.
    static RAISED: RefCell<Option<Raised>> = const { RefCell::new(None) };
}

fn goes_on(py: Python<'_>, error: &PyErr) -> bool {
    !error.is_instance_of::<PyException>(py)
}

/// Keeps an exception until the evaluation that it ends has come back. One that has to go on is not forgotten over
/// another.
pub fn keep(py: Python<'_>, error: PyErr) {
    if !is_interrupted() {
        let raised = Raised { goes_on: goes_on(py, &error), error };
        // What was there is dropped when nobody looks at it any more: that may run code of Python's.
        drop(RAISED.replace(Some(raised)));
    }
}

/// The exception that ended an evaluation of this thread.
pub fn kept() -> Option<PyErr> {
    RAISED.take().map(|raised| raised.error)
}

/// Whether an exception is kept that has to go on, which ends an evaluation that has not noticed.
pub fn is_interrupted() -> bool {
    RAISED.with_borrow(|raised| raised.as_ref().is_some_and(|raised| raised.goes_on))
}

/// Whether Python has a signal (Ctrl-C), whose exception then is kept.
pub fn is_signalled(py: Python<'_>) -> bool {
    match py.check_signals() {
        Ok(()) => false,
        Err(error) => {
            keep(py, error);
            true
        }
    }
}

/// An engine's error with the exception that is behind it: it may go to another thread.
#[derive(Debug)]
pub struct Failed {
    error: Error,
    cause: Option<PyErr>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, cause: None }
    }
}

impl Failed {
    /// What an evaluation of this thread gave. Whatever it is, an exception that has to go on does.
    pub fn or<T>(result: Result<T, Error>) -> Result<T, Failed> {
        match result {
            Err(error) => Err(Failed { error, cause: kept() }),
            Ok(_) if is_interrupted() => Err(Failed::interrupted()),
            Ok(value) => {
                drop(kept());
                Ok(value)
            }
        }
    }

    /// Where somebody wants an end of this thread's evaluations.
    pub fn interrupted() -> Failed {
        Failed { error: Error::new("eval_cancel_error", "the evaluation was interrupted"), cause: kept() }
    }

    /// Whether it is nothing of the input's: somebody wants an end.
    pub fn is_cancelled(&self) -> bool {
        self.error.is_cancelled()
    }

    /// The engine's error.
    pub fn into_error(self) -> Error {
        self.error
    }

    /// The exception to raise. What is no `Exception`, such as `KeyboardInterrupt`, goes on as it is.
    pub fn raise(self, py: Python<'_>) -> PyErr {
        let Failed { error, cause } = self;
        match cause {
            Some(cause) if goes_on(py, &cause) => cause,
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

/// Whether an exception is a `SolonError`.
pub fn is_of_engine(py: Python<'_>, error: &PyErr) -> bool {
    class(py).is_ok_and(|class| error.is_instance(py, class))
}

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "solon._errors", "SolonError")
}

/// `SolonError` with these issues.
pub fn of_issues(py: Python<'_>, text: &str, issues: &[Issue]) -> PyErr {
    let raised = class(py).and_then(|class| {
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
