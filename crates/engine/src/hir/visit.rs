//! Walking terms and bodies, and the variables in them.

use super::{Call, Head, Literal, LiteralKind, Replacement, Term, Var};

/// Something that wants to see variables.
pub trait Visit {
    /// A variable occurs. `in_closure` is whether it stands inside a nested body (comprehension, `not`, `every`).
    fn var(&mut self, var: Var, in_closure: bool);
}

impl<F: FnMut(Var, bool)> Visit for F {
    fn var(&mut self, var: Var, in_closure: bool) {
        self(var, in_closure);
    }
}

/// Shows every variable of a term. (Most terms are constants and variables, which take no call.)
#[inline]
pub fn free_vars_of_term(term: &Term, closure: bool, visit: &mut impl Visit) {
    match term {
        Term::Const(_) => {}
        Term::Var(var) => visit.var(*var, closure),
        term => vars_of_term(term, closure, visit),
    }
}

fn vars_of_term(term: &Term, closure: bool, visit: &mut dyn Visit) {
    match term {
        Term::Const(_) => {}
        Term::Var(var) => visit.var(*var, closure),
        Term::Ref(reference) => {
            if let Head::Term(head) = &reference.head {
                vars_of_term(head, closure, visit);
            }
            reference.operands.iter().for_each(|operand| vars_of_term(operand, closure, visit));
        }
        Term::Array(items) | Term::Set(items) => {
            items.iter().for_each(|item| vars_of_term(item, closure, visit));
        }
        Term::Object(entries) => {
            for (key, value) in entries {
                vars_of_term(key, closure, visit);
                vars_of_term(value, closure, visit);
            }
        }
        Term::Comprehension(comprehension) => {
            free_vars_of_body(&comprehension.body, true, visit);
            if let Some(key) = &comprehension.key {
                vars_of_term(key, true, visit);
            }
            vars_of_term(&comprehension.value, true, visit);
        }
    }
}

/// Shows every variable of a body.
pub fn free_vars_of_body(body: &[Literal], closure: bool, visit: &mut dyn Visit) {
    body.iter().for_each(|literal| free_vars_of_literal(literal, closure, visit));
}

/// Shows every variable of a literal.
pub fn free_vars_of_literal(literal: &Literal, closure: bool, visit: &mut dyn Visit) {
    match &literal.kind {
        LiteralKind::Truthy(term) => vars_of_term(term, closure, visit),
        LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
            vars_of_term(left, closure, visit);
            vars_of_term(right, closure, visit);
        }
        LiteralKind::Call { call: Call { args, .. }, output } => {
            args.iter().chain(output).for_each(|term| vars_of_term(term, closure, visit));
        }
        LiteralKind::Not { body, is_scoped, outside } => {
            outside.iter().for_each(|var| visit.var(*var, closure));
            free_vars_of_body(body, closure || *is_scoped, visit);
        }
        LiteralKind::Every { key, value, domain, body } => {
            vars_of_term(domain, closure, visit);
            key.iter().chain([value]).for_each(|var| visit.var(*var, true));
            free_vars_of_body(body, true, visit);
        }
        LiteralKind::And(left, right, outside) | LiteralKind::Or(left, right, outside) => {
            outside.iter().for_each(|var| visit.var(*var, closure));
            free_vars_of_body(left, true, visit);
            free_vars_of_body(right, true, visit);
        }
        LiteralKind::With { modifiers, body } => {
            for modifier in modifiers {
                if let Replacement::Term(term) = &modifier.value {
                    vars_of_term(term, closure, visit);
                }
            }
            free_vars_of_body(body, closure, visit);
        }
    }
}
