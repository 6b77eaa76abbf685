//! Engines that decide benchmark cases, and what the bench commands are asked for.

mod engine;
mod options;

pub use engine::{Engine, Loaded, Subject};
pub use options::Options;
