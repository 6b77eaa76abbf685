//! Calls of functions.

use super::checker::Checker;
use super::problem::{Problem, argument_problem, match_problem, undefined_function};
use super::text::callee_name;
use crate::hir::{Callee, Term};
use crate::types::{Argument, Type};
use smallvec::SmallVec;
use solon_syntax::Span;

impl Checker<'_> {
    /// Checks a call with its arguments, among them the term its result is matched with, if it has one. Otherwise
    /// `result` is given its type, if that is asked for.
    pub(super) fn check_call(
        &mut self,
        callee: &Callee,
        args: &[&Term],
        span: Span,
        result: Option<&mut Type>,
    ) -> Option<Problem> {
        if let Callee::Builtin(builtin) = callee
            && let Some(problem) = self.check_member(builtin.name, args, span)
        {
            return Some(problem);
        }
        let function;
        let signature = match callee {
            Callee::Builtin(builtin) => builtin.signature(),
            Callee::Rule(path) => match self.type_of_rule(path) {
                Type::Any => return None,
                Type::Function(signature) => {
                    function = signature;
                    &*function
                }
                _ => return Some(undefined_function(span, callee)),
            },
        };
        let variadic = signature.variadic.as_ref();
        let most = signature.args.len() + usize::from(signature.result.is_some());
        let problem = |what: &str, have: &[Type]| {
            let want: Vec<Argument> = signature.args.iter().chain(&signature.result).cloned().collect();
            Some(argument_problem(span, &callee_name(callee), what, have, &want, variadic))
        };
        let mut have: SmallVec<[Type; 4]> = SmallVec::with_capacity(args.len() + 1);
        have.extend(args.iter().map(|arg| self.type_of(arg)));
        have.extend(result.is_some().then_some(Type::Unknown));
        if have.len() > most && variadic.is_none() {
            return problem("too many arguments", &have);
        }
        if have.len() < signature.args.len() {
            return problem("too few arguments", &have);
        }
        for (index, arg) in args.iter().enumerate() {
            let result = signature.result.as_ref().filter(|_| index == signature.args.len());
            let wanted = signature.args.get(index).or(result).or(variadic);
            let wanted = wanted.map_or(&Type::Unknown, |argument| &argument.kind);
            if have.get(index).is_some_and(|have| !have.is_unknown() && !self.unifier.unifies(have, wanted)) {
                return problem("invalid argument(s)", &have);
            }
            if !self.infer(arg, wanted, false) {
                let mut have: Vec<Type> = args.iter().map(|arg| self.type_of(arg)).collect();
                have.extend(result.is_some().then_some(Type::Unknown));
                return problem("invalid argument(s)", &have);
            }
        }
        if callee.is_builtin("internal.template_string") {
            self.widen_parts(args);
        }
        if let Some(result) = result {
            *result = signature.result.as_ref().map_or(Type::Unknown, |result| result.kind.clone());
        }
        None
    }

    /// Variables that are parts of a template string may be anything from then on: OPA puts them into sets, whose
    /// members it gives the type of the parts.
    fn widen_parts(&mut self, args: &[&Term]) {
        let Some(Term::Array(parts)) = args.first() else { return };
        for part in parts {
            if let Term::Comprehension(part) = part
                && let Some(var) = part.lone_variable()
            {
                self.infer(&Term::Var(var), &Type::Any, true);
            }
        }
    }

    /// Checks the operands of `in`: what is looked for must be of a type that is in the collection.
    fn check_member(&mut self, name: &str, args: &[&Term], span: Span) -> Option<Problem> {
        let (key, value, collection) = match (name, args) {
            ("internal.member_2", [value, collection, ..]) => (None, value, collection),
            ("internal.member_3", [key, value, collection, ..]) => (Some(key), value, collection),
            _ => return None,
        };
        let collection = self.type_of(collection);
        let values = collection.values();
        if matches!(values, Type::Unknown) {
            return None;
        }
        if let Some(key) = key
            && let Some(problem) = self.check_operand(key, &collection.keys(), span)
        {
            return Some(problem);
        }
        self.check_operand(value, &values, span)
    }

    fn check_operand(&mut self, term: &Term, kind: &Type, span: Span) -> Option<Problem> {
        if kind.is_unknown() {
            return None;
        }
        let have = self.type_of(term);
        let fits = (have.is_unknown() || self.unifier.unifies(&have, kind)) && self.infer(term, kind, false);
        (!fits).then(|| match_problem(span, &have, kind))
    }
}
