//! Options of policies and queries, read from Python.

use crate::from_python::json_of;
use crate::to_python::Shapes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use solon::{Limits, Syntax};
use std::time::Duration;

/// An input or a default that may be left out: `...` stands for that, and `None` is null.
pub struct Given<'py>(Option<Bound<'py, PyAny>>);

impl<'py> Given<'py> {
    /// Nothing.
    pub const NOTHING: Given<'static> = Given(None);

    /// What an object stands for.
    pub fn of(object: Bound<'py, PyAny>) -> Self {
        let is_nothing = object.is(object.py().Ellipsis());
        Given((!is_nothing).then_some(object))
    }

    /// The object, if there is one.
    pub fn object(&self) -> Option<&Bound<'py, PyAny>> {
        self.0.as_ref()
    }
}

impl<'py> FromPyObject<'_, 'py> for Given<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Given::of(object.to_owned()))
    }
}

/// How a query is asked.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    pub package: String,
    pub imports: Vec<String>,
    pub limits: Limits,
    pub timeout: Option<Duration>,
    pub is_strict: bool,
    pub shapes: Shapes,
    /// The hosts that `http.send` may ask.
    pub allow_hosts: Vec<String>,
}

impl QueryOptions {
    /// From what a query is prepared with, in no package.
    pub fn of(
        limits: Option<&Bound<'_, PyAny>>,
        is_strict: bool,
        shapes: Shapes,
        allow_hosts: Vec<String>,
    ) -> PyResult<Self> {
        let (limits, timeout) = self::limits(limits)?;
        Ok(QueryOptions { limits, timeout, is_strict, shapes, allow_hosts, ..Self::default() })
    }

    /// As keyword arguments, with the limits and what prints as they were given.
    pub fn keywords<'py>(
        &self,
        py: Python<'py>,
        limits: Option<&Py<PyAny>>,
        print: Option<&Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let QueryOptions { is_strict, shapes: Shapes { sets, decimals }, allow_hosts, .. } = self;
        let keywords = PyDict::new(py);
        keywords.set_item("limits", limits)?;
        keywords.set_item("strict_builtin_errors", is_strict)?;
        keywords.set_item("sets", sets)?;
        keywords.set_item("decimals", decimals)?;
        keywords.set_item("print", print)?;
        keywords.set_item("allow_hosts", allow_hosts)?;
        Ok(keywords)
    }
}

/// Limits from a `solon.Limits`; what is `None` there stays as it is by default.
fn limits(given: Option<&Bound<'_, PyAny>>) -> PyResult<(Limits, Option<Duration>)> {
    let defaults = Limits::default();
    let Some(given) = given.filter(|given| !given.is_none()) else { return Ok((defaults, None)) };
    let size = |name: &str, default: usize| -> PyResult<usize> {
        Ok(given.getattr(name)?.extract::<Option<usize>>()?.unwrap_or(default))
    };
    let instructions: Option<u64> = given.getattr("instructions")?.extract()?;
    let timeout: Option<f64> = given.getattr("timeout")?.extract()?;
    let timeout = timeout.map(Duration::try_from_secs_f64).transpose();
    let limits = Limits {
        deadline: None,
        instructions: instructions.unwrap_or(defaults.instructions),
        memory: size("memory", defaults.memory)?,
        value_size: size("value_size", defaults.value_size)?,
        depth: size("depth", defaults.depth)?,
        result_size: size("result_size", defaults.result_size)?,
    };
    Ok((limits, timeout.map_err(|error| PyValueError::new_err(format!("timeout: {error}")))?))
}

/// A syntax by its name.
pub fn syntax(name: &str) -> PyResult<Syntax> {
    match name {
        "detect" => Ok(Syntax::Detect),
        "v0" => Ok(Syntax::V0),
        "v1" => Ok(Syntax::V1),
        _ => Err(PyValueError::new_err(format!("syntax must be \"detect\", \"v0\" or \"v1\", not {name:?}"))),
    }
}

/// Modules: a mapping of names to texts, or the text of one.
pub fn modules(given: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<(String, String)>> {
    let Some(given) = given.filter(|given| !given.is_none()) else { return Ok(Vec::new()) };
    if let Ok(text) = given.extract::<String>() {
        return Ok(vec![("policy.rego".to_owned(), text)]);
    }
    let items = given.call_method0("items");
    let items = items.map_err(|_| PyTypeError::new_err("modules must be a mapping of names to texts, or a text"))?;
    items.try_iter()?.map(|item| item?.extract()).collect()
}

/// The JSON of data; an empty object where there is none.
pub fn data(given: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<u8>> {
    match given.filter(|given| !given.is_none()) {
        Some(given) => json_of(given, "data"),
        None => Ok(b"{}".to_vec()),
    }
}
