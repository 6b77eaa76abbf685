//! HTTP requests. The engine sends none itself: the host does, or refuses.

use super::failure::operand;
use super::letters;
use super::uri::Uri;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::host;
use crate::value::{Value, json};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "http.send",
    signature: "(request: object[string: any]) -> response: object[any: any]",
    doc: "Sends an HTTP request and returns the response. The host sends it and may refuse; the same request is sent \
          once within one evaluation.",
    example: ("", ""),
    // Remembered within the evaluation, as OPA does.
    purity: Purity::Nondeterministic,
    call: send,
}];

/// The fields a request must have.
const REQUIRED: [&str; 2] = ["method", "url"];

fn send<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let request = operand::object(args, 1)?;
    let missing: Vec<_> = REQUIRED.iter().filter(|name| !request.contains_key(&Value::string(name))).collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|name| format!("{name:?}")).collect();
        return Err(Failure::Type(format!(
            "operand 1 missing required request parameters(s): {{{}}}",
            names.join(", ")
        )));
    }
    let raises = match request.get(&Value::string("raise_error")) {
        None | Some(Value::Bool(true)) => true,
        Some(Value::Bool(false)) => false,
        Some(_) => return Err(Failure::error("invalid value for raise_error field")),
    };
    if let Some(url) = request.get(&Value::string("url")).and_then(|url| url.as_str()) {
        ctx.check_host(&host_of(url)?)?;
    }
    match ctx.host.http(Value::Object(request)) {
        Ok(text) => {
            ctx.check_size(text.len())?;
            let bytes = ctx.arena.alloc_str(&text).as_bytes();
            json::parse(ctx.arena, bytes, ctx.symbols)
                .map_err(|error| Failure::Halt(format!("the host's response is no JSON: {}", error.message)))
        }
        // A host that refuses ends the evaluation: that a policy goes on without the answer must not go unseen.
        Err(message) if message == host::REFUSED => Err(Failure::Halt(message)),
        Err(message) if raises => Err(Failure::error(message)),
        Err(message) => {
            let text = |text: &str| Value::new_string(ctx.arena, text);
            let error = [(text("code"), text("eval_http_send_network_error")), (text("message"), text(&message))];
            let error = Value::new_object(ctx.arena, &error);
            Ok(Value::new_object(ctx.arena, &[(text("error"), error), (text("status_code"), Value::Int(0))]))
        }
    }
}

/// The host of an address, without its port.
fn host_of(url: &str) -> Result<String, Failure> {
    let uri = Uri::parse(url).map_err(Failure::Error)?;
    Ok(letters::lossy(uri.hostname_and_port().0).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, call_with};
    use crate::builtins::Failure;
    use crate::host::Host;
    use crate::value::Value;

    /// Answers one address.
    struct Server;

    impl Host for Server {
        fn http(&self, request: Value<'_>) -> Result<String, String> {
            match request.field("url").and_then(|url| url.as_str()) {
                Some("http://good") => Ok(r#"{"status_code": 200, "body": [1]}"#.into()),
                _ => Err("connection refused".into()),
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
        assert_eq!(answer, Ok(r#"{"body": [1], "status_code": 200}"#.into()));
        let missing = Failure::Type(r#"operand 1 missing required request parameters(s): {"url"}"#.into());
        assert_eq!(send(r#"{"method": "get"}"#), Err(missing));
    }

    #[test]
    fn errors_are_values_where_the_request_says_so() {
        let send = |request: &str| call_with(&Server, "http.send", &[request]);
        let failed = send(r#"{"method": "get", "url": "http://bad"}"#);
        assert_eq!(failed, Err(Failure::Error("connection refused".into())));
        let told = send(r#"{"method": "get", "url": "http://bad", "raise_error": false}"#);
        let error = r#"{"code": "eval_http_send_network_error", "message": "connection refused"}"#;
        assert_eq!(told, Ok(format!(r#"{{"error": {error}, "status_code": 0}}"#)));
    }
}
