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
/// let allows = |input: &str| {
///     pool.with(|query| query.evaluator(), |evaluator| Ok::<_, solon_engine::Error>(evaluator.eval(Input::json(input))?.is_true()))
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

    /// An evaluator that waits, or one from `new` if there is none. `new` says its host and limits, and has to say the
    /// same each time.
    pub fn take(&self, new: impl FnOnce(&Query) -> Evaluator) -> Evaluator {
        // The lock is not held while `new` runs.
        let idle = self.idle().pop();
        idle.unwrap_or_else(|| new(&self.query))
    }

    /// Gives an evaluator back.
    pub fn give(&self, evaluator: Evaluator) {
        if evaluator.allocated_bytes() <= KEPT {
            self.idle().push(evaluator);
        }
    }

    /// Lends an evaluator. One that is not given back, because `work` panicked, is gone.
    pub fn with<T>(&self, new: impl FnOnce(&Query) -> Evaluator, work: impl FnOnce(&mut Evaluator) -> T) -> T {
        let mut evaluator = self.take(new);
        let result = work(&mut evaluator);
        self.give(evaluator);
        result
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Evaluator>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clone may be asked for evaluators with other settings, so that it has none yet.
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
