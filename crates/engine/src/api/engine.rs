//! One evaluation API, two engines behind it.
//!
//! Takes the modules and data of a [`Compiler`], a query and inputs; gives the same [`OwnedAnswer`] whichever [`Engine`]
//! evaluates. It is for those who want a second opinion (differential tests, `--cross-check`); all others use the
//! [`Compiler`] itself, whose answers borrow rather than allocate.

use super::{Compiler, Error, Evaluator, Input, OwnedAnswer, Policy};
use crate::vm::Limits;

/// Something that evaluates Rego.
///
/// ```
/// use solon_engine::{Compiler, Engine, Input, NativeEngine, Settings};
///
/// let sources = Compiler::new().module("a.rego", "package a\nbig contains x if { some x in input; x > data.floor }");
/// let sources = sources.data(r#"{"floor": 1}"#);
/// let engine: Box<dyn Engine> = Box::new(NativeEngine);
/// let policy = engine.load(&sources)?;
/// let mut query = policy.prepare("data.a.big", &Settings::default())?;
/// let answer = query.eval(Input::json("[3, 1, 2]"))?;
/// assert_eq!(answer.value(), Some(&serde_json::json!([2, 3])));
/// # Ok::<(), solon_engine::Error>(())
/// ```
pub trait Engine: Send + Sync {
    /// What it is called: `native`, `regorus`.
    fn name(&self) -> &str;

    /// Compiles modules over their data.
    ///
    /// # Errors
    ///
    /// What is wrong with a module or the data. Codes are OPA's for the native engine; other engines may know less.
    fn load(&self, sources: &Compiler) -> Result<Box<dyn LoadedPolicy>, Error>;
}

/// Modules and data that an [`Engine`] has compiled.
pub trait LoadedPolicy: Send + Sync {
    /// Compiles a query.
    ///
    /// # Errors
    ///
    /// What is wrong with the query. An engine that compiles queries when it evaluates them says so only then.
    fn prepare(&self, query: &str, settings: &Settings) -> Result<Box<dyn Decide>, Error>;
}

/// A query that an [`Engine`] has compiled: one for each thread.
pub trait Decide: Send {
    /// Evaluates the query on an input.
    ///
    /// # Errors
    ///
    /// As [`Evaluator::eval`]. An error is never an answer: treat it as a denial.
    fn eval(&mut self, input: Input<'_>) -> Result<OwnedAnswer, Error>;
}

/// How queries are evaluated.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What an evaluation may use. The second engine knows no such limits.
    pub limits: Limits,
    /// Whether an error of a builtin ends the evaluation, rather than making its expression undefined.
    pub is_strict: bool,
}

/// This crate's own engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeEngine;

impl Engine for NativeEngine {
    fn name(&self) -> &str {
        "native"
    }

    fn load(&self, sources: &Compiler) -> Result<Box<dyn LoadedPolicy>, Error> {
        Ok(Box::new(sources.clone().compile()?))
    }
}

impl LoadedPolicy for Policy {
    fn prepare(&self, query: &str, settings: &Settings) -> Result<Box<dyn Decide>, Error> {
        let evaluator = Policy::prepare(self, query)?.evaluator();
        Ok(Box::new(evaluator.limits(settings.limits).strict_builtin_errors(settings.is_strict)))
    }
}

impl Decide for Evaluator {
    fn eval(&mut self, input: Input<'_>) -> Result<OwnedAnswer, Error> {
        // The method of the type shadows that of the trait; its answer borrows, this one must not.
        Evaluator::eval(self, input).map(|answer| answer.to_owned())
    }
}
