//! The second compilation of a policy, in which rules say when they have an answer.

use super::FiredRule;
use crate::analysis::RulePaths;
use crate::analysis::types::Schemas;
use crate::api::compiler::{Settings, compile_observed};
use crate::api::policy::{Policy, Query, Shared};
use crate::api::{Annotation, Error, Location};
use crate::hir::annotations::{Annotations, Place};
use crate::hir::lower::{Demands, Program};
use crate::hir::print::package_text;
use crate::hir::test_rules;
use crate::stack::{TREES, with_room};
use crate::value::Frozen;
use hashbrown::HashMap;
use solon_syntax::ast::Module;
use solon_syntax::{Diagnostic, ParseOptions, Source, Span, parse_module};
use std::sync::{Arc, OnceLock};

/// A policy whose rules say when they have an answer.
pub(in crate::api) struct Explained {
    shared: Arc<Shared>,
    rules: Arc<[FiredRule]>,
    /// Whether its code names strings that the policy's other code does not: then data have to be read for it.
    has_symbols: bool,
}

impl Policy {
    /// The policy's second compilation, made the first time.
    pub(super) fn explained(&self) -> Result<&Explained, Error> {
        let shared = &*self.shared;
        let explained = shared.explained.get_or_init(|| with_room(TREES, || explain(shared)));
        explained.as_ref().map_err(Clone::clone)
    }
}

impl Explained {
    /// What the numbers of rules that fire stand for.
    pub(super) fn rules(&self) -> &Arc<[FiredRule]> {
        &self.rules
    }

    /// A query of the policy as one of this, on the same data.
    pub(super) fn query(&self, query: &Query) -> Result<Query, Error> {
        let symbols = &self.shared.code.symbols;
        let data = match self.has_symbols {
            true => Frozen::new(query.policy.data.value(), symbols),
            false => query.policy.data.clone(),
        };
        let policy = Policy::new(self.shared.clone(), data);
        let imports: Vec<&str> = query.prepared.imports.iter().map(|import| &**import).collect();
        policy.prepare_in(query.text(), &query.prepared.package, &imports)
    }
}

/// Compiles the sources again, as they were compiled before; what was checked then is not checked again.
fn explain(shared: &Shared) -> Result<Explained, Error> {
    let Shared { sources, tests, names, optimizations, code, version, .. } = shared;
    let fail = |errors: Vec<Diagnostic>| Error::of_diagnostics(errors, sources);
    let is_test_run = !tests.is_empty();
    let mut modules = parse(shared, is_test_run).map_err(fail)?;
    let capabilities = names.capabilities.clone();
    let demands = Demands { capabilities, is_test_run, ..Demands::default() };
    let settings = Settings {
        sources,
        demands: &demands,
        optimizations: *optimizations,
        schemas: &Schemas::default(),
        max_errors: 1,
        are_types_unchecked: true,
    };
    let (observed, program) = compile_observed(&mut modules, settings, code.symbols.clone()).map_err(fail)?;
    let annotations = Annotations::read(&modules, sources).map_err(fail)?;
    let rules = rules(&modules, &program, &annotations, sources);
    let has_symbols = observed.symbols.len() != code.symbols.len();
    let shared = Shared {
        optimizations: *optimizations,
        code: observed,
        names: program.names,
        types: None,
        sources: sources.clone(),
        versions: Vec::new(),
        notes: Vec::new(),
        version: *version,
        max_errors: shared.max_errors,
        tests: Vec::new(),
        annotations: Vec::new(),
        rule_paths: RulePaths::default(),
        explained: OnceLock::new(),
    };
    Ok(Explained { shared: Arc::new(shared), rules, has_symbols })
}

fn parse(shared: &Shared, is_test_run: bool) -> Result<Vec<Module>, Vec<Diagnostic>> {
    let mut modules = Vec::new();
    for (file, (source, version)) in shared.sources.iter().zip(&shared.versions).enumerate() {
        let parsed = parse_module(source.text(), ParseOptions { file: file as u32, version: *version });
        if !parsed.errors.is_empty() {
            return Err(parsed.errors);
        }
        modules.extend(parsed.tree);
    }
    if is_test_run {
        test_rules::number_repeated(&mut modules);
    }
    Ok(modules)
}

/// All bodies of all rules in order, as [`observe`](crate::plan::observe) numbers them.
fn rules(modules: &[Module], program: &Program, annotations: &Annotations, sources: &[Source]) -> Arc<[FiredRule]> {
    let listed = program.annotations.iter();
    let listed: HashMap<Span, Arc<Annotation>> =
        listed.map(|listed| (listed.span, Arc::new(Annotation::of_listed(listed, sources)))).collect();
    // Rules are lowered in the order of modules and places.
    let places = modules.iter().enumerate().flat_map(|(module_number, module)| {
        let rules = 0..module.rules.len();
        rules.map(move |rule_number| Place { module, module_number, rule_number, is_else: false })
    });
    let mut bodies = Vec::new();
    for (rule, place) in program.rules.iter().zip(places) {
        let path: Vec<Arc<str>> = std::iter::once(Arc::from("data")).chain(rule.path.iter().cloned()).collect();
        for (number, branch) in rule.branches.iter().enumerate() {
            let is_else = number > 0;
            let holding = annotations.spans(Place { is_else, ..place });
            bodies.push(FiredRule {
                path: package_text(&path),
                location: Location::of(Span { end: branch.span.start, ..branch.span }, sources),
                is_default: rule.is_default,
                is_else,
                annotations: holding.iter().filter_map(|span| listed.get(span).cloned()).collect(),
            });
        }
    }
    bodies.into()
}
