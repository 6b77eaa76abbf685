//! Annotations of a policy, as its users read them.

use super::Location;
use crate::hir::annotations::Listed;
use crate::hir::print::package_text;
use crate::hir::{Const, Term};
use serde::Serialize;
use serde_json::{Map, Value};
use solon_syntax::{Source, Span};
use std::sync::Arc;

/// One `# METADATA` block: what it says of which package, document or rule.
///
/// ```
/// use solon_engine::Compiler;
///
/// let package = "# METADATA\n# title: Pods\n# custom: {severity: high}\npackage pods";
/// let module = format!("{package}\n# METADATA\n# entrypoint: true\nallow if true");
/// let policy = Compiler::new().module("pods.rego", module).compile()?;
/// let [package, allow] = policy.annotations() else { unreachable!() };
/// assert_eq!((package.path.as_str(), package.title()), ("data.pods", Some("Pods")));
/// assert_eq!(package.fields["custom"]["severity"], "high");
/// assert_eq!((allow.path.as_str(), allow.scope.as_str()), ("data.pods.allow", "document"));
/// assert_eq!(policy.entrypoints(), ["data.pods.allow"]);
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Annotation {
    /// What it is about: `data.pods.allow`.
    pub path: String,
    /// `rule`, `document`, `package` or `subpackages`.
    pub scope: String,
    /// Where the block begins.
    pub location: Option<Location>,
    /// Everything that it says, as `rego.metadata.rule()` gives it.
    pub fields: Value,
}

impl Annotation {
    pub(super) fn of_listed(listed: &Listed, sources: &[Source]) -> Self {
        let path: Vec<Arc<str>> = std::iter::once(Arc::from("data")).chain(listed.path.iter().cloned()).collect();
        let span = Span { end: listed.span.start, ..listed.span };
        Annotation {
            path: package_text(&path),
            scope: listed.scope.to_owned(),
            location: Location::of(span, sources),
            fields: json(&listed.value),
        }
    }

    /// Its `title`.
    pub fn title(&self) -> Option<&str> {
        self.fields.get("title").and_then(Value::as_str)
    }

    /// Its `description`.
    pub fn description(&self) -> Option<&str> {
        self.fields.get("description").and_then(Value::as_str)
    }

    /// Whether what it is about is meant to be asked from outside.
    pub fn is_entrypoint(&self) -> bool {
        self.fields.get("entrypoint").and_then(Value::as_bool).unwrap_or_default()
    }
}

/// A constant term as JSON. (Annotations have no other terms.)
fn json(term: &Term) -> Value {
    match term {
        Term::Const(Const::Bool(value)) => Value::Bool(*value),
        Term::Const(Const::String(text)) => Value::from(&**text),
        Term::Const(Const::Number(text)) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(&**text)),
        Term::Array(items) => items.iter().map(json).collect(),
        Term::Object(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (name(key), json(value))).collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

/// A key as JSON names it.
fn name(key: &Term) -> String {
    match key {
        Term::Const(Const::String(text)) => text.to_string(),
        key => json(key).to_string(),
    }
}
