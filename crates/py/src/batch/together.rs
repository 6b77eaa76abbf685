//! Inputs that several threads evaluate. The calling one makes values and objects, and evaluates, too, while it has nothing
//! of that to do.

use super::Batch;
use super::chunk::Chunk;
use super::helpers::{hire, release};
use super::road::{Closing, End, Rest, Shared, View};
use crate::host::{let_others_run, without_lock};
use crate::to_json::Writer;
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use solon::Evaluator;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The most inputs in a chunk.
const CHUNK: usize = 256;
/// How long a chunk takes at most, as far as can be told, to be made or to be evaluated.
const CHUNK_TIME: Duration = Duration::from_micros(150);
/// Bytes of inputs with which a chunk is full.
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks for each thread that may be on their way.
const ROAD: usize = 16;
/// Bytes of inputs that may be on their way, besides those that are a chunk of their own.
const ROAD_BYTES: usize = 64 << 20;

impl<'py> Batch<'_, 'py> {
    /// Evaluates the inputs that are left with so many threads, of which this is one; an evaluation takes so long, as far as
    /// that is known.
    pub(super) fn together(&self, py: Python<'py>, threads: usize, each: Option<Duration>) -> PyResult<()> {
        let shared = Shared::new(self.pool);
        let _closing = Closing(&shared);
        let helpers = hire(py, (1..threads.min(self.count)).map(|_| shared.job()));
        let mut caller = Caller {
            batch: self,
            shared: &shared,
            threads: helpers.len() + 1,
            left: self.count,
            each,
            is_at_end: false,
            failure: None,
            on_road: VecDeque::new(),
            next: 0,
            bytes: 0,
            spare: Vec::new(),
            writer: Writer::new(),
        };
        let result = caller.run(py);
        let Rest { evaluators, chunks } = py.detach(|| shared.close());
        drop(chunks);
        evaluators.into_iter().for_each(|evaluator| self.pool.give(evaluator));
        release(py, helpers);
        result
    }
}

/// The thread that asked.
struct Caller<'c, 'b, 'py> {
    batch: &'c Batch<'b, 'py>,
    shared: &'c Shared,
    threads: usize,
    /// How many inputs are left to be sent, as far as anybody says.
    left: usize,
    /// How long an evaluation takes, roughly, as far as that is known.
    each: Option<Duration>,
    /// Whether all inputs were sent.
    is_at_end: bool,
    /// Why there are no more, if it is an error of who gives them.
    failure: Option<PyErr>,
    /// For each chunk that was sent and not read the chunk, if it has come back.
    on_road: VecDeque<Option<Chunk>>,
    /// The number of the first one of them.
    next: usize,
    /// Bytes of the inputs that are on their way.
    bytes: usize,
    /// Chunks that were read.
    spare: Vec<Chunk>,
    writer: Writer<'py>,
}

impl<'py> Caller<'_, '_, 'py> {
    fn run(&mut self, py: Python<'py>) -> PyResult<()> {
        let mut evaluator = self.batch.pool.take();
        while !(self.is_at_end && self.on_road.is_empty()) {
            let View { waiting, idle, done } = self.shared.look().map_err(|end| raise(py, end))?;
            done.into_iter().for_each(|chunk| self.receive(chunk));
            // First nobody is to be without work: while this thread evaluates a chunk, there is another one for each thread
            // to go on with.
            if waiting < self.threads && self.may_send() {
                self.send(py)?;
            } else if self.read(py)? {
            } else if waiting > idle
                && let Some(chunk) = self.shared.take_back()
            {
                evaluator = self.evaluate(py, chunk, evaluator)?;
            } else if self.may_send() {
                self.send(py)?;
            } else {
                py.detach(|| self.shared.wait());
            }
            let_others_run(py)?;
        }
        self.batch.pool.give(evaluator);
        self.failure.take().map_or(Ok(()), Err)
    }

    fn may_send(&self) -> bool {
        let is_full = self.on_road.len() >= self.threads * ROAD;
        !self.is_at_end && !is_full && (self.bytes <= ROAD_BYTES || self.on_road.is_empty())
    }

    /// Makes a chunk of the next inputs and sends it.
    fn send(&mut self, py: Python<'py>) -> PyResult<()> {
        let pool = self.batch.pool;
        let most = self.inputs_of_chunk();
        let mut chunk = self.spare.pop().unwrap_or_else(|| Chunk::new(pool));
        let begin = Instant::now();
        let mut inputs = self.batch.inputs.clone();
        while chunk.len() < most && chunk.bytes() < CHUNK_BYTES && !(chunk.is_slow() && begin.elapsed() >= CHUNK_TIME) {
            match inputs.next() {
                Some(Ok(input)) => chunk.add(pool, &mut self.writer, &input)?,
                None => self.is_at_end = true,
                // What came before may have errors of its own.
                Some(Err(error)) if error.is_instance_of::<PyException>(py) => {
                    (self.is_at_end, self.failure) = (true, Some(error));
                }
                Some(Err(end)) => return Err(end),
            }
            if self.is_at_end {
                break;
            }
        }
        self.left = self.left.saturating_sub(chunk.len());
        if chunk.len() > 0 {
            chunk.number = self.next + self.on_road.len();
            self.bytes += chunk.bytes();
            self.on_road.push_back(None);
            self.shared.send(chunk);
        }
        Ok(())
    }

    /// How many inputs the next chunk is to have: fewer and fewer to the end, so that all threads have something to do until
    /// then.
    fn inputs_of_chunk(&self) -> usize {
        /// The part of a thread's share of what is left that is a chunk.
        const PART: usize = 2;
        /// The part of a chunk's time that is the least that is worth it.
        const LEAST: usize = 16;
        /// So many where nothing is known.
        const FIRST: usize = 4;
        let in_time = self.each.map(|each| CHUNK_TIME.as_nanos() / each.as_nanos().max(1));
        let in_time = in_time.map_or(FIRST, |count| usize::try_from(count).unwrap_or(CHUNK)).clamp(1, CHUNK);
        let share = self.left.div_ceil(self.threads * PART);
        in_time.min(share.max(in_time / LEAST)).max(1)
    }

    /// Evaluates a chunk on this thread, without the lock.
    fn evaluate(&mut self, py: Python<'py>, mut chunk: Chunk, evaluator: Evaluator) -> PyResult<Evaluator> {
        let pool = self.batch.pool;
        let (evaluator, result) = py.detach(|| without_lock(|| chunk.evaluate(pool, evaluator)));
        result.map_err(|signal| signal.raise(py))?;
        self.receive(chunk);
        Ok(evaluator)
    }

    /// Takes a chunk that was evaluated.
    fn receive(&mut self, chunk: Chunk) {
        /// What was measured before counts so many times as much as a new measurement.
        const INERTIA: u32 = 3;
        let each = chunk.time / u32::try_from(chunk.len()).unwrap_or(u32::MAX).max(1);
        self.each = Some(self.each.map_or(each, |known| (known * INERTIA + each) / (INERTIA + 1)));
        self.bytes -= chunk.bytes();
        if let Some(place) = self.on_road.get_mut(chunk.number - self.next) {
            *place = Some(chunk);
        }
    }

    /// Reads the chunk whose turn it is, if it is there.
    fn read(&mut self, py: Python<'py>) -> PyResult<bool> {
        let Some(mut chunk) = self.on_road.front_mut().and_then(Option::take) else { return Ok(false) };
        self.on_road.pop_front();
        self.next += 1;
        chunk.read(|outcome| self.batch.read(py, outcome))?;
        chunk.clear(self.batch.pool);
        self.spare.push(chunk);
        Ok(true)
    }
}

/// The exception of a road on which nothing is done any more.
fn raise(py: Python<'_>, end: End) -> PyErr {
    match end {
        End::Signal(signal) => signal.raise(py),
        End::Panic => PyRuntimeError::new_err("a thread ended early"),
    }
}
