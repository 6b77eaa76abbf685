//! Python's objects as values.
//!
//! Taken are `None`, `bool`, `int`, `float`, `Decimal`, `str`, `list`, `tuple`, `dict` with `str` keys, and their
//! subclasses by what they hold; `set` and `frozenset` too, where sets may be. No method that Python code could have
//! replaced is called, so that nothing changes while it is read.

use crate::stack::has_level;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType};
use solon::value::{Build, Builder, BumpVec, Entry, Object, OwnedValue, SerdeError, Value, write};
use std::fmt;

/// An object that makes a value of itself.
pub struct Source<'s, 'py> {
    object: &'s Bound<'py, PyAny>,
    /// What messages call it.
    name: &'static str,
    /// Whether sets may be in it.
    with_sets: bool,
}

impl<'s, 'py> Source<'s, 'py> {
    /// An object as a value of Rego. `name` is what messages call it.
    pub fn new(object: &'s Bound<'py, PyAny>, name: &'static str) -> Self {
        Source { object, name, with_sets: true }
    }
}

impl Build for Source<'_, '_> {
    fn build<'a>(&self, builder: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
        convert(self.object, builder, self.with_sets).map_err(|unfit| SerdeError::new(format!("{}{unfit}", self.name)))
    }
}

/// The JSON text of an object: bytes are one already.
pub fn json_of(object: &Bound<'_, PyAny>, name: &'static str) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let source = Source { with_sets: false, ..Source::new(object, name) };
    let value = OwnedValue::build(&source).map_err(|error| PyTypeError::new_err(error.to_string()))?;
    let mut text = String::new();
    write(value.value(), &mut text);
    Ok(text.into_bytes())
}

/// Why an object is no value, and where in it.
struct Unfit {
    /// The steps that lead there, the last one first.
    path: Vec<String>,
    message: String,
}

impl Unfit {
    fn new(message: impl Into<String>) -> Self {
        Unfit { path: Vec::new(), message: message.into() }
    }

    fn below(mut self, step: impl FnOnce() -> String) -> Self {
        /// A path that is longer is of no use to anybody.
        const LONGEST: usize = 20;
        if self.path.len() < LONGEST {
            self.path.push(step());
        }
        self
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.iter().rev().try_for_each(|step| out.write_str(step))?;
        write!(out, ": {}", self.message)
    }
}

impl From<PyErr> for Unfit {
    fn from(error: PyErr) -> Self {
        Unfit::new(error.to_string())
    }
}

impl From<SerdeError> for Unfit {
    fn from(error: SerdeError) -> Self {
        Unfit::new(error.to_string())
    }
}

fn convert<'a>(object: &Bound<'_, PyAny>, builder: Builder<'a, '_>, with_sets: bool) -> Result<Value<'a>, Unfit> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(builder.text(text.to_str()?));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return object_of(dict, builder, with_sets);
    }
    if let Ok(list) = object.cast::<PyList>() {
        return array_of(list.iter(), builder, with_sets);
    }
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if let Ok(value) = object.cast::<PyInt>() {
        return integer(value, builder);
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(value) = object.cast::<PyFloat>() {
        return float(value, builder);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return array_of(tuple.iter(), builder, with_sets);
    }
    if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        if !with_sets {
            return Err(Unfit::new("a set is no JSON; a list is"));
        }
        return set_of(object, builder);
    }
    let decimal = decimal_type(object.py())?;
    if object.is_instance(decimal)? {
        return number(&text_by(decimal, "__str__", object)?, builder);
    }
    let name = object.get_type().fully_qualified_name()?;
    Err(Unfit::new(format!("{name} has no value in JSON or Rego")))
}

/// The class `decimal.Decimal`.
pub fn decimal_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")
}

/// What a method of a type, not of a subclass, says of an object.
fn text_by(kind: &Bound<'_, PyType>, method: &str, object: &Bound<'_, PyAny>) -> PyResult<String> {
    kind.call_method1(method, (object,))?.extract()
}

fn integer<'a>(value: &Bound<'_, PyInt>, builder: Builder<'a, '_>) -> Result<Value<'a>, Unfit> {
    if let Ok(value) = value.extract::<i64>() {
        return Ok(Value::Int(value));
    }
    number(&text_by(&value.py().get_type::<PyInt>(), "__repr__", value.as_any())?, builder)
}

fn float<'a>(value: &Bound<'_, PyFloat>, builder: Builder<'a, '_>) -> Result<Value<'a>, Unfit> {
    /// Between these, and for zero, Rust and Python write floats alike.
    const PLAIN: std::ops::Range<f64> = 1e-4..1e16;
    let float = value.value();
    if float == 0.0 || PLAIN.contains(&float.abs()) {
        return number(&format!("{float:?}"), builder);
    }
    number(&text_by(&value.py().get_type::<PyFloat>(), "__repr__", value.as_any())?, builder)
}

fn number<'a>(text: &str, builder: Builder<'a, '_>) -> Result<Value<'a>, Unfit> {
    builder.number(text).map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Unfit::new(format!("{shown} is no number of JSON, or too large"))
    })
}

/// The builder of the next level.
fn deeper<'a, 's>(builder: Builder<'a, 's>) -> Result<Builder<'a, 's>, Unfit> {
    if !has_level() {
        return Err(Unfit::new("exceeded the depth that this thread has stack for"));
    }
    Ok(builder.deeper()?)
}

fn array_of<'a, 'py>(
    items: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
    builder: Builder<'a, '_>,
    with_sets: bool,
) -> Result<Value<'a>, Unfit> {
    let builder = deeper(builder)?;
    let Some(inner) = builder.item() else { return Ok(Value::Array(&[])) };
    let mut values = BumpVec::with_capacity_in(items.len(), builder.arena());
    for (at, item) in items.enumerate() {
        values.push(convert(&item, inner, with_sets).map_err(|unfit| unfit.below(|| format!("[{at}]")))?);
    }
    Ok(Value::Array(values.into_bump_slice()))
}

fn set_of<'a>(set: &Bound<'_, PyAny>, builder: Builder<'a, '_>) -> Result<Value<'a>, Unfit> {
    let inner = deeper(builder)?.whole();
    let mut items = BumpVec::with_capacity_in(set.len()?, builder.arena());
    for item in set.try_iter()? {
        items.push(convert(&item?, inner, true).map_err(|unfit| unfit.below(|| "[_]".to_owned()))?);
    }
    Ok(Value::new_set(builder.arena(), &items))
}

fn object_of<'a>(dict: &Bound<'_, PyDict>, builder: Builder<'a, '_>, with_sets: bool) -> Result<Value<'a>, Unfit> {
    let builder = deeper(builder)?;
    let mut entries: BumpVec<'a, Entry<'a>> = BumpVec::with_capacity_in(dict.len(), builder.arena());
    for (key, value) in dict.iter() {
        let Ok(key) = key.cast::<PyString>() else {
            let kind = key.get_type().fully_qualified_name()?;
            return Err(Unfit::new(format!("a key is of type {kind}, where JSON has strings")));
        };
        let key = key.to_str()?;
        if let Some(inner) = builder.entry(key) {
            let value = convert(&value, inner, with_sets).map_err(|unfit| unfit.below(|| format!(".{key}")))?;
            entries.push((builder.key(builder.arena().alloc_str(key)), value));
        }
    }
    Ok(Value::Object(Object::from_unsorted(builder.arena(), entries.into_bump_slice_mut())))
}
