//! Unification, which is compiled away: terms are computed, matched or compared.

use super::body::{Builder, Opening, Planner};
use super::{Comparison, Constant, Expr, Step, Test};
use crate::analysis::is_same;
use crate::hir::{Const, Head, Ref, Term, Var, free_vars_of_term};
use solon_syntax::Span;

impl Planner<'_> {
    /// Makes two terms equal.
    pub(super) fn unify(&mut self, left: &Term, right: &Term, span: Span, builder: &mut Builder) {
        let mut pairs = Vec::new();
        self.unify_pair(left, right, span, builder, &mut pairs);
        while !pairs.is_empty() {
            let before = pairs.len();
            let mut waiting = Vec::new();
            for (left, right) in pairs {
                self.unify_pair(left, right, span, builder, &mut waiting);
            }
            if waiting.len() >= before && !waiting.iter().any(|(left, right)| self.can_run(left, right)) {
                return self.internal_error(span, "unification of unknown terms");
            }
            pairs = waiting;
        }
    }

    fn can_run(&self, left: &Term, right: &Term) -> bool {
        self.is_computable(left) || self.is_computable(right)
    }

    fn unify_pair<'t>(
        &mut self,
        left: &'t Term,
        right: &'t Term,
        span: Span,
        builder: &mut Builder,
        waiting: &mut Vec<(&'t Term, &'t Term)>,
    ) {
        match (left, right) {
            (Term::Array(lefts), Term::Array(rights)) if !self.is_computable(left) || !self.is_computable(right) => {
                if lefts.len() != rights.len() {
                    return builder.push(Step::Fail);
                }
                lefts.iter().zip(rights).for_each(|pair| self.unify_pair(pair.0, pair.1, span, builder, waiting));
            }
            (Term::Object(lefts), Term::Object(rights))
                if !self.is_computable(left) && !self.is_computable(right) && have_same_keys(lefts, rights) =>
            {
                self.test_keys(lefts, builder);
                for (key, left) in lefts {
                    if let Some((_, right)) = rights.iter().find(|(other, _)| is_same(key, other)) {
                        self.unify_pair(left, right, span, builder, waiting);
                    }
                }
            }
            _ if self.is_computable(right) => {
                // The simpler side first: `x = input.y` computes the lookup into x's slot.
                if self.is_computable(left) {
                    let left = self.expr(left, builder);
                    let right = self.expr(right, builder);
                    return builder.push(Step::Test(Test::Compare(Comparison::Equal, left, right)));
                }
                let value = self.expr(right, builder);
                self.match_pattern(left, value, span, builder);
            }
            _ if self.is_computable(left) => {
                let value = self.expr(left, builder);
                self.match_pattern(right, value, span, builder);
            }
            _ => waiting.push((left, right)),
        }
    }

    /// Tests that keys have values and differ, unless they are constants, which do.
    fn test_keys(&mut self, entries: &[(Term, Term)], builder: &mut Builder) {
        if entries.iter().all(|(key, _)| matches!(key, Term::Const(_))) {
            return;
        }
        let keys = self.items(entries.iter().map(|(key, _)| key), builder);
        let entry = |key| (key, Expr::Const(Constant::Scalar(Const::Null)));
        let slot = self.in_slot(Expr::Object(keys.into_iter().map(entry).collect()), builder);
        builder.push(Step::Test(Test::Object(slot, entries.len())));
    }

    /// The values of terms, of which one may bind what another one reads.
    pub(super) fn exprs(&mut self, terms: &[Term], builder: &mut Builder) -> Vec<Expr> {
        let mut values: Vec<Option<Expr>> = terms.iter().map(|_| None).collect();
        self.compute(terms, &mut values, builder);
        values.into_iter().map(|value| value.unwrap_or(Expr::Undefined)).collect()
    }

    /// The same of two terms.
    pub(super) fn two_exprs(&mut self, terms: &[Term; 2], builder: &mut Builder) -> [Expr; 2] {
        let mut values = [None, None];
        self.compute(terms, &mut values, builder);
        values.map(|value| value.unwrap_or(Expr::Undefined))
    }

    fn compute(&mut self, terms: &[Term], values: &mut [Option<Expr>], builder: &mut Builder) {
        // Twice at most, where lookups bind: then whatever is left is reported as unbound.
        for is_last in [false, true] {
            for (at, term) in terms.iter().enumerate() {
                if values.get(at).is_some_and(Option::is_none) && (is_last || self.is_computable(term)) {
                    if !self.is_bound(term) {
                        self.settle(values.iter_mut().flatten(), builder);
                    }
                    let computed = self.expr(term, builder);
                    if let Some(value) = values.get_mut(at) {
                        *value = Some(computed);
                    }
                }
            }
        }
    }

    /// Whether a term has a value now: its variables are bound, except those that are keys of lookups, which the
    /// lookup binds.
    fn is_computable(&self, term: &Term) -> bool {
        match term {
            Term::Const(_) | Term::Comprehension(_) => true,
            Term::Var(var) => self.slot(*var).is_some(),
            Term::Ref(reference) => self.is_head_known(reference),
            Term::Array(items) | Term::Set(items) => items.iter().all(|item| self.is_computable(item)),
            Term::Object(entries) => {
                entries.iter().all(|(key, value)| self.is_computable(key) && self.is_computable(value))
            }
        }
    }

    fn is_head_known(&self, reference: &Ref) -> bool {
        match &reference.head {
            Head::Input | Head::Data => true,
            Head::Term(head) => self.is_computable(head),
        }
    }

    /// Whether every variable of a term is bound.
    pub(super) fn is_bound(&self, term: &Term) -> bool {
        let mut all = true;
        free_vars_of_term(term, false, &mut |var: Var, in_closure: bool| {
            all &= in_closure || self.slot(var).is_some();
        });
        all
    }

    /// Makes a value fit a term that may have unbound variables.
    pub(super) fn match_pattern(&mut self, pattern: &Term, value: Expr, span: Span, builder: &mut Builder) {
        match pattern {
            Term::Var(var) if self.slot(*var).is_none() => {
                let slot = self.in_slot(value, builder);
                self.set_slot(*var, slot);
            }
            Term::Array(items) if !self.is_bound(pattern) => {
                let slot = self.in_slot(value, builder);
                builder.push(Step::Test(Test::Array(slot, items.len())));
                for (index, item) in items.iter().enumerate() {
                    let key = Expr::Const(Constant::integer(index));
                    let element = Expr::Index(Box::new(Expr::Slot(slot)), Box::new(key));
                    self.match_pattern(item, element, span, builder);
                }
            }
            Term::Object(entries) if !self.is_bound(pattern) => {
                // Keys are looked up: one that nothing has bound before, as a parameter may have, is not found.
                if !entries.iter().all(|(key, _)| self.is_bound(key) || self.is_lookup(key)) {
                    return self.no_match(pattern, builder);
                }
                let slot = self.in_slot(value, builder);
                builder.push(Step::Test(Test::Object(slot, entries.len())));
                for (key, item) in entries {
                    let element = self.element(Expr::Slot(slot), key, span, builder);
                    self.match_pattern(item, element, span, builder);
                }
            }
            // A set is no pattern: nothing fits it.
            Term::Set(_) if !self.is_bound(pattern) => self.no_match(pattern, builder),
            _ => {
                // A call comes before what rules give for the pattern.
                let mut value = value;
                if matches!(value, Expr::Call { .. }) && !matches!(pattern, Term::Const(_) | Term::Var(_)) {
                    self.settle(std::iter::once(&mut value), builder);
                }
                let known = self.expr(pattern, builder);
                builder.push(Step::Test(Test::Compare(Comparison::Equal, known, value)));
            }
        }
    }

    /// Nothing fits a pattern; its variables are taken for bound.
    fn no_match(&mut self, pattern: &Term, builder: &mut Builder) {
        builder.push(Step::Fail);
        free_vars_of_term(pattern, false, &mut |var: Var, in_closure: bool| {
            if !in_closure && self.slot(var).is_none() {
                let slot = self.in_slot(Expr::Undefined, builder);
                self.set_slot(var, slot);
            }
        });
    }

    /// What a collection has at a key; a key with unbound variables loops.
    pub(super) fn element(&mut self, collection: Expr, key: &Term, span: Span, builder: &mut Builder) -> Expr {
        if let Term::Const(crate::hir::Const::String(text)) = key {
            return collection.at(text.clone());
        }
        if self.is_bound(key) || self.is_lookup(key) {
            let key = self.expr(key, builder);
            return Expr::Index(Box::new(collection), Box::new(key));
        }
        let value = self.new_slot();
        if let Term::Var(var) = key {
            let slot = self.new_slot();
            let is_wildcard = matches!(self.locals.name(*var), "_" | "$_");
            let key = (!is_wildcard).then_some(slot);
            builder.open(Opening::Loop { collection, key, value: Some(value) });
            if !is_wildcard {
                self.set_slot(*var, slot);
            }
            return Expr::Slot(value);
        }
        let slot = self.new_slot();
        builder.open(Opening::Loop { collection, key: Some(slot), value: Some(value) });
        self.match_pattern(key, Expr::Slot(slot), span, builder);
        Expr::Slot(value)
    }

    /// A lookup whose unbound variables it binds itself.
    pub(super) fn is_lookup(&self, term: &Term) -> bool {
        matches!(term, Term::Ref(reference) if self.is_head_known(reference))
    }
}

fn have_same_keys(left: &[(Term, Term)], right: &[(Term, Term)]) -> bool {
    left.len() == right.len() && left.iter().all(|(key, _)| right.iter().any(|(other, _)| is_same(key, other)))
}
