//! The parser's face.

use crate::ast::{Body, Module, Version};
use crate::diagnostic::Diagnostic;

/// How to read a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// Number of the file, put into every span.
    pub file: u32,
    /// The syntax to read it as.
    pub version: Version,
}

/// What parsing gives: a tree as far as it could be read, and every error.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// The tree. Parts that could not be read are left out, so it is only to be compiled when `errors` is empty.
    pub tree: T,
    /// All errors, in order of their place.
    pub errors: Vec<Diagnostic>,
}

/// Reads a module.
pub fn parse_module(text: &str, options: ParseOptions) -> Parsed<Option<Module>> {
    let _ = (text, options);
    Parsed { tree: None, errors: Vec::new() }
}

/// Reads a query: one body, as `opa eval` takes it. All keywords are on under V1.
pub fn parse_query(text: &str, options: ParseOptions) -> Parsed<Body> {
    let _ = (text, options);
    Parsed { tree: Vec::new(), errors: Vec::new() }
}
