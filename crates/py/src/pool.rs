//! The evaluators and explainers of a query with what Python said of them: one is taken for each evaluation, whichever thread asks.

use crate::host::now;
use solon::{Error, Evaluator, EvaluatorPool, Explainer, Limits, Query};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Evaluators, and what those that are made get.
pub struct Pool {
    pub host: Arc<dyn solon::Host>,
    pub limits: Limits,
    pub timeout: Option<Duration>,
    pub is_strict: bool,
    evaluators: EvaluatorPool,
    explainers: Mutex<Vec<Explainer>>,
}

impl Pool {
    /// A pool without evaluators yet.
    pub fn new(
        query: Query,
        host: Arc<dyn solon::Host>,
        limits: Limits,
        timeout: Option<Duration>,
        is_strict: bool,
    ) -> Self {
        Pool { host, limits, timeout, is_strict, evaluators: EvaluatorPool::new(query), explainers: Mutex::default() }
    }

    /// The query.
    pub fn query(&self) -> &Query {
        self.evaluators.query()
    }

    /// An evaluator, whose time begins now if it has a limit.
    pub fn take(&self) -> Evaluator {
        let evaluator = self.evaluators.take().host(self.host.clone()).limits(self.limits_from_now());
        evaluator.strict_builtin_errors(self.is_strict)
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
        let explainer = explainer.host(self.host.clone()).limits(self.limits_from_now());
        Ok(explainer.strict_builtin_errors(self.is_strict))
    }

    /// Gives an explainer back.
    pub fn give_explainer(&self, explainer: Explainer) {
        self.explainers.lock().unwrap_or_else(PoisonError::into_inner).push(explainer);
    }

    /// The limits of something whose time begins now, if that has a limit.
    pub fn limits_from_now(&self) -> Limits {
        let Some(timeout) = self.timeout else { return self.limits };
        let nanoseconds = i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX);
        let deadline = now().unwrap_or(0).saturating_add(nanoseconds);
        Limits { deadline: Some(deadline), ..self.limits }
    }

    /// Gives an evaluator back.
    pub fn give(&self, evaluator: Evaluator) {
        self.evaluators.give(evaluator);
    }
}
