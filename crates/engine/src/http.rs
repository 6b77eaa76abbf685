//! What `http.send` asks of a host, and what it gets.
//!
//! The engine reads the policy's request, decodes the response and decides what may be kept. A host only exchanges
//! bytes: it knows neither values nor policies.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A request that a host is to send.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpRequest {
    /// The method in upper case; empty for `GET`.
    pub method: String,
    /// The address: `http:`, `https:`, or `unix:` with the socket's path as the parameter `socket`.
    pub url: String,
    /// Names in their canonical form, `Content-Type`, with their values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// How long all of it may take, redirects included; none for any time.
    pub timeout: Option<Duration>,
    /// How often to try again after a failure of the network.
    pub retries: u32,
    /// Whether redirects are followed.
    pub follows_redirects: bool,
    /// The hosts that may be asked, for redirects; none for any.
    pub allowed_hosts: Option<Vec<String>>,
    /// Who is trusted and who asks.
    pub tls: HttpTls,
    /// The most bytes that the body of a response may have.
    pub max_response: usize,
}

/// Who is trusted and who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpTls {
    /// Whether the server's certificate is taken as it is.
    pub insecure_skip_verify: bool,
    /// The name that the server's certificate must have, instead of the address's.
    pub server_name: Option<String>,
    /// Whether the system's certificates are trusted beside those of `authorities`. They are where there are none.
    pub use_system_certs: bool,
    /// Certificates that are trusted.
    pub authorities: Vec<Pem>,
    /// Certificates of the client, each with its key.
    pub clients: Vec<(Pem, Pem)>,
}

/// Where a text in PEM is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pem {
    /// The text itself.
    Text(String),
    /// A file.
    File(String),
    /// A variable of the environment.
    Variable(String),
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// `200`.
    pub status_code: u16,
    /// `200 OK`.
    pub status: String,
    /// Names and values in their order.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first value of a header; its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What it takes in memory, roughly.
    fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
        self.body.len() + self.status.len() + headers + 128
    }
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The host sends no requests. This ends the evaluation.
    Refused,
    /// The exchange failed, in the words of Go's `net/http` without method and address: `dial tcp 127.0.0.1:1:
    /// connect: connection refused`.
    Network {
        /// The method of the request that failed.
        method: String,
        /// Its address.
        url: String,
        /// What went wrong.
        problem: String,
        /// Whether it took too long.
        timed_out: bool,
    },
    /// The request cannot be sent: certificates that cannot be read.
    Request(String),
}

/// Responses that are kept between evaluations, for requests that ask for it (`cache`, `force_cache`). One may serve
/// many evaluators on many threads.
///
/// ```
/// let cache = solon_engine::HttpCache::new(16 << 20);
/// assert!(cache.is_empty());
/// ```
#[derive(Debug)]
pub struct HttpCache {
    max_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    responses: HashMap<String, KeptResponse>,
}

/// A response with the time at which it grows old, in nanoseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub(crate) struct KeptResponse {
    pub(crate) response: HttpResponse,
    pub(crate) expires: i64,
}

impl HttpCache {
    /// A cache of at most so many bytes.
    pub fn new(max_bytes: usize) -> Self {
        HttpCache { max_bytes, kept: Mutex::default() }
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.locked(|kept| kept.responses.is_empty())
    }

    pub(crate) fn get(&self, key: &str) -> Option<KeptResponse> {
        self.locked(|kept| kept.responses.get(key).cloned())
    }

    pub(crate) fn remove(&self, key: &str) {
        self.locked(|kept| {
            if let Some(old) = kept.responses.remove(key) {
                kept.bytes = kept.bytes.saturating_sub(key.len() + old.response.size());
            }
        });
    }

    /// Keeps a response. What is old makes room; if that is not enough, all does.
    pub(crate) fn insert(&self, key: String, response: KeptResponse, now: i64) {
        let size = key.len() + response.response.size();
        if size > self.max_bytes {
            return;
        }
        self.remove(&key);
        self.locked(|kept| {
            if kept.bytes + size > self.max_bytes {
                kept.responses.retain(|_, response| response.expires > now);
                kept.bytes = kept.responses.iter().map(|(key, kept)| key.len() + kept.response.size()).sum();
            }
            if kept.bytes + size > self.max_bytes {
                *kept = Kept::default();
            }
            kept.bytes += size;
            kept.responses.insert(key, response);
        });
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The address that a reference means in an answer of `base`, as in the header `Location`; none if one of them is no
/// address.
///
/// ```
/// let address = solon_engine::http::resolve("http://a.example/b/c?d", "e");
/// assert_eq!(address.as_deref(), Some("http://a.example/b/e"));
/// ```
pub fn resolve(base: &str, reference: &str) -> Option<String> {
    crate::builtins::uri::resolve(base, reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_responses_make_room() {
        let cache = HttpCache::new(1000);
        let response = |expires| KeptResponse {
            response: HttpResponse { body: vec![0; 300], ..HttpResponse::default() },
            expires,
        };
        cache.insert("a".into(), response(10), 0);
        cache.insert("b".into(), response(90), 0);
        cache.insert("c".into(), response(90), 20);
        assert!(cache.get("a").is_none() && cache.get("b").is_some() && cache.get("c").is_some());
        cache.insert("d".into(), response(90), 20);
        assert!(cache.get("b").is_none() && cache.get("d").is_some());
        let large = HttpResponse { body: vec![0; 2000], ..HttpResponse::default() };
        cache.insert("e".into(), KeptResponse { response: large, expires: 90 }, 20);
        assert!(cache.get("e").is_none() && cache.get("d").is_some());
    }
}
