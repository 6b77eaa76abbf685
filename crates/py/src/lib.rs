//! Solon for Python: the module `solon`.
//!
//! Takes Python's objects and gives them to the engine, and its answers back, neither of them as JSON text (but objects go
//! to other threads so, which is quicker). It must not know how policies are compiled or evaluated. What needs no native
//! code, and the types, are Python (`python/solon`).
//!
//! Without the feature `python` this crate is empty: the workspace can be built where there is no Python.

#![cfg(feature = "python")]

mod batch;
mod builtin;
mod error;
mod exact;
mod from_python;
mod host;
mod keys;
mod kubernetes;
mod options;
mod policy;
mod pool;
mod query;
mod query_set;
mod shapes;
mod stack;
mod to_json;
mod to_python;

/// The native part of the package `solon`. It counts on the interpreter's lock: nobody changes an object that is being
/// read, and the list of threads that wait is no other's. So a free-threaded interpreter has to take it.
#[pyo3::pymodule(gil_used = true)]
mod _solon {
    #[pymodule_export]
    use super::kubernetes::{Admission, Manifest, manifests};
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::query::Query;
    #[pymodule_export]
    use super::query_set::QuerySet;
}
