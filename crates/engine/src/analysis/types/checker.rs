//! The types that one rule or query gives its variables, and what is wrong with its literals.
//!
//! OPA checks types after it has rewritten bodies: lookups and comprehensions inside of other terms have a variable
//! and a literal of their own by then (`f(input.x)` is `t = input.x; f(t)`). Here they stay where they are, and have a
//! [`Slot`] that plays the part of the variable.

use super::again::Inferred;
use super::problem::{Problem, match_problem};
use super::tree::Tree;
use super::with::Replaced;
use crate::hir::{
    Body, Call, Callee, Comprehension, ComprehensionKind, Head, Literal, LiteralKind, Locals, Ref, Rule, Term, Var,
};
use crate::types::{Type, Unifier};
use hashbrown::HashMap;
use smallvec::{SmallVec, smallvec};
use solon_syntax::{Source, Span};
use std::sync::Arc;

/// What a term stands for whose type is inferred.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A variable.
    Var(Var),
    /// A term that has a slot, by its number.
    Slot(usize),
}

/// A lookup or comprehension that OPA gives a variable of its own.
#[derive(Debug)]
struct Slot {
    of: TermId,
    kind: Type,
    /// The slot that the same term had before.
    before: Option<usize>,
}

/// A term by its place in memory, and which kind of slot it has.
type TermId = (u8, usize);

#[derive(Clone, Copy, Debug)]
pub(super) enum Slotted<'h> {
    Ref(&'h Ref),
    Comprehension(&'h Comprehension),
    /// The collection that a lookup is in.
    Head(&'h Term),
}

impl Slotted<'_> {
    fn id(self) -> TermId {
        match self {
            Slotted::Ref(reference) => (0, std::ptr::from_ref(reference).addr()),
            Slotted::Comprehension(comprehension) => (1, std::ptr::from_ref(comprehension).addr()),
            Slotted::Head(head) => (2, std::ptr::from_ref(head).addr()),
        }
    }
}

/// What is checked.
#[derive(Clone, Copy)]
pub(super) enum Checked<'h> {
    Rule(&'h Rule),
    Query(&'h Body),
}

/// Checks one rule or query.
pub(super) struct Checker<'h> {
    pub(super) environment: &'h super::Types,
    pub(super) sources: &'h [Source],
    pub(super) unifier: &'h Unifier,
    pub(super) locals: &'h Locals,
    /// All of it, for the texts of calls in errors.
    pub(super) checked: Checked<'h>,
    /// Types that hide those of the documents at their paths, the last ones first.
    pub(super) overlays: Vec<Arc<Tree>>,
    /// What is wrong with the modifiers around the literal.
    pub(super) replaced: Replaced,
    /// Whether comprehensions are checked once more.
    pub(super) is_again: bool,
    pub(super) is_query: bool,
    /// Whether the documents' types say what `input` is like, the overlays aside.
    pub(super) knows_input: bool,
    vars: SmallVec<[Type; 8]>,
    /// How many comprehensions are around.
    nested: usize,
    /// Variables with the types they had before, for what the body of a comprehension infers.
    trail: Vec<(usize, Type)>,
    slots: Vec<Slot>,
    /// The last slot of each term that has one.
    slot_of: HashMap<TermId, usize>,
    pub(super) found: Vec<Problem>,
}

impl<'h> Checker<'h> {
    pub(super) fn new(
        environment: &'h super::Types,
        sources: &'h [Source],
        unifier: &'h Unifier,
        locals: &'h Locals,
        checked: Checked<'h>,
    ) -> Self {
        Checker {
            environment,
            sources,
            unifier,
            locals,
            checked,
            overlays: Vec::new(),
            replaced: Replaced::default(),
            is_again: false,
            is_query: false,
            knows_input: environment.tree.knows_input(),
            vars: smallvec![Type::Unknown; locals.len()],
            nested: 0,
            trail: Vec::new(),
            slots: Vec::new(),
            slot_of: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// The slot or variable that a term is.
    pub(super) fn place(&self, term: &Term) -> Option<Place> {
        match term {
            Term::Var(var) => Some(Place::Var(*var)),
            Term::Ref(reference) => self.slot(Slotted::Ref(reference)),
            Term::Comprehension(comprehension) => self.slot(Slotted::Comprehension(comprehension)),
            _ => None,
        }
    }

    /// The slot of what stands left of a lookup.
    pub(super) fn head_place(&self, head: &Term) -> Option<Place> {
        self.slot(Slotted::Head(head)).or_else(|| self.place(head))
    }

    fn slot(&self, of: Slotted<'_>) -> Option<Place> {
        if self.slots.is_empty() {
            return None;
        }
        self.slot_of.get(&of.id()).copied().map(Place::Slot)
    }

    pub(super) fn add_slot(&mut self, of: Slotted<'h>, kind: Type) {
        let of = of.id();
        let before = self.slot_of.insert(of, self.slots.len());
        self.slots.push(Slot { of, kind, before });
    }

    /// Forgets all slots but the first ones.
    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn truncate_slots(&mut self, count: usize) {
        while self.slots.len() > count
            && let Some(Slot { of, before, .. }) = self.slots.pop()
        {
            match before {
                Some(before) => self.slot_of.insert(of, before),
                None => self.slot_of.remove(&of),
            };
        }
    }

    /// The type of a place; unknown before something is inferred.
    pub(super) fn place_type(&self, place: Place) -> Type {
        let found = match place {
            Place::Var(var) => self.vars.get(var.0 as usize),
            Place::Slot(number) => self.slots.get(number).map(|slot| &slot.kind),
        };
        found.cloned().unwrap_or(Type::Unknown)
    }

    /// Gives a place a type.
    pub(super) fn infer_place(&mut self, place: Place, kind: Type) {
        match place {
            Place::Var(var) => {
                let index = var.0 as usize;
                if let Some(slot) = self.vars.get_mut(index) {
                    let before = std::mem::replace(slot, kind);
                    if self.nested > 0 {
                        self.trail.push((index, before));
                    }
                }
            }
            Place::Slot(number) => {
                if let Some(slot) = self.slots.get_mut(number) {
                    slot.kind = kind;
                }
            }
        }
    }

    /// The type of a term, as far as it is known.
    pub(super) fn type_of(&self, term: &Term) -> Type {
        if let Some(place) = self.place(term) {
            return self.place_type(place);
        }
        match term {
            Term::Const(value) => value.kind(),
            Term::Array(items) => Type::tuple(items.iter().map(|item| self.type_of(item)).collect()),
            Term::Set(items) => Type::set(Type::all(items.iter().map(|item| self.type_of(item)))),
            Term::Object(entries) => {
                let mut fields = Vec::with_capacity(entries.len());
                let mut rest = None;
                for (key, value) in entries {
                    match key.key() {
                        Some(key) => fields.push((key, self.type_of(value))),
                        None => rest = Some((self.type_of(key), self.type_of(value))),
                    }
                }
                Type::new_object(fields, rest)
            }
            Term::Ref(reference) => self.type_of_ref(reference),
            Term::Var(_) | Term::Comprehension(_) => Type::Unknown,
        }
    }

    /// Checks the literals of a body in order.
    pub(super) fn body(&mut self, body: &'h Body) {
        for literal in body {
            let slots = self.slots.len();
            self.literal(literal, literal.span);
            self.truncate_slots(slots);
        }
    }

    /// Checks a literal; `span` is where it begins, a `not` before it included.
    fn literal(&mut self, literal: &'h Literal, span: Span) {
        match &literal.kind {
            LiteralKind::Truthy(term) => {
                self.hoist_inside(term, span);
                self.step(&[term], &[], |_| None);
            }
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => self.equation(left, right, span),
            LiteralKind::Call { call: Call { callee: Callee::Builtin(builtin), args, .. }, output: None }
                if builtin.name == "equal" && !self.is_query =>
            {
                if let [left, right] = args.as_slice() {
                    self.equation(left, right, span);
                }
            }
            LiteralKind::Call { call, output } => self.call(call, output.as_ref(), literal.span, span),
            LiteralKind::Not { body, is_scoped: false, .. } => {
                body.iter().for_each(|literal| self.literal(literal, span))
            }
            LiteralKind::Not { body, .. } => self.step(&[], &[body], |_| None),
            LiteralKind::Every { domain, body, .. } => {
                self.hoist_inside(domain, span);
                self.step(&[domain], &[], |_| None);
                // OPA gives it to a variable.
                if let Some(place) = self.place(domain)
                    && matches!(self.place_type(place), Type::Unknown)
                {
                    self.infer_place(place, Type::Any);
                }
                self.step(&[], &[body], |_| None);
            }
            LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                self.step(&[], &[left, right], |_| None)
            }
            LiteralKind::With { modifiers, body } => self.with(modifiers, body),
        }
    }

    /// `left = right`.
    fn equation(&mut self, left: &'h Term, right: &'h Term, span: Span) {
        self.hoist_inside(left, span);
        self.hoist_inside(right, span);
        self.step(&[left, right], &[], |checker| {
            let (left_type, right_type) = (checker.type_of(left), checker.type_of(right));
            // A comprehension that is a side itself has no variable of its own.
            let variable = |side: &Term| checker.place(side).filter(|_| !matches!(side, Term::Comprehension(_)));
            let variables = [variable(left), variable(right)];
            let fits = checker.equate_sides(left, &left_type, right, &right_type, variables);
            (!fits).then(|| match_problem(span, &left_type, &right_type))
        });
    }

    /// A call in a literal that is at `place`, and begins with `span`. Where the output is the other side of an equality,
    /// OPA has a literal for each.
    fn call(&mut self, call: &'h Call, output: Option<&'h Term>, place: Span, span: Span) {
        let callee = &call.callee;
        call.args.iter().for_each(|arg| self.hoist(arg, span));
        let is_equation = call.span != place;
        if let Some(output) = output.filter(|_| !is_equation) {
            self.hoist(output, span);
        }
        let args: SmallVec<[&Term; 4]> = call.args.iter().chain(output.filter(|_| !is_equation)).collect();
        let Some(output) = output.filter(|_| is_equation) else {
            return self.step(&args, &[], |checker| checker.check_call(callee, &args, span, None));
        };
        let mut result = Type::Unknown;
        self.step(&args, &[], |checker| checker.check_call(callee, &args, call.span, Some(&mut result)));
        self.hoist_inside(output, span);
        let is_left = call.span.start == place.start && call.span.end < place.end;
        self.step(&[output], &[], |checker| {
            let output_type = checker.type_of(output);
            let fits = checker.equate_with_result(output, &output_type, &result, is_left);
            (!fits).then(|| {
                let (left, right) = if is_left { (&result, &output_type) } else { (&output_type, &result) };
                match_problem(span, left, right)
            })
        });
    }

    /// One literal as OPA has it: first what is wrong in its comprehensions, then in its refs, then with it itself.
    pub(super) fn step(
        &mut self,
        terms: &[&'h Term],
        bodies: &[&'h Body],
        check: impl FnOnce(&mut Self) -> Option<Problem>,
    ) {
        let before = self.found.len();
        terms.iter().for_each(|term| self.closures_of_term(term, before));
        bodies.iter().for_each(|body| self.closures_of_body(body, before));
        terms.iter().for_each(|term| self.check_refs(term));
        bodies.iter().for_each(|body| self.scan(body));
        let has_others = self.found.len() > before;
        let problem = self.replaced.problem.clone().or_else(|| check(self));
        self.found.extend(problem.filter(|problem| !(has_others && problem.has_unknown)));
    }

    /// Gives every lookup and comprehension in a term a slot, itself included.
    pub(super) fn hoist(&mut self, term: &'h Term, span: Span) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                self.hoist_inside(term, span);
                self.step(&[term], &[], |_| None);
                let kind = self.type_of_ref(reference);
                self.add_slot(Slotted::Ref(reference), if kind.is_unknown() { Type::Any } else { kind });
            }
            // Its slot comes with the check of it.
            Term::Comprehension(_) => self.step(&[term], &[], |_| None),
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| self.hoist(item, span)),
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.hoist(key, span);
                self.hoist(value, span);
            }),
        }
    }

    /// Gives every lookup and comprehension inside of a term a slot; a lookup or comprehension itself stays.
    pub(super) fn hoist_inside(&mut self, term: &'h Term, span: Span) {
        match term {
            Term::Ref(reference) => {
                if let Head::Term(head) = &reference.head {
                    self.hoist_head(head, span);
                }
                reference.operands.iter().for_each(|operand| self.hoist(operand, span));
            }
            Term::Comprehension(_) => {}
            term => self.hoist(term, span),
        }
    }

    /// Gives the collection that a lookup is in a slot.
    fn hoist_head(&mut self, head: &'h Term, span: Span) {
        if matches!(head, Term::Var(_) | Term::Const(_)) {
            return;
        }
        self.hoist_inside(head, span);
        self.step(&[head], &[], |_| None);
        // The variable takes what is known of the collection, and variables in it of which nothing is known may be
        // anything.
        if matches!(head, Term::Array(_) | Term::Object(_)) && self.type_of(head).is_unknown() {
            self.infer(head, &Type::Any, false);
        }
        let kind = self.type_of(head);
        self.add_slot(Slotted::Head(head), kind);
    }

    /// Checks the comprehensions in a term that have no slot yet. Of several with errors the last one's count, as in
    /// OPA; `before` is how many there were before the literal.
    fn closures_of_term(&mut self, term: &'h Term, before: usize) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) if self.slot(Slotted::Ref(reference)).is_none() => {
                if let Head::Term(head) = &reference.head
                    && self.head_place(head).is_none()
                {
                    self.closures_of_term(head, before);
                }
                reference.operands.iter().for_each(|operand| self.closures_of_term(operand, before));
            }
            Term::Ref(_) => {}
            Term::Array(items) | Term::Set(items) => {
                items.iter().for_each(|item| self.closures_of_term(item, before));
            }
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.closures_of_term(key, before);
                self.closures_of_term(value, before);
            }),
            Term::Comprehension(comprehension) => {
                if self.slot(Slotted::Comprehension(comprehension)).is_none() {
                    self.comprehension(comprehension, before);
                }
            }
        }
    }

    /// Checks the comprehensions in a body whose literals are not checked.
    fn closures_of_body(&mut self, body: &'h Body, before: usize) {
        for literal in body {
            match &literal.kind {
                LiteralKind::Truthy(term) => self.closures_of_term(term, before),
                LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                    self.closures_of_term(left, before);
                    self.closures_of_term(right, before);
                }
                LiteralKind::Call { call, output } => {
                    call.args.iter().chain(output).for_each(|term| self.closures_of_term(term, before));
                }
                LiteralKind::Not { body, .. } | LiteralKind::With { body, .. } => self.closures_of_body(body, before),
                LiteralKind::Every { domain, body, .. } => {
                    self.closures_of_term(domain, before);
                    self.closures_of_body(body, before);
                }
                LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                    self.closures_of_body(left, before);
                    self.closures_of_body(right, before);
                }
            }
        }
    }

    fn trail_since(&self, start: usize) -> Inferred {
        self.trail.iter().skip(start).map(|(var, _)| *var).collect()
    }

    /// Checks a comprehension and gives it a slot. What is inferred in it stays in it.
    pub(super) fn comprehension(&mut self, comprehension: &'h Comprehension, before: usize) {
        let (trail, slots, start) = (self.trail.len(), self.slots.len(), self.found.len());
        let replaced = std::mem::take(&mut self.replaced);
        self.nested += 1;
        self.body(&comprehension.body);
        for term in comprehension.key.iter().chain([&comprehension.value]) {
            self.hoist(term, comprehension.span);
        }
        let kind = if self.found.len() > start {
            self.found.drain(before..start);
            Type::Unknown
        } else {
            let value = self.type_of(&comprehension.value);
            match comprehension.kind {
                ComprehensionKind::Array => Type::array(value),
                ComprehensionKind::Set => Type::set(value),
                ComprehensionKind::Object => {
                    let key = comprehension.key.as_ref().map_or(Type::Unknown, |key| self.type_of(key));
                    Type::object(key, value)
                }
            }
        };
        self.nested -= 1;
        self.replaced = replaced;
        self.truncate_slots(slots);
        let inferred = if self.is_again { Inferred::new() } else { self.trail_since(trail) };
        while self.trail.len() > trail {
            if let Some((index, earlier)) = self.trail.pop()
                && let Some(var) = self.vars.get_mut(index)
            {
                *var = earlier;
            }
        }
        if self.found.len() == start {
            self.check_again(comprehension, &inferred, before);
        }
        self.add_slot(Slotted::Comprehension(comprehension), kind);
    }
}
