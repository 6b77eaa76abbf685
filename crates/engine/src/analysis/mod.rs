//! Safety: an order of literals in which every variable is bound before it is needed.
//!
//! Takes lowered rules; reorders their bodies in place as OPA does, and reports the variables that nothing binds
//! (`rego_unsafe_var_error`). It must not know how literals are evaluated.

mod outputs;
mod safety;
mod varset;

pub(crate) use outputs::is_same;
pub use safety::{order_query, order_rule};
pub use varset::VarSet;
