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
}
