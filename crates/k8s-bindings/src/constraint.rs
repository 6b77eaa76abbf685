//! Gatekeeper's constraints: a template's kind, its parameters, what is reviewed and what a violation leads to.

use serde_json::{Value, json};

use crate::cursor::Cursor;
use crate::error::{Error, ErrorCode};
use crate::manifest::Manifest;
use crate::matching::{Match, Subject, choice};

/// The API group of constraints.
pub const GROUP: &str = "constraints.gatekeeper.sh";

/// What a violation leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// The request is denied.
    #[default]
    Deny,
    /// The request is allowed with a warning.
    Warn,
    /// The request is allowed; the violation is only recorded.
    Dryrun,
}

impl Action {
    /// The name in a constraint.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Deny => "deny",
            Action::Warn => "warn",
            Action::Dryrun => "dryrun",
        }
    }
}

/// `enforcementAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// One action everywhere.
    Everywhere(Action),
    /// `scoped`: actions at enforcement points.
    Scoped(Vec<ScopedAction>),
}

/// One of `scopedEnforcementActions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedAction {
    /// What happens.
    pub action: Action,
    /// Where: for example `validation.gatekeeper.sh`, `audit.gatekeeper.sh`, `gator.gatekeeper.sh`, or `*`.
    pub points: Vec<String>,
}

/// The enforcement point of the admission webhook.
pub const WEBHOOK_POINT: &str = "validation.gatekeeper.sh";
/// The enforcement point of the audit.
pub const AUDIT_POINT: &str = "audit.gatekeeper.sh";
/// The enforcement point of the command line.
pub const COMMAND_LINE_POINT: &str = "gator.gatekeeper.sh";

/// A constraint.
///
/// ```
/// use serde_json::json;
/// use solon_k8s::{constraint::{Action, Constraint, WEBHOOK_POINT}, document::Options, manifest::read_manifests};
/// use solon_k8s::matching::Subject;
/// let text = br#"
/// apiVersion: constraints.gatekeeper.sh/v1beta1
/// kind: K8sNoHost
/// metadata: {name: no-host}
/// spec:
///   enforcementAction: warn
///   match: {kinds: [{apiGroups: [""], kinds: [Pod]}], excludedNamespaces: ["kube-*"]}
///   parameters: {ports: [80]}
/// "#;
/// let constraint = Constraint::read(&read_manifests("c.yaml", text, &Options::default())?[0])?;
/// assert_eq!(constraint.actions_at(WEBHOOK_POINT), [Action::Warn]);
/// let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "kube-system"}});
/// assert!(!constraint.matches(&Subject::object(&pod))?);
/// # Ok::<(), solon_k8s::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// The template's kind.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.parameters`, or `{}`.
    pub parameters: Value,
    /// `spec.match`.
    pub matching: Match,
    /// `spec.enforcementAction`.
    pub enforcement: Enforcement,
}

impl Constraint {
    /// Whether a manifest claims to be a constraint.
    pub fn is_constraint(manifest: &Manifest) -> bool {
        crate::manifest::group_version(manifest.api_version()).0 == GROUP
    }

    /// Reads a constraint.
    ///
    /// # Errors
    /// What is missing or cannot be, with its place. A misspelt field of `match` is an error, since ignoring it would
    /// change what is reviewed.
    pub fn read(manifest: &Manifest) -> Result<Constraint, Error> {
        let root = Cursor::new(manifest);
        root.expect_kind(manifest.kind(), GROUP, &["v1beta1", "v1", "v1alpha1"])?;
        let metadata = root.required("metadata", "add `metadata: {name: ..}`")?;
        let name = metadata.required("name", "add `metadata: {name: ..}`")?.name()?;
        let mut constraint = Constraint {
            kind: manifest.kind().to_owned(),
            name: name.to_owned(),
            parameters: json!({}),
            matching: Match::default(),
            enforcement: Enforcement::Everywhere(Action::Deny),
        };
        if let Some(spec) = root.field("spec")? {
            if let Some(parameters) = spec.field("parameters")? {
                constraint.parameters = parameters.value().clone();
            }
            constraint.matching = Match::read(&spec)?;
            constraint.enforcement = read_enforcement(&spec)?;
        }
        Ok(constraint)
    }

    /// Whether the constraint reviews the subject; see [`Match::matches`].
    pub fn matches(&self, subject: &Subject<'_>) -> Result<bool, Error> {
        self.matching.matches(subject)
    }

    /// What a violation leads to at an enforcement point; several if the constraint says so, none if it does not
    /// apply there.
    pub fn actions_at(&self, point: &str) -> Vec<Action> {
        match &self.enforcement {
            Enforcement::Everywhere(action) => vec![*action],
            Enforcement::Scoped(scoped) => {
                let mut actions = Vec::new();
                for entry in scoped {
                    let here = entry.points.iter().any(|known| known == point || known == "*");
                    if here && !actions.contains(&entry.action) {
                        actions.push(entry.action);
                    }
                }
                actions
            }
        }
    }
}

const ACTIONS: &[(&str, Action)] = &[("deny", Action::Deny), ("warn", Action::Warn), ("dryrun", Action::Dryrun)];

fn read_enforcement(spec: &Cursor<'_>) -> Result<Enforcement, Error> {
    if spec.text_of("enforcementAction")? != "scoped" {
        return choice(spec, "enforcementAction", ACTIONS)
            .map(Enforcement::Everywhere)
            .map_err(|error| error.hint("one of deny, warn, dryrun, scoped"));
    }
    let hint = "`scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: \"*\"}]}]`";
    let entries = spec.required("scopedEnforcementActions", hint)?;
    let mut scoped = Vec::new();
    for entry in entries.items()? {
        entry.required("action", "one of deny, warn, dryrun")?.name()?;
        let action = choice(&entry, "action", ACTIONS)?;
        let mut points = Vec::new();
        for point in entry.items_of("enforcementPoints")? {
            points.push(point.required("name", "for example `name: validation.gatekeeper.sh`")?.name()?.to_owned());
        }
        scoped.push(ScopedAction { action, points });
    }
    if scoped.is_empty() {
        return Err(entries.error(ErrorCode::Missing, "`scopedEnforcementActions` is empty").hint(hint));
    }
    Ok(Enforcement::Scoped(scoped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Options;
    use crate::manifest::read_manifests;

    fn read(spec: &str) -> Result<Constraint, Error> {
        let text =
            format!("apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K\nmetadata: {{name: c}}\nspec: {spec}");
        Constraint::read(&read_manifests("c.yaml", text.as_bytes(), &Options::default())?[0])
    }

    fn object(kind: &str, name: &str, namespace: Option<&str>) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": {"app": name}}});
        if let (Some(namespace), Some(metadata)) = (namespace, object["metadata"].as_object_mut()) {
            metadata.insert("namespace".to_owned(), namespace.into());
        }
        object
    }

    #[test]
    fn matches_as_gatekeeper_does() {
        let pod = object("Pod", "web-1", Some("kube-system"));
        let node = object("Node", "n", None);
        let namespace = object("Namespace", "kube-system", None);
        // match, and whether the pod, the node and the namespace are reviewed
        let cases = [
            ("{}", [true, true, true]),
            ("{kinds: [{apiGroups: [''], kinds: [Pod]}]}", [true, false, false]),
            ("{kinds: [{apiGroups: [apps], kinds: [Pod]}, {apiGroups: ['*'], kinds: ['*']}]}", [true, true, true]),
            ("{kinds: [{apiGroups: [apps], kinds: ['*']}]}", [false, false, false]),
            ("{kinds: [{kinds: [Node]}]}", [false, true, false]),
            ("{namespaces: ['kube-*']}", [true, true, true]),
            ("{namespaces: [default]}", [false, true, false]),
            ("{excludedNamespaces: ['*-system']}", [false, true, false]),
            ("{scope: Cluster}", [false, true, true]),
            ("{scope: Namespaced}", [true, false, false]),
            ("{scope: '*', source: Original}", [true, true, true]),
            ("{source: Generated}", [false, false, false]),
            ("{name: 'web-*'}", [true, false, false]),
            ("{labelSelector: {matchLabels: {app: n}}}", [false, true, false]),
            ("{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [n]}]}}", [true, false, true]),
            ("{labelSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}", [true, true, true]),
            ("{labelSelector: {matchExpressions: [{key: tier, operator: Exists}]}}", [false, false, false]),
            ("{labelSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [x]}]}}", [true, true, true]),
        ];
        for (text, expected) in cases {
            let constraint = read(&format!("{{match: {text}}}")).unwrap();
            let found = [&pod, &node, &namespace].map(|o| constraint.matches(&Subject::object(o)).unwrap());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn namespace_selectors_need_the_namespace() {
        let constraint = read("{match: {namespaceSelector: {matchLabels: {app: shop}}}}").unwrap();
        let pod = object("Pod", "web", Some("shop"));
        let shop = object("Namespace", "shop", None);
        let other = object("Namespace", "other", None);
        assert!(constraint.matches(&Subject::object(&pod)).is_err());
        let in_shop = Subject { namespace: Some(&shop), ..Subject::object(&pod) };
        assert_eq!(constraint.matches(&in_shop), Ok(true));
        assert_eq!(constraint.matches(&Subject { namespace: Some(&other), ..in_shop }), Ok(false));
        assert_eq!(constraint.matches(&Subject::object(&shop)), Ok(true));
        assert_eq!(constraint.matches(&Subject::object(&other)), Ok(false));
        assert_eq!(constraint.matches(&Subject::object(&object("Node", "n", None))), Ok(true));
    }

    #[test]
    fn deletions_match_by_what_is_deleted() {
        let constraint = read("{match: {kinds: [{kinds: [Pod]}]}}").unwrap();
        let request = json!({"object": null, "oldObject": object("Pod", "web", Some("a"))});
        assert_eq!(constraint.matches(&Subject::request(&request)), Ok(true));
        assert!(constraint.matches(&Subject::request(&json!({"object": null}))).is_err());
    }

    #[test]
    fn actions() {
        let point = |spec: &str, point: &str| read(spec).unwrap().actions_at(point);
        assert_eq!(point("{}", WEBHOOK_POINT), [Action::Deny]);
        let scoped = "{enforcementAction: scoped, scopedEnforcementActions: [{action: warn, enforcementPoints: \
                      [{name: '*'}]}, {action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]}";
        assert_eq!(point(scoped, WEBHOOK_POINT), [Action::Warn]);
        assert_eq!(point(scoped, AUDIT_POINT), [Action::Warn, Action::Deny]);
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        for (spec, place) in [
            ("{enforcementAction: block}", "4:8"),
            ("{enforcementAction: scoped}", "4:1"),
            ("{match: {excludedNamespace: [a]}}", "4:16"),
            ("{match: {scope: cluster}}", "4:16"),
            ("{match: {kinds: Pod}}", "4:16"),
            ("{match: {labelSelector: {matchExpressions: [{key: a, operator: in}]}}}", "4:60"),
            ("{match: {labelSelector: {matchExpressions: [{key: a, operator: In}]}}}", "4:51"),
        ] {
            let error = read(spec).unwrap_err();
            assert_eq!(error.position().unwrap().to_string(), place, "{error}");
        }
    }
}
