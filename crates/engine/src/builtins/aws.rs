//! Signatures for requests to Amazon Web Services, version 4 with one header.
//!
//! The parts of a request that are signed make the canonical request; its hash, with time, region and service, makes
//! the string to sign; the key is derived from the secret by the same time, region and service.

use super::failure::operand;
use super::time::calendar::Civil;
use super::uri::Uri;
use super::{Builtin, Context, Failure, Outcome, Purity, http, json_text, letters};
use crate::value::{Entry, Object, Value};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "providers.aws.sign_req",
    signature: "(request: object[string: any], aws_config: object[string: any], time_ns: number) -> \
                signed_request: object[any: any]",
    doc: "Signs a request to Amazon Web Services, version 4: returns it with the headers that carry the signature. \
          `aws_config` has `aws_access_key`, `aws_secret_access_key`, `aws_service` and `aws_region`, and may have \
          `aws_session_token` and `disable_payload_signing`.",
    example: (
        r#"providers.aws.sign_req({"method": "get", "url": "http://example.com"}, {"aws_access_key": "K", "aws_secret_access_key": "S", "aws_service": "s3", "aws_region": "us-east-1"}, 0).headers["x-amz-date"]"#,
        r#""19700101T000000Z""#,
    ),
    purity: Purity::Pure,
    call: sign_request,
}];

const CONFIG_KEYS: [&str; 4] = ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];
const REQUEST_KEYS: [&str; 2] = ["method", "url"];

/// Headers that are not signed, for those between may change them.
const UNSIGNED_HEADERS: [&str; 3] = ["authorization", "user-agent", "x-amzn-trace-id"];

const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

fn sign_request<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let request = operand::object(args, 1)?;
    // OPA names the first operand in the next two messages as well.
    let object = |value: Value<'a>| value.as_object().ok_or_else(|| Failure::operand(1, &value, &["object"]));
    let config = object(operand::any(args, 2)?)?;
    check_keys(
        config,
        &CONFIG_KEYS,
        [
            "operand 2 missing required AWS config parameters(s)",
            "operand 2 invalid values for required AWS config parameters(s)",
        ],
    )?;
    let nanoseconds = match operand::any(args, 3)? {
        Value::Int(nanoseconds) => Some(nanoseconds),
        Value::Number(number) => number.text().parse().ok(),
        other => return Err(Failure::operand(1, &other, &["number"])),
    };
    let nanoseconds = nanoseconds
        .ok_or_else(|| Failure::Type("operand 3 could not convert time_ns value into a unix timestamp".into()))?;
    let unknown: Vec<_> =
        request.keys().filter(|key| !key.as_str().is_some_and(|key| http::request::FIELDS.contains(&key))).collect();
    if !unknown.is_empty() {
        let unknown = Value::new_set(context.arena, &unknown);
        return Err(Failure::Type(format!("operand 1 invalid request parameters(s): {unknown}")));
    }
    check_keys(
        request,
        &REQUEST_KEYS,
        [
            "operand 1 missing required request parameters(s)",
            "operand 1 invalid values for required request parameters(s)",
        ],
    )?;
    let headers = match field(request, "headers") {
        None => &[],
        Some(Value::Object(headers)) => headers.entries(),
        Some(other) => return Err(Failure::operand(0, &other, &["object"])),
    };
    let url = Uri::parse(text(request, "url")).map_err(Failure::Error)?;
    let body = match (field(request, "raw_body"), field(request, "body")) {
        (Some(raw), _) => raw.as_str().unwrap_or_default().to_owned(),
        (None, Some(body)) => json_text::marshal(context, body)?,
        (None, None) => String::new(),
    };
    let payload = match field(config, "disable_payload_signing") {
        None | Some(Value::Bool(false)) => hex(&Sha256::digest(body)),
        Some(Value::Bool(true)) => UNSIGNED_PAYLOAD.to_owned(),
        Some(_) => {
            return Err(Failure::Type("operand 2 invalid value for 'disable_payload_signing' in AWS config".into()));
        }
    };
    let signing = Signing { config, time: Civil::from_nanoseconds(nanoseconds, 0), payload };
    let headers = signing.headers(context, text(request, "method"), &url, headers)?;
    let entries: Vec<Entry<'a>> =
        request.entries().iter().copied().chain([(Value::string("headers"), headers)]).collect();
    Ok(Value::new_object(context.arena, &entries))
}

fn field<'a>(object: Object<'a>, name: &str) -> Option<Value<'a>> {
    object.get(&Value::string(name))
}

/// The string at the name, or an empty one.
fn text<'a>(object: Object<'a>, name: &str) -> &'a str {
    field(object, name).and_then(|value| value.as_str()).unwrap_or_default()
}

/// Fails if one of the keys is missing, or else if its value is no string; with these messages.
fn check_keys(object: Object<'_>, keys: &[&str], messages: [&str; 2]) -> Result<(), Failure> {
    let [missing, wrong] = messages;
    for (message, only_missing) in [(missing, true), (wrong, false)] {
        let found = keys.iter().filter(|key| match field(object, key) {
            None => true,
            Some(value) => !only_missing && value.as_str().is_none(),
        });
        let found: Vec<String> = found.map(|key| format!("\"{key}\"")).collect();
        if !found.is_empty() {
            return Err(Failure::Type(format!("{message}: {{{}}}", found.join(", "))));
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], message: &str) -> Result<Vec<u8>, Failure> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_err(|error| Failure::error(error.to_string()))?;
    mac.update(message.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

/// What a signature depends on besides the request.
struct Signing<'a> {
    config: Object<'a>,
    time: Civil,
    /// The hash of the body, or a word in its place.
    payload: String,
}

impl Signing<'_> {
    /// The headers of the signed request.
    fn headers<'a>(
        &self,
        context: &Context<'a, '_>,
        method: &str,
        url: &Uri<'_>,
        headers: &[Entry<'a>],
    ) -> Result<Value<'a>, Failure> {
        let Civil { year, month, day, hour, minute, second, .. } = self.time;
        let date = format!("{year:04}{month:02}{day:02}");
        let time = format!("{date}T{hour:02}{minute:02}{second:02}Z");
        let service = text(self.config, "aws_service");
        let token = text(self.config, "aws_session_token");
        let mut added = vec![("host", letters::lossy(&url.host).into_owned()), ("x-amz-date", time.clone())];
        if matches!(service, "s3" | "glacier") {
            added.push(("x-amz-content-sha256", self.payload.clone()));
        }
        if !token.is_empty() {
            added.push(("x-amz-security-token", token.to_owned()));
        }
        // Keys and values that are no strings count as empty.
        let given = headers.iter().map(|(name, value)| (name.as_str().unwrap_or(""), value.as_str().unwrap_or("")));
        let mut signed: BTreeMap<String, &str> =
            added.iter().map(|(name, value)| ((*name).to_owned(), value.as_str())).collect();
        for (name, value) in given.clone() {
            let name = letters::to_lower(name);
            if !UNSIGNED_HEADERS.contains(&name.as_ref()) {
                signed.insert(name.into_owned(), value);
            }
        }
        let names = signed.keys().map(String::as_str).collect::<Vec<_>>().join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let (path, query, payload) = (url.escaped_path(), url.raw_query, &self.payload);
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");

        let scope = format!("{date}/{}/{service}/aws4_request", text(self.config, "aws_region"));
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", text(self.config, "aws_secret_access_key")).into_bytes();
        for part in [&date, text(self.config, "aws_region"), service, "aws4_request"] {
            key = mac(&key, part)?;
        }
        let signature = hex(&mac(&key, &to_sign)?);
        let access_key = text(self.config, "aws_access_key");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},Signature={signature}");
        let string = |text: &str| Value::new_string(context.arena, text);
        let entries: Vec<Entry<'a>> = given
            .map(|(name, value)| (string(name), string(value)))
            .chain([(Value::string("Authorization"), string(&authorization))])
            .chain(added.iter().map(|(name, value)| (Value::string(name), string(value))))
            .collect();
        Ok(Value::new_object(context.arena, &entries))
    }
}
