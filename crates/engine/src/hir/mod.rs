//! The high-level representation: rules with their names resolved.
//!
//! Takes the syntax trees of all modules ([`lower`]); gives [`Rule`]s in which every name is a local variable, a
//! path below `input` or `data`, or a builtin, and in which calls stand only at the top of a literal: `f(g(x)) == 1`
//! has become `t := g(x); u := f(t); u = 1`, as OPA rewrites it. It must not know in which order literals run, nor
//! what is bound: that is `analysis`.

pub mod annotations;
mod constants;
pub mod lower;
mod parts;
pub mod print;
mod problems;
pub mod test_rules;
pub mod text;
mod visit;

pub use parts::{Part, parts_of_literal, parts_of_term};
pub use problems::{Check, Problems};
pub use visit::{Visit, free_vars_of_body, free_vars_of_literal, free_vars_of_term};

use crate::builtins::Builtin;
use smallvec::SmallVec;
use solon_syntax::Span;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// A local variable: its number in [`Locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// The local variables of one rule or query, nested bodies included.
#[derive(Clone, Debug, Default)]
pub struct Locals {
    vars: Vec<Local>,
    /// Whether `print` or a template string names some of them.
    are_shown: bool,
    /// Whether there are assignments, or bodies inside of others.
    is_nested: bool,
    /// Whether something names a path below `data`.
    names_data: bool,
}

/// One local variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// The name as written; generated ones begin with `$`, wildcards are `_`, or `$_` if nobody wrote them.
    pub name: Arc<str>,
    /// Where it was first seen.
    pub span: Span,
    /// Where a head names it first, if one does outside of a body.
    pub in_head: Option<Span>,
    /// Whether it is declared by `:=`.
    pub is_assigned: bool,
    /// Whether it is declared in any way.
    pub is_declared: bool,
}

impl Locals {
    /// Adds a variable.
    pub fn add(&mut self, name: Arc<str>, span: Span) -> Var {
        self.vars.push(Local { name, span, in_head: None, is_assigned: false, is_declared: false });
        Var(self.vars.len() as u32 - 1)
    }

    /// The name of wildcards that nobody wrote.
    pub fn unwritten() -> Arc<str> {
        static NAME: LazyLock<Arc<str>> = LazyLock::new(|| "$_".into());
        NAME.clone()
    }

    /// Adds a variable that no source names.
    pub fn generate(&mut self, span: Span) -> Var {
        /// The first ones, which most rules do with.
        static NAMES: LazyLock<Vec<Arc<str>>> =
            LazyLock::new(|| (0..64).map(|number| format!("${number}").into()).collect());
        let number = self.vars.len();
        let name = NAMES.get(number).cloned().unwrap_or_else(|| format!("${number}").into());
        self.vars.push(Local { name, span, in_head: None, is_assigned: false, is_declared: false });
        Var(number as u32)
    }

    /// Notes that `print` or a template string names some.
    pub fn set_shown(&mut self) {
        self.are_shown = true;
    }

    /// Whether `print` or a template string names some.
    pub fn are_shown(&self) -> bool {
        self.are_shown
    }

    /// Notes an assignment, or a body inside of another.
    pub fn set_nested(&mut self) {
        self.is_nested = true;
    }

    /// Whether bodies need no order: without variables, assignments and bodies inside, literals may stay as they are.
    pub fn need_no_order(&self) -> bool {
        self.vars.is_empty() && !self.is_nested
    }

    /// Notes whether something names a path below `data`.
    pub fn set_names_data(&mut self, names_data: bool) {
        self.names_data = names_data;
    }

    /// Whether something names a path below `data`, as far as rules are concerned.
    pub fn names_data(&self) -> bool {
        self.names_data
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.vars.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }

    /// The name of a variable.
    pub fn name(&self, var: Var) -> &str {
        self.vars.get(var.0 as usize).map_or("?", |local| &local.name)
    }

    /// The name of a variable as messages show it: OPA's for those that the compiler made.
    pub fn shown(&self, var: Var) -> Cow<'_, str> {
        let name = self.name(var);
        match name.strip_prefix('$') {
            Some("_") => Cow::Borrowed("__local__"),
            Some(number) => Cow::Owned(format!("__local{number}__")),
            None => Cow::Borrowed(name),
        }
    }

    /// Where a variable was first seen.
    pub fn span(&self, var: Var) -> Span {
        self.vars.get(var.0 as usize).map_or(Span::default(), |local| local.span)
    }

    /// Notes that a head names a variable.
    pub fn set_in_head(&mut self, var: Var, span: Span) {
        if let Some(local) = self.vars.get_mut(var.0 as usize) {
            local.in_head.get_or_insert(span);
        }
    }

    /// Where a head names a variable, or else where it was first seen.
    pub fn place_in_head(&self, var: Var) -> Span {
        self.vars.get(var.0 as usize).map_or(Span::default(), |local| local.in_head.unwrap_or(local.span))
    }

    /// Notes that `:=` declares a variable.
    pub fn set_assigned(&mut self, var: Var) {
        if let Some(local) = self.vars.get_mut(var.0 as usize) {
            local.is_assigned = true;
        }
    }

    /// Whether `:=` declares it.
    pub fn is_assigned(&self, var: Var) -> bool {
        self.vars.get(var.0 as usize).is_some_and(|local| local.is_assigned)
    }

    /// Notes that a variable is declared.
    pub fn set_declared(&mut self, var: Var) {
        if let Some(local) = self.vars.get_mut(var.0 as usize) {
            local.is_declared = true;
        }
    }

    /// Whether it is declared: by `:=`, `some`, `every` or as an argument.
    pub fn is_declared(&self, var: Var) -> bool {
        self.vars.get(var.0 as usize).is_some_and(|local| local.is_declared)
    }

    /// Whether the source names it.
    pub fn is_named(&self, var: Var) -> bool {
        let name = self.name(var);
        !name.starts_with('$') && name != "_"
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The rule as written.
    pub span: Span,
    /// The constant part of its path below `data`, package included.
    pub path: Vec<Arc<str>>,
    /// What follows the constant part: the keys of a partial object, dynamic from the first on.
    pub keys: Vec<Term>,
    /// Whether it is a partial set, whose value is a member.
    pub is_set: bool,
    /// Parameters, if it is a function.
    pub params: Option<Vec<Term>>,
    /// Whether it is a default.
    pub is_default: bool,
    /// The body with its value, then the `else` branches, which few rules have.
    pub branches: SmallVec<[Branch; 1]>,
    /// Its variables.
    pub locals: Locals,
}

/// A value and the body under which it holds.
#[derive(Clone, Debug)]
pub struct Branch {
    /// As written.
    pub span: Span,
    /// What must hold.
    pub body: Body,
    /// The value, or the member of a partial set.
    pub value: Term,
}

/// A query: a body and what it answers.
#[derive(Clone, Debug)]
pub struct Query {
    /// What must hold.
    pub body: Body,
    /// Variables that a user sees, with their names.
    pub bindings: Vec<(Arc<str>, Var)>,
    /// For each expression of the query as written: its span and the term that is its value.
    pub expressions: Vec<(Span, Term)>,
    /// Its variables.
    pub locals: Locals,
}

/// Literals that must all hold.
pub type Body = Vec<Literal>;

/// One literal of a body.
#[derive(Clone, Debug)]
pub struct Literal {
    /// As written; generated ones have the span of what they were made from.
    pub span: Span,
    /// What it says.
    pub kind: LiteralKind,
}

/// What a literal says.
#[derive(Clone, Debug)]
pub enum LiteralKind {
    /// The term is defined and not false.
    Truthy(Term),
    /// The two terms are made equal.
    Unify(Term, Term),
    /// The variables of the first term get their values from the second, which must be known without them. Once bodies
    /// are in order it is a `Unify`.
    Assign(Term, Term),
    /// The call is defined; its result is made equal to `output`, or must not be false where there is none.
    Call {
        /// What is called with what.
        call: Call,
        /// Where the result goes.
        output: Option<Term>,
    },
    /// The body has no answer.
    Not {
        /// The body; one literal for the older `not`.
        body: Body,
        /// Whether the body may bind variables of its own (`import future.keywords.not`).
        is_scoped: bool,
        /// Variables inside that have to be bound outside.
        outside: Vec<Var>,
    },
    /// The body has an answer for each element.
    Every {
        /// The key's variable.
        key: Option<Var>,
        /// The value's variable.
        value: Var,
        /// The domain.
        domain: Term,
        /// What must hold.
        body: Body,
    },
    /// Both bodies have an answer. The variables are those inside that have to be bound outside.
    And(Body, Body, Vec<Var>),
    /// One of the bodies has an answer. The variables are those inside that have to be bound outside.
    Or(Body, Body, Vec<Var>),
    /// The body holds with parts of the world replaced.
    With {
        /// What is replaced by what.
        modifiers: Vec<Modifier>,
        /// What must hold.
        body: Body,
    },
}

/// One `with` modifier.
#[derive(Clone, Debug)]
pub struct Modifier {
    /// As written.
    pub span: Span,
    /// What is replaced.
    pub target: Target,
    /// By what: a term, or another function's name.
    pub value: Replacement,
}

/// What a `with` replaces.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// `input` or what is below it.
    Input(Vec<Arc<str>>),
    /// `data` or what is below it: base documents, rules and functions alike.
    Data(Vec<Arc<str>>),
    /// A builtin.
    Builtin(&'static Builtin),
}

/// What a `with` puts in place.
#[derive(Clone, Debug)]
pub enum Replacement {
    /// A value.
    Term(Term),
    /// A function, to take another one's place.
    Function(Callee),
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// As written.
    pub span: Span,
    /// What is called.
    pub callee: Callee,
    /// With what.
    pub args: Vec<Term>,
}

/// What can be called.
#[derive(Clone, Debug, PartialEq)]
pub enum Callee {
    /// A function that is a rule: its path below `data`.
    Rule(Vec<Arc<str>>),
    /// A builtin.
    Builtin(&'static Builtin),
}

impl Callee {
    /// Whether it is the builtin called `name`.
    pub fn is_builtin(&self, name: &str) -> bool {
        matches!(self, Callee::Builtin(builtin) if builtin.name == name)
    }
}

impl PartialEq for Builtin {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// A term.
#[derive(Clone, Debug)]
pub enum Term {
    /// A scalar.
    Const(Const),
    /// A local variable.
    Var(Var),
    /// A lookup.
    Ref(Box<Ref>),
    /// An array.
    Array(Vec<Term>),
    /// An object.
    Object(Vec<(Term, Term)>),
    /// A set.
    Set(Vec<Term>),
    /// A comprehension.
    Comprehension(Box<Comprehension>),
}

/// A scalar constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written.
    Number(Arc<str>),
    /// A string.
    String(Arc<str>),
}

/// `head[operand][operand]`.
#[derive(Clone, Debug)]
pub struct Ref {
    /// As written.
    pub span: Span,
    /// What is looked into.
    pub head: Head,
    /// The keys.
    pub operands: Operands,
}

/// The keys of a ref: mostly one, as in `input.x`.
pub type Operands = SmallVec<[Term; 1]>;

/// What a ref looks into.
#[derive(Clone, Debug)]
pub enum Head {
    /// `input`.
    Input,
    /// `data`.
    Data,
    /// A variable, or a term written in place.
    Term(Term),
}

/// The three kinds of comprehensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// `[value | body]`.
    Array,
    /// `{value | body}`.
    Set,
    /// `{key: value | body}`.
    Object,
}

/// A comprehension.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// As written.
    pub span: Span,
    /// Which kind.
    pub kind: ComprehensionKind,
    /// The key of an object's entry.
    pub key: Option<Term>,
    /// The element.
    pub value: Term,
    /// What must hold for each.
    pub body: Body,
}

impl Comprehension {
    /// The variable that it captures, if it captures nothing else: `$"{x}"`.
    pub fn lone_variable(&self) -> Option<Var> {
        match self.body.as_slice() {
            [Literal { kind: LiteralKind::Unify(_, Term::Var(var)), .. }] => Some(*var),
            _ => None,
        }
    }
}

impl Term {
    /// The constant `true`.
    pub const TRUE: Term = Term::Const(Const::Bool(true));

    /// A string constant.
    pub fn string(text: &str) -> Term {
        Term::Const(Const::String(text.into()))
    }

    /// Whether there are comprehensions or lookups in it.
    pub fn is_computed(&self) -> bool {
        match self {
            Term::Const(_) | Term::Var(_) => false,
            Term::Ref(_) | Term::Comprehension(_) => true,
            Term::Array(items) | Term::Set(items) => items.iter().any(Term::is_computed),
            Term::Object(entries) => entries.iter().any(|(key, value)| key.is_computed() || value.is_computed()),
        }
    }
}
