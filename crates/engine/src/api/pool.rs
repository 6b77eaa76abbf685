//! Evaluators that wait for the next evaluation, for programs whose threads are not theirs to keep things in.

use super::{Evaluator, Query};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An evaluator that holds more than this was asked about something unusual, and is not kept.
const KEPT: usize = 1 << 20;

/// The evaluators of a query, as many as were ever asked at once: `Send` and `Sync`. One that was used before is warm: it
/// has its memory, and the patterns that it compiled.
///
/// ```
/// use solon_engine::{Compiler, EvaluatorPool, Input};
///
/// let policy = Compiler::new().module("a.rego", "package a\nallow if input.user == \"ann\"").compile()?;
/// let pool = EvaluatorPool::new(policy.prepare("data.a.allow")?);
/// let allows = |input: &str| -> Result<bool, solon_engine::Error> {
///     let mut evaluator = pool.take();
///     let is_allowed = evaluator.eval(Input::json(input))?.is_true();
///     pool.give(evaluator);
///     Ok(is_allowed)
/// };
/// assert!(allows(r#"{"user": "ann"}"#)? && !allows(r#"{"user": "bob"}"#)?);
/// # Ok::<(), solon_engine::Error>(())
/// ```
pub struct EvaluatorPool {
    query: Query,
    idle: Mutex<Vec<Evaluator>>,
}

impl EvaluatorPool {
    /// A pool without evaluators yet.
    pub fn new(query: Query) -> Self {
        EvaluatorPool { query, idle: Mutex::default() }
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// An evaluator that waits, or a new one. It has the host, the limits and the strictness of whoever had it before, or
    /// none: say them again.
    pub fn take(&self) -> Evaluator {
        let idle = self.idle().pop();
        idle.unwrap_or_else(|| self.query.evaluator())
    }

    /// Gives an evaluator back. One that is not given back is gone.
    pub fn give(&self, evaluator: Evaluator) {
        if evaluator.allocated_bytes() <= KEPT {
            self.idle().push(evaluator);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Evaluator>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clone has no evaluators yet.
impl Clone for EvaluatorPool {
    fn clone(&self) -> Self {
        EvaluatorPool::new(self.query.clone())
    }
}

impl fmt::Debug for EvaluatorPool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EvaluatorPool").field("query", &self.query).finish_non_exhaustive()
    }
}
