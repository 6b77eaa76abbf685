//! Everything that terms and literals name: variables, refs, and paths of functions and documents.

use super::{Body, Call, Callee, Head, Literal, LiteralKind, Ref, Replacement, Target, Term, Var};
use std::sync::Arc;

/// Something that a term or a literal names.
#[derive(Clone, Copy, Debug)]
pub enum Part<'p> {
    /// A variable.
    Var(Var),
    /// A lookup.
    Ref(&'p Ref),
    /// A path below `data`: a function that is called, or what a `with` replaces.
    Path(&'p [Arc<str>]),
    /// The beginning of a nested body, or of what modifiers stand behind; its parts follow.
    Begin,
    /// The end of it.
    End,
}

impl Part<'_> {
    /// The variable, if it is one.
    pub fn var(self) -> Option<Var> {
        match self {
            Part::Var(var) => Some(var),
            _ => None,
        }
    }
}

/// Shows every part of a term, nested bodies included.
pub fn parts_of_term<'p>(term: &'p Term, visit: &mut dyn FnMut(Part<'p>)) {
    match term {
        Term::Const(_) => {}
        Term::Var(var) => visit(Part::Var(*var)),
        Term::Ref(reference) => {
            visit(Part::Ref(reference));
            if let Head::Term(head) = &reference.head {
                parts_of_term(head, visit);
            }
            reference.operands.iter().for_each(|operand| parts_of_term(operand, visit));
        }
        Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| parts_of_term(item, visit)),
        Term::Object(entries) => {
            for (key, value) in entries {
                parts_of_term(key, visit);
                parts_of_term(value, visit);
            }
        }
        Term::Comprehension(comprehension) => {
            visit(Part::Begin);
            parts_of_body(&comprehension.body, visit);
            comprehension.key.iter().chain([&comprehension.value]).for_each(|term| parts_of_term(term, visit));
            visit(Part::End);
        }
    }
}

/// Shows every part of a literal, nested bodies included.
pub fn parts_of_literal<'p>(literal: &'p Literal, visit: &mut dyn FnMut(Part<'p>)) {
    match &literal.kind {
        LiteralKind::Truthy(term) => parts_of_term(term, visit),
        LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
            parts_of_term(left, visit);
            parts_of_term(right, visit);
        }
        LiteralKind::Call { call: Call { callee, args, .. }, output } => {
            parts_of_callee(callee, visit);
            args.iter().chain(output).for_each(|term| parts_of_term(term, visit));
        }
        LiteralKind::Not { body, is_scoped: false, .. } => parts_of_body(body, visit),
        LiteralKind::Not { body, .. } => parts_of_nested(body, visit),
        LiteralKind::Every { key, value, domain, body } => {
            key.iter().chain([value]).for_each(|var| visit(Part::Var(*var)));
            parts_of_term(domain, visit);
            parts_of_nested(body, visit);
        }
        LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
            parts_of_nested(left, visit);
            parts_of_nested(right, visit);
        }
        LiteralKind::With { modifiers, body } => {
            for modifier in modifiers {
                if let Target::Data(path) = &modifier.target {
                    visit(Part::Path(path));
                }
                match &modifier.value {
                    Replacement::Term(term) => parts_of_term(term, visit),
                    Replacement::Function(callee) => parts_of_callee(callee, visit),
                }
            }
            parts_of_nested(body, visit);
        }
    }
}

fn parts_of_nested<'p>(body: &'p Body, visit: &mut dyn FnMut(Part<'p>)) {
    visit(Part::Begin);
    parts_of_body(body, visit);
    visit(Part::End);
}

fn parts_of_body<'p>(body: &'p Body, visit: &mut dyn FnMut(Part<'p>)) {
    body.iter().for_each(|literal| parts_of_literal(literal, visit));
}

fn parts_of_callee<'p>(callee: &'p Callee, visit: &mut dyn FnMut(Part<'p>)) {
    if let Callee::Rule(path) = callee {
        visit(Part::Path(path));
    }
}
