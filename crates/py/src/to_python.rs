//! Values as Python's objects.

use crate::error::invalid;
use crate::from_python::decimal_type;
use crate::stack::has_level;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};
use solon::value::{Number, Object, Set, Value, write};
use solon::{Annotation, Answer, FiredRule, Row};

/// How values become objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shapes {
    /// Sets become Python's sets rather than lists.
    pub sets: bool,
    /// Numbers that are no integers become `Decimal` rather than `float`.
    pub decimals: bool,
}

impl Shapes {
    /// A value as an object.
    pub fn object<'py>(self, py: Python<'py>, value: Value<'_>) -> PyResult<Bound<'py, PyAny>> {
        if value.len().is_some() {
            check_level(py)?;
        }
        match value {
            Value::Null => Ok(py.None().into_bound(py)),
            Value::Bool(value) => value.into_bound_py_any(py),
            Value::Int(value) => value.into_bound_py_any(py),
            Value::Number(number) => self.number(py, number),
            Value::String { text, .. } => Ok(PyString::new(py, text).into_any()),
            Value::Array(items) => Ok(self.list(py, items)?.into_any()),
            Value::Set(set) if self.sets => {
                let made = PySet::new(py, self.members(py, set.items())?)?;
                all_there(py, made.len(), set)?;
                Ok(made.into_any())
            }
            Value::Set(set) => Ok(self.list(py, set.items())?.into_any()),
            Value::Object(object) => Ok(self.dict(py, object)?.into_any()),
        }
    }

    fn list<'py>(self, py: Python<'py>, items: &[Value<'_>]) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        items.iter().try_for_each(|item| list.append(self.object(py, *item)?))?;
        Ok(list)
    }

    fn dict<'py>(self, py: Python<'py>, object: Object<'_>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, value) in object.entries() {
            let value = self.object(py, *value)?;
            match key.as_str() {
                Some(key) => dict.set_item(PyString::new(py, key), value)?,
                // As in OPA's JSON.
                None => {
                    let mut name = String::new();
                    write(*key, &mut name);
                    dict.set_item(name, value)?;
                }
            }
        }
        Ok(dict)
    }

    /// A member of a set, which has to be hashable: arrays are tuples, sets are frozen.
    fn member<'py>(self, py: Python<'py>, value: Value<'_>) -> PyResult<Bound<'py, PyAny>> {
        match value {
            Value::Array(items) => Ok(PyTuple::new(py, self.members(py, items)?)?.into_any()),
            Value::Set(set) => {
                let made = PyFrozenSet::new(py, self.members(py, set.items())?)?;
                all_there(py, made.len(), set)?;
                Ok(made.into_any())
            }
            Value::Object(_) => Err(invalid(py, "invalid_result", "Python's sets cannot hold objects: ask for lists")),
            scalar => self.object(py, scalar),
        }
    }

    fn members<'py>(self, py: Python<'py>, items: &[Value<'_>]) -> PyResult<Vec<Bound<'py, PyAny>>> {
        check_level(py)?;
        items.iter().map(|item| self.member(py, *item)).collect()
    }

    fn number<'py>(self, py: Python<'py>, number: &Number<'_>) -> PyResult<Bound<'py, PyAny>> {
        let text = number.text();
        if !text.contains(['.', 'e', 'E']) {
            // Python has a limit to the digits that it reads.
            return py
                .get_type::<PyInt>()
                .call1((text,))
                .map_err(|error| invalid(py, "invalid_result", &format!("an integer of the result: {error}")));
        }
        let float = number.as_f64();
        if self.decimals || !float.is_finite() {
            return decimal_type(py)?.call1((text,));
        }
        float.into_bound_py_any(py)
    }

    /// A result set as OPA has it.
    pub fn results<'py>(self, py: Python<'py>, answer: &Answer<'_>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        answer.rows().try_for_each(|row| rows.append(self.row(py, &row)?))?;
        Ok(rows)
    }

    fn row<'py>(self, py: Python<'py>, row: &Row<'_>) -> PyResult<Bound<'py, PyDict>> {
        let expressions = PyList::empty(py);
        for expression in row.expressions() {
            let place = PyDict::new(py);
            place.set_item("row", expression.position.row)?;
            place.set_item("col", expression.position.col)?;
            let entry = PyDict::new(py);
            entry.set_item("value", self.object(py, expression.value)?)?;
            entry.set_item("text", expression.text)?;
            entry.set_item("location", place)?;
            expressions.append(entry)?;
        }
        let bindings = PyDict::new(py);
        row.bindings().try_for_each(|(name, value)| bindings.set_item(name, self.object(py, value)?))?;
        let result = PyDict::new(py);
        result.set_item("expressions", expressions)?;
        result.set_item("bindings", bindings)?;
        Ok(result)
    }
}

/// An annotation, as `Policy.annotations` has it.
pub fn annotation_of<'py>(py: Python<'py>, annotation: &Annotation) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("path", &annotation.path)?;
    entry.set_item("scope", &annotation.scope)?;
    entry.set_item("file", annotation.location.as_ref().map(|place| &place.file))?;
    entry.set_item("row", annotation.location.as_ref().map(|place| place.row))?;
    entry.set_item("fields", crate::kubernetes::object_of(py, &annotation.fields)?)?;
    Ok(entry)
}

/// A rule that had an answer, as a `solon.FiredRule`.
pub fn fired_rule<'py>(py: Python<'py>, rule: &FiredRule) -> PyResult<Bound<'py, PyAny>> {
    let annotations = rule.annotations().map(|annotation| annotation_of(py, annotation));
    let annotations: Vec<_> = annotations.collect::<PyResult<_>>()?;
    let place = rule.location.as_ref();
    let (file, row) = (place.map(|place| &place.file), place.map(|place| place.row));
    let column = place.map(|place| place.col);
    let made = (&rule.path, file, row, column, rule.is_default, rule.is_else, annotations);
    py.import("solon._explanations")?.getattr("FiredRule")?.call1(made)
}

/// Fails where the stack may not suffice for another level.
fn check_level(py: Python<'_>) -> PyResult<()> {
    match has_level() {
        true => Ok(()),
        false => Err(invalid(py, "invalid_result", "exceeded the depth that this thread has stack for")),
    }
}

/// Fails if a set of Python's has fewer members than the one that it was made of.
fn all_there(py: Python<'_>, count: usize, set: Set<'_>) -> PyResult<()> {
    match count == set.len() {
        true => Ok(()),
        false => {
            let message = "Python's sets cannot hold both 1 and True, or 0 and False: ask for lists";
            Err(invalid(py, "invalid_result", message))
        }
    }
}
