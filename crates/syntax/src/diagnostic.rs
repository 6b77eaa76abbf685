//! Errors and warnings about source text, as data.

use crate::span::Span;

/// One error in a source file.
#[derive(Clone, Debug, PartialEq)]
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
}

/// What OPA shows below an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Lines for people.
    pub lines: Vec<String>,
    /// The same as JSON.
    pub json: String,
}
