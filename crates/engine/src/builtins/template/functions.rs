//! The functions of templates.

use super::compare;
use super::data::Data;
use super::format::{print, print_line, printf};
use super::index::{index, length, slice};
use super::run::Run;
use super::texts::{escaper, in_html, in_script};
use crate::builtins::Failure;
use crate::builtins::uri::escape_query;

/// What makes a value of arguments. `Failure::Error` is what it says without its place.
type Call = for<'s> fn(&mut Run<'_, '_, '_, 's>, &[Data<'s>]) -> Result<Data<'s>, Failure>;

/// A function of templates.
pub(super) struct Function {
    pub name: &'static str,
    /// How many arguments it takes, or at least takes.
    pub fixed: usize,
    pub is_variadic: bool,
    pub call: Call,
}

const fn fixed(name: &'static str, fixed: usize, call: Call) -> Function {
    Function { name, fixed, is_variadic: false, call }
}

const fn variadic(name: &'static str, fixed: usize, call: Call) -> Function {
    Function { name, fixed, is_variadic: true, call }
}

static FUNCTIONS: [Function; 19] = [
    // The evaluation looks at these itself.
    variadic("and", 1, |_, _| Ok(Data::Missing)),
    variadic("or", 1, |_, _| Ok(Data::Missing)),
    variadic("call", 1, |_, _| Ok(Data::Missing)),
    fixed("not", 1, |_, args| Ok(Data::Bool(!first(args).is_true()))),
    fixed("len", 1, |_, args| length(first(args))),
    variadic("index", 1, index),
    variadic("slice", 1, slice),
    variadic("print", 0, print),
    variadic("printf", 1, printf),
    variadic("println", 0, print_line),
    variadic("html", 0, |run, args| escaper(run, args, in_html)),
    variadic("js", 0, |run, args| escaper(run, args, in_script)),
    variadic("urlquery", 0, |run, args| escaper(run, args, escape_query)),
    variadic("eq", 1, |run, args| compare::equal(run, args).map(Data::Bool)),
    fixed("ne", 2, |run, args| compare::equal(run, args).map(|holds| Data::Bool(!holds))),
    fixed("lt", 2, |run, args| compare::less(run, args).map(Data::Bool)),
    fixed("le", 2, |run, args| compare::less_or_equal(run, args).map(Data::Bool)),
    fixed("gt", 2, |run, args| compare::less_or_equal(run, args).map(|holds| Data::Bool(!holds))),
    fixed("ge", 2, |run, args| compare::less(run, args).map(|holds| Data::Bool(!holds))),
];

/// The function of this name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

pub(super) fn is_function(name: &str) -> bool {
    find(name).is_some()
}

/// The first argument.
fn first<'s>(args: &[Data<'s>]) -> Data<'s> {
    args.first().copied().unwrap_or(Data::Missing)
}
