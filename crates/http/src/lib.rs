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
use solon_engine::http::Pem;
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
    /// The only hosts that are asked; `None` for any.
    only: Option<Vec<String>>,
}

impl Client {
    /// A client.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client for policies that are not to reach everything: it asks these hosts alone, by name without port, and follows
    /// redirects to them alone. It neither connects to Unix sockets nor reads certificates from files or variables.
    ///
    /// ```
    /// use solon_engine::{HttpError, HttpRequest};
    ///
    /// let client = solon_http::Client::only(["api.example.com"]);
    /// let request = HttpRequest { url: "http://127.0.0.1:1/".into(), ..HttpRequest::default() };
    /// let Err(HttpError::Network { problem, .. }) = client.send(&request, None) else { unreachable!() };
    /// assert_eq!(problem, "disallowed host: 127.0.0.1");
    /// ```
    pub fn only(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Client { only: Some(hosts.into_iter().map(Into::into).collect()), ..Self::default() }
    }

    /// Sends a request, and again after failures of the network as often as it says, until `deadline`.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read, and what goes wrong on the way to the server and back.
    pub fn send(&self, request: &HttpRequest, deadline: Option<Instant>) -> Result<HttpResponse, HttpError> {
        let limited = self.only.as_ref().map(|hosts| limited(request, hosts)).transpose()?;
        let request = limited.as_ref().unwrap_or(request);
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

/// The request for a client that asks some hosts alone, if it is for one of them.
fn limited(request: &HttpRequest, hosts: &[String]) -> Result<HttpRequest, HttpError> {
    let scheme = request.url.split_once("://").map_or("", |(scheme, _)| scheme);
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(explain::network(request, format!("disallowed protocol scheme {scheme:?}")));
    }
    let tls = &request.tls;
    let pems = tls.clients.iter().flat_map(|(certificate, key)| [certificate, key]).chain(&tls.authorities);
    if pems.into_iter().any(|pem| !matches!(pem, Pem::Text(_))) {
        return Err(HttpError::Request("certificates from files and variables are not allowed".to_owned()));
    }
    let host = redirect::host(&request.url);
    if !hosts.contains(&host) {
        return Err(explain::network(request, format!("disallowed host: {host}")));
    }
    // What capabilities allow is no more than it was.
    let both = hosts.iter().filter(|name| request.allowed_hosts.as_ref().is_none_or(|allowed| allowed.contains(name)));
    Ok(HttpRequest { allowed_hosts: Some(both.cloned().collect()), ..request.clone() })
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
