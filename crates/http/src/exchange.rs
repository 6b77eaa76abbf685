//! One request and its response.

use crate::connection::{Dialer, Later};
use crate::explain;
use rustls::ClientConfig;
use solon_engine::{HttpError, HttpRequest, HttpResponse};
use std::io::Read;
use std::sync::Arc;
use std::time::Instant;
use ureq::http::{HeaderName, HeaderValue, Method, Request, Uri};
use ureq::{Agent, Error};

/// A request that is sent once.
pub(crate) struct Exchange<'r> {
    pub(crate) request: &'r HttpRequest,
    pub(crate) tls: &'r Arc<ClientConfig>,
    pub(crate) deadline: Option<Instant>,
}

impl Exchange<'_> {
    pub(crate) fn run(&self) -> Result<HttpResponse, HttpError> {
        let (url, socket) = address(&self.request.url);
        let request = self.build(&url)?;
        let dialer = Dialer {
            tls: self.tls.clone(),
            server_name: self.request.tls.server_name.clone(),
            socket,
            deadline: self.deadline,
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("Solon/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .build();
        let agent = Agent::with_parts(config, dialer, Later);
        let (parts, body) = request.into_parts();
        let sent = if body.is_empty() {
            agent.run(Request::from_parts(parts, ()))
        } else {
            agent.run(Request::from_parts(parts, body.as_slice()))
        };
        let response = sent.map_err(|error| self.explain(&error))?;
        let status = response.status();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .filter(|(name, value)| !is_about_connection(name, value));
        let mut answer = HttpResponse {
            status_code: status.as_u16(),
            status: format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default()),
            headers: headers.collect(),
            body: Vec::new(),
        };
        let limit = u64::try_from(self.request.max_response).unwrap_or(u64::MAX);
        let mut body = response.into_body().into_reader().take(limit.saturating_add(1));
        body.read_to_end(&mut answer.body).map_err(|error| match explain::is_timeout(&error) {
            true => explain::timeout(self.request),
            false => explain::network(self.request, explain::stream(&error)),
        })?;
        if answer.body.len() > self.request.max_response {
            let problem = format!("the response is over the limit of {} bytes", self.request.max_response);
            return Err(explain::network(self.request, problem));
        }
        Ok(answer)
    }

    fn build(&self, url: &str) -> Result<Request<Vec<u8>>, HttpError> {
        let wrong = |problem: String| explain::network(self.request, problem);
        let (scheme, _) = url.split_once("://").unwrap_or_default();
        if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
            return Err(wrong(format!("unsupported protocol scheme {scheme:?}")));
        }
        let no_host = || {
            let url = url.replacen("://", ":", 1);
            explain::network(&HttpRequest { url, ..self.request.clone() }, "http: no Host in request URL".to_owned())
        };
        if url.ends_with("://") {
            return Err(no_host());
        }
        let uri: Uri = url.parse().map_err(|error: ureq::http::uri::InvalidUri| wrong(error.to_string()))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(no_host());
        }
        let method = if self.request.method.is_empty() { "GET" } else { &self.request.method };
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let mut request = Request::new(self.request.body.clone());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        for (name, value) in &self.request.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| wrong(format!("net/http: invalid header field name {name:?}")))?;
            let value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| wrong(format!("net/http: invalid header field value for {name:?}")))?;
            request.headers_mut().append(header, value);
        }
        Ok(request)
    }

    fn explain(&self, error: &Error) -> HttpError {
        match error {
            Error::Io(error) if explain::is_timeout(error) => explain::timeout(self.request),
            Error::Timeout(_) => explain::timeout(self.request),
            Error::Io(error) => explain::network(self.request, explain::stream(error)),
            other => explain::network(self.request, other.to_string()),
        }
    }
}

/// Whether a header is about the connection alone. Policies do not see those, as in OPA.
fn is_about_connection(name: &str, value: &str) -> bool {
    match name {
        "transfer-encoding" | "trailer" => true,
        "connection" => value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close")),
        _ => false,
    }
}

/// The address to ask, and the socket that an address of the scheme `unix` names.
fn address(url: &str) -> (String, Option<String>) {
    let plain = || (url.to_owned(), None);
    let Some(rest) = url.strip_prefix("unix://") else { return plain() };
    let Some((path, query)) = rest.split_once('?') else { return plain() };
    let (mut socket, mut left) = (None, Vec::new());
    for parameter in query.split('&') {
        match parameter.strip_prefix("socket=") {
            Some(value) => socket = socket.or_else(|| Some(unescape(value))),
            None => left.push(parameter),
        }
    }
    let mark = if left.is_empty() { "" } else { "?" };
    let host = if path.starts_with('/') || path.is_empty() { "localhost" } else { "" };
    (format!("http://{host}{path}{mark}{}", left.join("&")), Some(socket.unwrap_or_default()))
}

/// A parameter's value with its escapes resolved.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = [ahead.next(), ahead.next()].map(|digit| char::from(digit.unwrap_or_default()).to_digit(16));
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = ahead;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn sockets_are_parameters() {
        let socket = |url: &str| address(url);
        assert_eq!(socket("http://a/b?socket=c"), ("http://a/b?socket=c".to_owned(), None));
        let found = ("http://localhost/end?x=1".to_owned(), Some("/tmp/a b.sock".to_owned()));
        assert_eq!(socket("unix://localhost/end?socket=%2Ftmp%2Fa+b.sock&x=1"), found);
        let without_host = ("http://localhost/end".to_owned(), Some("s".to_owned()));
        assert_eq!(socket("unix:///end?socket=s&socket=t"), without_host);
    }
}
