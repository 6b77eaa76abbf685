//! Which shortcuts compiled code may take.

/// Shortcuts of compiled code. Answers are the same with and without them, which tests check: leave them on.
///
/// ```
/// use solon_engine::{Compiler, Input, Optimizations};
///
/// let module = "package a\np := 1 if input.x == 1\np := 2 if input.x == 2\np := 3 if input.x == 3\np := 4 if input.x == 4";
/// let plain = Compiler::new().module("a.rego", module).optimizations(Optimizations::NONE).compile()?;
/// let answer = plain.prepare("data.a.p")?.evaluator().eval(Input::json(r#"{"x": 3}"#))?.to_owned();
/// assert_eq!(answer.value(), Some(&3.into()));
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Optimizations {
    /// Rules of a document are found by what they test, instead of being tried one by one.
    pub rule_index: bool,
    /// What rules of a document have in common at their beginning is done once.
    pub shared_beginnings: bool,
    /// Plans are rewritten to do less.
    pub plans: bool,
    /// Results of functions are kept for equal arguments.
    pub remembered_functions: bool,
}

impl Optimizations {
    /// Every shortcut.
    pub const ALL: Self =
        Optimizations { rule_index: true, shared_beginnings: true, plans: true, remembered_functions: true };
    /// None: every rule is tried, every call is carried out.
    pub const NONE: Self =
        Optimizations { rule_index: false, shared_beginnings: false, plans: false, remembered_functions: false };
}

impl Default for Optimizations {
    fn default() -> Self {
        Self::ALL
    }
}
