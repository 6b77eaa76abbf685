//! From syntax trees to [`super::Rule`]s: names are resolved, calls are flattened, sugar is taken away.
//!
//! Takes parsed modules; gives rules, a query, and every error in a name.

mod body;
mod call;
mod dynamics;
mod module;
mod query;
mod scope;
mod term;

pub use module::{Names, Package, Program, lower_modules};
pub use query::{QueryContext, lower_query};

use super::annotations::{Annotations, Place};
use super::{Check, Locals, Problems, Term, Var};
use scope::Scopes;
use solon_syntax::Span;
use std::collections::HashMap;
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

/// What a module, or a query, sees around it.
pub(super) struct Environment<'p> {
    /// Names of the package's rules and of imports.
    globals: HashMap<String, Global>,
    /// All rules.
    names: &'p Names,
}

/// Lowers one rule, or one query.
struct Lowerer<'e, 'p> {
    environment: &'e Environment<'p>,
    problems: &'e mut Problems,
    /// Whether a declaration was wrong: unused ones are then not looked for.
    has_wrong_declaration: bool,
    /// Whether it is a rule of a module in the syntax of OPA 1.0, which may not do all that others may.
    is_v1_module: bool,
    locals: Locals,
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
            is_v1_module: false,
            locals: Locals::default(),
            scopes: Scopes::default(),
            place: None,
        }
    }

    fn error(&mut self, check: Check, code: &'static str, span: Span, message: impl Into<String>) {
        self.has_wrong_declaration |= check == Check::Locals;
        self.problems.report(check, code, span, message);
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
    path.iter().map(|part| Term::string(part))
}
