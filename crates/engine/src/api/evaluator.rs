//! Evaluating queries.

use super::answer::Answer;
use super::{Error, Input, Query};
use crate::host::{Host, NoHost};
use crate::value::{Bump, Value, json};
use crate::vm::{self, Limits, Reusable, Setting};
use std::sync::Arc;

/// An arena that grew beyond this many bytes is given back after the evaluation.
const KEPT: usize = 64 << 20;

/// Evaluates one query again and again: one for each thread. It keeps its memory, so that an evaluation need not
/// allocate once it is warm.
pub struct Evaluator {
    query: Query,
    arena: Bump,
    parser: json::Parser,
    reusable: Reusable,
    host: Arc<dyn Host>,
    limits: Limits,
    is_strict: bool,
}

impl Evaluator {
    pub(super) fn new(query: Query) -> Self {
        Evaluator {
            query,
            arena: Bump::new(),
            parser: json::Parser::new(),
            reusable: Reusable::default(),
            host: Arc::new(NoHost),
            limits: Limits::default(),
            is_strict: false,
        }
    }

    /// What builtins may ask from outside; by default nothing.
    pub fn host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = host;
        self
    }

    /// What an evaluation may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether an error of a builtin ends the evaluation, rather than making its expression undefined.
    pub fn strict_builtin_errors(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    /// Evaluates the query on an input.
    ///
    /// # Errors
    ///
    /// A conflict between rules, a limit, a builtin's error in strict mode, or an input that is no JSON. An error is
    /// never an answer: treat it as a denial.
    pub fn eval<'s>(&'s mut self, input: Input<'s>) -> Result<Answer<'s>, Error> {
        if self.arena.allocated_bytes() > KEPT {
            self.arena = Bump::new();
        }
        self.arena.reset();
        let Evaluator { query, arena, parser, reusable, host, limits, is_strict } = self;
        let query: &'s Query = query;
        let arena: &'s Bump = arena;
        let prepared = &query.0;
        let shared = &prepared.policy.shared;
        let input = input.value(arena, &shared.code.symbols, parser)?;
        let place = |span: solon_syntax::Span| {
            let source = shared.sources.get(span.file as usize).unwrap_or(&prepared.source);
            format!("{}:{}", source.name(), source.position(span.start).row)
        };
        let setting = Setting {
            code: &shared.code,
            arena,
            host: host.as_ref(),
            limits: *limits,
            is_strict: *is_strict,
            place: &place,
        };
        let data = prepared.policy.data.value();
        match vm::evaluate(&setting, &prepared.code, input, data, reusable) {
            Ok(Value::Array(rows)) => Ok(Answer::new(rows, prepared)),
            Ok(_) => Ok(Answer::new(&[], prepared)),
            Err(error) => {
                let mut sources = shared.sources.clone();
                sources.push(prepared.source.clone());
                Err(Error::of_evaluation(error, &sources))
            }
        }
    }

    /// Bytes that the evaluator holds for its evaluations.
    pub fn allocated_bytes(&self) -> usize {
        self.arena.allocated_bytes()
    }
}
