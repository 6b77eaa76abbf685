//! The evaluators of a query with what Python said of them: one is taken for each evaluation, whichever thread asks.

use crate::host::now;
use solon::{Evaluator, EvaluatorPool, Limits, Query};
use std::sync::Arc;
use std::time::Duration;

/// Evaluators, and what those that are made get.
pub struct Pool {
    pub host: Arc<dyn solon::Host>,
    pub limits: Limits,
    pub timeout: Option<Duration>,
    pub is_strict: bool,
    evaluators: EvaluatorPool,
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
        Pool { host, limits, timeout, is_strict, evaluators: EvaluatorPool::new(query) }
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
