//! Benchmark cases and how they are timed, the same for every engine.
//!
//! A case is a folder with a policy, data, inputs and expected results; [`Figures`] are what is measured of it. Knows no
//! engine, and nothing of how figures are compared or printed.

mod case;
mod figures;
mod time;

pub use case::{Case, find_cases};
pub use figures::{Figures, Times, timed};
pub use time::duration;
