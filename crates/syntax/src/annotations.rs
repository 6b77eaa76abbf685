//! Metadata blocks: comments that start with `# METADATA` and say things about what follows them, in YAML.
//!
//! Here they are only found. What they say, and to what it may apply, is for those who read YAML. See OPA's
//! documentation, "Annotations".

use crate::ast::{Comment, Module};
use crate::span::Span;

/// A metadata block as written.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataBlock {
    /// From the first `#` to the end of the last comment.
    pub span: Span,
    /// The lines after `# METADATA`, each without its `#`.
    pub yaml: String,
    /// What the block stands before.
    pub target: MetadataTarget,
}

/// What a metadata block stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataTarget {
    /// The module's package.
    Package,
    /// An import, by its number in [`Module::imports`]; OPA has no annotations for these.
    Import(usize),
    /// A rule, by its number in [`Module::rules`].
    Rule(usize),
    /// Nothing: the block is the end of the file.
    Nothing,
}

/// Finds the metadata blocks of a module. `text` is the text that it was parsed from.
///
/// ```
/// use solon_syntax::annotations::{MetadataTarget, metadata_blocks};
/// use solon_syntax::{ParseOptions, parse_module};
///
/// let text = "# METADATA\n# title: Roots\npackage a\n";
/// let module = parse_module(text, ParseOptions::default()).tree;
/// let blocks = module.map(|module| metadata_blocks(&module, text)).unwrap_or_default();
/// assert_eq!(blocks.first().map(|block| block.yaml.as_str()), Some(" title: Roots\n"));
/// assert_eq!(blocks.first().map(|block| block.target), Some(MetadataTarget::Package));
/// ```
pub fn metadata_blocks(module: &Module, text: &str) -> Vec<MetadataBlock> {
    let mut targets: Vec<(u32, MetadataTarget)> = vec![(module.package.span.start, MetadataTarget::Package)];
    let imports = module.imports.iter().enumerate();
    targets.extend(imports.map(|(index, import)| (import.span.start, MetadataTarget::Import(index))));
    let rules = module.rules.iter().enumerate();
    targets.extend(rules.map(|(index, rule)| (rule.span.start, MetadataTarget::Rule(index))));
    targets.sort_by_key(|(start, _)| *start);

    let mut blocks: Vec<MetadataBlock> = Vec::new();
    let mut open: Option<MetadataBlock> = None;
    for comment in &module.comments {
        let continues = open.as_ref().is_some_and(|block| follows(block.span, comment, text));
        if starts_block(comment, text) {
            blocks.extend(open.take());
            let next = targets.partition_point(|(start, _)| *start < comment.span.end);
            let target = targets.get(next).map_or(MetadataTarget::Nothing, |(_, target)| *target);
            open = Some(MetadataBlock { span: comment.span, yaml: String::new(), target });
        } else if let (true, Some(block)) = (continues, &mut open) {
            block.yaml.push_str(&comment.text);
            block.yaml.push('\n');
            block.span.end = comment.span.end;
        } else {
            blocks.extend(open.take());
        }
    }
    blocks.extend(open);
    blocks
}

/// Whether a comment is the first thing on its line.
fn is_at_line_start(comment: &Comment, text: &str) -> bool {
    let start = comment.span.start as usize;
    start == 0 || text.as_bytes().get(start - 1) == Some(&b'\n')
}

fn starts_block(comment: &Comment, text: &str) -> bool {
    is_at_line_start(comment, text) && comment.text.trim().starts_with("METADATA")
}

/// Whether a comment stands on the line after the block so far.
fn follows(block: Span, comment: &Comment, text: &str) -> bool {
    let between = text.get(block.end as usize..comment.span.start as usize).unwrap_or_default();
    is_at_line_start(comment, text) && matches!(between, "\n" | "\r\n")
}
