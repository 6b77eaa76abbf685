//! Compiles Rego to register bytecode and evaluates it.

pub mod analysis;
pub mod builtins;
pub mod code;
pub mod hir;
pub mod host;
pub mod plan;
pub mod types;
pub mod value;
pub mod vm;
