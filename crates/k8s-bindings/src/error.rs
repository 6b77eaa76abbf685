//! What can be wrong with a file or a review, as data: a code, a place, what was expected and how to mend it.

use std::fmt;

use crate::document::Position;

/// What kind of mistake an [`Error`] reports. The code is stable; the words of a message are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The text is not UTF-8, or has characters that YAML does not allow.
    Encoding,
    /// The text is neither YAML nor JSON.
    Syntax,
    /// The text is larger, deeper or expands further than [`Limits`](crate::document::Limits) allow.
    Limit,
    /// A mapping has one key twice.
    DuplicateKey,
    /// An alias that names no anchor, or an anchor that contains itself.
    Alias,
    /// A value that JSON cannot hold: an infinity, a key that is a list, a tag that does not fit its value.
    Value,
    /// A required field is not there.
    Missing,
    /// A field has another type or another value than it must have.
    Unexpected,
    /// The object is of another kind or API version than the reader reads.
    WrongKind,
    /// A template that has no Rego, so that Solon cannot run it.
    NoRego,
    /// A decision that cannot be understood as denials or as an answer.
    Decision,
    /// A policy that does not compile, or whose evaluation failed.
    Policy,
}

impl ErrorCode {
    /// The code as it is printed, for example `duplicate_key`.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::Encoding => "encoding",
            ErrorCode::Syntax => "syntax",
            ErrorCode::Limit => "limit",
            ErrorCode::DuplicateKey => "duplicate_key",
            ErrorCode::Alias => "alias",
            ErrorCode::Value => "value",
            ErrorCode::Missing => "missing",
            ErrorCode::Unexpected => "unexpected",
            ErrorCode::WrongKind => "wrong_kind",
            ErrorCode::NoRego => "no_rego",
            ErrorCode::Decision => "decision",
            ErrorCode::Policy => "policy",
        }
    }
}

/// One mistake: what it is, where it is and, where we know it, how to mend it.
///
/// ```
/// let error = solon_k8s::yaml::yaml_to_json(b"a: [1, 2").unwrap_err();
/// assert_eq!(error.code().as_str(), "syntax");
/// assert!(error.position().is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: String,
    hint: Option<String>,
    file: Option<String>,
    position: Option<Position>,
}

impl Error {
    /// An error that says this, of nothing that has a place.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Error { code, message: message.into(), hint: None, file: None, position: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn at(mut self, position: Position) -> Self {
        self.position.get_or_insert(position);
        self
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if !file.is_empty() {
            self.file.get_or_insert_with(|| file.to_owned());
        }
        self
    }

    /// The kind of mistake.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What is wrong, in one sentence, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where we know.
    pub fn how_to_mend(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The file as the caller named it.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The row and column.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position) {
            (Some(file), Some(position)) => write!(f, "{file}:{position}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, Some(position)) => write!(f, "{position}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
