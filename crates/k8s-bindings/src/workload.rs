//! Where a workload keeps its pod, so that a check written for pods applies to what creates pods.

use serde_json::Value;

use crate::document::{Step, get};
use crate::manifest::{group_version, text_field};

/// Kind, group, and the path to what has the pod's `metadata` and `spec`.
const WORKLOADS: &[(&str, &str, &[&str])] = &[
    ("Pod", "", &[]),
    ("PodTemplate", "", &["template"]),
    ("ReplicationController", "", &["spec", "template"]),
    ("Deployment", "apps", &["spec", "template"]),
    ("StatefulSet", "apps", &["spec", "template"]),
    ("DaemonSet", "apps", &["spec", "template"]),
    ("ReplicaSet", "apps", &["spec", "template"]),
    ("Job", "batch", &["spec", "template"]),
    ("CronJob", "batch", &["spec", "jobTemplate", "spec", "template"]),
];

/// Where an object of this API version and kind keeps its pod's `metadata` and `spec`: empty for a Pod itself, none
/// for a kind that makes no pods. A kind of another group that only has the same name is none, too.
///
/// ```
/// use solon_k8s::{document::path_text, workload::pod_template};
/// assert_eq!(path_text(&pod_template("batch/v1", "CronJob").unwrap()), "spec.jobTemplate.spec.template");
/// assert_eq!(pod_template("v1", "Pod"), Some(vec![]));
/// assert_eq!(pod_template("v1", "Service"), None);
/// ```
pub fn pod_template(api_version: &str, kind: &str) -> Option<Vec<Step>> {
    let (group, _) = group_version(api_version);
    // Deployments, DaemonSets and ReplicaSets began in `extensions`.
    let same_group = |expected: &str| group == expected || (group == "extensions" && expected == "apps");
    WORKLOADS
        .iter()
        .find(|(known, expected, _)| *known == kind && same_group(expected))
        .map(|(_, _, path)| path.iter().map(|name| Step::from(*name)).collect())
}

/// Where an object keeps its pod spec: `spec` of a Pod, `spec.template.spec` of a Deployment.
pub fn pod_spec(api_version: &str, kind: &str) -> Option<Vec<Step>> {
    let mut path = pod_template(api_version, kind)?;
    path.push("spec".into());
    Some(path)
}

/// The pod that a workload creates, as a Pod object: the template's `metadata` and `spec`, with the workload's name
/// and namespace where the template has none. None for other kinds and for a workload without a template.
///
/// ```
/// use serde_json::json;
/// let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "n"},
///                  "spec": {"template": {"spec": {"hostNetwork": true}}}});
/// let pod = solon_k8s::workload::pod_of(&job).unwrap();
/// assert_eq!(pod, json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j", "namespace": "n"},
///                        "spec": {"hostNetwork": true}}));
/// ```
pub fn pod_of(object: &Value) -> Option<Value> {
    let path = pod_template(text_field(object, "apiVersion"), text_field(object, "kind"))?;
    let template = get(object, &path)?.as_object()?;
    if path.is_empty() {
        return Some(object.clone());
    }
    let mut pod = serde_json::Map::new();
    pod.insert("apiVersion".to_owned(), "v1".into());
    pod.insert("kind".to_owned(), "Pod".into());
    let mut metadata = template.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    for field in ["name", "namespace"] {
        if let (None, Some(own)) = (metadata.get(field), object.get("metadata").and_then(|m| m.get(field))) {
            metadata.insert(field.to_owned(), own.clone());
        }
    }
    pod.insert("metadata".to_owned(), Value::Object(metadata));
    if let Some(spec) = template.get("spec") {
        pod.insert("spec".to_owned(), spec.clone());
    }
    Some(Value::Object(pod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_count() {
        assert!(pod_spec("extensions/v1beta1", "Deployment").is_some());
        assert!(pod_spec("apps/v1beta2", "Deployment").is_some());
        assert!(pod_spec("example.com/v1", "Job").is_none());
        assert!(pod_spec("serving.knative.dev/v1", "Pod").is_none());
    }
}
