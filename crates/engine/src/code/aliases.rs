//! Documents that only give a shorter name to something: `request := input.request`, `user := request.user`.
//!
//! Their value is at a path of `input` or of base documents, so that the machine finds it without running their code.

use super::{Function, Key, Op, PathId, Read, Unit, Write};

/// What a document is another name for.
#[derive(Debug)]
pub struct Alias {
    /// Where the path begins.
    pub root: Root,
    /// The path, of at least one step.
    pub path: Box<[Key]>,
}

/// What an alias's path begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `input`.
    Input,
    /// The base documents.
    Data,
}

/// Longer paths are left to the code.
const LONGEST: usize = 16;

/// For each document what it is another name for.
pub fn aliases(unit: &Unit, functions: &[Function]) -> Vec<Option<Alias>> {
    (0..functions.len() as u32).map(|document| alias(document, unit, functions)).collect()
}

/// Follows the names from a document to the root, the path from its end to its beginning.
fn alias(mut document: u32, unit: &Unit, functions: &[Function]) -> Option<Alias> {
    let mut steps: Vec<&Key> = Vec::new();
    for _ in 0..LONGEST {
        let (base, path) = name_of(functions.get(document as usize)?)?;
        if let Some(path) = path {
            steps.extend(unit.paths.get(path.0 as usize)?.iter().rev());
        }
        if steps.len() > LONGEST {
            return None;
        }
        match base {
            Base::Root(root) => return Some(Alias { root, path: steps.into_iter().rev().cloned().collect() }),
            Base::Document(other) => document = other,
        }
    }
    None
}

enum Base {
    Root(Root),
    Document(u32),
}

/// What a document's code gives, if it does no more than look up one path.
fn name_of(function: &Function) -> Option<(Base, Option<PathId>)> {
    if function.arguments > 0 {
        return None;
    }
    let [first, rest @ .., Op::Yield { src } | Op::ReturnValue { src }, Op::Return {}] = function.ops.as_slice() else {
        return None;
    };
    let is_given = |dst: &Write| dst.0 == src.0;
    match (first, rest) {
        (Op::InputPath { dst, path, .. } | Op::NamedPath { dst, path, .. }, []) if is_given(dst) => {
            Some((Base::Root(Root::Input), Some(*path)))
        }
        (Op::Document { dst, document, .. }, []) if is_given(dst) => Some((Base::Document(document.0), None)),
        (Op::BaseData { dst: Write(from) }, [Op::Path { dst, src: Read(base), path, .. }])
            if is_given(dst) && base == from =>
        {
            Some((Base::Root(Root::Data), Some(*path)))
        }
        (Op::Document { dst: Write(from), document, .. }, [Op::Path { dst, src: Read(base), path, .. }])
            if is_given(dst) && base == from =>
        {
            Some((Base::Document(document.0), Some(*path)))
        }
        _ => None,
    }
}
