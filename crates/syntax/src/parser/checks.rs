//! What Rego v1 forbids although v0 reads it.

use super::module::is_keyword;
use super::{Parser, error_at};
use crate::ast::{Head, HeadKind};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use std::sync::Arc;

/// How a rule was written, as far as the checks care and the tree does not say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) has_if: bool,
    pub(super) has_contains: bool,
    pub(super) has_body: bool,
}

/// What v1 finds wrong with a rule. The words are found when they are to be shown.
#[derive(Clone, Debug)]
pub(super) enum Objection {
    /// Neither a value nor a body; of what.
    Nothing(&'static str),
    /// No `if` before the body; of what.
    If(&'static str),
    Contains,
    /// A name that is a keyword.
    Name(Arc<str>),
}

impl Objection {
    fn text(&self) -> (String, &'static str) {
        match self {
            Objection::Nothing(what) => {
                let message = format!("{what} must have value assignment and/or body declaration");
                (message, "write `:= true` after it, or a body after `if`")
            }
            Objection::If(what) => {
                let message = format!("`if` keyword is required before {what} body");
                (message, "write `if` before the `{`, or read the file as Rego v0")
            }
            Objection::Contains => {
                let message = "`contains` keyword is required for partial set rules".to_owned();
                (message, "write `name contains member if { .. }` for a set, or give it a value")
            }
            Objection::Name(name) => (format!("{name} keyword cannot be used for rule name"), "choose another name"),
        }
    }

    /// The error at a place.
    pub(super) fn at(&self, span: Span) -> Diagnostic {
        let (message, hint) = self.text();
        Diagnostic { hint: Some(hint.to_owned()), is_bare: true, ..error_at(span, message) }
    }
}

impl Parser<'_> {
    /// Notes what v1 finds wrong with a rule that is not a `default`. Whether the module is v1 is known at its end.
    pub(super) fn check_v1(&mut self, span: Span, head: &Head, written: Written) {
        let what = if head.parameters.is_some() { "function" } else { "rule" };
        self.check_v1_name(span, head);
        let has_value = !matches!(&head.kind, HeadKind::Value { value: None, .. });
        if !written.has_body && !has_value && head.parameters.is_none() {
            self.v1_errors.push((span, Objection::Nothing(what)));
        }
        self.check_v1_if(span, what, written);
        if matches!(head.kind, HeadKind::Contains { .. }) && !written.has_contains {
            self.v1_errors.push((span, Objection::Contains));
        }
    }

    pub(super) fn check_v1_name(&mut self, span: Span, head: &Head) {
        if head.path.is_empty() && is_keyword(&head.name.text) {
            self.v1_errors.push((span, Objection::Name(head.name.text.clone())));
        }
    }

    pub(super) fn check_v1_if(&mut self, span: Span, what: &'static str, written: Written) {
        if written.has_body && !written.has_if {
            self.v1_errors.push((span, Objection::If(what)));
        }
    }
}
