//! The types of rules, each after those it depends on.

use super::annotated::Annotated;
use super::checker::{Checked, Checker};
use super::{RuleFacts, Schemas, Types, ground_path};
use crate::analysis::dependencies::{Dependencies, Node, rule_and_branch};
use crate::hir::annotations::Annotations;
use crate::hir::lower::Program;
use crate::hir::{Branch, Check, Problems, Rule, Term};
use crate::types::{Key, Type, Unifier};
use solon_syntax::ast::Module;
use solon_syntax::{Diagnostic, Source, Span};
use std::sync::Arc;

/// Everything that the check of a program looks at.
pub struct Subject<'p> {
    /// The rules.
    pub program: &'p Program,
    /// Which rules ask for which.
    pub dependencies: &'p Dependencies,
    /// The modules that the rules are from, for the schemas in their annotations.
    pub modules: &'p [Module],
    /// The annotations of the modules.
    pub annotations: &'p Annotations,
    /// The schemas that annotations can name.
    pub schemas: &'p Schemas,
    /// The texts of the modules.
    pub sources: &'p [Source],
}

/// Checks all rules and gives the types of their documents.
pub fn check_program(subject: &Subject<'_>, problems: &mut Problems) -> Types {
    let Subject { program, dependencies, sources, .. } = subject;
    let mut types = Types { rules: rule_facts(program, dependencies), ..Types::default() };
    let unifier = Unifier::default();
    let mut annotated = Annotated::new(subject);
    if let Some(input) = annotated.input(&mut types.definitions, problems) {
        types.tree.put(&[Key::from("input")], input);
    }
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut last: Option<(Arc<[Key]>, Type)> = None;
    for node in ordered(subject) {
        let Some((rule, branch)) = rule_and_branch(program, node) else { continue };
        let constant_keys =
            types.rules.get(node.0).map_or(0, |facts| facts.path.len().saturating_sub(1 + rule.path.len()));
        let overlay = annotated.overlay(node, rule, &types.tree, &mut types.definitions, &mut found);
        let mut checker = Checker::new(&types, sources, &unifier, &rule.locals, Checked::Rule(rule));
        checker.overlays.extend(overlay);
        let kind = checker.rule(rule, branch, node.1, constant_keys);
        let is_ground = constant_keys == rule.keys.len();
        let is_wrong = !checker.found.is_empty();
        found.extend(checker.found.into_iter().map(|problem| problem.diagnostic));
        let path = types.rules.get(node.0).map(|facts| facts.path.clone()).unwrap_or_default();
        match kind {
            // What asks for the rule is not at fault.
            _ if is_wrong && is_ground => types.tree.put(&path, Type::Any),
            _ if is_wrong => types.tree.touch(&path),
            Type::Unknown => {}
            // Of many rules of one type the first one says it.
            kind if last.as_ref().is_some_and(|last| Arc::ptr_eq(&last.0, &path) && last.1 == kind) => continue,
            kind => {
                let is_scalar = matches!(kind, Type::Null | Type::Boolean | Type::Number | Type::String);
                types.tree.insert(&path, kind.clone());
                last = (is_scalar && types.tree.is_only(&path, &kind)).then_some((path, kind));
                continue;
            }
        }
        last = None;
    }
    let name = |span: Span| sources.get(span.file as usize).map(Source::name);
    found.sort_by(|left, right| {
        let place = |diagnostic: &Diagnostic| (name(diagnostic.span), diagnostic.span.file, diagnostic.span.start);
        place(left).cmp(&place(right)).then_with(|| left.message.cmp(&right.message))
    });
    found.into_iter().for_each(|diagnostic| problems.add(Check::Types, diagnostic));
    types
}

fn rule_facts(program: &Program, dependencies: &Dependencies) -> Vec<RuleFacts> {
    let mut facts: Vec<RuleFacts> = Vec::with_capacity(program.rules.len());
    let mut earlier: Option<&Rule> = None;
    for rule in &program.rules {
        // Rules of one document mostly stand together.
        let is_same = |earlier: &&Rule| earlier.keys.is_empty() && rule.keys.is_empty() && earlier.path == rule.path;
        let path = match facts.last().filter(|_| earlier.as_ref().is_some_and(is_same)) {
            Some(facts) => facts.path.clone(),
            None => ground_path(rule).into(),
        };
        facts.push(RuleFacts { path, dependents: Vec::new() });
        earlier = Some(rule);
    }
    for node in &dependencies.nodes {
        for ((target, _), _) in dependencies.of_node(*node) {
            if let Some(target) = facts.get_mut(*target)
                && target.dependents.last() != Some(&node.0)
            {
                target.dependents.push(node.0);
            }
        }
    }
    facts
}

/// The nodes, each after those it depends on; otherwise in order of their places.
fn ordered(subject: &Subject<'_>) -> Vec<Node> {
    let Subject { program, dependencies, sources, .. } = subject;
    let mut nodes = dependencies.nodes.clone();
    nodes.sort_by_key(|node| {
        let span = rule_and_branch(program, *node).map_or(Span::default(), |(_, branch)| branch.span);
        (sources.get(span.file as usize).map(Source::name), span.file, span.start)
    });
    if dependencies.is_empty() {
        return nodes;
    }
    let mut ranks = vec![usize::MAX; nodes.len()];
    for (rank, node) in nodes.iter().enumerate() {
        if let Some(place) = ranks.get_mut(dependencies.number(*node)) {
            *place = rank;
        }
    }
    let targets = |rank: usize| {
        let edges = nodes.get(rank).map(|node| dependencies.of_node(*node)).unwrap_or_default();
        let ranks = edges.iter().filter_map(|(target, _)| ranks.get(dependencies.number(*target)).copied());
        let mut ranks: Vec<usize> = ranks.collect();
        ranks.sort_unstable();
        ranks
    };
    let mut seen = vec![false; nodes.len()];
    let mut sorted = Vec::with_capacity(nodes.len());
    let mut path: Vec<(usize, std::vec::IntoIter<usize>)> = Vec::new();
    for start in 0..nodes.len() {
        let mut next = Some(start);
        loop {
            if let Some(rank) = next.take()
                && seen.get_mut(rank).is_some_and(|seen| !std::mem::replace(seen, true))
            {
                path.push((rank, targets(rank).into_iter()));
            }
            let Some((rank, waiting)) = path.last_mut() else { break };
            match waiting.next() {
                Some(target) => next = Some(target),
                None => {
                    sorted.extend(nodes.get(*rank));
                    path.pop();
                }
            }
        }
    }
    sorted
}

impl<'h> Checker<'h> {
    /// Checks a branch of a rule; its type as a part of the document at the constant part of its path. Its keys after
    /// the first `constant_keys` are those of objects.
    fn rule(&mut self, rule: &'h Rule, branch: &'h Branch, number: usize, constant_keys: usize) -> Type {
        self.body(&branch.body);
        let span = branch.span;
        let keys: &[Term] = rule.keys.get(constant_keys..).unwrap_or_default();
        if number == 0 {
            keys.iter().for_each(|key| self.head_key(key, span));
        }
        self.hoist(&branch.value, span);
        if let Some(params) = &rule.params
            && !params.is_empty()
        {
            params.iter().for_each(|param| self.hoist(param, span));
            params.iter().for_each(|param| self.infer_unused(param));
            let args = params.iter().map(|param| self.type_of(param));
            return Type::function(args, self.type_of(&branch.value));
        }
        let value = self.type_of(&branch.value);
        let mut kind = match value {
            Type::Unknown => return Type::Unknown,
            member if rule.is_set => Type::set(member),
            value => value,
        };
        for key in keys.iter().rev() {
            match self.type_of(key) {
                Type::Unknown => return Type::Unknown,
                key => kind = Type::object(key, kind),
            }
        }
        kind
    }

    /// Checks a key of the head. What is no constant and no variable is given to a variable of its own by OPA, which may be
    /// anything if not all is known of a call's result, and so are the variables of a collection.
    fn head_key(&mut self, key: &'h Term, span: Span) {
        self.hoist(key, span);
        let is_widened = match key {
            Term::Var(var) => self.locals.name(*var).starts_with('$'),
            Term::Array(_) | Term::Object(_) => true,
            _ => false,
        };
        if !is_widened || !self.type_of(key).is_unknown() {
            return;
        }
        match self.place(key) {
            Some(place) => self.infer_place(place, Type::Any),
            None => _ = self.infer(key, &Type::Any, false),
        }
    }

    /// Parameters that no body names may be anything.
    fn infer_unused(&mut self, param: &Term) {
        match param {
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| self.infer_unused(item)),
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.infer_unused(key);
                self.infer_unused(value);
            }),
            param => {
                if let Some(place) = self.place(param)
                    && matches!(self.place_type(place), Type::Unknown)
                {
                    self.infer_place(place, Type::Any);
                }
            }
        }
    }
}
