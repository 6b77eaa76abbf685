//! Checks of rules: safety, conflicts, recursion, types.
//!
//! Takes lowered rules; reorders their bodies in place as OPA does, so that every variable is bound before it is
//! needed, and reports the variables that nothing binds (`rego_unsafe_var_error`). Also finds rules that conflict, that
//! need themselves, and whose types do not fit. It must not know how literals are evaluated.

mod cause;
mod conflicts;
mod data_conflicts;
mod dependencies;
mod dynamics;
mod narrowing;
mod outputs;
mod recursion;
mod safety;
mod selection;
pub mod types;
mod varset;
mod written;

pub use conflicts::check_conflicts;
pub use data_conflicts::RulePaths;
pub use dependencies::Dependencies;
pub(crate) use outputs::is_same;
pub use recursion::check_recursion;
pub use safety::{order_query, order_rules};
pub use varset::VarSet;
pub use written::{check_written_query, check_written_rule};
