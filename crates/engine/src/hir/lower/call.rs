//! Calls.

use super::{Global, Lowerer, Path, path_of};
use crate::builtins;
use crate::hir::{Body, Call, Callee, Const, Term};
use solon_syntax::{Span, ast};

impl Lowerer<'_, '_> {
    /// Lowers a call or an infix operator; `None` where its function is unknown, which has been reported.
    pub(super) fn call(&mut self, term: &ast::Term, before: &mut Body) -> Option<Call> {
        let (function, args) = match &term.kind {
            ast::TermKind::Call { function, args } => (function, args),
            ast::TermKind::Infix { operator, args } => {
                let name = match (operator, args.len()) {
                    (ast::Operator::In, 3) => "internal.member_3",
                    // Nested in a term they can only compare.
                    (ast::Operator::Unify | ast::Operator::Assign, _) => "equal",
                    _ => operator.builtin(),
                };
                let args = self.terms(args, before);
                return self.builtin_call(name, args, term.span);
            }
            _ => return None,
        };
        let parts = function_name(function);
        if parts.len() == 1 && parts.first().is_some_and(|name| name == "print") {
            let args = args.iter().map(|arg| self.optional(arg)).collect();
            return self.builtin_call("internal.print", vec![Term::Array(args)], term.span);
        }
        let callee = self.callee(&parts, function.span)?;
        let args = self.terms(args, before);
        let (least, most) = self.arity(&callee);
        if args.len() < least || most.is_some_and(|most| args.len() > most) {
            let name = match &callee {
                Callee::Builtin(builtin) => builtin.name.to_owned(),
                Callee::Rule(path) => format!("data.{}", path.join(".")),
            };
            self.error("rego_type_error", term.span, format!("{name}: arity mismatch"));
            return None;
        }
        Some(Call { span: term.span, callee, args })
    }

    /// A call that stands for itself: one more argument than the function takes is the term its result is matched
    /// with.
    pub(super) fn call_with_output(&mut self, term: &ast::Term, before: &mut Body) -> Option<(Call, Option<Term>)> {
        let mut call = self.call(term, before)?;
        let takes_output = call.args.len() > self.arity(&call.callee).0;
        let is_variadic = self.arity(&call.callee).1.is_none();
        let output = if takes_output && !is_variadic { call.args.pop() } else { None };
        Some((call, output))
    }

    /// The least and the greatest number of arguments a call may have, its output included.
    fn arity(&self, callee: &Callee) -> (usize, Option<usize>) {
        match callee {
            Callee::Rule(path) => {
                let arity = self.environment.functions.get(path).copied().unwrap_or_default();
                (arity, Some(arity + 1))
            }
            Callee::Builtin(builtin) => {
                let signature = builtin.signature();
                let arity = signature.arity();
                (arity, (!signature.is_variadic()).then_some(arity + usize::from(signature.result.is_some())))
            }
        }
    }

    /// A call of the builtin `name`.
    pub(super) fn builtin_call(&mut self, name: &str, args: Vec<Term>, span: Span) -> Option<Call> {
        let Some(builtin) = builtins::find(name) else {
            self.error("rego_type_error", span, format!("undefined function {name}"));
            return None;
        };
        Some(Call { span, callee: Callee::Builtin(builtin), args })
    }

    /// The constant that a call of `rego.metadata.rule` or `rego.metadata.chain` stands for in a rule, with the term
    /// that its output is matched with.
    pub(super) fn annotations<'t>(&self, term: &'t ast::Term) -> Option<(Term, Option<&'t ast::Term>)> {
        let ast::TermKind::Call { function, args } = &term.kind else { return None };
        let parts = function_name(function);
        let [root, group, name] = parts.as_slice() else { return None };
        if root != "rego" || group != "metadata" || args.len() > 1 || self.data_path(&parts).is_some() {
            return None;
        }
        let (annotations, place) = self.place?;
        let value = match name.as_str() {
            "rule" => annotations.rule(place),
            "chain" => annotations.chain(place),
            _ => return None,
        };
        Some((value, args.first()))
    }

    /// The function of a name; an unknown one is an error.
    pub(super) fn callee(&mut self, parts: &[String], span: Span) -> Option<Callee> {
        let callee = self.find_callee(parts);
        if callee.is_none() {
            let name = match self.data_path(parts) {
                Some(path) => format!("data.{}", path.join(".")),
                None => parts.join("."),
            };
            self.error("rego_type_error", span, format!("undefined function {name}"));
        }
        callee
    }

    /// The function of a name, if there is one.
    pub(super) fn find_callee(&self, parts: &[String]) -> Option<Callee> {
        match self.data_path(parts) {
            Some(path) => self.environment.functions.contains_key(&path).then_some(Callee::Rule(path)),
            None => builtins::find(&parts.join(".")).map(Callee::Builtin),
        }
    }

    /// The path below `data` that a name stands for.
    fn data_path(&self, parts: &[String]) -> Option<Path> {
        let (first, rest) = parts.split_first()?;
        if first == "data" {
            return Some(path_of(rest));
        }
        match self.environment.globals.get(first) {
            Some(Global::Data(path)) => {
                let mut path = path.clone();
                path.extend(path_of(rest));
                Some(path)
            }
            _ => None,
        }
    }
}

/// The parts of a function's name.
pub(super) fn function_name(function: &ast::Term) -> Vec<String> {
    match &function.kind {
        ast::TermKind::Var(name) => vec![name.clone()],
        ast::TermKind::Ref { head, operands } => {
            let mut parts = function_name(head);
            parts.extend(operands.iter().map(|operand| match &operand.kind {
                ast::TermKind::String(text) => text.clone(),
                _ => "?".to_owned(),
            }));
            parts
        }
        _ => vec!["?".to_owned()],
    }
}

/// Whether a term is a constant without variables, calls or lookups.
pub(super) fn is_constant(term: &Term) -> bool {
    match term {
        Term::Const(Const::Null | Const::Bool(_) | Const::Number(_) | Const::String(_)) => true,
        Term::Var(_) | Term::Ref(_) => false,
        Term::Array(items) | Term::Set(items) => items.iter().all(is_constant),
        Term::Object(entries) => entries.iter().all(|(key, value)| is_constant(key) && is_constant(value)),
        Term::Comprehension(_) => true,
    }
}
