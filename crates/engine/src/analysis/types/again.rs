//! Comprehensions in comprehensions that OPA checks once more.
//!
//! When OPA has checked a comprehension it goes on to those inside of it, and checks them as if they stood outside of it:
//! without what its body says of variables, and as if the modifiers between were not there. So what a `with` lets be
//! anything inside of a comprehension is of its own type in a comprehension in that.

use super::checker::Checker;
use crate::hir::{Body, Comprehension, Head, LiteralKind, Term, Var, free_vars_of_term};
use hashbrown::HashSet;

/// Variables of which the body of a comprehension says something.
pub(super) type Inferred = HashSet<usize>;

impl<'h> Checker<'h> {
    /// Checks the comprehensions in another one once more: those below a `with`, and those that name what its body says
    /// something of, which is forgotten.
    pub(super) fn check_again(&mut self, outer: &'h Comprehension, inferred: &Inferred, before: usize) {
        if !std::mem::replace(&mut self.is_again, true) {
            self.again_inside(outer, inferred, before);
            self.is_again = false;
        }
    }

    fn again_inside(&mut self, outer: &'h Comprehension, inferred: &Inferred, before: usize) {
        self.again_in_body(&outer.body, inferred, false, before);
        for term in outer.key.iter().chain([&outer.value]) {
            self.again_in_term(term, inferred, false, before);
        }
    }

    fn again_in_body(&mut self, body: &'h Body, inferred: &Inferred, in_with: bool, before: usize) {
        for literal in body {
            match &literal.kind {
                LiteralKind::Truthy(term) => self.again_in_term(term, inferred, in_with, before),
                LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                    self.again_in_term(left, inferred, in_with, before);
                    self.again_in_term(right, inferred, in_with, before);
                }
                LiteralKind::Call { call, output } => {
                    call.args.iter().chain(output).for_each(|term| self.again_in_term(term, inferred, in_with, before));
                }
                LiteralKind::Not { body, .. } => self.again_in_body(body, inferred, in_with, before),
                LiteralKind::With { body, .. } => self.again_in_body(body, inferred, true, before),
                LiteralKind::Every { domain, body, .. } => {
                    self.again_in_term(domain, inferred, in_with, before);
                    self.again_in_body(body, inferred, in_with, before);
                }
                LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                    self.again_in_body(left, inferred, in_with, before);
                    self.again_in_body(right, inferred, in_with, before);
                }
            }
        }
    }

    fn again_in_term(&mut self, term: &'h Term, inferred: &Inferred, in_with: bool, before: usize) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                if let Head::Term(head) = &reference.head {
                    self.again_in_term(head, inferred, in_with, before);
                }
                reference.operands.iter().for_each(|operand| self.again_in_term(operand, inferred, in_with, before));
            }
            Term::Array(items) | Term::Set(items) => {
                items.iter().for_each(|item| self.again_in_term(item, inferred, in_with, before));
            }
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.again_in_term(key, inferred, in_with, before);
                self.again_in_term(value, inferred, in_with, before);
            }),
            Term::Comprehension(comprehension) => {
                let (start, slots) = (self.found.len(), self.slot_count());
                if in_with || names(term, inferred) {
                    self.comprehension(comprehension, before);
                    self.truncate_slots(slots);
                }
                // Those in one that is checked so were checked with it.
                if self.found.len() == start {
                    self.again_inside(comprehension, inferred, before);
                }
            }
        }
    }
}

/// Whether a term names one of some variables.
fn names(term: &Term, inferred: &Inferred) -> bool {
    let mut names = false;
    free_vars_of_term(term, false, &mut |var: Var, _: bool| names |= inferred.contains(&(var.0 as usize)));
    names
}
