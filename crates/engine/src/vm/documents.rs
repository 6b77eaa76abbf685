//! Documents that are known at run time only: paths below `data` that leave or span rules.

use super::Machine;
use super::error::Result;
use super::run::Place as Instruction;
use crate::plan::{DocumentKind, NodeId};
use crate::value::{Entry, Object, Value};
use bumpalo::collections::Vec;
use std::sync::Arc;

/// The keys of a collection.
fn add_keys<'a>(value: Value<'a>, keys: &mut Vec<'a, Value<'a>>) {
    let count = value.len().unwrap_or_default();
    keys.extend((0..count).filter_map(|at| value.nth(at)).map(|(key, _)| key));
}

/// Where a path of keys leads.
enum Place<'a> {
    /// Into a value, or nowhere.
    Value(Option<Value<'a>>),
    /// To a node that is no document, with the base documents there.
    Node(NodeId, Option<Value<'a>>),
}

impl<'a> Machine<'a, '_> {
    /// What base documents have in place of a document.
    pub(super) fn replacement(&self, document: u32) -> Option<Value<'a>> {
        let path = &self.code.tree.documents.get(document as usize)?.path;
        path.iter().try_fold(self.world.data, |at, key| at.get(&Value::string(key)))
    }

    /// What is at a path below `data`.
    pub(super) fn data(
        &mut self,
        keys: &[Value<'a>],
        place: Instruction<'a>,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        match self.follow(keys, place, stack)? {
            Place::Value(value) => Ok(value),
            Place::Node(node, base) => Ok(Some(self.node(node, base, place, stack)?)),
        }
    }

    /// An array of the keys there are below a path.
    pub(super) fn data_keys(
        &mut self,
        keys: &[Value<'a>],
        place: Instruction<'a>,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        let mut found: Vec<'a, Value<'a>> = Vec::new_in(self.arena);
        match self.follow(keys, place, stack)? {
            Place::Value(None) => return Ok(None),
            Place::Value(Some(value)) => add_keys(value, &mut found),
            // What stands in for all that is there may be a list or a set, too.
            Place::Node(node, Some(base)) if self.is_all_replaced(node) => add_keys(base, &mut found),
            Place::Node(node, base) => {
                let code = self.code;
                // Of what is replaced there is what base documents have.
                let children = code.tree.node(node).children.iter();
                let children = children.filter(|(_, child)| !self.is_all_replaced(**child));
                found.extend(children.map(|(name, _)| Value::string(text(name))));
                if let Some(base) = base.and_then(|base| base.as_object()) {
                    found.extend(base.keys());
                }
                found.sort();
                found.dedup();
            }
        }
        Ok(Some(Value::Array(found.into_bump_slice())))
    }

    fn follow(&mut self, keys: &[Value<'a>], place: Instruction<'a>, stack: &mut [Value<'a>]) -> Result<Place<'a>> {
        let code = self.code;
        let mut node = NodeId::ROOT;
        let mut base = Some(self.world.data);
        for (steps, key) in keys.iter().enumerate() {
            if let Some(document) = code.tree.node(node).document {
                let value = self.value_document(document.0, base, place, stack)?;
                let rest = keys.get(steps..).unwrap_or_default();
                return Ok(Place::Value(value.and_then(|value| index(value, rest))));
            }
            base = base.and_then(|base| stored(&base, key).copied());
            match key.as_str().and_then(|name| code.tree.node(node).children.get(name)) {
                Some(child) => node = *child,
                None => {
                    let rest = keys.get(steps + 1..).unwrap_or_default();
                    let found = base.and_then(|base| rest.iter().try_fold(base, |at, key| stored(&at, key).copied()));
                    return Ok(Place::Value(found));
                }
            }
        }
        match code.tree.node(node).document {
            Some(document) => Ok(Place::Value(self.value_document(document.0, base, place, stack)?)),
            None if base.is_none() && self.is_all_replaced(node) => Ok(Place::Value(None)),
            None => Ok(Place::Node(node, base)),
        }
    }

    /// The value of a document; that of a function is what base documents have there.
    fn value_document(
        &mut self,
        document: u32,
        base: Option<Value<'a>>,
        place: Instruction<'a>,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        match self.code.tree.documents.get(document as usize).map(|document| document.kind) {
            Some(DocumentKind::Function(1..)) | None => Ok(base),
            Some(_) => self.document(document, place, stack),
        }
    }

    /// All that is below a node, rules over base documents.
    fn node(
        &mut self,
        node: NodeId,
        base: Option<Value<'a>>,
        place: Instruction<'a>,
        stack: &mut [Value<'a>],
    ) -> Result<Value<'a>> {
        let code = self.code;
        let found = code.tree.node(node);
        let base_object = base.and_then(|base| base.as_object());
        if let Some(base) = base
            && (found.children.is_empty() || self.is_all_replaced(node))
        {
            return Ok(base);
        }
        self.tick()?;
        let mut entries: Vec<'a, Entry<'a>> = Vec::new_in(self.arena);
        for (name, child) in &found.children {
            let key = Value::String { symbol: code.symbols.lookup(name), text: text(name) };
            let below = base_object.and_then(|base| base.get(&key));
            let value = match code.tree.node(*child).document {
                Some(document) => self.value_document(document.0, below, place, stack)?,
                None if below.is_none() && self.is_all_replaced(*child) => None,
                None => Some(self.node(*child, below, place, stack)?),
            };
            let value = match (value, below) {
                (Some(value), Some(below)) => Some(self.merged(value, below)),
                (value, below) => value.or(below),
            };
            entries.extend(value.map(|value| (key, value)));
        }
        for entry in base_object.map(|base| base.entries()).unwrap_or_default() {
            if entry.0.as_str().is_none_or(|name| !found.children.contains_key(name)) {
                entries.push(*entry);
            }
        }
        Ok(Value::Object(Object::from_unsorted(self.arena, entries.into_bump_slice_mut())))
    }

    /// A document with base documents at the same place, which win where both have a value.
    fn merged(&self, value: Value<'a>, base: Value<'a>) -> Value<'a> {
        let (Value::Object(virtual_object), Value::Object(base_object)) = (value, base) else { return base };
        let mut entries: Vec<'a, Entry<'a>> = Vec::new_in(self.arena);
        for (key, value) in virtual_object.entries() {
            let value = base_object.get(key).map_or(*value, |base| self.merged(*value, base));
            entries.push((*key, value));
        }
        entries.extend(base_object.entries().iter().filter(|entry| !virtual_object.contains_key(&entry.0)));
        Value::Object(Object::from_unsorted(self.arena, entries.into_bump_slice_mut()))
    }

    /// Whether base documents stand in for everything below a node.
    fn is_all_replaced(&self, node: NodeId) -> bool {
        let documents = &self.code.tree.node(node).documents;
        !documents.is_empty() && documents.clone().all(|document| self.world.is_replaced(document))
    }
}

fn text(name: &Arc<str>) -> &str {
    name
}

/// What base documents have at a key. Their keys are strings: a number is its text.
#[inline]
pub(super) fn stored<'a>(value: &Value<'a>, key: &Value<'a>) -> Option<&'a Value<'a>> {
    match (value, key) {
        (Value::Object(object), Value::String { symbol, text }) => object.find_text(*symbol, text),
        (Value::Object(object), Value::Int(number)) => stored_at_number(*object, *number),
        (value, key) => value.find(key),
    }
}

#[inline(never)]
fn stored_at_number<'a>(object: Object<'a>, number: i64) -> Option<&'a Value<'a>> {
    object.find(&Value::Int(number)).or_else(|| object.find(&Value::string(&number.to_string())))
}

/// What is at keys inside a value.
fn index<'a>(value: Value<'a>, keys: &[Value<'a>]) -> Option<Value<'a>> {
    keys.iter().try_fold(value, |at, key| at.get(key))
}
