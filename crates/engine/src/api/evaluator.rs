//! Evaluating queries.

use super::answer::Answer;
use super::{Error, Input, Query, QuerySet};
use crate::host::{Host, NoHost};
use crate::value::Bump;
use crate::value::LateReader;
use crate::value::json::{self, Projection};
use crate::vm::{self, Documents, EvalError, Limits, Machine, Outside, Reusable, Setting};
use solon_syntax::Span;
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
    pub(super) outside: Outside,
}

impl Session {
    pub(super) fn new() -> Self {
        Session {
            arena: Bump::new(),
            parser: json::Parser::new(),
            reusable: Reusable::default(),
            outside: Outside { host: Arc::new(NoHost), limits: Limits::default(), is_strict: false },
        }
    }

    pub(super) fn allocated_bytes(&self) -> usize {
        self.arena.allocated_bytes()
    }

    /// Makes a machine for the evaluation of queries of one policy, of which one is `first`; `run` asks it.
    #[inline]
    pub(super) fn eval<'s, T>(
        &'s mut self,
        first: &'s Query,
        projection: impl FnOnce() -> &'s Projection,
        input: Input<'s>,
        run: impl FnOnce(&mut Machine<'s, '_>) -> T,
    ) -> Result<T, Error> {
        if self.arena.allocated_bytes() > KEPT {
            self.arena = Bump::new();
        }
        self.arena.reset();
        let Session { arena, parser, reusable, outside } = self;
        let arena: &'s Bump = arena;
        let policy = &first.policy;
        let shared = &policy.shared;
        let symbols = &shared.code.symbols;
        let projection = if input.is_wanted() { projection() } else { Projection::ALL };
        let input = input.value(arena, symbols, parser, projection, (&outside.limits, &*outside.host))?;
        let setting = Setting {
            outside,
            settled: &policy.settled,
            capabilities: &shared.names.capabilities,
            place: &|span| place(first, span),
        };
        let late = &mut LateReader::new(arena, symbols, parser, projection);
        Ok(vm::evaluate(
            (&shared.code, arena),
            &setting,
            Documents { input, late, data: policy.data.place() },
            reusable,
            run,
        ))
    }
}

/// File and row of a place in a query or its policy.
#[cold]
fn place(query: &Query, span: Span) -> String {
    let source = query.policy.shared.sources.get(span.file as usize).unwrap_or(&query.prepared.source);
    format!("{}:{}", source.name(), source.position(span.start).row)
}

/// The answer to a query.
#[inline]
pub(super) fn ask<'s>(machine: &mut Machine<'s, '_>, query: &'s Query) -> Result<Answer<'s>, Error> {
    match machine.query(&query.prepared.code) {
        Ok(rows) => Ok(Answer::new(rows, &query.prepared)),
        Err(error) => Err(of_evaluation(*error, query)),
    }
}

#[cold]
fn of_evaluation(error: EvalError, query: &Query) -> Error {
    let sources: Vec<_> = query.policy.shared.sources.iter().chain([&query.prepared.source]).cloned().collect();
    Error::of_evaluation(error, &sources)
}

macro_rules! settings {
    () => {
        /// What builtins may ask from outside; by default nothing.
        pub fn host(mut self, host: Arc<dyn Host>) -> Self {
            self.session.outside.host = host;
            self
        }

        /// What an evaluation may use.
        pub fn limits(mut self, limits: Limits) -> Self {
            self.session.outside.limits = limits;
            self
        }

        /// Whether an error of a builtin ends the evaluation, rather than making its expression undefined.
        pub fn strict_builtin_errors(mut self, is_strict: bool) -> Self {
            self.session.outside.is_strict = is_strict;
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
        let query = &self.query;
        self.session.eval(query, || query.projection(), input, |machine| ask(machine, query))?
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
        let queries = &self.queries;
        let Some((first, others)) = queries.queries().split_first() else { return Ok(Vec::new()) };
        self.session.eval(
            first,
            || queries.projection(),
            input,
            |machine| {
                machine.remember();
                let mut answers = Vec::with_capacity(others.len() + 1);
                answers.push(ask(machine, first));
                for query in others {
                    machine.begin();
                    answers.push(ask(machine, query));
                }
                answers
            },
        )
    }
}
