//! Evaluating queries.

use super::answer::Answer;
use super::{Error, Input, Query, QuerySet};
use crate::host::{Host, NoHost};
use crate::value::Bump;
use crate::value::LateReader;
use crate::value::json::{self, Projection};
use crate::value::serde::Meter;
use crate::vm::{self, Documents, Limits, Observed, Reusable, Setting};
use std::sync::Arc;

/// An arena that grew beyond this many bytes is given back after the evaluation.
const KEPT: usize = 64 << 20;

/// Evaluates one query again and again: one for each thread. It keeps its memory, so that an evaluation need not
/// allocate once it is warm.
pub struct Evaluator {
    query: Query,
    /// In a box, since evaluators go from hand to hand.
    session: Box<Session>,
}

/// Evaluates several queries of one policy on each input: one for each thread. The input is read once, and what the
/// queries have in common is computed once.
///
/// ```
/// use solon_engine::{Compiler, Input};
///
/// let policy = Compiler::new().module("a.rego", "package a\nx := input.n + 1\ny := x * 2").compile()?;
/// let mut evaluator = policy.prepare_set(&["data.a.x", "data.a.y"])?.evaluator();
/// let answers = evaluator.eval(Input::json(r#"{"n": 20}"#))?;
/// let values: Vec<i64> = answers.into_iter().map(|answer| answer?.deserialize()).collect::<Result<_, _>>()?;
/// assert_eq!(values, [21, 42]);
/// # Ok::<(), solon_engine::Error>(())
/// ```
pub struct SetEvaluator {
    queries: QuerySet,
    session: Box<Session>,
}

/// What evaluators of both kinds keep.
pub(super) struct Session {
    arena: Bump,
    parser: json::Parser,
    pub(super) reusable: Reusable,
    pub(super) host: Arc<dyn Host>,
    pub(super) limits: Limits,
    pub(super) is_strict: bool,
}

impl Session {
    pub(super) fn new() -> Self {
        Session {
            arena: Bump::new(),
            parser: json::Parser::new(),
            reusable: Reusable::default(),
            host: Arc::new(NoHost),
            limits: Limits::default(),
            is_strict: false,
        }
    }

    pub(super) fn allocated_bytes(&self) -> usize {
        self.arena.allocated_bytes()
    }

    /// Evaluates queries of one policy; `take` gets the answer of each, and what was observed. Gives what it made of
    /// the last one.
    pub(super) fn eval<'s, T>(
        &'s mut self,
        queries: &'s [Query],
        projection: impl FnOnce() -> &'s Projection,
        input: Input<'s>,
        mut take: impl FnMut(Result<Answer<'s>, Error>, Observed<'_>) -> T,
    ) -> Result<Option<T>, Error> {
        if self.arena.allocated_bytes() > KEPT {
            self.arena = Bump::new();
        }
        self.arena.reset();
        let Session { arena, parser, reusable, host, limits, is_strict } = self;
        let arena: &'s Bump = arena;
        let Some(Query { policy, prepared: first }) = queries.first() else { return Ok(None) };
        let shared = &policy.shared;
        let look = || limits.watch(host.as_ref());
        let meter = Meter::new(limits.memory, &look);
        let (symbols, projection) =
            (&shared.code.symbols, if input.is_wanted() { projection() } else { Projection::ALL });
        let input = input.value(arena, symbols, parser, projection, &meter)?;
        let late = &mut LateReader::new(arena, symbols, parser, projection);
        let place = |span: solon_syntax::Span| {
            let source = shared.sources.get(span.file as usize).unwrap_or(&first.source);
            format!("{}:{}", source.name(), source.position(span.start).row)
        };
        let setting = Setting {
            code: &shared.code,
            arena,
            host: host.as_ref(),
            limits,
            settled: &policy.settled,
            allowed_hosts: shared.names.capabilities.allowed_hosts(),
            customs: shared.names.capabilities.customs(),
            is_strict: *is_strict,
            place: &place,
        };
        let documents = Documents { input, late, data: policy.data.value() };
        let mut prepared = queries.iter();
        let codes = queries.iter().map(|query| &query.prepared.code);
        Ok(vm::evaluate(&setting, codes, documents, reusable, |result, observed| {
            let query = prepared.next().map_or(first, |query| &query.prepared);
            let answer = match result {
                Ok(rows) => Ok(Answer::new(rows, query)),
                Err(error) => {
                    let sources: Vec<_> = shared.sources.iter().chain([&query.source]).cloned().collect();
                    Err(Error::of_evaluation(*error, &sources))
                }
            };
            take(answer, observed)
        }))
    }
}

macro_rules! settings {
    () => {
        /// What builtins may ask from outside; by default nothing.
        pub fn host(mut self, host: Arc<dyn Host>) -> Self {
            self.session.host = host;
            self
        }

        /// What an evaluation may use.
        pub fn limits(mut self, limits: Limits) -> Self {
            self.session.limits = limits;
            self
        }

        /// Whether an error of a builtin ends the evaluation, rather than making its expression undefined.
        pub fn strict_builtin_errors(mut self, is_strict: bool) -> Self {
            self.session.is_strict = is_strict;
            self
        }

        /// Bytes that the evaluator holds for its evaluations.
        pub fn allocated_bytes(&self) -> usize {
            self.session.allocated_bytes()
        }
    };
}
pub(super) use settings;

impl Evaluator {
    pub(super) fn new(query: Query) -> Self {
        Evaluator { query, session: Box::new(Session::new()) }
    }

    settings!();

    /// Evaluates the query on an input.
    ///
    /// # Errors
    ///
    /// A conflict between rules, a limit, a builtin's error in strict mode, or an input that is no JSON. An error is
    /// never an answer: treat it as a denial.
    pub fn eval<'s>(&'s mut self, input: Input<'s>) -> Result<Answer<'s>, Error> {
        let queries = std::slice::from_ref(&self.query);
        let answer = self.session.eval(queries, || self.query.projection(), input, |answer, _| answer)?;
        answer.unwrap_or_else(|| Err(Error::new("eval_internal_error", "no query")))
    }
}

impl SetEvaluator {
    pub(super) fn new(queries: QuerySet) -> Self {
        SetEvaluator { queries, session: Box::new(Session::new()) }
    }

    settings!();

    /// Evaluates every query on an input: their answers in order, each of which may be an error of its own.
    ///
    /// # Errors
    ///
    /// An input that is no JSON.
    pub fn eval<'s>(&'s mut self, input: Input<'s>) -> Result<Vec<Result<Answer<'s>, Error>>, Error> {
        let mut answers = Vec::with_capacity(self.queries.queries().len());
        let queries = &self.queries;
        self.session.eval(queries.queries(), || queries.projection(), input, |answer, _| answers.push(answer))?;
        Ok(answers)
    }
}
