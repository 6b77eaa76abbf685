//! Errors by the stages of OPA's compiler.
//!
//! OPA stops after the first stage that fails. This compiler looks for several kinds of errors in one pass; here it
//! is sorted out which of them OPA would have come to.

use solon_syntax::{Diagnostic, Span};

/// The stages that find errors, in OPA's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The schema of `input`.
    Schemas,
    /// Arguments called `input` or `data`.
    Arguments,
    /// Imports that nothing names, in strict mode.
    UnusedImports,
    /// Heads that capabilities do not know.
    HeadRefs,
    /// Rules and variables called `input` or `data`.
    Shadowing,
    /// Imports of one name.
    Imports,
    /// Declared variables without a use; in strict mode assigned ones and arguments, too.
    Unused,
    /// Variables declared twice, assignments to what is no variable.
    Locals,
    /// Parts of template strings that nothing binds.
    TemplateStrings,
    /// Results of calls that have none.
    VoidCalls,
    /// Arguments of `print` that nothing binds.
    PrintCalls,
    /// What `with` replaces.
    With,
    /// Rules and packages of one path.
    Conflicts,
    /// Unknown functions, and calls with too few or too many arguments.
    Functions,
    /// Variables of heads that no body mentions.
    HeadSafety,
    /// Variables that nothing binds.
    BodySafety,
    /// Rules that need themselves.
    Recursion,
    /// Types that do not fit.
    Types,
    /// Builtins that OPA 1.0 no longer has.
    Deprecated,
}

impl Check {
    /// Whether OPA goes on after errors of this stage.
    fn is_recoverable(self) -> bool {
        use Check::{Deprecated, Imports, Shadowing, Types, Unused, UnusedImports};
        matches!(self, UnusedImports | Shadowing | Imports | Unused | Types | Deprecated)
    }
}

/// Errors with the stages that found them.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<(Check, Diagnostic)>,
}

impl Problems {
    /// Adds an error.
    pub fn report(&mut self, check: Check, code: &'static str, span: Span, message: impl Into<String>) {
        self.add(check, Diagnostic::new(code, span, message));
    }

    /// Adds an error that is written already.
    pub fn add(&mut self, check: Check, diagnostic: Diagnostic) {
        self.found.push((check, diagnostic));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The errors of some stages after the first `count`.
    pub fn after(&mut self, count: usize, checks: &[Check]) -> impl Iterator<Item = &mut Diagnostic> {
        let is_wanted = move |(check, _): &&mut (Check, Diagnostic)| checks.contains(check);
        self.found.iter_mut().skip(count).filter(is_wanted).map(|(_, diagnostic)| diagnostic)
    }

    /// Whether a stage, or one before it, has failed: what is left of the program then makes no sense to later ones.
    pub fn has_failed(&self, last: Check) -> bool {
        self.found.iter().any(|(check, _)| *check <= last && !check.is_recoverable())
    }

    /// The errors of all stages up to the first that failed. As soon as there are `limit` of them, those of later stages
    /// are left out, and an error says so; 0 is no limit.
    ///
    /// # Errors
    ///
    /// If there are any.
    pub fn finish(self, limit: usize) -> Result<(), Vec<Diagnostic>> {
        self.limited(limit, limit, Check::is_recoverable)
    }

    /// As [`Problems::finish`], for the errors of a query: there may be `limit` before any are left out, and OPA ends with
    /// the first stage that has any.
    ///
    /// # Errors
    ///
    /// If there are any.
    pub fn finish_query(self, limit: usize) -> Result<(), Vec<Diagnostic>> {
        self.limited(limit, limit.saturating_add(1), |_| false)
    }

    /// `limit` errors, and one that says that there are more, where there are at least `reached`.
    fn limited(
        self,
        limit: usize,
        reached: usize,
        is_recoverable: impl Fn(Check) -> bool,
    ) -> Result<(), Vec<Diagnostic>> {
        let failed = self.found.iter().map(|(check, _)| *check).filter(|check| !is_recoverable(*check)).min();
        let seen = |check: Check| failed.is_none_or(|failed| check <= failed);
        let mut found: Vec<(Check, Diagnostic)> = self.found.into_iter().filter(|(check, _)| seen(*check)).collect();
        let is_reached = limit > 0 && found.len() >= reached;
        if is_reached {
            found.sort_by_key(|(check, _)| *check);
            found.truncate(limit);
        }
        let mut errors: Vec<Diagnostic> = found.into_iter().map(|(_, diagnostic)| diagnostic).collect();
        errors.extend(is_reached.then(|| Diagnostic::new("rego_compile_error", Span::NONE, "error limit reached")));
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}
