//! The class `QuerySet`.

use crate::error::{Failed, of_engine};
use crate::options::{Given, QueryOptions};
use crate::policy::Policy;
use crate::pool::Terms;
use crate::query::{raises, with_input};
use crate::stack::enter;
use pyo3::prelude::*;
use pyo3::types::PyList;
use solon::SetEvaluator;
use std::sync::{Mutex, PoisonError};

/// Several queries of one policy that are asked together, from `Policy.query_set`. Any number of threads may use it at
/// once.
///
/// >>> import solon
/// >>> policy = solon.Policy("package app\ndouble := input.n * 2\nhalf := input.n / 2")
/// >>> both = policy.query_set(["data.app.double", "data.app.half", "data.app.other"])
/// >>> both.evaluate({"n": 8}), both.evaluate(b'{"n": 3}', "undefined")
/// ([16, 4, None], [6, 1.5, 'undefined'])
#[pyclass(frozen, module = "solon")]
pub struct QuerySet {
    policy: Py<Policy>,
    texts: Vec<String>,
    options: QueryOptions,
    /// As they were given, to be pickled.
    limits: Option<Py<PyAny>>,
    print: Option<Py<PyAny>>,
    terms: Terms,
    queries: solon::QuerySet,
    evaluators: Mutex<Vec<SetEvaluator>>,
}

impl QuerySet {
    /// Prepares the queries.
    pub fn prepare(
        policy: &Bound<'_, Policy>,
        texts: Vec<String>,
        options: QueryOptions,
        limits: Option<Py<PyAny>>,
        print: Option<Py<PyAny>>,
    ) -> PyResult<QuerySet> {
        let py = policy.py();
        let native = policy.get().native();
        let asked: Vec<&str> = texts.iter().map(String::as_str).collect();
        let queries = py.detach(|| native.prepare_set(&asked)).map_err(|error| of_engine(py, &error))?;
        let terms = Terms::new(&options, print.as_ref().map(|print| print.clone_ref(py)));
        let policy = policy.clone().unbind();
        Ok(QuerySet { policy, texts, options, limits, print, terms, queries, evaluators: Mutex::default() })
    }

    fn take(&self) -> SetEvaluator {
        let kept = self.evaluators.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let evaluator = kept.unwrap_or_else(|| self.queries.evaluator());
        let Terms { host, is_strict, .. } = &self.terms;
        evaluator.host(host.clone()).limits(self.terms.limits_from_now()).strict_builtin_errors(*is_strict)
    }

    fn give(&self, evaluator: SetEvaluator) {
        self.evaluators.lock().unwrap_or_else(PoisonError::into_inner).push(evaluator);
    }
}

#[pymethods]
impl QuerySet {
    /// The values of the queries for an input, in their order; `default` for each that is undefined.
    ///
    /// With `errors="raise"` the first query with an error raises it. With `errors="return"` the `SolonError`s stand in
    /// the list in place of values. An input that cannot be read raises in any case.
    #[pyo3(signature = (input=Given::NOTHING, default=None, *, errors="raise"))]
    #[pyo3(text_signature = "($self, input=..., default=None, *, errors='raise')")]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        input: Given<'py>,
        default: Option<Bound<'py, PyAny>>,
        errors: &str,
    ) -> PyResult<Bound<'py, PyList>> {
        let raises = raises(errors)?;
        let _entered = enter();
        let mut evaluator = self.take();
        let default = default.unwrap_or_else(|| py.None().into_bound(py));
        let values = PyList::empty(py);
        let result = with_input(&input, |input| {
            let answers = Failed::or(evaluator.eval(input)).map_err(|failed| failed.raise(py))?;
            answers.into_iter().try_for_each(|answer| match answer {
                Ok(answer) => match answer.value() {
                    Some(value) => values.append(self.options.shapes.object(py, value)?),
                    None => values.append(&default),
                },
                Err(error) if raises => Err(of_engine(py, &error)),
                Err(error) => values.append(of_engine(py, &error)),
            })
        });
        self.give(evaluator);
        result.map(|()| values)
    }

    /// Their texts.
    #[getter]
    fn texts(&self) -> Vec<String> {
        self.texts.clone()
    }

    /// The policy that they were prepared from.
    #[getter]
    fn policy(&self, py: Python<'_>) -> Py<Policy> {
        self.policy.clone_ref(py)
    }

    fn __len__(&self) -> usize {
        self.texts.len()
    }

    fn __repr__(&self) -> String {
        format!("<solon.QuerySet {:?}>", self.texts)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let restore = py.import("solon._restore")?.getattr("query_set")?;
        let options = self.options.keywords(py, self.limits.as_ref(), self.print.as_ref())?;
        let state = (self.policy.clone_ref(py), self.texts.clone(), options);
        Ok((restore, state.into_pyobject(py)?.into_any()))
    }
}
