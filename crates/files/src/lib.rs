//! Policies and data from files and folders (`opa eval --data`) and from bundles (`opa eval --bundle`), for whoever has
//! files: the command line and Python.
//!
//! Takes names of files; gives what was [`Loaded`], or [`Problem`]s in OPA's words. It must not know how anything is
//! printed, or how policies are evaluated.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bundle;
mod ignore;
mod load;
mod merge;
mod problem;

pub use load::{Document, Loaded, Module, Reading, load_paths, load_with_bundles};
pub use problem::{Problem, io_text};
