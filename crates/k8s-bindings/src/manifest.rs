//! Kubernetes manifests: the objects of a YAML or JSON text, lists unwrapped, each with the place of its fields.
//!
//! Takes text from [`crate::yaml`]; knows of Kubernetes only that an object has an `apiVersion` and a `kind`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::document::{Document, Options, Position, Step, Warning, get};
use crate::error::{Error, ErrorCode};
use crate::yaml::read_documents;

/// One Kubernetes object and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    file: String,
    object: Value,
    /// Shared by all items of a list.
    document: Arc<Document>,
    /// Where the object is within its document: empty, or `items[3]` of a list.
    base: Vec<Step>,
}

/// Reads all objects of a manifest. Empty documents are skipped; a `List` (`kind: List`, `PodList`, ..) becomes its
/// items. `file` is only used to name the place.
///
/// ```
/// use solon_k8s::{document::Options, manifest::read_manifests};
/// let text = b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  hostNetwork: true\n";
/// let manifests = read_manifests("web.yaml", text, &Options::default())?;
/// assert_eq!((manifests[0].kind(), manifests[0].name()), ("Pod", "web"));
/// let place = manifests[0].position_of(&["spec".into(), "hostNetwork".into()]);
/// assert_eq!(place.to_string(), "6:3");
/// # Ok::<(), solon_k8s::Error>(())
/// ```
///
/// # Errors
/// Text that is not YAML or JSON, and documents that are not Kubernetes objects, with file, row and column.
pub fn read_manifests(file: &str, bytes: &[u8], options: &Options) -> Result<Vec<Manifest>, Error> {
    let mut manifests = Vec::new();
    let documents = read_documents(bytes, options).map_err(|error| error.in_file(file))?;
    for document in documents {
        if document.value().is_null() {
            continue;
        }
        let object = document.value().clone();
        let document = Arc::new(document);
        unwrap_list(file, object, &document, Vec::new(), &mut manifests).map_err(|error| error.in_file(file))?;
    }
    Ok(manifests)
}

fn unwrap_list(
    file: &str,
    object: Value,
    document: &Arc<Document>,
    base: Vec<Step>,
    out: &mut Vec<Manifest>,
) -> Result<(), Error> {
    check_object(&object, document, &base)?;
    let kind = text_field(&object, "kind").to_owned();
    let Some(item_kind) = kind.strip_suffix("List").filter(|_| object.get("items").is_some_and(Value::is_array)) else {
        out.push(Manifest { file: file.to_owned(), object, document: Arc::clone(document), base });
        return Ok(());
    };
    let api_version = text_field(&object, "apiVersion").to_owned();
    let Some(Value::Array(items)) = take_field(object, "items") else { return Ok(()) };
    for (index, mut item) in items.into_iter().enumerate() {
        let mut base = base.clone();
        base.extend([Step::from("items"), Step::Item(index)]);
        // The API server leaves kind and version out of the items of a typed list.
        if let (Value::Object(map), false) = (&mut item, item_kind.is_empty()) {
            fill(map, "apiVersion", &api_version);
            fill(map, "kind", item_kind);
        }
        unwrap_list(file, item, document, base, out)?;
    }
    Ok(())
}

fn fill(map: &mut Map<String, Value>, key: &str, text: &str) {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), Value::from(text));
    }
}

fn take_field(object: Value, name: &str) -> Option<Value> {
    match object {
        Value::Object(mut map) => map.remove(name),
        _ => None,
    }
}

fn check_object(object: &Value, document: &Document, base: &[Step]) -> Result<(), Error> {
    let place = document.value_position_of(base);
    if !object.is_object() {
        let message = format!("expected a Kubernetes object, found {}", type_name(object));
        return Err(Error::new(ErrorCode::Unexpected, message)
            .at(place)
            .hint("a manifest starts with `apiVersion:` and `kind:`"));
    }
    for (field, example) in [("apiVersion", "apps/v1"), ("kind", "Deployment")] {
        let mut path = base.to_vec();
        path.push(field.into());
        let error = match object.get(field) {
            Some(Value::String(text)) if !text.is_empty() => continue,
            None => Error::new(ErrorCode::Missing, format!("the object has no `{field}`")).at(place),
            Some(other) => {
                let message = format!("`{field}` must be a name, found {}", type_name(other));
                Error::new(ErrorCode::Unexpected, message).at(document.value_position_of(&path))
            }
        };
        return Err(error.hint(format!("for example `{field}: {example}`")));
    }
    Ok(())
}

/// A value's type as errors name it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "empty text",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A field that should be text, or nothing.
pub(crate) fn text_field<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The group and the version of an `apiVersion`: `apps/v1` or `v1`, whose group is empty.
///
/// ```
/// assert_eq!(solon_k8s::manifest::group_version("apps/v1"), ("apps", "v1"));
/// assert_eq!(solon_k8s::manifest::group_version("v1"), ("", "v1"));
/// ```
pub fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl Manifest {
    /// An object that does not come from a text; every field is at row 1, column 1.
    pub fn from_object(file: &str, object: Value) -> Result<Manifest, Error> {
        let document = Document {
            value: Value::Null,
            places: crate::document::Places::leaf(Position::START),
            number: 0,
            warnings: Vec::new(),
        };
        check_object(&object, &document, &[]).map_err(|error| error.in_file(file))?;
        Ok(Manifest { file: file.to_owned(), object, document: Arc::new(document), base: Vec::new() })
    }

    /// The file, as the caller named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The object.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// The number of the document in the file, from 0.
    pub fn document_number(&self) -> usize {
        self.document.number()
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        text_field(&self.object, "apiVersion")
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        text_field(&self.object, "kind")
    }

    /// `metadata.name`, or `metadata.generateName`, or empty.
    pub fn name(&self) -> &str {
        match self.metadata("name") {
            "" => self.metadata("generateName"),
            name => name,
        }
    }

    /// `metadata.namespace`, or empty.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    fn metadata(&self, name: &str) -> &str {
        self.object.get("metadata").map(|metadata| text_field(metadata, name)).unwrap_or_default()
    }

    /// The value at a path of the object.
    pub fn get(&self, path: &[Step]) -> Option<&Value> {
        get(&self.object, path)
    }

    /// Where the field (its key) or the item at a path of the object stands; for a field that is not there, where the
    /// deepest field on the way to it stands.
    pub fn position_of(&self, path: &[Step]) -> Position {
        self.document.position_of(&self.full_path(path))
    }

    /// Where the value at a path of the object stands, after its key.
    pub fn value_position_of(&self, path: &[Step]) -> Position {
        self.document.value_position_of(&self.full_path(path))
    }

    fn full_path(&self, path: &[Step]) -> Vec<Step> {
        self.base.iter().chain(path).cloned().collect()
    }

    /// What the reader found doubtful in the object's document.
    pub fn warnings(&self) -> &[Warning] {
        self.document.warnings()
    }

    /// An error at a path of the object.
    pub(crate) fn error(&self, code: ErrorCode, path: &[Step], message: impl Into<String>) -> Error {
        Error::new(code, message).in_file(&self.file).at(self.position_of(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Manifest>, Error> {
        read_manifests("f.yaml", text.as_bytes(), &Options::default())
    }

    #[test]
    fn lists_are_unwrapped_and_keep_their_places() {
        let text = "apiVersion: v1\nkind: PodList\nitems:\n- metadata:\n    name: a\n- apiVersion: v1\n  kind: Pod\n  \
                    metadata: {name: b}\n---\n# nothing\n---\napiVersion: v1\nkind: Secret\n";
        let manifests = read(text).unwrap();
        let seen: Vec<_> = manifests.iter().map(|m| (m.kind(), m.name(), m.document_number())).collect();
        assert_eq!(seen, [("Pod", "a", 0), ("Pod", "b", 0), ("Secret", "", 2)]);
        let name = ["metadata".into(), "name".into()];
        let places: Vec<_> = manifests.iter().map(|m| m.position_of(&name).to_string()).collect();
        assert_eq!(places, ["5:5", "8:14", "12:1"]);
        assert_eq!(manifests.first().unwrap().api_version(), "v1");
    }

    #[test]
    fn json_has_the_same_places() {
        let text =
            "{\"apiVersion\": \"v1\",\n \"kind\": \"Pod\",\n \"spec\": {\"containers\": [\n  {\"name\": \"c\"}]}}";
        let manifests = read(text).unwrap();
        let path = ["spec".into(), "containers".into(), 0.into(), "name".into()];
        assert_eq!(manifests[0].position_of(&path), Position { row: 4, col: 4 });
        assert_eq!(manifests[0].value_position_of(&path), Position { row: 4, col: 12 });
    }

    #[test]
    fn errors_name_file_and_place() {
        let shown = |text| read(text).unwrap_err().to_string();
        assert_eq!(
            shown("a: 1"),
            "f.yaml:1:1: the object has no `apiVersion` (hint: for example `apiVersion: apps/v1`)"
        );
        assert_eq!(
            shown("apiVersion: v1\nkind: 3"),
            "f.yaml:2:7: `kind` must be a name, found a number (hint: for example `kind: Deployment`)"
        );
        assert!(shown("apiVersion: v1\nkind: Pod\nkind: Job\n").starts_with("f.yaml:3:1: the key `kind` stands twice"));
        assert!(shown("- 1").starts_with("f.yaml:1:1: expected a Kubernetes object, found a list"));
        assert!(shown("a:\n\t- b").contains("indent with spaces"));
    }

    #[test]
    fn hostile_text_ends_in_an_error() {
        let mut bomb = String::from("a0: &a0 [x, x]\n");
        for i in 1..40 {
            bomb.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1));
        }
        let deep = "- ".repeat(100_000);
        let nested_aliases = format!(
            "a: &a {}1{}\nb: &b {}*a{}\nc: {}*b{}",
            "[".repeat(240),
            "]".repeat(240),
            "[".repeat(240),
            "]".repeat(240),
            "[".repeat(40),
            "]".repeat(40)
        );
        for text in [bomb.as_str(), deep.as_str(), nested_aliases.as_str(), &"[".repeat(100_000), &"{a: ".repeat(1000)]
        {
            assert!(read(text).is_err());
        }
        assert_eq!(read(&bomb).unwrap_err().code(), ErrorCode::Limit);
        assert_eq!(read(&deep).unwrap_err().code(), ErrorCode::Limit);
    }

    #[test]
    fn the_deepest_text_allowed_is_read_on_a_small_stack() {
        use crate::document::Step;
        let json = format!("{}1{}", "{\"a\": [".repeat(249), "]}".repeat(249));
        let yaml: String = (0..499).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
        let inline = format!("&a {}1{}", "[".repeat(250), "]".repeat(250));
        let aliases = format!("- {inline}\n- {}*a{}\n", "[".repeat(240), "]".repeat(240));
        let reads = move || {
            for text in [yaml, aliases, json] {
                let document = crate::yaml::read_documents(text.as_bytes(), &Options::default()).unwrap().remove(0);
                assert_eq!(document.clone(), document);
                document.position_of(&vec![Step::Field("a".to_owned()); 499]);
                assert!(document.value().to_string().len() > 499);
            }
        };
        std::thread::Builder::new().stack_size(1 << 20).spawn(reads).unwrap().join().unwrap();
    }

    #[test]
    fn yaml_1_1_booleans_are_warned_of() {
        let manifests = read("apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: yes\n").unwrap();
        assert_eq!(manifests[0].warnings()[0].position, Position { row: 4, col: 16 });
    }
}
