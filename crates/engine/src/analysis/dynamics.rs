//! Lookups that get a literal of their own, ahead of the one that they stand in.
//!
//! OPA does it with every lookup inside a call, a key or a collection once bodies are in order. It shows in two places,
//! which are the ones where it is done here: `not startswith(input.x, "a")` is undefined where `input.x` is (`not
//! input.x == 1` is not, as the operands of an equality are looked up in place); and in `[k, p[k]]` the lookup binds
//! what the other item reads.

use super::VarSet;
use super::safety::body_vars;
use crate::hir::{
    Body, Head, Literal, LiteralKind, Locals, Query, Ref, Replacement, Rule, Term, Var, free_vars_of_literal,
    free_vars_of_term,
};
use hashbrown::HashMap;
use solon_syntax::Span;

/// Takes lookups out of the bodies of a rule, which are in order.
pub(super) fn extract_rule(rule: &mut Rule) {
    let mut arguments = VarSet::default();
    for param in rule.params.iter().flatten() {
        bind(param, &mut arguments);
    }
    let mut extractor = Extractor { locals: &mut rule.locals };
    for (index, branch) in rule.branches.iter_mut().enumerate() {
        let keys = if index == 0 { rule.keys.as_mut_slice() } else { &mut [] };
        let bound = extractor.body(&mut branch.body, arguments.clone());
        keys.iter_mut().chain([&mut branch.value]).for_each(|term| extractor.closures(term, &bound));
    }
}

/// Takes lookups out of the body of a query, which is in order.
pub(super) fn extract_query(query: &mut Query) {
    Extractor { locals: &mut query.locals }.body(&mut query.body, VarSet::default());
}

struct Extractor<'l> {
    locals: &'l mut Locals,
}

/// Where the lookups of one literal go, and which do.
struct Site<'s> {
    span: Span,
    /// How often the literal names each variable that it binds; `None` if all its lookups go, empty if none does.
    mentions: Option<HashMap<Var, usize>>,
    /// Whether its comprehensions go, too.
    takes_bodies: bool,
    before: &'s mut Body,
}

impl Extractor<'_> {
    /// A body with these variables bound before it; gives what is bound after it.
    fn body(&mut self, body: &mut Body, mut bound: VarSet) -> VarSet {
        let has_vars = !self.locals.is_empty();
        let mut extracted: Vec<(usize, Body)> = Vec::new();
        for (at, literal) in body.iter_mut().enumerate() {
            self.inner_bodies(&mut literal.kind, &bound);
            let takes_bodies = mixes_bodies_and_lookups(literal);
            let named = if has_vars { Named::of(literal, &bound) } else { Named::default() };
            let mentions = match &literal.kind {
                LiteralKind::Not { is_scoped: false, .. } => None,
                _ if takes_bodies => None,
                _ if named.has_twice => Some(mentions(literal, &bound)),
                _ => Some(HashMap::new()),
            };
            if mentions.as_ref().is_none_or(|mentions| !mentions.is_empty()) {
                let mut before = Body::new();
                self.literal(
                    &mut literal.kind,
                    &mut Site { span: literal.span, mentions, takes_bodies, before: &mut before },
                );
                if !before.is_empty() {
                    extracted.push((at, before));
                    body_vars(std::slice::from_ref(literal), &mut bound);
                    continue;
                }
            }
            bound.extend(&named.outside);
        }
        if !extracted.is_empty() {
            put_before(body, extracted);
        }
        bound
    }

    /// The bodies inside a literal.
    fn inner_bodies(&mut self, kind: &mut LiteralKind, bound: &VarSet) {
        match kind {
            LiteralKind::Truthy(term) => self.closures(term, bound),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                self.closures(left, bound);
                self.closures(right, bound);
            }
            LiteralKind::Call { call, output } => {
                call.args.iter_mut().chain(output).for_each(|term| self.closures(term, bound));
            }
            LiteralKind::Not { body, is_scoped: false, .. } => {
                body.iter_mut().for_each(|literal| self.inner_bodies(&mut literal.kind, bound));
            }
            LiteralKind::Not { body, .. } => {
                self.body(body, bound.clone());
            }
            LiteralKind::Every { key, value, domain, body } => {
                self.closures(domain, bound);
                let mut bound = bound.clone();
                bind(domain, &mut bound);
                key.iter().chain([&*value]).for_each(|var| {
                    bound.insert(*var);
                });
                self.body(body, bound);
            }
            LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                self.body(left, bound.clone());
                self.body(right, bound.clone());
            }
            LiteralKind::With { modifiers, body } => {
                let mut bound = bound.clone();
                for modifier in modifiers {
                    if let Replacement::Term(term) = &mut modifier.value {
                        self.closures(term, &bound);
                        bind(term, &mut bound);
                    }
                }
                self.body(body, bound);
            }
        }
    }

    /// The comprehensions in a term.
    fn closures(&mut self, term: &mut Term, bound: &VarSet) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                if let Head::Term(head) = &mut reference.head {
                    self.closures(head, bound);
                }
                reference.operands.iter_mut().for_each(|operand| self.closures(operand, bound));
            }
            Term::Array(items) | Term::Set(items) => items.iter_mut().for_each(|item| self.closures(item, bound)),
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.closures(key, bound);
                    self.closures(value, bound);
                }
            }
            Term::Comprehension(comprehension) => {
                let bound = self.body(&mut comprehension.body, bound.clone());
                comprehension.key.iter_mut().chain([&mut comprehension.value]).for_each(|term| {
                    self.closures(term, &bound);
                });
            }
        }
    }

    /// The lookups of a literal, those of its inner bodies aside.
    fn literal(&mut self, kind: &mut LiteralKind, site: &mut Site<'_>) {
        match kind {
            LiteralKind::Truthy(term) => self.extract_inside(term, site),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                self.extract_inside(left, site);
                self.extract_inside(right, site);
            }
            LiteralKind::Call { call, output } if call.callee.is_builtin("equal") => {
                call.args.iter_mut().chain(output).for_each(|term| self.extract_inside(term, site));
            }
            LiteralKind::Call { call, output } => {
                call.args.iter_mut().chain(output).for_each(|term| self.extract(term, site));
            }
            LiteralKind::Not { body, is_scoped: false, .. } => {
                body.iter_mut().for_each(|literal| self.literal(&mut literal.kind, site));
            }
            LiteralKind::Every { domain, .. } => self.extract_inside(domain, site),
            LiteralKind::With { modifiers, .. } => {
                for modifier in modifiers {
                    if let Replacement::Term(term) = &mut modifier.value {
                        self.extract(term, site);
                    }
                }
            }
            LiteralKind::Not { .. } | LiteralKind::And(..) | LiteralKind::Or(..) => {}
        }
    }

    /// The lookups inside a term, not itself.
    fn extract_inside(&mut self, term: &mut Term, site: &mut Site<'_>) {
        match term {
            Term::Ref(reference) => {
                if let Head::Term(head) = &mut reference.head {
                    self.extract_inside(head, site);
                }
                reference.operands.iter_mut().for_each(|operand| self.extract(operand, site));
            }
            Term::Array(items) | Term::Set(items) => items.iter_mut().for_each(|item| self.extract(item, site)),
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.extract(key, site);
                    self.extract(value, site);
                }
            }
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
        }
    }

    /// A term and the lookups inside it.
    fn extract(&mut self, term: &mut Term, site: &mut Site<'_>) {
        self.extract_inside(term, site);
        let is_taken = match term {
            Term::Ref(reference) => site.takes(reference),
            Term::Comprehension(_) => site.takes_bodies,
            _ => false,
        };
        if is_taken {
            let var = Term::Var(self.locals.generate(site.span));
            let value = std::mem::replace(term, var.clone());
            site.before.push(Literal { span: site.span, kind: LiteralKind::Unify(var, value) });
        }
    }
}

impl Site<'_> {
    /// Whether a lookup gets a literal of its own: if it binds what is named elsewhere in the literal.
    fn takes(&self, reference: &Ref) -> bool {
        let Some(mentions) = &self.mentions else { return true };
        let mut inside: HashMap<Var, usize> = HashMap::new();
        for operand in &reference.operands {
            free_vars_of_term(operand, false, &mut |var: Var, _| *inside.entry(var).or_default() += 1);
        }
        inside.iter().any(|(var, count)| mentions.get(var).is_some_and(|all| all > count))
    }
}

/// Whether both comprehensions and lookups stand inside the sides of an equality: one that is undefined keeps what
/// follows it in the text from being computed, where there may be errors.
fn mixes_bodies_and_lookups(literal: &Literal) -> bool {
    let (LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right)) = &literal.kind else { return false };
    let (mut has_body, mut has_lookup) = (false, false);
    for side in [left, right] {
        if let Term::Array(items) = side {
            has_body |= items.iter().any(|item| matches!(item, Term::Comprehension(_)));
            has_lookup |= items.iter().any(|item| matches!(item, Term::Ref(_)));
        }
    }
    has_body && has_lookup
}

/// Puts literals before those of a body that have these places.
fn put_before(body: &mut Body, added: Vec<(usize, Body)>) {
    let count: usize = added.iter().map(|(_, literals)| literals.len()).sum();
    let literals = std::mem::replace(body, Body::with_capacity(body.len() + count));
    let mut added = added.into_iter().peekable();
    for (at, literal) in literals.into_iter().enumerate() {
        if let Some((_, mut before)) = added.next_if(|(place, _)| *place == at) {
            body.append(&mut before);
        }
        body.push(literal);
    }
}

/// The variables that a literal names.
#[derive(Default)]
struct Named {
    /// Those outside of bodies in it.
    outside: VarSet,
    /// Whether it names one twice that is not bound before it.
    has_twice: bool,
}

impl Named {
    fn of(literal: &Literal, bound: &VarSet) -> Self {
        let mut named = Named::default();
        let mut once = VarSet::default();
        free_vars_of_literal(literal, false, &mut |var: Var, in_closure: bool| {
            named.has_twice |= !bound.contains(var) && !once.insert(var);
            if !in_closure {
                named.outside.insert(var);
            }
        });
        named
    }
}

/// How often a literal names each variable that is not bound before it.
fn mentions(literal: &Literal, bound: &VarSet) -> HashMap<Var, usize> {
    let mut found = HashMap::new();
    free_vars_of_literal(literal, false, &mut |var: Var, _| {
        if !bound.contains(var) {
            *found.entry(var).or_default() += 1;
        }
    });
    found
}

/// Takes the variables of a term, nested bodies aside, for bound.
fn bind(term: &Term, bound: &mut VarSet) {
    free_vars_of_term(term, false, &mut |var: Var, in_closure: bool| {
        if !in_closure {
            bound.insert(var);
        }
    });
}
