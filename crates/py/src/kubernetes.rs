//! Manifests and AdmissionReviews.

use crate::error::{invalid, kept};
use crate::from_python::json_of;
use crate::policy::Policy;
use crate::stack::enter;
use crate::to_python::Shapes;
use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use serde::Serialize;
use solon::Compiler;
use solon::k8s::admission::ReviewError;
use solon::k8s::compile::TemplatePolicy;
use solon::k8s::constraint::Constraint;
use solon::k8s::document::{Options, Step};
use solon::k8s::manifest::{self, read_manifests};
use solon::k8s::shape::{Shape, input};
use solon::k8s::template::Template;
use solon::k8s::webhook;
use solon::k8s::{Error, ErrorCode};
use solon::value::{Build, Builder, Meter, OwnedValue, SerdeError, Value};

/// What serde can write, as a value.
struct Serialized<'s>(&'s serde_json::Value);

impl Build for Serialized<'_> {
    fn build<'a>(&self, builder: Builder<'a, '_>) -> Result<Value<'a>, SerdeError> {
        self.0.serialize(builder)
    }
}

/// JSON as an object of Python.
pub fn object_of<'py>(py: Python<'py>, json: &serde_json::Value) -> PyResult<Bound<'py, PyAny>> {
    let value = OwnedValue::build(&Serialized(json), &Meter::default())
        .map_err(|error| invalid(py, "invalid_json", &error.to_string()))?;
    Shapes::default().object(py, value.value())
}

/// An object of Python as JSON.
fn json_value(object: &Bound<'_, PyAny>, name: &'static str) -> PyResult<serde_json::Value> {
    let wrong = |error: serde_json::Error| PyValueError::new_err(format!("{name}: {error}"));
    serde_json::from_slice(&json_of(object, name)?).map_err(wrong)
}

fn of_kubernetes(py: Python<'_>, error: &solon::k8s::Error) -> PyErr {
    invalid(py, "kubernetes_error", &error.to_string())
}

/// A text of YAML or JSON.
fn text_of(given: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(text.to_str()?.as_bytes().to_vec());
    }
    let bytes = given.cast::<PyBytes>();
    Ok(bytes.map_err(|_| PyTypeError::new_err("manifests are str or bytes"))?.as_bytes().to_vec())
}

fn shape_of(name: &str) -> PyResult<Shape> {
    let all = [Shape::Object, Shape::AdmissionRequest, Shape::GatekeeperReview];
    let found = all.into_iter().find(|shape| shape.as_str() == name);
    found.ok_or_else(|| {
        let message = format!("shape must be \"object\", \"admission\" or \"gatekeeper\", not {name:?}");
        PyValueError::new_err(message)
    })
}

/// A Kubernetes object from a file, with the place of each of its fields; from `solon.kubernetes.manifests`.
#[pyclass(frozen, module = "solon.kubernetes")]
pub struct Manifest(manifest::Manifest);

#[pymethods]
impl Manifest {
    /// The object.
    #[getter]
    fn object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object_of(py, self.0.object())
    }

    /// The file's name, as it was given.
    #[getter]
    fn file(&self) -> &str {
        self.0.file()
    }

    /// The object's `apiVersion`.
    #[getter]
    fn api_version(&self) -> &str {
        self.0.api_version()
    }

    /// The object's `kind`.
    #[getter]
    fn kind(&self) -> &str {
        self.0.kind()
    }

    /// The object's name.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The object's namespace; empty if it says none.
    #[getter]
    fn namespace(&self) -> &str {
        self.0.namespace()
    }

    /// The row and column, from 1, of the field at a path of keys and indexes, or of the nearest field around it.
    fn position(&self, path: Vec<Bound<'_, PyAny>>) -> PyResult<(u32, u32)> {
        let step = |step: &Bound<'_, PyAny>| match step.cast::<PyString>() {
            Ok(key) => Ok(Step::from(key.to_str()?)),
            Err(_) => Ok(Step::from(step.extract::<usize>()?)),
        };
        let steps: PyResult<Vec<Step>> = path.iter().map(step).collect();
        let position = self.0.position_of(&steps?);
        Ok((position.row, position.col))
    }

    /// The input of a policy that expects the object itself (`"object"`), an AdmissionReview (`"admission"`) or
    /// Gatekeeper's review with parameters (`"gatekeeper"`).
    #[pyo3(signature = (shape="object", parameters=None))]
    fn input<'py>(
        &self,
        py: Python<'py>,
        shape: &str,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let parameters = parameters.map(|given| json_value(given, "parameters")).transpose()?;
        object_of(py, &input(shape_of(shape)?, self.0.object(), parameters.as_ref()))
    }

    fn __repr__(&self) -> String {
        let (kind, namespace, name) = (self.kind(), self.namespace(), self.name());
        let separator = if namespace.is_empty() { "" } else { "/" };
        format!("<solon.kubernetes.Manifest {kind} {namespace}{separator}{name}>")
    }
}

/// The objects of a YAML or JSON text of any number of documents; lists are unwrapped. `file` is what errors and
/// manifests call the text.
///
/// >>> from solon.kubernetes import manifests
/// >>> [pod] = manifests("kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec: {hostNetwork: true}")
/// >>> pod.kind, pod.name, pod.position(["spec", "hostNetwork"])
/// ('Pod', 'web', (4, 8))
#[pyfunction]
#[pyo3(signature = (text, file=""))]
pub fn manifests(py: Python<'_>, text: &Bound<'_, PyAny>, file: &str) -> PyResult<Vec<Manifest>> {
    let read = read_manifests(file, &text_of(text)?, &Options::default());
    Ok(read.map_err(|error| of_kubernetes(py, &error))?.into_iter().map(Manifest).collect())
}

/// An admission webhook without its server: `Admission(rules=[], templates=[], constraints=[])`.
///
/// - `rules`: pairs of a `Policy` and a query whose last part says what its value means (`allow`, `deny`, `violation`,
///   `warn`); a third item says which input it expects: `"admission"` (if there is none), `"object"`, `"gatekeeper"`
/// - `templates`, `constraints`: texts of Gatekeeper's ConstraintTemplates and constraints
///
/// >>> import solon, solon.kubernetes
/// >>> policy = solon.Policy("""
/// ... package pods
/// ... deny contains "no host network" if input.request.object.spec.hostNetwork
/// ... """)
/// >>> admission = solon.kubernetes.Admission([(policy, "data.pods.deny")])
/// >>> answer = admission.review({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
/// ...     "uid": "7", "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"},
/// ...     "object": {"kind": "Pod", "spec": {"hostNetwork": True}}}})
/// >>> answer["response"]["allowed"], answer["response"]["status"]["message"]
/// (False, 'no host network')
#[pyclass(frozen, module = "solon.kubernetes")]
pub struct Admission(webhook::Admission);

#[pymethods]
impl Admission {
    #[new]
    #[pyo3(signature = (rules=vec![], templates=vec![], constraints=vec![]))]
    #[pyo3(text_signature = "(rules=(), templates=(), constraints=())")]
    fn new(
        py: Python<'_>,
        rules: Vec<Bound<'_, PyAny>>,
        templates: Vec<Bound<'_, PyAny>>,
        constraints: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let wrong = |error: solon::k8s::Error| of_kubernetes(py, &error);
        let mut admission =
            webhook::Admission::new().host(std::sync::Arc::new(crate::host::PythonHost::new(None, &[], None)));
        for rule in &rules {
            let (policy, query, shape) = rule_of(rule)?;
            admission = admission.rule(policy.get().native(), &query, shape_of(&shape)?).map_err(wrong)?;
        }
        for text in &templates {
            for found in read_manifests("template", &text_of(text)?, &Options::default()).map_err(wrong)? {
                let template = Template::read(&found).map_err(wrong)?;
                let compiled = TemplatePolicy::compile("template", &template, Compiler::new()).map_err(wrong)?;
                admission = admission.template(compiled);
            }
        }
        for text in &constraints {
            for found in read_manifests("constraint", &text_of(text)?, &Options::default()).map_err(wrong)? {
                let constraint = Constraint::read(&found).map_err(wrong)?;
                admission = admission.constraint(constraint).map_err(wrong)?;
            }
        }
        Ok(Admission(admission))
    }

    /// The AdmissionReview that answers one, which is an object or `bytes` of JSON. Whatever goes wrong is an answer
    /// that refuses.
    fn review<'py>(&self, py: Python<'py>, review: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = match json_of(review, "review") {
            Ok(bytes) => bytes,
            Err(error) if !error.is_instance_of::<PyException>(py) => return Err(error),
            Err(error) => return object_of(py, &refusal(review, error.value(py).to_string())),
        };
        let _entered = enter();
        let answer = py.detach(|| match self.0.review(&bytes) {
            Ok(response) => response.to_json(),
            Err(error) => error.response(),
        });
        match kept() {
            // A signal, not something that a policy did.
            Some(error) if !error.is_instance_of::<PyException>(py) => Err(error),
            _ => object_of(py, &answer),
        }
    }
}

/// The answer to a review that is no JSON, which repeats the request's id if it has one.
fn refusal(review: &Bound<'_, PyAny>, message: String) -> serde_json::Value {
    let uid = field(review, "request").and_then(|request| field(&request, "uid"));
    let uid = uid.as_ref().and_then(|uid| uid.cast::<PyString>().ok()?.to_str().ok()).map(str::to_owned);
    ReviewError { uid, error: Error::new(ErrorCode::Value, message) }.response()
}

fn field<'py>(object: &Bound<'py, PyAny>, key: &str) -> Option<Bound<'py, PyAny>> {
    object.cast::<PyDict>().ok()?.get_item(key).ok()?
}

/// A rule as it is given: a policy, a query and, perhaps, a shape.
fn rule_of<'py>(rule: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, Policy>, String, String)> {
    if let Ok((policy, query)) = rule.extract::<(Bound<'py, Policy>, String)>() {
        return Ok((policy, query, Shape::AdmissionRequest.as_str().to_owned()));
    }
    let triple = rule.extract::<(Bound<'py, Policy>, String, String)>();
    triple.map_err(|_| PyTypeError::new_err("a rule is a policy, a query and, perhaps, a shape"))
}
