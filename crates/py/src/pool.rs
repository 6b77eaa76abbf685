//! Evaluators that wait for the next evaluation: one is taken for each, whichever thread asks.

use crate::host::now;
use solon::{Evaluator, Limits, Query};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What makes evaluators, and those that wait.
pub struct Pool {
    pub query: Query,
    pub host: Arc<dyn solon::Host>,
    pub limits: Limits,
    pub timeout: Option<Duration>,
    pub is_strict: bool,
    idle: Mutex<Vec<Evaluator>>,
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
        Pool { query, host, limits, timeout, is_strict, idle: Mutex::default() }
    }

    /// An evaluator, whose time begins now if it has a limit.
    pub fn take(&self) -> Evaluator {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let evaluator = idle.unwrap_or_else(|| {
            let evaluator = self.query.evaluator().host(self.host.clone()).limits(self.limits);
            evaluator.strict_builtin_errors(self.is_strict)
        });
        self.restart(evaluator)
    }

    /// The evaluator with its time beginning now, if that has a limit.
    pub fn restart(&self, evaluator: Evaluator) -> Evaluator {
        let Some(timeout) = self.timeout else { return evaluator };
        let nanoseconds = i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX);
        let deadline = now().unwrap_or(0).saturating_add(nanoseconds);
        evaluator.limits(Limits { deadline: Some(deadline), ..self.limits })
    }

    /// Gives an evaluator back.
    pub fn give(&self, evaluator: Evaluator) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(evaluator);
    }
}
