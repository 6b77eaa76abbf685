//! Which shape of input a policy was written for, told from the constant paths below `input` that it reads.

use crate::shape::Shape;

/// What the paths of a policy say about the input it expects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inference {
    /// The shape that most paths fit; none if no path is one of Kubernetes.
    pub shape: Option<Shape>,
    /// Paths that can never exist in that shape, so that what reads them is always undefined.
    pub warnings: Vec<PathWarning>,
}

/// A path that cannot exist in the inferred shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathWarning {
    /// The path below `input`, as it was given.
    pub path: Vec<String>,
    /// Which of the path's steps is wrong, from 0.
    pub step: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The path below `input` that was probably meant.
    pub suggestion: Option<Vec<String>>,
}

/// What may stand below a field.
enum Below {
    /// Anything: the schema is not ours to know.
    Open,
    /// An object of Kubernetes.
    Object,
    /// These fields and no others.
    Closed(&'static [(&'static str, Below)]),
    /// Lists of text and values without fields; what is read below them is an index.
    Leaf,
}

use Below::{Closed, Leaf, Object, Open};

const GROUP_VERSION_KIND: Below = Closed(&[("group", Leaf), ("version", Leaf), ("kind", Leaf)]);
const GROUP_VERSION_RESOURCE: Below = Closed(&[("group", Leaf), ("version", Leaf), ("resource", Leaf)]);
const USER_INFO: Below = Closed(&[("username", Leaf), ("uid", Leaf), ("groups", Leaf), ("extra", Open)]);
const UNSTABLE: Below = Closed(&[("namespace", Object)]);

/// `request` of an AdmissionReview; `review` of Gatekeeper has `_unstable` besides.
const REVIEW: &[(&str, Below)] = &[
    ("uid", Leaf),
    ("kind", GROUP_VERSION_KIND),
    ("resource", GROUP_VERSION_RESOURCE),
    ("subResource", Leaf),
    ("requestKind", GROUP_VERSION_KIND),
    ("requestResource", GROUP_VERSION_RESOURCE),
    ("requestSubResource", Leaf),
    ("name", Leaf),
    ("namespace", Leaf),
    ("operation", Leaf),
    ("userInfo", USER_INFO),
    ("object", Object),
    ("oldObject", Object),
    ("dryRun", Leaf),
    ("options", Open),
    ("_unstable", UNSTABLE),
];

const ADMISSION_ROOT: &[(&str, Below)] = &[("apiVersion", Leaf), ("kind", Leaf), ("request", Closed(REVIEW))];
const GATEKEEPER_ROOT: &[(&str, Below)] = &[("review", Closed(REVIEW)), ("parameters", Open)];

const METADATA: Below = Closed(&[
    ("name", Leaf),
    ("generateName", Leaf),
    ("namespace", Leaf),
    ("uid", Leaf),
    ("labels", Open),
    ("annotations", Open),
    ("ownerReferences", Open),
    ("finalizers", Open),
    ("generation", Leaf),
    ("resourceVersion", Leaf),
    ("creationTimestamp", Leaf),
    ("deletionTimestamp", Leaf),
    ("deletionGracePeriodSeconds", Leaf),
    ("managedFields", Open),
    ("selfLink", Leaf),
]);

/// Fields at the top of Kubernetes' own kinds. Custom resources may have others, so that only a near miss is doubted.
const OBJECT_ROOT: &[(&str, Below)] = &[
    ("apiVersion", Leaf),
    ("kind", Leaf),
    ("metadata", METADATA),
    ("spec", Open),
    ("status", Open),
    ("data", Open),
    ("stringData", Open),
    ("binaryData", Open),
    ("immutable", Leaf),
    ("type", Leaf),
    ("rules", Open),
    ("subjects", Open),
    ("roleRef", Open),
    ("aggregationRule", Open),
    ("webhooks", Open),
    ("secrets", Open),
    ("imagePullSecrets", Open),
    ("automountServiceAccountToken", Leaf),
    ("provisioner", Leaf),
    ("parameters", Open),
    ("reclaimPolicy", Leaf),
    ("mountOptions", Open),
    ("allowVolumeExpansion", Leaf),
    ("volumeBindingMode", Leaf),
    ("allowedTopologies", Open),
    ("subsets", Open),
    ("endpoints", Open),
    ("addressType", Leaf),
    ("ports", Open),
    ("template", Open),
    ("value", Leaf),
    ("globalDefault", Leaf),
    ("preemptionPolicy", Leaf),
    ("description", Leaf),
    ("handler", Leaf),
    ("overhead", Open),
    ("scheduling", Open),
    ("items", Open),
];

/// Tells the shape from the constant paths below `input` that a policy reads, and warns of paths that cannot exist.
///
/// ```
/// use solon_k8s::{infer::infer, shape::Shape};
/// let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
/// let found = infer(&[path("review.object.spec.containers"), path("parameters.repos"), path("review.spec")]);
/// assert_eq!(found.shape, Some(Shape::GatekeeperReview));
/// assert_eq!(found.warnings[0].suggestion, Some(path("review.object.spec")));
/// ```
pub fn infer(paths: &[Vec<String>]) -> Inference {
    // In the order in which they win if equal: `input.kind` alone is the bare object.
    let shapes = [Shape::Object, Shape::GatekeeperReview, Shape::AdmissionRequest];
    let mut best: Option<(usize, Shape)> = None;
    for shape in shapes {
        let score = paths.iter().map(|path| evidence(shape, path)).sum();
        if score > 0 && best.is_none_or(|(known, _)| score > known) {
            best = Some((score, shape));
        }
    }
    match best {
        None => Inference::default(),
        Some((_, shape)) => {
            Inference { shape: Some(shape), warnings: paths.iter().filter_map(|path| check(shape, path)).collect() }
        }
    }
}

fn root(shape: Shape) -> &'static [(&'static str, Below)] {
    match shape {
        Shape::Object => OBJECT_ROOT,
        Shape::AdmissionRequest => ADMISSION_ROOT,
        Shape::GatekeeperReview => GATEKEEPER_ROOT,
    }
}

/// How much a path speaks for a shape: much if its first field is one of the shape's alone, a little if it is nearly
/// one.
fn evidence(shape: Shape, path: &[String]) -> usize {
    let Some(first) = path.first() else { return 0 };
    let wrapper = matches!(first.as_str(), "request" | "review" | "parameters");
    match root(shape).iter().any(|(name, _)| name == first) {
        true if wrapper && shape == Shape::Object => 1,
        true if first == "kind" || first == "apiVersion" => 2,
        true => 4,
        false => usize::from(nearest(first, root(shape)).is_some()),
    }
}

/// Warns if a path cannot exist in a shape.
pub fn check(shape: Shape, path: &[String]) -> Option<PathWarning> {
    let mut fields = root(shape);
    let mut open_root = shape == Shape::Object;
    for (step, name) in path.iter().enumerate() {
        match fields.iter().find(|(known, _)| known == name) {
            Some((_, Open | Leaf)) => return None,
            Some((_, Object)) => {
                fields = OBJECT_ROOT;
                open_root = true;
            }
            Some((_, Closed(inner))) => {
                fields = inner;
                open_root = false;
            }
            None => return miss(shape, path, step, name, fields, open_root),
        }
    }
    None
}

fn miss(
    shape: Shape,
    path: &[String],
    step: usize,
    name: &str,
    fields: &[(&'static str, Below)],
    open_root: bool,
) -> Option<PathWarning> {
    let replaced = |with: &[&str]| -> Vec<String> {
        let before = path.iter().take(step).cloned();
        before.chain(with.iter().map(|s| (*s).to_owned())).chain(path.iter().skip(step + 1).cloned()).collect()
    };
    let wrapper = match (shape, name, step) {
        (Shape::AdmissionRequest, "review", 0) => Some("request"),
        (Shape::GatekeeperReview, "request", 0) => Some("review"),
        _ => None,
    };
    let near = nearest(name, fields);
    let known_object_field = OBJECT_ROOT.iter().any(|(known, _)| *known == name);
    let suggestion = if let Some(wrapper) = wrapper {
        Some(replaced(&[wrapper]))
    } else if shape == Shape::Object && step == 0 && matches!(name, "request" | "review") {
        let rest = path.get(1..).unwrap_or_default();
        Some(rest.strip_prefix(&["object".to_owned()]).unwrap_or(rest).to_vec()).filter(|path| !path.is_empty())
    } else if open_root {
        // A custom resource may have a field of any name: only a near miss is doubted.
        Some(replaced(&[near?]))
    } else if known_object_field && step < shape.object_path().len() {
        let mut whole: Vec<String> = shape.object_path().iter().map(|s| (*s).to_owned()).collect();
        whole.extend(path.iter().skip(step).cloned());
        Some(whole)
    } else {
        near.map(|near| replaced(&[near]))
    };
    let holder = path.iter().take(step).fold("input".to_owned(), |text, name| format!("{text}.{name}"));
    let mut message = format!("`{holder}` has no field `{name}` in the shape `{}`", shape.as_str());
    if let Some(suggestion) = &suggestion {
        message.push_str(&format!("; did you mean `input.{}`?", suggestion.join(".")));
    }
    Some(PathWarning { path: path.to_vec(), step, message, suggestion })
}

/// The field whose name differs least, if it differs little.
fn nearest(name: &str, fields: &[(&'static str, Below)]) -> Option<&'static str> {
    let limit = match name.chars().count() {
        0..=3 => return None,
        4..=6 => 1,
        _ => 2,
    };
    let (distance, field) = fields.iter().map(|(field, _)| (distance(name, field), *field)).min()?;
    (distance > 0 && distance <= limit).then_some(field)
}

/// Levenshtein's distance, with a change of case alone counted as 1 and two exchanged neighbours as 1.
fn distance(a: &str, b: &str) -> usize {
    if a.eq_ignore_ascii_case(b) {
        return usize::from(a != b);
    }
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_char = None;
    for (i, ca) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&last, j) + usize::from(ca != *cb)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let exchanged = j > 0 && b.get(j - 1) == Some(&ca) && previous_char == Some(*cb);
            if exchanged {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
        previous_char = Some(ca);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> Vec<Vec<String>> {
        texts.iter().map(|text| text.split('.').map(str::to_owned).collect()).collect()
    }

    fn shape(texts: &[&str]) -> Option<Shape> {
        infer(&paths(texts)).shape
    }

    #[test]
    fn the_shape_most_paths_fit() {
        assert_eq!(shape(&["kind", "spec.template"]), Some(Shape::Object));
        assert_eq!(shape(&["kind"]), Some(Shape::Object));
        assert_eq!(shape(&["request.kind.kind", "request.object.metadata.labels"]), Some(Shape::AdmissionRequest));
        assert_eq!(shape(&["kind", "request.uid"]), Some(Shape::AdmissionRequest));
        assert_eq!(shape(&["parameters.labels", "review.object"]), Some(Shape::GatekeeperReview));
        assert_eq!(shape(&["parameters"]), Some(Shape::GatekeeperReview));
        assert_eq!(shape(&["metdata.labels"]), Some(Shape::Object));
        assert_eq!(shape(&["user", "method"]), None);
        assert_eq!(shape(&[]), None);
    }

    #[test]
    fn paths_that_cannot_exist() {
        let cases: &[(&[&str], &str)] = &[
            (&["spec", "metdata.labels"], "metadata.labels"),
            (&["spec", "metadata.lables"], "metadata.labels"),
            (&["spec", "kind", "review.object.kind"], "kind"),
            (&["review.object.spec", "request.object.kind"], "review.object.kind"),
            (&["request.object", "request.object.metadata", "metadata.name"], "request.object.metadata.name"),
            (&["request.object", "request.operaton"], "request.operation"),
            (&["request.userinfo.username"], "request.userInfo.username"),
            (&["review.object.kind", "parameters", "review.metadata.name"], "review.object.metadata.name"),
        ];
        for (given, suggestion) in cases {
            let found = infer(&paths(given));
            let suggestions: Vec<_> = found.warnings.iter().map(|w| w.suggestion.clone().unwrap().join(".")).collect();
            assert_eq!(suggestions, [*suggestion], "{given:?}");
        }
    }

    #[test]
    fn what_may_exist_is_not_doubted() {
        for given in [
            &["spec.anything", "metadata.labels.app", "customField"][..],
            &["review.object.spec", "parameters.x", "review.userInfo.groups", "review._unstable.namespace.metadata"],
            &["request.object.metadata.name", "request.kind.kind", "kind", "request.options.dryRun"],
        ] {
            assert_eq!(infer(&paths(given)).warnings, [], "{given:?}");
        }
    }
}
