//! Compiles Rego to register bytecode and evaluates it.
//!
//! The way of a policy: [`solon_syntax::ast`] -> `hir` (names resolved) -> `analysis` (safety) -> `plan`
//! (loops) -> `code` (registers) -> `vm`, with [`value`], [`builtins`] and [`types`] below all of them. [`api`]
//! is what users meet; its items are at the root of this crate.
//!
//! The stages are public for the sake of tools and tests. They are hidden from this documentation, and may change with any
//! version.

// What only builtins use that are left out.
#![cfg_attr(
    not(all(
        feature = "crypto",
        feature = "graphql",
        feature = "regex",
        feature = "semver",
        feature = "time",
        feature = "yaml"
    )),
    allow(dead_code)
)]

#[doc(hidden)]
pub mod analysis;
pub mod api;
pub mod builtins;
pub mod capabilities;
#[doc(hidden)]
pub mod code;
#[doc(hidden)]
pub mod hir;
pub mod host;
pub mod http;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod saved;
mod stack;
pub mod types;
pub mod value;
#[doc(hidden)]
pub mod vm;

#[cfg(feature = "regorus")]
pub use api::RegorusEngine;
pub use api::{
    Annotation, Answer, BuiltInput, BuiltInputs, Case, Cases, Compiler, Decide, Details, Engine, Error, Evaluator,
    EvaluatorPool, Explainer, Explanation, Expression, FiredRule, Input, Issue, LoadedPolicy, Location, NativeEngine,
    OwnedAnswer, OwnedExpression, OwnedRow, ParsedInput, Policy, Query, QuerySet, Row, SetEvaluator, Settings, Stage,
    Syntax, Test,
};
pub use capabilities::Capabilities;
pub use code::Optimizations;
pub use host::{Host, NoHost};
pub use http::{HttpCache, HttpError, HttpRequest, HttpResponse};
pub use vm::Limits;
