//! What depends on nothing but `input` and `data` is computed once.
//!
//! A call or a comprehension in a loop or in a function, none of whose variables the loop or the arguments bind, becomes
//! a document of its own: the machine computes it where it is first needed, and remembers it in the worlds where it
//! holds. It is not done before the loop: a loop without turns must not fail with an error of it.

use super::Facts;
use super::counts::uses;
use super::purity::Purities;
use super::traits::Traits;
use crate::plan::pieces::{
    Piece, PieceMut, map_slots_of_expr, pieces_of_expr, pieces_of_expr_mut, pieces_of_step, pieces_of_step_mut,
    slots_of_expr,
};
use crate::plan::{
    At, Block, Branch, Definition, Document, DocumentId, DocumentKind, DocumentPlan, Expr, Function, Slot, Step, Tree,
};
use hashbrown::HashMap;
use smallvec::smallvec;
use solon_syntax::Span;
use std::collections::BTreeMap;

/// How many of the last values are looked through for one that is equal to a new one.
const LOOKED_THROUGH: usize = 64;

/// Lifts what can be out of all documents; the new ones follow them.
pub(super) fn lift_program(tree: &mut Tree, plans: &mut Vec<DocumentPlan>, facts: &[Vec<Facts>]) {
    let is_function = |document: &Document| matches!(document.kind, DocumentKind::Function(1..));
    let may_have_some = |document: &Document, traits: Traits| {
        (traits.has_call || traits.has_comprehension) && (traits.has_loop || is_function(document))
    };
    let mut all =
        tree.documents.iter().zip(facts).flat_map(|(document, facts)| facts.iter().map(move |fact| (document, fact)));
    if !all.any(|(document, facts)| may_have_some(document, facts.traits)) {
        return;
    }
    let purities = Purities::new(plans);
    let mut lifter = Lifter { purities: &purities, first: plans.len(), values: Vec::new() };
    for ((document, plan), facts) in tree.documents.iter().zip(plans.iter_mut()).zip(facts) {
        for (definition, facts) in plan.definitions.iter_mut().zip(facts) {
            if may_have_some(document, facts.traits) {
                let span = definition.span;
                definition.branches.iter_mut().for_each(|branch| lifter.branch(branch, is_function(document), span));
            }
        }
    }
    for (number, (value, span)) in lifter.values.into_iter().enumerate() {
        tree.documents.push(Document {
            path: vec![format!("${number}").into()],
            kind: DocumentKind::Lifted,
            rules: Vec::new(),
            default: None,
        });
        plans.push(DocumentPlan { definitions: vec![definition_of(value, span)], default: None, unordered: None });
    }
}

/// A definition that gives a value.
fn definition_of(mut value: Expr, span: Span) -> Definition {
    let slots = number_slots(&mut value);
    let branch = Branch { block: Block::new(), keys: Vec::new(), is_set: false, value, is_single: true, span };
    Definition { span, branches: smallvec![branch], slots, has_effects: false }
}

/// Numbers the slots of a value from 0 on; gives how many there are.
fn number_slots(value: &mut Expr) -> u32 {
    let mut numbers: BTreeMap<Slot, Slot> = BTreeMap::new();
    slots_of_expr(value, &mut |slot| {
        numbers.insert(slot, slot);
    });
    numbers.values_mut().enumerate().for_each(|(number, slot)| *slot = Slot(number as u32));
    map_slots_of_expr(value, &mut |slot| *slot = numbers.get(slot).copied().unwrap_or(*slot));
    numbers.len() as u32
}

struct Lifter<'l> {
    purities: &'l Purities,
    /// The number of the first new document.
    first: usize,
    values: Vec<(Expr, Span)>,
}

/// Slots that hold what depends on nothing, with what they hold.
type Known = HashMap<Slot, Expr>;

impl Lifter<'_> {
    fn branch(&mut self, branch: &mut Branch, is_repeated: bool, span: Span) {
        let mut known = Known::new();
        let is_loop = has_loop(&branch.block);
        self.block(&mut branch.block, is_repeated, &mut known, span);
        for value in branch.keys.iter_mut().chain([&mut branch.value]) {
            self.expr(value, is_repeated || is_loop, &known, span);
        }
        drop_unused(branch, |expr| self.value_of(expr));
    }

    /// `is_repeated` is whether the block runs several times.
    fn block(&mut self, block: &mut Block, is_repeated: bool, known: &mut Known, span: Span) {
        for step in block {
            // Inside of a `with` it may have another value.
            if matches!(step, Step::With { .. } | Step::Outside(_)) {
                return;
            }
            let is_loop = matches!(step, Step::Loop { .. } | Step::DataLoop { .. } | Step::Every { .. });
            pieces_of_step_mut(step, &mut |piece| match piece {
                PieceMut::Expr(expr) => self.expr(expr, is_repeated, known, span),
                PieceMut::Block(block) => self.block(block, is_repeated || is_loop, known, span),
            });
            match step {
                Step::Bind(slot, value) => {
                    if let Some(value) = self.invariant(value, known) {
                        known.insert(*slot, value);
                    }
                }
                // Elsewhere the slots may hold something else.
                Step::Plain { slow, .. } => slow.iter().for_each(|step| {
                    if let Step::Bind(slot, _) = step {
                        known.remove(slot);
                    }
                }),
                _ => {}
            }
        }
    }

    fn expr(&mut self, expr: &mut Expr, is_repeated: bool, known: &Known, span: Span) {
        if is_repeated
            && is_costly(expr)
            && let Some(value) = self.invariant(expr, known)
        {
            *expr = Expr::Document(self.document(value, span), At(span));
            return;
        }
        let Expr::Comprehension(comprehension) = expr else {
            return pieces_of_expr_mut(expr, &mut |piece| {
                if let PieceMut::Expr(expr) = piece {
                    self.expr(expr, is_repeated, known, span);
                }
            });
        };
        let is_loop = has_loop(&comprehension.block);
        // What is bound inside is not known outside.
        let mut known = known.clone();
        pieces_of_expr_mut(expr, &mut |piece| match piece {
            PieceMut::Expr(expr) => self.expr(expr, is_repeated || is_loop, &known, span),
            PieceMut::Block(block) => self.block(block, is_repeated, &mut known, span),
        });
    }

    /// The document that has a value.
    fn document(&mut self, mut value: Expr, span: Span) -> DocumentId {
        number_slots(&mut value);
        let from = self.values.len().saturating_sub(LOOKED_THROUGH);
        let recent = self.values.get(from..).unwrap_or_default();
        let number = match recent.iter().position(|(other, _)| *other == value) {
            Some(at) => from + at,
            None => {
                self.values.push((value, span));
                self.values.len() - 1
            }
        };
        DocumentId((self.first + number) as u32)
    }

    /// The value of a new document.
    fn value_of(&self, expr: &Expr) -> Option<&Expr> {
        let Expr::Document(document, _) = expr else { return None };
        let number = (document.0 as usize).checked_sub(self.first)?;
        self.values.get(number).map(|(value, _)| value)
    }

    /// An expression without free slots, if it depends on nothing.
    fn invariant(&self, expr: &Expr, known: &Known) -> Option<Expr> {
        let mut bound = Vec::new();
        bound_slots(expr, &mut bound);
        let mut is_invariant = true;
        slots_of_expr(expr, &mut |slot| is_invariant &= bound.contains(&slot) || known.contains_key(&slot));
        if !is_invariant || !self.purities.is_pure(expr) {
            return None;
        }
        let mut expr = expr.clone();
        replace(PieceMut::Expr(&mut expr), known);
        // Where a slot is tested itself, as patterns do, nothing can be put in its place.
        let mut bound = Vec::new();
        bound_slots(&expr, &mut bound);
        let mut is_closed = true;
        slots_of_expr(&expr, &mut |slot| is_closed &= bound.contains(&slot));
        is_closed.then_some(expr)
    }
}

/// Puts in place of slots what they hold.
fn replace(piece: PieceMut<'_>, known: &Known) {
    match piece {
        PieceMut::Expr(expr) => match expr {
            Expr::Slot(slot) => {
                if let Some(value) = known.get(slot) {
                    *expr = value.clone();
                }
            }
            expr => pieces_of_expr_mut(expr, &mut |piece| replace(piece, known)),
        },
        PieceMut::Block(block) => {
            block.iter_mut().for_each(|step| pieces_of_step_mut(step, &mut |piece| replace(piece, known)));
        }
    }
}

/// Whether computing it takes longer than asking for a document that is known.
fn is_costly(expr: &Expr) -> bool {
    match expr {
        Expr::Call { .. } | Expr::Walk { .. } => true,
        Expr::Comprehension(comprehension) if has_loop(&comprehension.block) => true,
        expr => {
            let mut is_costly = false;
            pieces_of_expr(expr, &mut |piece| is_costly |= has_costly(piece));
            is_costly
        }
    }
}

fn has_costly(piece: Piece<'_>) -> bool {
    match piece {
        Piece::Expr(expr) => is_costly(expr),
        Piece::Block(block) => block.iter().any(|step| {
            let mut is_costly = false;
            pieces_of_step(step, &mut |piece| is_costly |= has_costly(piece));
            is_costly
        }),
    }
}

fn has_loop(block: &Block) -> bool {
    matches!(block.last(), Some(Step::Loop { .. } | Step::DataLoop { .. }))
}

/// The slots that are filled inside of an expression.
fn bound_slots(expr: &Expr, bound: &mut Vec<Slot>) {
    pieces_of_expr(expr, &mut |piece| bound_in_piece(piece, bound));
}

fn bound_in_piece(piece: Piece<'_>, bound: &mut Vec<Slot>) {
    match piece {
        Piece::Expr(expr) => bound_slots(expr, bound),
        Piece::Block(block) => {
            for step in block {
                match step {
                    Step::Bind(slot, _) | Step::DataLoop { key: slot, .. } => bound.push(*slot),
                    Step::Loop { key, value, .. } => bound.extend(key.iter().chain(value)),
                    Step::Every { key, value, .. } => bound.extend(key.iter().chain([value])),
                    _ => {}
                }
                pieces_of_step(step, &mut |piece| bound_in_piece(piece, bound));
            }
        }
    }
}

/// Drops a new document whose value only the next step needs, which is a new document that asks for it itself.
fn drop_unused<'v>(branch: &mut Branch, value_of: impl Fn(&Expr) -> Option<&'v Expr>) {
    let is_asked = |step: &Step, next: &Step| {
        let (Step::Bind(slot, value), Step::Bind(_, next)) = (step, next) else { return None };
        let Some(Expr::Call { function: Function::Builtin(_), args, .. }) = value_of(next) else { return None };
        (value_of(value).is_some() && args.contains(value)).then_some(*slot)
    };
    let mut asked = Vec::new();
    each_pair(&branch.block, &mut |step, next| asked.extend(is_asked(step, next)));
    if asked.is_empty() {
        return;
    }
    let uses = uses(branch);
    asked.retain(|slot| uses.get(slot) == Some(&1));
    drop_binds(&mut branch.block, &asked);
}

/// Shows every two steps that follow one another in a block and the loops that it ends with.
fn each_pair(block: &Block, show: &mut dyn FnMut(&Step, &Step)) {
    let mut block = block;
    loop {
        for pair in block.windows(2) {
            if let [step, next] = pair {
                show(step, next);
            }
        }
        match block.last() {
            Some(Step::Loop { body, .. }) => block = body,
            _ => return,
        }
    }
}

/// Drops the steps of a block and the loops that it ends with that fill some slots.
fn drop_binds(block: &mut Block, slots: &[Slot]) {
    block.retain(|step| !matches!(step, Step::Bind(slot, _) if slots.contains(slot)));
    if let Some(Step::Loop { body, .. }) = block.last_mut() {
        drop_binds(body, slots);
    }
}
