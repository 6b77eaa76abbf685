//! Kubernetes for Solon: manifests and AdmissionReviews become inputs, Gatekeeper's templates, constraints and suites
//! become policies and tests, decisions become verdicts.
//!
//! | from | to | in |
//! | --- | --- | --- |
//! | YAML and JSON text | values with the place of every field | [`yaml`], [`document`] |
//! | manifests | objects, lists unwrapped | [`manifest`] |
//! | an object | the input of a policy, in the shape that it expects | [`shape`], [`infer`], [`workload`] |
//! | Gatekeeper's files | templates, constraints, suites | [`template`], [`constraint`], [`matching`], [`suite`] |
//! | an AdmissionReview, a decision | the answer | [`admission`], [`decision`] |
//! | templates | compiled policies that say what violates them | [`compile`] |
//! | policies and constraints | the answer to each review | [`webhook`] |
//!
//! Pure functions over text and JSON values: this crate opens no file and speaks to no server. Only [`compile`] and
//! [`webhook`] know the engine, by its API alone.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod admission;
mod build;
pub mod compile;
pub mod constraint;
mod cursor;
pub mod decision;
pub mod document;
mod error;
pub mod infer;
mod json;
mod layout;
pub mod manifest;
pub mod matching;
mod scalar;
pub mod shape;
pub mod suite;
pub mod template;
pub mod webhook;
pub mod workload;
pub mod yaml;

pub use error::{Error, ErrorCode};
