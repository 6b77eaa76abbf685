//! Literals.

use super::body::{Builder, Opening, Planner};
use super::reference::text_of;
use super::{At, Comparison, Expr, Found, Function, Modifier, Step, Test};
use crate::builtins::Purity;
use crate::hir::{self, Call, Callee, Literal, LiteralKind, Replacement, Target, Term};
use crate::value::Kind;
use solon_syntax::Span;
use std::sync::Arc;

impl Planner<'_> {
    /// Adds a literal, whose variables are bound or can be by it.
    pub(super) fn literal(&mut self, literal: &Literal, builder: &mut Builder) {
        match &literal.kind {
            LiteralKind::Truthy(term) => {
                let value = self.expr(term, builder);
                builder.push(Step::Test(Test::Truthy(value)));
            }
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                self.unify(left, right, literal.span, builder)
            }
            LiteralKind::Call { call, output } => self.call_literal(call, output.as_ref(), builder),
            LiteralKind::Not { body, .. } => {
                let block = self.existence(body);
                builder.push(Step::Not(block));
            }
            LiteralKind::And(left, right, _) => {
                let (left, right) = (self.existence(left), self.existence(right));
                builder.push(Step::Exists(left));
                builder.push(Step::Exists(right));
            }
            LiteralKind::Or(left, right, _) => {
                let (left, right) = (self.existence(left), self.existence(right));
                builder.push(Step::Either(left, right));
            }
            LiteralKind::Every { key, value, domain, body } => {
                let collection = self.expr(domain, builder);
                let (key_slot, value_slot) = (key.map(|_| self.new_slot()), self.new_slot());
                let body = self.scoped(|planner| {
                    if let (Some(key), Some(slot)) = (key, key_slot) {
                        planner.set_slot(*key, slot);
                    }
                    planner.set_slot(*value, value_slot);
                    planner.existence(body)
                });
                builder.push(Step::Every { collection, key: key_slot, value: value_slot, body });
            }
            LiteralKind::With { modifiers, body } => {
                let modifiers = modifiers.iter().filter_map(|modifier| self.modifier(modifier, builder)).collect();
                builder.open(Opening::With(modifiers));
                self.body(body, builder);
                builder.open(Opening::Outside);
            }
        }
    }

    fn call_literal(&mut self, call: &Call, output: Option<&Term>, builder: &mut Builder) {
        if let Callee::Builtin(builtin) = call.callee {
            if builtin.purity == Purity::Relation {
                return self.relation(call, output, builder);
            }
            if output.is_none()
                && let Some(test) = test_of(builtin.name)
                && let Ok(terms) = <&[Term; 2]>::try_from(call.args.as_slice())
            {
                let [left, right] = self.two_exprs(terms, builder);
                return builder.push(Step::Test(test(left, right)));
            }
            if output.is_none()
                && let Some(kind) = kind_of(builtin.name)
                && let [term] = call.args.as_slice()
            {
                let value = self.expr(term, builder);
                return builder.push(Step::Test(Test::Kind(value, kind, builtin)));
            }
        }
        let Some(function) = self.function(&call.callee, call.span) else { return };
        let args = self.exprs(&call.args, builder);
        let value = Expr::Call { function, args: args.into(), at: At(call.span) };
        match output {
            Some(pattern) => self.match_pattern(pattern, value, call.span, builder),
            None => builder.push(Step::Test(Test::Truthy(value))),
        }
    }

    /// A builtin that enumerates: its result is an array, each item of which is one answer.
    fn relation(&mut self, call: &Call, output: Option<&Term>, builder: &mut Builder) {
        let Some(function) = self.function(&call.callee, call.span) else { return };
        let args = self.exprs(&call.args, builder);
        let collection = Expr::Call { function, args: args.into(), at: At(call.span) };
        let value = self.new_slot();
        builder.open(Opening::Loop { collection, key: None, value: Some(value) });
        if let Some(pattern) = output {
            self.match_pattern(pattern, Expr::Slot(value), call.span, builder);
        }
    }

    pub(super) fn function(&mut self, callee: &Callee, span: Span) -> Option<Function> {
        match callee {
            Callee::Builtin(builtin) => {
                self.has_effects |= builtin.purity == Purity::Effect;
                Some(Function::Builtin(builtin))
            }
            Callee::Rule(path) => match self.tree.find(path) {
                Found::Document(document, steps) if steps == path.len() => Some(Function::Document(document)),
                _ => {
                    self.internal_error(span, "a function's path leads to no document");
                    None
                }
            },
        }
    }

    fn modifier(&mut self, modifier: &hir::Modifier, builder: &mut Builder) -> Option<Modifier> {
        let span = modifier.span;
        match (&modifier.target, &modifier.value) {
            (Target::Input(path), Replacement::Term(term)) => {
                let value = self.expr(term, builder);
                Some(Modifier::Input(path.clone(), self.fixed(value, builder)))
            }
            (target @ (Target::Data(_) | Target::Builtin(_)), Replacement::Term(term))
                if let Some(to) = self.document_of(term)
                    && let Some(from) = self.function_of(target) =>
            {
                Some(Modifier::Redirect(from, to))
            }
            (Target::Data(path), Replacement::Term(term)) => {
                let value = self.expr(term, builder);
                let value = self.fixed(value, builder);
                match self.function_at(path) {
                    Some(function) => Some(Modifier::Function(function, value)),
                    None => Some(Modifier::Data(path.clone(), value)),
                }
            }
            (Target::Builtin(builtin), Replacement::Term(term)) => {
                let value = self.expr(term, builder);
                Some(Modifier::Function(Function::Builtin(builtin), self.fixed(value, builder)))
            }
            (target, Replacement::Function(callee)) => {
                let from = self.function_of(target)?;
                Some(Modifier::Redirect(from, self.function(callee, span)?))
            }
        }
    }

    /// The function that a modifier replaces, if it is one.
    fn function_of(&self, target: &Target) -> Option<Function> {
        match target {
            Target::Builtin(builtin) => Some(Function::Builtin(builtin)),
            Target::Data(path) => self.function_at(path),
            Target::Input(_) => None,
        }
    }

    /// The document that a term is all of. Where it stands in for a function, it is looked at in each call.
    fn document_of(&self, term: &Term) -> Option<Function> {
        let Term::Ref(reference) = term else { return None };
        let path: Option<Vec<Arc<str>>> = reference.operands.iter().map(|operand| text_of(operand).cloned()).collect();
        let path = path.filter(|_| matches!(reference.head, hir::Head::Data))?;
        match self.tree.find(&path) {
            Found::Document(document, steps) if steps == path.len() => Some(Function::Document(document)),
            _ => None,
        }
    }

    /// The value computed before anything is replaced.
    fn fixed(&mut self, value: Expr, builder: &mut Builder) -> Expr {
        match value {
            Expr::Const(_) | Expr::Slot(_) => value,
            value => Expr::Slot(self.in_slot(value, builder)),
        }
    }

    fn function_at(&self, path: &[Arc<str>]) -> Option<Function> {
        if !self.functions.contains_key(path) {
            return None;
        }
        match self.tree.find(path) {
            Found::Document(document, steps) if steps == path.len() => Some(Function::Document(document)),
            _ => None,
        }
    }
}

/// The type that a builtin tests for.
fn kind_of(builtin: &str) -> Option<Kind> {
    Some(match builtin {
        "is_null" => Kind::Null,
        "is_boolean" => Kind::Boolean,
        "is_number" => Kind::Number,
        "is_string" => Kind::String,
        "is_array" => Kind::Array,
        "is_object" => Kind::Object,
        "is_set" => Kind::Set,
        _ => return None,
    })
}

/// The test that stands for a call of a builtin whose result is not used.
fn test_of(builtin: &str) -> Option<fn(Expr, Expr) -> Test> {
    Some(match builtin {
        "equal" => |left, right| Test::Compare(Comparison::Equal, left, right),
        "neq" => |left, right| Test::Compare(Comparison::NotEqual, left, right),
        "lt" => |left, right| Test::Compare(Comparison::Less, left, right),
        "lte" => |left, right| Test::Compare(Comparison::LessOrEqual, left, right),
        "gt" => |left, right| Test::Compare(Comparison::Greater, left, right),
        "gte" => |left, right| Test::Compare(Comparison::GreaterOrEqual, left, right),
        "internal.member_2" => Test::Member,
        _ => return None,
    })
}
