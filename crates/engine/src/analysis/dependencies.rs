//! Which rules ask for which.
//!
//! OPA's graph has a node for each rule and each `else` branch, and an edge to every rule that a ref may select.

use super::VarSet;
use super::narrowing::{Known, expansions};
use super::selection::{Index, Step};
use crate::hir::lower::Program;
use crate::hir::{Branch, Head, Part, Rule, parts_of_literal, parts_of_term};
use hashbrown::HashMap;

/// A rule's number and its branch's.
pub type Node = (usize, usize);

/// An edge: to what, and whether it is there whatever variables hold.
pub type Edge = (Node, bool);

/// The graph.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The nodes, in order of the rules.
    pub nodes: Vec<Node>,
    /// What each node that asks for anything asks for, in order.
    pub edges: HashMap<Node, Vec<Edge>>,
}

impl Dependencies {
    /// The graph of a program.
    pub fn of(program: &Program) -> Self {
        let index = Index::new(program);
        let nodes: Vec<Node> = program.rules.iter().enumerate().flat_map(branches).collect();
        let edges = nodes.iter().map(|node| (*node, edges_of(*node, program, &index)));
        let edges = edges.filter(|(_, edges)| !edges.is_empty()).collect();
        Dependencies { nodes, edges }
    }

    /// What a node asks for.
    pub fn of_node(&self, node: Node) -> &[Edge] {
        self.edges.get(&node).map(Vec::as_slice).unwrap_or_default()
    }
}

fn branches((number, rule): (usize, &Rule)) -> impl Iterator<Item = Node> + use<> {
    (0..rule.branches.len()).map(move |branch| (number, branch))
}

/// The rule and branch of a node.
pub fn rule_and_branch(program: &Program, (rule, branch): Node) -> Option<(&Rule, &Branch)> {
    let rule = program.rules.get(rule)?;
    Some((rule, rule.branches.get(branch)?))
}

/// What a branch of a rule asks for.
fn edges_of(node: Node, program: &Program, index: &Index<'_>) -> Vec<Edge> {
    let Some((rule, branch)) = rule_and_branch(program, node) else { return Vec::new() };
    let mut found: HashMap<Node, bool> = HashMap::new();
    let mut bound = VarSet::default();
    let head = || std::iter::once(&branch.value).chain(rule.params.iter().flatten()).chain(&rule.keys);
    head().for_each(|term| parts_of_term(term, &mut |part| insert(&mut bound, part)));
    let mut add = |part: Part<'_>, bound: &VarSet, known: &Known<'_>| {
        let Some(steps) = steps_of(part) else { return };
        let narrowed = match part {
            Part::Ref(reference) if known.may_narrow(&reference.operands) => {
                expansions(&steps, &reference.operands, known)
            }
            _ => Vec::new(),
        };
        let mut select = |steps: &[Step<'_>], all: &[Step<'_>]| {
            index.select(steps, all, bound, &mut |rule, is_static| {
                for node in program.rules.get(rule).into_iter().flat_map(|found| branches((rule, found))) {
                    *found.entry(node).or_default() |= is_static;
                }
            });
        };
        match narrowed.as_slice() {
            [] => select(&steps, &steps),
            [only] => select(only, only),
            several => several.iter().for_each(|one| select(one, &steps)),
        }
    };
    let mut known = Known::default();
    for literal in &branch.body {
        let before = bound.clone();
        parts_of_literal(literal, &mut |part| {
            insert(&mut bound, part);
            add(part, &before, &known);
        });
        known.read(literal);
    }
    head().for_each(|term| parts_of_term(term, &mut |part| add(part, &bound, &known)));
    let mut edges: Vec<Edge> = found.into_iter().collect();
    edges.sort_unstable();
    edges
}

fn insert(vars: &mut VarSet, part: Part<'_>) {
    if let Some(var) = part.var() {
        vars.insert(var);
    }
}

/// The steps below `data` of what a part names, if it is anything there.
fn steps_of<'p>(part: Part<'p>) -> Option<Vec<Step<'p>>> {
    match part {
        Part::Ref(reference) if matches!(reference.head, Head::Data) => {
            Some(reference.operands.iter().map(Step::of).collect())
        }
        Part::Path(path) => Some(path.iter().map(|step| Step::Text(step)).collect()),
        _ => None,
    }
}
