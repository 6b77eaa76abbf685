//! Python's objects as values.
//!
//! Taken are `None`, `bool`, `int`, `float`, `Decimal`, `str`, `list`, `tuple`, `dict` with `str` keys, and their
//! subclasses by what they hold; `set` and `frozenset` too, where sets may be. No method that Python code could have
//! replaced is called, and no other thread runs meanwhile. Only a signal's handler does, now and then: what it changes of
//! an object that is being read is an error.

use crate::error::{invalid, is_signalled, kept};
use crate::host::hold;
use crate::stack::has_level;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType};
use solon::value::{Build, Builder, Cause, Entry, Meter, Object, OwnedValue, SerdeError, Set, Value, write};
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
        let _held = hold();
        convert(self.object, builder, self.with_sets).map_err(|failed| match failed {
            Failed::Unfit(unfit) => SerdeError::new(format!("{}{unfit}", self.name)),
            Failed::Ended(error) => error,
        })
    }
}

/// The JSON text of an object: bytes are one already.
pub fn json_of(object: &Bound<'_, PyAny>, name: &'static str) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let source = Source { with_sets: false, ..Source::new(object, name) };
    let look = || match is_signalled(object.py()) {
        true => Err(SerdeError::cancelled("a signal")),
        false => Ok(()),
    };
    let value = OwnedValue::build(&source, &Meter::new(Meter::MEMORY, &look)).map_err(|error| match error.cause() {
        Cause::Unfit => PyTypeError::new_err(error.to_string()),
        Cause::Limit => invalid(object.py(), "eval_limit_error", &format!("{name}: {error}")),
        Cause::Cancelled => kept().unwrap_or_else(|| invalid(object.py(), "eval_cancel_error", "cancelled")),
    })?;
    let mut text = String::new();
    write(value.value(), &mut text);
    Ok(text.into_bytes())
}

/// Why there is no value.
enum Failed {
    /// The object is none.
    Unfit(Unfit),
    /// A limit was reached, or a signal came.
    Ended(SerdeError),
}

/// Why an object is no value, and where in it.
struct Unfit {
    /// The steps that lead there, the last one first.
    path: Vec<String>,
    message: String,
}

impl Failed {
    fn unfit(message: impl Into<String>) -> Self {
        Failed::Unfit(Unfit { path: Vec::new(), message: message.into() })
    }

    fn below(mut self, step: impl FnOnce() -> String) -> Self {
        /// A path that is longer is of no use to anybody.
        const LONGEST: usize = 20;
        if let Failed::Unfit(Unfit { path, .. }) = &mut self
            && path.len() < LONGEST
        {
            path.push(step());
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

impl From<PyErr> for Failed {
    fn from(error: PyErr) -> Self {
        Failed::unfit(error.to_string())
    }
}

impl From<SerdeError> for Failed {
    fn from(error: SerdeError) -> Self {
        match error.cause() {
            Cause::Unfit => Failed::unfit(error.to_string()),
            Cause::Limit | Cause::Cancelled => Failed::Ended(error),
        }
    }
}

fn convert<'a>(object: &Bound<'_, PyAny>, builder: Builder<'a, '_>, with_sets: bool) -> Result<Value<'a>, Failed> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(builder.text(text.to_str()?)?);
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
            return Err(Failed::unfit("a set is no JSON; a list is"));
        }
        return set_of(object, builder);
    }
    let decimal = decimal_type(object.py())?;
    // Of the object itself `isinstance` would ask what its class is, which may be code of Python's.
    if object.get_type().is_subclass(decimal)? {
        return number(&text_by(decimal, "__str__", object)?, builder);
    }
    let name = object.get_type().fully_qualified_name()?;
    Err(Failed::unfit(format!("{name} has no value in JSON or Rego")))
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

fn integer<'a>(value: &Bound<'_, PyInt>, builder: Builder<'a, '_>) -> Result<Value<'a>, Failed> {
    if let Ok(value) = value.extract::<i64>() {
        return Ok(Value::Int(value));
    }
    number(&text_by(&value.py().get_type::<PyInt>(), "__repr__", value.as_any())?, builder)
}

fn float<'a>(value: &Bound<'_, PyFloat>, builder: Builder<'a, '_>) -> Result<Value<'a>, Failed> {
    /// Between these, and for zero, Rust and Python write floats alike.
    const PLAIN: std::ops::Range<f64> = 1e-4..1e16;
    let float = value.value();
    if float == 0.0 || PLAIN.contains(&float.abs()) {
        return number(&format!("{float:?}"), builder);
    }
    number(&text_by(&value.py().get_type::<PyFloat>(), "__repr__", value.as_any())?, builder)
}

fn number<'a>(text: &str, builder: Builder<'a, '_>) -> Result<Value<'a>, Failed> {
    builder.number(text).map_err(|error| match error.cause() {
        Cause::Unfit => {
            let shown: String = text.chars().take(40).collect();
            Failed::unfit(format!("{shown} is no number of JSON, or too large"))
        }
        Cause::Limit | Cause::Cancelled => Failed::Ended(error),
    })
}

/// The builder of the next level.
fn deeper<'a, 's>(builder: Builder<'a, 's>) -> Result<Builder<'a, 's>, Failed> {
    if !has_level() {
        return Err(Failed::unfit("exceeded the depth that this thread has stack for"));
    }
    Ok(builder.deeper()?)
}

fn array_of<'a, 'py>(
    items: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
    builder: Builder<'a, '_>,
    with_sets: bool,
) -> Result<Value<'a>, Failed> {
    let builder = deeper(builder)?;
    let Some(inner) = builder.item() else { return Ok(Value::Array(&[])) };
    let mut values = builder.list(items.len())?;
    for (at, item) in items.enumerate() {
        let value = convert(&item, inner, with_sets).map_err(|failed| failed.below(|| format!("[{at}]")))?;
        builder.push(&mut values, value)?;
    }
    Ok(Value::Array(values.into_bump_slice()))
}

fn set_of<'a>(set: &Bound<'_, PyAny>, builder: Builder<'a, '_>) -> Result<Value<'a>, Failed> {
    let inner = deeper(builder)?.whole();
    // A subclass may say that it holds something else. Making a set of it asks only what it is.
    let plain = set.py().get_type::<PyFrozenSet>().call1((set,))?;
    let plain = plain.cast_exact::<PyFrozenSet>().map_err(PyErr::from)?;
    let mut items = builder.list(plain.len())?;
    for item in plain {
        let item = convert(&item, inner, true).map_err(|failed| failed.below(|| "[_]".to_owned()))?;
        builder.push(&mut items, item)?;
    }
    Ok(Value::Set(Set::from_unsorted(builder.arena(), items.into_bump_slice_mut())))
}

fn object_of<'a>(dict: &Bound<'_, PyDict>, builder: Builder<'a, '_>, with_sets: bool) -> Result<Value<'a>, Failed> {
    let builder = deeper(builder)?;
    let count = dict.len();
    let mut entries = builder.list::<Entry<'a>>(0)?;
    // No more than there were: who iterates over a dictionary that changes does not come to an end by itself.
    for (key, value) in dict.iter().take(count) {
        let Ok(key) = key.cast::<PyString>() else {
            let kind = key.get_type().fully_qualified_name()?;
            return Err(Failed::unfit(format!("a key is of type {kind}, where JSON has strings")));
        };
        let key = key.to_str()?;
        match builder.entry(key) {
            Some(inner) => {
                let value = convert(&value, inner, with_sets).map_err(|failed| failed.below(|| format!(".{key}")))?;
                builder.push(&mut entries, (builder.key(builder.copy(key)?), value))?;
            }
            None => builder.step()?,
        }
        if dict.len() != count {
            return Err(Failed::unfit("the dict changed while it was read"));
        }
    }
    Ok(Value::Object(Object::from_unsorted(builder.arena(), entries.into_bump_slice_mut())))
}
