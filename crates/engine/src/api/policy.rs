//! Compiled policies and prepared queries.

use super::compiler::internal;
use super::data::{self, Part};
use super::explain::Explained;
use super::input::{invalid, unfit};
use super::{Annotation, BuiltInput, BuiltInputs, Error, Evaluator, Issue, ParsedInput, SetEvaluator, Test, features};
use crate::analysis::types::{Types, check_query};
use crate::analysis::{RulePaths, check_written_query, order_query};
use crate::code::{Optimizations, Work, generate_query, graph, reads, verify};
use crate::hir::lower::{Names, QueryContext, lower_query};
use crate::hir::{Check, Problems};
use crate::host::Host;
use crate::plan::optimize::optimize_query;
use crate::plan::{depth, plan_query};
use crate::stack::{TREES, VALUES, with_room};
use crate::value::json::{self, Projection};
use crate::value::serde::{Build, Builder, Meter, SerdeError};
use crate::value::{Bump, Frozen, OwnedValue, Value};
use crate::vm::{Code, Limits, QueryCode, Settled};
use solon_syntax::ast::Version;
use solon_syntax::{Diagnostic, ParseOptions, Source, Span, parse_module, parse_query};
use std::sync::{Arc, OnceLock};

/// Compiled modules with base data: cheap to clone, `Send` and `Sync`.
#[derive(Clone)]
pub struct Policy {
    pub(super) shared: Arc<Shared>,
    pub(super) data: Frozen,
    /// What evaluations found out that does not change before the data do.
    pub(super) settled: Arc<Settled>,
}

/// What does not change with the data.
pub(super) struct Shared {
    /// Which shortcuts code may take.
    pub(super) optimizations: Optimizations,
    pub(super) code: Code,
    pub(super) names: Names,
    pub(super) types: Option<Types>,
    pub(super) sources: Vec<Source>,
    /// For each source the version of Rego that it was read in.
    pub(super) versions: Vec<Version>,
    pub(super) notes: Vec<Issue>,
    pub(super) version: Version,
    pub(super) max_errors: usize,
    pub(super) tests: Vec<Test>,
    pub(super) annotations: Vec<Annotation>,
    /// Where there must be no base data.
    pub(super) rule_paths: RulePaths,
    /// The policy for those who ask how its decisions come about; made when somebody does.
    pub(super) explained: OnceLock<Result<Explained, Error>>,
}

/// A stage of compilation that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Rules with their names resolved, bodies in order.
    Hir,
    /// Nested loops.
    Plan,
    /// Instructions.
    Code,
}

impl Policy {
    pub(super) fn new(shared: Arc<Shared>, data: Frozen) -> Self {
        let settled = Arc::new(Settled::new(&shared.code.is_settled));
        Policy { shared, data, settled }
    }

    /// Compiles a query.
    ///
    /// # Errors
    ///
    /// What is wrong with the query, as for modules.
    pub fn prepare(&self, query: &str) -> Result<Query, Error> {
        self.prepare_in(query, "", &[])
    }

    /// Compiles a query that is asked inside of a package (empty for none), with imports (`data.a.b`,
    /// `input.x as y`).
    pub fn prepare_in(&self, query: &str, package: &str, imports: &[&str]) -> Result<Query, Error> {
        with_room(TREES, || self.prepare_here(query, package, imports))
    }

    fn prepare_here(&self, query: &str, package: &str, imports: &[&str]) -> Result<Query, Error> {
        let file = self.shared.sources.len() as u32;
        let mut sources = self.shared.sources.clone();
        sources.push(Source::new("", query));
        let fail = |errors: Vec<Diagnostic>| Error::of_diagnostics(errors, &sources);
        let context = context(package, imports)?;
        let mut version = self.shared.version;
        if context.imports.iter().any(|import| import.path == ["rego", "v1"]) {
            version = Version::V1;
        }
        if let Some(message) = features::check_version(&self.shared.names.capabilities, version) {
            return Err(Error::new("rego_parse_error", message));
        }
        let parsed = parse_query(query, ParseOptions { file, version });
        if !parsed.errors.is_empty() {
            return Err(fail(parsed.errors));
        }
        let code = &self.shared.code;
        let names = &self.shared.names;
        let mut problems = Problems::default();
        let mut lowered = lower_query(&parsed.tree, &context, names, &mut problems);
        check_written_query(&lowered, &mut problems);
        if !problems.has_failed(Check::Functions) {
            order_query(&mut lowered, &mut problems);
        }
        if let Some(types) = self.shared.types.as_ref().filter(|_| !problems.has_failed(Check::Recursion)) {
            check_query(&lowered, types, &sources, &mut problems);
        }
        problems.finish_query(self.shared.max_errors).map_err(fail)?;
        let mut errors = Vec::new();
        let mut plan = plan_query(&names.functions, &code.tree, &lowered, &mut errors);
        if self.shared.optimizations.plans {
            optimize_query(&mut plan);
        }
        depth::check_query(&code.tree, &plan, &code.levels, &mut errors);
        let (unit, function) = generate_query(&code.tree, &plan, &code.symbols, &mut errors);
        if !errors.is_empty() {
            return Err(fail(errors));
        }
        verify::check(&function, &unit, code.functions.len(), &mut Work::default())
            .map_err(|message| fail(internal(message)))?;
        let stack = graph::stack_of_query(&code.tree, &function, &code.stack);
        let source = Source::new("", query);
        let document = plan.document().map(|document| document.0);
        let is_computed = document.is_some_and(|document| code.is_computed(document));
        let prepared = Prepared {
            code: QueryCode { document, is_computed, unit, function, stack },
            bindings: plan.bindings,
            expressions: plan.expressions,
            source,
            package: package.into(),
            imports: imports.iter().map(|import| (*import).into()).collect(),
            projection: OnceLock::new(),
        };
        Ok(Query { policy: self.clone(), prepared: Arc::new(prepared) })
    }

    /// Compiles several queries, which are evaluated together.
    pub fn prepare_set(&self, queries: &[&str]) -> Result<QuerySet, Error> {
        let queries: Result<Vec<Query>, Error> = queries.iter().map(|query| self.prepare(query)).collect();
        Ok(QuerySet(Arc::new(Together { queries: queries?, projection: OnceLock::new() })))
    }

    /// The policy, if its base data, changed at a path, are not where rules are.
    pub(super) fn checked(self, changed: &[&str]) -> Result<Policy, Error> {
        let errors = self.shared.rule_paths.conflicts(self.data.value(), changed);
        if errors.is_empty() { Ok(self) } else { Err(Error::of_diagnostics(errors, &self.shared.sources)) }
    }

    /// The same modules over other base data, a JSON object. Data where rules are is an error, unless
    /// [`Compiler::refuse_data_conflicts`](super::Compiler::refuse_data_conflicts) says otherwise.
    pub fn with_data(&self, json: impl Into<Vec<u8>>) -> Result<Policy, Error> {
        let part = Part { path: Vec::new(), text: json.into() };
        let data = data::build(vec![part], &self.shared.code.symbols)?;
        Policy::new(self.shared.clone(), data).checked(&[])
    }

    /// The same policy with other JSON at a path below `data`. What lies beside the path is shared, not copied, unless many
    /// patches were made one on the other: now and then all is copied, so that they take no more than twice what the data
    /// do.
    pub fn patch_data(&self, path: &[&str], json: &[u8]) -> Result<Policy, Error> {
        let symbols = &self.shared.code.symbols;
        let arena = Bump::new();
        let value = json::parse(&arena, json, symbols).map_err(|error| invalid(json, &error))?;
        let data = with_room(VALUES, || {
            data::check(path.len(), value)?;
            Ok::<_, Error>(Frozen::patched(&self.data, path, value, symbols))
        })?;
        Policy::new(self.shared.clone(), data).checked(path)
    }

    /// Names and texts of the modules.
    pub fn modules(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.shared.sources.iter().map(|source| (source.name(), source.text()))
    }

    /// The base documents.
    pub fn data(&self) -> Value<'_> {
        self.data.value()
    }

    /// Reads an input once, to evaluate it many times, by any query on any thread. Queries of this policy, and of those
    /// made from it by other data, take it as it is; another policy knows other strings, so its evaluators copy the
    /// input each time, which is still less work than reading it.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input};
    ///
    /// let policy = Compiler::new().module("a.rego", "package a\nx := input.n + 1\ny := input.n * 2").compile()?;
    /// let input = policy.parse_input(br#"{"n": 20}"#)?;
    /// for (query, expected) in [("data.a.x", 21), ("data.a.y", 40)] {
    ///     let mut evaluator = policy.prepare(query)?.evaluator();
    ///     let value: i64 = evaluator.eval(Input::parsed(&input))?.deserialize()?;
    ///     assert_eq!(value, expected);
    /// }
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn parse_input(&self, json: &[u8]) -> Result<ParsedInput, Error> {
        let value = Frozen::read(json, &self.shared.code.symbols).map_err(|error| invalid(json, &error))?;
        Ok(ParsedInput { value, read_for: self.shared.clone() })
    }

    /// A value of Rego, sets included, as an input.
    pub fn input_of(&self, value: Value<'_>) -> ParsedInput {
        ParsedInput { value: Frozen::new(value, &self.shared.code.symbols), read_for: self.shared.clone() }
    }

    /// What `# METADATA` blocks say of packages, documents and rules, in order of their paths.
    pub fn annotations(&self) -> &[Annotation] {
        &self.shared.annotations
    }

    /// The packages and documents that are annotated as entrypoints, as queries.
    pub fn entrypoints(&self) -> Vec<&str> {
        let entrypoints = self.annotations().iter().filter(|annotation| annotation.is_entrypoint());
        let mut paths: Vec<&str> = entrypoints.map(|annotation| annotation.path.as_str()).collect();
        paths.dedup();
        paths
    }

    /// The tests of a policy that was compiled for a [test run](super::Compiler::test_run), module by module.
    pub fn tests(&self) -> &[Test] {
        &self.shared.tests
    }

    /// What the compiler noticed that is no error.
    pub fn notes(&self) -> &[Issue] {
        &self.shared.notes
    }
}

/// Package and imports of a query.
fn context(package: &str, imports: &[&str]) -> Result<QueryContext, Error> {
    let package = package.trim();
    if package.is_empty() && imports.is_empty() {
        return Ok(QueryContext::default());
    }
    let name = if package.is_empty() { "solon_query" } else { package.strip_prefix("data.").unwrap_or(package) };
    let mut text = format!("package {name}\n");
    for import in imports {
        text.push_str(&format!("import {import}\n"));
    }
    let parsed = parse_module(&text, ParseOptions { file: 0, version: Version::V1 });
    match parsed.tree {
        Some(module) if parsed.errors.is_empty() => {
            let package = if package.is_empty() { Vec::new() } else { module.package.path };
            Ok(QueryContext { package, imports: module.imports })
        }
        _ => {
            let source = Source::new("package and imports of the query", text);
            Err(Error::of_diagnostics(parsed.errors, &[source]))
        }
    }
}

/// A prepared query: cheap to clone, `Send` and `Sync`.
#[derive(Clone)]
pub struct Query {
    pub(super) policy: Policy,
    pub(super) prepared: Arc<Prepared>,
}

pub(super) struct Prepared {
    pub(super) code: QueryCode,
    pub(super) bindings: Vec<Arc<str>>,
    pub(super) expressions: Vec<Span>,
    pub(super) source: Source,
    /// In which package and with which imports it is asked.
    pub(super) package: Box<str>,
    pub(super) imports: Box<[Box<str>]>,
    /// What the query can read of an input; found when it is needed first.
    projection: OnceLock<Projection>,
}

impl Query {
    /// What evaluates the query: one for each thread.
    pub fn evaluator(&self) -> Evaluator {
        Evaluator::new(self.clone())
    }

    /// The policy it was prepared from.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same query of a policy that [`Policy::with_data`] or [`Policy::patch_data`] made of this one's, or this one's
    /// of it; nothing is compiled. `None` if the modules are others. Evaluators that run keep the data that they have.
    ///
    /// A service that gets new data keeps its query where threads can find it:
    ///
    /// ```
    /// use solon_engine::{Compiler, Input};
    /// use std::sync::RwLock;
    ///
    /// let policy = Compiler::new().module("a.rego", "package a\nx := data.version").data(r#"{"version": 1}"#).compile()?;
    /// let current = RwLock::new(policy.prepare("data.a.x")?);
    /// // Whoever evaluates takes a copy, which is cheap.
    /// let old = current.read().unwrap().clone();
    /// // Whoever has new data puts it in place, in one step.
    /// let next = old.policy().patch_data(&["version"], b"2")?;
    /// *current.write().unwrap() = old.with_policy(&next).unwrap();
    ///
    /// let ask = |query: solon_engine::Query| query.evaluator().eval(Input::none())?.deserialize::<i64>();
    /// assert_eq!((ask(old)?, ask(current.read().unwrap().clone())?), (1, 2));
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn with_policy(&self, policy: &Policy) -> Option<Query> {
        let is_same = Arc::ptr_eq(&self.policy.shared, &policy.shared);
        is_same.then(|| Query { policy: policy.clone(), prepared: self.prepared.clone() })
    }

    /// What this query can read of an input that makes a value of itself, to be evaluated on another thread. A built
    /// input is for this query alone: another one may read more. Limits and host are those of an evaluation: of the
    /// former `memory` and `deadline` count.
    ///
    /// ```
    /// use solon_engine::value::serde::{Build, Builder, SerdeError};
    /// use solon_engine::{Compiler, Input, Limits, NoHost, value::Value};
    ///
    /// struct Number(i64);
    ///
    /// impl Build for Number {
    ///     fn build<'a>(&self, _: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
    ///         Ok(Value::Int(self.0))
    ///     }
    /// }
    ///
    /// let query = Compiler::new().module("a.rego", "package a\nx := input + 1").compile()?.prepare("data.a.x")?;
    /// let input = query.build_input(&Number(41), &Limits::default(), &NoHost)?;
    /// let ask = || query.evaluator().eval(Input::built(&input))?.deserialize::<i64>();
    /// assert_eq!(ask()?, 42);
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_input`, if it is no value; `eval_limit_error`, if it takes too much.
    pub fn build_input(&self, source: &dyn Build, limits: &Limits, host: &dyn Host) -> Result<BuiltInput, Error> {
        let look = || limits.watch(host);
        let meter = Meter::new(limits.memory, &look);
        let value = OwnedValue::build_wanted(source, &self.policy.shared.code.symbols, self.projection(), &meter);
        Ok(BuiltInput { value: value.map_err(|error| unfit(&error))?, query: self.clone() })
    }

    /// A place for many such inputs; see [`BuiltInputs`].
    pub fn built_inputs(&self) -> BuiltInputs {
        BuiltInputs::new(self.clone())
    }

    /// Looks at an input as somebody who makes a value of it would, for who makes a text: a builder says what of it is
    /// wanted. Nothing that is made with it is kept. Limits and host are as for [`build_input`](Query::build_input).
    ///
    /// ```
    /// use solon_engine::{Compiler, Limits, NoHost};
    ///
    /// let query = Compiler::new().module("a.rego", "package a\nx := input.n + 1").compile()?.prepare("data.a.x")?;
    /// let mut wanted = Vec::new();
    /// query.look_at_input(
    ///     &mut |builder| {
    ///         wanted = ["n", "m"].map(|name| builder.entry(name).is_some()).to_vec();
    ///         Ok(())
    ///     },
    ///     &Limits::default(),
    ///     &NoHost,
    /// )?;
    /// assert_eq!(wanted, [true, false]);
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `look`.
    pub fn look_at_input(
        &self,
        look: &mut dyn FnMut(Builder<'_, '_>) -> Result<(), SerdeError>,
        limits: &Limits,
        host: &dyn Host,
    ) -> Result<(), Error> {
        let watch = || limits.watch(host);
        let (arena, meter) = (Bump::new(), Meter::new(limits.memory, &watch));
        let builder = Builder::new(&arena, &self.policy.shared.code.symbols, self.projection(), &meter);
        look(builder).map_err(|error| unfit(&error))
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.prepared.source.text()
    }

    /// What the query can read of an input. Of a JSON text nothing else is built; the rest is checked and passed over.
    ///
    /// ```
    /// let compiler = solon_engine::Compiler::new();
    /// let policy = compiler.module("a.rego", "package a\nallow if input.user.roles[_] == \"admin\"").compile()?;
    /// assert_eq!(policy.prepare("data.a.allow")?.projection().to_string(), "input.user.roles[_]: type\n");
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn projection(&self) -> &Projection {
        let Prepared { code, projection, .. } = &*self.prepared;
        projection.get_or_init(|| reads::projection(&self.policy.shared.code, [code]))
    }
}

/// Several queries of one policy: cheap to clone, `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct QuerySet(Arc<Together>);

#[derive(Debug)]
struct Together {
    queries: Vec<Query>,
    projection: OnceLock<Projection>,
}

impl QuerySet {
    /// What evaluates the queries: one for each thread.
    pub fn evaluator(&self) -> SetEvaluator {
        SetEvaluator::new(self.clone())
    }

    /// The queries in order.
    pub fn queries(&self) -> &[Query] {
        &self.0.queries
    }

    /// What the queries can read of an input; see [`Query::projection`].
    pub fn projection(&self) -> &Projection {
        let Together { queries, projection } = &*self.0;
        projection.get_or_init(|| match queries.first() {
            Some(first) => {
                reads::projection(&first.policy.shared.code, queries.iter().map(|query| &query.prepared.code))
            }
            None => Projection::ALL.clone(),
        })
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.shared.sources.iter().map(Source::name).collect();
        out.debug_struct("Policy").field("modules", &names).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Query").field("text", &self.text()).finish_non_exhaustive()
    }
}
