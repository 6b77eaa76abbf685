//! Safety: an order of literals in which every variable is bound before it is needed.
//!
//! Takes lowered rules; reorders their bodies in place as OPA does, and reports the variables that nothing binds
//! (`rego_unsafe_var_error`). Also finds rules that conflict
//! or need themselves. It must not know how literals are evaluated.

mod conflicts;
mod data_conflicts;
mod outputs;
mod recursion;
mod safety;
mod selection;
mod varset;

pub use conflicts::check_conflicts;
pub use data_conflicts::check_data_conflicts;
pub(crate) use outputs::is_same;
pub use recursion::check_recursion;
pub use safety::{order_query, order_rule};
pub use varset::VarSet;
