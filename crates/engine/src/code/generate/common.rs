//! What several rules of a document begin to ask is looked up once for all of them.
//!
//! `allow if input.action == "read"; ..` and `allow if input.action in {"write", "share"}; ..` compare one path with
//! constants. It is put into a register before the first rule; where there is nothing, into which no constant can be that
//! it is compared with, that holds `null`.

use super::super::{DocumentIndex, Op, Read, Write};
use super::Generator;
use crate::hir::Const;
use crate::plan::{Comparison, Constant, Definition, Expr, Step, Test};

/// So many rules have to ask. The register costs as much as asking twice.
const OFTEN: usize = 3;

/// With more definitions than this, comparing each with each would take longer than it saves.
const MOST: usize = 64;

/// A value and the register that holds it.
pub(super) struct Common<'g> {
    value: &'g Expr,
    register: u16,
}

impl<'g> Generator<'g, '_> {
    /// Keeps a register for each value with whose comparison enough definitions begin.
    pub(super) fn reserve_common(&mut self, definitions: &'g [Definition]) {
        if !self.optimizations.plans || !(OFTEN..=MOST).contains(&definitions.len()) {
            return;
        }
        let mut asked: Vec<(&Expr, usize)> = Vec::new();
        let mut before = None;
        for definition in definitions {
            let first = definition.branches.first().and_then(|branch| branch.block.first());
            // Rules that begin alike ask once.
            let is_shared = std::mem::replace(&mut before, first) == first;
            let Some(value) = first.filter(|_| !is_shared).and_then(asked_first) else { continue };
            match asked.iter_mut().find(|(known, _)| *known == value) {
                Some((_, count)) => *count += 1,
                None => asked.push((value, 1)),
            }
        }
        for (value, _) in asked.into_iter().filter(|(_, count)| *count >= OFTEN) {
            let register = self.register();
            self.common.push(Common { value, register });
        }
    }

    /// Fills these registers.
    pub(super) fn fill_common(&mut self) {
        let values: Vec<(&Expr, u16)> = self.common.iter().map(|common| (common.value, common.register)).collect();
        for (value, register) in values {
            let dst = Write(register);
            match value {
                Expr::Path(_, keys) => {
                    let path = self.pool.path(keys);
                    self.emit(Op::InputOrNull { dst, path });
                }
                Expr::Named(document, keys) => {
                    self.function.documents.push(*document);
                    let path = self.pool.path(keys);
                    self.emit(Op::NamedOrNull { dst, document: DocumentIndex(document.0), path });
                }
                _ => {}
            }
        }
    }

    /// Where a value is read that a test compares with a constant, if there is a register for it.
    pub(super) fn common(&self, value: &Expr, constant: &Expr) -> Option<Read> {
        let common = self.common.iter().find(|common| common.value == value)?;
        // Inside of a `with` it may be another one.
        (self.worlds.is_empty() && is_never_null(constant)).then_some(Read(common.register))
    }
}

/// The value that a step compares with constants before anything else is done.
fn asked_first(step: &Step) -> Option<&Expr> {
    let is_path = |value: &&Expr| match value {
        Expr::Path(base, _) => matches!(**base, Expr::Input),
        Expr::Named(..) => true,
        _ => false,
    };
    match step {
        Step::Plain { quick, .. } => quick.first().and_then(asked_first),
        Step::Test(Test::Compare(Comparison::Equal, constant @ Expr::Const(_), value))
        | Step::Test(Test::Compare(Comparison::Equal, value, constant @ Expr::Const(_)))
        | Step::Test(Test::Member(value, constant @ Expr::Const(_))) => {
            Some(value).filter(is_path).filter(|_| is_never_null(constant))
        }
        _ => None,
    }
}

/// Whether an expression is a constant that is not `null`, nor has it as a member.
fn is_never_null(constant: &Expr) -> bool {
    const NULL: Constant = Constant::Scalar(Const::Null);
    match constant {
        Expr::Const(Constant::Array(items) | Constant::Set(items)) => !items.contains(&NULL),
        Expr::Const(Constant::Object(entries)) => entries.iter().all(|(_, value)| *value != NULL),
        Expr::Const(scalar) => *scalar != NULL,
        _ => false,
    }
}
