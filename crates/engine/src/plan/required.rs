//! What a rule asks of input and base documents comes before what may go wrong.
//!
//! OPA's rule index keeps rules from running that need a path of `input` or of base documents which is not there, or
//! has another value. So errors of the rest of such a rule do not count. The order of a body is free otherwise; here
//! such tests are moved before the first literal that may end in an error.

use super::tree::{Found, Tree};
use crate::hir::{Body, Callee, Const, Head, Literal, LiteralKind, Ref, Term};
use smallvec::SmallVec;
use std::sync::Arc;

/// A body in the order in which it is to be planned.
pub(super) struct Ordered<'b> {
    /// What has to be defined before all else.
    pub required: Vec<&'b Term>,
    /// The literals; `None` if their order is that of the body.
    pub literals: Option<Vec<&'b Literal>>,
}

/// Some literals of a body.
type Literals<'b> = SmallVec<[&'b Literal; 8]>;

/// Orders a body. `head` are the terms of the rule's head, which are computed after it.
pub(super) fn required_first<'b>(body: &'b Body, head: &[&'b Term], tree: &Tree) -> Ordered<'b> {
    let as_is = || Ordered { required: Vec::new(), literals: None };
    let reader = Reader { tree };
    let Some(first) = body.iter().position(|literal| reader.may_fail(literal)) else { return as_is() };
    // OPA does not index what prints.
    if body.iter().any(prints) {
        return as_is();
    }
    let (before, after) = body.split_at(first);
    let (tests, rest): (Literals<'_>, Literals<'_>) = after.iter().partition(|literal| reader.is_test(literal));
    let mut required = Vec::new();
    // What is needed by the very thing that may fail is looked up before it fails.
    let own = rest.iter().take_while(|literal| reader.looks_up_first(literal)).count().min(1);
    for literal in rest.iter().skip(own) {
        reader.needs(literal, &mut required);
    }
    head.iter().for_each(|term| reader.term(term, &mut required));
    let is_as_written = tests.is_empty();
    let literals = (!is_as_written).then(|| before.iter().chain(tests).chain(rest).collect());
    Ordered { required, literals }
}

struct Reader<'t> {
    tree: &'t Tree,
}

impl Reader<'_> {
    /// Whether a reference is to a constant path of `input` or of base documents.
    fn is_constant(&self, reference: &Ref) -> bool {
        self.is_base(reference) && reference.operands.iter().all(|operand| matches!(operand, Term::Const(_)))
    }

    /// Whether a reference is to `input` or to base documents.
    fn is_base(&self, reference: &Ref) -> bool {
        let names = || {
            let names = reference.operands.iter().map_while(|operand| match operand {
                Term::Const(Const::String(name)) => Some(name.clone()),
                _ => None,
            });
            names.collect::<Vec<Arc<str>>>()
        };
        match reference.head {
            Head::Input => true,
            Head::Data => matches!(self.tree.find(&names()), Found::Base),
            Head::Term(_) => false,
        }
    }

    /// Whether all that a literal needs of base documents is looked up before anything in it may fail.
    fn looks_up_first(&self, literal: &Literal) -> bool {
        match &literal.kind {
            LiteralKind::Call { call, .. } => !call.args.iter().any(|term| self.term_may_fail(term)),
            LiteralKind::Every { domain, .. } => !self.term_may_fail(domain),
            _ => false,
        }
    }

    fn may_fail(&self, literal: &Literal) -> bool {
        match &literal.kind {
            LiteralKind::Truthy(term) => self.term_may_fail(term),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                self.term_may_fail(left) || self.term_may_fail(right)
            }
            LiteralKind::Call { call, .. } => {
                !is_comparison(&call.callee) || call.args.iter().any(|term| self.term_may_fail(term))
            }
            _ => true,
        }
    }

    fn term_may_fail(&self, term: &Term) -> bool {
        match term {
            Term::Const(_) | Term::Var(_) => false,
            Term::Ref(reference) => {
                let is_harmless = match &reference.head {
                    Head::Term(head) => !self.term_may_fail(head),
                    _ => self.is_base(reference),
                };
                !is_harmless || reference.operands.iter().any(|operand| self.term_may_fail(operand))
            }
            Term::Array(items) | Term::Set(items) => items.iter().any(|item| self.term_may_fail(item)),
            Term::Object(entries) => {
                entries.iter().any(|(key, value)| self.term_may_fail(key) || self.term_may_fail(value))
            }
            Term::Comprehension(_) => true,
        }
    }

    /// Whether a literal only compares base documents with constants.
    fn is_test(&self, literal: &Literal) -> bool {
        let is_path = |term: &Term| matches!(term, Term::Ref(reference) if self.is_constant(reference));
        let is_value = |term: &Term| match term {
            Term::Const(_) => true,
            Term::Array(items) => items.iter().all(|item| matches!(item, Term::Const(_))),
            _ => false,
        };
        let are_test =
            |left: &Term, right: &Term| (is_path(left) && is_value(right)) || (is_path(right) && is_value(left));
        match &literal.kind {
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => are_test(left, right),
            LiteralKind::Call { call, output: None } => {
                is_equal(&call.callee) && matches!(call.args.as_slice(), [left, right] if are_test(left, right))
            }
            _ => false,
        }
    }

    /// Adds the base documents that a literal cannot do without.
    fn needs<'b>(&self, literal: &'b Literal, found: &mut Vec<&'b Term>) {
        match &literal.kind {
            LiteralKind::Truthy(term) => self.term(term, found),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => self.equality(left, right, found),
            LiteralKind::Call { call, output: None } if is_equal(&call.callee) => {
                if let [left, right] = call.args.as_slice() {
                    self.equality(left, right, found);
                }
            }
            LiteralKind::Call { call, output } => {
                call.args.iter().chain(output).for_each(|term| self.term(term, found));
            }
            LiteralKind::Every { domain, .. } => self.term(domain, found),
            LiteralKind::Not { .. } | LiteralKind::And(..) | LiteralKind::Or(..) | LiteralKind::With { .. } => {}
        }
    }

    /// OPA's index takes a lookup into account if it is equal to a variable, a scalar or an array.
    fn equality<'b>(&self, left: &'b Term, right: &'b Term, found: &mut Vec<&'b Term>) {
        for (term, other) in [(left, right), (right, left)] {
            match (term, other) {
                (_, Term::Var(_) | Term::Const(_) | Term::Array(_)) => self.term(term, found),
                (Term::Ref(reference), _) => self.inside(reference, found),
                _ => self.term(term, found),
            }
        }
    }

    /// What a lookup looks into, where that is written in place, and its keys.
    fn inside<'b>(&self, reference: &'b Ref, found: &mut Vec<&'b Term>) {
        if let Head::Term(head) = &reference.head {
            self.term(head, found);
        }
        reference.operands.iter().for_each(|operand| self.term(operand, found));
    }

    fn term<'b>(&self, term: &'b Term, found: &mut Vec<&'b Term>) {
        match term {
            Term::Ref(reference) if self.is_constant(reference) => {
                // `input` itself is nearly always there.
                if !reference.operands.is_empty() {
                    found.push(term);
                }
            }
            Term::Ref(reference) => self.inside(reference, found),
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| self.term(item, found)),
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.term(key, found);
                    self.term(value, found);
                }
            }
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
        }
    }
}

fn is_equal(callee: &Callee) -> bool {
    matches!(callee, Callee::Builtin(builtin) if builtin.name == "equal")
}

fn is_comparison(callee: &Callee) -> bool {
    const COMPARISONS: [&str; 8] = ["equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2", "internal.member_3"];
    matches!(callee, Callee::Builtin(builtin) if COMPARISONS.contains(&builtin.name))
}

/// Whether something is printed, here or in a body inside.
fn prints(literal: &Literal) -> bool {
    match &literal.kind {
        LiteralKind::Call { call, .. } => {
            matches!(call.callee, Callee::Builtin(builtin) if builtin.name == "internal.print")
        }
        LiteralKind::Not { body, .. } | LiteralKind::Every { body, .. } | LiteralKind::With { body, .. } => {
            body.iter().any(prints)
        }
        LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => left.iter().chain(right).any(prints),
        LiteralKind::Truthy(_) | LiteralKind::Unify(..) | LiteralKind::Assign(..) => false,
    }
}
