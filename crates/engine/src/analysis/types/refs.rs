//! Lookups: whether there is anything at them, and of what type.

use super::checker::{Checker, Place, Slotted};
use super::problem::RefProblem;
use super::tree::{NodeId, Tree};
use crate::hir::{Body, Head, Literal, LiteralKind, Ref, Replacement, Term};
use crate::types::{Key, Type};
use smallvec::SmallVec;
use std::sync::{Arc, LazyLock};

/// The names of the root documents.
pub(super) static INPUT: LazyLock<Key> = LazyLock::new(|| Key::from("input"));
pub(super) static DATA: LazyLock<Key> = LazyLock::new(|| Key::from("data"));

/// A step of a lookup.
#[derive(Clone, Debug)]
pub(super) enum Step<'r> {
    /// A scalar, or the name of a root document.
    Known(Key),
    /// What has a type that may have to be inferred.
    Place(Place),
    /// A collection.
    Collection(&'r Term),
}

/// The steps of a lookup, of which few have more.
type Steps<'r> = SmallVec<[Step<'r>; 6]>;

impl<'h> Checker<'h> {
    /// The type at a lookup; unknown where nothing can be.
    pub(super) fn type_of_ref(&self, reference: &Ref) -> Type {
        if self.is_open_input(reference) {
            return Type::Any;
        }
        let steps = self.steps(reference);
        match &reference.head {
            Head::Input | Head::Data => self.type_below(0, &steps),
            Head::Term(head) => select(self.type_of_head(head), steps.get(1..).unwrap_or_default()),
        }
    }

    /// The type of a function that rules define.
    pub(super) fn type_of_rule(&self, path: &[Arc<str>]) -> Type {
        let root = Step::Known(DATA.clone());
        let steps = path.iter().map(|step| Step::Known(Key::String(step.clone())));
        self.type_below(0, &std::iter::once(root).chain(steps).collect::<Steps<'_>>())
    }

    /// The type of what a lookup is in. OPA knows nothing of scalars there.
    fn type_of_head(&self, head: &Term) -> Type {
        if matches!(head, Term::Const(_)) {
            return Type::Unknown;
        }
        self.head_place(head).map_or_else(|| self.type_of(head), |place| self.place_type(place))
    }

    pub(super) fn steps<'r>(&self, reference: &'r Ref) -> Steps<'r> {
        let head = match &reference.head {
            Head::Input => Step::Known(INPUT.clone()),
            Head::Data => Step::Known(DATA.clone()),
            Head::Term(head) => self.head_place(head).map_or(Step::Collection(head), Step::Place),
        };
        let operands = reference.operands.iter().map(|operand| match (self.place(operand), operand) {
            (Some(place), _) => Step::Place(place),
            (None, Term::Const(value)) => Step::Known(value.key()),
            (None, operand) => Step::Collection(operand),
        });
        std::iter::once(head).chain(operands).collect()
    }

    /// The tree of a layer: those that hide others come first.
    fn layer(&self, layer: usize) -> Option<&Tree> {
        match self.overlays.len().checked_sub(layer + 1) {
            Some(index) => self.overlays.get(index).map(|tree| &**tree),
            None => (layer == self.overlays.len()).then_some(&self.environment.tree),
        }
    }

    /// The type of what is at a path below a root document, as the layers from this one on know it.
    pub(super) fn type_below(&self, layer: usize, steps: &[Step<'_>]) -> Type {
        for layer in layer..=self.overlays.len() {
            if let Some(found) = self.layer(layer).and_then(|tree| type_in(tree, steps)) {
                return found;
            }
        }
        Type::Any
    }

    /// Checks the lookups in a term, those that have a slot aside.
    pub(super) fn check_refs(&mut self, term: &'h Term) {
        match term {
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
            Term::Ref(reference) => {
                if self.place(term).is_none() {
                    self.check_ref(reference);
                }
            }
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| self.check_refs(item)),
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.check_refs(key);
                self.check_refs(value);
            }),
        }
    }

    /// Whether a lookup is in an input of which nothing is known, as it is without schemas.
    fn is_open_input(&self, reference: &Ref) -> bool {
        matches!(reference.head, Head::Input)
            && !self.knows_input
            && !self.overlays.iter().any(|tree| tree.knows_input())
    }

    fn check_ref(&mut self, reference: &'h Ref) {
        if self.is_open_input(reference) {
            for operand in &reference.operands {
                // A variable that nothing is known of may be anything; everything else is right.
                let is_new = |place| matches!(self.place_type(place), Type::Unknown);
                match self.place(operand) {
                    Some(place) if is_new(place) => self.infer_place(place, Type::Any),
                    None if !matches!(operand, Term::Const(_)) => {
                        self.infer(operand, &Type::Any, false);
                    }
                    _ => {}
                }
            }
            return;
        }
        let steps = self.steps(reference);
        let kind = self.type_of_ref(reference);
        let result = match (&reference.head, kind) {
            (_, have @ Type::Function(_)) => Err(RefProblem::Function { have }),
            (Head::Input | Head::Data, _) => self.walk(0, Tree::ROOT, &steps, 0),
            (Head::Term(head), _) => match self.type_of_head(head) {
                Type::Unknown => self.select_steps(Type::Any, &steps, 0),
                kind => self.select_steps(kind, &steps, 1),
            },
        };
        if let Err(problem) = result {
            let problem = self.ref_problem(reference, problem);
            self.found.push(problem);
        }
    }

    /// Follows the steps of a lookup from `index` on through the tree of a layer.
    fn walk(&mut self, layer: usize, node: NodeId, steps: &[Step<'_>], index: usize) -> Result<(), RefProblem> {
        let Some(step) = steps.get(index) else { return Ok(()) };
        let Some(tree) = self.layer(layer) else { return Ok(()) };
        let below = |tree: &Tree| tree.steps(node);
        // Packages and the first names of rules are strings.
        if matches!(index, 1 | 2) && !matches!(step, Step::Place(_) | Step::Known(Key::String(_))) {
            let one_of = below(tree);
            let have = Some(self.type_of_step(step)).filter(|kind| !matches!(kind, Type::Unknown));
            return Err(RefProblem::Step { position: index, have, want: Some(Type::String), one_of });
        }
        if let Step::Place(place) = step
            && index > 0
        {
            let keys = tree.extent(node).keys();
            match self.place_type(*place) {
                Type::Unknown => self.infer_place(*place, keys),
                exist if !self.unifier.unifies(&keys, &exist) => {
                    let one_of = self.layer(layer).map(below).unwrap_or_default();
                    return Err(RefProblem::Step { position: index, have: Some(exist), want: Some(keys), one_of });
                }
                _ => {}
            }
        }
        let Some(tree) = self.layer(layer) else { return Ok(()) };
        let child = match step {
            Step::Known(key) => tree.child(node, key),
            _ => None,
        };
        if let Some(child) = child {
            return match tree.kind(child).cloned() {
                Some(kind) => self.select_steps(kind, steps, index + 1),
                None => self.walk(layer, child, steps, index + 1),
            };
        }
        if layer < self.overlays.len() {
            return self.walk(layer + 1, Tree::ROOT, steps, 0);
        }
        // Base documents: anything may be there.
        self.select_steps(Type::Any, steps, 1)
    }

    fn type_of_step(&self, step: &Step<'_>) -> Type {
        match step {
            Step::Known(key) => key.kind(),
            Step::Place(place) => self.place_type(*place),
            Step::Collection(term) => self.type_of(term),
        }
    }

    /// Follows the steps of a lookup from `index` on into a document of a type.
    fn select_steps(&mut self, mut kind: Type, steps: &[Step<'_>], index: usize) -> Result<(), RefProblem> {
        for (position, step) in steps.iter().enumerate().skip(index) {
            if kind.is_empty_collection() {
                return self.select_nothing(&kind, step, position);
            }
            let keys = kind.keys();
            if matches!(keys, Type::Unknown) {
                return Err(RefProblem::Scalar { position: position.saturating_sub(1), have: kind });
            }
            kind = match step {
                Step::Place(place) => {
                    match self.place_type(*place) {
                        Type::Unknown => self.infer_place(*place, keys),
                        exist if !self.unifier.unifies(&exist, &keys) => {
                            let one_of = kind.known_keys();
                            return Err(RefProblem::Step { position, have: Some(exist), want: Some(keys), one_of });
                        }
                        _ => {}
                    }
                    kind.values()
                }
                Step::Collection(term) => {
                    if !self.infer(term, &keys, false) {
                        let have = Some(self.type_of(term));
                        return Err(RefProblem::Step { position, have, want: Some(keys), one_of: Vec::new() });
                    }
                    kind.values()
                }
                Step::Known(key) => match kind.select(key) {
                    Type::Unknown => {
                        let one_of = kind.known_keys();
                        return Err(RefProblem::Step { position, have: None, want: Some(keys), one_of });
                    }
                    found => found,
                },
            };
        }
        Ok(())
    }

    /// A step into a collection with nothing in it: nothing can be at a constant key; going through it is no mistake.
    fn select_nothing(&mut self, kind: &Type, step: &Step<'_>, position: usize) -> Result<(), RefProblem> {
        match step {
            Step::Known(_) => Err(RefProblem::Step { position, have: None, want: None, one_of: Vec::new() }),
            Step::Place(place) => match (self.place_type(*place), kind.keys()) {
                (Type::Unknown, _) => {
                    self.infer_place(*place, Type::Any);
                    Ok(())
                }
                (exist, keys) if !matches!(keys, Type::Unknown) && !self.unifier.unifies(&exist, &keys) => {
                    Err(RefProblem::Step { position, have: Some(exist), want: Some(keys), one_of: Vec::new() })
                }
                _ => Ok(()),
            },
            Step::Collection(_) => Ok(()),
        }
    }

    /// Checks the lookups in a body whose literals are not checked otherwise: OPA looks at no more in `every`, in
    /// bodies of `not`, in `and` and `or`.
    pub(super) fn scan(&mut self, body: &'h Body) {
        body.iter().for_each(|literal| self.scan_literal(literal));
    }

    fn scan_literal(&mut self, literal: &'h Literal) {
        match &literal.kind {
            LiteralKind::Truthy(term) => self.scan_top(&[term]),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => self.scan_top(&[left, right]),
            LiteralKind::Call { call, output } => {
                call.args.iter().for_each(|arg| self.scan_term(arg));
                self.scan_top(&output.iter().collect::<Vec<_>>());
            }
            LiteralKind::Not { body, .. } => self.scan(body),
            LiteralKind::Every { domain, body, .. } => {
                self.scan_term(domain);
                self.scan(body);
            }
            LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                self.scan(left);
                self.scan(right);
            }
            LiteralKind::With { modifiers, body } => {
                for modifier in modifiers {
                    if let Replacement::Term(value) = &modifier.value {
                        self.scan_term(value);
                    }
                }
                self.scan(body);
            }
        }
    }

    /// Checks the lookups in terms; those that are the terms themselves after those inside.
    fn scan_top(&mut self, terms: &[&'h Term]) {
        for term in terms {
            match term {
                Term::Ref(reference) => self.scan_inside(reference),
                term => self.scan_term(term),
            }
        }
        terms.iter().for_each(|term| self.check_refs(term));
    }

    fn scan_inside(&mut self, reference: &'h Ref) {
        if let Head::Term(head) = &reference.head
            && !matches!(head, Term::Var(_))
        {
            self.scan_term(head);
            self.add_slot(Slotted::Head(head), Type::Unknown);
        }
        reference.operands.iter().for_each(|operand| self.scan_term(operand));
    }

    /// Checks the lookups in a term, which OPA has given variables that nothing infers.
    fn scan_term(&mut self, term: &'h Term) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                self.scan_inside(reference);
                self.check_refs(term);
                self.add_slot(Slotted::Ref(reference), Type::Unknown);
            }
            Term::Comprehension(comprehension) => {
                self.add_slot(Slotted::Comprehension(comprehension), Type::Unknown);
            }
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| self.scan_term(item)),
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.scan_term(key);
                self.scan_term(value);
            }),
        }
    }
}

/// The type at a path as a tree knows it; `None` if it does not know the path.
fn type_in(tree: &Tree, steps: &[Step<'_>]) -> Option<Type> {
    let mut at = Tree::ROOT;
    for (index, step) in steps.iter().enumerate() {
        let rest = steps.get(index..).unwrap_or_default();
        let key = match step {
            Step::Known(key) => Some(key.clone()),
            Step::Collection(term) => term.key(),
            Step::Place(_) => None,
        };
        let child = key.as_ref().and_then(|key| tree.child(at, key));
        if let Some(kind) = tree.kind(at)
            && child.is_none()
        {
            return Some(select(kind.clone(), rest));
        }
        if key.is_none() {
            return Some(select(tree.extent(at), rest));
        }
        at = child?;
    }
    Some(tree.extent(at))
}

/// The type at a path into a document.
fn select(mut kind: Type, steps: &[Step<'_>]) -> Type {
    for step in steps {
        kind = match step {
            _ if matches!(kind, Type::Unknown) => return kind,
            Step::Known(key) => kind.select(key),
            // Going through nothing says nothing.
            _ if kind.is_empty_collection() => return Type::Any,
            _ => kind.values(),
        };
    }
    kind
}
