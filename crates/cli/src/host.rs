//! What the command line gives to builtins: the clock, randomness, the environment, name lookups, HTTP and stderr.

use crate::terminal::say;
use solon::http::Client;
use solon::{Host, HttpCache, HttpError, HttpRequest, HttpResponse};
use std::net::ToSocketAddrs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The host of the command line.
#[derive(Debug)]
pub struct Terminal {
    deadline: Option<Instant>,
    client: Client,
    cache: HttpCache,
    record: Option<Mutex<Record>>,
}

/// What a test tells while it runs.
#[derive(Debug, Default)]
struct Record {
    printed: String,
    cases: Vec<Vec<String>>,
}

/// Bytes of responses to `http.send` that are kept from one input to the next.
const CACHE: usize = 64 << 20;

impl Terminal {
    /// A host whose evaluations must end within `timeout` from now.
    pub fn new(timeout: Option<Duration>) -> Self {
        // A time that is too far away to be expressed never comes; none and zero are no limit, as in OPA.
        let timeout = timeout.filter(|timeout| !timeout.is_zero());
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Terminal { deadline, client: Client::new(), cache: HttpCache::new(CACHE), record: None }
    }

    /// A host that keeps what a test prints and which cases it comes to.
    pub fn recording(timeout: Duration) -> Self {
        Terminal { record: Some(Mutex::default()), ..Terminal::new(Some(timeout)) }
    }

    /// What was printed; nothing is left of it.
    pub fn printed(&self) -> String {
        self.record(|record| std::mem::take(&mut record.printed)).unwrap_or_default()
    }

    /// The cases that a test came to; nothing is left of them.
    pub fn cases(&self) -> Vec<Vec<String>> {
        self.record(|record| std::mem::take(&mut record.cases)).unwrap_or_default()
    }

    fn record<T>(&self, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let record = self.record.as_ref()?;
        Some(change(&mut record.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Host for Terminal {
    fn now(&self) -> Option<i64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_nanos()).ok()
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }

    fn environment(&self) -> Option<Vec<(String, String)>> {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        Some(std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }

    fn lookup(&self, name: &str) -> Result<Vec<String>, String> {
        let addresses = (name, 0).to_socket_addrs().map_err(|error| format!("lookup {name}: {error}"))?;
        Ok(addresses.map(|address| address.ip().to_string()).collect())
    }

    fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        self.client.send(request, self.deadline)
    }

    fn http_cache(&self) -> Option<&HttpCache> {
        Some(&self.cache)
    }

    fn print(&self, _place: &str, message: &str) {
        let line = format!("{message}\n");
        if self.record(|record| record.printed.push_str(&line)).is_none() {
            say(&line);
        }
    }

    fn test_case(&self, names: &[String]) {
        self.record(|record| record.cases.push(names.to_vec()));
    }

    fn is_cancelled(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
