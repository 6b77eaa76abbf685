//! Comprehensions in comprehensions that OPA checks once more.
//!
//! When OPA has checked a comprehension it goes on to those inside of it, and checks them as if the modifiers between were
//! not there: what a `with` lets be anything inside of a comprehension is of its own type in a comprehension in that.

use super::checker::Checker;
use crate::hir::{Body, Head, LiteralKind, Term};

impl<'h> Checker<'h> {
    /// Checks the comprehensions below a `with` in the body of another one, without what the modifiers change.
    pub(super) fn check_again(&mut self, body: &'h Body, before: usize) {
        if !std::mem::replace(&mut self.is_again, true) {
            self.again_in_body(body, false, before);
            self.is_again = false;
        }
    }

    fn again_in_body(&mut self, body: &'h Body, in_with: bool, before: usize) {
        for literal in body {
            match &literal.kind {
                LiteralKind::Truthy(term) => self.again_in_term(term, in_with, before),
                LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                    self.again_in_term(left, in_with, before);
                    self.again_in_term(right, in_with, before);
                }
                LiteralKind::Call { call, output } => {
                    call.args.iter().chain(output).for_each(|term| self.again_in_term(term, in_with, before));
                }
                LiteralKind::Not { body, .. } => self.again_in_body(body, in_with, before),
                LiteralKind::With { body, .. } => self.again_in_body(body, true, before),
                LiteralKind::Every { domain, body, .. } => {
                    self.again_in_term(domain, in_with, before);
                    self.again_in_body(body, in_with, before);
                }
                LiteralKind::And(left, right) | LiteralKind::Or(left, right) => {
                    self.again_in_body(left, in_with, before);
                    self.again_in_body(right, in_with, before);
                }
            }
        }
    }

    fn again_in_term(&mut self, term: &'h Term, in_with: bool, before: usize) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                if let Head::Term(head) = &reference.head {
                    self.again_in_term(head, in_with, before);
                }
                reference.operands.iter().for_each(|operand| self.again_in_term(operand, in_with, before));
            }
            Term::Array(items) | Term::Set(items) => {
                items.iter().for_each(|item| self.again_in_term(item, in_with, before));
            }
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.again_in_term(key, in_with, before);
                self.again_in_term(value, in_with, before);
            }),
            Term::Comprehension(comprehension) => {
                let (start, slots) = (self.found.len(), self.slot_count());
                if in_with {
                    self.comprehension(comprehension, before);
                    self.truncate_slots(slots);
                }
                // Those in one that is checked so were checked with it.
                if self.found.len() == start {
                    self.again_in_body(&comprehension.body, false, before);
                }
            }
        }
    }
}
