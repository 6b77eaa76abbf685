//! Requests: from the object that a policy writes to what the host sends.

use super::super::failure::operand;
use super::super::time::duration;
use super::super::uri::Uri;
use super::super::{Context, Failure, json_text, letters};
use crate::http::{HttpRequest, HttpTls, Pem};
use crate::value::{Kind, Object, Value};
use std::time::Duration;

/// How long a request may take that says nothing of it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What the engine calls itself where a request has headers and not this one.
const USER_AGENT: &str = concat!("Solon/", env!("CARGO_PKG_VERSION"));

/// The fields a request may have, in order.
pub(in crate::builtins) const FIELDS: [&str; 28] = [
    "body",
    "cache",
    "cache_ignored_headers",
    "caching_mode",
    "enable_redirect",
    "force_cache",
    "force_cache_duration_seconds",
    "force_json_decode",
    "force_yaml_decode",
    "headers",
    "max_retry_attempts",
    "method",
    "raise_error",
    "raw_body",
    "timeout",
    "tls_ca_cert",
    "tls_ca_cert_env_variable",
    "tls_ca_cert_file",
    "tls_client_cert",
    "tls_client_cert_env_variable",
    "tls_client_cert_file",
    "tls_client_key",
    "tls_client_key_env_variable",
    "tls_client_key_file",
    "tls_insecure_skip_verify",
    "tls_server_name",
    "tls_use_system_certs",
    "url",
];

/// The fields a request must have.
const REQUIRED: [&str; 2] = ["method", "url"];

/// Fails if a field is unknown or a necessary one is missing.
pub(super) fn check_fields(request: &Object<'_>) -> Result<(), Failure> {
    let wrong = |what: &str, names: Vec<String>| {
        let names = names.join(", ");
        Err(Failure::Type(format!("operand 1 {what} request parameters(s): {{{names}}}")))
    };
    let is_known = |key: &Value<'_>| key.as_str().is_some_and(|name| FIELDS.binary_search(&name).is_ok());
    let unknown: Vec<String> = request.keys().filter(|key| !is_known(key)).map(|key| key.to_string()).collect();
    if !unknown.is_empty() {
        return wrong("invalid", unknown);
    }
    let missing = REQUIRED.iter().filter(|name| !request.contains_key(&Value::string(name)));
    let missing: Vec<String> = missing.map(|name| format!("{name:?}")).collect();
    if missing.is_empty() { Ok(()) } else { wrong("missing required", missing) }
}

/// Texts of certificates and keys, as a request names them.
#[derive(Default)]
struct Certificates {
    authority: [String; 3],
    client: [String; 3],
    key: [String; 3],
}

/// The three ways to name a text in PEM.
const WAYS: [fn(String) -> Pem; 3] = [Pem::Text, Pem::File, Pem::Variable];

/// Reads a request. Fields are looked at in their order, so the first wrong one is told.
pub(super) fn read(ctx: &Context<'_, '_>, fields: &Object<'_>) -> Result<HttpRequest, Failure> {
    let mut request = HttpRequest { timeout: Some(TIMEOUT), max_response: ctx.max_bytes(), ..HttpRequest::default() };
    let mut certificates = Certificates::default();
    for (key, value) in fields.entries() {
        read_field(ctx, key.as_str().unwrap_or_default(), value, &mut request, &mut certificates)?;
    }
    request.tls = read_tls(request.tls, certificates);
    let host = request.headers.iter().find(|(name, _)| name == "Host").map(|(_, value)| value.clone());
    request.tls.server_name = request.tls.server_name.take().or(host);
    if let Some(method) = Some(&request.method).filter(|method| !method.bytes().all(is_token)) {
        return Err(Failure::Error(format!("net/http: invalid method {method:?}")));
    }
    Uri::parse(&request.url).map_err(Failure::Error)?;
    request.retries = retries(fields)?;
    request.allowed_hosts = ctx.allowed_hosts.map(<[String]>::to_vec);
    Ok(request)
}

fn read_field(
    ctx: &Context<'_, '_>,
    name: &str,
    value: &Value<'_>,
    request: &mut HttpRequest,
    certificates: &mut Certificates,
) -> Result<(), Failure> {
    // Quotes around a text are taken off, as they stand in what some environments hold.
    let text = || match value.as_str() {
        Some(text) => Ok(text.trim_matches('"').to_owned()),
        None => Err(Failure::Error(format!("{name:?} must be a string"))),
    };
    match name {
        "method" => request.method = text()?.to_uppercase(),
        "url" => {
            request.url = text()?;
            if ctx.allowed_hosts.is_some() {
                ctx.check_host(&host(&request.url)?)?;
            }
        }
        "raw_body" => request.body = text()?.into_bytes(),
        "body" => request.body = json_text::marshal(ctx, *value)?.into_bytes(),
        "headers" => request.headers = headers(value)?,
        "timeout" => request.timeout = timeout(value)?,
        "enable_redirect" => request.follows_redirects = switch(value)?,
        "tls_insecure_skip_verify" => request.tls.insecure_skip_verify = switch(value)?,
        "tls_use_system_certs" => request.tls.use_system_certs = switch(value)?,
        "tls_server_name" => request.tls.server_name = Some(text()?).filter(|name| !name.is_empty()),
        _ => {
            for (prefix, texts) in [
                ("tls_ca_cert", &mut certificates.authority),
                ("tls_client_cert", &mut certificates.client),
                ("tls_client_key", &mut certificates.key),
            ] {
                let way = match name.strip_prefix(prefix) {
                    Some("") => 0,
                    Some("_file") => 1,
                    Some("_env_variable") => 2,
                    _ => continue,
                };
                if let Some(place) = texts.get_mut(way) {
                    *place = text()?;
                }
            }
        }
    }
    Ok(())
}

fn read_tls(tls: HttpTls, certificates: Certificates) -> HttpTls {
    let Certificates { authority, client, key } = certificates;
    // Environments may hold certificates on one line.
    let [inline, file, variable] = authority;
    let authority = [inline.replace("\\n", "\n"), file, variable];
    let authorities = WAYS.iter().zip(authority).filter(|(_, text)| !text.is_empty());
    let pairs = client.into_iter().zip(key);
    let clients = WAYS.iter().zip(pairs).filter(|(_, (certificate, key))| !certificate.is_empty() && !key.is_empty());
    HttpTls {
        authorities: authorities.map(|(way, text)| way(text)).collect(),
        clients: clients.map(|(way, (certificate, key))| (way(certificate), way(key))).collect(),
        ..tls
    }
}

/// Headers in their canonical form, in order of their names.
fn headers(value: &Value<'_>) -> Result<Vec<(String, String)>, Failure> {
    let Some(object) = value.as_object() else { return Err(Failure::error("invalid type for headers key")) };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (key, value) in object.entries() {
        let name = canonical(&key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        let Some(text) = value.as_str() else {
            let shown = match value {
                Value::Null => "%!q(<nil>)".to_owned(),
                Value::Bool(value) => format!("%!q(bool={value})"),
                Value::Int(_) | Value::Number(_) => format!("\"{value}\""),
                other => other.to_string(),
            };
            return Err(Failure::Error(format!("invalid type for headers value {shown}")));
        };
        headers.retain(|(other, _)| *other != name);
        headers.push((name, text.to_owned()));
    }
    if !headers.is_empty() && !headers.iter().any(|(name, _)| name == "User-Agent") {
        headers.push(("User-Agent".to_owned(), USER_AGENT.to_owned()));
    }
    Ok(headers)
}

/// `content-type` as `Content-Type`; a name that is none stays.
fn canonical(name: &str) -> String {
    if !name.bytes().all(is_token) {
        return name.to_owned();
    }
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
    });
    words.collect::<Vec<_>>().join("-")
}

/// Whether a byte may stand in a method or a header's name (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A truth value as Go's `ParseBool` reads its text.
fn switch(value: &Value<'_>) -> Result<bool, Failure> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Int(1) => Ok(true),
        Value::Int(0) => Ok(false),
        other => Err(Failure::Error(format!("strconv.ParseBool: parsing {:?}: invalid syntax", other.to_string()))),
    }
}

/// Nanoseconds, or a duration with its units. Nothing above zero is no limit.
fn timeout(value: &Value<'_>) -> Result<Option<Duration>, Failure> {
    let nanoseconds = match value {
        Value::Int(value) => *value,
        Value::Number(_) => operand::integer(&[*value], 1)
            .map_err(|_| Failure::Error(format!("invalid timeout number value {value}, must be int64")))?,
        Value::String { text, .. } => match text.parse() {
            Ok(value) => value,
            Err(_) => duration::parse(text)
                .map_err(|error| Failure::Error(format!("invalid timeout value {value}: {error}")))?,
        },
        other => {
            let kind = other.kind().name();
            let wanted = format!("{{{}, {}}}", Kind::String.name(), Kind::Number.name());
            return Err(Failure::Type(format!("operand 1 'timeout' must be one of {wanted} but got {kind}")));
        }
    };
    Ok(u64::try_from(nanoseconds).ok().filter(|value| *value > 0).map(Duration::from_nanos))
}

fn retries(fields: &Object<'_>) -> Result<u32, Failure> {
    match fields.get(&Value::string("max_retry_attempts")) {
        None => Ok(0),
        Some(value) => {
            let count = value.as_i64().and_then(|count| u32::try_from(count).ok());
            count.ok_or_else(|| Failure::Error(format!("invalid value {value} for field \"max_retry_attempts\"")))
        }
    }
}

/// A field that is a truth value.
pub(super) fn flag(fields: &Object<'_>, name: &str) -> Result<bool, Failure> {
    match fields.get(&Value::string(name)) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(value),
        Some(_) => Err(Failure::Error(format!("invalid value for {name:?} field"))),
    }
}

/// The host of an address without its port, as capabilities name hosts.
fn host(url: &str) -> Result<String, Failure> {
    let uri = Uri::parse(url).map_err(Failure::Error)?;
    let host = letters::lossy(&uri.host).into_owned();
    Ok(host.split(':').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, canonical};

    #[test]
    fn fields_are_in_order() {
        assert!(FIELDS.is_sorted());
    }

    #[test]
    fn names_of_headers_are_canonical() {
        let names = ["content-type", "X-REQUEST-id", "a b", "", "--x"].map(canonical);
        assert_eq!(names, ["Content-Type", "X-Request-Id", "a b", "", "--X"]);
    }
}
