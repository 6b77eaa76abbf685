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

pub use module::{Program, lower_modules};
pub use query::{QueryContext, lower_query};

use super::annotations::{Annotations, Place};
use super::{Locals, Term, Var};
use scope::Scopes;
use solon_syntax::{Diagnostic, Span};
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
    /// Paths of all rules that are functions, with their number of arguments.
    functions: &'p HashMap<Path, usize>,
}

/// Lowers one rule, or one query.
struct Lowerer<'e, 'p> {
    environment: &'e Environment<'p>,
    errors: &'e mut Vec<Diagnostic>,
    locals: Locals,
    scopes: Scopes,
    /// The rule, for its annotations; a query has none.
    place: Option<(&'e Annotations, Place<'e>)>,
}

impl<'e, 'p> Lowerer<'e, 'p> {
    fn new(environment: &'e Environment<'p>, errors: &'e mut Vec<Diagnostic>) -> Self {
        Lowerer { environment, errors, locals: Locals::default(), scopes: Scopes::default(), place: None }
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.errors.push(Diagnostic { code, span, message: message.into(), hint: None });
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
