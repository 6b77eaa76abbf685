//! Which rules ask for which.
//!
//! OPA's graph has a node for each rule and each `else` branch, and an edge to every rule that a ref may select.

use crate::hir::lower::Program;
use crate::hir::{Branch, Const, Head, Part, Rule, Term, Var, parts_of_literal, parts_of_term};
use std::collections::{HashMap, HashSet};

/// A rule's number and its branch's.
pub type Node = (usize, usize);

/// An edge: to what, and whether it is there whatever variables hold.
pub type Edge = (Node, bool);

/// The graph.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The nodes, in order of the rules.
    pub nodes: Vec<Node>,
    /// What each node asks for, in order.
    pub edges: HashMap<Node, Vec<Edge>>,
}

impl Dependencies {
    /// The graph of a program.
    pub fn of(program: &Program) -> Self {
        let index = Index::new(program);
        let nodes: Vec<Node> = program.rules.iter().enumerate().flat_map(branches).collect();
        let edges = nodes.iter().map(|node| (*node, edges_of(*node, program, &index))).collect();
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

/// A step of a ref: a constant, or what is only known when it is evaluated.
#[derive(Clone, Copy, PartialEq)]
enum Step<'p> {
    Text(&'p str),
    Constant(&'p Const),
    Variable(Var),
    Other,
}

impl<'p> Step<'p> {
    fn of(term: &'p Term) -> Self {
        match term {
            Term::Const(Const::String(text)) => Step::Text(text),
            Term::Const(value) => Step::Constant(value),
            Term::Var(var) => Step::Variable(*var),
            _ => Step::Other,
        }
    }
}

/// The rules by the names that their paths begin with.
struct Index<'p> {
    paths: Vec<Vec<Step<'p>>>,
    /// Nodes by the names that lead to them; the first one is above all paths.
    nodes: Vec<Names<'p>>,
}

/// A node of the index.
#[derive(Default)]
struct Names<'p> {
    below: HashMap<&'p str, usize>,
    /// The rules whose paths end here, or go on with something else than a name.
    rules: Vec<usize>,
}

impl<'p> Index<'p> {
    fn new(program: &'p Program) -> Self {
        let path = |rule: &'p Rule| -> Vec<Step<'p>> {
            rule.path.iter().map(|step| Step::Text(step)).chain(rule.keys.iter().map(Step::of)).collect()
        };
        let mut index = Index { paths: program.rules.iter().map(path).collect(), nodes: vec![Names::default()] };
        for (number, rule) in program.rules.iter().enumerate() {
            let at = rule.path.iter().fold(0, |at, step| index.below(at, step));
            if let Some(node) = index.nodes.get_mut(at) {
                node.rules.push(number);
            }
        }
        index
    }

    /// The node below another one, made where it is not there.
    fn below(&mut self, at: usize, step: &'p str) -> usize {
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let found = *node.below.entry(step).or_insert(new);
        if found == new {
            self.nodes.push(Names::default());
        }
        found
    }

    /// The rules that a ref of these steps may select, and whether it does whatever its variables hold.
    fn select(&self, steps: &[Step<'_>], bound: &HashSet<Var>, found: &mut dyn FnMut(usize, bool)) {
        let mut visit = |number: &usize| {
            let path = self.paths.get(*number).map(Vec::as_slice).unwrap_or_default();
            if let Some(is_static) = selects(steps, path, bound) {
                found(*number, is_static);
            }
        };
        let mut waiting = vec![(0, 0)];
        while let Some((at, depth)) = waiting.pop() {
            let Some(node) = self.nodes.get(at) else { continue };
            node.rules.iter().for_each(&mut visit);
            match steps.get(depth) {
                Some(Step::Text(step)) => waiting.extend(node.below.get(step).map(|below| (*below, depth + 1))),
                _ => waiting.extend(node.below.values().map(|below| (*below, depth + 1))),
            }
        }
    }
}

/// Whether a ref may select a rule of this path, and whether it does whatever its variables hold: a variable that
/// has no value yet goes through all that is there.
fn selects(steps: &[Step<'_>], path: &[Step<'_>], bound: &HashSet<Var>) -> Option<bool> {
    let mut is_static = true;
    for (step, wanted) in steps.iter().zip(path) {
        match (step, wanted) {
            (_, Step::Variable(_) | Step::Other) => {}
            (Step::Text(_) | Step::Constant(_), wanted) if step != wanted => return None,
            (Step::Text(_) | Step::Constant(_), _) => {}
            (Step::Variable(var), _) if !bound.contains(var) && count(steps, step) == 1 => {}
            _ => is_static = false,
        }
    }
    Some(is_static)
}

fn count(steps: &[Step<'_>], step: &Step<'_>) -> usize {
    steps.iter().filter(|other| *other == step).count()
}

/// What a branch of a rule asks for.
fn edges_of(node: Node, program: &Program, index: &Index<'_>) -> Vec<Edge> {
    let Some((rule, branch)) = rule_and_branch(program, node) else { return Vec::new() };
    let mut found: HashMap<Node, bool> = HashMap::new();
    let mut bound = HashSet::new();
    let mut head: Vec<&Term> = vec![&branch.value];
    head.extend(rule.params.iter().flatten().chain(&rule.keys));
    head.iter().for_each(|term| parts_of_term(term, &mut |part| bound.extend(part.var())));
    let mut add = |part: Part<'_>, bound: &HashSet<Var>| {
        let Some(steps) = steps_of(part) else { return };
        index.select(&steps, bound, &mut |rule, is_static| {
            for node in program.rules.get(rule).into_iter().flat_map(|found| branches((rule, found))) {
                *found.entry(node).or_default() |= is_static;
            }
        });
    };
    for literal in &branch.body {
        parts_of_literal(literal, &mut |part| add(part, &bound));
        parts_of_literal(literal, &mut |part| bound.extend(part.var()));
    }
    head.iter().for_each(|term| parts_of_term(term, &mut |part| add(part, &bound)));
    let mut edges: Vec<Edge> = found.into_iter().collect();
    edges.sort_unstable();
    edges
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
