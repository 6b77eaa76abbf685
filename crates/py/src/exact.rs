//! What an object is whose type is one of Python's own, and no subclass: the type itself says it, and no more is asked than
//! where that is in memory.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// An object of such a type.
pub enum Exact<'o, 'py> {
    None,
    Bool(bool),
    Int(&'o Bound<'py, PyInt>),
    Float(&'o Bound<'py, PyFloat>),
    Text(&'o Bound<'py, PyString>),
    List(&'o Bound<'py, PyList>),
    Tuple(&'o Bound<'py, PyTuple>),
    Dict(&'o Bound<'py, PyDict>),
}

impl<'o, 'py> Exact<'o, 'py> {
    /// What an object is, if its type is one of these; those first that inputs have most of.
    #[inline(always)]
    pub fn of(object: &'o Bound<'py, PyAny>) -> Option<Self> {
        if let Ok(text) = object.cast_exact() {
            return Some(Exact::Text(text));
        }
        if let Ok(dict) = object.cast_exact() {
            return Some(Exact::Dict(dict));
        }
        if let Ok(list) = object.cast_exact() {
            return Some(Exact::List(list));
        }
        if let Ok(value) = object.cast_exact::<PyBool>() {
            return Some(Exact::Bool(value.is_true()));
        }
        if let Ok(value) = object.cast_exact() {
            return Some(Exact::Int(value));
        }
        if object.is_none() {
            return Some(Exact::None);
        }
        if let Ok(value) = object.cast_exact() {
            return Some(Exact::Float(value));
        }
        object.cast_exact().ok().map(Exact::Tuple)
    }
}
