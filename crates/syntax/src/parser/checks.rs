//! What Rego v1 forbids although v0 reads it.

use super::module::is_keyword;
use super::{Parser, error_at};
use crate::ast::{Head, HeadKind};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// How a rule was written, as far as the checks care and the tree does not say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) has_if: bool,
    pub(super) has_contains: bool,
    pub(super) has_body: bool,
}

impl Parser<'_> {
    /// Notes what v1 finds wrong with a rule that is not a `default`. Whether the module is v1 is known at its end.
    pub(super) fn check_v1(&mut self, span: Span, head: &Head, written: Written) {
        let what = if head.parameters.is_some() { "function" } else { "rule" };
        self.check_v1_name(span, head);
        let has_value = !matches!(&head.kind, HeadKind::Value { value: None, .. });
        if !written.has_body && !has_value && head.parameters.is_none() {
            let message = format!("{what} must have value assignment and/or body declaration");
            self.v1_error(span, message, "write `:= true` after it, or a body after `if`");
        }
        self.check_v1_if(span, what, written);
        if matches!(head.kind, HeadKind::Contains { .. }) && !written.has_contains {
            let message = "`contains` keyword is required for partial set rules";
            self.v1_error(span, message, "write `name contains member if { .. }` for a set, or give it a value");
        }
    }

    pub(super) fn check_v1_name(&mut self, span: Span, head: &Head) {
        if head.path.is_empty() && is_keyword(&head.name.text) {
            let message = format!("{} keyword cannot be used for rule name", head.name.text);
            self.v1_error(span, message, "choose another name");
        }
    }

    pub(super) fn check_v1_if(&mut self, span: Span, what: &str, written: Written) {
        if written.has_body && !written.has_if {
            let message = format!("`if` keyword is required before {what} body");
            self.v1_error(span, message, "write `if` before the `{`, or read the file as Rego v0");
        }
    }

    fn v1_error(&mut self, span: Span, message: impl Into<String>, hint: &str) {
        self.v1_errors.push(Diagnostic { hint: Some(hint.to_owned()), is_bare: true, ..error_at(span, message) });
    }
}
