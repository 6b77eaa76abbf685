//! `with`: what is replaced has the type of its replacement as well, and what depends on it may be anything.

use super::checker::Checker;
use super::problem::{Problem, argument_problem};
use super::refs::Step;
use super::tree::Tree;
use crate::hir::{Body, Callee, Modifier, Replacement, Target, Term};
use crate::types::{Key, Type};
use std::sync::Arc;

/// What the modifiers of a literal do wrong. OPA says it of every literal that it makes of the one.
#[derive(Clone, Debug, Default)]
pub(super) struct Replaced {
    pub(super) problem: Option<Problem>,
}

impl<'h> Checker<'h> {
    /// Checks a body with modifiers.
    pub(super) fn with(&mut self, modifiers: &'h [Modifier], body: &'h Body) {
        for modifier in modifiers {
            if let Replacement::Term(value) = &modifier.value {
                self.hoist(value, modifier.span);
                // What is looked up in it has a variable of its own, which nothing is known of.
                let is_computed = matches!(value, Term::Array(_) | Term::Object(_)) && value.is_computed();
                if is_computed && self.type_of(value).is_unknown() {
                    self.infer(value, &Type::Any, false);
                }
            }
        }
        let overlays = self.overlays.len();
        let mut replaced = Tree::default();
        let mut has_documents = false;
        // One does not see what another one replaces.
        let targets: Vec<Type> = modifiers.iter().map(|modifier| self.type_of_target(&modifier.target)).collect();
        for (modifier, target) in modifiers.iter().zip(targets) {
            let is_function = matches!(target, Type::Function(_));
            if let Target::Data(path) = &modifier.target
                && let Some(tree) = self.environment.relaxed(path, is_function)
            {
                self.overlays.push(tree);
            }
            if !is_function && let Some(path) = document_path(&modifier.target) {
                replaced.put(&path, self.replacement_type(target, &modifier.value));
                has_documents = true;
            }
        }
        if has_documents {
            self.overlays.push(Arc::new(replaced));
        }
        let problem = modifiers.iter().find_map(|modifier| self.check_replacement(modifier));
        let outer = std::mem::replace(&mut self.replaced, Replaced { problem });
        self.body(body);
        self.replaced = outer;
        self.overlays.truncate(overlays);
    }

    /// The type that a replaced document can have: its own, or that of the value.
    fn replacement_type(&self, target: Type, value: &Replacement) -> Type {
        let value = self.type_of_replacement(value);
        if matches!(target, Type::Unknown) || matches!(value, Type::Unknown) {
            return Type::Any;
        }
        match target.or(value) {
            Type::Unknown => Type::Any,
            either => either,
        }
    }

    fn type_of_target(&self, target: &Target) -> Type {
        match target {
            Target::Builtin(builtin) => Type::Function(Arc::new(builtin.signature().clone())),
            target => {
                let path = document_path(target).unwrap_or_default();
                let steps: Vec<Step<'_>> = path.into_iter().map(Step::Known).collect();
                self.type_below(0, &steps)
            }
        }
    }

    fn type_of_replacement(&self, value: &Replacement) -> Type {
        match value {
            Replacement::Term(term) => self.type_of(term),
            Replacement::Function(Callee::Builtin(builtin)) => Type::Function(Arc::new(builtin.signature().clone())),
            Replacement::Function(Callee::Rule(path)) => self.type_of_rule(path),
        }
    }

    /// A function must be replaced by one that takes the same arguments.
    fn check_replacement(&self, modifier: &Modifier) -> Option<Problem> {
        let target = self.type_of_target(&modifier.target);
        let value = self.type_of_replacement(&modifier.value);
        let (Type::Function(want), Type::Function(have)) = (&target, &value) else { return None };
        if self.unifier.unifies(&target, &value) {
            return None;
        }
        let name = match &modifier.target {
            Target::Builtin(builtin) => builtin.name.to_owned(),
            Target::Data(path) | Target::Input(path) => super::text::callee_name(&Callee::Rule(path.clone())),
        };
        let have: Vec<Type> = have.args.iter().map(|argument| argument.kind.clone()).collect();
        Some(argument_problem(modifier.span, &name, "arity mismatch", &have, &want.args, want.variadic.as_ref()))
    }
}

/// The path of a document that is replaced.
fn document_path(target: &Target) -> Option<Vec<Key>> {
    let (root, path) = match target {
        Target::Input(path) => ("input", path),
        Target::Data(path) => ("data", path),
        Target::Builtin(_) => return None,
    };
    Some(std::iter::once(Key::from(root)).chain(path.iter().map(|step| Key::String(step.clone()))).collect())
}
