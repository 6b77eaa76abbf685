//! Bodies and their expressions.

use super::Lowerer;
use super::call::function_name;
use super::module::is_root;
use super::names::{names_outside_of_bodies, names_with_bodies};
use super::scope::{Declared, pattern_names};
use super::term::{has_open_lookup, lookup};
use crate::builtins::Purity;
use crate::hir::{
    Body, Check, Const, Head, Literal, LiteralKind, Locals, Modifier, Replacement, Target, Term, Var, free_vars_of_body,
};
use hashbrown::HashSet;
use smallvec::smallvec;
use solon_syntax::{Span, ast};
use std::sync::Arc;

/// How many steps the target of a `with` may have.
const LONGEST_TARGET: usize = 256;

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
        let mut literals = Body::with_capacity(body.len());
        self.body_into(body, &mut literals);
        literals
    }

    /// The same, with the literals added to `out`.
    pub(super) fn body_into(&mut self, body: &ast::Body, out: &mut Body) {
        for expr in body {
            self.expr(expr, &Value::Test, out);
        }
    }

    /// Lowers one expression and adds its literals to `out`.
    pub(super) fn expr(&mut self, expr: &ast::Expr, value: &Value, out: &mut Body) {
        if expr.with.is_empty() {
            return self.plain_expr(expr, value, out);
        }
        self.locals.set_nested();
        let mut body = Body::new();
        // What `some .. in` declares is known in its modifiers.
        let declares = matches!(expr.kind, ast::ExprKind::SomeIn { .. });
        if declares {
            self.plain_expr(expr, value, &mut body);
        }
        let modifiers = expr.with.iter().filter_map(|with| self.modifier(with, expr.span, out)).collect();
        if !declares {
            self.plain_expr(expr, value, &mut body);
        }
        out.push(Literal { span: expr.span, kind: LiteralKind::With { modifiers, body } });
    }

    /// An expression without its modifiers.
    fn plain_expr(&mut self, expr: &ast::Expr, value: &Value, out: &mut Body) {
        // What has modifiers stands in a literal of its own, which has them.
        let span = match &expr.kind {
            ast::ExprKind::Term(term) if !expr.with.is_empty() => term.span,
            _ => expr.span,
        };
        if self.has_implicit_assignment(expr) {
            return;
        }
        if !matches!(expr.kind, ast::ExprKind::Term(_) | ast::ExprKind::Some(_) | ast::ExprKind::SomeIn { .. }) {
            self.locals.set_nested();
        }
        let kind = match &expr.kind {
            ast::ExprKind::Term(term) => self.term_expr(term, value, out),
            ast::ExprKind::Not(inner) => {
                if self.is_assignment(inner) {
                    let message = "cannot assign vars inside negated expression";
                    return self.error(Check::Locals, "rego_compile_error", span, message);
                }
                let mut body = Body::with_capacity(1);
                let outer = self.negated.replace((inner.span, span));
                self.plain_expr(inner, &Value::Test, &mut body);
                self.negated = outer;
                let Some(mut literal) = body.pop() else { return };
                out.append(&mut body);
                // As of what is wrong with a call, the place of its errors is where the expression is.
                if let LiteralKind::Call { call, .. } = &mut literal.kind
                    && call.span == inner.span
                {
                    call.span = span;
                }
                self.separate(&mut literal, names_output(inner), out);
                body.push(literal);
                Some(LiteralKind::Not { body, is_scoped: false, outside: Vec::new() })
            }
            ast::ExprKind::NotBody { body, is_explicit } => {
                // What has no braces has no scope of its own.
                let body = if *is_explicit {
                    self.enter_twice(body);
                    self.close(body)
                } else {
                    self.body(body)
                };
                let outside = if *is_explicit { Vec::new() } else { self.written_vars(&body) };
                Some(LiteralKind::Not { body, is_scoped: true, outside })
            }
            ast::ExprKind::Some(names) => {
                for name in names {
                    self.declare(&name.text, name.span, Declared::Some, span);
                }
                None
            }
            ast::ExprKind::SomeIn { key, value, collection } => {
                if !self.check_domain(key.iter().chain([value]), collection, span) {
                    return;
                }
                // What a comprehension in the collection names is not declared: it is a variable of the whole rule.
                let mut undeclared = HashSet::new();
                names_with_bodies(collection, &mut undeclared);
                let outer = std::mem::replace(&mut self.undeclared, undeclared);
                let key = match key {
                    Some(key) => self.pattern(key, Declared::Some, span, out),
                    None => Term::Var(self.locals.add(Locals::unwritten(), value.span)),
                };
                let value = self.pattern(value, Declared::Some, span, out);
                self.undeclared = outer;
                let collection = self.term(collection, out);
                let key = self.simple_key(key, span, out);
                let collection = self.collection(collection, std::slice::from_ref(&key), span, out);
                Some(LiteralKind::Unify(value, lookup(collection, smallvec![key], span)))
            }
            ast::ExprKind::Every { key, value, domain, body } => {
                let undeclared = self.undeclared_names(domain);
                let domain = self.every_domain(domain, out);
                self.enter_twice(body);
                let place = body.first().map_or(span, |first| first.span);
                let key = key.as_ref().map(|name| self.declare(&name.text, name.span, Declared::Every, place));
                let value = self.declare(&value.text, value.span, Declared::Every, place);
                let body = self.body(body);
                self.check_captured(&undeclared);
                self.leave();
                Some(LiteralKind::Every { key, value, domain, body })
            }
            ast::ExprKind::And(left, right) => {
                let (left, right, outside) = self.logic_operands(expr.span, left, right);
                Some(LiteralKind::And(left, right, outside))
            }
            ast::ExprKind::Or(left, right) => {
                let (left, right, outside) = self.logic_operands(expr.span, left, right);
                Some(LiteralKind::Or(left, right, outside))
            }
        };
        out.extend(kind.map(|kind| Literal { span, kind }));
    }

    /// An expression that is an operator with its operands: `x = y`, `x := y`, and the same written as calls of `eq` and
    /// `assign`, unless these names mean something else here.
    pub(super) fn as_operator<'t>(&self, term: &'t ast::Term) -> Option<(ast::Operator, &'t [ast::Term])> {
        match &term.kind {
            ast::TermKind::Infix { operator, args } => {
                let can_bind = matches!(operator, ast::Operator::Unify | ast::Operator::Assign);
                (!can_bind || !self.is_redefined(operator.builtin())).then_some((*operator, args))
            }
            ast::TermKind::Call { function, args } if args.len() == 2 => {
                let ast::TermKind::Var(name) = &function.kind else { return None };
                let operator = match &**name {
                    "eq" => ast::Operator::Unify,
                    "assign" => ast::Operator::Assign,
                    _ => return None,
                };
                (!self.is_redefined(name)).then_some((operator, args))
            }
            _ => None,
        }
    }

    /// Reports assignments where a body without braces stands: what they bind nothing could name.
    fn has_implicit_assignment(&mut self, expr: &ast::Expr) -> bool {
        let (implicit, place): (Vec<&ast::Expr>, _) = match &expr.kind {
            ast::ExprKind::NotBody { body, is_explicit: false } => (body.iter().collect(), "negated expression"),
            ast::ExprKind::And(left, right) => (without_braces(expr.span, left, right), "implicit and operand"),
            ast::ExprKind::Or(left, right) => (without_braces(expr.span, left, right), "implicit or operand"),
            _ => return false,
        };
        let assignments: Vec<&ast::Expr> = implicit.into_iter().filter(|operand| self.is_assignment(operand)).collect();
        let is_negated = matches!(&expr.kind, ast::ExprKind::NotBody { .. });
        for assignment in &assignments {
            let message = format!("cannot assign vars inside {place}");
            let span = if is_negated { expr.span } else { assignment.span };
            self.error(Check::Locals, "rego_compile_error", span, message);
        }
        !assignments.is_empty()
    }

    /// Whether an expression is `x := y`.
    fn is_assignment(&self, expr: &ast::Expr) -> bool {
        matches!(&expr.kind, ast::ExprKind::Term(term)
            if matches!(self.as_operator(term), Some((ast::Operator::Assign, _))))
    }

    /// Variables of a body that the source names, those of bodies inside it aside.
    fn written_vars(&self, body: &Body) -> Vec<Var> {
        let mut found = Vec::new();
        free_vars_of_body(body, false, &mut |var: Var, in_closure: bool| {
            if !in_closure && !self.locals.name(var).starts_with('$') {
                found.push(var);
            }
        });
        found
    }

    /// The operands of `and` or `or`, which is at `span`, with the variables of those that have no braces: they have no
    /// scope of their own in which these could be bound.
    fn logic_operands(&mut self, span: Span, left: &ast::Body, right: &ast::Body) -> (Body, Body, Vec<Var>) {
        let mut outside = Vec::new();
        let (left_braces, right_braces) = (without_braces(span, left, &[]), without_braces(span, &[], right));
        let [left, right] = [(left, left_braces), (right, right_braces)].map(|(operand, bare)| {
            self.enter_operand(operand);
            let body = self.close(operand);
            if !bare.is_empty() {
                outside.extend(self.written_vars(&body));
            }
            body
        });
        (left, right, outside)
    }

    /// Lowers a body whose scope is open, and closes it.
    fn close(&mut self, body: &ast::Body) -> Body {
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

    /// The collection of an `every`. A literal of its own finds it before, as in OPA: what lookups in it bind, the body
    /// knows.
    fn every_domain(&mut self, domain: &ast::Term, out: &mut Body) -> Term {
        let term = self.term(domain, out);
        if matches!(term, Term::Const(_)) {
            return term;
        }
        let found = Term::Var(self.locals.generate(domain.span));
        out.push(Literal { span: domain.span, kind: LiteralKind::Unify(found.clone(), term) });
        found
    }

    fn term_expr(&mut self, term: &ast::Term, value: &Value, out: &mut Body) -> Option<LiteralKind> {
        match (self.as_operator(term), &term.kind) {
            (Some((ast::Operator::Assign, args)), _) => {
                self.locals.set_nested();
                let [left, right] = args else { return None };
                self.check_pattern(left);
                self.check_assigned(left, term.span);
                let before = out.len();
                let right_term = self.term(right, out);
                let left = self.pattern(left, Declared::Assigned, term.span, out);
                Some(match unify(left, right_term, is_call(right), before, out) {
                    LiteralKind::Unify(left, right) => LiteralKind::Assign(left, right),
                    call => call,
                })
            }
            (Some((ast::Operator::Unify, args)), _) => {
                let [left, right] = args else { return None };
                if is_call(left) && !is_call(right) {
                    let mut calls = Body::new();
                    let right = self.term(right, &mut calls);
                    let before = out.len();
                    let left_term = self.term(left, out);
                    if calls.is_empty() {
                        return Some(unify(right, left_term, true, before, out));
                    }
                    // Calls are made in the order of the text.
                    out.append(&mut calls);
                    return Some(LiteralKind::Unify(left_term, right));
                }
                let mut left = self.term(left, out);
                let before = out.len();
                let right_term = self.term(right, out);
                self.settle(std::slice::from_mut(&mut left), 0, before, out);
                Some(unify(left, right_term, is_call(right), before, out))
            }
            (_, ast::TermKind::Call { .. } | ast::TermKind::Infix { .. }) => {
                match (self.annotations(term), value) {
                    (Some((found, None)), Value::Test) => return Some(LiteralKind::Truthy(found)),
                    (Some((found, None)), Value::Capture(captured)) => {
                        return Some(LiteralKind::Unify(captured.clone(), found));
                    }
                    (Some((found, Some(output))), value) => {
                        if let Value::Capture(captured) = value {
                            let is_true = LiteralKind::Unify(captured.clone(), Term::TRUE);
                            out.push(Literal { span: term.span, kind: is_true });
                        }
                        let output = self.term(output, out);
                        return Some(LiteralKind::Unify(output, self.annotations_var(found, term.span, out)));
                    }
                    (None, _) => {}
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

    /// Reports the parts of a pattern that cannot be assigned to.
    fn check_pattern(&mut self, pattern: &ast::Term) {
        match &pattern.kind {
            ast::TermKind::Array(items) => items.iter().for_each(|item| self.check_pattern(item)),
            ast::TermKind::Object(entries) => entries.iter().for_each(|(_, value)| self.check_pattern(value)),
            _ => {
                if let Some(problem) = cannot_assign(pattern) {
                    let message = format!("cannot assign to {problem}");
                    self.error(Check::Locals, "rego_compile_error", pattern.span, message);
                }
            }
        }
    }

    /// Reports variables that `some .. in` declares and that its collection names; whether there are none.
    fn check_domain<'t>(
        &mut self,
        patterns: impl Iterator<Item = &'t ast::Term>,
        collection: &ast::Term,
        span: Span,
    ) -> bool {
        let mut declared = HashSet::new();
        for pattern in patterns {
            pattern_names(pattern, &mut |name| {
                declared.insert(name.clone());
            });
            // `some x in y in z` says that `x in y` is in `z`.
            if is_call(pattern) {
                names_outside_of_bodies(pattern, &mut declared);
            }
        }
        let mut used = HashSet::new();
        names_outside_of_bodies(collection, &mut used);
        let is_both = |name: &&Arc<str>| ***name != *"_" && used.contains(*name) && self.global(name).is_none();
        let mut both: Vec<&Arc<str>> = declared.iter().filter(is_both).collect();
        both.sort();
        for name in &both {
            let message = format!("var {name} assigned before");
            self.error(Check::Locals, "rego_compile_error", span, message);
        }
        both.is_empty()
    }

    /// Reports an assignment to `input` or `data`.
    fn check_assigned(&mut self, left: &ast::Term, span: Span) {
        if let ast::TermKind::Var(name) = &left.kind
            && is_root(name)
            && self.is_v1_module
        {
            let message = format!("variables must not shadow {name} (use a different variable name)");
            self.error(Check::Shadowing, "rego_compile_error", span, message);
        }
    }

    fn modifier(&mut self, with: &ast::With, place: Span, out: &mut Body) -> Option<Modifier> {
        let span = with.span;
        self.check_target(&with.target, place)?;
        let target = self.target(&with.target)?;
        if let Some(message) = self.cannot_replace(&target) {
            self.error(Check::With, "rego_compile_error", with.target.span, message);
            return None;
        }
        let replaces_function = match &target {
            Target::Builtin(_) => true,
            Target::Data(path) => self.environment.names.functions.contains_key(path),
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

    /// Reports keys of a target that are no strings. Nothing binds variables there; of others OPA says when the rule is
    /// evaluated that the path is bad.
    fn check_target(&mut self, target: &ast::Term, place: Span) -> Option<()> {
        let ast::TermKind::Ref { operands, .. } = &target.kind else { return Some(()) };
        let is_step = |key: &&ast::Term| !matches!(key.kind, ast::TermKind::String(_));
        let keys: Vec<&ast::Term> = operands.iter().filter(is_step).collect();
        if keys.is_empty() {
            return Some(());
        }
        let mut names = HashSet::new();
        keys.into_iter().for_each(|key| names_outside_of_bodies(key, &mut names));
        let is_var = |name: &Arc<str>| self.scopes.declares(name) || self.global(name).is_none();
        let mut names: Vec<Arc<str>> = names.into_iter().filter(is_var).collect();
        names.sort();
        if names.is_empty() {
            self.error(Check::With, "rego_compile_error", place, "bad document path");
        }
        for name in names {
            self.error(Check::BodySafety, "rego_unsafe_var_error", place, format!("var {name} is unsafe"));
        }
        None
    }

    /// Why a `with` cannot replace something.
    fn cannot_replace(&self, target: &Target) -> Option<String> {
        let builtin = match target {
            Target::Input(_) => return None,
            Target::Data(path) => {
                let above = (1..path.len()).filter_map(|length| path.get(..length));
                let is_partial = above.into_iter().any(|above| self.environment.names.paths.contains(above));
                return is_partial.then(|| "with keyword cannot partially replace virtual document(s)".to_owned());
            }
            Target::Builtin(builtin) => builtin,
        };
        let name = builtin.name;
        let problem = if matches!(name, "rego.metadata.chain" | "rego.metadata.rule") {
            format!("replacement of {name:?} invalid")
        } else if name.starts_with("internal.") {
            format!("replacement of internal function {name:?} invalid")
        } else if builtin.purity == Purity::Relation {
            "target must not be a relation".to_owned()
        } else if builtin.signature().result.is_none() {
            "target must not be a void function".to_owned()
        } else {
            return None;
        };
        Some(format!("{REPLACING}: {problem}"))
    }

    fn target(&mut self, term: &ast::Term) -> Option<Target> {
        let parts = function_name(term);
        if parts.len() > LONGEST_TARGET {
            let message = format!("{REPLACING}: path longer than {LONGEST_TARGET} steps");
            self.error(Check::With, "rego_compile_error", term.span, message);
            return None;
        }
        let first = parts.first()?.clone();
        let rest = parts.into_iter().skip(1);
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
                if name == "eq" {
                    let message = format!("{REPLACING}: replacement of \"eq\" invalid");
                    self.error(Check::With, "rego_compile_error", term.span, message);
                    return None;
                }
                match self.environment.names.builtin(&name) {
                    Some(builtin) => Some(Target::Builtin(builtin)),
                    None => {
                        let message = "with keyword target must reference existing input, data, or a function";
                        self.error(Check::With, "rego_type_error", term.span, message);
                        None
                    }
                }
            }
        }
    }
}

/// `left = right`. Where `right` is the result of a call, whose literal was added last, the call gives to `left`
/// itself, unless what `left` looks up may bind what the call needs.
fn unify(left: Term, right: Term, right_is_call: bool, before: usize, out: &mut Body) -> LiteralKind {
    if right_is_call
        && !has_open_lookup(&left)
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

/// How errors about replaced builtins begin.
const REPLACING: &str = "with keyword replacing built-in function";

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

/// The operands of `and` or `or`, which is at `span`, that have no braces: those in braces begin after it, or end before
/// it.
fn without_braces<'e>(span: Span, left: &'e [ast::Expr], right: &'e [ast::Expr]) -> Vec<&'e ast::Expr> {
    let left = left.first().filter(|operand| operand.span.start == span.start);
    let right = right.last().filter(|operand| operand.span.end == span.end);
    left.into_iter().chain(right).collect()
}
