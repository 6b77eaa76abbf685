//! Errors and warnings about source text, as data.

use crate::span::Span;

/// One error in a source file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// OPA's code, for example `rego_parse_error`.
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// What is wrong, in OPA's words where it has them.
    pub message: String,
    /// How to mend it, where that can be said.
    pub hint: Option<String>,
    /// More about it, where OPA says more.
    pub details: Option<Box<Details>>,
    /// Whether OPA shows no line with an error of reading: what it finds once a statement is read.
    pub is_bare: bool,
}

impl Diagnostic {
    /// An error without a hint or details.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { code, span, message: message.into(), hint: None, details: None, is_bare: false }
    }

    /// The same with a hint.
    ///
    /// ```
    /// use solon_syntax::{Diagnostic, Span};
    ///
    /// let error = Diagnostic::new("rego_compile_error", Span::default(), "rule is too large");
    /// assert_eq!(error.with_hint("split it").hint.as_deref(), Some("split it"));
    /// ```
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Diagnostic { hint: Some(hint.into()), ..self }
    }

    /// The same with what OPA shows below it.
    ///
    /// ```
    /// use solon_syntax::{Details, Diagnostic, Span};
    ///
    /// let details = Details { lines: vec!["have: (number)".to_owned()], json: "{}".to_owned() };
    /// let error = Diagnostic::new("rego_type_error", Span::default(), "arity mismatch").with_details(details);
    /// assert_eq!(error.details.unwrap().lines, ["have: (number)"]);
    /// ```
    pub fn with_details(self, details: Details) -> Self {
        Diagnostic { details: Some(Box::new(details)), ..self }
    }
}

/// What OPA shows below an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Lines for people.
    pub lines: Vec<String>,
    /// The same as JSON.
    pub json: String,
}
