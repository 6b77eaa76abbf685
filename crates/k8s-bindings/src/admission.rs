//! AdmissionReviews: the request that the API server sends to a webhook, and the answer it gets.
//!
//! Whatever is not understood is an error and never "allowed"; [`error_response`] turns it into a refusal.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>

use std::fmt;

use serde_json::{Value, json};

use crate::document::Options;
use crate::error::{Error, ErrorCode};
use crate::json;
use crate::manifest::{text_field, type_name};

/// The API version of the reviews that we answer.
pub const API_VERSION: &str = "admission.k8s.io/v1";

/// A request of the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    value: Value,
}

/// Why a review cannot be read, and its id if at least that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewError {
    /// The request's id, which an answer must repeat.
    pub uid: Option<String>,
    /// What is wrong.
    pub error: Error,
}

impl ReviewError {
    /// The answer to the request: not allowed, code 400.
    pub fn response(&self) -> Value {
        refusal(self.uid.as_deref().unwrap_or_default(), 400, "BadRequest", &self.error.to_string())
    }
}

impl fmt::Display for ReviewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for ReviewError {}

/// Reads an AdmissionReview of `admission.k8s.io/v1` from JSON.
///
/// ```
/// use solon_k8s::admission::{Verdicts, read_review, respond};
/// let review = read_review(br#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
///     "request": {"uid": "7", "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"},
///                 "object": {"kind": "Pod"}}}"#)?;
/// let verdicts = Verdicts { denials: vec!["no".to_owned()], warnings: vec![] };
/// let answer = respond(review.uid(), &verdicts);
/// assert_eq!(answer["response"]["allowed"], false);
/// assert_eq!(answer["response"]["status"]["code"], 403);
/// # Ok::<(), solon_k8s::admission::ReviewError>(())
/// ```
///
/// # Errors
/// Text that is not one JSON object (a key that stands twice included), another kind or version, a request without
/// `uid`, `operation` or `kind`, and one without the object that its operation is about.
pub fn read_review(bytes: &[u8]) -> Result<Review, ReviewError> {
    let without_uid = |error| ReviewError { uid: None, error };
    let limits = Options::default().limits;
    let text = crate::yaml::checked_text(bytes, &limits).map_err(without_uid)?;
    let mut values = json::read_values(text, &Options::default()).map_err(without_uid)?;
    match (values.pop(), values.is_empty()) {
        (Some(value), true) => Review::from_value(value),
        _ => Err(without_uid(Error::new(ErrorCode::Syntax, "expected one AdmissionReview, found several values"))),
    }
}

impl Review {
    /// Checks a value that claims to be an AdmissionReview; see [`read_review`].
    pub fn from_value(value: Value) -> Result<Review, ReviewError> {
        let uid = match value.get("request").map(|request| text_field(request, "uid")).unwrap_or_default() {
            "" => None,
            uid => Some(uid.to_owned()),
        };
        match check(&value) {
            Ok(()) => Ok(Review { value }),
            Err(error) => Err(ReviewError { uid, error }),
        }
    }

    /// The whole review, as `input` of a policy that reads `input.request`.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The request.
    pub fn request(&self) -> &Value {
        self.value.get("request").unwrap_or(&Value::Null)
    }

    /// The request alone.
    pub fn into_request(mut self) -> Value {
        self.value.get_mut("request").map(Value::take).unwrap_or_default()
    }

    /// The request's id.
    pub fn uid(&self) -> &str {
        text_field(self.request(), "uid")
    }

    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub fn operation(&self) -> &str {
        text_field(self.request(), "operation")
    }

    /// The object, or what is deleted; null for a connection.
    pub fn object(&self) -> &Value {
        let field = if self.operation() == "DELETE" { "oldObject" } else { "object" };
        self.request().get(field).unwrap_or(&Value::Null)
    }
}

fn check(value: &Value) -> Result<(), Error> {
    let missing = |what: &str| Error::new(ErrorCode::Missing, format!("the review has no `{what}`"));
    if !value.is_object() {
        let message = format!("expected an AdmissionReview, found {}", type_name(value));
        return Err(Error::new(ErrorCode::Unexpected, message));
    }
    let (api_version, kind) = (text_field(value, "apiVersion"), text_field(value, "kind"));
    if (api_version, kind) != (API_VERSION, "AdmissionReview") {
        let message = format!("expected `{API_VERSION}` `AdmissionReview`, found `{api_version}` `{kind}`");
        return Err(Error::new(ErrorCode::WrongKind, message)
            .hint(format!("`admissionReviewVersions: [v1]` in the webhook's configuration asks for {API_VERSION}")));
    }
    let request = value.get("request").filter(|request| request.is_object()).ok_or_else(|| missing("request"))?;
    if text_field(request, "uid").is_empty() {
        return Err(missing("request.uid"));
    }
    if request.get("kind").is_none_or(|kind| text_field(kind, "kind").is_empty()) {
        return Err(missing("request.kind.kind"));
    }
    let about = match text_field(request, "operation") {
        "CREATE" | "UPDATE" => Some("object"),
        "DELETE" => Some("oldObject"),
        "CONNECT" => None,
        "" => return Err(missing("request.operation")),
        other => {
            let message = format!("`request.operation` cannot be `{other}`");
            return Err(Error::new(ErrorCode::Unexpected, message).hint("CREATE, UPDATE, DELETE or CONNECT"));
        }
    };
    // A policy asked about an object that is not there finds nothing wrong with it.
    match about {
        Some(field) if !request.get(field).is_some_and(Value::is_object) => Err(missing(&format!("request.{field}"))),
        _ => Ok(()),
    }
}

/// What policies said about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Reasons to refuse the request; it is allowed if there are none.
    pub denials: Vec<String>,
    /// What the user is told in either case.
    pub warnings: Vec<String>,
}

/// The longest warning in characters: Kubernetes asks for 120 and may cut at 256.
const WARNING_CHARACTERS: usize = 120;
/// The longest warnings in bytes together: Kubernetes drops what is beyond 4096.
const WARNINGS_BYTES: usize = 4096;
/// The longest message in bytes, so that many denials cannot make an answer that the API server refuses to read.
const MESSAGE_BYTES: usize = 64 << 10;

/// The answer to the request `uid`: allowed without denials, else refused with code 403 and all reasons.
pub fn respond(uid: &str, verdicts: &Verdicts) -> Value {
    let mut review = if verdicts.denials.is_empty() {
        response(json!({"uid": uid, "allowed": true}))
    } else {
        refusal(uid, 403, "Forbidden", &denial_message(&verdicts.denials))
    };
    let warnings = short_warnings(&verdicts.warnings);
    if let (false, Some(Value::Object(response))) = (warnings.is_empty(), review.get_mut("response")) {
        response.insert("warnings".to_owned(), warnings.into());
    }
    review
}

/// The answer if no answer could be found: not allowed, code 500.
///
/// ```
/// let answer = solon_k8s::admission::error_response("7", "the policy ran out of time");
/// assert_eq!(answer["response"]["allowed"], false);
/// assert_eq!(answer["response"]["status"]["code"], 500);
/// ```
pub fn error_response(uid: &str, message: &str) -> Value {
    refusal(uid, 500, "InternalError", message)
}

fn refusal(uid: &str, code: u16, reason: &str, message: &str) -> Value {
    let status = json!({"status": "Failure", "code": code, "reason": reason, "message": cut_message(message)});
    response(json!({"uid": uid, "allowed": false, "status": status}))
}

fn response(response: Value) -> Value {
    json!({"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response})
}

fn denial_message(denials: &[String]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for denial in denials {
        let line = if denial.trim().is_empty() { "denied without a message" } else { denial.as_str() };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn cut_message(message: &str) -> String {
    match message.len() > MESSAGE_BYTES {
        true => format!("{}... (cut)", message.get(..message.floor_char_boundary(MESSAGE_BYTES)).unwrap_or_default()),
        false => message.to_owned(),
    }
}

/// Warnings travel in HTTP headers: one line each, short, and few.
fn short_warnings(warnings: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut bytes = 0;
    for warning in warnings {
        let line: String = warning.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = match line.chars().count() > WARNING_CHARACTERS {
            true => line.chars().take(WARNING_CHARACTERS - 3).chain("...".chars()).collect(),
            false => line,
        };
        bytes += line.len();
        if bytes > WARNINGS_BYTES {
            break;
        }
        if !line.is_empty() && !out.contains(&line) {
            out.push(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review() -> Value {
        json!({
            "apiVersion": API_VERSION,
            "kind": "AdmissionReview",
            "request": {"uid": "7", "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "object": {}},
        })
    }

    #[test]
    fn broken_reviews_are_errors_that_refuse() {
        assert_eq!(Review::from_value(review()).unwrap().uid(), "7");
        let breaks: &[(&str, Value)] = &[
            ("/apiVersion", json!("admission.k8s.io/v1beta1")),
            ("/kind", json!("Pod")),
            ("/request", json!(null)),
            ("/request/uid", json!("")),
            ("/request/uid", json!(7)),
            ("/request/operation", json!("create")),
            ("/request/operation", json!("DELETE")),
            ("/request/kind", json!("Pod")),
            ("/request/object", json!(null)),
        ];
        for (pointer, value) in breaks {
            let mut broken = review();
            *broken.pointer_mut(pointer).unwrap() = value.clone();
            let error = Review::from_value(broken).unwrap_err();
            assert_eq!(error.response()["response"]["allowed"], json!(false), "{pointer} {value}");
        }
        let twice = review().to_string().replacen("\"uid\":\"7\"", "\"uid\":\"7\",\"uid\":\"8\"", 1);
        for text in ["", "{", "[]", "null", "{}{}", twice.as_str(), "apiVersion: v1"] {
            assert!(read_review(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read_review(b"\xff").is_err());
        assert!(read_review("[".repeat(1 << 20).as_bytes()).is_err());
    }

    #[test]
    fn a_known_id_is_kept_in_the_refusal() {
        let mut broken = review();
        broken["kind"] = json!("Other");
        assert_eq!(Review::from_value(broken).unwrap_err().response()["response"]["uid"], json!("7"));
    }

    #[test]
    fn answers() {
        let allowed = respond("7", &Verdicts::default());
        let expected =
            json!({"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": {"uid": "7", "allowed": true}});
        assert_eq!(allowed, expected);
        let denied = Verdicts { denials: vec!["a".into(), "".into(), "a".into()], warnings: vec!["w\nx".into()] };
        let denied = &respond("7", &denied)["response"];
        assert_eq!(denied["allowed"], json!(false));
        assert_eq!(denied["status"]["message"], json!("a\ndenied without a message"));
        assert_eq!(denied["status"]["reason"], json!("Forbidden"));
        assert_eq!(denied["warnings"], json!(["w x"]));
    }

    #[test]
    fn warnings_are_short_and_few() {
        let long = "ü".repeat(500);
        let many: Vec<String> = (0..1000).map(|i| format!("warning {i} {long}")).collect();
        let warnings = short_warnings(&many);
        assert!(warnings.iter().all(|warning| warning.chars().count() <= 120));
        assert!(warnings.iter().map(String::len).sum::<usize>() <= WARNINGS_BYTES);
        assert_eq!(short_warnings(&["\n".to_owned(), "a\u{1b}[31m".to_owned()]), ["a [31m"]);
    }

    #[test]
    fn long_messages_are_cut() {
        let answer = respond("7", &Verdicts { denials: vec!["ü".repeat(1 << 20)], warnings: vec![] });
        let message = answer["response"]["status"]["message"].as_str().unwrap();
        assert!(message.len() < MESSAGE_BYTES + 20);
    }
}
