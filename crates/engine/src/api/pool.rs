//! Evaluators that wait for the next review.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use solon_engine::{Evaluator, Query};

/// An evaluator that holds more than this was asked about something unusual, and is not kept.
const KEPT_BYTES: usize = 1 << 20;

/// The evaluators of a query, as many as were ever asked at once: a warm one has its memory and the patterns that it
/// compiled before.
pub(crate) struct Evaluators {
    query: Query,
    idle: Mutex<Vec<Evaluator>>,
}

impl Evaluators {
    pub fn new(query: Query) -> Self {
        Evaluators { query, idle: Mutex::default() }
    }

    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Lends an evaluator; `new` makes one if all are lent. One that is not given back, because its user panicked, is
    /// gone.
    pub fn with<T>(&self, new: impl FnOnce(&Query) -> Evaluator, work: impl FnOnce(&mut Evaluator) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle().pop();
        let mut evaluator = found.unwrap_or_else(|| new(&self.query));
        let result = work(&mut evaluator);
        if evaluator.allocated_bytes() <= KEPT_BYTES {
            idle().push(evaluator);
        }
        result
    }
}

/// A clone may get other settings, so that it has evaluators of its own.
impl Clone for Evaluators {
    fn clone(&self) -> Self {
        Evaluators::new(self.query.clone())
    }
}

impl fmt::Debug for Evaluators {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.query.fmt(out)
    }
}
