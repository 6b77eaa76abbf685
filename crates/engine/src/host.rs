//! The one way out of the engine.
//!
//! The engine itself has no clock, files, network, environment or random source. Builtins that need one ask the
//! [`Host`]; the default gives nothing away and makes the builtin fail by name.

use crate::http::{HttpCache, HttpError, HttpRequest, HttpResponse};

/// What the default host says to a look-up: no other error of a host should read like this.
pub const REFUSED: &str = "not allowed by the host";

/// What builtins may ask from outside. Every method of the default refuses.
pub trait Host: Send + Sync {
    /// Nanoseconds since the Unix epoch; asked at most once an evaluation.
    fn now(&self) -> Option<i64> {
        None
    }

    /// Fills `bytes` with random bytes; false if there is no source.
    fn random(&self, bytes: &mut [u8]) -> bool {
        let _ = bytes;
        false
    }

    /// The process's environment, for `opa.runtime`.
    fn environment(&self) -> Option<Vec<(String, String)>> {
        None
    }

    /// Addresses of a host name, for `net.lookup_ip_addr`.
    fn lookup(&self, name: &str) -> Result<Vec<String>, String> {
        let _ = name;
        Err(REFUSED.into())
    }

    /// Sends an HTTP request. [`HttpError::Refused`] ends the evaluation; any other error is the request's own.
    fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let _ = request;
        Err(HttpError::Refused)
    }

    /// Where responses are kept between evaluations; none if they are not.
    fn http_cache(&self) -> Option<&HttpCache> {
        None
    }

    /// Takes a line that `print` wrote; `place` is file and row.
    fn print(&self, place: &str, message: &str) {
        let _ = (place, message);
    }

    /// Takes the name of a case that a test came to: the keys of its head. See `Compiler::test_run`.
    fn test_case(&self, names: &[String]) {
        let _ = names;
    }

    /// Takes a note of `trace`.
    fn trace(&self, place: &str, message: &str) {
        let _ = (place, message);
    }

    /// Whether the evaluation is to stop: asked every few thousand instructions.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The host that gives nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}
