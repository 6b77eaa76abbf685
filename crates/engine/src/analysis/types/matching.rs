//! Equality: whether terms can be equal, and what that says of their variables.

use super::checker::{Checker, Place};
use crate::analysis::outputs::is_same;
use crate::hir::Term;
use crate::types::Type;

impl Checker<'_> {
    /// Whether two terms, with what is known of their types, can be equal. Infers the types of variables in one from
    /// the other.
    fn equate(&mut self, left: &Term, left_type: &Type, right: &Term, right_type: &Type) -> bool {
        let variables = [self.place(left), self.place(right)];
        self.equate_sides(left, left_type, right, right_type, variables)
    }

    /// The same for the two sides of an equality, with those that are variables.
    pub(super) fn equate_sides(
        &mut self,
        left: &Term,
        left_type: &Type,
        right: &Term,
        right_type: &Type,
        [left_var, right_var]: [Option<Place>; 2],
    ) -> bool {
        match (left_type.is_unknown(), right_type.is_unknown()) {
            (true, false) => return self.infer(left, right_type, false),
            (false, true) => return self.infer(right, left_type, false),
            (false, false) => return self.unifier.unifies(left_type, right_type),
            (true, true) => {}
        }
        match (left, right) {
            (Term::Array(left), Term::Array(right)) => return self.equate_items(left, right),
            (Term::Object(left), Term::Object(right)) => return self.equate_entries(left, right),
            (Term::Array(_) | Term::Object(_), _) if right_var.is_some() => return self.infer_both(left, right),
            (_, Term::Array(_) | Term::Object(_)) if left_var.is_some() => return self.infer_both(right, left),
            (Term::Array(_) | Term::Object(_), _) => return false,
            _ => {}
        }
        match (left_var, right_var) {
            (Some(_), Some(_)) => return self.infer_both(left, right),
            (Some(_), None) if matches!(right, Term::Ref(_)) => return self.infer(left, &Type::Any, false),
            (None, Some(_)) if matches!(left, Term::Ref(_)) => return self.infer(right, &Type::Any, false),
            _ => {}
        }
        let is_nothing = |kind: &Type| matches!(kind, Type::Unknown);
        if left_var.is_some() && is_nothing(left_type) && !is_nothing(right_type) {
            return self.infer(left, right_type, false);
        }
        if right_var.is_some() && is_nothing(right_type) && !is_nothing(left_type) {
            return self.infer(right, left_type, false);
        }
        false
    }

    /// As [`Checker::equate`], with the variable of a call's result on the other side, which `is_left`.
    pub(super) fn equate_with_result(&mut self, term: &Term, term_type: &Type, result: &Type, is_left: bool) -> bool {
        // Nothing at all is known of a call that is wrong.
        let is_nothing = matches!(result, Type::Unknown);
        match (term_type.is_unknown(), result.is_unknown()) {
            (true, false) => return self.infer(term, result, false),
            (false, true) => return is_nothing || self.unifier.unifies(result, term_type),
            (false, false) => return self.unifier.unifies(term_type, result),
            (true, true) => {}
        }
        let is_collection = matches!(term, Term::Array(_) | Term::Object(_));
        let is_variable = matches!(term, Term::Var(_));
        if is_variable && is_left && !is_nothing {
            return self.infer(term, result, false);
        }
        if is_collection || is_variable {
            return self.infer(term, &Type::Any, false)
                && (is_nothing || self.unifier.unifies(result, &self.type_of(term)));
        }
        is_nothing || matches!(term, Term::Ref(_))
    }

    /// Two terms of which nothing is known: the first one may be anything, and the second what that makes of it.
    fn infer_both(&mut self, first: &Term, second: &Term) -> bool {
        self.infer(first, &Type::Any, false) && {
            let kind = self.type_of(first);
            self.infer(second, &kind, false)
        }
    }

    fn equate_items(&mut self, left: &[Term], right: &[Term]) -> bool {
        left.len() == right.len()
            && left.iter().zip(right).all(|(left, right)| {
                let (left_type, right_type) = (self.type_of(left), self.type_of(right));
                self.equate(left, &left_type, right, &right_type)
            })
    }

    fn equate_entries(&mut self, left: &[(Term, Term)], right: &[(Term, Term)]) -> bool {
        left.len() == right.len()
            && left.iter().all(|(key, value)| {
                let other = right.iter().find(|(other, _)| is_same(key, other) || is_same_key(key, other));
                other.is_some_and(|(_, other)| {
                    let (value_type, other_type) = (self.type_of(value), self.type_of(other));
                    self.equate(value, &value_type, other, &other_type)
                })
            })
    }

    /// Whether a term can be of a type. Infers the types of variables in it. `joins` is whether they may have others,
    /// too.
    pub(super) fn infer(&mut self, term: &Term, kind: &Type, joins: bool) -> bool {
        if !self.unifier.has_left() {
            return true;
        }
        if let Some(place) = self.place(term) {
            let exist = self.place_type(place);
            let inferred = match exist {
                _ if joins => exist.or(kind.clone()),
                Type::Unknown => kind.clone(),
                exist => return self.unifier.unifies(&exist, kind),
            };
            self.infer_place(place, inferred);
            return true;
        }
        match term {
            Term::Array(items) => match kind.resolved() {
                Type::Array(array) => {
                    (items.len() == array.items.len() || array.rest.is_some())
                        && items.iter().enumerate().all(|(index, item)| match array.item(index) {
                            Some(kind) => self.infer(item, kind, joins),
                            None => self.infer(item, &Type::Unknown, joins),
                        })
                }
                other => self.infer_either(term, &other, &mut items.iter()),
            },
            Term::Set(items) => match kind.resolved() {
                Type::Set(of) => {
                    let of = of.as_deref().cloned().unwrap_or(Type::Unknown);
                    items.iter().all(|item| self.infer(item, &of, joins))
                }
                other => self.infer_either(term, &other, &mut items.iter()),
            },
            Term::Object(entries) => match kind.resolved() {
                Type::Object(_) => self.infer_entries(entries, kind, joins),
                other => {
                    let mut terms = entries.iter().flat_map(|(key, value)| [key, value]);
                    self.infer_either(term, &other, &mut terms)
                }
            },
            term => {
                let own = self.type_of(term);
                self.unifier.unifies(&own, kind)
            }
        }
    }

    /// A collection that may be of any type of a union.
    fn infer_either(&mut self, term: &Term, kind: &Type, parts: &mut dyn Iterator<Item = &Term>) -> bool {
        match kind {
            Type::Any => {
                for part in parts {
                    self.infer(part, &Type::Any, true);
                }
                true
            }
            Type::Union(union) => {
                // Every member is looked at, since each may say something of the variables.
                let mut fits = false;
                for member in union.members() {
                    fits |= self.infer(term, member, true);
                }
                fits
            }
            _ => false,
        }
    }

    fn infer_entries(&mut self, entries: &[(Term, Term)], kind: &Type, joins: bool) -> bool {
        let Type::Object(object) = kind.resolved() else { return false };
        let is_open = object.rest.as_ref().is_some_and(|(_, value)| !matches!(value, Type::Unknown));
        if entries.len() != object.fields.len() && !is_open {
            return false;
        }
        entries.iter().all(|(key, value)| match key.key() {
            Some(key) => match object.field(&key) {
                None | Some(Type::Unknown) => false,
                Some(kind) => self.infer(value, &kind, joins),
            },
            None => {
                self.infer(value, &Type::Any, joins);
                true
            }
        })
    }
}

/// Whether two keys are the same constant.
fn is_same_key(left: &Term, right: &Term) -> bool {
    left.key().is_some_and(|left| right.key() == Some(left))
}
