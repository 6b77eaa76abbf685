//! Compiles Rego to register bytecode and evaluates it.

pub mod builtins;
pub mod host;
pub mod types;
pub mod value;
