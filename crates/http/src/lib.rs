//! Sends the requests of `http.send`.
//!
//! Takes a [`HttpRequest`], gives a [`HttpResponse`] or says in the words of Go's `net/http` why there is none. It must
//! not know policies or values. `exchange.rs` has one request and one response, `connection.rs` the connection below,
//! `trust.rs` and `certificates.rs` who is trusted, `redirect.rs` where an answer leads.
//!
//! Every request has a connection of its own. HTTP/1.1 is spoken; proxies are not used.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod certificates;
mod connection;
mod exchange;
mod explain;
mod redirect;
mod trust;

use exchange::Exchange;
use rustls::RootCertStore;
use solon_engine::{HttpError, HttpRequest, HttpResponse};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 100;

/// The delay before the second attempt after a failure, by how much each one is longer, and the longest one.
const DELAY: (Duration, f64, Duration) = (Duration::from_millis(100), 1.6, Duration::from_secs(60));

/// Sends requests. One may serve many threads.
///
/// ```
/// use solon_engine::{HttpError, HttpRequest};
///
/// let client = solon_http::Client::new();
/// let request = HttpRequest { url: "http://127.0.0.1:1/".into(), max_response: 1 << 20, ..HttpRequest::default() };
/// let Err(HttpError::Network { problem, .. }) = client.send(&request, None) else { return };
/// assert_eq!(problem, "dial tcp 127.0.0.1:1: connect: connection refused");
/// ```
#[derive(Debug, Default)]
pub struct Client {
    /// The system's certificates, read when they are needed first.
    system: OnceLock<Arc<RootCertStore>>,
}

impl Client {
    /// A client.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends a request, and again after failures of the network as often as it says, until `deadline`.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read, and what goes wrong on the way to the server and back.
    pub fn send(&self, request: &HttpRequest, deadline: Option<Instant>) -> Result<HttpResponse, HttpError> {
        let tls = trust::config(&request.tls, || self.system_roots())?;
        let mut attempt = 0;
        loop {
            let ends = earlier(request.timeout.and_then(|timeout| Instant::now().checked_add(timeout)), deadline);
            let error = match follow(request, &tls, ends) {
                Err(error @ HttpError::Network { .. }) if attempt < request.retries => error,
                result => return result,
            };
            let delay = delay(attempt);
            if deadline.is_some_and(|deadline| Instant::now() + delay >= deadline) {
                return Err(error);
            }
            std::thread::sleep(delay);
            attempt += 1;
        }
    }

    fn system_roots(&self) -> Arc<RootCertStore> {
        let load = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Arc::new(roots)
        };
        self.system.get_or_init(load).clone()
    }
}

fn earlier(left: Option<Instant>, right: Option<Instant>) -> Option<Instant> {
    left.into_iter().chain(right).min()
}

/// How long to wait after an attempt. The first one is repeated at once.
fn delay(attempt: u32) -> Duration {
    let (first, factor, longest) = DELAY;
    if attempt == 0 {
        return Duration::ZERO;
    }
    let seconds = first.as_secs_f64() * factor.powi(attempt.min(64).cast_signed());
    Duration::from_secs_f64(seconds.min(longest.as_secs_f64()))
}

/// One request with the redirects that it follows.
fn follow(
    request: &HttpRequest,
    tls: &Arc<rustls::ClientConfig>,
    deadline: Option<Instant>,
) -> Result<HttpResponse, HttpError> {
    let mut request = request.clone();
    for _ in 0..MAX_REDIRECTS {
        let response = Exchange { request: &request, tls, deadline }.run()?;
        let Some(next) = redirect::next(&request, &response)? else { return Ok(response) };
        request = next;
    }
    Err(explain::network(&request, format!("stopped after {MAX_REDIRECTS} redirects")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow() {
        let millis: Vec<u128> = [0, 1, 2, 20, u32::MAX].map(|attempt| delay(attempt).as_millis()).to_vec();
        assert_eq!(millis, [0, 160, 256, 60_000, 60_000]);
    }
}
