//! What Python gives to builtins: the clock, random bytes and a place for what is printed. Nothing else.

use crate::error::{is_interrupted, is_signalled, keep};
use crate::stack::has_room;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use solon::http::Client;
use solon::{Host, HttpCache, HttpError, HttpRequest, HttpResponse};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

thread_local! {
    /// Says to a thread of ours, which is none of Python's, that it is to stop.
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
    /// Whether the thread evaluates without Python's lock, which it had before.
    static WITHOUT_LOCK: Cell<bool> = const { Cell::new(false) };
    /// Whether the thread runs code of Python's, which may evaluate in its turn.
    static IN_PYTHON: Cell<bool> = const { Cell::new(false) };
    /// Whether objects are being read, so that nothing else of Python's may run.
    static HELD: Cell<bool> = const { Cell::new(false) };
    /// When the thread last let others have Python's lock.
    static LET_GO: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A flag of this thread that goes back to what it was.
pub struct Raised {
    flag: &'static std::thread::LocalKey<Cell<bool>>,
    before: bool,
}

impl Raised {
    fn new(flag: &'static std::thread::LocalKey<Cell<bool>>, value: bool) -> Self {
        Raised { flag, before: flag.replace(value) }
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.flag.set(self.before);
    }
}

/// Keeps other threads of Python from running in a long conversion.
pub fn hold() -> Raised {
    Raised::new(&HELD, true)
}

/// Runs code of Python's.
pub fn in_python<T>(run: impl FnOnce(Python<'_>) -> T) -> T {
    let _flags = (Raised::new(&IN_PYTHON, true), Raised::new(&HELD, false));
    Python::attach(run)
}

/// Evaluates without the lock, which the thread had before and takes when Python is needed.
pub fn without_lock<T>(evaluate: impl FnOnce() -> T) -> T {
    let _flags = (Raised::new(&WITHOUT_LOCK, true), Raised::new(&IN_PYTHON, false));
    evaluate()
}

/// Holds for as long as a thread stops its evaluations when it is told to.
pub struct StopsByItself;

/// Makes this thread stop its evaluations when `stop` is true, rather than when Python has a signal.
pub fn stop_by(stop: Arc<AtomicBool>) -> StopsByItself {
    STOP.set(Some(stop));
    StopsByItself
}

impl Drop for StopsByItself {
    fn drop(&mut self) {
        STOP.set(None);
    }
}

/// Whether other threads of Python's are to run now. One that waits asks for the lock after 5 ms (`sys.getswitchinterval`)
/// in which nobody let go of it; were that done more often, it would never ask, and never get it.
fn is_time_for_others() -> bool {
    const PATIENCE: Duration = Duration::from_millis(10);
    let now = Instant::now();
    let is_time = LET_GO.get().is_none_or(|last| now.duration_since(last) >= PATIENCE);
    if is_time {
        LET_GO.set(Some(now));
    }
    is_time
}

/// What a long work that has the lock does now and then: it lets other threads run, and ends when Python has a signal.
pub fn let_others_run(py: Python<'_>) -> PyResult<()> {
    if is_time_for_others() {
        py.detach(|| ());
    }
    py.check_signals()
}

/// The host of evaluations for Python.
pub struct PythonHost {
    /// Takes a place and a message.
    print: Option<Py<PyAny>>,
    http: Option<Http>,
}

/// What sends requests, if hosts may be asked.
struct Http {
    client: Client,
    cache: HttpCache,
    timeout: Option<Duration>,
}

/// Bytes of responses that are kept from one evaluation to the next.
const CACHE: usize = 16 << 20;

impl PythonHost {
    /// A host that gives what is printed to a callable, and lets policies ask some hosts, none of which may take longer
    /// than an evaluation.
    pub fn new(print: Option<Py<PyAny>>, hosts: &[String], timeout: Option<Duration>) -> Self {
        let http =
            (!hosts.is_empty()).then(|| Http { client: Client::only(hosts), cache: HttpCache::new(CACHE), timeout });
        PythonHost { print, http }
    }
}

impl Http {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.client.send(request, deadline)
    }
}

/// Whether the thread is one of ours, and does not run code of Python's.
fn is_ours() -> bool {
    STOP.with_borrow(Option::is_some) && !IN_PYTHON.get()
}

/// Whether the thread evaluates without Python's lock.
fn has_no_lock() -> bool {
    is_ours() || (WITHOUT_LOCK.get() && !IN_PYTHON.get())
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

    /// Other threads of Python run while this one waits.
    fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(http) = &self.http else { return Err(HttpError::Refused) };
        if has_no_lock() || HELD.get() {
            return http.send(request);
        }
        Python::attach(|py| py.detach(|| http.send(request)))
    }

    fn http_cache(&self) -> Option<&HttpCache> {
        self.http.as_ref().map(|http| &http.cache)
    }

    fn print(&self, place: &str, message: &str) {
        let Some(print) = self.print.as_ref().filter(|_| has_room()) else { return };
        in_python(|py| match print.call1(py, (place, message)) {
            Ok(_) => {}
            Err(error) if error.is_instance_of::<PyException>(py) => error.write_unraisable(py, None),
            Err(error) => keep(py, error),
        });
    }

    /// A long evaluation lets other threads of Python run now and then, and ends when Python has a signal (Ctrl-C).
    fn is_cancelled(&self) -> bool {
        let stop = STOP.with_borrow(|own| own.as_ref().map(|stop| stop.load(Ordering::Relaxed)));
        if stop == Some(true) || is_interrupted() {
            return true;
        }
        // A thread of ours has the lock only in what Python calls. Another one without it takes it seldom: it may have to
        // wait for it.
        if is_ours() || !has_room() || (has_no_lock() && !is_time_for_others()) {
            return false;
        }
        Python::attach(|py| {
            if !HELD.get() && is_time_for_others() {
                py.detach(|| ());
            }
            is_signalled(py)
        })
    }
}
