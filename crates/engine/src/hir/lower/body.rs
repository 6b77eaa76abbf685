//! Bodies and their expressions.

use super::Lowerer;
use super::call::function_name;
use super::scope::Declared;
use super::term::lookup;
use crate::hir::{Body, Const, Head, Literal, LiteralKind, Modifier, Replacement, Target, Term};
use solon_syntax::{Span, ast};
use std::sync::Arc;

/// What becomes of the value of an expression that is a term.
pub(super) enum Value {
    /// It must not be false.
    Test,
    /// It goes into the term, whatever it is: an expression of a query.
    Capture(Term),
}

impl Lowerer<'_, '_> {
    /// Lowers the expressions of a body, whose scope is open.
    pub(super) fn body(&mut self, body: &ast::Body) -> Body {
        let mut literals = Body::new();
        for expr in body {
            self.expr(expr, &Value::Test, &mut literals);
        }
        literals
    }

    /// Lowers one expression and adds its literals to `out`.
    pub(super) fn expr(&mut self, expr: &ast::Expr, value: &Value, out: &mut Body) {
        if expr.with.is_empty() {
            return self.plain_expr(expr, value, out);
        }
        let modifiers = expr.with.iter().filter_map(|with| self.modifier(with, out)).collect();
        let mut body = Body::new();
        self.plain_expr(expr, value, &mut body);
        out.push(Literal { span: expr.span, kind: LiteralKind::With { modifiers, body } });
    }

    /// An expression without its modifiers.
    fn plain_expr(&mut self, expr: &ast::Expr, value: &Value, out: &mut Body) {
        let span = expr.span;
        let kind = match &expr.kind {
            ast::ExprKind::Term(term) => self.term_expr(term, value, out),
            ast::ExprKind::Not(inner) => {
                let mut body = Body::new();
                self.plain_expr(inner, &Value::Test, &mut body);
                let Some(mut literal) = body.pop() else { return };
                out.append(&mut body);
                self.extract_dynamics(&mut literal, names_output(inner), out);
                Some(LiteralKind::Not { body: vec![literal], is_scoped: false })
            }
            ast::ExprKind::NotBody(body) => Some(LiteralKind::Not { body: self.nested(body), is_scoped: true }),
            ast::ExprKind::Some(names) => {
                for name in names {
                    self.declare(&name.text, name.span, Declared::Some);
                }
                None
            }
            ast::ExprKind::SomeIn { key, value, collection } => {
                let collection = self.term(collection, out);
                let key = match key {
                    Some(key) => self.pattern(key, Declared::Some, out),
                    None => Term::Var(self.locals.add("_", value.span)),
                };
                let value = self.pattern(value, Declared::Some, out);
                let key = self.simple_key(key, span, out);
                Some(LiteralKind::Unify(value, lookup(collection, vec![key], span)))
            }
            ast::ExprKind::Every { key, value, domain, body } => {
                let domain = self.term(domain, out);
                self.enter(body);
                let key = key.as_ref().map(|name| self.declare(&name.text, name.span, Declared::Some));
                let value = self.declare(&value.text, value.span, Declared::Some);
                let body = self.body(body);
                self.leave();
                Some(LiteralKind::Every { key, value, domain, body })
            }
            ast::ExprKind::And(left, right) => Some(LiteralKind::And(self.nested(left), self.nested(right))),
            ast::ExprKind::Or(left, right) => Some(LiteralKind::Or(self.nested(left), self.nested(right))),
        };
        out.extend(kind.map(|kind| Literal { span, kind }));
    }

    fn nested(&mut self, body: &ast::Body) -> Body {
        self.enter(body);
        let body = self.body(body);
        self.leave();
        body
    }

    /// A key that is a pattern (`some [a, b], v in coll`) is looked up by a variable, then matched.
    fn simple_key(&mut self, key: Term, span: Span, out: &mut Body) -> Term {
        match key {
            Term::Array(_) | Term::Object(_) | Term::Set(_) => {
                let var = Term::Var(self.fresh(span));
                out.push(Literal { span, kind: LiteralKind::Unify(var.clone(), key) });
                var
            }
            key => key,
        }
    }

    fn term_expr(&mut self, term: &ast::Term, value: &Value, out: &mut Body) -> Option<LiteralKind> {
        match &term.kind {
            ast::TermKind::Infix { operator: ast::Operator::Assign, args } => {
                let [left, right] = args.as_slice() else { return None };
                if let Some(problem) = cannot_assign(left) {
                    self.error("rego_compile_error", term.span, format!("cannot assign to {problem}"));
                }
                let before = out.len();
                let right_term = self.term(right, out);
                let left = self.pattern(left, Declared::Assigned, out);
                Some(unify(left, right_term, is_call(right), before, out))
            }
            ast::TermKind::Infix { operator: ast::Operator::Unify, args } => {
                let [left, right] = args.as_slice() else { return None };
                if is_call(left) && !is_call(right) {
                    let before = out.len();
                    let right = self.term(right, out);
                    let left_term = self.term(left, out);
                    return Some(unify(right, left_term, true, before, out));
                }
                let left = self.term(left, out);
                let before = out.len();
                let right_term = self.term(right, out);
                Some(unify(left, right_term, is_call(right), before, out))
            }
            ast::TermKind::Call { .. } | ast::TermKind::Infix { .. } => {
                match self.annotations(term) {
                    Some((value, None)) => return Some(LiteralKind::Truthy(value)),
                    Some((value, Some(output))) => return Some(LiteralKind::Unify(self.term(output, out), value)),
                    None => {}
                }
                let (call, output) = self.call_with_output(term, out)?;
                let output = match (output, value) {
                    (None, Value::Capture(captured)) => Some(captured.clone()),
                    (Some(output), Value::Capture(captured)) => {
                        let is_true = LiteralKind::Unify(captured.clone(), Term::TRUE);
                        out.push(Literal { span: term.span, kind: is_true });
                        Some(output)
                    }
                    (output, Value::Test) => output,
                };
                Some(LiteralKind::Call { call, output })
            }
            _ => {
                let term = self.term(term, out);
                Some(match value {
                    Value::Test => LiteralKind::Truthy(term),
                    Value::Capture(output) => LiteralKind::Unify(output.clone(), term),
                })
            }
        }
    }

    fn modifier(&mut self, with: &ast::With, out: &mut Body) -> Option<Modifier> {
        let span = with.span;
        let target = self.target(&with.target)?;
        let replaces_function = match &target {
            Target::Builtin(_) => true,
            Target::Data(path) => self.environment.functions.contains_key(path),
            Target::Input(_) => false,
        };
        if replaces_function
            && let ast::TermKind::Var(_) | ast::TermKind::Ref { .. } = &with.value.kind
            && !matches!(&with.value.kind, ast::TermKind::Var(name) if self.scopes.declares(name))
            && let Some(callee) = self.find_callee(&function_name(&with.value))
        {
            return Some(Modifier { span, target, value: Replacement::Function(callee) });
        }
        let value = self.term(&with.value, out);
        Some(Modifier { span, target, value: Replacement::Term(value) })
    }

    fn target(&mut self, term: &ast::Term) -> Option<Target> {
        let mut parts = function_name(term);
        let first = parts.first()?.clone();
        let rest = parts.split_off(1).into_iter().map(Arc::from);
        let declared = self.scopes.declares(&first);
        match self.global(&first).filter(|_| !declared) {
            Some((head, keys)) => {
                let keys = keys.into_iter().filter_map(|key| match key {
                    Term::Const(Const::String(text)) => Some(text),
                    _ => None,
                });
                let path = keys.chain(rest).collect();
                Some(if matches!(head, Head::Input) { Target::Input(path) } else { Target::Data(path) })
            }
            None => {
                let name = function_name(term).join(".");
                match crate::builtins::find(&name) {
                    Some(builtin) => Some(Target::Builtin(builtin)),
                    None => {
                        let message = "with keyword target must reference existing input, data, or a function";
                        self.error("rego_type_error", term.span, message);
                        None
                    }
                }
            }
        }
    }
}

/// `left = right`. Where `right` is the result of a call, whose literal was added last, the call gives to `left`
/// itself.
fn unify(left: Term, right: Term, right_is_call: bool, before: usize, out: &mut Body) -> LiteralKind {
    if right_is_call
        && out.len() > before
        && let Term::Var(var) = &right
        && let Some(Literal { kind: LiteralKind::Call { output: Some(Term::Var(output)), .. }, .. }) = out.last()
        && var == output
        && let Some(Literal { kind: LiteralKind::Call { call, .. }, .. }) = out.pop()
    {
        return LiteralKind::Call { call, output: Some(left) };
    }
    LiteralKind::Unify(left, right)
}

/// Whether an expression is a call, which may name its output itself.
fn names_output(expr: &ast::Expr) -> bool {
    matches!(&expr.kind, ast::ExprKind::Term(ast::Term { kind: ast::TermKind::Call { .. }, .. }))
}

fn is_call(term: &ast::Term) -> bool {
    matches!(term.kind, ast::TermKind::Call { .. } | ast::TermKind::Infix { .. } | ast::TermKind::Template(_))
}

/// What stands left of `:=` that is no pattern.
fn cannot_assign(term: &ast::Term) -> Option<&'static str> {
    match &term.kind {
        ast::TermKind::Null => Some("null"),
        ast::TermKind::Bool(_) => Some("boolean"),
        ast::TermKind::Number(_) => Some("number"),
        ast::TermKind::String(_) => Some("string"),
        ast::TermKind::Ref { .. } => Some("ref"),
        ast::TermKind::Set(_) => Some("set"),
        ast::TermKind::Call { .. } | ast::TermKind::Infix { .. } | ast::TermKind::Template(_) => Some("call"),
        ast::TermKind::ArrayComprehension { .. } => Some("arraycomprehension"),
        ast::TermKind::SetComprehension { .. } => Some("setcomprehension"),
        ast::TermKind::ObjectComprehension { .. } => Some("objectcomprehension"),
        ast::TermKind::Var(_) | ast::TermKind::Array(_) | ast::TermKind::Object(_) => None,
    }
}
