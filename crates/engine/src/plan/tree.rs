//! The tree of virtual documents.

use crate::hir::lower::{Path, Program};
use crate::hir::{Rule, Term};
use serde::{Deserialize, Serialize};
use solon_syntax::{Diagnostic, Span};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Number of a document in [`Tree::documents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DocumentId(pub u32);

/// Number of a node in [`Tree::nodes`]; the root is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// `data` itself.
    pub const ROOT: NodeId = NodeId(0);
}

/// A document that rules define.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it is, below `data`.
    pub path: Path,
    /// What kind of document.
    pub kind: DocumentKind,
    /// Its rules by their number in the program, defaults aside, in order.
    pub rules: Vec<usize>,
    /// Its default rule.
    pub default: Option<usize>,
}

/// Kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DocumentKind {
    /// One value.
    Complete,
    /// A set of what its rules give.
    Set,
    /// An object; the keys of a rule may be several, which nest.
    Object,
    /// A function of this many arguments.
    Function(usize),
    /// A value that rules need but none names. No path leads to it.
    Lifted,
}

/// A step in the tree.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What is below.
    pub children: BTreeMap<Arc<str>, NodeId>,
    /// The document here.
    pub document: Option<DocumentId>,
    /// Documents here and below: a range, because documents are numbered along the tree.
    pub documents: Range<u32>,
    /// Whether a package of this path, or a longer one, exists.
    pub is_package: bool,
}

/// All documents by their paths.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Nodes; the first is the root.
    pub nodes: Vec<Node>,
    /// Documents in the order of their paths.
    pub documents: Vec<Document>,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// To a document, with so many steps.
    Document(DocumentId, usize),
    /// To a node without a document: a package or what is above packages.
    Node(NodeId),
    /// Out of the tree: only base documents can be there.
    Base,
}

impl Tree {
    /// Sorts rules into documents. The paths of rules that a document above them takes in are made longer keys.
    pub fn build(program: &mut Program, errors: &mut Vec<Diagnostic>) -> Tree {
        let mut tree = Tree { nodes: vec![Node::default()], documents: Vec::new() };
        let mut rules_at: Vec<Vec<usize>> = vec![Vec::new()];
        for package in &program.packages {
            let mut at = NodeId::ROOT;
            for step in &package.path {
                at = tree.child(at, step, &mut rules_at);
                tree.node_mut(at).is_package = true;
            }
        }
        for (index, rule) in program.rules.iter().enumerate() {
            let at = rule.path.iter().fold(NodeId::ROOT, |at, step| tree.child(at, step, &mut rules_at));
            if let Some(rules) = rules_at.get_mut(at.0 as usize) {
                rules.push(index);
            }
        }
        tree.number(NodeId::ROOT, &mut Vec::new(), &mut rules_at, program, errors);
        tree
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A document.
    pub fn document(&self, id: DocumentId) -> &Document {
        &self.documents[id.0 as usize]
    }

    /// Follows a path as far as the tree knows it.
    pub fn find(&self, path: &[Arc<str>]) -> Found {
        let mut at = NodeId::ROOT;
        for (steps, step) in path.iter().enumerate() {
            let node = self.node(at);
            if let Some(document) = node.document {
                return Found::Document(document, steps);
            }
            match node.children.get(step) {
                Some(child) => at = *child,
                None => return Found::Base,
            }
        }
        match self.node(at).document {
            Some(document) => Found::Document(document, path.len()),
            None => Found::Node(at),
        }
    }

    /// Documents at a path and below it.
    pub fn documents_under(&self, path: &[Arc<str>]) -> Range<u32> {
        match self.find(path) {
            Found::Document(id, steps) if steps == path.len() => id.0..id.0 + 1,
            Found::Node(id) => self.node(id).documents.clone(),
            _ => 0..0,
        }
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    fn child(&mut self, at: NodeId, step: &Arc<str>, rules_at: &mut Vec<Vec<usize>>) -> NodeId {
        if let Some(child) = self.node(at).children.get(step) {
            return *child;
        }
        let child = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node::default());
        rules_at.push(Vec::new());
        self.node_mut(at).children.insert(step.clone(), child);
        child
    }

    /// Makes the documents at a node and below it.
    fn number(
        &mut self,
        at: NodeId,
        path: &mut Path,
        rules_at: &mut [Vec<usize>],
        program: &mut Program,
        errors: &mut Vec<Diagnostic>,
    ) {
        let first = self.documents.len() as u32;
        let mut rules = rules_at.get_mut(at.0 as usize).map(std::mem::take).unwrap_or_default();
        let children: Vec<(Arc<str>, NodeId)> =
            self.node(at).children.iter().map(|(step, child)| (step.clone(), *child)).collect();
        if rules.is_empty() {
            for (step, child) in children {
                path.push(step);
                self.number(child, path, rules_at, program, errors);
                path.pop();
            }
        } else {
            for (step, child) in children {
                let mut keys = vec![step];
                self.absorb(child, path.len(), &mut keys, rules_at, program, &mut rules);
            }
            self.node_mut(at).children.clear();
            let document = document(path.clone(), rules, program, errors);
            self.node_mut(at).document = Some(DocumentId(first));
            self.documents.push(document);
        }
        self.node_mut(at).documents = first..self.documents.len() as u32;
    }

    /// Takes the rules below a document into it: `p.q := 1` beside `p[x] := 2` is `p["q"] := 1`. As in OPA they come after
    /// its own.
    fn absorb(
        &mut self,
        at: NodeId,
        depth: usize,
        keys: &mut Vec<Arc<str>>,
        rules_at: &mut [Vec<usize>],
        program: &mut Program,
        into: &mut Vec<usize>,
    ) {
        for index in rules_at.get_mut(at.0 as usize).map(std::mem::take).unwrap_or_default() {
            if let Some(rule) = program.rules.get_mut(index) {
                rule.path.truncate(depth);
                let keys = keys.iter().map(|key| Term::string(key));
                rule.keys.splice(0..0, keys);
                into.push(index);
            }
        }
        let children: Vec<(Arc<str>, NodeId)> =
            self.node(at).children.iter().map(|(step, child)| (step.clone(), *child)).collect();
        for (step, child) in children {
            keys.push(step);
            self.absorb(child, depth, keys, rules_at, program, into);
            keys.pop();
        }
    }
}

/// The document that rules of one path define together.
fn document(path: Path, rules: Vec<usize>, program: &Program, errors: &mut Vec<Diagnostic>) -> Document {
    let get = |index: &usize| program.rules.get(*index);
    let defaults: Vec<usize> =
        rules.iter().copied().filter(|index| get(index).is_some_and(|rule| rule.is_default)).collect();
    let kind = kind(&path, rules.iter().filter_map(get), errors);
    if let Some(second) = defaults.get(1).and_then(get) {
        let message = format!("multiple default rules data.{} found", path.join("."));
        errors.push(error(second.span, message));
    }
    let rules = rules.into_iter().filter(|index| !defaults.contains(index)).collect();
    Document { path, kind, rules, default: defaults.first().copied() }
}

fn kind<'r>(path: &Path, rules: impl Iterator<Item = &'r Rule>, errors: &mut Vec<Diagnostic>) -> DocumentKind {
    let mut found: Option<(DocumentKind, bool)> = None;
    for rule in rules {
        let kind = match &rule.params {
            Some(params) => DocumentKind::Function(params.len()),
            None if !rule.keys.is_empty() => DocumentKind::Object,
            None if rule.is_set => DocumentKind::Set,
            None => DocumentKind::Complete,
        };
        match found {
            None => found = Some((kind, rule.is_default)),
            Some((first, _)) if first == kind => {}
            Some((DocumentKind::Complete, true)) if kind == DocumentKind::Object && rule.is_default => {}
            Some(_) => {
                errors.push(error(rule.span, format!("conflicting rules data.{} found", path.join("."))));
                break;
            }
        }
    }
    found.map_or(DocumentKind::Complete, |(kind, _)| kind)
}

fn error(span: Span, message: String) -> Diagnostic {
    Diagnostic::new("rego_type_error", span, message)
}
