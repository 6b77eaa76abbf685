//! Gatekeeper's ConstraintTemplate: a policy in Rego and the schema of its parameters.
//!
//! <https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates>

use serde_json::Value;

use crate::cursor::Cursor;
use crate::document::Position;
use crate::error::{Error, ErrorCode};
use crate::manifest::Manifest;

/// The API group of templates.
pub const GROUP: &str = "templates.gatekeeper.sh";

/// The target of all templates that review Kubernetes objects.
pub const ADMISSION_TARGET: &str = "admission.k8s.gatekeeper.sh";

/// The Rego language version that a template is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegoVersion {
    /// Rego before OPA 1.0, the default of templates.
    #[default]
    V0,
    /// Rego of OPA 1.0, where `source.version` is `v1`.
    V1,
}

/// One module of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegoModule {
    /// The Rego text.
    pub source: String,
    /// Where in the template's file the text begins; of a `|` block, its first line.
    pub position: Position,
}

impl RegoModule {
    /// The text with empty lines before it, so that its rows are those of the template's file.
    pub fn text_in_place(&self) -> String {
        let rows_before = self.position.row.saturating_sub(1);
        "\n".repeat(usize::try_from(rows_before).unwrap_or_default()) + &self.source
    }
}

/// The Rego of a template for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The target's name, for example [`ADMISSION_TARGET`].
    pub name: String,
    /// The module with the `violation` rule.
    pub rego: RegoModule,
    /// Modules that it imports, in packages below `lib`.
    pub libs: Vec<RegoModule>,
    /// The language version of all of them.
    pub version: RegoVersion,
    /// Other engines that the target has code for, for example `K8sNativeValidation`.
    pub other_engines: Vec<String>,
}

/// A ConstraintTemplate with Rego.
///
/// ```
/// use solon_k8s::{document::Options, manifest::read_manifests, template::Template};
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
/// let manifests = read_manifests("template.yaml", text, &Options::default())?;
/// let template = Template::read(&manifests[0])?;
/// assert_eq!(template.kind, "K8sNoHost");
/// assert!(template.targets[0].rego.source.starts_with("package k8snohost"));
/// # Ok::<(), solon_k8s::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// `metadata.name`.
    pub name: String,
    /// The kind of the template's constraints.
    pub kind: String,
    /// One entry for each of `spec.targets`.
    pub targets: Vec<Target>,
    /// The OpenAPI v3 schema of the constraints' `parameters`.
    pub parameters_schema: Option<Value>,
    /// `spec.crd.spec.validation.legacySchema`, or the API version's default: a schema need not be structural.
    pub legacy_schema: bool,
}

impl Template {
    /// Whether a manifest claims to be a template.
    pub fn is_template(manifest: &Manifest) -> bool {
        manifest.kind() == "ConstraintTemplate" && crate::manifest::group_version(manifest.api_version()).0 == GROUP
    }

    /// Reads a template of `v1`, `v1beta1` or `v1alpha1`.
    ///
    /// # Errors
    /// What is missing or of the wrong type, with its place; [`ErrorCode::NoRego`] for a template that has code for
    /// other engines only.
    pub fn read(manifest: &Manifest) -> Result<Template, Error> {
        let root = Cursor::new(manifest);
        root.expect_kind("ConstraintTemplate", GROUP, &["v1", "v1beta1", "v1alpha1"])?;
        let metadata = root.required("metadata", "add `metadata: {name: ..}`")?;
        let name = metadata.required("name", "a template's name is its kind in lower case")?.name()?;
        let spec = root.required("spec", "a template has `spec.crd` and `spec.targets`")?;
        let crd = spec
            .required("crd", "name the constraint's kind in `spec.crd.spec.names.kind`")?
            .required("spec", "name the constraint's kind in `spec.crd.spec.names.kind`")?;
        let kind = crd
            .required("names", "name the constraint's kind in `spec.crd.spec.names.kind`")?
            .required("kind", "for example `kind: K8sRequiredLabels`")?;
        let kind_name = kind.name()?;
        if kind_name.to_lowercase() != name {
            let message = format!("the template's name `{name}` is not its kind `{kind_name}` in lower case");
            return Err(kind
                .error(ErrorCode::Unexpected, message)
                .hint(format!("`metadata.name: {}`", kind_name.to_lowercase())));
        }
        let validation = crd.field("validation")?;
        let (schema, legacy) = match &validation {
            Some(validation) => (validation.field("openAPIV3Schema")?, validation.field("legacySchema")?),
            None => (None, None),
        };
        let targets =
            spec.required("targets", &format!("add `targets: [{{target: {ADMISSION_TARGET}, rego: ..}}]`"))?;
        let items = targets.items()?;
        if items.is_empty() {
            return Err(targets
                .error(ErrorCode::Missing, "`spec.targets` is empty")
                .hint(format!("add a target `{ADMISSION_TARGET}` with `rego`")));
        }
        Ok(Template {
            name: name.to_owned(),
            kind: kind_name.to_owned(),
            targets: items.iter().map(|item| read_target(item, manifest)).collect::<Result<_, _>>()?,
            parameters_schema: schema.map(|schema| schema.value().clone()),
            legacy_schema: match legacy {
                Some(legacy) => legacy.boolean()?,
                None => !manifest.api_version().ends_with("/v1"),
            },
        })
    }
}

fn read_target(target: &Cursor<'_>, manifest: &Manifest) -> Result<Target, Error> {
    let name = target.required("target", &format!("for example `target: {ADMISSION_TARGET}`"))?.name()?.to_owned();
    let mut other_engines = Vec::new();
    let mut source = None;
    for code in target.items_of("code")? {
        let engine = code.required("engine", "`engine: Rego`")?;
        match engine.name()? {
            "Rego" if source.is_some() => {
                return Err(engine.error(ErrorCode::Unexpected, "the target has code for the engine Rego twice"));
            }
            "Rego" => source = Some(code.required("source", "`source: {rego: ..}`")?),
            other => other_engines.push(other.to_owned()),
        }
    }
    let version = match &source {
        Some(source) => match source.text_of("version")? {
            "" | "v0" => RegoVersion::V0,
            "v1" => RegoVersion::V1,
            other => {
                let message = format!("`source.version` must be v0 or v1, found `{other}`");
                return Err(source.required("version", "")?.error(ErrorCode::Unexpected, message));
            }
        },
        None => RegoVersion::V0,
    };
    // As in Gatekeeper, `code` comes before `rego` beside it.
    let holder = match source {
        Some(source) => source,
        None => target.clone(),
    };
    let Some(rego) = holder.field("rego")? else {
        let code = if other_engines.is_empty() { ErrorCode::Missing } else { ErrorCode::NoRego };
        let message = match other_engines.join(", ") {
            engines if engines.is_empty() => "the target has no Rego".to_owned(),
            engines => format!("the target has no Rego, only code for {engines}"),
        };
        return Err(target.error(code, message).hint("add `rego: |` or `code: [{engine: Rego, source: {rego: ..}}]`"));
    };
    rego.name()?;
    let module = |cursor: &Cursor<'_>| -> Result<RegoModule, Error> {
        Ok(RegoModule { source: cursor.text()?.to_owned(), position: manifest.value_position_of(cursor.path()) })
    };
    let libs = holder.items_of("libs")?.iter().map(module).collect::<Result<_, _>>()?;
    Ok(Target { name, rego: module(&rego)?, libs, version, other_engines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Options;
    use crate::manifest::read_manifests;

    fn read(spec: &str) -> Result<Template, Error> {
        let text = format!(
            "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {{name: k}}\nspec:\n{spec}"
        );
        Template::read(&read_manifests("t.yaml", text.as_bytes(), &Options::default())?[0])
    }

    const CRD: &str = "  crd: {spec: {names: {kind: K}}}\n";

    #[test]
    fn code_and_libs() {
        let code = "  targets:\n  - target: t\n    code:\n    - engine: K8sNativeValidation\n      source: {}\n    - engine: Rego\n      \
                    source:\n        version: v1\n        libs: [package lib.a]\n        rego: package k\n";
        let template = read(&format!("{CRD}{code}")).unwrap();
        let target = &template.targets[0];
        assert_eq!((target.version, target.libs.len()), (RegoVersion::V1, 1));
        assert_eq!(target.other_engines, ["K8sNativeValidation"]);
        assert_eq!(target.rego.position.to_string(), "15:15");
        assert!(!template.legacy_schema);
    }

    #[test]
    fn what_is_missing_is_named() {
        let cel = "  targets:\n  - target: t\n    code:\n    - engine: K8sNativeValidation\n      source: {}\n";
        for (spec, code, text) in [
            ("  crd: {}\n".to_owned(), ErrorCode::Missing, "`spec.crd.spec` is missing"),
            (CRD.to_owned(), ErrorCode::Missing, "`spec.targets` is missing"),
            (format!("{CRD}  targets: []\n"), ErrorCode::Missing, "`spec.targets` is empty"),
            (format!("{CRD}  targets: 3\n"), ErrorCode::Unexpected, "`spec.targets` must be a list, found a number"),
            (format!("{CRD}  targets: [{{target: t}}]\n"), ErrorCode::Missing, "the target has no Rego"),
            (format!("{CRD}{cel}"), ErrorCode::NoRego, "the target has no Rego, only code for K8sNativeValidation"),
            ("  crd: {spec: {names: {kind: Other}}}\n".to_owned(), ErrorCode::Unexpected, "is not its kind `Other`"),
        ] {
            let error = read(&spec).unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.message().contains(text), "{error}");
            assert!(error.position().is_some() && error.file() == Some("t.yaml"));
        }
    }
}
