//! What schemas say of documents: the one for `input`, and those that annotations give to paths.

use super::rules::Subject;
use super::schema::type_of_schema;
use super::tree::Tree;
use crate::analysis::dependencies::Node;
use crate::hir::annotations::{Place, SchemaAnnotation, SchemaSource};
use crate::hir::print::rooted_path;
use crate::hir::{Check, Problems, Rule};
use crate::types::{Definitions, Key, Type};
use crate::value::{Bump, SymbolTable, json};
use hashbrown::HashMap;
use solon_syntax::{Diagnostic, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// JSON schemas by their paths below `schema`; the one of the empty path is that of `input`.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    by_path: BTreeMap<Vec<Arc<str>>, Arc<str>>,
}

impl Schemas {
    /// Adds a schema, a JSON text, at a path.
    pub fn add(&mut self, path: &[&str], text: Arc<str>) {
        self.by_path.insert(path.iter().map(|step| Arc::from(*step)).collect(), text);
    }

    fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }
}

/// The type of a schema's text.
fn read(text: &str, definitions: &mut Vec<Arc<Definitions>>) -> Result<Type, String> {
    let arena = Bump::new();
    let document = json::parse(&arena, text.as_bytes(), &SymbolTable::new()).map_err(|error| error.to_string())?;
    let (kind, kept) = type_of_schema(document)?;
    definitions.push(kept);
    Ok(kind)
}

/// Gives rules the types that their annotations say.
pub(super) struct Annotated<'p> {
    subject: &'p Subject<'p>,
    /// The module and the number in it of each rule; none where no annotation has a schema.
    places: Vec<(usize, usize)>,
    by_name: HashMap<Vec<Arc<str>>, Option<Type>>,
    /// The types of definitions in annotations, by the address of the annotation.
    by_address: HashMap<usize, Result<Type, String>>,
}

impl<'p> Annotated<'p> {
    pub(super) fn new(subject: &'p Subject<'p>) -> Self {
        let numbers = |(number, module): (usize, &solon_syntax::ast::Module)| {
            (0..module.rules.len()).map(move |rule| (number, rule)).collect::<Vec<_>>()
        };
        let places = if subject.annotations.has_schemas() {
            subject.modules.iter().enumerate().flat_map(numbers).collect()
        } else {
            Vec::new()
        };
        Annotated { subject, places, by_name: HashMap::new(), by_address: HashMap::new() }
    }

    /// The type of `input` that the schema without a name says.
    pub(super) fn input(&self, definitions: &mut Vec<Arc<Definitions>>, problems: &mut Problems) -> Option<Type> {
        let text = self.subject.schemas.by_path.get(&Vec::new())?;
        match read(text, definitions) {
            Ok(kind) => Some(kind),
            Err(message) => {
                problems.report(Check::Schemas, "rego_type_error", Span::NONE, message);
                None
            }
        }
    }

    /// The types of documents that hold in a rule only.
    pub(super) fn overlay(
        &mut self,
        node: Node,
        rule: &Rule,
        tree: &Tree,
        definitions: &mut Vec<Arc<Definitions>>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Arc<Tree>> {
        let (module_number, rule_number) = *self.places.get(node.0)?;
        let module = self.subject.modules.get(module_number)?;
        let place = Place { module, module_number, rule_number, is_else: node.1 > 0 };
        let span = rule.branches.get(node.1).map_or(rule.span, |branch| branch.span);
        let mut overlay = Tree::default();
        for annotation in self.subject.annotations.schemas(place) {
            match self.schema(annotation, definitions) {
                Ok(Some(kind)) => put(&mut overlay, tree, &annotation.path, kind),
                Ok(None) => {}
                Err(message) => found.push(Diagnostic::new("rego_type_error", span, message)),
            }
        }
        (!overlay.is_bare(Tree::ROOT)).then(|| Arc::new(overlay))
    }

    /// The type that an annotation says; `None` if it names a schema and there are none.
    fn schema(
        &mut self,
        annotation: &SchemaAnnotation,
        definitions: &mut Vec<Arc<Definitions>>,
    ) -> Result<Option<Type>, String> {
        match &annotation.source {
            SchemaSource::Name(name) => {
                if let Some(known) = self.by_name.get(name) {
                    return Ok(known.clone());
                }
                if self.subject.schemas.is_empty() {
                    return Ok(None);
                }
                let Some(text) = self.subject.schemas.by_path.get(name) else {
                    return Err(format!("undefined schema: {}", rooted_path("schema", name)));
                };
                let kind = Some(read(text, definitions)?);
                self.by_name.insert(name.clone(), kind.clone());
                Ok(kind)
            }
            SchemaSource::Definition(text) => {
                let address = std::ptr::from_ref(annotation).addr();
                let kind = self.by_address.entry(address).or_insert_with(|| read(text, definitions));
                kind.clone().map(Some)
            }
        }
    }
}

/// Puts a type at a path: into the type that is known for what is above it.
fn put(overlay: &mut Tree, tree: &Tree, path: &[Arc<str>], kind: Type) {
    let path: Vec<Key> = path.iter().map(|step| Key::String(step.clone())).collect();
    let Some((root, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        overlay.put(&path, kind);
        return;
    }
    let above = |tree: &Tree| tree.child(Tree::ROOT, root).map(|node| tree.extent(node));
    let whole = above(overlay).or_else(|| above(tree)).unwrap_or(Type::Any);
    overlay.put(std::slice::from_ref(root), replace(&whole, rest, kind));
}

/// A type with another one at a path in it.
fn replace(whole: &Type, path: &[Key], kind: Type) -> Type {
    let Some((step, rest)) = path.split_first() else { return kind };
    let Type::Object(object) = whole.resolved() else {
        return nested(path, kind, &Some((Type::Any, Type::Any)));
    };
    let mut fields = object.fields.clone();
    match fields.iter_mut().find(|(key, _)| key == step) {
        Some((_, value)) => *value = replace(value, rest, kind),
        None => {
            let nested = nested(path, kind, &object.rest);
            if let Type::Object(nested) = nested {
                fields.extend(nested.fields.iter().cloned());
            }
        }
    }
    Type::new_object(fields, object.rest.clone())
}

/// Objects of one key each, and others like `rest`, around a type.
fn nested(path: &[Key], kind: Type, rest: &Option<(Type, Type)>) -> Type {
    path.iter().rev().fold(kind, |kind, step| Type::new_object(vec![(step.clone(), kind)], rest.clone()))
}
