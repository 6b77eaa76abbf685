//! Regular expressions, in Go's syntax.
//!
//! Takes patterns and texts, gives what matches. Patterns are translated ([`go_syntax`]), compiled by the crate `regex`
//! and kept for the evaluation; [`Pattern`] is for other builtins that hold patterns. It must not know where patterns
//! come from.

#[cfg(feature = "regex")]
mod calls;
pub(super) mod go_syntax;
#[cfg_attr(not(feature = "regex"), path = "no_pattern.rs")]
mod pattern;
mod unicode_names;

#[cfg(feature = "regex")]
pub(super) use calls::{TABLE, kept_match};
pub(crate) use pattern::Pattern;
