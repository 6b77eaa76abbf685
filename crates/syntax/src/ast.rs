//! The abstract syntax tree: what a Rego module says, before names are resolved.
//!
//! The shapes follow OPA's grammar. Every node carries the [`Span`] it was written at. Chained bodies
//! (`p { a } { b }`) have become separate rules; infix operators are [`TermKind::Call`]s of an [`Operator`].

use crate::span::Span;
use std::sync::Arc;

/// Which of Rego's two syntaxes a module is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Version {
    /// Rego before OPA 1.0: `if` and `contains` only after an import.
    V0,
    /// Rego of OPA 1.0 and later.
    #[default]
    V1,
}

/// One module, which is one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// Number of the file, as in every span below.
    pub file: u32,
    /// The syntax it was parsed as (`import rego.v1` makes a v0 module V1).
    pub version: Version,
    /// `package a.b`.
    pub package: Package,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Rules in order.
    pub rules: Vec<Rule>,
    /// Every comment of the file, in order.
    pub comments: Vec<Comment>,
}

/// A comment, from its `#` to the end of the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Where.
    pub span: Span,
    /// The text after `#`.
    pub text: String,
}

/// `package a.b["c"]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// From `package` to the end of the path.
    pub span: Span,
    /// The path below `data`: `["a", "b", "c"]`.
    pub path: Vec<String>,
}

/// `import data.a.b as c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The whole import.
    pub span: Span,
    /// The path, root included: `["data", "a", "b"]`, `["rego", "v1"]`, `["input", "x"]`.
    pub path: Vec<String>,
    /// Span of the path alone.
    pub path_span: Span,
    /// The name after `as`.
    pub alias: Option<Name>,
}

/// A name as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// Where.
    pub span: Span,
    /// The name.
    pub text: Arc<str>,
}

/// One rule: head, body and `else` branches.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// From the head to the end of the last branch.
    pub span: Span,
    /// Whether it was written after `default`.
    pub is_default: bool,
    /// What it defines.
    pub head: Head,
    /// The body; empty where none was written (which is as good as `true`).
    pub body: Body,
    /// `else` branches in order.
    pub else_branches: Vec<Else>,
}

/// What a rule defines.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The head as written, without `if`.
    pub span: Span,
    /// Name of the rule: the first part of `reference`.
    pub name: Name,
    /// What follows the name: `.b`, `["c"]`, `[x]`. For v0's partial set `p[x]` the bracket is in `key`, not here.
    pub path: Vec<Term>,
    /// Parameters of a function.
    pub parameters: Option<Vec<Term>>,
    /// What kind of document it defines, with the term that is its value.
    pub kind: HeadKind,
}

/// The kind of document a head defines.
#[derive(Clone, Debug, PartialEq)]
pub enum HeadKind {
    /// `p`, `p := v`, `p[k] := v`, `f(x) := v`. `None` stands for `true`.
    Value {
        /// The value, if written.
        value: Option<Term>,
        /// Whether `:=` was used, rather than `=`.
        is_assigned: bool,
    },
    /// `p contains v`, and v0's `p[v]`.
    Contains {
        /// The member.
        key: Term,
    },
}

/// `else := v if { body }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Else {
    /// From `else` to the end of its body.
    pub span: Span,
    /// The value; `None` stands for `true`.
    pub value: Option<Term>,
    /// Whether `:=` was used, rather than `=`.
    pub is_assigned: bool,
    /// The body; empty where none was written.
    pub body: Body,
}

/// Expressions that must all hold.
pub type Body = Vec<Expr>;

/// One expression of a body, with its `with` modifiers.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// The expression, modifiers included.
    pub span: Span,
    /// What it says.
    pub kind: ExprKind,
    /// `with` modifiers in order.
    pub with: Vec<With>,
}

/// What an expression says.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A term that must be defined and not false; `x == 1` and `x := 1` are calls of operators.
    Term(Term),
    /// `not e`, where a nested call that is undefined makes the whole undefined (OPA's older meaning). The inner
    /// expression has no `with` of its own: modifiers stand on the outer one.
    Not(Box<Expr>),
    /// `not e` and `not { .. }` under `import future.keywords.not` or `rego.v2`: true where the body has no answer.
    NotBody {
        /// The body.
        body: Body,
        /// Whether it is written as one; the variables of a lone expression have to be bound outside of it.
        is_explicit: bool,
    },
    /// `some x, y`.
    Some(Vec<Name>),
    /// `some k, v in coll`; the terms are patterns.
    SomeIn {
        /// The key's pattern.
        key: Option<Term>,
        /// The value's pattern.
        value: Term,
        /// The collection.
        collection: Term,
    },
    /// `every k, v in coll { body }`.
    Every {
        /// The key's variable.
        key: Option<Name>,
        /// The value's variable.
        value: Name,
        /// The domain.
        domain: Term,
        /// What must hold for each.
        body: Body,
    },
    /// `a and b` (under its import): both bodies have an answer. Operands written in braces are bodies of several
    /// expressions, others of one.
    And(Body, Body),
    /// `a or b` (under its import): one of the bodies has an answer; the second is asked only if the first has none.
    Or(Body, Body),
}

/// `with input.x as v`.
#[derive(Clone, Debug, PartialEq)]
pub struct With {
    /// The modifier.
    pub span: Span,
    /// What is replaced: a ref of `input` or `data`, or a function's name.
    pub target: Term,
    /// By what.
    pub value: Term,
}

/// A term with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: TermKind,
}

/// The kinds of terms.
#[derive(Clone, Debug, PartialEq)]
pub enum TermKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written (`1`, `1.0`, `1e3`), sign included.
    Number(Arc<str>),
    /// A string, escapes resolved.
    String(Arc<str>),
    /// `$"a {x} b"`: pieces of text and of terms.
    Template(Vec<TemplatePart>),
    /// A variable, `_` included.
    Var(Arc<str>),
    /// `head.b[c]`; at least one operand. `.b` is an operand that is a string.
    Ref {
        /// What is looked into: a variable, a call, a collection or a comprehension.
        head: Box<Term>,
        /// The keys.
        operands: Vec<Term>,
    },
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{k: v}`.
    Object(Vec<(Term, Term)>),
    /// `{a, b}`; `set()` is the empty one.
    Set(Vec<Term>),
    /// `f(a)`, `a.f(b)`.
    Call {
        /// Name of the function: a variable or a ref of strings.
        function: Box<Term>,
        /// Arguments.
        args: Vec<Term>,
    },
    /// `a + b`.
    Infix {
        /// Which operator.
        operator: Operator,
        /// Operands: two, or three for `k, v in coll`.
        args: Vec<Term>,
    },
    /// `[t | body]`.
    ArrayComprehension {
        /// The element.
        term: Box<Term>,
        /// The body.
        body: Body,
    },
    /// `{t | body}`.
    SetComprehension {
        /// The element.
        term: Box<Term>,
        /// The body.
        body: Body,
    },
    /// `{k: v | body}`.
    ObjectComprehension {
        /// The key.
        key: Box<Term>,
        /// The value.
        value: Box<Term>,
        /// The body.
        body: Body,
    },
}

/// A piece of a template string.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Text, escapes resolved.
    Text(String),
    /// `{term}`.
    Term(Term),
    /// `{term with input as x}`, and other expressions that are more than a term.
    Expr(Box<Expr>),
}

/// Infix operators, in OPA's names for the builtins they call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Operator {
    Assign,
    Unify,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    In,
}

impl Operator {
    /// Each operator with its text and the builtin it calls.
    pub const TABLE: [(Operator, &'static str, &'static str); 16] = [
        (Operator::Assign, ":=", "assign"),
        (Operator::Unify, "=", "eq"),
        (Operator::Equal, "==", "equal"),
        (Operator::NotEqual, "!=", "neq"),
        (Operator::Less, "<", "lt"),
        (Operator::LessOrEqual, "<=", "lte"),
        (Operator::Greater, ">", "gt"),
        (Operator::GreaterOrEqual, ">=", "gte"),
        (Operator::Plus, "+", "plus"),
        (Operator::Minus, "-", "minus"),
        (Operator::Multiply, "*", "mul"),
        (Operator::Divide, "/", "div"),
        (Operator::Remainder, "%", "rem"),
        (Operator::And, "&", "and"),
        (Operator::Or, "|", "or"),
        (Operator::In, "in", "internal.member_2"),
    ];

    /// The operator as written.
    pub fn text(self) -> &'static str {
        Self::TABLE[self as usize].1
    }

    /// The builtin it calls (`k, v in c` calls `internal.member_3`).
    pub fn builtin(self) -> &'static str {
        Self::TABLE[self as usize].2
    }
}
