//! Decides: takes what is asked, gives a verdict. Knows nothing of HTTP but its words.

use serde::{Deserialize, Serialize};
use solon::{Error, EvaluatorPool, Host, Input, Limits, Query};
use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// What policies see as `input`.
#[derive(Clone, Debug, Serialize)]
pub struct Question<'r> {
    /// `GET` and the like.
    pub method: &'r str,
    /// The path's segments, decoded: what the router's handlers see, so that both speak of the same things.
    pub path: Vec<Cow<'r, str>>,
    /// The bearer token, unread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<&'r str>,
}

/// Who asks, as far as a good token says so. Handlers find it among the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub Option<String>);

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Allowed(Caller),
    /// It goes no further.
    Refused {
        /// Who asks; nobody if there is no good token.
        caller: Caller,
        /// What the policy says to it.
        reasons: Vec<String>,
    },
}

/// What the policy has to say. An answer of another form is an error.
#[derive(Deserialize)]
struct Decision {
    allow: bool,
    caller: Option<String>,
    reasons: Vec<String>,
}

/// Steps of one decision: far more than a request takes.
const INSTRUCTIONS: u64 = 1_000_000;

/// Asks a policy. All requests share one.
pub struct Authorizer {
    pool: RwLock<Arc<EvaluatorPool>>,
    host: Arc<dyn Host>,
    limits: Limits,
}

impl Authorizer {
    /// One that asks a query whose value is an object of `allow`, `caller` and `reasons`.
    pub fn new(query: Query) -> Self {
        Authorizer {
            pool: RwLock::new(Arc::new(EvaluatorPool::new(query))),
            host: Arc::new(Clock),
            limits: Limits { instructions: INSTRUCTIONS, memory: 16 << 20, ..Limits::default() },
        }
    }

    /// Puts another query in place, in one step. Requests that are being decided end with the one they began with.
    pub fn replace(&self, query: Query) {
        *self.pool.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(EvaluatorPool::new(query));
    }

    /// Decides. What the policy leaves undefined is refused.
    ///
    /// # Errors
    ///
    /// The evaluation failed, or the answer has another form. The caller must not let the request go on.
    pub fn decide(&self, question: &Question<'_>) -> Result<Verdict, Error> {
        let pool = Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner));
        let mut evaluator = pool.take().host(Arc::clone(&self.host)).limits(self.limits);
        let decision = evaluator.eval(Input::serialize(question)).and_then(|answer| answer.deserialize());
        pool.give(evaluator);
        Ok(match decision? {
            Some(Decision { allow: true, caller, .. }) => Verdict::Allowed(Caller(caller)),
            Some(Decision { caller, reasons, .. }) => Verdict::Refused { caller: Caller(caller), reasons },
            None => Verdict::Refused { caller: Caller(None), reasons: vec!["the policy does not say".to_owned()] },
        })
    }
}

/// Policies may know the time, to see that a token has run out, and nothing else: no decision waits for anything.
struct Clock;

impl Host for Clock {
    fn now(&self) -> Option<i64> {
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
    }
}
