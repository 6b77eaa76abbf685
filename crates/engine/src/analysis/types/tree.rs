//! The types of documents by their paths.

use super::refs::INPUT;
use crate::saved::{LONGEST_PATH, Result, Texts, Written};
use crate::types::saved::{LoadedTypes, SavedKey, TypeId, TypeSaver};
use crate::types::{Key, Type};
use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;

/// A node's number.
pub type NodeId = usize;

/// A tree of types. The first step of a path is `input` or `data`.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// The type of the document here; unknown if there are only documents below.
    kind: Option<Type>,
    children: BTreeMap<Key, NodeId>,
    /// The type as that of an object of what is below, until something changes there.
    extent: std::sync::OnceLock<Type>,
}

/// A node, saved: where it hangs but for the first, and what type is there. Nodes stand after those above them.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedNode {
    above: Option<(u32, SavedKey)>,
    kind: Option<TypeId>,
}

impl Default for Tree {
    fn default() -> Self {
        Tree { nodes: vec![Node::default()] }
    }
}

impl Tree {
    /// The node above all paths.
    pub const ROOT: NodeId = 0;

    /// Takes the tree apart.
    pub fn save(&self, types: &mut TypeSaver<'_>, texts: &mut Texts) -> Vec<SavedNode> {
        let mut above: Vec<Option<(u32, SavedKey)>> = self.nodes.iter().map(|_| None).collect();
        for (parent, node) in self.nodes.iter().enumerate() {
            for (step, child) in &node.children {
                if let Some(place) = above.get_mut(*child) {
                    *place = Some((parent as u32, SavedKey::save(step, texts)));
                }
            }
        }
        let nodes = self.nodes.iter().zip(above);
        nodes
            .map(|(node, above)| SavedNode { above, kind: node.kind.as_ref().map(|kind| types.add(kind, texts)) })
            .collect()
    }

    /// Puts the tree together.
    pub fn load(saved: &[SavedNode], types: &LoadedTypes, texts: &Written) -> Result<Tree> {
        const WRONG: &str = "it has types that are in no place";
        let mut tree = Tree { nodes: Vec::with_capacity(saved.len()) };
        let mut depths = Vec::with_capacity(saved.len());
        for (number, node) in saved.iter().enumerate() {
            let kind = node.kind.map(|kind| types.get(kind).cloned()).transpose()?;
            tree.nodes.push(Node { kind, ..Node::default() });
            let Some((above, step)) = &node.above else {
                depths.push(0);
                continue;
            };
            let above = *above as usize;
            let depth = depths.get(above).filter(|depth| **depth < LONGEST_PATH).ok_or(WRONG)? + 1;
            depths.push(depth);
            let above = tree.nodes.get_mut(above).ok_or(WRONG)?;
            if above.children.insert(step.load(texts)?, number).is_some() {
                return Err(WRONG.to_owned());
            }
        }
        if tree.nodes.is_empty() || saved.iter().skip(1).any(|node| node.above.is_none()) {
            return Err(WRONG.to_owned());
        }
        Ok(tree)
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The node below `id` at a step.
    pub fn child(&self, id: NodeId, step: &Key) -> Option<NodeId> {
        self.node(id)?.children.get(step).copied()
    }

    /// Whether something is known of `input`.
    pub fn knows_input(&self) -> bool {
        self.child(Self::ROOT, &INPUT).is_some()
    }

    /// Whether there is nothing below `id`.
    pub fn is_bare(&self, id: NodeId) -> bool {
        self.node(id).is_none_or(|node| node.children.is_empty())
    }

    /// The steps below `id`, in order.
    pub fn steps(&self, id: NodeId) -> Vec<Key> {
        self.node(id).map(|node| node.children.keys().cloned().collect()).unwrap_or_default()
    }

    /// The type of the document at a node, if there is one.
    pub fn kind(&self, id: NodeId) -> Option<&Type> {
        self.node(id)?.kind.as_ref()
    }

    /// The type of everything at a node: its document's, or an object of what is below, which may have more.
    pub fn extent(&self, id: NodeId) -> Type {
        let Some(node) = self.node(id) else { return Type::Unknown };
        if let Some(kind) = &node.kind {
            return kind.clone();
        }
        let make = || {
            let is_name = |key: &Key| matches!(key, Key::String(_) | Key::Number(_) | Key::Bool(_));
            let children = node.children.iter().filter(|(key, _)| is_name(key));
            let fields = children.map(|(key, child)| (key.clone(), self.extent(*child))).collect();
            Type::new_object(fields, Some((Type::String, Type::Any)))
        };
        node.extent.get_or_init(make).clone()
    }

    /// The node at a path, made where it is not there.
    fn make(&mut self, path: &[Key]) -> SmallVec<[NodeId; 8]> {
        let mut at = Self::ROOT;
        let mut way: SmallVec<[NodeId; 8]> = smallvec![at];
        for step in path {
            at = match self.child(at, step) {
                Some(child) => child,
                None => {
                    let child = self.nodes.len();
                    self.nodes.push(Node::default());
                    if let Some(node) = self.nodes.get_mut(at) {
                        node.children.insert(step.clone(), child);
                    }
                    child
                }
            };
            way.push(at);
        }
        for id in &way {
            if let Some(node) = self.nodes.get_mut(*id) {
                node.extent.take();
            }
        }
        way
    }

    /// Makes a path known without a type.
    pub fn touch(&mut self, path: &[Key]) {
        self.make(path);
    }

    /// Puts a type at a path.
    pub fn put(&mut self, path: &[Key], kind: Type) {
        let place = self.make(path).pop().and_then(|id| self.nodes.get_mut(id));
        if let Some(node) = place {
            node.kind = Some(kind);
        }
    }

    /// Adds the type of a rule to those of others at its path: objects above take it in, and one that comes here takes
    /// in what is below.
    pub fn insert(&mut self, path: &[Key], kind: Type) {
        let way = self.make(path);
        for (depth, id) in way.iter().enumerate().skip(1).take(path.len().saturating_sub(1)) {
            let rest = path.get(depth..).unwrap_or_default();
            if let Some(node) = self.nodes.get_mut(*id)
                && let Some(kind_here) = node.kind.take()
            {
                node.kind = Some(insert_into(kind_here, rest, &kind));
            }
        }
        let Some(id) = way.last().copied() else { return };
        let is_object = matches!(kind.resolved(), Type::Object(_));
        let earlier = self.nodes.get_mut(id).and_then(|node| node.kind.take()).unwrap_or(Type::Unknown);
        let mut merged = earlier.merge_rules(kind);
        if is_object && !self.is_bare(id) {
            let mut below = Vec::new();
            self.leaves(id, &mut Vec::new(), &mut below);
            for (path, kind) in below {
                merged = insert_into(merged.resolved(), &path, &kind);
            }
        }
        if let Some(node) = self.nodes.get_mut(id) {
            node.kind = Some(merged).filter(|kind| !matches!(kind, Type::Unknown));
        }
    }

    /// Whether this type is at a path, and none is above it: to insert it once more would change nothing.
    pub fn is_only(&self, path: &[Key], kind: &Type) -> bool {
        let mut at = Self::ROOT;
        for (depth, step) in path.iter().enumerate() {
            let Some(child) = self.child(at, step) else { return false };
            if depth + 1 < path.len() && self.kind(child).is_some() {
                return false;
            }
            at = child;
        }
        self.kind(at) == Some(kind)
    }

    /// The nearest types below a node, with their paths.
    fn leaves(&self, id: NodeId, path: &mut Vec<Key>, found: &mut Vec<(Vec<Key>, Type)>) {
        for step in self.steps(id) {
            let Some(child) = self.child(id, &step) else { continue };
            path.push(step);
            match self.kind(child) {
                Some(kind) => found.push((path.clone(), kind.clone())),
                None => self.leaves(child, path, found),
            }
            path.pop();
        }
    }
}

/// The type of an object with a value at a path in it. Other types stay as they are.
fn insert_into(kind: Type, path: &[Key], value: &Type) -> Type {
    let Type::Object(object) = kind.resolved() else { return kind };
    let Some((step, rest)) = path.split_first() else { return kind };
    let value =
        if rest.is_empty() { value.clone() } else { insert_into(Type::new_object(Vec::new(), None), rest, value) };
    let (key, value) = match &object.rest {
        Some((keys, values)) => (keys.clone().or(step.kind()), values.clone().or(value)),
        None => (step.kind(), value),
    };
    Type::new_object(object.fields.clone(), Some((key, value)))
}
