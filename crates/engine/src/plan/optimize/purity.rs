//! What gives the same value whenever it is asked in one world, and has no effect.

use crate::builtins::{Builtin, Purity};
use crate::plan::pieces::{Piece, pieces_of_expr, pieces_of_step};
use crate::plan::{Branch, DocumentId, DocumentPlan, Expr, Function, Step};

/// For each document whether it is pure.
pub(super) struct Purities(Vec<bool>);

/// What an expression needs to be pure.
#[derive(Default)]
struct Needs {
    /// Something in it is not.
    is_impure: bool,
    /// These documents have to be.
    documents: Vec<DocumentId>,
}

impl Purities {
    pub(super) fn new(plans: &[DocumentPlan]) -> Self {
        let needs: Vec<Needs> = plans.iter().map(needs_of_document).collect();
        let mut askers: Vec<Vec<u32>> = vec![Vec::new(); plans.len()];
        for (asker, needs) in needs.iter().enumerate() {
            for document in &needs.documents {
                if let Some(askers) = askers.get_mut(document.0 as usize) {
                    askers.push(asker as u32);
                }
            }
        }
        let mut is_pure: Vec<bool> = needs.iter().map(|needs| !needs.is_impure).collect();
        let impure = is_pure.iter().enumerate().filter(|(_, is_pure)| !**is_pure).map(|(document, _)| document as u32);
        let mut waiting: Vec<u32> = impure.collect();
        while let Some(document) = waiting.pop() {
            for asker in askers.get(document as usize).into_iter().flatten() {
                if let Some(is_pure) = is_pure.get_mut(*asker as usize).filter(|is_pure| **is_pure) {
                    *is_pure = false;
                    waiting.push(*asker);
                }
            }
        }
        Purities(is_pure)
    }

    /// Whether a document is pure.
    pub(super) fn is_pure_document(&self, document: usize) -> bool {
        self.0.get(document).copied().unwrap_or(false)
    }

    /// Whether an expression is pure.
    pub(super) fn is_pure(&self, expr: &Expr) -> bool {
        let mut needs = Needs::default();
        needs.piece(Piece::Expr(expr));
        let is_pure = |document: &DocumentId| self.0.get(document.0 as usize).copied().unwrap_or(true);
        !needs.is_impure && needs.documents.iter().all(is_pure)
    }
}

fn needs_of_document(plan: &DocumentPlan) -> Needs {
    let mut needs = Needs::default();
    let definitions = plan.definitions.iter().chain(&plan.default);
    for Branch { block, keys, value, .. } in definitions.flat_map(|definition| &definition.branches) {
        needs.piece(Piece::Block(block));
        keys.iter().chain([value]).for_each(|value| needs.piece(Piece::Expr(value)));
    }
    needs
}

impl Needs {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Expr(expr) => {
                match expr {
                    Expr::Document(document, _) => self.documents.push(*document),
                    // It may lead anywhere.
                    Expr::Data(..) => self.is_impure = true,
                    Expr::Call { function: Function::Document(document), .. } => self.documents.push(*document),
                    Expr::Call { function: Function::Builtin(builtin), .. } => self.is_impure |= !is_pure(builtin),
                    _ => {}
                }
                pieces_of_expr(expr, &mut |piece| self.piece(piece));
            }
            Piece::Block(block) => {
                for step in block {
                    self.is_impure |= matches!(step, Step::DataLoop { .. } | Step::With { .. });
                    pieces_of_step(step, &mut |piece| self.piece(piece));
                }
            }
        }
    }
}

fn is_pure(builtin: &Builtin) -> bool {
    matches!(builtin.purity, Purity::Pure | Purity::Relation)
}
