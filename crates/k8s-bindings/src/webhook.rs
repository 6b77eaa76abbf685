//! An admission webhook without its server: from the bytes of an AdmissionReview to the answer.
//!
//! Whatever goes wrong is an error whose [`response`](AdmissionError::response) refuses: a review that cannot be read, a
//! policy that fails or takes too long, a decision that is undefined or not understood. Nothing is allowed by accident.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use solon_engine::{Evaluator, EvaluatorPool, Host, Input, Limits, Policy};

use crate::admission::{Review, ReviewError, Verdicts, error_response, read_review, respond};
use crate::compile::{TemplatePolicy, decision, of_engine};
use crate::constraint::{Action, Constraint, WEBHOOK_POINT};
use crate::decision::{Meaning, Violation, violations};
use crate::error::{Error, ErrorCode};
use crate::matching::Subject;
use crate::shape::{Shape, gatekeeper_input, gatekeeper_review};

/// Policies that answer AdmissionReviews: `Send` and `Sync`.
///
/// ```
/// use solon_engine::Compiler;
/// use solon_k8s::{shape::Shape, webhook::Admission};
/// let policy = Compiler::new()
///     .module("a.rego", "package a\ndeny contains \"no host network\" if input.request.object.spec.hostNetwork")
///     .compile()
///     .unwrap();
/// let admission = Admission::new().rule(&policy, "data.a.deny", Shape::AdmissionRequest)?;
/// let review = br#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "7",
///     "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"},
///     "object": {"kind": "Pod", "spec": {"hostNetwork": true}}}}"#;
/// let response = admission.review(review).unwrap();
/// assert!(!response.is_allowed());
/// assert_eq!(response.to_json()["response"]["status"]["message"], "no host network");
/// # Ok::<(), solon_k8s::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Admission {
    rules: Vec<Rule>,
    templates: Vec<(TemplatePolicy, EvaluatorPool)>,
    /// Constraints, each with the number of its template.
    constraints: Vec<(Constraint, usize)>,
    host: Option<Arc<dyn Host>>,
    limits: Limits,
}

/// A query whose value decides.
#[derive(Clone)]
struct Rule {
    evaluators: EvaluatorPool,
    shape: Shape,
    reading: Reading,
}

/// How the value of a rule is read.
#[derive(Clone, Copy)]
enum Reading {
    /// By the rule's name.
    Named(Meaning),
    /// `warn`: messages that refuse nothing.
    Warn,
    /// A document with `allow`, `deny`, `violation` and `warn`.
    Document,
}

impl Reading {
    fn of_query(query: &str) -> Reading {
        let name = query.trim().rsplit(['.', '[']).next().unwrap_or_default();
        let name = name.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        match Meaning::of_rule(name) {
            Some(meaning) => Reading::Named(meaning),
            None if name.split('_').next() == Some("warn") => Reading::Warn,
            None => Reading::Document,
        }
    }
}

/// The answer to a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The request's id.
    pub uid: String,
    /// Reasons to refuse, and warnings.
    pub verdicts: Verdicts,
    /// Violations of constraints whose action is `dryrun`: they change nothing and are only to be recorded.
    pub recorded: Vec<String>,
}

impl Response {
    /// Whether the request may pass.
    pub fn is_allowed(&self) -> bool {
        self.verdicts.denials.is_empty()
    }

    /// The AdmissionReview to answer with.
    pub fn to_json(&self) -> Value {
        respond(&self.uid, &self.verdicts)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdmissionError {
    /// The review cannot be read.
    Review(ReviewError),
    /// A policy gave no answer.
    Policy {
        /// The request's id.
        uid: String,
        /// What went wrong.
        error: Error,
    },
}

impl AdmissionError {
    /// The AdmissionReview to answer with: not allowed, code 400 or 500.
    pub fn response(&self) -> Value {
        match self {
            AdmissionError::Review(error) => error.response(),
            AdmissionError::Policy { uid, error } => error_response(uid, &error.to_string()),
        }
    }
}

impl fmt::Display for AdmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdmissionError::Review(error) => error.fmt(f),
            AdmissionError::Policy { error, .. } => error.fmt(f),
        }
    }
}

impl std::error::Error for AdmissionError {}

impl Admission {
    /// No policies yet; a review is an error as long as there are none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule of a policy. Its name says how its value is read: `deny`, `violation`, `allow` and `warn`, also with
    /// a suffix (`deny_images`); the value of any other must be a document with such fields.
    ///
    /// # Errors
    /// A query that does not compile.
    pub fn rule(mut self, policy: &Policy, query: &str, shape: Shape) -> Result<Self, Error> {
        let reading = Reading::of_query(query);
        let query = policy.prepare(query).map_err(|error| of_engine(&error))?;
        self.rules.push(Rule { evaluators: EvaluatorPool::new(query), shape, reading });
        Ok(self)
    }

    /// Adds a template; it does nothing without constraints.
    pub fn template(mut self, template: TemplatePolicy) -> Self {
        let evaluators = EvaluatorPool::new(template.query.clone());
        self.templates.push((template, evaluators));
        self
    }

    /// Adds a constraint of a template that was added before.
    ///
    /// # Errors
    /// A constraint without its template.
    pub fn constraint(mut self, constraint: Constraint) -> Result<Self, Error> {
        let template =
            self.templates.iter().position(|(template, _)| template.kind == constraint.kind).ok_or_else(|| {
                let message =
                    format!("no template has the kind `{}` of the constraint `{}`", constraint.kind, constraint.name);
                Error::new(ErrorCode::Missing, message).hint("give the ConstraintTemplate, too")
            })?;
        self.constraints.push((constraint, template));
        Ok(self)
    }

    /// What builtins may ask from outside; by default nothing.
    pub fn host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = Some(host);
        self
    }

    /// What each evaluation may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers an AdmissionReview of `admission.k8s.io/v1`.
    ///
    /// # Errors
    /// A review that cannot be read, and any policy without an answer. Answer with [`AdmissionError::response`].
    pub fn review(&self, bytes: &[u8]) -> Result<Response, AdmissionError> {
        let review = read_review(bytes).map_err(AdmissionError::Review)?;
        let uid = review.uid().to_owned();
        self.decide(review, bytes).map_err(|error| AdmissionError::Policy { uid, error })
    }

    fn decide(&self, review: Review, bytes: &[u8]) -> Result<Response, Error> {
        if self.rules.is_empty() && self.constraints.is_empty() {
            return Err(Error::new(ErrorCode::Policy, "there is no policy to ask")
                .hint("name a rule, or give a template and a constraint"));
        }
        let mut response =
            Response { uid: review.uid().to_owned(), verdicts: Verdicts::default(), recorded: Vec::new() };
        for rule in &self.rules {
            let verdicts =
                self.ask(rule, &review, bytes).map_err(|error| about(rule.evaluators.query().text(), error))?;
            response.verdicts.denials.extend(verdicts.denials);
            response.verdicts.warnings.extend(verdicts.warnings);
        }
        if !self.constraints.is_empty() {
            let request = gatekeeper_review(review.into_request());
            for (constraint, template) in &self.constraints {
                let found = self.check(constraint, *template, &request, &mut response);
                found.map_err(|error| about(&format!("{} {}", constraint.kind, constraint.name), error))?;
            }
        }
        Ok(response)
    }

    fn ask(&self, rule: &Rule, review: &Review, bytes: &[u8]) -> Result<Verdicts, Error> {
        let value;
        let input = match rule.shape {
            Shape::AdmissionRequest => Input::json(bytes),
            Shape::Object => Input::serialize(review.object()),
            Shape::GatekeeperReview => {
                value = gatekeeper_input(review.request().clone(), None);
                Input::serialize(&value)
            }
        };
        let decide = |evaluator: &mut Evaluator| decision(&evaluator.eval(input).map_err(|error| of_engine(&error))?);
        let decision = self.lend(&rule.evaluators, decide)?;
        let read = |meaning| Ok::<_, Error>(messages(violations(meaning, Some(&decision))?));
        Ok(match rule.reading {
            Reading::Named(meaning) => Verdicts { denials: read(meaning)?, warnings: Vec::new() },
            Reading::Warn => Verdicts { denials: Vec::new(), warnings: read(Meaning::Deny)? },
            Reading::Document => Verdicts::from_json(&decision)?,
        })
    }

    fn check(
        &self,
        constraint: &Constraint,
        template: usize,
        request: &Value,
        response: &mut Response,
    ) -> Result<(), Error> {
        let actions = constraint.actions_at(WEBHOOK_POINT);
        if actions.is_empty() || !constraint.matches(&Subject::request(request))? {
            return Ok(());
        }
        let template = self.templates.get(template);
        let (template, evaluators) =
            template.ok_or_else(|| Error::new(ErrorCode::Missing, "the constraint's template is gone"))?;
        let ask = |evaluator: &mut Evaluator| template.violations_with(evaluator, request, &constraint.parameters);
        let found = self.lend(evaluators, ask)?;
        let found: Vec<String> =
            messages(found).into_iter().map(|message| format!("[{}] {message}", constraint.name)).collect();
        for action in actions {
            let list = match action {
                Action::Deny => &mut response.verdicts.denials,
                Action::Warn => &mut response.verdicts.warnings,
                Action::Dryrun => &mut response.recorded,
            };
            list.extend(found.iter().cloned());
        }
        Ok(())
    }

    /// Does some work with an evaluator of a pool, which gets our host and limits.
    fn lend<T>(&self, pool: &EvaluatorPool, work: impl FnOnce(&mut Evaluator) -> T) -> T {
        let evaluator = pool.take().limits(self.limits);
        let mut evaluator = match &self.host {
            Some(host) => evaluator.host(Arc::clone(host)),
            None => evaluator,
        };
        let result = work(&mut evaluator);
        pool.give(evaluator);
        result
    }
}

fn messages(found: Vec<Violation>) -> Vec<String> {
    found.into_iter().map(|violation| violation.message).collect()
}

/// The error of one of several policies, which names it.
fn about(name: &str, error: Error) -> Error {
    let hint = error.how_to_mend().map(str::to_owned);
    let named = Error::new(error.code(), format!("{name}: {}", error.message()));
    match hint {
        Some(hint) => named.hint(hint),
        None => named,
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<&str> = self.rules.iter().map(|rule| rule.evaluators.query().text()).collect();
        let constraints: Vec<&str> = self.constraints.iter().map(|(constraint, _)| constraint.name.as_str()).collect();
        out.debug_struct("Admission").field("rules", &rules).field("constraints", &constraints).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use solon_engine::Compiler;

    fn review(object: &Value) -> Vec<u8> {
        let kind = json!({"group": "", "version": "v1", "kind": "Pod"});
        let request = json!({"uid": "7", "operation": "CREATE", "kind": kind, "object": object});
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
            .to_string()
            .into_bytes()
    }

    fn ask(rego: &str, query: &str) -> Result<Response, AdmissionError> {
        let policy = Compiler::new().module("a.rego", format!("package a\n{rego}")).compile().unwrap();
        let admission = Admission::new().rule(&policy, query, Shape::AdmissionRequest).unwrap();
        admission.review(&review(&json!({"kind": "Pod", "n": 1.50})))
    }

    #[test]
    fn decisions() {
        let cases = [
            ("deny contains \"no\" if input.request.object.n == 1.5", "data.a.deny", false),
            ("deny contains \"no\" if input.request.object.n == 2", "data.a.deny", true),
            ("deny contains {\"msg\": \"no\"}", "data.a.deny", false),
            ("deny_x contains \"no\"", "data.a.deny_x", false),
            ("violation contains {\"msg\": \"no\"}", "data.a[\"violation\"]", false),
            ("allow := true", "data.a.allow", true),
            ("default allow := false\nallow if input.nothing", "data.a.allow", false),
            ("warn contains \"careful\"", "data.a.warn", true),
            ("deny := set()", "data.a", true),
            ("main := {\"deny\": {\"no\"}}", "data.a.main", false),
        ];
        for (rego, query, allowed) in cases {
            assert_eq!(ask(rego, query).unwrap().is_allowed(), allowed, "{rego}");
        }
        assert_eq!(ask("warn contains \"careful\"", "data.a.warn").unwrap().verdicts.warnings, ["careful"]);
    }

    #[test]
    fn what_is_no_decision_refuses() {
        let cases = [
            ("x := 1", "data.a.deny"),
            ("x := 1", "data.b.allow"),
            ("allow if input.nothing", "data.a.allow"),
            ("allow := \"yes\"", "data.a.allow"),
            ("deny contains 1", "data.a.deny"),
            ("deny[x] := x if some x in [1]", "data.a.deny"),
            ("main := true", "data.a.main"),
            ("allow := true\nallow := false", "data.a.allow"),
            ("allow := true", "data.a.allow; true"),
            ("allow[x] := true if some x in [1, 2]", "data.a.allow[x]"),
        ];
        for (rego, query) in cases {
            let error = ask(rego, query).unwrap_err();
            let response = error.response();
            assert_eq!(response["response"]["allowed"], json!(false), "{rego}");
            assert_eq!(response["response"]["uid"], json!("7"), "{rego}");
            assert_eq!(response["response"]["status"]["code"], json!(500), "{rego}");
        }
        assert!(Admission::new().review(&review(&json!({}))).is_err());
    }

    #[test]
    fn reviews_do_not_see_each_other() {
        let rego = "package a\ndeny contains message if {\n\tregex.match(`^x+$`, input.request.object.name)\n\t\
            message := input.request.object.name\n}\ndeny contains sprintf(\"%d\", [count(numbers.range(1, n))]) if n := \
            input.request.object.n";
        let policy = Compiler::new().module("a.rego", rego).compile().unwrap();
        let limits = Limits { instructions: 1_000, ..Limits::default() };
        let admission = Admission::new().limits(limits);
        let admission = admission.rule(&policy, "data.a.deny", Shape::AdmissionRequest).unwrap();
        let denials = |object| admission.review(&review(&object)).map(|response| response.verdicts.denials).ok();
        for _ in 0..3 {
            assert_eq!(denials(json!({"name": "xx"})), Some(vec!["xx".to_owned()]));
            assert_eq!(denials(json!({"name": "y"})), Some(vec![]));
            assert_eq!(denials(json!({"name": "y", "n": 3})), Some(vec!["3".to_owned()]));
            assert_eq!(denials(json!({"n": 1e9 as u64})), None);
        }
        // What is said later holds for evaluators that were used before.
        let object = json!({"name": "y", "n": 3});
        let admission = admission.limits(Limits { instructions: 1, ..Limits::default() });
        assert!(admission.review(&review(&object)).is_err());
    }

    #[test]
    fn broken_reviews_refuse() {
        let policy = Compiler::new().module("a.rego", "package a\nallow := true").compile().unwrap();
        let admission = Admission::new().rule(&policy, "data.a.allow", Shape::AdmissionRequest).unwrap();
        for text in ["", "{", "{}", "[]", "{\"kind\": \"AdmissionReview\"}"] {
            let error = admission.review(text.as_bytes()).unwrap_err();
            assert_eq!(error.response()["response"]["status"]["code"], json!(400), "{text}");
        }
    }
}
