//! The planner's state, and blocks under construction.

use super::{Block, Expr, Modifier, Slot, Step, Tree};
use crate::hir::lower::Functions;
use crate::hir::{Body, Locals, Var};
use smallvec::{SmallVec, smallvec};
use solon_syntax::{Diagnostic, Span};

/// What can be opened around the rest of a block.
pub(super) enum Opening {
    Loop { collection: Expr, key: Option<Slot>, value: Option<Slot> },
    DataLoop { path: Vec<Expr>, key: Slot },
    With(Vec<Modifier>),
    Outside,
}

/// A block under construction: steps, inside of what has been opened so far.
#[derive(Default)]
pub(super) struct Builder {
    /// Steps outside of the last opening, with that opening.
    outer: Vec<(Block, Opening)>,
    steps: Block,
}

impl Builder {
    /// For a block of about so many steps.
    pub(super) fn with_capacity(steps: usize) -> Self {
        Builder { outer: Vec::new(), steps: Block::with_capacity(steps) }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub(super) fn open(&mut self, opening: Opening) {
        self.outer.push((std::mem::take(&mut self.steps), opening));
    }

    /// Whether nothing that can run several times has been opened.
    pub(super) fn is_flat(&self) -> bool {
        self.outer.iter().all(|(_, opening)| matches!(opening, Opening::With(_) | Opening::Outside))
    }

    pub(super) fn finish(mut self) -> Block {
        let mut body = self.steps;
        while let Some((mut steps, opening)) = self.outer.pop() {
            steps.push(match opening {
                Opening::Loop { collection, key, value } => Step::Loop { collection, key, value, filter: None, body },
                Opening::DataLoop { path, key } => Step::DataLoop { path, key, body },
                Opening::With(modifiers) => Step::With { modifiers, body },
                Opening::Outside => Step::Outside(body),
            });
            body = steps;
        }
        body
    }
}

/// Plans one definition or query.
pub(super) struct Planner<'p> {
    pub(super) functions: &'p Functions,
    pub(super) tree: &'p Tree,
    pub(super) locals: &'p Locals,
    pub(super) errors: &'p mut Vec<Diagnostic>,
    /// Where each variable that is bound is.
    slots: SmallVec<[Option<Slot>; 16]>,
    /// Variables in the order they were bound.
    trail: SmallVec<[Var; 16]>,
    next: u32,
    /// Whether something with effects is called.
    pub(super) has_effects: bool,
}

impl<'p> Planner<'p> {
    /// A planner for the variables of `locals`, with `arguments` slots taken.
    pub(super) fn new(
        functions: &'p Functions,
        tree: &'p Tree,
        locals: &'p Locals,
        arguments: usize,
        errors: &'p mut Vec<Diagnostic>,
    ) -> Self {
        let slots = smallvec![None; locals.len()];
        Planner {
            functions,
            tree,
            locals,
            errors,
            slots,
            trail: SmallVec::new(),
            next: arguments as u32,
            has_effects: false,
        }
    }

    pub(super) fn slot_count(&self) -> u32 {
        self.next
    }

    pub(super) fn new_slot(&mut self) -> Slot {
        self.next += 1;
        Slot(self.next - 1)
    }

    /// Where a variable is, if it is bound.
    pub(super) fn slot(&self, var: Var) -> Option<Slot> {
        self.slots.get(var.0 as usize).copied().flatten()
    }

    pub(super) fn set_slot(&mut self, var: Var, slot: Slot) {
        if let Some(place) = self.slots.get_mut(var.0 as usize) {
            *place = Some(slot);
            self.trail.push(var);
        }
    }

    /// Does something after which variables bound in it are unbound again.
    pub(super) fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.trail.len();
        let result = work(self);
        while self.trail.len() > mark
            && let Some(var) = self.trail.pop()
        {
            if let Some(place) = self.slots.get_mut(var.0 as usize) {
                *place = None;
            }
        }
        result
    }

    /// Adds the literals of a body.
    pub(super) fn body(&mut self, body: &Body, builder: &mut Builder) {
        for literal in body {
            self.literal(literal, builder);
        }
    }

    /// A body that only has to have an answer.
    pub(super) fn existence(&mut self, body: &Body) -> Block {
        self.scoped(|planner| {
            let mut builder = Builder::with_capacity(body.len());
            planner.body(body, &mut builder);
            builder.finish()
        })
    }

    /// The value in a slot of its own, unless it is in one.
    pub(super) fn in_slot(&mut self, value: Expr, builder: &mut Builder) -> Slot {
        match value {
            Expr::Slot(slot) => slot,
            value => {
                let slot = self.new_slot();
                builder.push(Step::Bind(slot, value));
                slot
            }
        }
    }

    pub(super) fn internal_error(&mut self, span: Span, what: &str) {
        let message = format!("internal error: {what}");
        self.errors.push(Diagnostic::new("rego_compile_error", span, message));
    }
}
