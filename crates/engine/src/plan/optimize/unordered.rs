//! Sets whose order nobody sees need not be put in order.
//!
//! `violation contains msg if { some c in containers; .. }` adds the same messages in whatever order it meets the
//! containers, and the same one again changes nothing. Where all rules that ask for a partial set only walk over it for
//! such an answer, or ask for members, they get a document of their own: what the rules of the set give, as it comes. The
//! set itself stays for queries, and for worlds in which something else stands in for it.

use super::Facts;
use super::purity::Purities;
use super::total::is_total_block;
use crate::hir::ComprehensionKind;
use crate::plan::pieces::{Piece, PieceMut, pieces_of_branch_mut, pieces_of_expr, pieces_of_expr_mut};
use crate::plan::pieces::{pieces_of_step, pieces_of_step_mut};
use crate::plan::{
    Block, Definition, Document, DocumentId, DocumentKind, DocumentPlan, Expr, Function, Part, Step, Test, Tree,
};
use hashbrown::HashMap;
use std::sync::Arc;

/// Sets of more rules stay as they are: their code would be there twice.
const MOST: usize = 16;

/// Gives those who do not see the order of sets documents of their own, which follow all others.
pub(super) fn unordered(tree: &mut Tree, plans: &mut Vec<DocumentPlan>, facts: &mut Vec<Vec<Facts>>) {
    let mut uses: Vec<Use> =
        tree.documents.iter().zip(&*plans).map(|(document, plan)| first_use(document, plan)).collect();
    if !uses.contains(&Use::None) {
        return;
    }
    for (document, plan) in tree.documents.iter().zip(&*plans) {
        let definitions = plan.definitions.iter().chain(&plan.default);
        definitions.for_each(|definition| Walk { uses: &mut uses }.definition(document.kind, definition));
    }
    if !uses.contains(&Use::Unseen) {
        return;
    }
    let purities = Purities::new(plans);
    let needed_by_themselves = cyclic(plans);
    let is_chosen = |(at, found): &(usize, Use)| {
        *found == Use::Unseen
            && purities.is_pure_document(*at)
            && !needed_by_themselves.get(*at).copied().unwrap_or(true)
    };
    let chosen: Vec<usize> = uses.into_iter().enumerate().filter(is_chosen).map(|(at, _)| at).collect();
    let first = plans.len();
    let numbered = chosen.iter().enumerate();
    let instead: HashMap<DocumentId, DocumentId> =
        numbered.map(|(number, at)| (DocumentId(*at as u32), DocumentId((first + number) as u32))).collect();
    for definition in plans.iter_mut().flat_map(|plan| plan.definitions.iter_mut().chain(&mut plan.default)) {
        definition.branches.iter_mut().for_each(|branch| {
            pieces_of_branch_mut(branch, &mut |piece| replace(piece, &instead));
        });
    }
    for at in chosen {
        let (Some(document), Some(plan), Some(facts_of_plan)) = (tree.documents.get(at), plans.get(at), facts.get(at))
        else {
            continue;
        };
        let unordered = DocumentPlan { unordered: Some(DocumentId(at as u32)), ..plan.clone() };
        let facts_of_plan = facts_of_plan.clone();
        let mut path = document.path.clone();
        if let Some(last) = path.last_mut() {
            *last = Arc::from(format!("${last}"));
        }
        tree.documents.push(Document { path, kind: DocumentKind::Lifted, rules: Vec::new(), default: None });
        plans.push(unordered);
        // Documents that were lifted have no facts, and need none.
        facts.resize(plans.len() - 1, Vec::new());
        facts.push(facts_of_plan);
    }
}

/// What is known of how a document is used.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// Nobody uses it.
    None,
    /// Nobody sees its order.
    Unseen,
    /// It has to be what it is.
    Seen,
}

fn first_use(document: &Document, plan: &DocumentPlan) -> Use {
    let is_plain = |definition: &Definition| {
        !definition.has_effects && definition.branches.iter().all(|branch| branch.keys.is_empty())
    };
    let is_fit = document.kind == DocumentKind::Set
        && plan.default.is_none()
        && plan.definitions.len() <= MOST
        && plan.definitions.iter().all(is_plain);
    if is_fit { Use::None } else { Use::Seen }
}

/// What becomes of the answers of a block.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    /// All of them go into a set.
    United,
    /// It is only asked whether there is one.
    Any,
    /// Their order or number may be seen.
    Listed,
}

struct Walk<'u> {
    uses: &'u mut [Use],
}

impl Walk<'_> {
    fn definition(&mut self, kind: DocumentKind, definition: &Definition) {
        for branch in &definition.branches {
            let answers = match kind {
                _ if definition.has_effects => Answers::Listed,
                DocumentKind::Set => Answers::United,
                DocumentKind::Complete | DocumentKind::Function(_) if matches!(branch.value, Expr::Const(_)) => {
                    Answers::Any
                }
                _ => Answers::Listed,
            };
            self.block(&branch.block, answers, definition.has_effects);
            let values = branch.keys.iter().chain([&branch.value]);
            values.for_each(|value| self.expr(value, definition.has_effects));
        }
    }

    fn block(&mut self, block: &Block, answers: Answers, has_effects: bool) {
        for step in block {
            let (walked, inner) = match step {
                Step::Loop { collection, key, filter, body, .. } => {
                    let is_key = filter.as_ref().is_some_and(|filter| filter.part == Part::Key);
                    let is_unseen = match answers {
                        Answers::United => true,
                        Answers::Any => is_total_block(body),
                        Answers::Listed => false,
                    };
                    ((key.is_none() && !is_key && is_unseen).then_some(collection), answers)
                }
                Step::Every { collection, key, body, .. } => {
                    let is_unseen = key.is_none() && !has_effects && is_total_block(body);
                    (is_unseen.then_some(collection), Answers::Any)
                }
                Step::Test(Test::Member(item, collection)) => {
                    self.expr(item, has_effects);
                    match collection {
                        Expr::Document(document, _) => self.note(*document, Use::Unseen),
                        collection => self.expr(collection, has_effects),
                    }
                    continue;
                }
                Step::Not(_) | Step::Exists(_) | Step::Either(..) | Step::Plain { .. } => (None, Answers::Any),
                Step::DataLoop { .. } => (None, answers),
                _ => (None, Answers::Listed),
            };
            let inner = if has_effects { Answers::Listed } else { inner };
            pieces_of_step(step, &mut |piece| match piece {
                Piece::Expr(Expr::Document(document, _))
                    if walked.is_some_and(|walked| matches!(walked, Expr::Document(other, _) if other == document)) =>
                {
                    self.note(*document, Use::Unseen);
                }
                Piece::Expr(expr) => self.expr(expr, has_effects),
                Piece::Block(block) => self.block(block, inner, has_effects),
            });
        }
    }

    fn expr(&mut self, expr: &Expr, has_effects: bool) {
        match expr {
            Expr::Document(document, _) => self.note(*document, Use::Seen),
            Expr::Comprehension(comprehension) => {
                let answers = match comprehension.kind {
                    ComprehensionKind::Set if !has_effects => Answers::United,
                    _ => Answers::Listed,
                };
                self.block(&comprehension.block, answers, has_effects);
                comprehension.key.iter().chain([&comprehension.value]).for_each(|value| self.expr(value, has_effects));
            }
            expr => pieces_of_expr(expr, &mut |piece| match piece {
                Piece::Expr(expr) => self.expr(expr, has_effects),
                Piece::Block(block) => self.block(block, Answers::Listed, has_effects),
            }),
        }
    }

    fn note(&mut self, document: DocumentId, found: Use) {
        if let Some(known) = self.uses.get_mut(document.0 as usize) {
            *known = match (*known, found) {
                (Use::Seen, _) | (_, Use::Seen) => Use::Seen,
                _ => Use::Unseen,
            };
        }
    }
}

/// Puts other documents in the place of some.
fn replace(piece: PieceMut<'_>, instead: &HashMap<DocumentId, DocumentId>) {
    match piece {
        PieceMut::Expr(Expr::Document(document, _)) => {
            if let Some(other) = instead.get(document) {
                *document = *other;
            }
        }
        PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| replace(piece, instead)),
        PieceMut::Block(block) => {
            block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| replace(piece, instead)));
        }
    }
}

/// For each document whether it may need itself: an error tells of it by its name.
fn cyclic(plans: &[DocumentPlan]) -> Vec<bool> {
    let mut needs: Vec<usize> = Vec::with_capacity(plans.len());
    let mut askers: Vec<Vec<usize>> = vec![Vec::new(); plans.len()];
    for (asker, plan) in plans.iter().enumerate() {
        let mut documents = Vec::new();
        let branches = plan.definitions.iter().chain(&plan.default).flat_map(|definition| &definition.branches);
        for branch in branches {
            documents_of(Piece::Block(&branch.block), &mut documents);
            let values = branch.keys.iter().chain([&branch.value]);
            values.for_each(|value| documents_of(Piece::Expr(value), &mut documents));
        }
        needs.push(documents.len());
        for document in documents {
            if let Some(askers) = askers.get_mut(document.0 as usize) {
                askers.push(asker);
            }
        }
    }
    let mut is_cyclic = vec![true; plans.len()];
    let mut waiting: Vec<usize> = (0..plans.len()).filter(|at| needs.get(*at) == Some(&0)).collect();
    while let Some(document) = waiting.pop() {
        if let Some(is_cyclic) = is_cyclic.get_mut(document) {
            *is_cyclic = false;
        }
        for asker in askers.get(document).into_iter().flatten() {
            if let Some(needs) = needs.get_mut(*asker) {
                *needs -= 1;
                if *needs == 0 {
                    waiting.push(*asker);
                }
            }
        }
    }
    is_cyclic
}

/// The documents that a piece names.
fn documents_of(piece: Piece<'_>, documents: &mut Vec<DocumentId>) {
    match piece {
        Piece::Expr(expr) => {
            match expr {
                Expr::Document(document, _)
                | Expr::Named(document, _)
                | Expr::Fixed(document, _)
                | Expr::Call { function: Function::Document(document), .. } => documents.push(*document),
                _ => {}
            }
            pieces_of_expr(expr, &mut |piece| documents_of(piece, documents));
        }
        Piece::Block(block) => {
            block.iter().for_each(|step| pieces_of_step(step, &mut |piece| documents_of(piece, documents)));
        }
    }
}
