//! Variables that can only hold some constants: a ref of theirs selects no rules but those that one of them does.
//!
//! `some root in ["a", "b"]; data[root].p` does not depend on every rule below `data`. As in OPA, only literals ahead of
//! the ref count, and of those that bind a variable the first.

use super::selection::Step;
use crate::hir::{Head, Literal, LiteralKind, Part, Ref, Term, Var};
use crate::types::Key;
use std::collections::HashMap;

/// A ref is taken for at most so many.
const MOST: usize = 64;

/// Variables with the constants that they can hold.
#[derive(Default)]
pub(super) struct Known<'p> {
    values: HashMap<Var, Vec<&'p Term>>,
    /// How many nested bodies there are around what is looked at. Collections that stand in a ref there have literals
    /// there, of which nothing is learned.
    depth: usize,
}

impl<'p> Known<'p> {
    /// Whether steps may become other ones: those that are scalars, or variables of which nothing is known, do not.
    pub(super) fn may_narrow(&self, operands: &[Term]) -> bool {
        !self.values.is_empty() || !operands.iter().all(|operand| matches!(operand, Term::Const(_) | Term::Var(_)))
    }

    /// Begins and ends nested bodies.
    pub(super) fn enter(&mut self, part: Part<'_>) {
        match part {
            Part::Begin => self.depth += 1,
            Part::End => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// Learns from a literal.
    pub(super) fn read(&mut self, literal: &'p Literal) {
        let (LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right)) = &literal.kind else { return };
        for (var, term) in [(left, right), (right, left)] {
            if let Term::Var(var) = var
                && let Some(values) = self.values_of(term)
            {
                self.values.entry(*var).or_insert(values);
                return;
            }
        }
    }

    /// The constants that a term can be; `None` if that is not known.
    fn values_of(&self, term: &'p Term) -> Option<Vec<&'p Term>> {
        match term {
            Term::Var(var) => self.values.get(var).cloned(),
            Term::Ref(reference) => self.values_of_ref(reference),
            term => term.key().map(|_| vec![term]),
        }
    }

    fn values_of_ref(&self, reference: &'p Ref) -> Option<Vec<&'p Term>> {
        let Head::Term(head) = &reference.head else { return None };
        if self.depth > 0 && !matches!(head, Term::Var(_)) {
            return None;
        }
        let mut values = self.values_of(head)?;
        for operand in &reference.operands {
            let mut next = Vec::new();
            for value in values {
                match operand.key() {
                    Some(key) => next.extend(member(value, &key)),
                    None => next.extend(members(value)?),
                }
            }
            if next.len() > MOST {
                return None;
            }
            values = next;
        }
        Some(values)
    }
}

/// What is at a key of a constant.
fn member<'p>(value: &'p Term, key: &Key) -> Option<&'p Term> {
    match value {
        Term::Array(items) => items.get(key.index()?),
        Term::Set(items) => items.iter().find(|item| item.key().as_ref() == Some(key)),
        Term::Object(entries) => {
            entries.iter().rev().find(|(other, _)| other.key().as_ref() == Some(key)).map(|(_, value)| value)
        }
        _ => None,
    }
}

/// Everything in a constant; `None` if it is no collection.
fn members(value: &Term) -> Option<Vec<&Term>> {
    match value {
        Term::Array(items) | Term::Set(items) => Some(items.iter().collect()),
        Term::Object(entries) => Some(entries.iter().map(|(_, value)| value).collect()),
        _ => None,
    }
}

/// The refs that one can be, as far as what its steps hold is known.
pub(super) fn expansions<'p>(steps: &[Step<'p>], operands: &'p [Term], known: &Known<'p>) -> Vec<Vec<Step<'p>>> {
    let mut refs = vec![steps.to_vec()];
    for (at, operand) in operands.iter().enumerate() {
        let Some(values) = known.values_of(operand).filter(|values| !values.is_empty()) else { continue };
        if refs.len() * values.len() > MOST {
            continue;
        }
        let with = |value: &&'p Term, steps: &Vec<Step<'p>>| {
            let mut steps = steps.clone();
            if let Some(step) = steps.get_mut(at) {
                *step = if matches!(value, Term::Const(_)) { Step::of(value) } else { Step::Collection };
            }
            steps
        };
        refs =
            refs.iter().flat_map(|steps| values.iter().map(|value| with(value, steps)).collect::<Vec<_>>()).collect();
    }
    refs
}
