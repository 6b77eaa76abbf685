//! Builtins that are Python's callables.

use crate::error::keep;
use crate::from_python::Source;
use crate::host::in_python;
use crate::stack::has_room;
use crate::to_python::Shapes;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use solon::builtins::{Context, CustomBuiltin, Failure, Outcome};
use solon::value::{Value, exceeds};

/// A builtin from a `solon.Builtin`.
pub fn read(builtin: &Bound<'_, PyAny>) -> PyResult<CustomBuiltin> {
    let name: String = builtin.getattr("name")?.extract()?;
    let signature: String = builtin.getattr("signature")?.extract()?;
    let is_pure: bool = builtin.getattr("pure")?.extract()?;
    let function: Py<PyAny> = builtin.getattr("function")?.unbind();
    let builtin = CustomBuiltin::new(name, signature, move |context: &mut Context<'_, '_>, args: &[Value<'_>]| {
        call(&function, context, args)
    });
    Ok(builtin.pure(is_pure))
}

/// Calls a callable. An exception ends the evaluation, since what is undefined under a `not` would be true; `...` as a
/// result is undefined.
fn call<'a>(function: &Py<PyAny>, context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    if !has_room() {
        return Err(Failure::Halt("rules are too deep in one another to call Python".to_owned()));
    }
    // Values share their parts, which objects of Python here do not.
    if args.iter().any(|arg| exceeds(*arg, context.max_bytes())) {
        return Err(Failure::Halt("an argument is too large for Python".to_owned()));
    }
    in_python(|py| {
        let result = args
            .iter()
            .map(|arg| Shapes::default().object(py, *arg))
            .collect::<PyResult<Vec<_>>>()
            .and_then(|args| function.bind(py).call1(PyTuple::new(py, args)?));
        let result = result.map_err(|error| {
            let message = error.to_string();
            keep(py, error);
            Failure::Fatal(message)
        })?;
        if result.is(py.Ellipsis()) {
            return Err(Failure::Undefined);
        }
        context.build(&Source::new(&result, "result"))
    })
}
