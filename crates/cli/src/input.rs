//! The input document: JSON or YAML, or Kubernetes manifests in the shape that a policy expects.

use crate::args::Eval;
use crate::report::io_text;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use solon::k8s::constraint::Constraint;
use solon::k8s::document::Options;
use solon::k8s::manifest::read_manifests;
use solon::k8s::shape::{self, Shape};
use solon::k8s::yaml::{read_documents, yaml_to_json};
use solon::{ParsedInput, Policy};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The text of an input that was read but not understood yet.
pub struct Text {
    /// The file's name; empty for stdin.
    file: String,
    bytes: Vec<u8>,
    shape: Option<(Shape, Value)>,
}

/// One input of the query.
pub struct Item {
    /// The document.
    pub input: ParsedInput,
    /// Which object it is, if there are several.
    pub origin: Option<Origin>,
}

/// Which object of a file an input is.
#[derive(Clone, Debug)]
pub struct Origin {
    file: String,
    row: u32,
    object: Value,
}

/// Reads the text of the input that the arguments ask for, if any.
pub fn read(arguments: &Eval) -> Result<Option<Text>> {
    let (file, bytes) = match &arguments.input {
        Some(path) => (path.display().to_string(), read_file(path)?),
        None if arguments.stdin_input => (String::new(), read_stdin()?),
        None => return Ok(None),
    };
    let shape = match arguments.shape {
        Some(shape) => Some((shape.into(), arguments.parameters.as_deref().map_or(Ok(json!({})), parameters)?)),
        None => None,
    };
    Ok(Some(Text { file, bytes, shape }))
}

/// A file's bytes.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| anyhow!("open {}: {}", path.display(), io_text(&error)))
}

/// Everything on stdin.
pub fn read_stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("reading stdin")?;
    Ok(bytes)
}

/// The parameters in a file: those of a constraint, or the whole document.
fn parameters(path: &Path) -> Result<Value> {
    let name = path.display().to_string();
    let bytes = read_file(path)?;
    if let Ok(manifests) = read_manifests(&name, &bytes, &Options::default())
        && let Some(manifest) = manifests.iter().find(|manifest| Constraint::is_constraint(manifest))
    {
        return Ok(Constraint::read(manifest)?.parameters);
    }
    let mut values = yaml_to_json(&bytes).with_context(|| name.clone())?;
    match (values.pop(), values.is_empty()) {
        (Some(value), true) => Ok(value),
        _ => bail!("{name}: expected one document with the parameters"),
    }
}

impl Text {
    /// The inputs that the text stands for.
    pub fn items(&self, policy: &Policy) -> Result<Vec<Item>> {
        let unreadable = |error: &dyn fmt::Display| anyhow!("unable to parse input: {error}");
        let parse =
            |value: &Value| policy.parse_input(value.to_string().as_bytes()).map_err(|error| unreadable(&error));
        if let Some((shape, parameters)) = &self.shape {
            let manifests = read_manifests(&self.file, &self.bytes, &Options::default())?;
            if manifests.is_empty() {
                bail!("{}: there is no manifest in it", self.name());
            }
            let several = manifests.len() > 1;
            let items = manifests.iter().map(|manifest| {
                let input = parse(&shape::input(*shape, manifest.object(), Some(parameters)))?;
                let origin = || self.origin(manifest.position_of(&[]).row, manifest.object());
                Ok(Item { input, origin: several.then(origin) })
            });
            return items.collect();
        }
        if let Ok(input) = policy.parse_input(&self.bytes) {
            return Ok(vec![Item { input, origin: None }]);
        }
        let mut documents = read_documents(&self.bytes, &Options::opa()).map_err(|error| unreadable(&error))?;
        if documents.len() > 1 {
            documents.retain(|document| !document.value().is_null());
        }
        if documents.is_empty() {
            return Ok(vec![Item { input: parse(&Value::Null)?, origin: None }]);
        }
        let several = documents.len() > 1;
        let items = documents.iter().map(|document| {
            let origin = || self.origin(document.position_of(&[]).row, document.value());
            Ok(Item { input: parse(document.value())?, origin: several.then(origin) })
        });
        items.collect()
    }

    fn name(&self) -> &str {
        if self.file.is_empty() { "stdin" } else { &self.file }
    }

    fn origin(&self, row: u32, object: &Value) -> Origin {
        let metadata = |name: &str| object.pointer(&format!("/metadata/{name}")).cloned().unwrap_or_else(|| "".into());
        let object = json!({
            "apiVersion": object.get("apiVersion").unwrap_or(&Value::Null),
            "kind": object.get("kind").unwrap_or(&Value::Null),
            "namespace": metadata("namespace"),
            "name": metadata("name"),
        });
        Origin { file: self.name().to_owned(), row, object }
    }
}

impl Origin {
    /// The place and the object's names.
    pub fn json(&self) -> String {
        let mut fields = json!({"file": self.file, "row": self.row});
        if let (Value::Object(fields), Value::Object(object)) = (&mut fields, &self.object) {
            fields.extend(object.clone());
        }
        fields.to_string()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:", self.file, self.row)?;
        let text = |name: &str| self.object.get(name).and_then(Value::as_str).unwrap_or_default();
        match (text("kind"), text("namespace"), text("name")) {
            ("", _, _) => Ok(()),
            (kind, _, "") => write!(out, " {kind}"),
            (kind, "", name) => write!(out, " {kind} {name}"),
            (kind, namespace, name) => write!(out, " {kind} {namespace}/{name}"),
        }
    }
}
