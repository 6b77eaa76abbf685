//! What a policy's decision says: from the JSON document of `allow`, `deny` or `violation` to violations.
//!
//! A document that is not understood is an error, so that a policy with a mistake cannot allow anything.

use serde_json::{Map, Value};

use crate::admission::Verdicts;
use crate::error::{Error, ErrorCode};
use crate::manifest::type_name;

/// One violation of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// What is wrong, for the person who made the request.
    pub message: String,
    /// What else the policy said: `details`, or the fields beside the message; none if there is nothing.
    pub details: Option<Value>,
}

/// What a rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// `allow`: a boolean, true if the request may pass.
    Allow,
    /// `deny` and `violation`: a set of reasons against the request, or a boolean, true if it may not pass.
    Deny,
}

impl Meaning {
    /// The meaning of a rule by its name: `allow`, `deny`, `violation`, and those with a suffix, `deny_image`.
    pub fn of_rule(name: &str) -> Option<Meaning> {
        match name.split('_').next() {
            Some("allow") => Some(Meaning::Allow),
            Some("deny" | "violation") => Some(Meaning::Deny),
            _ => None,
        }
    }
}

/// The violations that the value of one rule stands for.
///
/// ```
/// use serde_json::json;
/// use solon_k8s::decision::{Meaning, violations};
/// assert_eq!(violations(Meaning::Allow, Some(&json!(true)))?, []);
/// assert_eq!(violations(Meaning::Deny, Some(&json!(["a", {"msg": "b"}])))?.len(), 2);
/// assert!(violations(Meaning::Deny, None).is_err());
/// # Ok::<(), solon_k8s::Error>(())
/// ```
///
/// # Errors
/// An undefined decision, and anything that is not a boolean or a list of messages.
pub fn violations(meaning: Meaning, decision: Option<&Value>) -> Result<Vec<Violation>, Error> {
    let Some(decision) = decision else {
        return Err(Error::new(ErrorCode::Decision, "the decision is undefined")
            .hint("check the query's path, or give the rule a default"));
    };
    match (meaning, decision) {
        (Meaning::Allow, Value::Bool(true)) | (Meaning::Deny, Value::Bool(false)) => Ok(Vec::new()),
        (Meaning::Allow, Value::Bool(false)) => Ok(vec![Violation::plain("not allowed by the policy")]),
        (Meaning::Deny, Value::Bool(true)) => Ok(vec![Violation::plain("denied by the policy")]),
        (Meaning::Deny, Value::Array(items)) => items.iter().map(Violation::read).collect(),
        (Meaning::Allow, other) => Err(misunderstood(other, "`allow` must be true or false")),
        (Meaning::Deny, other) => Err(misunderstood(other, "a set of messages or a boolean is expected")),
    }
}

/// The violations of a decision document: a list of messages, or an object with at least one of `allow`, `deny` and
/// `violation`, all of which count. A bare boolean is an error, since it does not say whether it allows or denies.
///
/// ```
/// use serde_json::json;
/// use solon_k8s::decision::violations_from_json;
/// let found = violations_from_json(&json!({"allow": true, "deny": ["image from nowhere"]}))?;
/// assert_eq!(found[0].message, "image from nowhere");
/// assert!(violations_from_json(&json!({"denied": []})).is_err());
/// # Ok::<(), solon_k8s::Error>(())
/// ```
///
/// # Errors
/// Anything that is not understood.
pub fn violations_from_json(decision: &Value) -> Result<Vec<Violation>, Error> {
    match decision {
        Value::Array(_) => violations(Meaning::Deny, Some(decision)),
        Value::Object(map) => {
            let mut found = Vec::new();
            let mut answered = false;
            for (name, meaning) in [("allow", Meaning::Allow), ("deny", Meaning::Deny), ("violation", Meaning::Deny)] {
                if let Some(value) = map.get(name) {
                    answered = true;
                    found.extend(violations(meaning, Some(value))?);
                }
            }
            if answered { Ok(found) } else { Err(misunderstood(decision, "it has no `allow`, `deny` or `violation`")) }
        }
        Value::Bool(_) => {
            Err(misunderstood(decision, "a boolean alone may allow or deny")
                .hint("ask for a rule named `allow` or `deny`"))
        }
        other => Err(misunderstood(other, "a list of messages, or an object with `allow` or `deny`, is expected")),
    }
}

impl Verdicts {
    /// The verdicts of a decision document: its violations as denials, and its `warn` as warnings.
    ///
    /// # Errors
    /// Anything that is not understood, `warn` included.
    pub fn from_json(decision: &Value) -> Result<Verdicts, Error> {
        let messages = |found: Vec<Violation>| found.into_iter().map(|violation| violation.message).collect();
        let warnings = match decision.get("warn") {
            Some(warn) => violations(Meaning::Deny, Some(warn))?,
            None => Vec::new(),
        };
        Ok(Verdicts { denials: messages(violations_from_json(decision)?), warnings: messages(warnings) })
    }
}

impl Violation {
    fn plain(message: &str) -> Self {
        Violation { message: message.to_owned(), details: None }
    }

    fn read(item: &Value) -> Result<Violation, Error> {
        match item {
            Value::String(message) => Ok(Violation::plain(message)),
            Value::Object(map) => {
                let key = ["msg", "message"].into_iter().find(|key| map.contains_key(*key));
                let message = key.and_then(|key| map.get(key)).and_then(Value::as_str);
                let message = message.ok_or_else(|| misunderstood(item, "a violation needs `msg` as text"))?;
                let rest = || -> Option<Value> {
                    let fields = map.iter().filter(|(name, _)| Some(name.as_str()) != key);
                    let fields: Map<_, _> = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
                    (!fields.is_empty()).then_some(Value::Object(fields))
                };
                let details = match map.get("details") {
                    Some(details) if map.len() == 2 => Some(details.clone()),
                    _ => rest(),
                };
                Ok(Violation { message: message.to_owned(), details })
            }
            other => Err(misunderstood(other, "a violation is text or an object with `msg`")),
        }
    }
}

fn misunderstood(value: &Value, expected: &str) -> Error {
    Error::new(ErrorCode::Decision, format!("the decision is {} and not understood: {expected}", type_name(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_misunderstood_allows() {
        for value in [
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!("no"),
            json!({}),
            json!({"allowed": true}),
            json!({"allow": "yes"}),
            json!({"allow": null}),
            json!({"deny": {}}),
            json!({"deny": null}),
            json!({"deny": {"a message": true}}),
            json!({"allow": true, "deny": "x"}),
            json!([1]),
            json!([null]),
            json!([["x"]]),
            json!([{}]),
            json!([{"msg": 1}]),
            json!([{"details": {}}]),
        ] {
            let error = violations_from_json(&value).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Decision, "{value}");
            assert!(Verdicts::from_json(&value).is_err());
        }
    }

    #[test]
    fn what_is_understood() {
        let count = |value: Value| violations_from_json(&value).unwrap().len();
        assert_eq!(count(json!([])), 0);
        assert_eq!(count(json!(["a", ""])), 2);
        assert_eq!(count(json!({"allow": false})), 1);
        assert_eq!(count(json!({"allow": true})), 0);
        assert_eq!(count(json!({"deny": true, "violation": [{"msg": "a"}]})), 2);
        let found =
            violations_from_json(&json!([{"msg": "a", "details": {"x": 1}}, {"message": "b", "y": 2}])).unwrap();
        assert_eq!(found[0].details, Some(json!({"x": 1})));
        assert_eq!(found[1].details, Some(json!({"y": 2})));
        let verdicts = Verdicts::from_json(&json!({"deny": [], "warn": ["w"]})).unwrap();
        assert_eq!(verdicts, Verdicts { denials: vec![], warnings: vec!["w".to_owned()] });
    }
}
