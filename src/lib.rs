//! Solon evaluates Rego, the policy language of Open Policy Agent, inside of a Rust program, with OPA's answers.
//!
//! ```
//! use solon::{Compiler, Input};
//!
//! let policy = Compiler::new()
//!     .module("pods.rego", r#"
//!         package pods
//!         deny contains msg if {
//!             some container in input.spec.containers
//!             not container.resources.limits.cpu
//!             msg := sprintf("container %s has no cpu limit", [container.name])
//!         }
//!     "#)
//!     .compile()?;
//! let deny = policy.prepare("data.pods.deny")?;
//! let pod = br#"{"kind": "Pod", "spec": {"containers": [{"name": "web"}]}}"#;
//! let messages: Vec<String> = deny.evaluator().eval(Input::json(pod))?.deserialize()?;
//! assert_eq!(messages, ["container web has no cpu limit"]);
//! # Ok::<(), solon::Error>(())
//! ```
//!
//! [`Compiler`] takes modules and data and gives a [`Policy`]; [`Policy::prepare`] gives a [`Query`];
//! [`Query::evaluator`] evaluates it, one evaluator a thread. [`k8s`] reads manifests, AdmissionReviews and
//! Gatekeeper's templates.
//!
//! This crate only gathers others: `solon-engine` is at its root, `solon-syntax` is [`syntax`], `solon-k8s` is
//! [`k8s`] (feature `k8s`, on by default).

pub mod batch;

pub use solon_engine::{
    Annotation, Answer, BuiltInput, BuiltInputs, Capabilities, Case, Cases, Compiler, Decide, Details, Engine, Error,
    Evaluator, EvaluatorPool, Explainer, Explanation, Expression, FiredRule, Host, HttpCache, HttpError, HttpRequest,
    HttpResponse, Input, Issue, Limits, LoadedPolicy, Location, NativeEngine, NoHost, OwnedAnswer, OwnedExpression,
    OwnedRow, ParsedInput, Policy, Query, QuerySet, Row, SetEvaluator, Settings, Stage, Syntax, Test,
};

pub use solon_engine::capabilities;

/// Builtins of the embedding program.
pub mod builtins {
    pub use solon_engine::builtins::{
        Context, CustomBuiltin, CustomFunction, Failure, Json, Outcome, Parameter, Returned, TypedFunction,
    };
}

#[cfg(feature = "regorus")]
pub use solon_engine::RegorusEngine;

/// Values as they are while a query is evaluated, and how they are written.
pub mod value {
    pub use solon_engine::value::json::{write, write_pretty, write_rego};
    pub use solon_engine::value::serde::{Build, Builder, Cause, Meter, Part, SerdeError};
    pub use solon_engine::value::{
        Bump, BumpVec, Entry, Kind, Number, Object, OwnedValue, OwnedValues, Set, Value, exceeds,
    };
}

/// The text of Rego: trees, diagnostics, printing.
pub mod syntax {
    pub use solon_syntax::*;
}

/// Manifests, AdmissionReviews, Gatekeeper's templates and constraints.
#[cfg(feature = "k8s")]
pub mod k8s {
    pub use solon_k8s::*;
}

/// Sends the requests of `http.send`, for a [`Host`] of your own.
#[cfg(feature = "http")]
pub mod http {
    pub use solon_engine::http::{HttpTls, Pem};
    pub use solon_http::Client;
}

/// The README's examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The code in the book's chapters runs as tests.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../docs/book/getting-started.md")]
    pub struct GettingStarted;
    #[doc = include_str!("../docs/book/inputs-and-answers.md")]
    pub struct InputsAndAnswers;
    #[doc = include_str!("../docs/book/data.md")]
    pub struct Data;
    #[doc = include_str!("../docs/book/limits-and-hosts.md")]
    pub struct LimitsAndHosts;
    #[doc = include_str!("../docs/book/builtins.md")]
    pub struct Builtins;
    #[doc = include_str!("../docs/book/explanations.md")]
    pub struct Explanations;
    #[doc = include_str!("../docs/book/errors.md")]
    pub struct Errors;
    #[doc = include_str!("../docs/book/threads.md")]
    pub struct Threads;
    #[doc = include_str!("../docs/book/coming-from.md")]
    pub struct ComingFrom;
}
