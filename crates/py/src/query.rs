//! The class `Query`.

use crate::batch;
use crate::error::{Failed, of_engine};
use crate::from_python::Source;
use crate::options::{Given, QueryOptions};
use crate::policy::Policy;
use crate::pool::{Pool, Terms};
use crate::stack::enter;
use crate::to_python::fired_rule;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use solon::{Answer, Explanation, Input};
use std::sync::Arc;

/// A prepared query, from `Policy.query`. Any number of threads may use it at once.
///
/// Inputs are what JSON has, and sets: `None`, `bool`, `int` of any size, `float`, `Decimal`, `str`, `list`, `tuple`,
/// `set` and `dict` with `str` keys. Only what the query can read of an input is looked at. `bytes` are JSON text.
/// Without an input, or with `...`, `input` is undefined.
///
/// >>> import solon
/// >>> query = solon.Policy("package app\ndouble := input.n * 2").query("data.app.double")
/// >>> query.evaluate({"n": 21}), query.evaluate(b'{"n": 4}'), query.evaluate({"n": "x"}, "undefined")
/// (42, 8, 'undefined')
#[pyclass(frozen, module = "solon")]
pub struct Query {
    policy: Py<Policy>,
    options: QueryOptions,
    /// As they were given, to be pickled.
    limits: Option<Py<PyAny>>,
    print: Option<Py<PyAny>>,
    pool: Arc<Pool>,
}

impl Query {
    /// Prepares a query.
    pub fn prepare(
        policy: &Bound<'_, Policy>,
        text: &str,
        options: QueryOptions,
        limits: Option<Py<PyAny>>,
        print: Option<Py<PyAny>>,
    ) -> PyResult<Query> {
        let py = policy.py();
        let imports: Vec<&str> = options.imports.iter().map(String::as_str).collect();
        let native = policy.get().native();
        let query = py.detach(|| native.prepare_in(text, &options.package, &imports));
        let query = query.map_err(|error| of_engine(py, &error))?;
        Ok(Query::new(policy, query, options, limits, print))
    }

    fn new(
        policy: &Bound<'_, Policy>,
        query: solon::Query,
        options: QueryOptions,
        limits: Option<Py<PyAny>>,
        print: Option<Py<PyAny>>,
    ) -> Query {
        let terms = Terms::new(&options, print.as_ref().map(|print| print.clone_ref(policy.py())));
        let pool = Pool::new(query, terms);
        Query { policy: policy.clone().unbind(), options, limits, print, pool: Arc::new(pool) }
    }

    /// Evaluates on an input and reads the answer.
    fn ask<T>(&self, py: Python<'_>, input: &Given<'_>, read: impl FnOnce(Answer<'_>) -> PyResult<T>) -> PyResult<T> {
        let _entered = enter();
        let mut evaluator = self.pool.take();
        let result = with_input(input, |input| evaluator.eval(input).map(read));
        self.pool.give(evaluator);
        Failed::or(result).map_err(|failed| failed.raise(py))?
    }

    /// The value of an answer; `default` where it is undefined.
    fn value<'py>(
        &self,
        py: Python<'py>,
        answer: &Answer<'_>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match answer.value() {
            Some(value) => self.options.shapes.object(py, value),
            None => Ok(default.unwrap_or_else(|| py.None().into_bound(py))),
        }
    }
}

/// Whether errors are raised, rather than returned in place of values.
pub fn raises(errors: &str) -> PyResult<bool> {
    match errors {
        "raise" => Ok(true),
        "return" => Ok(false),
        other => Err(PyValueError::new_err(format!("errors must be \"raise\" or \"return\", not {other:?}"))),
    }
}

/// Does something with an input as the engine takes it.
pub fn with_input<T>(input: &Given<'_>, work: impl FnOnce(Input<'_>) -> T) -> T {
    let Some(object) = input.object() else { return work(Input::none()) };
    match object.cast::<PyBytes>() {
        Ok(bytes) => work(Input::json(bytes.as_bytes())),
        Err(_) => work(Input::build(&Source::new(object, "input"))),
    }
}

#[pymethods]
impl Query {
    /// The value of the query for an input; `default` where it is undefined. An error raises `SolonError`: it is never
    /// an answer. Sets are sorted lists, unless the query was prepared with `sets=True`.
    ///
    /// For a decision ask `allows`: a value such as `[False]` counts as true in Python.
    #[pyo3(signature = (input=Given::NOTHING, default=None))]
    #[pyo3(text_signature = "($self, input=..., default=None)")]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        input: Given<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, &input, |answer| self.value(py, &answer, default))
    }

    /// Whether the query is `true` for an input. Undefined, and every other value, is not.
    ///
    /// >>> import solon
    /// >>> query = solon.Policy("package app\nallow := input.user").query("data.app.allow")
    /// >>> query.allows({"user": True}), query.allows({"user": "root"}), query.allows({})
    /// (True, False, False)
    #[pyo3(signature = (input=Given::NOTHING))]
    #[pyo3(text_signature = "($self, input=...)")]
    fn allows(&self, py: Python<'_>, input: Given<'_>) -> PyResult<bool> {
        self.ask(py, &input, |answer| Ok(answer.is_true()))
    }

    /// OPA's result set: a `dict` for each way in which the query holds, with `expressions` and `bindings`.
    ///
    /// >>> import solon
    /// >>> query = solon.Policy().query("some x in input; x > 1")
    /// >>> [result["bindings"]["x"] for result in query.results([1, 2, 3])]
    /// [2, 3]
    #[pyo3(signature = (input=Given::NOTHING))]
    #[pyo3(text_signature = "($self, input=...)")]
    fn results<'py>(&self, py: Python<'py>, input: Given<'py>) -> PyResult<Bound<'py, PyList>> {
        self.ask(py, &input, |answer| self.options.shapes.results(py, &answer))
    }

    /// The values of the query for many inputs, in their order, computed by several threads without the interpreter's
    /// lock: `threads` of them, or as many as there are processors, of which the calling thread is one. With `threads=1` it
    /// computes all; it also does where nothing is said and other threads would be of no use, since there is little to
    /// compute.
    ///
    /// `inputs` is any iterable; `default` is given where the query is undefined.
    ///
    /// With `errors="raise"` the first input with an error raises it. With `errors="return"` the `SolonError`s stand
    /// in the list in place of values.
    ///
    /// >>> import solon
    /// >>> query = solon.Policy("package app\ndouble := input.n * 2").query("data.app.double")
    /// >>> query.evaluate_many({"n": n} for n in range(4))
    /// [0, 2, 4, 6]
    #[pyo3(signature = (inputs, *, threads=None, default=None, errors="raise"))]
    #[pyo3(text_signature = "($self, inputs, *, threads=None, default=None, errors='raise')")]
    fn evaluate_many<'py>(
        &self,
        py: Python<'py>,
        inputs: &Bound<'py, PyAny>,
        threads: Option<usize>,
        default: Option<Bound<'py, PyAny>>,
        errors: &str,
    ) -> PyResult<Bound<'py, PyList>> {
        let raises = raises(errors)?;
        let reading = batch::Reading { shapes: self.options.shapes, default, raises };
        batch::evaluate(py, &self.pool, inputs, threads, &reading)
    }

    /// How the value for an input comes about: an `Explanation`, with the rules that had answers, what their annotations
    /// say, the instructions and the time. The first one of a policy compiles it a second time; `evaluate` costs what it
    /// did. An error raises `SolonError`.
    ///
    /// >>> import solon
    /// >>> query = solon.Policy("""
    /// ... package app
    /// ... # METADATA
    /// ... # title: Things have owners
    /// ... deny contains "no owner" if not input.owner
    /// ... deny contains "no name" if not input.name
    /// ... """).query("data.app.deny")
    /// >>> explanation = query.explain({"name": "tea"})
    /// >>> explanation.value, [(rule.path, rule.row, rule.title) for rule in explanation.rules]
    /// (['no owner'], [('data.app.deny', 5, 'Things have owners')])
    /// >>> explanation.instructions > 0, explanation.seconds > 0
    /// (True, True)
    #[pyo3(signature = (input=Given::NOTHING, default=None))]
    #[pyo3(text_signature = "($self, input=..., default=None)")]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        input: Given<'py>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let explainer = py.detach(|| self.pool.take_explainer());
        let mut explainer = explainer.map_err(|error| of_engine(py, &error))?;
        let _entered = enter();
        let result = with_input(&input, |input| {
            let Explanation { answer, rules, instructions, time, .. } = explainer.eval(input);
            answer.map(|answer| {
                let value = self.value(py, &answer, default)?;
                let rules: Vec<_> = rules.iter().map(|rule| fired_rule(py, rule)).collect::<PyResult<_>>()?;
                let seconds = time.unwrap_or_default().as_secs_f64();
                let explanation = py.import("solon._explanations")?.getattr("Explanation")?;
                explanation.call1((value, rules, instructions, seconds))
            })
        });
        self.pool.give_explainer(explainer);
        Failed::or(result).map_err(|failed| failed.raise(py))?
    }

    /// The same query of a policy that `with_data` or `patch_data` made of this one's. Nothing is compiled.
    ///
    /// >>> import solon
    /// >>> policy = solon.Policy("package app\nlimit := data.limit", data={"limit": 1})
    /// >>> query = policy.query("data.app.limit")
    /// >>> query.with_policy(policy.with_data({"limit": 2})).evaluate()
    /// 2
    fn with_policy(&self, policy: &Bound<'_, Policy>) -> PyResult<Query> {
        let py = policy.py();
        let Some(query) = self.pool.query().with_policy(policy.get().native()) else {
            return Err(PyValueError::new_err("the policy has other modules: prepare the query anew"));
        };
        let clone = |object: &Option<Py<PyAny>>| object.as_ref().map(|object| object.clone_ref(py));
        Ok(Query::new(policy, query, self.options.clone(), clone(&self.limits), clone(&self.print)))
    }

    /// Its text.
    #[getter]
    fn text(&self) -> &str {
        self.pool.query().text()
    }

    /// The policy that it was prepared from.
    #[getter]
    fn policy(&self, py: Python<'_>) -> Py<Policy> {
        self.policy.clone_ref(py)
    }

    fn __repr__(&self) -> String {
        format!("<solon.Query '{}'>", self.text())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let restore = py.import("solon._restore")?.getattr("query")?;
        let options = self.options.keywords(py, self.limits.as_ref(), self.print.as_ref())?;
        options.set_item("package", &self.options.package)?;
        options.set_item("imports", &self.options.imports)?;
        let state = (self.policy.clone_ref(py), self.text(), options);
        Ok((restore, state.into_pyobject(py)?.into_any()))
    }
}
