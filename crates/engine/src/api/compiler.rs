//! From sources to a policy.

use super::data::{self, Part};
use super::policy::{Policy, Shared};
use super::{Annotation, Error, Issue, Location, Stage, Test, features};
use crate::analysis::types::{Schemas, Subject, Types, check_program};
use crate::analysis::{Dependencies, RulePaths, check_conflicts, check_recursion, check_written_rule, order_rules};
use crate::builtins::modules::read_module;
use crate::builtins::{CustomBuiltin, Customs};
use crate::capabilities::Capabilities;
use crate::code::{Function, Optimizations, Unit, Work, aliases, generate_program, graph, input_free, verify};
use crate::hir::annotations::{Annotations, Listed};
use crate::hir::lower::{Demands, Names, Program, lower_modules};
use crate::hir::test_rules;
use crate::hir::{Check, Problems};
use crate::plan::optimize::optimize_program;
use crate::plan::{Document, DocumentPlan, Tree, depth, observe, plan_program};
use crate::stack::{TREES, with_room};
use crate::value::SymbolTable;
use crate::vm::Code;
use solon_syntax::ast::{Module, Version};
use solon_syntax::{Diagnostic, ParseOptions, Source, Span};
use std::sync::{Arc, OnceLock};

/// Which of Rego's syntaxes modules are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// OPA 1.0's; a module that is none but is older Rego is read as such, with a note.
    #[default]
    Detect,
    /// OPA 1.0's.
    V1,
    /// Older Rego.
    V0,
}

impl Syntax {
    /// What texts are read as first.
    fn version(self) -> Version {
        if self == Syntax::V0 { Version::V0 } else { Version::V1 }
    }
}

/// Collects modules and base data, and compiles them.
///
/// ```
/// use solon_engine::{Compiler, Input};
///
/// let policy = Compiler::new()
///     .module("pods.rego", "package pods\ndeny contains \"no name\" if not input.metadata.name")
///     .compile()?;
/// let query = policy.prepare("data.pods.deny")?;
/// let deny: Vec<String> = query.evaluator().eval(Input::json(r#"{"metadata": {}}"#))?.deserialize()?;
/// assert_eq!(deny, ["no name"]);
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Compiler {
    sources: Vec<Source>,
    syntaxes: Vec<Option<Syntax>>,
    data: Vec<Part>,
    syntax: Syntax,
    demands: Demands,
    optimizations: Optimizations,
    schemas: Schemas,
    max_errors: Option<usize>,
    are_types_unchecked: bool,
    builtins: Vec<CustomBuiltin>,
}

/// The modules of a compiler.
struct Parsed {
    modules: Vec<Module>,
    /// For each module the version of Rego that it was read in.
    versions: Vec<Version>,
    notes: Vec<Issue>,
}

/// How many errors are reported if nobody says how many.
const MAX_ERRORS: usize = 10;

/// What a compilation is told, the modules aside.
#[derive(Clone, Copy)]
pub(super) struct Settings<'c> {
    pub(super) sources: &'c [Source],
    pub(super) demands: &'c Demands,
    pub(super) optimizations: Optimizations,
    pub(super) schemas: &'c Schemas,
    pub(super) max_errors: usize,
    pub(super) are_types_unchecked: bool,
}

impl Compiler {
    /// A compiler without modules and data.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module. `name` is what errors call it, usually its path.
    pub fn module(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.sources.push(Source::new(name, text));
        self.syntaxes.push(None);
        self
    }

    /// Adds a module in a syntax of its own.
    pub fn module_in(mut self, name: impl Into<String>, text: impl Into<String>, syntax: Syntax) -> Self {
        self.sources.push(Source::new(name, text));
        self.syntaxes.push(Some(syntax));
        self
    }

    /// Adds base documents: a JSON object. Objects from several calls are merged.
    pub fn data(self, json: impl Into<Vec<u8>>) -> Self {
        self.data_at(&[], json)
    }

    /// Adds base documents at a path below `data`.
    pub fn data_at(mut self, path: &[&str], json: impl Into<Vec<u8>>) -> Self {
        self.data.push(Part { path: path.iter().map(|step| (*step).to_owned()).collect(), text: json.into() });
        self
    }

    /// What modules and queries may use: see [`Capabilities`].
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.demands.capabilities = capabilities;
        self
    }

    /// Adds a builtin of the program's own, for this policy; see [`CustomBuiltin::typed`].
    pub fn builtin(mut self, builtin: CustomBuiltin) -> Self {
        self.builtins.push(builtin);
        self
    }

    /// Takes a builtin away: modules and queries that name it do not compile, as if there were no such function.
    ///
    /// ```
    /// use solon_engine::Compiler;
    ///
    /// let compiler = Compiler::new().without_builtin("http.send");
    /// let error = compiler.module("a.rego", "package a\nx := http.send({})").compile().unwrap_err();
    /// assert!(error.to_string().contains("undefined function http.send"));
    /// // A name that no builtin has is an error.
    /// assert_eq!(Compiler::new().without_builtin("http.sent").compile().unwrap_err().issues()[0].code, "invalid_builtin");
    /// ```
    pub fn without_builtin(mut self, name: impl Into<String>) -> Self {
        self.demands.capabilities.deny(name);
        self
    }

    /// Leaves only the builtins for which `may_run` is true; see [`Compiler::without_builtin`].
    pub fn retain_builtins(mut self, may_run: impl Fn(&str) -> bool) -> Self {
        self.demands.capabilities.retain(may_run);
        self
    }

    /// Whether modules must keep OPA's strict mode: no import, argument or assigned variable without a use, and in older
    /// Rego what OPA 1.0 demands anyway.
    ///
    /// ```
    /// use solon_engine::Compiler;
    ///
    /// let compiler = Compiler::new().strict(true).module("a.rego", "package a\np if x := 1");
    /// assert_eq!(compiler.compile().unwrap_err().issues()[0].message, "assigned var x unused");
    /// ```
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.demands.is_strict = is_strict;
        self
    }

    /// Whether a rule is an error where base data has a value, too, as it is in OPA; it is, if nothing is said. That goes
    /// for [`Policy::with_data`] and [`Policy::patch_data`] as well. Otherwise base data hides the rule, so that who
    /// writes data writes decisions.
    ///
    /// ```
    /// use solon_engine::Compiler;
    ///
    /// let compiler = Compiler::new().module("a.rego", "package a\nallow := false");
    /// let error = compiler.clone().data(r#"{"a": {"allow": true}}"#).compile().unwrap_err();
    /// assert_eq!(error.issues()[0].message, "conflicting rule for data path a/allow found");
    ///
    /// let policy = compiler.compile()?;
    /// assert!(policy.patch_data(&["a"], br#"{"allow": true}"#).is_err());
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn refuse_data_conflicts(mut self, is_refused: bool) -> Self {
        self.demands.may_overlap_data = !is_refused;
        self
    }

    /// Compiles for a test run, as `opa test` does: repeated names of tests are numbered, and tests with keys in their
    /// heads tell the host of each case. [`Policy::tests`] then has the tests.
    pub fn test_run(mut self) -> Self {
        self.demands.is_test_run = true;
        self
    }

    /// Adds a JSON schema: of the input, if the path is empty, or one that annotations name as `schema.a.b`.
    ///
    /// ```
    /// use solon_engine::Compiler;
    ///
    /// let schema = r#"{"type": "object", "properties": {"user": {"type": "string"}}}"#;
    /// let compiler = Compiler::new().schema(&[], schema).module("a.rego", "package a\nallow if input.usr == \"ann\"");
    /// let error = compiler.compile().unwrap_err();
    /// assert_eq!(error.issues()[0].message, "undefined ref: input.usr");
    /// ```
    pub fn schema(mut self, path: &[&str], json: impl Into<String>) -> Self {
        self.schemas.add(path, json.into().into());
        self
    }

    /// How many errors of modules are reported; 0 for all. As in OPA there are no more than 10 if nobody says so.
    ///
    /// ```
    /// use solon_engine::Compiler;
    ///
    /// let text = "package a\np if count(1)\nq if count(2)";
    /// let error = Compiler::new().module("a.rego", text).max_errors(1).compile().unwrap_err();
    /// assert_eq!(error.issues()[1].message, "error limit reached");
    /// ```
    pub fn max_errors(mut self, limit: usize) -> Self {
        self.max_errors = Some(limit);
        self
    }

    /// Leaves types unchecked, in modules and in queries: what OPA would refuse with a `rego_type_error` is undefined
    /// or false when it is evaluated. For programs that were not written by anybody, as those of tests.
    ///
    /// ```
    /// # use solon_engine::Compiler;
    /// let text = r#"package a
    /// p if 1 == "1""#;
    /// assert!(Compiler::new().module("a.rego", text).compile().is_err());
    /// Compiler::new().module("a.rego", text).without_type_check().compile()?;
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn without_type_check(mut self) -> Self {
        self.are_types_unchecked = true;
        self
    }

    /// The syntax of modules that say nothing else.
    pub fn syntax(mut self, syntax: Syntax) -> Self {
        self.syntax = syntax;
        self
    }

    /// Which shortcuts the code may take; all, if nothing is said.
    pub fn optimizations(mut self, optimizations: Optimizations) -> Self {
        self.optimizations = optimizations;
        self
    }

    /// Compiles everything.
    ///
    /// # Errors
    ///
    /// Every error of every module at once (`rego_parse_error`, `rego_compile_error`, `rego_unsafe_var_error`,
    /// `rego_type_error`, `rego_recursion_error`), or what is wrong with the data (`invalid_json`, `invalid_data`).
    pub fn compile(self) -> Result<Policy, Error> {
        with_room(TREES, || self.compile_here())
    }

    fn compile_here(mut self) -> Result<Policy, Error> {
        self.declare_builtins()?;
        let Parsed { modules, versions, notes } = self.parse()?;
        let tests = if self.demands.is_test_run { test_rules::find(&modules) } else { Vec::new() };
        let fail = |errors: Vec<Diagnostic>| Error::of_diagnostics(errors, &self.sources);
        let Compiled { code, names, annotations, rule_paths, types } =
            compile(modules, self.settings()).map_err(fail)?;
        let max_errors = self.settings().max_errors;
        let Compiler { sources, data, syntax, optimizations, .. } = self;
        let data = data::build(data, &code.symbols)?;
        let tests = tests.into_iter().map(|test| Test::of_rule(test, &sources)).collect();
        let annotations = annotations.iter().map(|listed| Annotation::of_listed(listed, &sources)).collect();
        let version = syntax.version();
        let shared = Shared {
            code,
            names,
            types,
            sources,
            versions,
            notes,
            version,
            optimizations,
            tests,
            annotations,
            max_errors,
            rule_paths,
            explained: OnceLock::new(),
        };
        Policy::new(Arc::new(shared), data).checked(&[])
    }

    /// What a stage of the compilation makes of the modules, as text.
    ///
    /// # Errors
    ///
    /// As [`Compiler::compile`], up to that stage.
    pub fn explain(mut self, stage: Stage) -> Result<String, Error> {
        self.declare_builtins()?;
        with_room(TREES, || {
            let Parsed { mut modules, .. } = self.parse()?;
            explain(&mut modules, self.settings(), stage).map_err(|errors| Error::of_diagnostics(errors, &self.sources))
        })
    }

    /// Adds the program's own builtins to what modules may use.
    fn declare_builtins(&mut self) -> Result<(), Error> {
        let customs = Customs::declare(&self.builtins).map_err(|message| Error::new("invalid_builtin", message))?;
        self.demands.capabilities = std::mem::take(&mut self.demands.capabilities).with_customs(customs);
        match self.demands.capabilities.unknown_denied() {
            None => Ok(()),
            Some(name) => Err(Error::new("invalid_builtin", format!("there is no builtin {name} to do without"))),
        }
    }

    fn settings(&self) -> Settings<'_> {
        Settings {
            sources: &self.sources,
            demands: &self.demands,
            optimizations: self.optimizations,
            schemas: &self.schemas,
            max_errors: self.max_errors.unwrap_or(MAX_ERRORS),
            are_types_unchecked: self.are_types_unchecked,
        }
    }

    /// Reads every module; also says which ones were read as older Rego.
    fn parse(&self) -> Result<Parsed, Error> {
        let mut errors = Vec::new();
        let mut notes = Vec::new();
        let mut modules = Vec::new();
        let mut versions = Vec::new();
        let capabilities = &self.demands.capabilities;
        for (file, (source, own)) in self.sources.iter().zip(&self.syntaxes).enumerate() {
            let file = file as u32;
            let asked = own.unwrap_or(self.syntax);
            if let Some(message) = features::check_version(capabilities, asked.version()) {
                return Err(Error::new("rego_parse_error", message));
            }
            let (module, read_as_old) = parse(source, file, asked, &mut errors);
            let version = if read_as_old { Version::V0 } else { asked.version() };
            versions.push(version);
            if let Some(module) = &module {
                features::check_imports(module, version, capabilities, &mut errors);
                features::check_calls(module, &mut errors);
            }
            if read_as_old {
                notes.push(note(source, file, &self.sources));
            }
            modules.extend(module);
        }
        // As in OPA, the order of rules is that of the names of their files.
        modules.sort_by_key(|module: &Module| self.sources.get(module.file as usize).map(Source::name));
        if self.demands.is_test_run {
            test_rules::number_repeated(&mut modules);
        }
        if !errors.is_empty() {
            return Err(Error::of_diagnostics(errors, &self.sources));
        }
        Ok(Parsed { modules, versions, notes })
    }
}

/// What another engine needs to know of the sources.
#[cfg(feature = "regorus")]
impl Compiler {
    /// Modules, each with the version of Rego that it is read in.
    pub(super) fn versions(&self) -> impl Iterator<Item = (&Source, Version)> {
        self.sources.iter().zip(&self.syntaxes).map(|(source, own)| {
            let syntax = own.unwrap_or(self.syntax);
            let (_, read_as_old) = parse(source, 0, syntax, &mut Vec::new());
            (source, if read_as_old { Version::V0 } else { syntax.version() })
        })
    }

    /// The version of Rego that queries are read in.
    pub(super) fn version(&self) -> Version {
        self.syntax.version()
    }

    /// Base documents as one.
    pub(super) fn base_documents(&self) -> Result<crate::value::Frozen, Error> {
        data::build(self.data.clone(), &SymbolTable::new())
    }
}

/// Reads a module; whether it was read as older Rego though nobody asked for it.
fn parse(source: &Source, file: u32, syntax: Syntax, errors: &mut Vec<Diagnostic>) -> (Option<Module>, bool) {
    let version = syntax.version();
    let parsed = read_module(source.text(), ParseOptions { file, version });
    if parsed.errors.is_empty() {
        return (parsed.tree, false);
    }
    if syntax == Syntax::Detect {
        let old = read_module(source.text(), ParseOptions { file, version: Version::V0 });
        if old.errors.is_empty() {
            return (old.tree, true);
        }
    }
    errors.extend(parsed.errors);
    (None, false)
}

fn note(source: &Source, file: u32, sources: &[Source]) -> Issue {
    Issue {
        location: Location::of(Span::new(file, 0, 0), sources),
        hint: Some("add `import rego.v1`, `if` and `contains`, or ask for v0".to_owned()),
        ..Issue::new("v0_syntax", format!("{} is written in Rego v0 and is read as such", source.name()))
    }
}

/// Rules with their names resolved, their bodies in order and their types checked. What is left of the modules are the heads
/// of the rules.
fn resolve(modules: &mut [Module], settings: Settings<'_>) -> Result<(Program, Option<Types>), Vec<Diagnostic>> {
    let Settings { sources, demands, schemas, max_errors, are_types_unchecked, .. } = settings;
    let annotations = Annotations::read(modules, sources)?;
    let mut problems = Problems::default();
    let mut program = lower_modules(modules, &annotations, demands, &mut problems);
    program.rules.iter().for_each(|rule| check_written_rule(rule, &mut problems));
    check_conflicts(&program, sources, &mut problems);
    let mut types = None;
    if !problems.has_failed(Check::Functions) {
        let dependencies = Dependencies::of(&program);
        check_recursion(&program, &dependencies, &mut problems);
        order_rules(&mut program, sources, &mut problems);
        if !problems.has_failed(Check::Recursion) && !are_types_unchecked {
            let (program, dependencies, annotations) = (&program, &dependencies, &annotations);
            let subject = Subject { program, dependencies, modules, annotations, schemas, sources };
            types = Some(check_program(&subject, &mut problems));
        }
    }
    problems.finish(max_errors)?;
    Ok((program, types))
}

/// Documents as nested loops, which say which rules have answers if they are observed.
fn plan(
    program: &mut Program,
    optimizations: Optimizations,
    is_observed: bool,
) -> Result<(Tree, Vec<DocumentPlan>), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut tree = Tree::build(program, &mut errors);
    stop(&mut errors)?;
    let mut plans = plan_program(program, &tree, &mut errors);
    stop(&mut errors)?;
    if is_observed {
        observe::observe(&program.rules, &tree, &mut plans);
    }
    if optimizations.plans {
        optimize_program(&mut tree, &mut plans);
    }
    Ok((tree, plans))
}

/// The text of a stage.
fn explain(modules: &mut [Module], settings: Settings<'_>, stage: Stage) -> Result<String, Vec<Diagnostic>> {
    let optimizations = settings.optimizations;
    let (mut program, _) = resolve(modules, settings)?;
    if stage == Stage::Hir {
        return Ok(crate::hir::print::rules(&program.rules));
    }
    let (tree, plans) = plan(&mut program, optimizations, false)?;
    if stage == Stage::Plan {
        return Ok(crate::plan::print::program(&tree, &plans));
    }
    let mut errors = Vec::new();
    let (unit, functions) = generate_program(&tree, &plans, optimizations, &mut SymbolTable::new(), &mut errors);
    stop(&mut errors)?;
    Ok(functions.iter().map(|function| crate::code::print::function(function, &unit)).collect())
}

/// What a compilation gives.
struct Compiled {
    code: Code,
    names: Names,
    annotations: Vec<Listed>,
    rule_paths: RulePaths,
    types: Option<Types>,
}

/// The stages, one after the other. What a stage was made of is given back before the next one, so that all of them do
/// with the memory of two.
fn compile(mut modules: Vec<Module>, settings: Settings<'_>) -> Result<Compiled, Vec<Diagnostic>> {
    let optimizations = settings.optimizations;
    let (mut program, types) = resolve(&mut modules, settings)?;
    drop(modules);
    let (tree, plans) = plan(&mut program, optimizations, false)?;
    let spans = spans(&program, &tree);
    let rule_paths = if settings.demands.may_overlap_data { RulePaths::default() } else { RulePaths::of(&program) };
    let Program { rules, names, annotations, .. } = program;
    drop(rules);
    let code = assemble(&spans, tree, plans, optimizations, SymbolTable::new())?;
    Ok(Compiled { code, names, annotations, rule_paths, types })
}

/// The same for code that says which rules have answers. Symbols are those of the policy's other code, and what is new.
pub(super) fn compile_observed(
    modules: &mut [Module],
    settings: Settings<'_>,
    symbols: SymbolTable,
) -> Result<(Code, Program), Vec<Diagnostic>> {
    let optimizations = settings.optimizations;
    let (mut program, _) = resolve(modules, settings)?;
    let (tree, plans) = plan(&mut program, optimizations, true)?;
    let code = assemble(&spans(&program, &tree), tree, plans, optimizations, symbols)?;
    Ok((code, program))
}

/// Code of plans, checked. `spans` are the places of the documents.
fn assemble(
    spans: &[Span],
    tree: Tree,
    plans: Vec<DocumentPlan>,
    optimizations: Optimizations,
    mut symbols: SymbolTable,
) -> Result<Code, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let (unit, functions) = generate_program(&tree, &plans, optimizations, &mut symbols, &mut errors);
    stop(&mut errors)?;
    for function in &functions {
        verify::check(function, &unit, functions.len(), &mut Work::default()).map_err(internal)?;
    }
    let needs = graph::check(&tree, &functions, spans, &mut errors);
    stop(&mut errors)?;
    let levels = depth::check(&tree, &plans, &needs.order, needs.has_cycle, spans, &mut errors);
    stop(&mut errors)?;
    Ok(code_of((tree, unit, functions), symbols, needs, levels, optimizations))
}

/// Functions with what follows from them.
pub(super) fn code_of(
    (tree, unit, functions): (Tree, Unit, Vec<Function>),
    symbols: SymbolTable,
    needs: graph::Needs,
    levels: Vec<u32>,
    optimizations: Optimizations,
) -> Code {
    let is_remembered = graph::remembered(&tree, &functions, &unit, optimizations);
    let aliases = aliases::aliases(&unit, &functions);
    let is_input_free = input_free::input_free(&tree, &unit, &functions, &needs);
    let is_settled = input_free::settled(&tree, &functions, &is_input_free, &needs, optimizations);
    let stack = needs.stack;
    Code { tree, unit, functions, symbols, stack, levels, is_remembered, is_input_free, is_settled, aliases }
}

/// For each document the place of its first rule.
fn spans(program: &Program, tree: &Tree) -> Vec<Span> {
    let first = |document: &Document| {
        let first = document.rules.iter().chain(&document.default).find_map(|rule| program.rules.get(*rule));
        first.map_or(Span::default(), |rule| rule.span)
    };
    tree.documents.iter().map(first).collect()
}

fn stop(errors: &mut Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>> {
    if errors.is_empty() { Ok(()) } else { Err(std::mem::take(errors)) }
}

pub(super) fn internal(message: String) -> Vec<Diagnostic> {
    let message = format!("internal error: {message}");
    vec![Diagnostic::new("rego_compile_error", Span::default(), message)]
}
