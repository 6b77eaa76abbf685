//! The evaluators and explainers of a query with what Python said of them: one is taken for each evaluation, whichever thread asks.

use crate::host::{PythonHost, now};
use crate::options::QueryOptions;
use pyo3::prelude::*;
use solon::{Error, Evaluator, EvaluatorPool, Explainer, Limits, Query};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What Python says of evaluations.
pub struct Terms {
    pub host: Arc<dyn solon::Host>,
    limits: Limits,
    timeout: Option<Duration>,
    pub is_strict: bool,
}

impl Terms {
    /// Those of a query's options; `print` takes what policies print.
    pub fn new(options: &QueryOptions, print: Option<Py<PyAny>>) -> Self {
        let host = Arc::new(PythonHost::new(print, &options.allow_hosts, options.timeout));
        Terms { host, limits: options.limits, timeout: options.timeout, is_strict: options.is_strict }
    }

    /// An evaluator, whose time begins anew if it has a limit.
    pub fn renew(&self, evaluator: Evaluator) -> Evaluator {
        if self.timeout.is_some() { evaluator.limits(self.limits_from_now()) } else { evaluator }
    }

    /// The limits of something whose time begins now, if that has a limit.
    pub fn limits_from_now(&self) -> Limits {
        let Some(timeout) = self.timeout else { return self.limits };
        let nanoseconds = i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX);
        let deadline = now().unwrap_or(0).saturating_add(nanoseconds);
        Limits { deadline: Some(deadline), ..self.limits }
    }
}

/// Evaluators, and what those that are made get.
pub struct Pool {
    pub terms: Terms,
    evaluators: EvaluatorPool,
    explainers: Mutex<Vec<Explainer>>,
}

impl Pool {
    /// A pool without evaluators yet.
    pub fn new(query: Query, terms: Terms) -> Self {
        Pool { terms, evaluators: EvaluatorPool::new(query), explainers: Mutex::default() }
    }

    /// The query.
    pub fn query(&self) -> &Query {
        self.evaluators.query()
    }

    /// An evaluator, whose time begins now if it has a limit.
    pub fn take(&self) -> Evaluator {
        let Terms { host, is_strict, .. } = &self.terms;
        let evaluator = self.evaluators.take().host(host.clone()).limits(self.terms.limits_from_now());
        evaluator.strict_builtin_errors(*is_strict)
    }

    /// The same of explainers. The first one of a policy compiles it a second time.
    pub fn take_explainer(&self) -> Result<Explainer, Error> {
        let kept = self.explainers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let explainer = match kept {
            Some(explainer) => explainer,
            None => {
                let start = Instant::now();
                self.query().explainer()?.clock(move || start.elapsed())
            }
        };
        let Terms { host, is_strict, .. } = &self.terms;
        let explainer = explainer.host(host.clone()).limits(self.terms.limits_from_now());
        Ok(explainer.strict_builtin_errors(*is_strict))
    }

    /// Gives an explainer back.
    pub fn give_explainer(&self, explainer: Explainer) {
        self.explainers.lock().unwrap_or_else(PoisonError::into_inner).push(explainer);
    }

    /// Gives an evaluator back.
    pub fn give(&self, evaluator: Evaluator) {
        self.evaluators.give(evaluator);
    }
}
