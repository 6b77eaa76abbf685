//! What an older `not` leaves outside of the negation before bodies are put in order, so that it can bind.

use super::Lowerer;
use crate::hir::{Body, Head, Literal, LiteralKind, Term};
use solon_syntax::Span;

impl Lowerer<'_, '_> {
    /// Moves what has a literal of its own from a negated literal to `before`. `names_output` is whether the output of a
    /// call is an argument of it, rather than the other side of an equality.
    pub(super) fn separate(&mut self, literal: &mut Literal, names_output: bool, before: &mut Body) {
        if !names_output {
            self.separate_output(literal, before);
        }
        self.separate_heads(&mut literal.kind, literal.span, before);
    }

    /// `f(x) = y` is two literals: a call, which binds, and an equality.
    fn separate_output(&mut self, literal: &mut Literal, before: &mut Body) {
        let LiteralKind::Call { call, output } = &mut literal.kind else { return };
        let Some(output) = output.take() else { return };
        let (span, result) = (call.span, Term::Var(self.fresh(literal.span)));
        let call = LiteralKind::Call { call: call.clone(), output: Some(result.clone()) };
        before.push(Literal { span, kind: call });
        literal.kind = LiteralKind::Unify(output, result);
    }

    /// Collections that are looked into where they are written get a literal of their own.
    fn separate_heads(&mut self, kind: &mut LiteralKind, span: Span, before: &mut Body) {
        match kind {
            LiteralKind::Truthy(term) => self.separate_head(term, span, before),
            LiteralKind::Unify(left, right) => {
                self.separate_head(left, span, before);
                self.separate_head(right, span, before);
            }
            LiteralKind::Call { call, output } => {
                call.args.iter_mut().chain(output).for_each(|term| self.separate_head(term, span, before));
            }
            _ => {}
        }
    }

    fn separate_head(&mut self, term: &mut Term, span: Span, before: &mut Body) {
        match term {
            Term::Ref(reference) => {
                reference.operands.iter_mut().for_each(|operand| self.separate_head(operand, span, before));
                if let Head::Term(head @ (Term::Array(_) | Term::Set(_) | Term::Object(_))) = &mut reference.head {
                    let var = Term::Var(self.fresh(span));
                    let value = std::mem::replace(head, var.clone());
                    before.push(Literal { span, kind: LiteralKind::Unify(var, value) });
                }
            }
            Term::Array(items) | Term::Set(items) => {
                items.iter_mut().for_each(|item| self.separate_head(item, span, before));
            }
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.separate_head(key, span, before);
                    self.separate_head(value, span, before);
                }
            }
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
        }
    }
}
