//! How an evaluation fails.

use crate::builtins::Failure;
use solon_syntax::Span;

/// An error that ends an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalError {
    /// OPA's code, for example `eval_conflict_error`.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// Where.
    pub span: Span,
    /// The values that are in conflict.
    pub differing: Differing,
}

/// Values that rules disagree about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differing {
    /// The rules, with the beginnings of their values.
    pub values: Vec<(Span, String)>,
    /// Whether there are more than these.
    pub has_more: bool,
}

/// Error codes.
pub mod codes {
    /// Two values for one document, function call or key.
    pub const CONFLICT: &str = "eval_conflict_error";
    /// A builtin failed.
    pub const BUILTIN: &str = "eval_builtin_error";
    /// A builtin got an operand of a wrong type.
    pub const TYPE: &str = "eval_type_error";
    /// The evaluation was stopped.
    pub const CANCEL: &str = "eval_cancel_error";
    /// A limit was reached.
    pub const LIMIT: &str = "eval_limit_error";
    /// A document needs its own value.
    pub const RECURSION: &str = "rego_recursion_error";
    /// Something that cannot happen.
    pub const INTERNAL: &str = "eval_internal_error";
}

impl EvalError {
    pub(super) fn new(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        EvalError { code, message: message.into(), span, differing: Differing::default() }
    }

    /// The error of a builtin that failed.
    pub(super) fn of_builtin(name: &str, failure: Failure, span: Span) -> Self {
        match failure {
            Failure::Undefined => EvalError::new(codes::INTERNAL, "undefined is no error", span),
            Failure::Type(message) => EvalError::new(codes::TYPE, format!("{name}: {message}"), span),
            Failure::Error(message) | Failure::Fatal(message) => {
                EvalError::new(codes::BUILTIN, format!("{name}: {message}"), span)
            }
            Failure::Unsupported => EvalError::new(codes::INTERNAL, format!("unsupported built-in: {name}"), span),
            Failure::Halt(message) => EvalError::new(codes::LIMIT, format!("{name}: {message}"), span),
        }
    }
}

pub(super) type Result<T> = std::result::Result<T, Box<EvalError>>;
