//! Many inputs over several threads.
//!
//! The calling thread has the interpreter's lock: it makes values of inputs, and objects of answers. Threads of ours
//! evaluate meanwhile, without the lock. A chunk of inputs goes to them and comes back with the answers.

use crate::error::{Failed, is_of_engine};
use crate::from_python::Source;
use crate::host::stop_by;
use crate::pool::Pool;
use crate::stack::enter;
use crate::to_python::Shapes;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use solon::value::OwnedValue;
use solon::{BuiltInput, Error, Evaluator, Input};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

/// What an input gave: its value, if it is not undefined.
type Outcome = Result<Option<OwnedValue>, Failed>;

/// Inputs that go to a thread, or the answers that come back. The inputs come back, too, since objects are given up by
/// who has the lock.
struct Chunk {
    number: usize,
    /// Bytes of its inputs.
    bytes: usize,
    tasks: Vec<Task>,
    outcomes: Vec<Outcome>,
}

/// Chunks on their way.
#[derive(Default)]
struct Road {
    waiting: VecDeque<Chunk>,
    done: VecDeque<Chunk>,
    is_closed: bool,
    /// Threads that still work.
    threads: usize,
    /// Whether one of them ended in a panic. The chunk that it had never comes back.
    has_panicked: bool,
}

impl Road {
    /// Whether there is something to say to the calling thread.
    fn has_news(&self) -> bool {
        !self.done.is_empty() || self.has_panicked || self.threads == 0
    }
}

/// What the threads share.
struct Shared {
    pool: Arc<Pool>,
    road: Mutex<Road>,
    changed: Condvar,
    stop: Arc<AtomicBool>,
}

/// The error of a thread that ended before its work was done.
struct EndedEarly;

impl From<EndedEarly> for PyErr {
    fn from(_: EndedEarly) -> PyErr {
        PyRuntimeError::new_err("a thread ended early")
    }
}

/// Bytes of stack of a thread: as many as a main thread has.
const STACK: usize = 8 << 20;
/// The most inputs in a chunk.
const CHUNK: usize = 256;
/// Bytes of inputs with which a chunk is full.
const CHUNK_BYTES: usize = 1 << 20;
/// Bytes of inputs that may be on their way, besides those that are a chunk of their own.
const ROAD_BYTES: usize = 64 << 20;
/// How often the calling thread looks for signals while it waits.
const PATIENCE: Duration = Duration::from_millis(50);

impl Task {
    /// Bytes that it takes, roughly.
    fn bytes(&self) -> usize {
        match self {
            Task::None | Task::Wrong(_) => 0,
            Task::Json(bytes) => bytes.len(),
            Task::Built(input) => input.allocated_bytes(),
        }
    }
}

impl Shared {
    fn road(&self) -> MutexGuard<'_, Road> {
        self.road.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next chunk to evaluate; waits for it.
    fn next(&self) -> Option<Chunk> {
        let mut road = self.road();
        loop {
            if let Some(chunk) = road.waiting.pop_front() {
                return Some(chunk);
            }
            if road.is_closed {
                return None;
            }
            road = self.changed.wait(road).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A chunk that is done, if one comes soon. Fails where none may come any more.
    fn done(&self) -> Result<Option<Chunk>, EndedEarly> {
        let waited = self.changed.wait_timeout_while(self.road(), PATIENCE, |road| !road.has_news());
        let mut road = waited.unwrap_or_else(PoisonError::into_inner).0;
        match road.done.pop_front() {
            _ if road.has_panicked => Err(EndedEarly),
            None if road.threads == 0 => Err(EndedEarly),
            chunk => Ok(chunk),
        }
    }

    /// No more chunks will come.
    fn close(&self) {
        self.road().is_closed = true;
        self.changed.notify_all();
    }

    fn work(&self) {
        stop_by(self.stop.clone());
        let _entered = enter();
        let mut evaluator = self.pool.take();
        while let Some(mut chunk) = self.next() {
            for task in &chunk.tasks {
                let outcome;
                (evaluator, outcome) = self.one(evaluator, task);
                chunk.outcomes.push(outcome);
            }
            self.road().done.push_back(chunk);
            self.changed.notify_all();
        }
        self.pool.give(evaluator);
    }

    fn one(&self, evaluator: Evaluator, task: &Task) -> (Evaluator, Outcome) {
        let mut evaluator = evaluator.limits(self.pool.terms.limits_from_now());
        let input = match task {
            Task::None => Input::none(),
            Task::Json(bytes) => Input::json(&**bytes),
            Task::Built(input) => Input::built(input),
            Task::Wrong(error) => return (evaluator, Failed::or(Err(error.clone()))),
        };
        let outcome = evaluator.eval(input).map(|answer| answer.value().map(OwnedValue::copy_of));
        (evaluator, Failed::or(outcome))
    }
}

/// Says that a thread is at its end, whatever ended it.
struct AtEnd(Arc<Shared>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        let mut road = self.0.road();
        road.threads -= 1;
        road.has_panicked |= std::thread::panicking();
        drop(road);
        self.0.changed.notify_all();
    }
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
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).clamp(1, 256);
    let count = inputs.len().unwrap_or(usize::MAX);
    let chunk = count.div_ceil(threads * 4).clamp(1, CHUNK);
    let shared = Arc::new(Shared {
        pool: pool.clone(),
        road: Mutex::default(),
        changed: Condvar::new(),
        stop: Arc::new(AtomicBool::new(false)),
    });
    let workers = (0..threads.min(count.max(1))).map(|_| spawn(&shared)).collect::<std::io::Result<Vec<_>>>();
    let results = PyList::empty(py);
    let mut caller = Caller { shared: &shared, reading, results, early: Vec::new(), next: 0, sent: 0, bytes: 0 };
    let result = workers.map_err(PyErr::from).and_then(|workers| {
        let result = caller.run(py, inputs, chunk, threads);
        shared.stop.store(result.is_err(), Ordering::Relaxed);
        shared.close();
        py.detach(|| workers.into_iter().for_each(|worker| drop(worker.join())));
        result
    });
    // Where not all could be begun, those that were must not wait for ever.
    shared.close();
    result.map(|()| caller.results)
}

fn spawn(shared: &Arc<Shared>) -> std::io::Result<std::thread::JoinHandle<()>> {
    let own = shared.clone();
    shared.road().threads += 1;
    let end = AtEnd(shared.clone());
    std::thread::Builder::new().name("solon".to_owned()).stack_size(STACK).spawn(move || {
        let _end = end;
        own.work();
    })
}

/// The thread that asked.
struct Caller<'c, 'py> {
    shared: &'c Shared,
    reading: &'c Reading<'py>,
    results: Bound<'py, PyList>,
    /// Chunks that came before their turn.
    early: Vec<Chunk>,
    /// The number of the chunk whose turn it is.
    next: usize,
    /// How many chunks were sent.
    sent: usize,
    /// Bytes of the inputs that are on their way.
    bytes: usize,
}

impl<'py> Caller<'_, 'py> {
    fn run(&mut self, py: Python<'py>, inputs: &Bound<'py, PyAny>, chunk: usize, threads: usize) -> PyResult<()> {
        let (mut tasks, mut bytes) = (Vec::new(), 0);
        for input in inputs.try_iter()? {
            let task = self.task(&input?)?;
            bytes += task.bytes();
            tasks.push(task);
            if tasks.len() == chunk || bytes >= CHUNK_BYTES {
                self.send(std::mem::take(&mut tasks), std::mem::take(&mut bytes));
                // Neither inputs nor answers pile up.
                while self.sent - self.next >= threads * 4 || (self.bytes > ROAD_BYTES && self.sent > self.next) {
                    self.receive(py)?;
                }
            }
        }
        if !tasks.is_empty() {
            self.send(tasks, bytes);
        }
        self.shared.close();
        while self.next < self.sent {
            self.receive(py)?;
        }
        Ok(())
    }

    fn task(&self, input: &Bound<'py, PyAny>) -> PyResult<Task> {
        if input.is(input.py().Ellipsis()) {
            return Ok(Task::None);
        }
        if input.is_instance_of::<PyBytes>() {
            return Ok(Task::Json(input.extract()?));
        }
        let pool = &self.shared.pool;
        let source = Source::new(input, "input");
        let built = pool.query().build_input(&source, &pool.terms.limits_from_now(), pool.terms.host.as_ref());
        match Failed::or(built) {
            Ok(built) => Ok(Task::Built(built)),
            Err(signal) if signal.is_cancelled() => Err(signal.raise(input.py())),
            Err(wrong) => Ok(Task::Wrong(wrong.into_error())),
        }
    }

    fn send(&mut self, tasks: Vec<Task>, bytes: usize) {
        let outcomes = Vec::with_capacity(tasks.len());
        self.shared.road().waiting.push_back(Chunk { number: self.sent, bytes, tasks, outcomes });
        self.shared.changed.notify_all();
        self.sent += 1;
        self.bytes += bytes;
    }

    /// Waits for a chunk, and reads those whose turn it is.
    fn receive(&mut self, py: Python<'py>) -> PyResult<()> {
        let shared = self.shared;
        let done = py.detach(|| shared.done());
        py.check_signals()?;
        self.early.extend(done?);
        while let Some(at) = self.early.iter().position(|chunk| chunk.number == self.next) {
            let Chunk { outcomes, bytes, .. } = self.early.swap_remove(at);
            self.bytes -= bytes;
            outcomes.into_iter().try_for_each(|outcome| self.read(py, outcome))?;
            self.next += 1;
        }
        Ok(())
    }

    fn read(&self, py: Python<'py>, outcome: Outcome) -> PyResult<()> {
        let object = match outcome {
            Ok(Some(value)) => self.reading.shapes.object(py, value.value()),
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
