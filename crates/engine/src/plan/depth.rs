//! How deep the values of a policy can nest.
//!
//! Comparing, hashing and writing a value recurse into it, so a policy whose rules wrap one another's values thousands
//! of times would exhaust the native stack. Rego has no recursion: how many levels a document adds to what it is made
//! of is known from its plan, and a policy that adds too many is refused.

use super::{
    Block, Branch, Comprehension, Constant, Definition, DocumentPlan, Expr, Function, Modifier, QueryPlan, Slot, Step,
    Tree,
};
use crate::builtins::Builtin;
use smallvec::SmallVec;
use solon_syntax::{Diagnostic, Span};

/// The most levels that a document or a query may add to the input and the base documents.
pub(crate) const MAX: u32 = 1000;

/// Levels that each document adds. `order` has those that a document asks for before it; a document that adds too many
/// is an error.
pub fn check(
    tree: &Tree,
    plans: &[DocumentPlan],
    order: &[u32],
    has_cycle: bool,
    spans: &[Span],
    errors: &mut Vec<Diagnostic>,
) -> Vec<u32> {
    let mut known = vec![0; plans.len()];
    let mut deepest = 0;
    measure_all(tree, plans, order, spans, &mut known, &mut deepest, errors);
    if has_cycle && errors.is_empty() {
        // Whatever paths lead to, none is gone twice: together they add no more than each by itself.
        let nothing = vec![0; plans.len()];
        let each = plans.iter().zip(&tree.documents);
        let total = each.map(|(plan, place)| of_document(plan, &nothing, 0).saturating_add(place.path.len() as u32));
        let total = total.fold(0_u32, u32::saturating_add);
        if total > MAX {
            errors.push(too_deep(spans.first().copied().unwrap_or_default()));
        }
        known.fill(total);
    }
    known
}

fn measure_all(
    tree: &Tree,
    plans: &[DocumentPlan],
    order: &[u32],
    spans: &[Span],
    known: &mut [u32],
    deepest: &mut u32,
    errors: &mut Vec<Diagnostic>,
) {
    for document in order {
        let at = *document as usize;
        let (Some(plan), Some(place)) = (plans.get(at), tree.documents.get(at)) else { continue };
        let levels = of_document(plan, known, *deepest);
        if levels > MAX {
            errors.push(too_deep(spans.get(at).copied().unwrap_or_default()));
            return;
        }
        if let Some(own) = known.get_mut(at) {
            *own = levels;
        }
        *deepest = (*deepest).max(levels + place.path.len() as u32);
    }
}

/// Fails for a query that adds too many levels to what documents add.
pub fn check_query(tree: &Tree, query: &QueryPlan, known: &[u32], errors: &mut Vec<Diagnostic>) {
    let all = known.iter().zip(&tree.documents).map(|(levels, document)| levels + document.path.len() as u32);
    let mut measure = Measure::new(known, all.max().unwrap_or_default());
    measure.block(&query.block);
    if measure.most(&query.row) > MAX {
        errors.push(too_deep(query.expressions.first().copied().unwrap_or_default()));
    }
}

fn too_deep(span: Span) -> Diagnostic {
    let message = format!("values nest more than {MAX} levels deep");
    Diagnostic::new("rego_compile_error", span, message).with_hint("put values into one another in fewer steps")
}

fn of_document(plan: &DocumentPlan, known: &[u32], deepest: u32) -> u32 {
    let definitions = plan.definitions.iter().chain(&plan.default);
    definitions.map(|definition| of_definition(definition, known, deepest)).max().unwrap_or(0)
}

fn of_definition(definition: &Definition, known: &[u32], deepest: u32) -> u32 {
    let mut measure = Measure::new(known, deepest);
    definition.branches.iter().map(|branch| of_branch(branch, &mut measure)).max().unwrap_or(0)
}

/// No branch reads slots that another one fills.
fn of_branch(branch: &Branch, measure: &mut Measure<'_>) -> u32 {
    measure.world = 0;
    measure.block(&branch.block);
    let keys = branch.keys.len() as u32 + u32::from(branch.is_set);
    measure.most(&branch.keys).max(measure.expr(&branch.value)).saturating_add(keys)
}

struct Measure<'k> {
    known: &'k [u32],
    /// The most that any document adds, its path included.
    deepest: u32,
    /// By slot what has been bound; a function's arguments count as nothing here, and where it is called.
    slots: SmallVec<[u32; 16]>,
    /// Levels that `with` has added to what documents see.
    world: u32,
}

impl<'k> Measure<'k> {
    fn new(known: &'k [u32], deepest: u32) -> Self {
        Measure { known, deepest, slots: SmallVec::new(), world: 0 }
    }

    /// Steps in order. Slots that nested blocks fill stay known: they are not filled again.
    fn block(&mut self, block: &Block) {
        for step in block {
            match step {
                Step::Bind(slot, value) => {
                    let depth = self.expr(value);
                    self.fill(*slot, depth);
                }
                Step::Plain { quick, slow } => {
                    self.block(quick);
                    self.block(slow);
                }
                // A test binds nothing.
                Step::Test(_) | Step::Fail | Step::Fired(_) => {}
                Step::Loop { collection, key, value, body, .. } => {
                    self.elements(collection, key.iter().chain(value));
                    self.block(body);
                }
                Step::Every { collection, key, value, body } => {
                    self.elements(collection, key.iter().chain([value]));
                    self.block(body);
                }
                Step::DataLoop { body, .. } | Step::Not(body) | Step::Exists(body) => self.block(body),
                Step::Either(left, right) => {
                    self.block(left);
                    self.block(right);
                }
                Step::With { modifiers, body } => {
                    let depth = modifiers.iter().map(|modifier| self.modifier(modifier)).max().unwrap_or(0);
                    self.world = self.world.max(depth);
                    self.block(body);
                }
                // What was replaced stays counted: at most too much is.
                Step::Outside(body) => self.block(body),
                Step::Alternatives(rests) => rests.iter().for_each(|(_, rest)| self.block(rest)),
            }
        }
    }

    fn fill(&mut self, Slot(slot): Slot, depth: u32) {
        let slot = slot as usize;
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, 0);
        }
        if let Some(known) = self.slots.get_mut(slot) {
            *known = depth;
        }
    }

    fn elements<'s>(&mut self, collection: &Expr, slots: impl Iterator<Item = &'s Slot>) {
        let depth = self.expr(collection);
        slots.for_each(|slot| self.fill(*slot, depth));
    }

    fn modifier(&mut self, modifier: &Modifier) -> u32 {
        match modifier {
            Modifier::Input(path, value) | Modifier::Data(path, value) => {
                self.expr(value).saturating_add(path.len() as u32)
            }
            Modifier::Function(_, value) => self.expr(value),
            // The function that stands in is called with the same arguments.
            Modifier::Redirect(_, Function::Document(document)) => self.document(document.0),
            Modifier::Redirect(_, Function::Builtin(builtin)) => of_builtin(builtin),
        }
    }

    fn document(&self, document: u32) -> u32 {
        self.known.get(document as usize).copied().unwrap_or(0).saturating_add(self.world)
    }

    fn most(&mut self, exprs: &[Expr]) -> u32 {
        exprs.iter().map(|expr| self.expr(expr)).max().unwrap_or(0)
    }

    fn expr(&mut self, expr: &Expr) -> u32 {
        match expr {
            Expr::Const(constant) => of_constant(constant),
            Expr::Slot(slot) => self.slots.get(slot.0 as usize).copied().unwrap_or(0),
            Expr::Input | Expr::BaseData => self.world,
            Expr::Path(base, _) | Expr::Stored(base) | Expr::Index(base, _) => self.expr(base),
            Expr::Document(document, _) | Expr::Named(document, _) | Expr::Fixed(document, _) => {
                self.document(document.0)
            }
            Expr::Data(..) => self.deepest.saturating_add(self.world),
            Expr::Call { function: Function::Document(document), args, .. } => {
                self.most(args).saturating_add(self.document(document.0))
            }
            Expr::Call { function: Function::Builtin(builtin), args, .. } => {
                self.most(args).saturating_add(of_builtin(builtin))
            }
            Expr::Walk { root, has_paths, .. } => self.expr(root).saturating_add(1 + u32::from(*has_paths)),
            Expr::WalkPath(walk, _) => self.expr(walk),
            Expr::Array(items) | Expr::Set(items) => self.most(items).saturating_add(1),
            Expr::Object(entries) => {
                let most = entries.iter().map(|(key, value)| self.expr(key).max(self.expr(value))).max();
                most.unwrap_or(0).saturating_add(1)
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension).saturating_add(1),
            Expr::Undefined => 0,
        }
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> u32 {
        self.block(&comprehension.block);
        let key = comprehension.key.as_ref().map_or(0, |key| self.expr(key));
        key.max(self.expr(&comprehension.value))
    }
}

/// Levels that a builtin adds to its arguments. Most give scalars, or parts of their arguments on the level where these
/// were; what reads a text, and `json.patch`, have a limit of their own.
pub(crate) fn of_builtin(builtin: &Builtin) -> u32 {
    match builtin.name {
        "walk" => 2,
        "graph.reachable_paths" => 1,
        _ => 0,
    }
}

fn of_constant(constant: &Constant) -> u32 {
    match constant {
        Constant::Scalar(_) => 0,
        Constant::Array(items) | Constant::Set(items) => items.iter().map(of_constant).max().unwrap_or(0) + 1,
        Constant::Object(entries) => {
            entries.iter().map(|(key, value)| of_constant(key).max(of_constant(value))).max().unwrap_or(0) + 1
        }
    }
}
