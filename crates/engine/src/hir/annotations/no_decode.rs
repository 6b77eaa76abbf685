//! In place of what reads a metadata block, where YAML is left out.

use super::{SchemaAnnotation, line_span};
use crate::hir::Term;
use solon_syntax::annotations::MetadataBlock;
use solon_syntax::{Source, Span};

/// The fields of a block: there are none.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) scope: String,
    pub(super) entrypoint: bool,
    pub(super) schemas: Vec<SchemaAnnotation>,
}

impl Raw {
    /// What the block says.
    pub(super) fn value(self, _: &str) -> Term {
        Term::Object(Vec::new())
    }
}

/// No block can be read: a policy whose annotations count must not be taken for one without.
pub(super) fn decode(block: &MetadataBlock, source: &Source) -> Result<Raw, (Span, String)> {
    Err((line_span(block, source, 0), "annotations are YAML, which is left out: the feature yaml is off".to_owned()))
}
