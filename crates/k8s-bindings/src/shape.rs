//! What a policy finds at `input`: the bare object, an AdmissionReview, or Gatekeeper's review with parameters.
//!
//! [`Request::input`] builds each shape from an object; [`infer`](crate::infer) tells from the paths that a policy reads which shape
//! it was written for, and which of its paths can never exist there.

use serde_json::{Map, Value, json};

use crate::manifest::{group_version, text_field};

/// What a policy finds at `input`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `input` is the object: `input.kind`, `input.spec`.
    Object,
    /// `input.request.object`, as the API server sends it to a webhook and as kube-mgmt and conftest policies read it.
    AdmissionRequest,
    /// `input.review.object` and `input.parameters`, as Gatekeeper gives it to templates.
    GatekeeperReview,
}

impl Shape {
    /// The path from `input` to the object.
    pub fn object_path(self) -> &'static [&'static str] {
        match self {
            Shape::Object => &[],
            Shape::AdmissionRequest => &["request", "object"],
            Shape::GatekeeperReview => &["review", "object"],
        }
    }

    /// The shape as an option names it: `object`, `admission`, `gatekeeper`.
    pub fn as_str(self) -> &'static str {
        match self {
            Shape::Object => "object",
            Shape::AdmissionRequest => "admission",
            Shape::GatekeeperReview => "gatekeeper",
        }
    }
}

/// What is done to the object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// The object is new: `object` is set, `oldObject` is null.
    #[default]
    Create,
    /// The object changes: both are set.
    Update,
    /// The object goes: `object` is null, `oldObject` is set.
    Delete,
}

impl Operation {
    /// The name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
        }
    }
}

/// What of a request cannot be told from the object, with defaults: created by `solon`, which is in no group.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is done.
    pub operation: Operation,
    /// The object before the change, for [`Operation::Update`] and [`Operation::Delete`].
    pub old_object: Option<Value>,
    /// `userInfo`.
    pub user: Value,
    /// The request's id.
    pub uid: String,
    /// `dryRun`.
    pub dry_run: bool,
    /// The object's namespace, where its labels are known: Gatekeeper's `review._unstable.namespace`.
    pub namespace: Option<Value>,
}

impl Default for Request {
    fn default() -> Self {
        Request {
            operation: Operation::Create,
            old_object: None,
            user: json!({"username": "solon", "groups": []}),
            uid: "00000000-0000-0000-0000-000000000000".to_owned(),
            dry_run: false,
            namespace: None,
        }
    }
}

/// The input of a policy for a new object, with the defaults of [`Request`].
///
/// ```
/// use serde_json::json;
/// use solon_k8s::shape::{Shape, input};
/// let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}});
/// let review = input(Shape::GatekeeperReview, &pod, Some(&json!({"max": 1})));
/// assert_eq!(review["review"]["kind"], json!({"group": "", "version": "v1", "kind": "Pod"}));
/// assert_eq!(review["review"]["namespace"], "shop");
/// assert_eq!(review["parameters"]["max"], 1);
/// ```
pub fn input(shape: Shape, object: &Value, parameters: Option<&Value>) -> Value {
    Request::default().input(shape, object, parameters)
}

impl Request {
    /// The input of a policy for this request about an object. `parameters` are used by
    /// [`Shape::GatekeeperReview`] alone, where none are `{}`.
    pub fn input(&self, shape: Shape, object: &Value, parameters: Option<&Value>) -> Value {
        match shape {
            Shape::Object => object.clone(),
            Shape::AdmissionRequest => json!({
                "apiVersion": "admission.k8s.io/v1",
                "kind": "AdmissionReview",
                "request": self.request(object),
            }),
            Shape::GatekeeperReview => {
                let mut review = self.request(object);
                if let (Value::Object(review), Some(namespace)) = (&mut review, &self.namespace) {
                    review.insert("_unstable".to_owned(), json!({"namespace": namespace}));
                }
                gatekeeper_input(review, parameters)
            }
        }
    }

    fn request(&self, object: &Value) -> Value {
        let (group, version) = group_version(text_field(object, "apiVersion"));
        let kind = text_field(object, "kind");
        let metadata = object.get("metadata").unwrap_or(&Value::Null);
        let gvk = json!({"group": group, "version": version, "kind": kind});
        let gvr = json!({"group": group, "version": version, "resource": resource(kind)});
        let old = self.old_object.clone().unwrap_or(Value::Null);
        let (object, old_object) = match self.operation {
            Operation::Create => (object.clone(), Value::Null),
            Operation::Update => (object.clone(), old),
            Operation::Delete if old.is_null() => (Value::Null, object.clone()),
            Operation::Delete => (Value::Null, old),
        };
        let mut request = Map::new();
        let mut set = |name: &str, value: Value| request.insert(name.to_owned(), value);
        set("uid", self.uid.clone().into());
        set("kind", gvk.clone());
        set("resource", gvr.clone());
        set("requestKind", gvk);
        set("requestResource", gvr);
        set("name", text_field(metadata, "name").into());
        // The API server leaves the namespace of a cluster-scoped object out; for a Namespace it is its own name.
        match text_field(metadata, "namespace") {
            "" if kind == "Namespace" && group.is_empty() => {
                set("namespace", text_field(metadata, "name").into());
            }
            "" => {}
            namespace => {
                set("namespace", namespace.into());
            }
        }
        set("operation", self.operation.as_str().into());
        set("userInfo", self.user.clone());
        set("object", object);
        set("oldObject", old_object);
        set("dryRun", self.dry_run.into());
        let options = match self.operation {
            Operation::Create => "CreateOptions",
            Operation::Update => "UpdateOptions",
            Operation::Delete => "DeleteOptions",
        };
        set("options", json!({"apiVersion": "meta.k8s.io/v1", "kind": options}));
        Value::Object(request)
    }
}

/// Gatekeeper's input from the `request` of an AdmissionReview and a constraint's parameters. As in Gatekeeper, a
/// request to delete shows what is deleted as `object`, too.
pub fn gatekeeper_input(request: Value, parameters: Option<&Value>) -> Value {
    let parameters = parameters.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    // `json!` would copy the request.
    let fields = [("review".to_owned(), gatekeeper_review(request)), ("parameters".to_owned(), parameters)];
    Value::Object(fields.into_iter().collect())
}

/// What [`gatekeeper_input`] has as `review`.
pub(crate) fn gatekeeper_review(mut request: Value) -> Value {
    if let Value::Object(review) = &mut request
        && review.get("operation").and_then(Value::as_str) == Some("DELETE")
        && let Some(old) = review.get("oldObject").filter(|old| !old.is_null()).cloned()
    {
        review.insert("object".to_owned(), old);
    }
    request
}

/// The resource of a kind: its plural in lower case, by the rule that the API's own kinds follow.
///
/// ```
/// use solon_k8s::shape::resource;
/// for (kind, plural) in [("Pod", "pods"), ("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"),
///                        ("Gateway", "gateways"), ("Endpoints", "endpoints")] {
///     assert_eq!(resource(kind), plural);
/// }
/// ```
pub fn resource(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    if kind.is_empty() || kind == "endpoints" {
        return kind;
    }
    if let Some(stem) = kind.strip_suffix('y')
        && !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
    {
        return format!("{stem}ies");
    }
    let sibilant = ["s", "x", "z", "ch", "sh"].iter().any(|end| kind.ends_with(end));
    format!("{kind}{}", if sibilant { "es" } else { "s" })
}
