//! From plans to code.

mod block;
mod common;
mod expr;
mod gather;
mod places;
mod rule;
mod shorten;

use super::constants::{Pool, Symbols};
use super::{Function, Label, Op, Optimizations, Read, Unit};
use crate::plan::{DocumentPlan, QueryPlan, Slot, Step, Tree};
use crate::value::SymbolTable;
use common::Common;
use solon_syntax::{Diagnostic, Span};

/// Code for every document of a tree.
pub fn generate_program(
    tree: &Tree,
    plans: &[DocumentPlan],
    optimizations: Optimizations,
    symbols: &mut SymbolTable,
    errors: &mut Vec<Diagnostic>,
) -> (Unit, Vec<Function>) {
    let mut pool = Pool::new(Symbols::Policy(symbols));
    let functions = tree
        .documents
        .iter()
        .zip(plans)
        .map(|(document, plan)| {
            let mut generator = Generator::new(tree, optimizations, &mut pool);
            generator.document(document, plan);
            let span = plan.definitions.iter().chain(&plan.default).next().map_or(Span::default(), |first| first.span);
            generator.finish(span, errors)
        })
        .collect();
    (pool.finish(), functions)
}

/// Code for a query. Its strings get the symbols that the policy has.
pub fn generate_query(
    tree: &Tree,
    plan: &QueryPlan,
    symbols: &SymbolTable,
    errors: &mut Vec<Diagnostic>,
) -> (Unit, Function) {
    let mut pool = Pool::new(Symbols::Query(symbols));
    let mut generator = Generator::new(tree, Optimizations::ALL, &mut pool);
    generator.query(plan);
    let function = generator.finish(plan.expressions.first().copied().unwrap_or_default(), errors);
    (pool.finish(), function)
}

/// Generates one function.
struct Generator<'g, 's> {
    tree: &'g Tree,
    optimizations: Optimizations,
    pool: &'g mut Pool<'s>,
    /// The document's plan; a query has none.
    plan: Option<&'g DocumentPlan>,
    /// Whether code is made for rules of a set that begin alike.
    shares_set: bool,
    /// Steps that hold wherever the index leads to the definition for which code is made.
    held: Vec<&'g Step>,
    /// Values that are looked up once for all definitions.
    common: Vec<Common<'g>>,
    function: Function,
    /// Where labels are; their operands hold numbers in this list until the end.
    labels: Vec<u32>,
    /// Registers of slots begin here, except for arguments.
    slot_base: u32,
    /// The next free register, and the most that were in use.
    next: u32,
    most: u32,
    /// Registers with the worlds outside and inside of each open `with`.
    worlds: Vec<World>,
}

#[derive(Clone, Copy)]
struct World {
    outer: u16,
    inner: u16,
}

impl<'g, 's> Generator<'g, 's> {
    fn new(tree: &'g Tree, optimizations: Optimizations, pool: &'g mut Pool<'s>) -> Self {
        Generator {
            tree,
            optimizations,
            pool,
            plan: None,
            shares_set: false,
            held: Vec::new(),
            common: Vec::new(),
            function: Function::default(),
            labels: Vec::new(),
            slot_base: 0,
            next: 0,
            most: 0,
            worlds: Vec::new(),
        }
    }

    /// Puts places for labels, and checks that the registers suffice.
    fn finish(mut self, span: Span, errors: &mut Vec<Diagnostic>) -> Function {
        if self.most > u32::from(Read::CONSTANTS) {
            let error = Diagnostic::new("rego_compile_error", span, "rule is too large");
            errors.push(error.with_hint("split it into several rules"));
        }
        shorten::shorten(&mut self.function, &self.labels);
        self.function.registers = self.most.min(u32::from(Read::CONSTANTS)) as u16;
        self.function.documents.sort_unstable();
        self.function.documents.dedup();
        self.function
    }

    fn emit(&mut self, op: Op) {
        self.function.ops.push(op);
    }

    /// Says where the instructions that follow come from.
    fn at(&mut self, span: Span) {
        self.function.spans.push((self.function.ops.len() as u32, span));
    }

    /// A label that is put later.
    fn label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        Label(self.labels.len() as u32 - 1)
    }

    fn put(&mut self, label: Label) {
        if let Some(place) = self.labels.get_mut(label.0 as usize) {
            *place = self.function.ops.len() as u32;
        }
    }

    fn here(&mut self) -> Label {
        let label = self.label();
        self.put(label);
        label
    }

    fn register(&mut self) -> u16 {
        self.registers(1)
    }

    /// Several registers in a row; gives the first.
    fn registers(&mut self, count: usize) -> u16 {
        let first = self.next;
        self.next = self.next.saturating_add(count as u32);
        self.most = self.most.max(self.next);
        first as u16
    }

    fn slot(&self, slot: Slot) -> u16 {
        let arguments = u32::from(self.function.arguments);
        (if slot.0 < arguments { slot.0 } else { slot.0 - arguments + self.slot_base }) as u16
    }

    /// Keeps registers for the slots of a definition; those it had before are free again.
    fn reserve_slots(&mut self, slots: u32) {
        let arguments = u32::from(self.function.arguments);
        self.next = self.slot_base + slots.saturating_sub(arguments);
        self.most = self.most.max(self.next);
    }

    /// Registers taken in `work` are free again after it.
    fn temporarily(&mut self, work: impl FnOnce(&mut Self)) {
        let next = self.next;
        work(self);
        self.next = next;
    }

    fn read_slot(&self, slot: Slot) -> Read {
        Read(self.slot(slot))
    }
}
