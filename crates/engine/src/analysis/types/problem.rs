//! What is wrong with a rule's types, as OPA tells it.

use super::checker::Checker;
use super::text::callee_name;
use crate::hir::{Callee, Ref};
use crate::types::{Argument, Key, Type, argument_details, equation_details};
use solon_syntax::{Details, Diagnostic, Span};

/// An error.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) diagnostic: Diagnostic,
    /// Whether it is there because a type is not known: if something else in the expression is wrong, that is why.
    pub(super) has_unknown: bool,
}

/// What is wrong with a ref.
#[derive(Debug)]
pub(super) enum RefProblem {
    /// The step at `position` cannot be there.
    Step { position: usize, have: Option<Type>, want: Option<Type>, one_of: Vec<Key> },
    /// What is at `position` has nothing inside.
    Scalar { position: usize, have: Type },
    /// It is a function.
    Function { have: Type },
}

fn problem(span: Span, message: String, details: Details) -> Problem {
    let diagnostic = Diagnostic::new("rego_type_error", span, message).with_details(details);
    Problem { diagnostic, has_unknown: false }
}

/// A function's call, or its replacement, whose arguments are wrong.
pub(super) fn argument_problem(
    span: Span,
    name: &str,
    what: &str,
    have: &[Type],
    want: &[Argument],
    variadic: Option<&Argument>,
) -> Problem {
    let has_unknown = have.iter().any(Type::is_unknown);
    Problem { has_unknown, ..problem(span, format!("{name}: {what}"), argument_details(have, want, variadic)) }
}

/// Two terms that can never be equal.
pub(super) fn match_problem(span: Span, left: &Type, right: &Type) -> Problem {
    let has_unknown = left.is_unknown() || right.is_unknown();
    Problem { has_unknown, ..problem(span, "match error".to_owned(), equation_details(left, right)) }
}

/// A call of what is no function.
pub(super) fn undefined_function(span: Span, callee: &Callee) -> Problem {
    let message = format!("undefined function {}", callee_name(callee));
    Problem { diagnostic: Diagnostic::new("rego_type_error", span, message), has_unknown: false }
}

impl Checker<'_> {
    /// The error of a ref.
    pub(super) fn ref_problem(&self, reference: &Ref, problem: RefProblem) -> Problem {
        let text = self.ref_text(reference, usize::MAX);
        let json = self.ref_json(reference);
        let (message, details) = match problem {
            RefProblem::Step { position, have, want, one_of } => {
                let details = self.step_details(reference, position, have, want, &one_of);
                (format!("undefined ref: {text}"), details)
            }
            RefProblem::Scalar { position, have } => {
                let marks = "^".repeat(self.ref_text(reference, position + 1).len());
                let lines = vec![text.clone(), marks, format!("have: {have}")];
                let json = format!("{{\"ref\":{json},\"pos\":{position},\"have\":{}}}", have.json());
                let message = match have {
                    Type::Function(_) => format!("function {text} used as reference, not called"),
                    _ => format!("undefined ref: {text}"),
                };
                (message, Details { lines, json })
            }
            RefProblem::Function { have } => {
                let position = reference.operands.len();
                let lines = vec![text.clone(), "^".repeat(text.len()), format!("have: {have}")];
                let json = format!("{{\"ref\":{json},\"pos\":{position},\"have\":{}}}", have.json());
                (format!("function {text} used as reference, not called"), Details { lines, json })
            }
        };
        self::problem(reference.span, message, details)
    }

    fn step_details(
        &self,
        reference: &Ref,
        position: usize,
        have: Option<Type>,
        want: Option<Type>,
        one_of: &[Key],
    ) -> Details {
        let pad = " ".repeat(self.ref_text(reference, position).len() + 1);
        let step = position.checked_sub(1).and_then(|index| reference.operands.get(index));
        let have_line = match &have {
            Some(have) => format!("{pad}have (type): {have}"),
            None => format!("{pad}have: {}", step.map(|step| self.term_text(step)).unwrap_or_default()),
        };
        let want_line = match &want {
            _ if !one_of.is_empty() => {
                let keys: Vec<String> = one_of.iter().map(Key::rego).collect();
                format!("{pad}want (one of): [{}]", keys.join(" "))
            }
            Some(want) => format!("{pad}want (type): {want}"),
            None => format!("{pad}want (one of): []"),
        };
        let lines = vec![self.ref_text(reference, usize::MAX), format!("{pad}^"), have_line, want_line];
        let keys: Vec<String> = one_of.iter().map(Key::json).collect();
        let json = format!(
            "{{\"ref\":{},\"pos\":{position}{},\"want\":{},\"oneOf\":{}}}",
            self.ref_json(reference),
            have.map(|have| format!(",\"have\":{}", have.json())).unwrap_or_default(),
            want.map_or("null".to_owned(), |want| want.json()),
            if keys.is_empty() { "null".to_owned() } else { format!("[{}]", keys.join(",")) },
        );
        Details { lines, json }
    }
}
