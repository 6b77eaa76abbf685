//! Many inputs.
//!
//! The calling thread has the interpreter's lock: it makes values of inputs, and objects of answers. If nobody said how
//! many threads evaluate, it does that, too (`alone.rs`), until it has seen that there is enough of it for others. Then
//! threads of ours do it, without the lock (`together.rs`, `road.rs`).

mod alone;
mod road;
mod together;

use crate::error::{Failed, is_of_engine};
use crate::from_python::Source;
use crate::pool::Pool;
use crate::stack::enter;
use crate::to_python::Shapes;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyIterator, PyList};
use solon::value::Value;
use solon::{BuiltInput, Error, Input};
use std::sync::Arc;

/// What becomes of the answers.
pub struct Reading<'py> {
    pub shapes: Shapes,
    pub default: Option<Bound<'py, PyAny>>,
    /// Whether the first error is raised, rather than returned in its place.
    pub raises: bool,
}

/// An input without its object.
enum Task {
    None,
    Json(PyBackedBytes),
    Built(BuiltInput),
    /// It is no value.
    Wrong(Error),
}

impl Task {
    /// Bytes that it takes, roughly.
    fn bytes(&self) -> usize {
        match self {
            Task::None | Task::Wrong(_) => 0,
            Task::Json(bytes) => bytes.len(),
            Task::Built(input) => input.allocated_bytes(),
        }
    }

    /// As the engine takes it.
    fn input(&self) -> Result<Input<'_>, Error> {
        match self {
            Task::None => Ok(Input::none()),
            Task::Json(bytes) => Ok(Input::json(&**bytes)),
            Task::Built(input) => Ok(Input::built(input)),
            Task::Wrong(error) => Err(error.clone()),
        }
    }
}

/// The most threads.
const MOST: usize = 256;

/// What is to be evaluated, and what came of it.
struct Batch<'b, 'py> {
    pool: &'b Arc<Pool>,
    reading: &'b Reading<'py>,
    inputs: Bound<'py, PyIterator>,
    /// How many inputs are left, as far as anybody says.
    count: usize,
    results: Bound<'py, PyList>,
}

/// Evaluates every input; gives a list.
pub fn evaluate<'py>(
    py: Python<'py>,
    pool: &Arc<Pool>,
    inputs: &Bound<'py, PyAny>,
    threads: Option<usize>,
    reading: &Reading<'py>,
) -> PyResult<Bound<'py, PyList>> {
    let _entered = enter();
    let count = inputs.len().unwrap_or(usize::MAX);
    let mut batch = Batch { pool, reading, inputs: inputs.try_iter()?, count, results: PyList::empty(py) };
    match threads {
        Some(0 | 1) => batch.alone(py, false).map(drop)?,
        Some(threads) => batch.together(py, threads.min(MOST))?,
        None => {
            let processors = std::thread::available_parallelism().map_or(1, usize::from).min(MOST);
            if batch.alone(py, processors > 1)? {
                batch.together(py, processors)?;
            }
        }
    }
    Ok(batch.results)
}

impl<'py> Batch<'_, 'py> {
    fn task(&self, input: &Bound<'py, PyAny>) -> PyResult<Task> {
        if input.is(input.py().Ellipsis()) {
            return Ok(Task::None);
        }
        if input.is_instance_of::<PyBytes>() {
            return Ok(Task::Json(input.extract()?));
        }
        let Pool { terms, .. } = &**self.pool;
        let source = Source::new(input, "input");
        match Failed::or(self.pool.query().build_input(&source, &terms.limits_from_now(), terms.host.as_ref())) {
            Ok(built) => Ok(Task::Built(built)),
            Err(signal) if signal.is_cancelled() => Err(signal.raise(input.py())),
            Err(wrong) => Ok(Task::Wrong(wrong.into_error())),
        }
    }

    /// Reads what an input gave: its value, if it is not undefined.
    fn read(&self, py: Python<'py>, outcome: Result<Option<Value<'_>>, Failed>) -> PyResult<()> {
        let object = match outcome {
            Ok(Some(value)) => self.reading.shapes.object(py, value),
            Ok(None) => return self.results.append(&self.reading.default),
            Err(failed) => Err(failed.raise(py)),
        };
        match object {
            Ok(object) => self.results.append(object),
            // What is no error of the engine's is none of the input's either.
            Err(error) if self.reading.raises || !is_of_engine(py, &error) => Err(error),
            Err(error) => self.results.append(error.into_value(py)),
        }
    }
}
