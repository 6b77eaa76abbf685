//! How a decision came about: which rules had answers, and what the evaluation took.
//!
//! An [`Explainer`] evaluates a second compilation of the policy (`explained.rs`), in which rules say when they have an
//! answer. What other evaluators run knows nothing of it.

mod explained;

pub(super) use explained::Explained;

use super::evaluator::{Session, ask, settings};
use super::{Annotation, Answer, Error, Input, Location, Query};
use crate::host::Host;
use crate::vm::{Limits, Machine};
use serde::{Serialize, Serializer};
use std::sync::Arc;
use std::time::Duration;

/// Evaluates a query and says how its answers come about: one for each thread; made by [`Query::explainer`].
pub struct Explainer {
    query: Query,
    rules: Arc<[FiredRule]>,
    session: Box<Session>,
    clock: Option<Box<Clock>>,
}

/// Says how late it is.
type Clock = dyn Fn() -> Duration + Send + Sync;

/// An answer, with how it came about.
#[derive(Clone)]
#[non_exhaustive]
pub struct Explanation<'e> {
    /// What an [`Evaluator`](super::Evaluator) gives, errors included: what led to one is explained, too.
    pub answer: Result<Answer<'e>, Error>,
    /// The rules that had answers, in order of files and places. What the evaluation had no need for is not there: of
    /// several rules that allow, those after the first one are not carried out.
    pub rules: Vec<&'e FiredRule>,
    /// The steps that it took, as [`Limits::instructions`] counts them.
    pub instructions: u64,
    /// How long it took, reading the input included, by the [clock](Explainer::clock) or the host's; `None` if there is
    /// neither.
    pub time: Option<Duration>,
}

/// A rule, or an `else` branch of one, that had an answer: its body held, and its value was defined.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FiredRule {
    /// The constant part of its path: `data.pods.deny`.
    pub path: String,
    /// Where it is.
    pub location: Option<Location>,
    /// Whether it is a default, taken because no other rule had an answer.
    pub is_default: bool,
    /// Whether it is an `else` branch.
    pub is_else: bool,
    /// See [`FiredRule::annotations`].
    #[serde(serialize_with = "in_order")]
    annotations: Vec<Arc<Annotation>>,
}

impl FiredRule {
    /// What annotations say of it, in the order of `rego.metadata.chain()`: its own, then those of its document, its
    /// package and the packages above.
    pub fn annotations(&self) -> impl ExactSizeIterator<Item = &Annotation> {
        self.annotations.iter().map(|annotation| &**annotation)
    }
}

fn in_order<S: Serializer>(annotations: &[Arc<Annotation>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(annotations.iter().map(|annotation| &**annotation))
}

impl Query {
    /// What evaluates the query and says how its answers come about.
    ///
    /// The first one of a policy, whatever its query and its data, compiles the policy's modules a second time. The
    /// answers are the same.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input};
    /// use std::time::Instant;
    ///
    /// let metadata = "# METADATA\n# title: Pods have owners\n# custom: {severity: high}";
    /// let owner = r#"deny contains "no owner" if not input.metadata.labels.owner"#;
    /// let name = r#"deny contains "no name" if not input.metadata.name"#;
    /// let policy = Compiler::new().module("pods.rego", format!("package pods\n\n{metadata}\n{owner}\n{name}")).compile()?;
    /// let start = Instant::now();
    /// let mut explainer = policy.prepare("data.pods.deny")?.explainer()?.clock(move || start.elapsed());
    ///
    /// let explanation = explainer.eval(Input::json(r#"{"metadata": {"name": "web"}}"#));
    /// assert_eq!(explanation.answer?.deserialize::<Vec<String>>()?, ["no owner"]);
    /// let [rule] = explanation.rules.as_slice() else { unreachable!() };
    /// assert_eq!((rule.path.as_str(), rule.location.as_ref().map(|location| location.row)), ("data.pods.deny", Some(6)));
    /// let annotation = rule.annotations().next().unwrap();
    /// assert_eq!((annotation.title(), &annotation.fields["custom"]["severity"]), (Some("Pods have owners"), &"high".into()));
    /// assert!(explanation.instructions > 0 && explanation.time.is_some());
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the sources: only where the policy was loaded from bytes that no compiler wrote, or where a
    /// rule is so large that there is no room left in it.
    pub fn explainer(&self) -> Result<Explainer, Error> {
        let explained = self.policy.explained()?;
        let query = explained.query(self)?;
        let mut session = Box::new(Session::new());
        session.reusable.fired = vec![false; explained.rules().len()];
        Ok(Explainer { query, rules: explained.rules().clone(), session, clock: None })
    }
}

impl Explainer {
    settings!();

    /// What times evaluations, rather than the host's clock.
    pub fn clock(mut self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Evaluates the query on an input. [`Input::built`] is for the queries of other evaluators.
    pub fn eval<'e>(&'e mut self, input: Input<'e>) -> Explanation<'e> {
        let Explainer { query, rules, session, clock } = self;
        let (query, rules): (&'e Query, &'e [FiredRule]) = (query, rules);
        session.reusable.fired.fill(false);
        let host = session.outside.host.clone();
        let clock = clock.as_deref();
        let now = || match clock {
            Some(clock) => Some(clock()),
            None => host.now().and_then(|now| u64::try_from(now).ok()).map(Duration::from_nanos),
        };
        let start = now();
        let run = |machine: &mut Machine<'e, '_>| {
            let answer = ask(machine, query);
            let observed = machine.observed();
            let fired = rules.iter().zip(observed.fired).filter(|(_, fired)| **fired).map(|(rule, _)| rule);
            Explanation { answer, rules: fired.collect(), instructions: observed.instructions, time: None }
        };
        let explanation = session.eval(query, || query.projection(), input, run);
        let nothing = |error| Explanation { answer: Err(error), rules: Vec::new(), instructions: 0, time: None };
        let explanation = explanation.unwrap_or_else(nothing);
        let time = start.zip(now()).map(|(start, end)| end.saturating_sub(start));
        Explanation { time, ..explanation }
    }
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Explainer").field("query", &self.query).finish_non_exhaustive()
    }
}
