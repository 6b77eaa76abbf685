//! Gatekeeper's templates as compiled policies.
//!
//! Each template is a policy of its own: the packages of its libraries are its own, too, and another template may have
//! others of the same names.

use serde::Serialize;
use serde_json::Value;
use solon_engine::{Answer, Compiler, Evaluator, Input, Query, Syntax};
use solon_syntax::ast::Version;
use solon_syntax::{ParseOptions, parse_module};

use crate::decision::{Meaning, Violation, violations};
use crate::error::{Error, ErrorCode};
use crate::template::{ADMISSION_TARGET, RegoVersion, Target, Template};

/// A template that can be asked for violations: cheap to clone, `Send` and `Sync`.
///
/// ```
/// use serde_json::json;
/// use solon_engine::Compiler;
/// use solon_k8s::{compile::TemplatePolicy, document::Options, manifest::read_manifests, template::Template};
/// let text = br#"
/// apiVersion: templates.gatekeeper.sh/v1
/// kind: ConstraintTemplate
/// metadata: {name: k8snohost}
/// spec:
///   crd: {spec: {names: {kind: K8sNoHost}}}
///   targets:
///   - target: admission.k8s.gatekeeper.sh
///     rego: |
///       package k8snohost
///       violation[{"msg": "no"}] { input.review.object.spec.hostNetwork }
/// "#;
/// let template = Template::read(&read_manifests("template.yaml", text, &Options::default())?[0])?;
/// let policy = TemplatePolicy::compile("template.yaml", &template, Compiler::new())?;
/// let review = json!({"object": {"kind": "Pod", "spec": {"hostNetwork": true}}});
/// assert_eq!(policy.violations(&review, &json!({}))?[0].message, "no");
/// # Ok::<(), solon_k8s::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TemplatePolicy {
    /// The kind of the template's constraints.
    pub kind: String,
    /// `data.<package>.violation`.
    pub query: Query,
}

/// What a template finds at `input`.
#[derive(Serialize)]
struct ReviewInput<'v> {
    review: &'v Value,
    parameters: &'v Value,
}

impl TemplatePolicy {
    /// Compiles a template. `base` has the documents that it finds at `data`, `data.inventory` for example; `file` is
    /// what errors call the template.
    ///
    /// # Errors
    /// A template without Rego for Kubernetes objects, and Rego that does not compile.
    pub fn compile(file: &str, template: &Template, base: Compiler) -> Result<TemplatePolicy, Error> {
        let target = template.targets.iter().find(|target| target.name == ADMISSION_TARGET).ok_or_else(|| {
            let message = format!("the template `{}` has no target `{ADMISSION_TARGET}`", template.name);
            Error::new(ErrorCode::NoRego, message).in_file(file)
        })?;
        let query = violation_query(target).map_err(|error| error.in_file(file))?;
        let policy = add_target(base, file, target).compile().map_err(|error| of_engine(&error))?;
        let query = policy.prepare(&query).map_err(|error| of_engine(&error))?;
        Ok(TemplatePolicy { kind: template.kind.clone(), query })
    }

    /// The violations of a review, that is `request` of an AdmissionReview or what
    /// [`Shape::GatekeeperReview`](crate::shape::Shape::GatekeeperReview) makes of an object.
    ///
    /// # Errors
    /// An evaluation that failed, and violations that are not understood.
    pub fn violations(&self, review: &Value, parameters: &Value) -> Result<Vec<Violation>, Error> {
        self.violations_with(&mut self.query.evaluator(), review, parameters)
    }

    /// As [`TemplatePolicy::violations`], with an evaluator of [`TemplatePolicy::query`] that has a host and limits.
    pub fn violations_with(
        &self,
        evaluator: &mut Evaluator,
        review: &Value,
        parameters: &Value,
    ) -> Result<Vec<Violation>, Error> {
        let input = ReviewInput { review, parameters };
        let answer = evaluator.eval(Input::serialize(&input)).map_err(|error| of_engine(&error))?;
        violations(Meaning::Deny, Some(&decision(&answer)?))
    }
}

/// Adds the modules of a template's target, named after its file, with the rows of that file.
pub fn add_target(compiler: Compiler, file: &str, target: &Target) -> Compiler {
    modules_of(target).fold(compiler, |compiler, (text, syntax)| compiler.module_in(file, text, syntax))
}

/// The modules of a template's target, each at the place in its text where it stands in the file.
pub fn modules_of(target: &Target) -> impl Iterator<Item = (String, Syntax)> {
    let syntax = match target.version {
        RegoVersion::V0 => Syntax::V0,
        RegoVersion::V1 => Syntax::V1,
    };
    let modules = std::iter::once(&target.rego).chain(&target.libs);
    modules.map(move |module| (module.text_in_place(), syntax))
}

/// The query of a template's target: its violations, `data.<package>.violation`.
///
/// # Errors
/// Rego that cannot be read.
pub fn violation_query(target: &Target) -> Result<String, Error> {
    let version = match target.version {
        RegoVersion::V0 => Version::V0,
        RegoVersion::V1 => Version::V1,
    };
    let parsed = parse_module(&target.rego.source, ParseOptions { file: 0, version });
    let module = parsed.tree.ok_or_else(|| {
        let message = parsed.errors.first().map_or("the Rego cannot be read", |error| error.message.as_str());
        Error::new(ErrorCode::Policy, format!("rego_parse_error: {message}")).at(target.rego.position)
    })?;
    let path = module.package.path.iter().map(|step| format!("[{}]", Value::from(step.as_str())));
    Ok(format!("data{}[\"violation\"]", path.collect::<String>()))
}

/// The value of a query that has one: an undefined decision is an error, and so is more than one.
pub(crate) fn decision(answer: &Answer<'_>) -> Result<Value, Error> {
    let mut rows = answer.rows();
    match (rows.next(), rows.len()) {
        (Some(row), 0) if row.expressions().count() == 1 => {
            answer.deserialize().map_err(|error| Error::new(ErrorCode::Decision, error.to_string()))
        }
        (None, _) => Err(Error::new(ErrorCode::Decision, "the decision is undefined")
            .hint("check the query's path, or give the rule a default")),
        _ => Err(Error::new(ErrorCode::Decision, "the query has more than one decision")),
    }
}

pub(crate) fn of_engine(error: &solon_engine::Error) -> Error {
    Error::new(ErrorCode::Policy, error.to_string())
}
