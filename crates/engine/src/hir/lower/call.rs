//! Calls.

use super::{Global, Lowerer, Path};
use crate::builtins::{Builtin, DEPRECATED};
use crate::hir::print::{package_text, rooted_path};
use crate::hir::{Body, Call, Callee, Check, Head, Term};
use crate::types::{self, Signature, Type};
use smallvec::{SmallVec, smallvec};
use solon_syntax::{Diagnostic, Span, ast, print};
use std::borrow::Cow;
use std::sync::Arc;

/// The parts of a function's name.
pub(super) type FunctionName = SmallVec<[Arc<str>; 2]>;

impl Lowerer<'_, '_> {
    /// Lowers a call or an infix operator; `None` where its function is unknown, which has been reported.
    /// A call that is `nested` gives its result to the term around it; others may name the term it is matched with.
    pub(super) fn call(&mut self, term: &ast::Term, nested: bool, before: &mut Body) -> Option<Call> {
        let (parts, args) = match &term.kind {
            ast::TermKind::Call { function, args } => (function_name(function), args),
            ast::TermKind::Infix { operator, args } => {
                let name = match (operator, args.len()) {
                    (ast::Operator::In, 3) => "internal.member_3",
                    _ => operator.builtin(),
                };
                if !self.is_redefined(name) {
                    let args = self.terms(args, before);
                    return self.operator_call(*operator, args, term.span);
                }
                (name.split('.').map(Arc::from).collect(), args)
            }
            _ => return None,
        };
        let builtin = self.environment.names.builtin(&joined(&parts));
        if nested && builtin.is_some_and(|builtin| builtin.signature().result.is_none()) {
            let message = format!("{} used as value", print::term_text(term));
            self.error(Check::VoidCalls, "rego_type_error", term.span, message);
            return None;
        }
        if parts.len() == 1 && parts.first().is_some_and(|name| **name == *"print") {
            args.iter().for_each(|arg| self.mention_all(arg));
            let args = args.iter().map(|arg| self.optional(arg)).collect();
            return self.builtin_call("internal.print", vec![Term::Array(args)], term.span);
        }
        if parts.first().is_some_and(|first| self.scopes.declares(first)) {
            let name = joined(&parts);
            if nested {
                let message = format!("called function {name} shadowed");
                self.error(Check::Locals, "rego_compile_error", term.span, message);
            } else {
                self.error(Check::Functions, "rego_type_error", term.span, format!("undefined function {name}"));
            }
            return None;
        }
        // What is wrong with a call is where the expression is, if the call is all of it.
        let place = self.negated.filter(|(inner, _)| *inner == term.span).map_or(term.span, |(_, outer)| outer);
        let callee = self.callee(&parts, builtin, args.len(), place);
        let args = self.terms(args, before);
        // One that is unknown has been reported; its arguments are looked at all the same.
        let Some(callee) = callee else {
            return Some(Call { span: term.span, callee: Callee::Rule(Path::new()), args });
        };
        let (least, most) = self.arity(&callee);
        let most = if nested { most.map(|_| least) } else { most };
        if args.len() < least || most.is_some_and(|most| args.len() > most) {
            let diagnostic = arity_mismatch(&callee, least, &args, nested, place);
            self.problems.add(Check::Functions, diagnostic);
        }
        if let Callee::Builtin(builtin) = callee
            && self.is_v1_module
            && DEPRECATED.contains(&builtin.name)
        {
            let message = format!("deprecated built-in function calls in expression: {}", builtin.name);
            self.error(Check::Deprecated, "rego_type_error", place, message);
        }
        Some(Call { span: term.span, callee, args })
    }

    /// Whether the name of an operator's builtin means something else here: a rule, an import or a variable. As in OPA,
    /// the operator is then a call of that.
    pub(super) fn is_redefined(&self, builtin: &str) -> bool {
        let first = builtin.split_once('.').map_or(builtin, |(first, _)| first);
        self.environment.globals.contains_key(first) || self.scopes.declares(first)
    }

    /// A call that stands for itself: one more argument than the function takes is the term its result is matched
    /// with.
    pub(super) fn call_with_output(&mut self, term: &ast::Term, before: &mut Body) -> Option<(Call, Option<Term>)> {
        let mut call = self.call(term, false, before)?;
        let (least, most) = self.arity(&call.callee);
        let takes_output = call.args.len() > least && most.is_some();
        let output = if takes_output { call.args.pop() } else { None };
        Some((call, output))
    }

    /// The least and the greatest number of arguments a call may have, its output included.
    fn arity(&self, callee: &Callee) -> (usize, Option<usize>) {
        match callee {
            Callee::Rule(path) => {
                let arity = self.environment.names.functions.get(path).copied().unwrap_or_default();
                (arity, Some(arity + 1))
            }
            Callee::Builtin(builtin) => {
                let signature = builtin.signature();
                let arity = signature.arity();
                (arity, (!signature.is_variadic()).then_some(arity + usize::from(signature.result.is_some())))
            }
        }
    }

    /// A call of the builtin of an operator whose name means nothing else here.
    fn operator_call(&mut self, operator: ast::Operator, args: Vec<Term>, span: Span) -> Option<Call> {
        let name = match operator {
            // Nested in a term they can only compare.
            ast::Operator::Unify | ast::Operator::Assign => "equal",
            ast::Operator::In if args.len() == 3 => "internal.member_3",
            operator => {
                let known = self.environment.operators.get(operator as usize);
                let builtin =
                    known.and_then(|known| *known.get_or_init(|| self.environment.names.builtin(operator.builtin())));
                if let Some(builtin) = builtin {
                    return Some(Call { span, callee: Callee::Builtin(builtin), args });
                }
                operator.builtin()
            }
        };
        self.builtin_call(name, args, span)
    }

    /// A call of the builtin `name`.
    pub(super) fn builtin_call(&mut self, name: &str, args: Vec<Term>, span: Span) -> Option<Call> {
        let Some(builtin) = self.environment.names.builtin(name) else {
            self.error(Check::Functions, "rego_type_error", span, format!("undefined function {name}"));
            return None;
        };
        Some(Call { span, callee: Callee::Builtin(builtin), args })
    }

    /// The constant that a call of `rego.metadata.rule` or `rego.metadata.chain` stands for in a rule, with the term
    /// that its output is matched with.
    pub(super) fn annotations<'t>(&self, term: &'t ast::Term) -> Option<(Term, Option<&'t ast::Term>)> {
        let ast::TermKind::Call { function, args } = &term.kind else { return None };
        if matches!(function.kind, ast::TermKind::Var(_)) {
            return None;
        }
        let parts = function_name(function);
        let [root, group, name] = parts.as_slice() else { return None };
        if **root != *"rego" || **group != *"metadata" || args.len() > 1 || self.data_path(&parts).is_some() {
            return None;
        }
        let (annotations, place) = self.place?;
        let value = match &**name {
            "rule" => annotations.rule(place),
            "chain" => annotations.chain(place),
            _ => return None,
        };
        Some((value, args.first()))
    }

    /// The function of a name; an unknown one is an error.
    fn callee(
        &mut self,
        parts: &[Arc<str>],
        builtin: Option<&'static Builtin>,
        args: usize,
        span: Span,
    ) -> Option<Callee> {
        let callee = self.rule_or(parts, || builtin);
        if callee.is_none() {
            let path = self.data_path(parts);
            let is_rule = path.as_ref().is_some_and(|path| self.environment.names.paths.contains(path));
            let name = path.map_or_else(|| package_text(parts), |path| rooted_path("data", &path));
            let message = if is_rule { wrong_count(&name, 0, args) } else { format!("undefined function {name}") };
            self.error(Check::Functions, "rego_type_error", span, message);
        }
        callee
    }

    /// The function of a name, if there is one.
    pub(super) fn find_callee(&self, parts: &[Arc<str>]) -> Option<Callee> {
        self.rule_or(parts, || self.environment.names.builtin(&joined(parts)))
    }

    /// The function that rules define by a name, or else a builtin.
    fn rule_or(&self, parts: &[Arc<str>], builtin: impl FnOnce() -> Option<&'static Builtin>) -> Option<Callee> {
        match self.data_path(parts) {
            Some(path) => {
                self.names_data.set(true);
                self.environment.names.functions.contains_key(&path).then_some(Callee::Rule(path))
            }
            None => builtin().map(Callee::Builtin),
        }
    }

    /// The path below `data` that a name stands for.
    fn data_path(&self, parts: &[Arc<str>]) -> Option<Path> {
        let (first, rest) = parts.split_first()?;
        match self.global_of(first) {
            Some(Global::Data(path)) => Some([path.as_slice(), rest].concat()),
            None if **first == *"data" => Some(rest.to_vec()),
            _ => None,
        }
    }
}

/// What a call with too few or too many arguments is told.
fn arity_mismatch(callee: &Callee, arity: usize, args: &[Term], nested: bool, span: Span) -> Diagnostic {
    let error = |message: String| Diagnostic::new("rego_type_error", span, message);
    match callee {
        Callee::Rule(path) => error(wrong_count(&format!("data.{}", package_text(path)), arity, args.len())),
        Callee::Builtin(builtin) => {
            let mut have: Vec<Type> = args.iter().map(early_type).collect();
            have.extend(nested.then_some(Type::Unknown));
            let Signature { args: want, variadic, .. } = builtin.signature();
            let details = types::argument_details(&have, want, variadic.as_ref());
            error(format!("{}: arity mismatch", builtin.name)).with_details(details)
        }
    }
}

fn wrong_count(function: &str, arity: usize, args: usize) -> String {
    let plural = if args == 1 { "" } else { "s" };
    format!("function {function} has arity {arity}, got {args} argument{plural}")
}

/// The type of an argument as far as it is known before types are checked.
fn early_type(term: &Term) -> Type {
    match term {
        Term::Const(value) => value.kind(),
        Term::Ref(reference) if matches!(reference.head, Head::Input | Head::Data) => Type::Any,
        Term::Array(items) => Type::tuple(items.iter().map(early_type).collect()),
        Term::Set(items) => Type::set(Type::all(items.iter().map(early_type))),
        Term::Object(entries) => {
            let mut fields = Vec::new();
            let mut rest = None;
            for (key, value) in entries {
                match key.key() {
                    Some(key) => fields.push((key, early_type(value))),
                    None => rest = Some((early_type(key), early_type(value))),
                }
            }
            Type::new_object(fields, rest)
        }
        Term::Var(_) | Term::Ref(_) | Term::Comprehension(_) => Type::Unknown,
    }
}

/// A name in one piece.
fn joined(parts: &[Arc<str>]) -> Cow<'_, str> {
    match parts {
        [name] => Cow::Borrowed(name),
        parts => Cow::Owned(parts.join(".")),
    }
}

/// The parts of a function's name.
pub(super) fn function_name(function: &ast::Term) -> FunctionName {
    match &function.kind {
        ast::TermKind::Var(name) => smallvec![name.clone()],
        ast::TermKind::Ref { head, operands } => {
            let mut parts = function_name(head);
            parts.extend(operands.iter().map(|operand| match &operand.kind {
                ast::TermKind::String(text) => text.clone(),
                _ => "?".into(),
            }));
            parts
        }
        _ => smallvec!["?".into()],
    }
}
