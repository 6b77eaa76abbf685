//! An axum service that a policy guards. [`AuthorizationLayer`] stands before every route and asks an [`Authorizer`],
//! which all requests share: one prepared query, a pool of warm evaluators. Another policy takes its place while
//! requests go on.
//!
//! `cargo run -p axum-service` serves on loopback and prints tokens to try it with.

mod authorizer;
mod issuer;
mod layer;
mod service;

pub use authorizer::{Authorizer, Caller, Question, Verdict};
pub use issuer::{Claims, Issuer};
pub use layer::{Authorization, AuthorizationLayer};
pub use service::{prepare, router};

/// The code in the book's chapter runs as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/book/services.md")]
pub struct Book;
