//! Errors of rules that disagree: which values, and of which rules.
//!
//! An evaluation ends with the first conflict that it comes to, and knows little of where values come from. So once there
//! is one, the document is computed again with a witness, who is told of every answer. OPA does the same.

use super::build::{nested, object};
use super::error::{Differing, EvalError, Result, codes};
use super::run::Place;
use super::{Machine, PER_STEP};
use crate::code::{Function, Op, Read, Unit};
use crate::stack::{VALUES, with_room};
use crate::value::json::rego_excerpt;
use crate::value::{Bump, Value};
use solon_syntax::Span;
use std::collections::BTreeMap;

/// So many values are listed, in so many characters each.
const LISTED: usize = 10;
const CHARACTERS: usize = 80;

/// What a witness looks for.
pub(super) enum Witness<'a> {
    /// The answers of each rule, by the instruction that gives them: they stand in the order of the rules.
    Answers(BTreeMap<usize, Answers<'a>>),
    /// The rule of the entry that is put at a place of the scratch stack.
    Entry(usize, Option<Span>),
}

/// What a rule answers.
pub(super) struct Answers<'a> {
    span: Span,
    first: Value<'a>,
    /// The first one that differs from it.
    other: Option<Value<'a>>,
}

impl<'a> Machine<'a, '_> {
    /// A rule has an answer.
    pub(super) fn saw_answer(&mut self, place: Place<'_>, value: Value<'a>) {
        let Some(Witness::Answers(rules)) = self.witness.as_deref_mut() else { return };
        let answers =
            rules.entry(place.number()).or_insert_with(|| Answers { span: place.span(), first: value, other: None });
        if answers.other.is_none() && answers.first != value {
            answers.other = Some(value);
        }
    }

    /// A rule, or a comprehension in it, adds an entry. What stands at a place in the end was put there last.
    pub(super) fn saw_entry(&mut self, place: Place<'_>) {
        if let Some(Witness::Entry(at, span)) = self.witness.as_deref_mut()
            && self.scratch.len() == *at
        {
            *span = Some(place.span());
        }
    }

    /// The error of a document or call that has several values.
    #[cold]
    #[inline(never)]
    pub(super) fn conflict_of_values(
        &mut self,
        unit: &'a Unit,
        function: &'a Function,
        place: Place<'_>,
        registers: &[Value<'a>],
        below: usize,
    ) -> Box<EvalError> {
        let inputs = if function.arguments > 0 { " for the same inputs" } else { "" };
        let message = format!("{} produced conflicting values{inputs}", function.name);
        let error = EvalError::new(codes::CONFLICT, message, place.span());
        let found = self.with_witness(Witness::Answers(BTreeMap::new()), unit, function, registers, below);
        let Some(Witness::Answers(rules)) = found else { return Box::new(error) };
        let differing = differing(&rules);
        // Rules that begin alike are computed together, so that another one may have been the first to differ.
        let span = differing.values.get(1).map_or(error.span, |(span, _)| *span);
        Box::new(EvalError { span, differing, ..error })
    }

    /// The error of an object, begun at `mark`, a key of which has several values.
    #[cold]
    #[inline(never)]
    pub(super) fn conflict_of_keys(
        &mut self,
        unit: &'a Unit,
        function: &'a Function,
        place: Place<'_>,
        mark: Read,
        registers: &[Value<'a>],
        below: usize,
    ) -> Box<EvalError> {
        // The object of a document itself begins in the first register.
        let span = if mark.0 == function.arguments {
            self.rule_of_entry(unit, function, mark, registers, below)
        } else {
            None
        };
        Box::new(EvalError::new(codes::CONFLICT, "object keys must be unique", span.unwrap_or_else(|| place.span())))
    }

    /// The rule of the first entry that the ones before it do not agree with.
    fn rule_of_entry(
        &mut self,
        unit: &'a Unit,
        function: &'a Function,
        mark: Read,
        registers: &[Value<'a>],
        below: usize,
    ) -> Option<Span> {
        let mark = registers.get(usize::from(mark.0)).and_then(Value::as_i64)? as usize;
        let is_nested = function.ops.iter().any(|op| matches!(op, Op::EndNested { .. }));
        let count = self.scratch.len().checked_sub(mark)?;
        self.ticks(count.saturating_mul(count.max(2).ilog2() as usize) / PER_STEP).ok()?;
        let items = self.scratch.get(mark..)?;
        let size = if is_nested { 3 } else { 2 };
        let is_object = |count: usize| {
            let (arena, items) = (Bump::new(), items.get(..count * size).unwrap_or_default());
            if is_nested { nested(&arena, items).is_some() } else { object(&arena, items).is_some() }
        };
        let (mut agreed, mut conflict) = (0, items.len() / size);
        while agreed + 1 < conflict {
            let middle = agreed.midpoint(conflict);
            *(if is_object(middle) { &mut agreed } else { &mut conflict }) = middle;
        }
        let wanted = Witness::Entry(self.scratch.len() + agreed * size, None);
        match self.with_witness(wanted, unit, function, registers, below) {
            Some(Witness::Entry(_, span)) => span,
            _ => None,
        }
    }

    /// Runs a function again, on the same arguments and in the same world, with a witness. What goes wrong meanwhile did
    /// not end the evaluation: it only ends the list.
    fn with_witness(
        &mut self,
        witness: Witness<'a>,
        unit: &'a Unit,
        function: &'a Function,
        registers: &[Value<'a>],
        below: usize,
    ) -> Option<Witness<'a>> {
        // A conflict that a witness comes to is not the one that is told.
        if self.witness.is_some() {
            return None;
        }
        let needed = registers.len() + below;
        self.making(needed).ok()?;
        let stack = self.arena.alloc_slice_fill_copy(needed, Value::Null);
        let arguments = registers.get(..usize::from(function.arguments))?;
        stack.iter_mut().zip(arguments).for_each(|(register, argument)| *register = *argument);
        self.witness = Some(Box::new(witness));
        let _: Result<_> = with_room(VALUES, || self.run_as::<true>(unit, function, stack));
        self.witness.take().map(|witness| *witness)
    }
}

/// The values that are in conflict: the first one, and of each rule the first one that differs from it.
fn differing(rules: &BTreeMap<usize, Answers<'_>>) -> Differing {
    let Some(first) = rules.values().next() else { return Differing::default() };
    let others = rules.values().filter_map(|rule| {
        let value = if rule.first == first.first { rule.other } else { Some(rule.first) };
        value.map(|value| (rule.span, value))
    });
    let all: Vec<_> = std::iter::once((first.span, first.first)).chain(others).take(LISTED + 1).collect();
    // Answers that are random may agree the second time.
    if all.len() < 2 {
        return Differing::default();
    }
    let text = |(span, value): &(Span, Value<'_>)| (*span, rego_excerpt(*value, CHARACTERS));
    Differing { values: all.iter().take(LISTED).map(text).collect(), has_more: all.len() > LISTED }
}
