//! Which rules ask for which.
//!
//! OPA's graph has a node for each rule and each `else` branch, and an edge to every rule that a ref may select.

use super::VarSet;
use super::narrowing::{Known, expansions};
use super::selection::{Index, Step};
use crate::hir::lower::Program;
use crate::hir::{Branch, Head, Part, Ref, Rule, parts_of_literal, parts_of_term};
use smallvec::SmallVec;

/// A rule's number and its branch's.
pub type Node = (usize, usize);

/// An edge: to what, and whether it is there whatever variables hold.
pub type Edge = (Node, bool);

/// The graph.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The nodes, in order of the rules.
    pub nodes: Vec<Node>,
    /// For each rule the number of its first node.
    first: Vec<usize>,
    /// For each node what it asks for, in order.
    edges: Vec<Vec<Edge>>,
}

impl Dependencies {
    /// The graph of a program.
    pub fn of(program: &Program) -> Self {
        let index = Index::new(program);
        let nodes: Vec<Node> = program.rules.iter().enumerate().flat_map(branches).collect();
        let mut count = 0;
        let before = |rule: &Rule| {
            count += rule.branches.len();
            count - rule.branches.len()
        };
        let first = program.rules.iter().map(before).collect();
        let mut edges = Vec::with_capacity(nodes.len());
        edges.extend(nodes.iter().map(|node| edges_of(*node, program, &index)));
        Dependencies { nodes, first, edges }
    }

    /// The number of a node.
    pub fn number(&self, (rule, branch): Node) -> usize {
        self.first.get(rule).map_or(usize::MAX, |first| first + branch)
    }

    /// What a node asks for.
    pub fn of_node(&self, node: Node) -> &[Edge] {
        self.of_number(self.number(node))
    }

    /// What the node of a number asks for.
    pub fn of_number(&self, number: usize) -> &[Edge] {
        self.edges.get(number).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether no node asks for anything.
    pub fn is_empty(&self) -> bool {
        self.edges.iter().all(Vec::is_empty)
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

/// A rule that a part of a branch may select.
pub(super) struct Selection<'s, 'p> {
    /// The ref, if it is none without keys.
    pub reference: Option<&'p Ref>,
    /// Its steps; those of the only ref that it can be, if that is known.
    pub steps: &'s [Step<'p>],
    /// The number of the literal that it is in; how many there are, in the head.
    pub literal: usize,
    /// Variables that have a value by then.
    pub bound: &'s VarSet,
    /// The rule's number.
    pub rule: usize,
    /// Whether it is selected whatever variables hold.
    pub is_static: bool,
}

/// So many edges are merged before more are found.
const MERGED_AT: usize = 1024;

/// What a branch of a rule asks for.
fn edges_of(node: Node, program: &Program, index: &Index<'_>) -> Vec<Edge> {
    let (mut edges, mut limit): (Vec<Edge>, usize) = (Vec::new(), MERGED_AT);
    selections(node, program, index, &mut |selection| {
        let found = program.rules.get(selection.rule).into_iter();
        let nodes = found.flat_map(|found| branches((selection.rule, found)));
        edges.extend(nodes.map(|node| (node, selection.is_static)));
        // Many refs may select the same rules.
        if edges.len() >= limit {
            merge(&mut edges);
            limit = limit.max(edges.len() * 2);
        }
    });
    merge(&mut edges);
    edges
}

/// Puts edges in order, those to one node together.
fn merge(edges: &mut Vec<Edge>) {
    edges.sort_unstable();
    edges.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        earlier.1 |= is_same && later.1;
        is_same
    });
}

/// Shows what each ref of a branch may select, those of the body first.
pub(super) fn selections<'p>(
    node: Node,
    program: &'p Program,
    index: &Index<'_>,
    visit: &mut dyn FnMut(&Selection<'_, 'p>),
) {
    let Some((rule, branch)) = rule_and_branch(program, node) else { return };
    if !rule.locals.names_data() {
        return;
    }
    let mut bound = VarSet::default();
    let head = || std::iter::once(&branch.value).chain(rule.params.iter().flatten()).chain(&rule.keys);
    head().for_each(|term| parts_of_term(term, &mut |part| insert(&mut bound, part)));
    let mut add = |part: Part<'p>, literal: usize, bound: &VarSet, known: &Known<'p>| {
        let Some(steps) = steps_of(part) else { return };
        let reference = if let Part::Ref(reference) = part { Some(reference) } else { None };
        let narrowed = match reference {
            Some(reference) if known.may_narrow(&reference.operands) => expansions(&steps, &reference.operands, known),
            _ => Vec::new(),
        };
        let mut select = |steps: &[Step<'p>], all: &[Step<'p>]| {
            index.select(steps, all, bound, &mut |rule, is_static| {
                visit(&Selection { reference, steps: all, literal, bound, rule, is_static });
            });
        };
        match narrowed.as_slice() {
            [] => select(&steps, &steps),
            [only] => select(only, only),
            several => several.iter().for_each(|one| select(one, &steps)),
        }
    };
    let mut known = Known::default();
    for (number, literal) in branch.body.iter().enumerate() {
        let before = bound.clone();
        parts_of_literal(literal, &mut |part| {
            insert(&mut bound, part);
            known.enter(part);
            add(part, number, &before, &known);
        });
        known.read(literal);
    }
    let mut add_of_head = |part| {
        known.enter(part);
        add(part, branch.body.len(), &bound, &known);
    };
    head().for_each(|term| parts_of_term(term, &mut add_of_head));
}

fn insert(vars: &mut VarSet, part: Part<'_>) {
    if let Some(var) = part.var() {
        vars.insert(var);
    }
}

/// The steps below `data` of what a part names, if it is anything there.
fn steps_of<'p>(part: Part<'p>) -> Option<SmallVec<[Step<'p>; 6]>> {
    match part {
        Part::Ref(reference) if matches!(reference.head, Head::Data) => {
            Some(reference.operands.iter().map(Step::of).collect())
        }
        Part::Path(path) => Some(path.iter().map(|step| Step::Text(step)).collect()),
        _ => None,
    }
}
