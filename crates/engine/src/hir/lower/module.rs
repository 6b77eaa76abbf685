//! Modules and their rules.

use super::scope::Declared;
use super::{Environment, Global, Lowerer, Path, path_of};
use crate::builtins::Builtin;
use crate::capabilities::Capabilities;
use crate::hir::annotations::{Annotations, Listed, Place};
use crate::hir::print::package_text;
use crate::hir::{Body, Branch, Check, Literal, LiteralKind, Problems, Rule, Term, Var};
use hashbrown::{HashMap, HashSet};
use smallvec::smallvec;
use solon_syntax::{Span, ast};
use std::sync::Arc;

/// The package of a module.
#[derive(Debug)]
pub struct Package {
    /// Its path below `data`.
    pub path: Path,
    /// Where the module names it.
    pub span: Span,
}

/// All rules of all modules.
#[derive(Debug, Default)]
pub struct Program {
    /// The rules, module by module.
    pub rules: Vec<Rule>,
    /// The packages of the modules, which exist as documents even where they have no rule.
    pub packages: Vec<Package>,
    /// What modules and queries can name.
    pub names: Names,
    /// What is said of packages and rules.
    pub annotations: Vec<Listed>,
}

/// Paths of functions, with their number of arguments.
pub type Functions = HashMap<Path, usize>;

/// The names of all rules.
#[derive(Debug, Default)]
pub struct Names {
    /// The functions.
    pub functions: Functions,
    /// The first names of all rules, by package.
    pub firsts: HashMap<Path, HashSet<Arc<str>>>,
    /// The constant paths of all rules.
    pub paths: HashSet<Path>,
    /// What may be used.
    pub capabilities: Capabilities,
}

impl Names {
    /// The builtin called `name`, if it may be called.
    pub fn builtin(&self, name: &str) -> Option<&'static Builtin> {
        self.capabilities.builtin(name)
    }
}

/// What is asked of the compiler, besides what modules say.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    /// What modules may use.
    pub capabilities: Capabilities,
    /// Whether OPA's strict mode is asked for.
    pub is_strict: bool,
    /// Whether rules may be where base data is.
    pub may_overlap_data: bool,
    /// Whether tests are to be run: repeated names of tests are numbered, and tests tell of their cases.
    pub is_test_run: bool,
}

/// Lowers modules to rules. Of each rule that is lowered the head is left: its bodies are no longer needed, and what is made
/// of the next one takes their memory.
pub fn lower_modules(
    modules: &mut [ast::Module],
    annotations: &Annotations,
    demands: &Demands,
    problems: &mut Problems,
) -> Program {
    let mut program = Program { annotations: annotations.list(), ..Program::default() };
    program.names.capabilities = demands.capabilities.clone();
    let mut paths: Vec<(Path, usize)> = Vec::with_capacity(modules.iter().map(|module| module.rules.len()).sum());
    for module in modules.iter() {
        let package = path_of(&module.package.path);
        let firsts = program.names.firsts.entry(package.clone()).or_default();
        let mut arity = None;
        for rule in &module.rules {
            let (path, constant) = constant_path(&package, &rule.head);
            if !firsts.contains(&rule.head.name.text) {
                firsts.insert(rule.head.name.text.clone());
            }
            // Rules of one document mostly stand together.
            let is_other = paths.last().is_none_or(|(last, _)| *last != path);
            let last_arity = std::mem::replace(&mut arity, rule.head.parameters.as_ref().map(Vec::len));
            if let Some(arity) = arity.filter(|_| is_other || arity != last_arity) {
                program.names.functions.insert(path.clone(), arity);
            }
            if is_other && !program.names.paths.contains(&path) {
                program.names.paths.insert(path.clone());
            }
            paths.push((path, constant));
        }
        program.packages.push(Package { path: package, span: module.package.span });
    }
    program.rules.reserve_exact(paths.len());
    let mut paths = paths.into_iter();
    for (module_number, module) in modules.iter_mut().enumerate() {
        let package = path_of(&module.package.path);
        let environment = Environment::new(&package, &module.imports, &program.names);
        if demands.is_strict || module.version == ast::Version::V1 {
            check_imports(module, problems);
        }
        for (rule_number, path) in (0..module.rules.len()).zip(paths.by_ref()) {
            let Some(rule) = module.rules.get(rule_number) else { continue };
            let mut lowerer = Lowerer::new(&environment, problems);
            lowerer.is_v1_module = module.version == ast::Version::V1 || demands.is_strict;
            lowerer.is_strict = demands.is_strict;
            lowerer.names_test_cases = demands.is_test_run;
            lowerer.place = Some((annotations, Place { module, module_number, rule_number, is_else: false }));
            program.rules.push(lowerer.rule(rule, path));
            if let Some(rule) = module.rules.get_mut(rule_number) {
                rule.body = ast::Body::new();
                rule.else_branches = Vec::new();
            }
        }
        if demands.is_strict {
            check_unused_imports(module, &environment, problems);
        }
    }
    program
}

/// Reports imports of data and input that nothing names.
fn check_unused_imports(module: &ast::Module, environment: &Environment<'_>, problems: &mut Problems) {
    for import in &module.imports {
        let Some(name) = name_of(import) else { continue };
        let is_unused = environment.globals.get(name).is_some_and(|named| !named.is_used.get());
        if is_unused && is_root(import.path.first().map_or("", String::as_str)) {
            let message = format!("{} unused", import_text(import));
            problems.report(Check::UnusedImports, "rego_compile_error", import.span, message);
        }
    }
}

/// An import as OPA writes it.
fn import_text(import: &ast::Import) -> String {
    let alias = import.alias.as_ref().map(|alias| format!(" as {}", alias.text)).unwrap_or_default();
    format!("import {}{alias}", package_text(&path_of(&import.path)))
}

/// The name that an import brings.
fn name_of(import: &ast::Import) -> Option<&str> {
    import.alias.as_ref().map(|alias| &*alias.text).or(import.path.last().map(String::as_str))
}

/// Reports imports that take the name of an earlier one.
fn check_imports(module: &ast::Module, problems: &mut Problems) {
    let mut seen: HashMap<&str, &ast::Import> = HashMap::new();
    for import in &module.imports {
        let Some(name) = name_of(import) else { continue };
        if let Some(earlier) = seen.get(name) {
            let message = format!("import must not shadow {}", import_text(earlier));
            problems.report(Check::Imports, "rego_compile_error", import.span, message);
        } else {
            seen.insert(name, import);
        }
    }
}

impl<'p> Environment<'p> {
    /// The names of a module or query of `package`.
    pub(super) fn new(package: &Path, imports: &[ast::Import], names: &'p Names) -> Self {
        let mut globals = HashMap::new();
        for name in names.firsts.get(package).into_iter().flatten() {
            let path = [package.as_slice(), std::slice::from_ref(name)].concat();
            globals.insert(name.clone(), Global::Data(path).into());
        }
        for import in imports {
            let Some((root, path)) = import.path.split_first() else { continue };
            let name: Arc<str> = match (&import.alias, path.last()) {
                (Some(alias), _) => alias.text.clone(),
                (None, Some(last)) => last.as_str().into(),
                (None, None) => root.as_str().into(),
            };
            match root.as_str() {
                "data" => globals.insert(name, Global::Data(path_of(path)).into()),
                "input" => globals.insert(name, Global::Input(path_of(path)).into()),
                _ => None,
            };
        }
        Environment { globals, names, operators: Default::default() }
    }
}

/// The path of a head up to its first part that is no constant string, and how many parts those are.
fn constant_path(package: &Path, head: &ast::Head) -> (Path, usize) {
    let mut path = Path::with_capacity(package.len() + 1 + head.path.len());
    path.extend(package.iter().cloned());
    path.push(head.name.text.clone());
    let mut count = 0;
    for part in &head.path {
        let ast::TermKind::String(text) = &part.kind else { break };
        path.push(text.clone());
        count += 1;
    }
    (path, count)
}

impl Lowerer<'_, '_> {
    /// Reports a rule and arguments that are called `input` or `data`.
    fn check_names(&mut self, rule: &ast::Rule, arguments: &[(Arc<str>, Span)]) {
        let name = &rule.head.name.text;
        if is_root(name) && self.is_v1_module {
            let message = format!("rules must not shadow {name} (use a different rule name)");
            self.error(Check::Shadowing, "rego_compile_error", rule.span, message);
        }
        let names_root = arguments.iter().any(|(name, _)| is_root(name));
        for param in rule.head.parameters.iter().flatten() {
            self.check_parameter(param, param.span, arguments);
            if !names_root {
                continue;
            }
            let mut names = Vec::new();
            argument_names(param, &mut names);
            if let Some((name, _)) = names.into_iter().find(|(name, _)| is_root(name)) {
                let message = format!("args must not shadow {name} (use a different variable name)");
                self.error(Check::Arguments, "rego_compile_error", rule.span, message);
            }
        }
    }

    /// A rule, with the constant part of its path and how many parts of the head that takes in.
    fn rule(mut self, rule: &ast::Rule, (path, constant): (Path, usize)) -> Rule {
        let mut named = Vec::new();
        rule.head.parameters.iter().flatten().for_each(|param| argument_names(param, &mut named));
        self.check_names(rule, &named);
        self.check_head(rule);
        let key_terms = rule.head.path.get(constant..).unwrap_or_default();
        let (value, is_set) = match &rule.head.kind {
            ast::HeadKind::Value { value, .. } => (value.as_ref(), false),
            ast::HeadKind::Contains { key } => (Some(key), true),
        };
        self.enter_rule(&rule.body);
        let arguments = self.declare_arguments(&named);
        let mut before = Body::with_capacity(rule.body.len());
        let mut params = rule.head.parameters.as_ref().map(|params| self.terms(params, &mut before));
        self.forget_uses(&named);
        self.body_into(&rule.body, &mut before);
        let generated = before.len();
        self.is_in_head = true;
        let keys: Vec<Term> = key_terms.iter().map(|key| self.head_term(key, &mut before)).collect();
        if self.names_test_cases {
            self.name_test_case(rule, &keys, generated, &mut before);
        }
        let value = value.map_or(Term::TRUE, |value| self.head_term(value, &mut before));
        self.is_in_head = false;
        self.leave();
        let computed = self.computed_parameters(rule, params.as_deref_mut().unwrap_or_default());
        let mut branches = smallvec![Branch { span: rule.span, body: before, value }];
        if let Some((_, place)) = &mut self.place {
            place.is_else = true;
        }
        for branch in &rule.else_branches {
            branches.push(self.else_branch(branch, &arguments));
        }
        if !computed.is_empty() {
            branches.iter_mut().for_each(|branch| self.match_last(&computed, branch));
        }
        if self.is_strict {
            self.report_unused_arguments(rule, &arguments);
        }
        self.locals.set_names_data(self.names_data.get());
        Rule { span: rule.span, path, keys, is_set, params, is_default: rule.is_default, branches, locals: self.locals }
    }

    /// Adds the literals of computed parameters to a branch, after one for its value if that is computed, too.
    fn match_last(&mut self, computed: &[Literal], branch: &mut Branch) {
        if branch.value.is_computed() {
            let var = Term::Var(self.fresh(branch.span));
            let value = std::mem::replace(&mut branch.value, var.clone());
            branch.body.push(Literal { span: branch.span, kind: LiteralKind::Unify(var, value) });
        }
        branch.body.extend(computed.iter().cloned());
    }

    /// Parameters with comprehensions or lookups become variables. As in OPA, these are matched at the end of bodies.
    fn computed_parameters(&mut self, rule: &ast::Rule, params: &mut [Term]) -> Vec<Literal> {
        let written = rule.head.parameters.iter().flatten();
        let mut found = Vec::new();
        for (param, written) in params.iter_mut().zip(written) {
            if param.is_computed() {
                let var = Term::Var(self.fresh(written.span));
                let value = std::mem::replace(param, var.clone());
                found.push(Literal { span: written.span, kind: LiteralKind::Unify(var, value) });
            }
        }
        found
    }

    /// Reports calls in a parameter, and lookups in what is no argument: names in parameters are those of arguments.
    fn check_parameter(&mut self, param: &ast::Term, place: Span, arguments: &[(Arc<str>, Span)]) {
        match &param.kind {
            ast::TermKind::Array(items) => {
                items.iter().for_each(|item| self.check_parameter(item, place, arguments));
            }
            ast::TermKind::Object(entries) => {
                entries.iter().for_each(|(_, value)| self.check_parameter(value, place, arguments));
            }
            ast::TermKind::Call { .. } | ast::TermKind::Infix { .. } => {
                self.error(Check::Locals, "rego_compile_error", param.span, "rule arguments cannot contain calls");
            }
            ast::TermKind::Ref { head, operands } => {
                if let ast::TermKind::Var(name) = &head.kind
                    && !arguments.iter().any(|(argument, _)| argument == name)
                {
                    let message = format!("var {name} is unsafe");
                    self.error(Check::BodySafety, "rego_unsafe_var_error", place, message);
                }
                operands.iter().for_each(|operand| self.check_parameter(operand, place, arguments));
            }
            _ => {}
        }
    }

    fn report_unused_arguments(&mut self, rule: &ast::Rule, arguments: &[(Arc<str>, Var)]) {
        for (name, _) in arguments {
            if !self.used_arguments.contains(name) {
                let message = format!("unused argument {name}. (hint: use _ (wildcard variable) instead)");
                self.error(Check::Unused, "rego_compile_error", rule.head.span, message);
            }
        }
    }

    /// Declares the variables of a function's parameters; one that is named twice is one variable.
    fn declare_arguments(&mut self, names: &[(Arc<str>, Span)]) -> Vec<(Arc<str>, Var)> {
        let mut arguments: Vec<(Arc<str>, Var)> = Vec::with_capacity(names.len());
        for (name, span) in names {
            if !arguments.iter().any(|(other, _)| other == name) {
                let var = self.declare(name, *span, Declared::Argument, *span);
                arguments.push((name.clone(), var));
            }
        }
        arguments
    }

    fn else_branch(&mut self, branch: &ast::Else, arguments: &[(Arc<str>, Var)]) -> Branch {
        self.has_unused = false;
        self.enter_rule(&branch.body);
        self.redeclare(arguments);
        let mut body = self.body(&branch.body);
        self.is_in_head = true;
        let value = branch.value.as_ref().map_or(Term::TRUE, |value| self.head_term(value, &mut body));
        self.is_in_head = false;
        self.leave();
        Branch { span: branch.span, body, value }
    }
}

/// Whether a name is that of a root document.
pub(super) fn is_root(name: &str) -> bool {
    matches!(name, "input" | "data")
}

fn argument_names(term: &ast::Term, names: &mut Vec<(Arc<str>, Span)>) {
    match &term.kind {
        ast::TermKind::Var(name) if **name != *"_" => names.push((name.clone(), term.span)),
        ast::TermKind::Array(items) | ast::TermKind::Set(items) => {
            items.iter().for_each(|item| argument_names(item, names));
        }
        ast::TermKind::Object(entries) => entries.iter().for_each(|(key, value)| {
            argument_names(key, names);
            argument_names(value, names);
        }),
        _ => {}
    }
}
