//! Types of JSON schemas, with as much of them as OPA looks at.

use crate::builtins::json_schema::{Node, Schema, compile_document};
use crate::types::{Definitions, Key, Recursive, Type};
use crate::value::Value;
use hashbrown::HashMap;
use std::sync::Arc;

/// How deep schemas are followed; what is deeper may be anything.
const MAX_DEPTH: usize = 150;

/// How many parts of schemas are looked at; what is left then may be anything. What `allOf` names is looked at wherever it
/// is named, so that schemas that name themselves there have no end.
const MOST_PARTS: usize = 1 << 18;

/// A schema's type, and the definitions that have to be kept as long as it is used.
pub type Typed = (Type, Arc<Definitions>);

/// The type of the documents that a schema describes.
pub fn type_of_schema(document: Value<'_>) -> Result<Typed, String> {
    let schema = compile_document(document).map_err(|what| format!("unable to compile the schema: {what}"))?;
    let definitions = Arc::new(Definitions::default());
    let mut reader = Reader {
        schema: &schema,
        definitions: &definitions,
        seen: HashMap::new(),
        types: Vec::new(),
        depth: 0,
        parts: MOST_PARTS,
    };
    let kind = reader.node(Schema::ROOT).map_err(|what| format!("type checking: {what}"))?;
    let types = std::mem::take(&mut reader.types);
    definitions.define(types);
    Ok((kind, definitions))
}

/// A definition that others refer to.
enum Definition {
    /// It is being read: the number under which its type will be.
    Open { number: Option<usize> },
    /// It has been read.
    Read(Type),
}

struct Reader<'s> {
    schema: &'s Schema,
    definitions: &'s Arc<Definitions>,
    seen: HashMap<usize, Definition>,
    /// The types of definitions that contain themselves.
    types: Vec<Type>,
    depth: usize,
    /// How many parts may still be looked at.
    parts: usize,
}

/// The keywords of a schema that make its type; several schemas can be merged into one.
#[derive(Clone)]
struct View {
    types: Vec<&'static str>,
    properties: Vec<(String, usize)>,
    items: Vec<usize>,
    is_every_item: bool,
    any_of: Vec<usize>,
    all_of: Vec<usize>,
}

impl View {
    fn of(node: &Node) -> View {
        View {
            types: node.types.clone(),
            properties: node.properties.clone(),
            items: node.every_item.map_or_else(|| node.items.clone(), |item| vec![item]),
            is_every_item: node.every_item.is_some(),
            any_of: node.any_of.clone(),
            all_of: node.all_of.clone(),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.types.contains(&name)
    }

    /// How many parts it has, and is one itself.
    fn size(&self) -> usize {
        1 + self.properties.len() + self.items.len() + self.any_of.len() + self.all_of.len()
    }

    /// The types as OPA writes them.
    fn types_text(&self) -> String {
        match self.types.as_slice() {
            [] => "undefined".to_owned(),
            [only] => (*only).to_owned(),
            several => format!("[{}]", several.join(",")),
        }
    }

    /// Properties and items say what type there is where none is named.
    fn assume_type(&mut self) {
        let implied = if !self.properties.is_empty() {
            "object"
        } else if !self.items.is_empty() {
            "array"
        } else {
            return;
        };
        if !self.is(implied) {
            self.types.push(implied);
        }
    }
}

impl Reader<'_> {
    fn node(&mut self, number: usize) -> Result<Type, String> {
        let Some(node) = self.schema.node(number) else { return Ok(Type::Any) };
        match node.reference {
            Some(target) => self.deeper(1, |reader| reader.reference(target)),
            None => self.view(View::of(node)),
        }
    }

    /// What is inside of a schema, of which this many parts are looked at.
    fn deeper(&mut self, parts: usize, read: impl FnOnce(&mut Self) -> Result<Type, String>) -> Result<Type, String> {
        let Some(left) = self.parts.checked_sub(parts).filter(|_| self.depth < MAX_DEPTH) else {
            return Ok(Type::Any);
        };
        self.parts = left;
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// The type of a definition; its name, if it is inside of itself.
    fn reference(&mut self, target: usize) -> Result<Type, String> {
        match self.seen.get_mut(&target) {
            Some(Definition::Read(kind)) => return Ok(kind.clone()),
            Some(Definition::Open { number }) => {
                let number = *number.get_or_insert_with(|| {
                    self.types.push(Type::Any);
                    self.types.len() - 1
                });
                let name = self.schema.names.get(&target).map(String::as_str).unwrap_or_default();
                return Ok(Type::Recursive(Recursive::new(name, self.definitions, number)));
            }
            None => {}
        }
        self.seen.insert(target, Definition::Open { number: None });
        let result = self.node(target);
        let kind = result.clone().unwrap_or(Type::Any);
        if let Some(Definition::Open { number: Some(number) }) =
            self.seen.insert(target, Definition::Read(kind.clone()))
            && let Some(place) = self.types.get_mut(number)
        {
            *place = kind;
        }
        result
    }

    fn view(&mut self, view: View) -> Result<Type, String> {
        self.deeper(view.size(), |reader| reader.inside(view))
    }

    fn inside(&mut self, mut view: View) -> Result<Type, String> {
        if !view.any_of.is_empty() {
            return self.any_of(view);
        }
        if !view.all_of.is_empty() {
            return self.all_of(view);
        }
        if view.types.is_empty() {
            view.assume_type();
        }
        self.plain(&view)
    }

    fn any_of(&mut self, mut view: View) -> Result<Type, String> {
        let members = std::mem::take(&mut view.any_of);
        let mut kinds = Vec::new();
        if !view.types.is_empty() {
            let core = self.view(view)?;
            if matches!(&core, Type::Object(object) if object.rest.is_none()) {
                kinds.push(core);
            }
        }
        for member in members {
            kinds.push(self.node(member)?);
        }
        Ok(Type::all(kinds))
    }

    fn all_of(&mut self, view: View) -> Result<Type, String> {
        let mut merged: Option<View> = None;
        for member in view.all_of.clone() {
            let member = self.resolve(member);
            let is_only_any_of = member.types.is_empty()
                && !member.any_of.is_empty()
                && member.properties.is_empty()
                && member.items.is_empty();
            if !is_only_any_of {
                merged = Some(match merged {
                    Some(earlier) => self.merge(earlier, member)?,
                    None => member,
                });
            }
        }
        let Some(merged) = merged else { return Ok(Type::Any) };
        if !view.types.is_empty() {
            let has_both = |name| view.is(name) && merged.is(name);
            if has_both("object") || has_both("array") {
                let own = View { all_of: Vec::new(), ..view };
                let merged = self.merge(merged, own)?;
                return self.view(merged);
            }
            if view.types_text() != merged.types_text() {
                return Err("unable to merge these schemas".to_owned());
            }
        }
        self.view(merged)
    }

    /// A schema, references followed.
    fn resolve(&self, number: usize) -> View {
        let mut at = number;
        for _ in 0..MAX_DEPTH {
            match self.schema.node(at) {
                Some(Node { reference: Some(target), .. }) => at = *target,
                Some(node) => return View::of(node),
                None => break,
            }
        }
        View::of(&Node::default())
    }

    /// Two schemas that hold both.
    fn merge(&self, mut left: View, mut right: View) -> Result<View, String> {
        left.assume_type();
        right.assume_type();
        let (left_types, right_types) = (left.types_text(), right.types_text());
        if left_types != right_types {
            return Err(format!("unable to merge these schemas: type mismatch: {left_types} and {right_types}"));
        }
        if left.is("object") && !left.properties.is_empty() && !right.properties.is_empty() {
            left.properties.extend(right.properties);
        } else if left.is("array") && !left.items.is_empty() && !right.items.is_empty() {
            for (index, item) in right.items.into_iter().enumerate() {
                match left.items.get(index) {
                    None => left.items.push(item),
                    Some(own) if self.resolve(*own).types_text() != self.resolve(item).types_text() => {
                        return Err("unable to merge these schemas".to_owned());
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(left)
    }

    /// The type of a schema without alternatives.
    fn plain(&mut self, view: &View) -> Result<Type, String> {
        let scalars =
            [("boolean", Type::Boolean), ("string", Type::String), ("integer", Type::Number), ("number", Type::Number)];
        if let Some((_, scalar)) = scalars.into_iter().find(|(name, _)| view.is(name)) {
            return Ok(scalar);
        }
        if view.is("object") {
            if view.properties.is_empty() {
                return Ok(Type::object(Type::Any, Type::Any));
            }
            let mut fields: Vec<(Key, Type)> = Vec::with_capacity(view.properties.len());
            for (name, property) in &view.properties {
                let kind = self.node(*property)?;
                if !fields.iter().any(|(key, _)| matches!(key, Key::String(key) if **key == **name)) {
                    fields.push((Key::from(&**name), kind));
                }
            }
            return Ok(Type::new_object(fields, None));
        }
        if view.is("array") {
            return match view.items.as_slice() {
                [] => Ok(Type::array(Type::Any)),
                [item] if view.is_every_item => Ok(Type::array(self.node(*item)?)),
                items => Ok(Type::tuple(items.iter().map(|item| self.node(*item)).collect::<Result<_, _>>()?)),
            };
        }
        Ok(Type::Any)
    }
}
