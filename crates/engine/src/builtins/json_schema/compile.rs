//! JSON schemas made ready for use: checked, references resolved, patterns compiled.
//!
//! Takes the schema as a value, gives a table of nodes that refer to one another by number, so that a schema may be
//! recursive. Keywords are read in OPA's order, which decides what is told of a schema with several mistakes.

use super::keywords::{array, lengths, numbers, pattern, string};
use super::number;
use super::schema::{Dependency, Node, Others, Schema};
use crate::builtins::uri::{Uri, resolve};
use crate::builtins::{Failure, stack};
use crate::value::{Object, Value};
use std::collections::{HashMap, HashSet};

/// Versions of JSON Schema, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Four,
    Six,
    Seven,
    /// No version is named: all keywords count.
    Any,
}

const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

/// How many bytes a node counts for.
const NODE_BYTES: usize = size_of::<Node>();

/// How deep schemas may nest, references followed.
pub(super) const MAX_DEPTH: usize = 10_000;

pub(super) type Step<T = ()> = Result<T, Failure>;

pub(super) fn fail<T>(what: impl Into<String>) -> Step<T> {
    Err(Failure::Error(what.into()))
}

pub(super) fn invalid_type<T>(expected: &str, given: &str) -> Step<T> {
    fail(format!("Invalid type. Expected: {expected}, given: {given}"))
}

/// Compiles a schema; `max_bytes` is what the result may take.
pub(super) fn compile(document: Value<'_>, max_bytes: usize) -> Step<Schema> {
    let draft = draft(&document)?;
    let mut compiler = Compiler {
        draft,
        max_bytes,
        depth: 0,
        nodes: Vec::new(),
        documents: HashMap::new(),
        absolute: HashMap::new(),
        references: HashMap::new(),
    };
    compiler.collect(document, "")?;
    compiler.documents.insert(String::new(), document);
    compiler.schema(document)?;
    let names = compiler.references.into_iter().map(|(name, node)| (node, name)).collect();
    Ok(Schema { nodes: compiler.nodes, names })
}

/// The version that a schema says it is of.
fn draft(document: &Value<'_>) -> Step<Draft> {
    match document {
        Value::Bool(_) => return Ok(Draft::Any),
        Value::Object(_) => {}
        _ => return fail("schema is invalid"),
    }
    let Some(version) = document.field("$schema") else {
        return Ok(Draft::Any);
    };
    let Some(version) = version.as_str() else {
        return fail("$schema must be of type string");
    };
    Uri::parse(version).map_err(Failure::Error)?;
    Ok(match version.strip_suffix('#').unwrap_or(version) {
        "http://json-schema.org/draft-04/schema" => Draft::Four,
        "http://json-schema.org/draft-06/schema" => Draft::Six,
        "http://json-schema.org/draft-07/schema" => Draft::Seven,
        _ => Draft::Any,
    })
}

struct Compiler<'v> {
    draft: Draft,
    max_bytes: usize,
    depth: usize,
    nodes: Vec<Node>,
    /// The schemas that have identifiers of their own.
    documents: HashMap<String, Value<'v>>,
    /// The full references of the objects that have one, by their addresses.
    absolute: HashMap<usize, String>,
    /// The nodes of references already followed.
    references: HashMap<String, usize>,
}

/// An object's identity.
fn address(object: Object<'_>) -> usize {
    object.entries().as_ptr().addr()
}

impl<'v> Compiler<'v> {
    fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::Halt("JSON schema is nested too deep".into()));
        }
        let result = stack::nested(|| work(self));
        self.depth -= 1;
        result
    }

    /// Notes identifiers and the full form of references below `value`, where relative ones begin at `base`.
    fn collect(&mut self, value: Value<'v>, base: &str) -> Step {
        let object = match value {
            Value::Array(items) => {
                return items.iter().try_for_each(|item| self.nested(|compiler| compiler.collect(*item, base)));
            }
            Value::Object(object) => object,
            _ => return Ok(()),
        };
        let mut base = base.to_owned();
        if let Some(id) = value.field("id").or_else(|| value.field("$id")).and_then(|id| id.as_str())
            && let Some(full) = resolve(&base, id)
        {
            if self.documents.contains_key(&full) {
                return fail(format!("Reference already exists: \"{full}\""));
            }
            self.check_size(full.len())?;
            self.documents.insert(full.clone(), value);
            base = full;
        }
        if let Some(reference) = value.field("$ref").and_then(|reference| reference.as_str())
            && let Some(full) = resolve(&base, reference)
        {
            self.check_size(full.len())?;
            self.absolute.insert(address(object), full);
        }
        for (key, child) in object.entries() {
            match (key.as_str(), child) {
                (Some("const" | "enum"), _) => {}
                (Some("properties" | "dependencies" | "patternProperties"), Value::Object(children)) => {
                    for (_, child) in children.entries() {
                        self.nested(|compiler| compiler.collect(*child, &base))?;
                    }
                }
                (Some("properties" | "dependencies" | "patternProperties"), _) => {}
                _ => self.nested(|compiler| compiler.collect(*child, &base))?,
            }
        }
        Ok(())
    }

    fn check_size(&self, more: usize) -> Step {
        let entries = self.documents.len() + self.absolute.len() + self.nodes.len();
        let size = entries.saturating_mul(NODE_BYTES).saturating_add(more.saturating_mul(entries));
        if size > self.max_bytes { Err(Failure::Halt("JSON schema is too large".into())) } else { Ok(()) }
    }

    fn schema(&mut self, value: Value<'v>) -> Step<usize> {
        let number = self.nodes.len();
        self.check_size(0)?;
        self.nodes.push(Node::default());
        self.fill(number, value)?;
        Ok(number)
    }

    /// Reads `value` into the node kept for it.
    fn fill(&mut self, number: usize, value: Value<'v>) -> Step {
        let mut node = Node::default();
        let result = self.nested(|compiler| compiler.read(&mut node, value));
        if let Some(place) = self.nodes.get_mut(number) {
            *place = node;
        }
        result
    }

    fn read(&mut self, node: &mut Node, value: Value<'v>) -> Step {
        if let (Value::Bool(pass), true) = (value, self.draft >= Draft::Six) {
            node.pass = Some(pass);
            return Ok(());
        }
        let Some(object) = value.as_object() else {
            return fail("Expected: Valid Schema, given: Invalid JSON");
        };
        let id = match self.draft {
            Draft::Four => "id",
            Draft::Any if value.field("id").is_some() => "id",
            _ => "$id",
        };
        if let Some(id) = string(value, id)? {
            Uri::parse(id).map_err(Failure::Error)?;
        }
        match value.field("definitions") {
            None => {}
            Some(Value::Object(definitions)) => {
                for (_, definition) in definitions.entries() {
                    if !is_schema(definition) {
                        return invalid_type("Array Of Schemas", "definitions");
                    }
                    self.schema(*definition)?;
                }
            }
            Some(_) => return invalid_type("Array Of Schemas", "definitions"),
        }
        string(value, "title")?;
        string(value, "description")?;
        if let Some(reference) = string(value, "$ref")? {
            Uri::parse(reference).map_err(Failure::Error)?;
            let full = self.absolute.get(&address(object)).cloned().unwrap_or_else(|| reference.to_owned());
            node.reference = Some(self.follow(full)?);
            return Ok(());
        }
        self.types(node, value)?;
        self.object_keywords(node, value)?;
        self.item_keywords(node, value)?;
        numbers(self.draft, node, value)?;
        lengths(node, value)?;
        if let Some(contains) = value.field("contains").filter(|_| self.draft >= Draft::Six) {
            node.contains = Some(self.schema(contains)?);
        }
        if let Some(constant) = value.field("const").filter(|_| self.draft >= Draft::Six) {
            node.constant = Some(number::canonical(constant).map_err(Failure::Error)?);
        }
        if let Some(values) = array(value, "enum")? {
            let mut found = Vec::with_capacity(values.len());
            let mut seen = HashSet::new();
            for value in values {
                let text = number::canonical(*value).map_err(Failure::Error)?;
                if !seen.insert(text.clone()) {
                    return fail("enum items must be unique");
                }
                found.push(text);
            }
            node.enumeration = Some(found);
        }
        node.one_of = self.schemas(value, "oneOf")?;
        node.any_of = self.schemas(value, "anyOf")?;
        node.all_of = self.schemas(value, "allOf")?;
        node.not = self.condition(value, "not")?;
        if self.draft >= Draft::Seven {
            node.condition = self.condition(value, "if")?;
            node.consequence = self.condition(value, "then")?;
            node.alternative = self.condition(value, "else")?;
        }
        Ok(())
    }

    /// The node that a full reference leads to.
    fn follow(&mut self, reference: String) -> Step<usize> {
        if let Some(known) = self.references.get(&reference) {
            return Ok(*known);
        }
        let number = self.nodes.len();
        self.check_size(reference.len())?;
        self.nodes.push(Node::default());
        self.references.insert(reference.clone(), number);
        let target = self.find(&reference)?;
        if !is_schema(&target) {
            return fail("Valid Schema must be of type object");
        }
        self.fill(number, target)?;
        Ok(number)
    }

    fn find(&self, reference: &str) -> Step<Value<'v>> {
        if let Some(document) = self.documents.get(reference) {
            return Ok(*document);
        }
        let (place, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let Some(document) = self.documents.get(place) else {
            let uri = Uri::parse(reference).map_err(Failure::Error)?;
            let canonical = !uri.scheme.is_empty() && (!uri.host.is_empty() || uri.scheme == "file");
            return if canonical {
                fail(format!("remote reference loading disabled: {reference}"))
            } else {
                fail(format!("Reference {reference} must be canonical"))
            };
        };
        let uri = Uri::parse(reference).map_err(Failure::Error)?;
        let pointer = if pointer.is_empty() { "".into() } else { String::from_utf8_lossy(&uri.fragment) };
        let Some(tokens) = pointer.strip_prefix('/') else {
            return Ok(*document);
        };
        tokens.split('/').try_fold(*document, |value, token| descend(value, token))
    }

    fn types(&mut self, node: &mut Node, value: Value<'v>) -> Step {
        let names = match value.field("type") {
            None => return Ok(()),
            Some(Value::Array(names)) => names.to_vec(),
            Some(name @ Value::String { .. }) => vec![name],
            Some(_) => return invalid_type("type", "string/Array Of Strings"),
        };
        for name in names {
            let Some(name) = name.as_str() else {
                return invalid_type("type", "string/Array Of Strings");
            };
            let Some(known) = TYPES.iter().find(|known| **known == name) else {
                return fail(format!(
                    "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{}]",
                    TYPES.join(" ")
                ));
            };
            if node.types.contains(known) {
                return fail(format!("{name} type is duplicated"));
            }
            node.types.push(known);
        }
        Ok(())
    }

    fn object_keywords(&mut self, node: &mut Node, value: Value<'v>) -> Step {
        match value.field("properties") {
            None => {}
            Some(Value::Object(properties)) => {
                for (name, property) in properties.entries() {
                    let name = name.as_str().unwrap_or_default().to_owned();
                    let number = self.schema(*property)?;
                    node.property_names_known.insert(name.clone());
                    node.properties.push((name, number));
                }
            }
            Some(_) => return fail("Properties must be of type object"),
        }
        node.additional_properties = self.others(value, "additionalProperties")?;
        match value.field("patternProperties") {
            None => {}
            Some(Value::Object(patterns)) => {
                for (source, schema) in patterns.entries() {
                    let source = source.as_str().unwrap_or_default();
                    let pattern = pattern(source, || format!("Invalid regex pattern '{source}'"))?;
                    node.pattern_properties.push((pattern, self.schema(*schema)?));
                }
            }
            Some(_) => return invalid_type("Valid Schema", "patternProperties"),
        }
        if let Some(names) = value.field("propertyNames").filter(|_| self.draft >= Draft::Six) {
            if !is_schema(&names) {
                return invalid_type("Valid Schema", "patternProperties");
            }
            node.property_names = Some(self.schema(names)?);
        }
        self.dependencies(node, value)
    }

    fn dependencies(&mut self, node: &mut Node, value: Value<'v>) -> Step {
        let wrong = || fail("Dependency must be of type Schema Or Array Of Strings");
        let dependencies = match value.field("dependencies") {
            None => return Ok(()),
            Some(Value::Object(dependencies)) => dependencies,
            Some(_) => return fail("dependencies must be of type object"),
        };
        for (name, value) in dependencies.entries() {
            let dependency = match value {
                Value::Array(names) => {
                    let names: Option<Vec<_>> = names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
                    let Some(names) = names else { return wrong() };
                    Dependency::Properties(names)
                }
                value if is_schema(value) => Dependency::Schema(self.schema(*value)?),
                _ => return wrong(),
            };
            node.dependencies.insert(name.as_str().unwrap_or_default().to_owned(), dependency);
        }
        Ok(())
    }

    fn item_keywords(&mut self, node: &mut Node, value: Value<'v>) -> Step {
        let wrong = || invalid_type("Valid Schema/Array Of Schemas", "items");
        match value.field("items") {
            None => {}
            Some(Value::Array(items)) => {
                for item in items {
                    if !is_schema(item) {
                        return wrong();
                    }
                    node.items.push(self.schema(*item)?);
                }
            }
            Some(items) if is_schema(&items) => node.every_item = Some(self.schema(items)?),
            Some(_) => return wrong(),
        }
        node.additional_items = self.others(value, "additionalItems")?;
        Ok(())
    }

    fn others(&mut self, value: Value<'v>, key: &str) -> Step<Others> {
        match value.field(key) {
            None | Some(Value::Bool(true)) => Ok(Others::Allowed),
            Some(Value::Bool(false)) => Ok(Others::Forbidden),
            Some(schema @ Value::Object(_)) => Ok(Others::Schema(self.schema(schema)?)),
            Some(_) => invalid_type("boolean/Valid Schema", key),
        }
    }

    fn schemas(&mut self, value: Value<'v>, key: &str) -> Step<Vec<usize>> {
        array(value, key)?.unwrap_or_default().iter().map(|schema| self.schema(*schema)).collect()
    }

    fn condition(&mut self, value: Value<'v>, key: &str) -> Step<Option<usize>> {
        match value.field(key) {
            None => Ok(None),
            Some(schema) if is_schema(&schema) => Ok(Some(self.schema(schema)?)),
            Some(_) => fail(format!("{key} must be of an object")),
        }
    }
}

fn is_schema(value: &Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Object(_))
}

/// What a step of a JSON pointer leads to.
fn descend<'v>(value: Value<'v>, token: &str) -> Step<Value<'v>> {
    match value {
        Value::Object(object) => {
            let key = token.replace("~1", "/").replace("~0", "~");
            match object.get(&Value::string(&key)) {
                Some(value) => Ok(value),
                None => fail(format!("Object has no key '{key}'")),
            }
        }
        Value::Array(items) => {
            let Ok(index) = token.parse::<i64>() else {
                return fail(format!("Invalid array index '{token}'"));
            };
            match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                Some(value) => Ok(*value),
                None => fail(format!("Out of bound array[0,{}] index '{index}'", items.len())),
            }
        }
        _ => fail(format!("Invalid token reference '{token}'")),
    }
}
