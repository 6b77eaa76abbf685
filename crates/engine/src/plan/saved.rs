//! The tree of documents as it is saved: by its packages and documents, from which it is made again.

use super::tree::{Document, DocumentId, DocumentKind, Node, NodeId, Tree};
use crate::saved::{Result, SavedPath, Texts, Written};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A [`Tree`], saved.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedTree {
    packages: Vec<SavedPath>,
    documents: Vec<(SavedPath, DocumentKind)>,
}

impl Tree {
    /// Takes the tree apart.
    pub fn save(&self, texts: &mut Texts) -> SavedTree {
        let mut packages = Vec::new();
        let mut waiting = vec![(NodeId::ROOT, Vec::new())];
        while let Some((id, path)) = waiting.pop() {
            let Some(node) = self.nodes.get(id.0 as usize) else { continue };
            for (step, child) in node.children.iter().rev() {
                let mut path = path.clone();
                path.push(texts.add(step));
                waiting.push((*child, path));
            }
            if node.is_package {
                packages.push(path);
            }
        }
        let documents = self.documents.iter().map(|document| (texts.path(&document.path), document.kind)).collect();
        SavedTree { packages, documents }
    }
}

impl SavedTree {
    /// Makes the tree again.
    pub fn load(&self, texts: &Written) -> Result<Tree> {
        const WRONG: &str = "its documents are not in order";
        let mut tree = Tree { nodes: vec![Node::default()], documents: Vec::with_capacity(self.documents.len()) };
        for package in &self.packages {
            let way = make(&mut tree, &texts.path(package)?);
            // Packages are packages down from the root.
            for id in way.into_iter().skip(1) {
                tree.nodes.get_mut(id.0 as usize).ok_or(WRONG)?.is_package = true;
            }
        }
        let mut has_lifted = false;
        for (number, (path, kind)) in self.documents.iter().enumerate() {
            let path = texts.path(path)?;
            let id = DocumentId(number as u32);
            has_lifted |= *kind == DocumentKind::Lifted;
            if *kind != DocumentKind::Lifted {
                let before = tree.documents.last().map(|document: &Document| document.path.as_slice());
                // No path is another's beginning: else documents would be in each other.
                let is_next = before.is_none_or(|before| before < path.as_slice() && !path.starts_with(before));
                if has_lifted || !is_next || path.is_empty() {
                    return Err(WRONG.to_owned());
                }
                hang(&mut tree, &path, id).ok_or(WRONG)?;
            }
            tree.documents.push(Document { path, kind: *kind, rules: Vec::new(), default: None });
        }
        let is_in_document = |node: &Node| node.document.is_some() && !node.children.is_empty();
        if tree.nodes.iter().any(is_in_document) {
            return Err(WRONG.to_owned());
        }
        Ok(tree)
    }
}

/// The nodes on the way along a path, made where they are not there.
fn make(tree: &mut Tree, path: &[Arc<str>]) -> Vec<NodeId> {
    let mut at = NodeId::ROOT;
    let mut way = vec![at];
    for step in path {
        let next = NodeId(tree.nodes.len() as u32);
        let known = tree.nodes.get_mut(at.0 as usize).map(|node| *node.children.entry(step.clone()).or_insert(next));
        at = known.unwrap_or(next);
        if at == next {
            tree.nodes.push(Node::default());
        }
        way.push(at);
    }
    way
}

/// Puts a document, which follows all others, at its path.
fn hang(tree: &mut Tree, path: &[Arc<str>], id: DocumentId) -> Option<()> {
    let way = make(tree, path);
    for above in &way {
        let node = tree.nodes.get_mut(above.0 as usize)?;
        let first = if node.documents.is_empty() { id.0 } else { node.documents.start };
        node.documents = first..id.0 + 1;
    }
    tree.nodes.get_mut(way.last()?.0 as usize)?.document = Some(id);
    Some(())
}
