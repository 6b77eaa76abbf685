//! Python's objects as values.
//!
//! Taken are `None`, `bool`, `int`, `float`, `Decimal`, `str`, `list`, `tuple`, `dict` with `str` keys, and their
//! subclasses by what they hold; `set` and `frozenset` too, where sets may be. No method that Python code could have
//! replaced is called, and no other thread runs meanwhile. Only a signal's handler does, now and then: what it changes of
//! an object that is being read is an error.

use crate::error::{invalid, is_signalled, kept};
use crate::exact::Exact;
use crate::host::hold;
use crate::keys::{Keys, Wanted};
use crate::shapes::{Shape, Shapes};
use crate::stack::{LEVELS, has_level};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::dict::BoundDictIterator;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType};
use solon::value::{
    Build, Builder, BumpVec, Cause, Entry, Meter, Object, OwnedValue, Part, SerdeError, Set, Value, write,
};
use std::fmt;
use std::iter::Take;

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
        let mut conversion =
            Conversion { builder, with_sets: self.with_sets, keys: Keys::default(), shapes: Shapes::default() };
        conversion.value(self.object, builder.part()).map_err(|failed| match failed {
            Failed::Unfit(unfit) => SerdeError::new(format!("{}{unfit}", self.name)),
            Failed::Ended(error) => *error,
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

/// How many keys are known in a value; a power of two.
const KEYS: usize = 64;

/// Why there is no value.
enum Failed {
    /// The object is none.
    Unfit(Box<Unfit>),
    /// A limit was reached, or a signal came.
    Ended(Box<SerdeError>),
}

/// Why an object is no value, and where in it.
struct Unfit {
    /// The steps that lead there, the last one first.
    path: Vec<String>,
    message: String,
}

impl Failed {
    fn unfit(message: impl Into<String>) -> Self {
        Failed::Unfit(Box::new(Unfit { path: Vec::new(), message: message.into() }))
    }

    fn below(mut self, step: impl FnOnce() -> String) -> Self {
        /// A path that is longer is of no use to anybody.
        const LONGEST: usize = 20;
        if let Failed::Unfit(unfit) = &mut self
            && unfit.path.len() < LONGEST
        {
            unfit.path.push(step());
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
            Cause::Limit | Cause::Cancelled => Failed::Ended(Box::new(error)),
        }
    }
}

/// A conversion: where it is, what it may take, and what it has met.
struct Conversion<'a, 's, 'py> {
    /// As deep as the objects that are converted.
    builder: Builder<'a, 's>,
    with_sets: bool,
    keys: Keys<'py, Wanted<'a>>,
    shapes: Shapes<'a, 'py>,
}

/// What is in a dictionary and was not read yet.
struct Members<'d, 'py> {
    dict: &'d Bound<'py, PyDict>,
    /// How many there were.
    count: usize,
    left: Take<BoundDictIterator<'py>>,
}

impl<'py> Members<'_, 'py> {
    #[inline]
    fn next(&mut self) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        self.left.next()
    }

    /// Fails if the dictionary is not what it was: who iterates would panic. Whatever counts a step may run a signal's handler,
    /// which changes it.
    #[inline]
    fn check(&self) -> Result<(), Failed> {
        if self.dict.len() == self.count { Ok(()) } else { Err(changed()) }
    }
}

#[cold]
fn changed() -> Failed {
    Failed::unfit("the dict changed while it was read")
}

impl<'a, 's, 'py> Conversion<'a, 's, 'py> {
    /// What is wanted of an object.
    fn value(&mut self, object: &Bound<'py, PyAny>, part: Part) -> Result<Value<'a>, Failed> {
        match Exact::of(object) {
            Some(Exact::Text(text)) => self.text(text),
            Some(Exact::Dict(dict)) => self.object(dict, part),
            Some(Exact::List(list)) => self.array(list.iter(), part),
            Some(Exact::Bool(value)) => Ok(Value::Bool(value)),
            Some(Exact::Int(value)) => integer(value, self.builder),
            Some(Exact::None) => Ok(Value::Null),
            Some(Exact::Float(value)) => float(value, self.builder),
            Some(Exact::Tuple(tuple)) => self.array(tuple.iter(), part),
            None => self.value_of_other(object, part),
        }
    }

    fn value_of_other(&mut self, object: &Bound<'py, PyAny>, part: Part) -> Result<Value<'a>, Failed> {
        if let Ok(text) = object.cast::<PyString>() {
            return self.text(text);
        }
        if let Ok(dict) = object.cast::<PyDict>() {
            return self.object(dict, part);
        }
        if let Ok(list) = object.cast::<PyList>() {
            return self.array(list.iter(), part);
        }
        if let Ok(value) = object.cast::<PyInt>() {
            return integer(value, self.builder);
        }
        if let Ok(value) = object.cast::<PyFloat>() {
            return float(value, self.builder);
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            return self.array(tuple.iter(), part);
        }
        if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
            if !self.with_sets {
                return Err(Failed::unfit("a set is no JSON; a list is"));
            }
            return self.set(object);
        }
        let decimal = decimal_type(object.py())?;
        // Of the object itself `isinstance` would ask what its class is, which may be code of Python's.
        if object.get_type().is_subclass(decimal)? {
            return number(&text_by(decimal, "__str__", object)?, self.builder);
        }
        let name = object.get_type().fully_qualified_name()?;
        Err(Failed::unfit(format!("{name} has no value in JSON or Rego")))
    }

    #[inline]
    fn text(&self, text: &Bound<'py, PyString>) -> Result<Value<'a>, Failed> {
        Ok(self.builder.text(text.to_str()?)?)
    }

    /// Goes a level deeper, and looks at the stack now and then; gives the builder of the level above, to come back to.
    #[inline]
    fn enter(&mut self) -> Result<Builder<'a, 's>, Failed> {
        let deeper = self.builder.deeper()?;
        if deeper.depth() % LEVELS == 1 && !has_level() {
            return Err(Failed::unfit("exceeded the depth that this thread has stack for"));
        }
        Ok(std::mem::replace(&mut self.builder, deeper))
    }

    fn array(
        &mut self,
        items: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
        part: Part,
    ) -> Result<Value<'a>, Failed> {
        let above = self.enter()?;
        let mut values = BumpVec::new_in(above.arena());
        if let Some(item_part) = self.builder.of_part(part).item().map(Builder::part) {
            values = self.builder.list(items.len())?;
            for (at, item) in items.enumerate() {
                let value = self.value(&item, item_part).map_err(|failed| failed.below(|| format!("[{at}]")))?;
                self.builder.push(&mut values, value)?;
                if at == 0 && matches!(value, Value::Object(_)) {
                    self.keys.open(KEYS);
                    self.shapes.open();
                }
            }
        }
        self.builder = above;
        Ok(Value::Array(values.into_bump_slice()))
    }

    /// All of a set: its members are looked up by what they are.
    fn set(&mut self, set: &Bound<'py, PyAny>) -> Result<Value<'a>, Failed> {
        let above = self.enter()?;
        let whole = self.builder.whole().part();
        // A subclass may say that it holds something else. Making a set of it asks only what it is.
        let plain = set.py().get_type::<PyFrozenSet>().call1((set,))?;
        let plain = plain.cast_exact::<PyFrozenSet>().map_err(PyErr::from)?;
        let mut items = self.builder.list(plain.len())?;
        for item in plain {
            let item = self.value(&item, whole).map_err(|failed| failed.below(|| "[_]".to_owned()))?;
            self.builder.push(&mut items, item)?;
        }
        self.builder = above;
        Ok(Value::Set(Set::from_unsorted(above.arena(), items.into_bump_slice_mut())))
    }

    fn object(&mut self, dict: &Bound<'py, PyDict>, part: Part) -> Result<Value<'a>, Failed> {
        let above = self.enter()?;
        let count = dict.len();
        // No more than there were: who iterates over a dictionary that changes does not come to an end by itself.
        let mut members = Members { dict, count, left: dict.iter().take(count) };
        let object = match self.shapes.find(part, count) {
            Some(shape) => self.object_like(&shape, &mut members, part)?,
            None => {
                let entries = self.builder.list(self.builder.of_part(part).entries_of(count))?;
                self.object_of(entries, None, &mut members, part)?
            }
        };
        self.builder = above;
        Ok(Value::Object(object))
    }

    /// An object of a dictionary that most likely has a shape.
    fn object_like(
        &mut self,
        shape: &Shape<'a, 'py>,
        dict: &mut Members<'_, 'py>,
        part: Part,
    ) -> Result<Object<'a>, Failed> {
        let entries = self.builder.entries_like(shape.entries)?;
        for (at, member) in shape.members.iter().enumerate() {
            let Some((key, value)) = dict.next() else { return Err(changed()) };
            if !member.is(&key) {
                shape.fitted(false);
                return self.object_unlike(shape, entries, at, (key, value), dict, part);
            }
            self.builder.step()?;
            if let Some((place, part)) = member.place
                && let Some(entry) = entries.get_mut(place)
            {
                entry.1 = self.value(&value, part).map_err(|failed| failed.below(|| step(entry.0)))?;
            }
            dict.check()?;
        }
        shape.fitted(true);
        Ok(Object::from_sorted(self.builder.arena(), entries))
    }

    /// An object of a dictionary that has a shape up to one of its keys, which is another one.
    #[cold]
    fn object_unlike(
        &mut self,
        shape: &Shape<'a, 'py>,
        read: &[Entry<'a>],
        alike: usize,
        other: (Bound<'py, PyAny>, Bound<'py, PyAny>),
        dict: &mut Members<'_, 'py>,
        part: Part,
    ) -> Result<Object<'a>, Failed> {
        let places = shape.members.iter().take(alike).filter_map(|member| member.place);
        let mut entries = self.builder.list(self.builder.of_part(part).entries_of(dict.count))?;
        for entry in places.filter_map(|(place, _)| read.get(place)) {
            self.builder.push(&mut entries, *entry)?;
        }
        self.object_of(entries, Some(other), dict, part)
    }

    /// An object of some entries and what else is in a dictionary: one that was taken from it, and what is left.
    fn object_of(
        &mut self,
        mut entries: BumpVec<'a, Entry<'a>>,
        mut taken: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
        dict: &mut Members<'_, 'py>,
        part: Part,
    ) -> Result<Object<'a>, Failed> {
        // Its shape is that of all its keys.
        let mut keys = (taken.is_none() && self.shapes.is_wanted(part, dict.count)).then(Vec::new);
        while let Some((key, value)) = taken.take().or_else(|| dict.next()) {
            let wanted = self.key(&key, part)?;
            match wanted {
                Some((key, part)) => {
                    let value = self.value(&value, part).map_err(|failed| failed.below(|| step(key)))?;
                    self.builder.push(&mut entries, (key, value))?;
                }
                None => self.builder.step()?,
            }
            dict.check()?;
            keys.iter_mut().for_each(|keys| keys.push((key.clone(), wanted)));
        }
        let object = Object::from_unsorted(self.builder.arena(), entries.into_bump_slice_mut());
        if let Some(keys) = keys.filter(|keys| keys.len() == dict.count) {
            self.shapes.keep(part, keys, object);
        }
        Ok(object)
    }

    /// A key of an object of which a part is wanted.
    #[inline]
    fn key(&mut self, key: &Bound<'py, PyAny>, object: Part) -> Result<Wanted<'a>, Failed> {
        match self.keys.find(key, object) {
            Some(wanted) => Ok(wanted),
            None => self.new_key(key, object),
        }
    }

    fn new_key(&mut self, key: &Bound<'py, PyAny>, object: Part) -> Result<Wanted<'a>, Failed> {
        let Ok(text) = key.cast::<PyString>() else {
            let kind = key.get_type().fully_qualified_name()?;
            return Err(Failed::unfit(format!("a key is of type {kind}, where JSON has strings")));
        };
        let wanted = self.builder.of_part(object).entry_key(text.to_str()?)?;
        self.keys.keep(key, object, wanted);
        Ok(wanted)
    }
}

/// The step to a key's value, as messages have it.
fn step(key: Value<'_>) -> String {
    format!(".{}", key.as_str().unwrap_or_default())
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
    match plain_float(value.value()) {
        Some(text) => number(&text, builder),
        None => number(&text_by(&value.py().get_type::<PyFloat>(), "__repr__", value.as_any())?, builder),
    }
}

/// The text of a float that Rust and Python write alike.
pub fn plain_float(float: f64) -> Option<String> {
    /// Between these, and for zero, they do, if few digits suffice: of two texts that are as short and as near Rust takes
    /// the upper one, Python the even one.
    const PLAIN: std::ops::Range<f64> = 1e-4..1e16;
    const FEW: usize = 15;
    if float != 0.0 && !PLAIN.contains(&float.abs()) {
        return None;
    }
    let text = format!("{float:?}");
    (text.bytes().filter(u8::is_ascii_digit).count() <= FEW).then_some(text)
}

fn number<'a>(text: &str, builder: Builder<'a, '_>) -> Result<Value<'a>, Failed> {
    builder.number(text).map_err(|error| match error.cause() {
        Cause::Unfit => {
            let shown: String = text.chars().take(40).collect();
            Failed::unfit(format!("{shown} is no number of JSON, or too large"))
        }
        Cause::Limit | Cause::Cancelled => Failed::Ended(Box::new(error)),
    })
}
