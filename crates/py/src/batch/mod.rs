//! Many inputs.
//!
//! The calling thread has the interpreter's lock: it reads inputs, and makes objects of answers. If nobody said how
//! many threads evaluate, it does that, too (`alone.rs`), until it has seen that there is enough of it for others. Then
//! it makes chunks of inputs (`chunk.rs`), which threads of ours (`helpers.rs`) evaluate without the lock, as it does itself
//! where it has nothing else to do (`together.rs`, `road.rs`).

mod alone;
mod chunk;
mod helpers;
mod road;
mod together;

use crate::error::{Failed, is_of_engine};
use crate::pool::Pool;
use crate::stack::enter;
use crate::to_python::Shapes;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};
use solon::value::Value;
use std::sync::{Arc, OnceLock};

/// What becomes of the answers.
pub struct Reading<'py> {
    pub shapes: Shapes,
    pub default: Option<Bound<'py, PyAny>>,
    /// Whether the first error is raised, rather than returned in its place.
    pub raises: bool,
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
        Some(threads) => batch.together(py, threads.min(MOST), None)?,
        None => {
            let processors = processors().min(MOST);
            if let Some(each) = batch.alone(py, processors > 1)? {
                batch.together(py, processors, Some(each))?;
            }
        }
    }
    Ok(batch.results)
}

/// How many processors there are. To find that out takes some ten microseconds.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

impl<'py> Batch<'_, 'py> {
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
