//! What Python gives to builtins: the clock, random bytes and a place for what is printed. Nothing else.

use crate::error::keep;
use crate::stack::has_room;
use pyo3::prelude::*;
use solon::Host;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

thread_local! {
    /// Says to a thread of ours, which is none of Python's, that it is to stop.
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Makes this thread stop its evaluations when `stop` is true, rather than when Python has a signal.
pub fn stop_by(stop: Arc<AtomicBool>) {
    STOP.with(|own| own.replace(Some(stop)));
}

/// The host of evaluations for Python.
pub struct PythonHost {
    /// Takes a place and a message.
    print: Option<Py<PyAny>>,
}

impl PythonHost {
    /// A host that gives what is printed to a callable.
    pub fn new(print: Option<Py<PyAny>>) -> Self {
        PythonHost { print }
    }
}

/// Nanoseconds since the Unix epoch.
pub fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok()
}

impl Host for PythonHost {
    fn now(&self) -> Option<i64> {
        now()
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }

    fn print(&self, place: &str, message: &str) {
        let Some(print) = self.print.as_ref().filter(|_| has_room()) else { return };
        Python::attach(|py| {
            if let Err(error) = print.call1(py, (place, message)) {
                error.write_unraisable(py, None);
            }
        });
    }

    /// A long evaluation lets other threads of Python run now and then, and ends when Python has a signal (Ctrl-C).
    fn is_cancelled(&self) -> bool {
        if let Some(stop) = STOP.with(|own| own.borrow().clone()) {
            return stop.load(Ordering::Relaxed);
        }
        if !has_room() {
            return false;
        }
        Python::attach(|py| {
            py.detach(|| ());
            match py.check_signals() {
                Ok(()) => false,
                Err(error) => {
                    keep(error);
                    true
                }
            }
        })
    }
}
