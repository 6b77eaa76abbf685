//! Rego's text: from source to an abstract syntax tree and back.
//!
//! Takes the text of a file; gives a [`ast::Module`] and every error in it. It must not know what names mean, what
//! builtins exist or how anything is evaluated: that is the engine's.

pub mod annotations;
pub mod ast;
pub mod diagnostic;
pub mod dump;
pub mod json;
mod lexer;
mod parser;
pub mod print;
pub mod span;

pub use diagnostic::{Details, Diagnostic};
pub use parser::{ParseOptions, Parsed, detect_version, is_keyword, parse_module, parse_query};
pub use span::{Position, Source, Span, line_at};
