//! Benchmark cases: folders with a policy, data, inputs and expected results, the same for every engine.
//!
//! Takes a folder of such cases; gives [`Figures`] for each. Knows nothing of how the figures are compared or printed.

mod case;
mod engine;
mod figures;
mod options;

pub use case::{Case, find_cases};
pub use engine::{Engine, Loaded, Subject};
pub use figures::{Figures, timed};
pub use options::Options;
