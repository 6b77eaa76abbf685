//! From syntax trees to [`super::Rule`]s: names are resolved, calls are flattened, sugar is taken away.
//!
//! Takes parsed modules; gives rules, a query, and every error in a name.

mod body;
mod call;
mod heads;
mod keys;
mod module;
mod names;
mod negation;
mod query;
pub mod saved;
mod scope;
mod term;
mod test_case;

pub use module::{Demands, Functions, Names, Package, Program, lower_modules};
pub use query::{QueryContext, lower_query};

use super::annotations::{Annotations, Place};
use super::{Check, Const, Locals, Problems, Term, Var};
use crate::builtins::Builtin;
use hashbrown::{HashMap, HashSet};
use scope::Scopes;
use solon_syntax::{Span, ast};
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// A path below `data`.
pub type Path = Vec<Arc<str>>;

/// What a name stands for that no body declares.
#[derive(Clone, Debug)]
enum Global {
    /// A rule of the package, or an import of `data...`.
    Data(Path),
    /// An import of `input...`.
    Input(Path),
}

/// The same, and whether something names it.
#[derive(Debug)]
struct Named {
    global: Global,
    is_used: Cell<bool>,
}

impl From<Global> for Named {
    fn from(global: Global) -> Self {
        Named { global, is_used: Cell::new(false) }
    }
}

/// What a module, or a query, sees around it.
pub(super) struct Environment<'p> {
    /// Names of the package's rules and of imports.
    globals: HashMap<Arc<str>, Named>,
    /// All rules.
    names: &'p Names,
    /// By operator its builtin, once one has been called.
    operators: [OnceCell<Option<&'static Builtin>>; ast::Operator::TABLE.len()],
}

/// Lowers one rule, or one query.
struct Lowerer<'e, 'p> {
    environment: &'e Environment<'p>,
    problems: &'e mut Problems,
    /// Whether a declaration was wrong: unused ones are then not looked for.
    has_wrong_declaration: bool,
    /// Whether a variable without a use was reported: further ones of the same branch are not looked for.
    has_unused: bool,
    /// Whether OPA's strict mode is asked for.
    is_strict: bool,
    /// Arguments of the rule that something names.
    used_arguments: HashSet<Arc<str>>,
    /// Whether it is a rule of a module in the syntax of OPA 1.0, or strict: it may not do all that others may.
    is_v1_module: bool,
    /// Whether tests tell of their cases.
    names_test_cases: bool,
    /// Names that the pattern that is lowered does not declare.
    undeclared: HashSet<Arc<str>>,
    /// Whether names of rules and imports mean nothing: OPA does not look them up in template strings that are keys.
    is_unresolved: bool,
    /// Whether what is lowered is a rule's head.
    is_in_head: bool,
    /// Where the last expression below a `not` is, and where its `not` begins.
    negated: Option<(Span, Span)>,
    locals: Locals,
    /// Whether something names a path below `data`.
    names_data: Cell<bool>,
    scopes: Scopes,
    /// The rule, for its annotations; a query has none.
    place: Option<(&'e Annotations, Place<'e>)>,
}

impl<'e, 'p> Lowerer<'e, 'p> {
    fn new(environment: &'e Environment<'p>, problems: &'e mut Problems) -> Self {
        Lowerer {
            environment,
            problems,
            has_wrong_declaration: false,
            has_unused: false,
            is_strict: false,
            used_arguments: HashSet::new(),
            is_v1_module: false,
            names_test_cases: false,
            undeclared: HashSet::new(),
            is_unresolved: false,
            is_in_head: false,
            negated: None,
            locals: Locals::default(),
            names_data: Cell::new(false),
            scopes: Scopes::default(),
            place: None,
        }
    }

    fn error(&mut self, check: Check, code: &'static str, span: Span, message: impl Into<String>) {
        self.has_wrong_declaration |= check == Check::Locals;
        self.problems.report(check, code, span, message);
    }

    /// What a name stands for that no body declares.
    fn global_of(&self, name: &str) -> Option<&'e Global> {
        let found = self.environment.globals.get(name).filter(|_| !self.is_unresolved)?;
        found.is_used.set(true);
        Some(&found.global)
    }

    /// A variable of its own for a value that has no name.
    fn fresh(&mut self, span: Span) -> Var {
        self.locals.generate(span)
    }
}

fn path_of(parts: &[String]) -> Path {
    parts.iter().map(|part| part.as_str().into()).collect()
}

fn strings(path: &[Arc<str>]) -> impl Iterator<Item = Term> + '_ {
    path.iter().map(|part| Term::Const(Const::String(part.clone())))
}
