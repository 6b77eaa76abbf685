//! What went wrong with files, as data.

use solon::syntax::line_at;
use solon::{Details, Issue, Location};
use std::io;

/// The code of what is wrong with a text.
pub(crate) const PARSE_ERROR: &str = "rego_parse_error";

/// One error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// OPA's code; empty where it has none, as for a file that is not there.
    pub code: String,
    /// Where.
    pub place: Option<Location>,
    /// The line that is shown with a parse error, and the byte in it.
    pub shown: Option<(String, usize)>,
    /// What OPA says below it.
    pub details: Option<Details>,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Problem {
    /// An error that is only a sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), ..Problem::default() }
    }

    /// The error of a file operation in Go's words: `open a.json: no such file or directory`.
    pub fn of_file(operation: &str, path: &str, error: &io::Error) -> Self {
        Problem::new(format!("{operation} {path}: {}", io_text(error)))
    }

    /// Whether the file itself is wrong, rather than what it means.
    pub fn is_of_file(&self) -> bool {
        self.code.is_empty() || self.code == PARSE_ERROR
    }

    /// The problem as the engine has them.
    pub fn to_issue(&self) -> Issue {
        let mut issue = Issue::new(&*self.code, &*self.message);
        issue.location = self.place.clone();
        issue.hint = self.hint.clone();
        issue.details = self.details.clone();
        issue.is_bare = self.shown.is_none();
        issue
    }

    /// The engine's errors. `text_of` gives the text of a file by its name, the query's for the empty name.
    pub fn of_engine<'t>(error: &solon::Error, text_of: impl Fn(&str) -> Option<&'t str>) -> Vec<Problem> {
        error.issues().iter().map(|issue| of_issue(issue, &text_of)).collect()
    }
}

/// What the system says, in lower case and without its number.
pub fn io_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

fn of_issue<'t>(issue: &Issue, text_of: &impl Fn(&str) -> Option<&'t str>) -> Problem {
    let place = issue.location.clone();
    let is_parse_error = issue.code == PARSE_ERROR;
    let shown = place.as_ref().filter(|_| is_parse_error && !issue.is_bare).and_then(|place| {
        let text = text_of(&place.file)?;
        Some(line_at(text, place.row, place.col))
    });
    // Nothing else than a deadline stops an evaluation on the command line.
    let is_late = issue.code == "eval_cancel_error";
    let message = if is_late { "context deadline exceeded".to_owned() } else { issue.message.clone() };
    let (code, details, hint) = (issue.code.clone(), issue.details.clone(), issue.hint.clone());
    Problem { message, code, place, shown, details, hint }
}
