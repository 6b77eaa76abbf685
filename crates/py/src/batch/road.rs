//! The way of chunks of inputs to threads that evaluate them, and back with the answers.

use super::chunk::Chunk;
use crate::error::Failed;
use crate::host::stop_by;
use crate::pool::Pool;
use crate::stack::enter;
use solon::Evaluator;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Chunks on their way.
#[derive(Default)]
struct Road {
    waiting: VecDeque<Chunk>,
    done: Vec<Chunk>,
    /// One for each thread that has no chunk.
    evaluators: Vec<Evaluator>,
    /// Threads that have not ended their work here.
    working: usize,
    /// Chunks that they have.
    taken: usize,
    /// Threads that wait for a chunk.
    sleeping: usize,
    /// Whether who asked waits for news.
    is_awaited: bool,
    is_closed: bool,
    end: Option<End>,
}

/// Why no more is done.
pub enum End {
    /// What Python runs on a thread wanted it.
    Signal(Failed),
    /// A thread ended in a panic. The chunk that it had never comes back.
    Panic,
}

/// What the threads of a batch share.
pub struct Shared {
    pool: Arc<Pool>,
    road: Mutex<Road>,
    /// For who evaluates.
    more: Condvar,
    /// For who asked.
    news: Condvar,
    stop: Arc<AtomicBool>,
    process: u32,
}

/// What who asked sees of the road.
pub struct View {
    /// How many chunks wait.
    pub waiting: usize,
    /// How many threads have none.
    pub idle: usize,
    /// Those that are done. They are not on the road any more.
    pub done: Vec<Chunk>,
}

/// Closes a road when its time is over, even where that ends in a panic of the calling thread.
pub struct Closing<'s>(pub &'s Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What is on the road at its end.
pub struct Rest {
    pub evaluators: Vec<Evaluator>,
    /// To be given up by who has the interpreter's lock.
    pub chunks: Vec<Chunk>,
}

/// How long who asked waits at most before it looks for signals.
const PATIENCE: Duration = Duration::from_millis(40);

impl Shared {
    /// A road without anything on it.
    pub fn new(pool: &Arc<Pool>) -> Arc<Shared> {
        let (more, news) = (Condvar::new(), Condvar::new());
        let process = std::process::id();
        Arc::new(Shared { pool: pool.clone(), road: Mutex::default(), more, news, stop: Arc::default(), process })
    }

    fn road(&self) -> MutexGuard<'_, Road> {
        self.road.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread of ours is to do here.
    pub fn job(self: &Arc<Shared>) -> Job {
        let evaluator = self.pool.take();
        let mut road = self.road();
        road.evaluators.push(evaluator);
        road.working += 1;
        Job(self.clone())
    }

    /// Sends a chunk.
    pub fn send(&self, chunk: Chunk) {
        let mut road = self.road();
        road.waiting.push_back(chunk);
        let is_awaited = road.sleeping > 0;
        drop(road);
        if is_awaited {
            self.more.notify_one();
        }
    }

    /// Looks what is there. Fails where no more is done.
    pub fn look(&self) -> Result<View, End> {
        let mut road = self.road();
        match road.end.take() {
            Some(end) => Err(end),
            None => {
                let Road { waiting, working, taken, done, .. } = &mut *road;
                let idle = working.saturating_sub(*taken);
                Ok(View { waiting: waiting.len(), idle, done: std::mem::take(done) })
            }
        }
    }

    /// Takes a chunk back that nobody has begun with.
    pub fn take_back(&self) -> Option<Chunk> {
        self.road().waiting.pop_front()
    }

    /// Waits until a chunk is done, but not long.
    pub fn wait(&self) {
        self.wait_while(|road| road.done.is_empty() && road.end.is_none());
    }

    fn wait_while(&self, is_to_wait: impl Fn(&Road) -> bool) {
        let mut road = self.road();
        road.is_awaited = true;
        let waited = self.news.wait_timeout_while(road, PATIENCE, |road| is_to_wait(road));
        road = waited.unwrap_or_else(PoisonError::into_inner).0;
        road.is_awaited = false;
        if std::process::id() != self.process {
            // This is the child of a process whose threads had them.
            (road.taken, road.working, road.end) = (0, 0, Some(End::Panic));
        }
    }

    /// Ends the work: no more chunks will come, and those that are there are not wanted.
    fn end(&self) {
        let mut road = self.road();
        road.is_closed = true;
        if road.taken > 0 {
            self.stop.store(true, Ordering::Relaxed);
        }
        drop(road);
        self.more.notify_all();
    }

    /// Ends the work, and waits until no thread has a chunk.
    pub fn close(&self) -> Rest {
        self.end();
        loop {
            let mut road = self.road();
            if road.taken == 0 {
                let Road { evaluators, waiting, done, .. } = &mut *road;
                let chunks = waiting.drain(..).chain(done.drain(..)).collect();
                return Rest { evaluators: std::mem::take(evaluators), chunks };
            }
            drop(road);
            self.wait_while(|road| road.taken > 0);
        }
    }

    /// The next chunk to evaluate, and what evaluates it; waits for it.
    fn next(&self) -> Option<(Chunk, Evaluator)> {
        let mut road = self.road();
        while !road.is_closed {
            if let Some(chunk) = road.waiting.pop_front() {
                road.taken += 1;
                let evaluator = road.evaluators.pop().unwrap_or_else(|| self.pool.take());
                return Some((chunk, evaluator));
            }
            road.sleeping += 1;
            road = self.more.wait(road).unwrap_or_else(PoisonError::into_inner);
            road.sleeping -= 1;
        }
        None
    }
}

/// A thread's part of the work.
pub struct Job(Arc<Shared>);

/// A chunk that a thread has.
struct Taken<'s> {
    shared: &'s Shared,
    done: Option<(Chunk, Evaluator, Result<(), Failed>)>,
}

impl Job {
    /// Does it.
    pub fn work(self) {
        let shared = &self.0;
        let _stopped = stop_by(shared.stop.clone());
        let _entered = enter();
        while let Some((mut chunk, evaluator)) = shared.next() {
            let mut taken = Taken { shared, done: None };
            let (evaluator, result) = chunk.evaluate(&shared.pool, evaluator);
            taken.done = Some((chunk, evaluator, result));
        }
    }
}

/// Also where the thread that was to do it does not.
impl Drop for Job {
    fn drop(&mut self) {
        self.0.road().working -= 1;
    }
}

/// The chunk is given back, whatever ended the work on it.
impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut road = self.shared.road();
        road.taken = road.taken.saturating_sub(1);
        let end = match self.done.take() {
            Some((chunk, evaluator, result)) => {
                road.done.push(chunk);
                road.evaluators.push(evaluator);
                result.err().map(End::Signal)
            }
            None => Some(End::Panic),
        };
        if road.end.is_none() {
            road.end = end;
        }
        let is_awaited = road.is_awaited;
        drop(road);
        if is_awaited {
            self.shared.news.notify_all();
        }
    }
}
