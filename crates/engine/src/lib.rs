//! Compiles Rego to register bytecode and evaluates it.
//!
//! The way of a policy: [`solon_syntax::ast`] -> [`hir`] (names resolved) -> [`analysis`] (safety) -> [`plan`]
//! (loops) -> [`code`] (registers) -> [`vm`], with [`value`], [`builtins`] and [`types`] below all of them. [`api`]
//! is what users meet; its items are at the root of this crate.

// What only builtins use that are left out.
#![cfg_attr(not(all(feature = "crypto", feature = "graphql", feature = "regex", feature = "time")), allow(dead_code))]

pub mod analysis;
pub mod api;
pub mod builtins;
pub mod capabilities;
pub mod code;
pub mod hir;
pub mod host;
pub mod http;
pub mod plan;
pub mod saved;
mod stack;
pub mod types;
pub mod value;
pub mod vm;

#[cfg(feature = "regorus")]
pub use api::RegorusEngine;
pub use api::{
    Annotation, Answer, BuiltInput, Case, Cases, Compiler, Decide, Details, Engine, Error, Evaluator, EvaluatorPool,
    Explainer, Explanation, Expression, FiredRule, Input, Issue, LoadedPolicy, Location, NativeEngine, OwnedAnswer,
    OwnedExpression, OwnedRow, ParsedInput, Policy, Query, QuerySet, Row, SetEvaluator, Settings, Stage, Syntax, Test,
};
pub use capabilities::Capabilities;
pub use code::Optimizations;
pub use host::{Host, NoHost};
pub use http::{HttpCache, HttpError, HttpRequest, HttpResponse};
pub use vm::Limits;
