//! Inputs that several threads evaluate, while the calling one makes values and objects.

use super::road::{Chunk, Shared};
use super::{Batch, Task};
use pyo3::prelude::*;
use solon::value::OwnedValue;
use std::time::{Duration, Instant};

/// The most inputs in a chunk.
const CHUNK: usize = 256;
/// How long a chunk is being made at most: others wait for it.
const CHUNK_TIME: Duration = Duration::from_micros(250);
/// Bytes of inputs with which a chunk is full.
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks for each thread of which inputs make at least so many.
const SHARES: usize = 8;
/// Chunks for each thread that may be on their way.
const ROAD: usize = 4;
/// Bytes of inputs that may be on their way, besides those that are a chunk of their own.
const ROAD_BYTES: usize = 64 << 20;

impl<'py> Batch<'_, 'py> {
    /// Evaluates the inputs that are left.
    pub(super) fn together(&self, py: Python<'py>, threads: usize) -> PyResult<()> {
        let shared = Shared::new(self.pool);
        let workers = (0..threads.min(self.count.max(1))).map(|_| shared.spawn()).collect::<std::io::Result<Vec<_>>>();
        let result = workers.map_err(PyErr::from).and_then(|workers| {
            let mut caller =
                Caller { batch: self, shared: &shared, threads, early: Vec::new(), next: 0, sent: 0, bytes: 0 };
            let result = caller.run(py);
            shared.close(result.is_err());
            py.detach(|| workers.into_iter().for_each(|worker| drop(worker.join())));
            result
        });
        // Where not all could be begun, those that were must not wait for ever.
        shared.close(result.is_err());
        result
    }
}

/// The thread that asked.
struct Caller<'c, 'b, 'py> {
    batch: &'c Batch<'b, 'py>,
    shared: &'c Shared,
    threads: usize,
    /// Chunks that came before their turn.
    early: Vec<Chunk>,
    /// The number of the chunk whose turn it is.
    next: usize,
    /// How many chunks were sent.
    sent: usize,
    /// Bytes of the inputs that are on their way.
    bytes: usize,
}

impl<'py> Caller<'_, '_, 'py> {
    fn run(&mut self, py: Python<'py>) -> PyResult<()> {
        // At the end, too, there is something for all.
        let most = self.batch.count.div_ceil(self.threads * SHARES).clamp(1, CHUNK);
        let (mut tasks, mut bytes, mut begin) = (Vec::with_capacity(most), 0, Instant::now());
        for input in self.batch.inputs.clone() {
            let task = self.batch.task(&input?)?;
            bytes += task.bytes();
            tasks.push(task);
            if tasks.len() == most || bytes >= CHUNK_BYTES || begin.elapsed() >= CHUNK_TIME {
                self.send(std::mem::replace(&mut tasks, Vec::with_capacity(most)), std::mem::take(&mut bytes));
                // Neither inputs nor answers pile up.
                while self.is_full() {
                    self.receive(py)?;
                }
                begin = Instant::now();
            }
        }
        if !tasks.is_empty() {
            self.send(tasks, bytes);
        }
        self.shared.close(false);
        while self.next < self.sent {
            self.receive(py)?;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.sent - self.next >= self.threads * ROAD || (self.bytes > ROAD_BYTES && self.sent > self.next)
    }

    fn send(&mut self, tasks: Vec<Task>, bytes: usize) {
        self.shared.send(self.sent, bytes, tasks);
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
            for outcome in outcomes {
                match outcome {
                    Ok(value) => self.batch.read(py, Ok(value.as_ref().map(OwnedValue::value)))?,
                    Err(failed) => self.batch.read(py, Err(failed))?,
                }
            }
            self.next += 1;
        }
        Ok(())
    }
}
