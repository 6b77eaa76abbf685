//! Small functions and conditions are carried out where they are asked for.
//!
//! A function of one rule whose body has at most one answer, or of few such rules that say the same, is copied to its
//! call, its arguments in slots. The call stays beside the copy ([`Step::Plain`]), for worlds in which another function
//! stands in for one. Results of functions are remembered, those of copies are not: so only what is called in one place,
//! with arguments that the innermost loop around it changes, may do more than look things up.
//!
//! A document that is a condition (`is_read if input.action in reads`) is copied in the same way where a body tests it, if it
//! only looks a few things up, and no loop would do that again and again.

use crate::hir::Const;
use crate::plan::pieces::{Piece, PieceMut, map_slots_of_step, pieces_of_expr, pieces_of_step, slots_of_expr};
use crate::plan::pieces::{pieces_of_branch_mut, pieces_of_expr_mut, pieces_of_step_mut};
use crate::plan::{
    Block, Branch, Constant, DocumentId, DocumentKind, DocumentPlan, Expr, Function, Slot, Step, Test, Tree,
};
use hashbrown::HashSet;

/// The most steps and expressions of a function that is copied.
const LARGEST: usize = 32;

/// The most steps and expressions of a condition that is copied, and the most places where one stands: elsewhere it is
/// better known than found out.
const LARGEST_CONDITION: usize = 12;
const MOST_PLACES: usize = 4;

/// The most steps and expressions that copies may add to a document.
const MOST_ADDED: usize = 1024;

/// The most rules of a function that is copied.
const MOST_RULES: usize = 3;

/// Functions in functions are copied this often.
const ROUNDS: usize = 2;

/// Copies small functions to where they are called.
pub(super) fn inline_program(tree: &Tree, plans: &mut [DocumentPlan]) {
    for _ in 0..ROUNDS {
        let Some(mut inliner) = Inliner::new(tree, plans) else { return };
        let mut is_asked = std::mem::take(&mut inliner.is_asked).into_iter();
        let mut has_copied = false;
        for plan in plans.iter_mut() {
            // Equal beginnings of rules stay equal: their new slots are numbered from the same one on.
            let first = plan.definitions.iter().map(|definition| definition.slots).max().unwrap_or_default();
            inliner.left = MOST_ADDED;
            for definition in &mut plan.definitions {
                inliner.next = first;
                for branch in &mut definition.branches {
                    if is_asked.next() == Some(false) {
                        continue;
                    }
                    let mut varying = None;
                    pieces_of_branch_mut(branch, &mut |piece| inliner.piece(piece, &mut varying));
                }
                if inliner.next > first {
                    definition.slots = inliner.next;
                }
            }
            has_copied |= inliner.left < MOST_ADDED;
        }
        if !has_copied {
            return;
        }
    }
}

/// A function or a condition that can be copied.
struct Template {
    arguments: u32,
    slots: u32,
    block: Block,
    value: Expr,
    size: usize,
    /// Whether it only looks things up.
    is_plain: bool,
}

struct Inliner {
    templates: Vec<Option<Template>>,
    /// How often each document is called or read.
    calls: Vec<usize>,
    /// For each branch of a definition whether it asks for something that can be copied.
    is_asked: Vec<bool>,
    next: u32,
    left: usize,
}

/// The slots that the innermost loop fills, and what is bound in it; nothing outside of loops.
type Varying = Option<HashSet<Slot>>;

impl Inliner {
    /// What can be copied, if anything can.
    fn new(tree: &Tree, plans: &[DocumentPlan]) -> Option<Self> {
        let templates = tree.documents.iter().zip(plans).map(|(document, plan)| template(document.kind, plan));
        let templates: Vec<Option<Template>> = templates.collect();
        templates.iter().flatten().next()?;
        let calls = vec![0; plans.len()];
        let mut inliner = Inliner { templates, calls, is_asked: Vec::new(), next: 0, left: MOST_ADDED };
        for plan in plans {
            for branch in plan.definitions.iter().flat_map(|definition| &definition.branches) {
                let is_asked = inliner.count_calls(branch);
                inliner.is_asked.push(is_asked);
            }
            for branch in plan.default.iter().flat_map(|definition| &definition.branches) {
                inliner.count_calls(branch);
            }
        }
        Some(inliner)
    }

    /// Counts what a branch calls or reads; whether something of it can be copied.
    fn count_calls(&mut self, branch: &Branch) -> bool {
        let mut is_asked = false;
        let mut count = |document: DocumentId, is_copied: bool| {
            is_asked |= !is_copied && self.templates.get(document.0 as usize).is_some_and(Option::is_some);
            if let Some(count) = self.calls.get_mut(document.0 as usize) {
                *count += 1;
            }
        };
        each_call(Piece::Block(&branch.block), false, &mut count);
        branch.keys.iter().chain([&branch.value]).for_each(|value| each_call(Piece::Expr(value), false, &mut count));
        is_asked
    }

    fn piece(&mut self, piece: PieceMut<'_>, varying: &mut Varying) {
        match piece {
            PieceMut::Expr(expr @ Expr::Comprehension(_)) => {
                let mut inner = varying.clone();
                pieces_of_expr_mut(expr, &mut |piece| self.piece(piece, &mut inner));
            }
            PieceMut::Expr(expr) => pieces_of_expr_mut(expr, &mut |piece| self.piece(piece, varying)),
            PieceMut::Block(block) => self.block(block, varying),
        }
    }

    fn block(&mut self, block: &mut Block, varying: &mut Varying) {
        let mut done = Block::with_capacity(block.len());
        for mut step in std::mem::take(block) {
            let mut inner = match &step {
                Step::Loop { key, value, .. } => Some(key.iter().chain(value).copied().collect()),
                Step::DataLoop { key, .. } => Some(HashSet::from([*key])),
                Step::Every { key, value, .. } => Some(key.iter().chain([value]).copied().collect()),
                _ => varying.clone(),
            };
            match &mut step {
                // Where functions are replaced, the call stays one.
                Step::Plain { quick, .. } => self.block(quick, &mut inner),
                step => pieces_of_step_mut(step, &mut |piece| match piece {
                    PieceMut::Block(block) => self.block(block, &mut inner),
                    piece => self.piece(piece, varying),
                }),
            }
            if let (Step::Bind(slot, _), Some(varying)) = (&step, varying.as_mut()) {
                varying.insert(*slot);
            }
            self.step(step, varying, &mut done);
        }
        *block = done;
    }

    /// Adds a step, with a copy of the function that it calls.
    fn step(&mut self, step: Step, varying: &Varying, out: &mut Block) {
        match step {
            Step::Bind(slot, call) if self.is_wanted(&call, varying) => self.copy(slot, call, out),
            Step::Test(Test::Truthy(call)) if self.is_wanted(&call, varying) => self.test(call, out),
            Step::Test(Test::Truthy(condition)) if varying.is_none() && self.is_condition(&condition) => {
                self.test(condition, out);
            }
            step => out.push(step),
        }
    }

    /// Whether it is a call of a function that is better copied.
    fn is_wanted(&self, expr: &Expr, varying: &Varying) -> bool {
        let Expr::Call { function: Function::Document(document), args, .. } = expr else { return false };
        let Some(template) = self.template(*document) else { return false };
        let is_changed = varying.as_ref().is_none_or(|varying| {
            let mut is_changed = false;
            args.iter().for_each(|arg| slots_of_expr(arg, &mut |slot| is_changed |= varying.contains(&slot)));
            is_changed
        });
        let is_once = self.calls.get(document.0 as usize) == Some(&1) && is_changed;
        args.len() == template.arguments as usize && template.size <= self.left && (template.is_plain || is_once)
    }

    /// Whether it is a document that is better copied.
    fn is_condition(&self, expr: &Expr) -> bool {
        let Expr::Document(document, _) = expr else { return false };
        let is_rare = self.calls.get(document.0 as usize).is_some_and(|count| *count <= MOST_PLACES);
        is_rare && self.template(*document).is_some_and(|template| template.size <= self.left)
    }

    fn template(&self, document: DocumentId) -> Option<&Template> {
        self.templates.get(document.0 as usize)?.as_ref()
    }

    fn new_slot(&mut self) -> Slot {
        self.next += 1;
        Slot(self.next - 1)
    }

    /// Goes on where a call has a result that is not `false`.
    fn test(&mut self, call: Expr, out: &mut Block) {
        let slot = self.new_slot();
        self.copy(slot, call, out);
        if let Some(Step::Plain { quick, slow }) = out.last_mut()
            && let Some(Step::Bind(_, Expr::Const(Constant::Scalar(value)))) = quick.last()
            && *value != Const::Bool(false)
        {
            quick.pop();
            if let Some(Step::Bind(_, call)) = slow.pop() {
                slow.push(Step::Test(Test::Truthy(call)));
            }
        } else {
            out.push(Step::Test(Test::Truthy(Expr::Slot(slot))));
        }
    }

    /// Puts the result of a call, or a condition, into a slot.
    fn copy(&mut self, slot: Slot, call: Expr, out: &mut Block) {
        let (document, args, at) = match call {
            Expr::Call { function: Function::Document(document), args, at } => (document, Some(args), at),
            Expr::Document(document, at) => (document, None, at),
            _ => return,
        };
        let is_call = args.is_some();
        let mut places = Vec::new();
        for arg in args.into_iter().flatten() {
            places.push(match arg {
                Expr::Slot(slot) => slot,
                arg => {
                    let slot = self.new_slot();
                    out.push(Step::Bind(slot, arg));
                    slot
                }
            });
        }
        let first = self.next;
        let Some(template) = self.template(document) else { return };
        let mut quick = template.block.clone();
        quick.push(Step::Bind(Slot(template.slots), template.value.clone()));
        let (arguments, slots, size) = (template.arguments, template.slots, template.size);
        let rename = &mut |place: &mut Slot| {
            *place = match places.get(place.0 as usize) {
                Some(argument) => *argument,
                None if place.0 == slots => slot,
                None => Slot(first + place.0 - arguments),
            };
        };
        quick.iter_mut().for_each(|step| map_slots_of_step(step, rename));
        self.next += slots.saturating_sub(arguments);
        self.left = self.left.saturating_sub(size);
        let args = places.into_iter().map(Expr::Slot).collect();
        let call = match is_call {
            true => Expr::Call { function: Function::Document(document), args, at },
            false => Expr::Document(document, at),
        };
        out.push(Step::Plain { quick, slow: vec![Step::Bind(slot, call)] });
    }
}

/// A function or a condition as something to copy, if it can be.
fn template(kind: DocumentKind, plan: &DocumentPlan) -> Option<Template> {
    let arguments = match kind {
        DocumentKind::Function(arguments @ 1..) => arguments,
        DocumentKind::Complete => 0,
        _ => return None,
    };
    if plan.default.is_some() || plan.definitions.len() > MOST_RULES {
        return None;
    }
    let mut branches = Vec::with_capacity(plan.definitions.len());
    for definition in &plan.definitions {
        let [branch] = definition.branches.as_slice() else { return None };
        if definition.has_effects || !branch.keys.is_empty() || !branch.block.iter().all(is_flat) {
            return None;
        }
        branches.push(branch);
    }
    let (first, others) = branches.split_first()?;
    // Several rules are one if all of them say the same: then the first that holds is enough.
    if !others.is_empty()
        && (!matches!(first.value, Expr::Const(_)) || others.iter().any(|other| other.value != first.value))
    {
        return None;
    }
    let mut weight = Weight { size: 0, is_plain: true };
    branches.iter().for_each(|branch| weight.piece(Piece::Block(&branch.block)));
    weight.piece(Piece::Expr(&first.value));
    let Weight { size, is_plain } = weight;
    let is_condition = || is_plain && matches!(&first.value, Expr::Const(Constant::Scalar(Const::Bool(true))));
    if arguments == 0 && (size > LARGEST_CONDITION || !is_condition()) {
        return None;
    }
    (size <= LARGEST).then(|| Template {
        arguments: arguments as u32,
        slots: plan.definitions.iter().map(|definition| definition.slots).max().unwrap_or_default(),
        block: either(&branches),
        value: first.value.clone(),
        size,
        is_plain,
    })
}

/// A block that has an answer if one of several has.
fn either(branches: &[&Branch]) -> Block {
    match branches {
        [] => vec![Step::Fail],
        [branch] => branch.block.clone(),
        [branch, others @ ..] => vec![Step::Either(branch.block.clone(), either(others))],
    }
}

/// Whether a step can be part of a copy: there is one answer at most.
fn is_flat(step: &Step) -> bool {
    matches!(
        step,
        Step::Bind(..)
            | Step::Test(_)
            | Step::Not(_)
            | Step::Exists(_)
            | Step::Either(..)
            | Step::Every { .. }
            | Step::Plain { .. }
            | Step::Fired(_)
    )
}

/// How much a function does.
struct Weight {
    size: usize,
    is_plain: bool,
}

impl Weight {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Expr(expr) => {
                self.size += 1;
                if let Expr::Const(Constant::Object(entries)) = expr {
                    self.size += entries.len() / 4;
                }
                self.is_plain &= !matches!(expr, Expr::Call { .. } | Expr::Comprehension(_) | Expr::Data(..));
                pieces_of_expr(expr, &mut |piece| self.piece(piece));
            }
            Piece::Block(block) => {
                for step in block {
                    // A function is copied or not whether it is observed or not.
                    self.size += usize::from(!matches!(step, Step::Fired(_)));
                    self.is_plain &= is_flat(step) && !matches!(step, Step::Every { .. } | Step::Plain { .. });
                    pieces_of_step(step, &mut |piece| self.piece(piece));
                }
            }
        }
    }
}

/// Shows the documents that are called or read, and whether that stands beside a copy: where functions are replaced, the
/// call stays one.
fn each_call(piece: Piece<'_>, is_copied: bool, show: &mut dyn FnMut(DocumentId, bool)) {
    match piece {
        Piece::Expr(expr) => {
            if let Expr::Call { function: Function::Document(document), .. } | Expr::Document(document, _) = expr {
                show(*document, is_copied);
            }
            pieces_of_expr(expr, &mut |piece| each_call(piece, is_copied, show));
        }
        Piece::Block(block) => block.iter().for_each(|step| match step {
            Step::Plain { quick, slow } => {
                each_call(Piece::Block(quick), is_copied, show);
                each_call(Piece::Block(slow), true, show);
            }
            step => pieces_of_step(step, &mut |piece| each_call(piece, is_copied, show)),
        }),
    }
}
