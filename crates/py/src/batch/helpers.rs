//! Threads of ours that wait for work, for some time after they had some.
//!
//! To begin a thread takes longer than many a batch. Who waits is known only to those who have the interpreter's lock, so
//! that no other thread is between two steps here when the process is forked; in the child there are none of them.

use super::road::Job;
use pyo3::Python;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a thread waits until it ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of stack of a thread: as many as a main thread has.
const STACK: usize = 8 << 20;

/// The way to a thread.
pub struct Helper(Sender<Job>);

/// The threads that wait.
struct Idle {
    /// The process whose threads they are.
    process: u32,
    helpers: Vec<Helper>,
}

static IDLE: Mutex<Idle> = Mutex::new(Idle { process: 0, helpers: Vec::new() });

/// Those of this process.
fn idle(_has_lock: Python<'_>) -> MutexGuard<'static, Idle> {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if idle.process != process {
        // They are no threads here, and may have been within what would be dropped.
        std::mem::forget(std::mem::take(&mut idle.helpers));
        idle.process = process;
    }
    idle
}

/// Gives jobs to threads, as far as there can be any.
pub fn hire(py: Python<'_>, jobs: impl Iterator<Item = Job>) -> Vec<Helper> {
    jobs.map_while(|job| give(py, job)).collect()
}

/// Takes back the threads whose jobs are done or about to be.
pub fn release(py: Python<'_>, helpers: Vec<Helper>) {
    idle(py).helpers.extend(helpers);
}

/// Gives a job to a thread.
fn give(py: Python<'_>, mut job: Job) -> Option<Helper> {
    loop {
        // Not in the condition of the loop, which would keep the list locked.
        let helper = idle(py).helpers.pop();
        let Some(helper) = helper else { break };
        match helper.0.send(job) {
            Ok(()) => return Some(helper),
            // It did not wait any longer.
            Err(unsent) => job = unsent.0,
        }
    }
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new().name("solon".to_owned()).stack_size(STACK);
    thread.spawn(move || wait(&receiver)).ok()?;
    sender.send(job).ok()?;
    Some(Helper(sender))
}

/// What a thread does.
fn wait(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv_timeout(PATIENCE) {
        job.work();
    }
}
