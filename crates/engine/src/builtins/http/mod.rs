//! HTTP requests: `http.send`.
//!
//! Takes a request as OPA's policies write it (`request.rs`), and gives the response (`response.rs`). What is asked
//! twice in an evaluation is sent once; `cache.rs` has what is kept between evaluations. The engine sends nothing
//! itself: the host does, or refuses.

mod cache;
pub(super) mod request;
mod response;

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, json_text};
use crate::http::{HttpError, HttpRequest, HttpResponse};
use crate::value::{Object, Value};
use cache::Keeping;
use response::Decoding;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "http.send",
    signature: "(request: object[string: any]) -> response: object[any: any]",
    doc: "Sends an HTTP request and returns the response. The host sends it and may refuse; the same request is sent \
          once within one evaluation.",
    example: (r#"http.send({"method": "get", "url": "http://example.com"}).status_code"#, "200"),
    purity: Purity::Remembering,
    call: send,
}];

fn send<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let request = operand::object(args, 1)?;
    let raises = match request.get(&Value::string("raise_error")) {
        None | Some(Value::Bool(true)) => true,
        Some(Value::Bool(false)) => false,
        Some(_) => return Err(Failure::error("invalid value for raise_error field")),
    };
    let failed = match exchange(ctx, request) {
        Ok(response) => return Ok(response),
        Err(failed) => failed,
    };
    match failed {
        Problem::Failure(Failure::Halt(message)) => Err(Failure::Halt(message)),
        failed if raises => Err(failed.raised()),
        failed => {
            let (code, message) = failed.told(&(ctx.place)());
            let text = |text: &str| Value::new_string(ctx.arena, text);
            let error = [(text("code"), text(code)), (text("message"), text(&message))];
            let error = Value::new_object(ctx.arena, &error);
            Ok(Value::new_object(ctx.arena, &[(text("error"), error), (text("status_code"), Value::Int(0))]))
        }
    }
}

/// Why there is no response.
#[derive(Clone, Debug)]
enum Problem {
    /// The request is wrong.
    Failure(Failure),
    /// The exchange failed.
    Network { operation: String, url: String, problem: String, timed_out: bool },
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Problem::Failure(failure)
    }
}

impl Problem {
    fn of_host(error: HttpError) -> Problem {
        match error {
            // That a policy goes on without the answer must not go unseen.
            HttpError::Refused => Problem::Failure(Failure::Halt(crate::host::REFUSED.to_owned())),
            HttpError::Request(message) => Problem::Failure(Failure::Error(message)),
            HttpError::Network { method, url, problem, timed_out } => {
                Problem::Network { operation: operation(&method), url, problem, timed_out }
            }
        }
    }

    /// The failure of a request that raises errors.
    fn raised(self) -> Failure {
        match self {
            Problem::Failure(failure) => failure,
            Problem::Network { operation, url, timed_out: true, .. } => {
                Failure::Error(format!("{operation} {url}: request timed out"))
            }
            Problem::Network { operation, url, problem, .. } => {
                Failure::Error(format!("{operation} \"{url}\": {problem}"))
            }
        }
    }

    /// Code and message for a request that wants errors as values.
    fn told(self, place: &str) -> (&'static str, String) {
        const INTERNAL: &str = "eval_http_send_internal_error";
        const NETWORK: &str = "eval_http_send_network_error";
        match self {
            Problem::Network { operation, url, problem, .. } => (NETWORK, format!("{operation} \"{url}\": {problem}")),
            Problem::Failure(Failure::Type(message)) => {
                (INTERNAL, format!("{place}: eval_type_error: http.send: {message}"))
            }
            Problem::Failure(Failure::Error(message)) => {
                (INTERNAL, format!("{place}: eval_builtin_error: http.send: {message}"))
            }
            Problem::Failure(other) => (INTERNAL, format!("{other:?}")),
        }
    }
}

/// `GET` as errors have it: `Get`.
fn operation(method: &str) -> String {
    let method = if method.is_empty() { "GET" } else { method };
    let (first, rest) = method.split_at_checked(1).unwrap_or((method, ""));
    format!("{first}{}", rest.to_ascii_lowercase())
}

fn exchange<'a>(ctx: &mut Context<'a, '_>, request: Object<'a>) -> Result<Value<'a>, Problem> {
    request::check_fields(&request)?;
    json_text::check_written(ctx, Value::Object(request))?;
    let key = cache::key(ctx.arena, &request)?;
    let keeping = Keeping::of(&request)?;
    if let Some(known) = ctx.sent.as_ref().and_then(|sent| sent.find(&key)) {
        return match known {
            Sent::Answer(value) => Ok(*value),
            Sent::Problem(problem) => Err(problem.clone()),
        };
    }
    let kept = match &keeping {
        Some(keeping) if ctx.host.http_cache().is_some() => {
            let decoding = Decoding::of(&request)?;
            let found = cache::look_up(ctx, &request, &key, keeping)?;
            let answer = found.map(|response| response::value(ctx, &response, decoding)).transpose()?;
            if let Some(answer) = answer {
                sent(ctx, key, Sent::Answer(answer));
                return Ok(answer);
            }
            Some(keeping)
        }
        _ => None,
    };
    let made = request::read(ctx, &request)?;
    let response = match transmit(ctx, &made) {
        Ok(response) => response,
        Err(problem @ Problem::Failure(_)) => return Err(problem),
        Err(problem) => {
            sent(ctx, key, Sent::Problem(problem.clone()));
            return Err(problem);
        }
    };
    let answer = response::value(ctx, &response, Decoding::of(&request)?)?;
    if let Some(keeping) = kept {
        cache::keep(ctx, &key, &response, keeping)?;
    }
    if kept.is_some() || response::is_cacheable(response.status_code) {
        sent(ctx, key, Sent::Answer(answer));
    }
    Ok(answer)
}

/// Lets the host send a request. What capabilities say about hosts is checked before. Afterwards the evaluation may have
/// no time left: then that is its error, and not that of the request, which would make an expression undefined.
fn transmit(ctx: &mut Context<'_, '_>, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let response = ctx.host.http(request);
    ctx.limits.watch(ctx.host).map_err(|over| Problem::Failure(Failure::Halt(over.to_string())))?;
    response.map_err(Problem::of_host)
}

/// Requests that were sent in an evaluation, with what came of them.
#[derive(Default)]
pub struct SentRequests<'a>(Vec<(Value<'a>, Sent<'a>)>);

/// What came of a request.
enum Sent<'a> {
    /// The response as the policy sees it.
    Answer(Value<'a>),
    /// Why there is none.
    Problem(Problem),
}

impl<'a> SentRequests<'a> {
    fn find(&self, key: &Value<'a>) -> Option<&Sent<'a>> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, sent)| sent)
    }
}

/// Notes what came of a request.
fn sent<'a>(ctx: &mut Context<'a, '_>, key: Value<'a>, sent: Sent<'a>) {
    ctx.sent.get_or_insert_default().0.push((key, sent));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, call_with};
    use crate::builtins::Failure;
    use crate::host::Host;
    use crate::http::{HttpError, HttpRequest, HttpResponse};

    /// Answers one address.
    struct Server;

    impl Host for Server {
        fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
            let network = |problem: &str, timed_out| HttpError::Network {
                method: request.method.clone(),
                url: request.url.clone(),
                problem: problem.into(),
                timed_out,
            };
            match request.url.as_str() {
                "http://good" => Ok(HttpResponse {
                    status_code: 200,
                    status: "200 OK".into(),
                    headers: vec![("Content-Type".into(), "application/json".into())],
                    body: b"[1]".to_vec(),
                }),
                "http://slow" => Err(network("context deadline exceeded", true)),
                _ => Err(network("connection refused", false)),
            }
        }
    }

    #[test]
    fn a_host_without_http_ends_the_evaluation() {
        let refused = call("http.send", &[r#"{"method": "get", "url": "http://good"}"#]);
        assert_eq!(refused, Err(Failure::Halt("not allowed by the host".into())));
    }

    #[test]
    fn answers_are_values() {
        let send = |request: &str| call_with(&Server, "http.send", &[request]);
        let answer = send(r#"{"method": "get", "url": "http://good"}"#);
        let expected = r#"{"body": [1], "headers": {"content-type": ["application/json"]}, "raw_body": "[1]", "status": "200 OK", "status_code": 200}"#;
        assert_eq!(answer, Ok(expected.into()));
    }

    #[test]
    fn requests_are_checked() {
        let wrong = |request: &str, expected: Failure| {
            assert_eq!(call_with(&Server, "http.send", &[request]), Err(expected), "{request}");
        };
        let operand = |text: &str| Failure::Type(format!("operand 1 {text}"));
        wrong(r#"{"method": "get"}"#, operand(r#"missing required request parameters(s): {"url"}"#));
        wrong(r#"{}"#, operand(r#"missing required request parameters(s): {"method", "url"}"#));
        wrong(r#"{"bad": 1, "worse": 2}"#, operand(r#"invalid request parameters(s): {"bad", "worse"}"#));
        let error = |text: &str| Failure::Error(text.into());
        wrong(r#"{"method": 1, "url": "http://good"}"#, error(r#""method" must be a string"#));
        wrong(r#"{"method": "get", "url": "http://good", "headers": []}"#, error("invalid type for headers key"));
        let header = error(r#"invalid type for headers value "1""#);
        wrong(r#"{"method": "get", "url": "http://good", "headers": {"a": 1}}"#, header);
        let timeout = error("invalid timeout value \"x\": time: invalid duration \"x\"");
        wrong(r#"{"method": "get", "url": "http://good", "timeout": "x"}"#, timeout);
        let redirect = error(r#"strconv.ParseBool: parsing "\"true\"": invalid syntax"#);
        wrong(r#"{"method": "get", "url": "http://good", "enable_redirect": "true"}"#, redirect);
        let retries = error(r#"invalid value -1 for field "max_retry_attempts""#);
        wrong(r#"{"method": "get", "url": "http://good", "max_retry_attempts": -1}"#, retries);
        let cache = error("'force_cache' set but 'force_cache_duration_seconds' parameter is missing");
        wrong(r#"{"method": "get", "url": "http://good", "force_cache": true}"#, cache);
        wrong(r#"{"method": "b d", "url": "http://good"}"#, error(r#"net/http: invalid method "B D""#));
        wrong(r#"{"method": "get", "url": ":"}"#, error(r#"parse ":": missing protocol scheme"#));
    }

    #[test]
    fn errors_are_values_where_the_request_says_so() {
        let send = |request: &str| call_with(&Server, "http.send", &[request]);
        let failed = send(r#"{"method": "get", "url": "http://bad"}"#);
        assert_eq!(failed, Err(Failure::Error(r#"Get "http://bad": connection refused"#.into())));
        let slow = send(r#"{"method": "post", "url": "http://slow"}"#);
        assert_eq!(slow, Err(Failure::Error("Post http://slow: request timed out".into())));
        let told = send(r#"{"method": "get", "url": "http://bad", "raise_error": false}"#);
        let error = r#"{"code": "eval_http_send_network_error", "message": "Get \"http://bad\": connection refused"}"#;
        assert_eq!(told, Ok(format!(r#"{{"error": {error}, "status_code": 0}}"#)));
        let told = send(r#"{"method": 1, "url": "http://bad", "raise_error": false}"#);
        let message = r#"policy.rego:1: eval_builtin_error: http.send: \"method\" must be a string"#;
        let error = format!(r#"{{"code": "eval_http_send_internal_error", "message": "{message}"}}"#);
        assert_eq!(told, Ok(format!(r#"{{"error": {error}, "status_code": 0}}"#)));
    }
}
