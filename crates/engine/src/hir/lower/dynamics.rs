//! What an older `not` leaves outside of the negation.
//!
//! OPA gives lookups inside of calls, keys and collections a variable and a literal of their own before the negated
//! one. So `not startswith(input.x, "a")` is undefined where `input.x` is; `not input.x == 1` is not, because the
//! operands of an equality are looked up in place.

use super::Lowerer;
use crate::hir::{Body, Callee, Head, Literal, LiteralKind, Term};
use solon_syntax::Span;

impl Lowerer<'_, '_> {
    /// Moves what OPA evaluates before a negated literal from `literal` to `before`. `names_output` is whether the
    /// output of a call is an argument of it, rather than the other side of an equality.
    pub(super) fn extract_dynamics(&mut self, literal: &mut Literal, names_output: bool, before: &mut Body) {
        let span = literal.span;
        match &mut literal.kind {
            LiteralKind::Truthy(term) => self.extract_inside(term, span, before),
            LiteralKind::Unify(left, right) => {
                self.extract_inside(left, span, before);
                self.extract_inside(right, span, before);
            }
            LiteralKind::Call { call, output } => {
                let is_equality = matches!(call.callee, Callee::Builtin(builtin) if builtin.name == "equal");
                for arg in &mut call.args {
                    if is_equality {
                        self.extract_inside(arg, span, before);
                    } else {
                        self.extract(arg, span, before);
                    }
                }
                if let Some(mut output) = output.take_if(|_| !names_output) {
                    self.extract_inside(&mut output, span, before);
                    let result = Term::Var(self.fresh(span));
                    let call = LiteralKind::Call { call: call.clone(), output: Some(result.clone()) };
                    before.push(Literal { span, kind: call });
                    literal.kind = LiteralKind::Unify(output, result);
                }
            }
            _ => {}
        }
    }

    /// The lookups inside a term, not itself.
    fn extract_inside(&mut self, term: &mut Term, span: Span, before: &mut Body) {
        match term {
            Term::Ref(reference) => {
                if let Head::Term(head) = &mut reference.head {
                    self.extract_inside(head, span, before);
                }
                reference.operands.iter_mut().for_each(|operand| self.extract(operand, span, before));
            }
            Term::Array(items) | Term::Set(items) => {
                items.iter_mut().for_each(|item| self.extract(item, span, before));
            }
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.extract(key, span, before);
                    self.extract(value, span, before);
                }
            }
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
        }
    }

    /// A term and the lookups inside it.
    fn extract(&mut self, term: &mut Term, span: Span, before: &mut Body) {
        self.extract_inside(term, span, before);
        if matches!(term, Term::Ref(_)) {
            let var = Term::Var(self.fresh(span));
            let value = std::mem::replace(term, var.clone());
            before.push(Literal { span, kind: LiteralKind::Unify(var, value) });
        }
    }
}
