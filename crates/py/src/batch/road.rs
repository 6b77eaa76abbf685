//! The way of chunks of inputs to threads that evaluate them, and back with the answers.

use super::Task;
use crate::error::Failed;
use crate::host::stop_by;
use crate::pool::Pool;
use crate::stack::enter;
use pyo3::PyErr;
use pyo3::exceptions::PyRuntimeError;
use solon::Evaluator;
use solon::value::OwnedValue;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What an input gave: its value, if it is not undefined.
pub type Outcome = Result<Option<OwnedValue>, Failed>;

/// Inputs that go to a thread, or the answers that come back. Inputs of Python's come back, too, since objects are given up
/// by who has the lock.
pub struct Chunk {
    pub number: usize,
    /// Bytes of its inputs.
    pub bytes: usize,
    pub tasks: Vec<Task>,
    pub outcomes: Vec<Outcome>,
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
pub struct Shared {
    pool: Arc<Pool>,
    road: Mutex<Road>,
    /// For who evaluates.
    more: Condvar,
    /// For who asked.
    news: Condvar,
    stop: Arc<AtomicBool>,
}

/// The error of a thread that ended before its work was done.
pub struct EndedEarly;

impl From<EndedEarly> for PyErr {
    fn from(_: EndedEarly) -> PyErr {
        PyRuntimeError::new_err("a thread ended early")
    }
}

/// Bytes of stack of a thread: as many as a main thread has.
const STACK: usize = 8 << 20;
/// How often the calling thread looks for signals while it waits.
const PATIENCE: Duration = Duration::from_millis(50);

impl Shared {
    /// A road without anybody on it.
    pub fn new(pool: &Arc<Pool>) -> Arc<Shared> {
        let (more, news) = (Condvar::new(), Condvar::new());
        Arc::new(Shared { pool: pool.clone(), road: Mutex::default(), more, news, stop: Arc::default() })
    }

    /// Begins a thread that evaluates.
    pub fn spawn(self: &Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
        let own = self.clone();
        self.road().threads += 1;
        let end = AtEnd(self.clone());
        std::thread::Builder::new().name("solon".to_owned()).stack_size(STACK).spawn(move || {
            let _end = end;
            own.work();
        })
    }

    fn road(&self) -> MutexGuard<'_, Road> {
        self.road.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends inputs that are a chunk.
    pub fn send(&self, number: usize, bytes: usize, tasks: Vec<Task>) {
        let outcomes = Vec::with_capacity(tasks.len());
        self.road().waiting.push_back(Chunk { number, bytes, tasks, outcomes });
        self.more.notify_one();
    }

    /// A chunk that is done, if one comes soon. Fails where none may come any more.
    pub fn done(&self) -> Result<Option<Chunk>, EndedEarly> {
        let waited = self.news.wait_timeout_while(self.road(), PATIENCE, |road| !road.has_news());
        let mut road = waited.unwrap_or_else(PoisonError::into_inner).0;
        match road.done.pop_front() {
            _ if road.has_panicked => Err(EndedEarly),
            None if road.threads == 0 => Err(EndedEarly),
            chunk => Ok(chunk),
        }
    }

    /// No more chunks will come; what is being evaluated is to end where nobody wants it.
    pub fn close(&self, is_unwanted: bool) {
        if is_unwanted {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.road().is_closed = true;
        self.more.notify_all();
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
            road = self.more.wait(road).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        stop_by(self.stop.clone());
        let _entered = enter();
        let mut evaluator = self.pool.take();
        while let Some(mut chunk) = self.next() {
            for task in &mut chunk.tasks {
                let outcome;
                (evaluator, outcome) = self.one(evaluator, task);
                chunk.outcomes.push(outcome);
                // What is none of Python's need not wait for the lock to be given up.
                if let Task::Built(_) = task {
                    *task = Task::None;
                }
            }
            self.road().done.push_back(chunk);
            self.news.notify_one();
        }
        self.pool.give(evaluator);
    }

    fn one(&self, evaluator: Evaluator, task: &Task) -> (Evaluator, Outcome) {
        let mut evaluator = evaluator.limits(self.pool.terms.limits_from_now());
        let outcome = task.input().and_then(|input| evaluator.eval(input));
        let outcome = outcome.map(|answer| answer.value().map(OwnedValue::copy_of));
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
        self.0.news.notify_all();
    }
}
