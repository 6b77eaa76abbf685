//! A compiled pattern, by the crate `regex`.

use super::go_syntax;
use crate::builtins::{Context, Failure, Kept};
use ::regex::{Regex, RegexBuilder};

/// A compiled pattern.
pub(crate) struct Pattern {
    pub(super) regex: Regex,
    /// The names of the groups from 1 on.
    pub(super) names: Vec<String>,
}

/// How many bytes a compiled pattern may take.
const SIZE_LIMIT: usize = 16 << 20;

impl Pattern {
    /// Compiles what Go accepts. An error is Go's text.
    pub fn new(source: &str) -> Result<Self, Failure> {
        let go_syntax::Translation { pattern, names } = go_syntax::translate(source).map_err(go_syntax::failure)?;
        let nesting = u32::try_from(go_syntax::MAX_DEPTH * 4).unwrap_or(u32::MAX);
        let regex = RegexBuilder::new(&pattern).size_limit(SIZE_LIMIT).nest_limit(nesting).build();
        // What Go takes and this engine does not ends the evaluation: there is an answer, but not here.
        let regex = regex.map_err(|error| Failure::Halt(format!("regular expression is not supported: {error}")))?;
        Ok(Pattern { regex, names })
    }

    /// Whether it matches somewhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The pattern of `source`, compiled or as it was kept.
    pub(super) fn cached<'c>(context: &'c mut Context<'_, '_>, source: &str) -> Result<&'c Self, Failure> {
        context.caches.get(Kept::Regex, source, Pattern::new)
    }
}
