//! The evaluation API: compile modules to a [`Policy`], prepare a [`Query`], evaluate it with an [`Evaluator`].
//!
//! Takes sources, data and inputs as text or serde values; gives [`Answer`]s and [`Error`]s. Everything else of this
//! crate is behind it.
//!
//! ```
//! use solon_engine::{Compiler, Input};
//!
//! let policy = Compiler::new()
//!     .module("example.rego", "package example\nallow if input.user in data.admins")
//!     .data(r#"{"admins": ["alice"]}"#)
//!     .compile()?;
//! let query = policy.prepare("data.example.allow")?;
//! let mut evaluator = query.evaluator();
//! assert!(evaluator.eval(Input::json(br#"{"user": "alice"}"#))?.is_true());
//! assert!(!evaluator.eval(Input::json(br#"{"user": "bob"}"#))?.is_true());
//! # Ok::<(), solon_engine::Error>(())
//! ```

mod annotations;
mod answer;
mod compiler;
mod data;
mod engine;
mod error;
mod evaluator;
mod explain;
mod features;
mod input;
mod policy;
mod pool;
#[cfg(feature = "regorus")]
mod regorus;
mod saved;
mod test;

#[cfg(feature = "regorus")]
pub use self::regorus::RegorusEngine;
pub use annotations::Annotation;
pub use answer::{Answer, Expression, OwnedAnswer, OwnedExpression, OwnedRow, Row};
pub use compiler::{Compiler, Syntax};
pub use engine::{Decide, Engine, LoadedPolicy, NativeEngine, Settings};
pub use error::{Details, Error, Issue, Location};
pub use evaluator::{Evaluator, SetEvaluator};
pub use explain::{Explainer, Explanation, FiredRule};
pub use input::{BuiltInput, BuiltInputs, Input, ParsedInput};
pub use policy::{Policy, Query, QuerySet, Stage};
pub use pool::EvaluatorPool;
pub use test::{Case, Cases, Test};
