//! Rules that need themselves.
//!
//! A rule is recursive if the refs say so whatever their variables hold, and may be recursive otherwise.

use super::cause::cause;
use super::dependencies::{Dependencies, Edge, Node, rule_and_branch};
use super::selection::Index;
use crate::hir::lower::Program;
use crate::hir::print::rule_ref;
use crate::hir::{Check, Problems};
use hashbrown::{HashMap, HashSet};
use std::cell::OnceCell;

/// Reports rules that need themselves.
pub fn check_recursion(program: &Program, dependencies: &Dependencies, problems: &mut Problems) {
    let Dependencies { nodes, edges } = dependencies;
    let components = cyclic(nodes, edges);
    let index = OnceCell::new();
    for node in nodes.iter().filter(|node| components.contains_key(*node)) {
        let (is_static, path) = match path(*node, edges, &components, true) {
            Some(path) => (true, path),
            None => match path(*node, edges, &components, false) {
                Some(path) => (false, path),
                None => continue,
            },
        };
        let Some((rule, branch)) = rule_and_branch(program, *node) else { continue };
        let names: Vec<String> =
            path.iter().filter_map(|(rule, _)| program.rules.get(*rule)).map(|rule| rule_ref(rule, 0)).collect();
        let (name, way) = (rule_ref(rule, 0), names.join(" -> "));
        let message = if is_static {
            format!("rule {name} is recursive: {way}")
        } else {
            let cause = cause(program, index.get_or_init(|| Index::new(program)), dependencies, &path);
            format!("rule {name} may be recursive: {way}{}", cause.unwrap_or_default())
        };
        problems.report(Check::Recursion, "rego_recursion_error", branch.span, message);
    }
}

/// The nodes that are on cycles, with the numbers of their components. (Tarjan, without recursion.)
fn cyclic(nodes: &[Node], edges: &HashMap<Node, Vec<Edge>>) -> HashMap<Node, usize> {
    let mut state = Components::default();
    let asks = |node: &&Node| edges.get(*node).is_some_and(|edges| !edges.is_empty());
    for node in nodes.iter().filter(asks) {
        if !state.order.contains_key(node) {
            state.visit(*node, edges);
        }
    }
    state.on_cycles
}

#[derive(Default)]
struct Components {
    order: HashMap<Node, usize>,
    low: HashMap<Node, usize>,
    stack: Vec<Node>,
    done: HashSet<Node>,
    on_cycles: HashMap<Node, usize>,
}

impl Components {
    fn open(&mut self, node: Node) {
        let number = self.order.len();
        self.order.insert(node, number);
        self.low.insert(node, number);
        self.stack.push(node);
    }

    fn lower(&mut self, node: Node, to: usize) {
        if let Some(low) = self.low.get_mut(&node) {
            *low = to.min(*low);
        }
    }

    fn visit(&mut self, start: Node, edges: &HashMap<Node, Vec<Edge>>) {
        let mut path = vec![(start, 0)];
        self.open(start);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if let Some((target, _)) = edges.get(&node).and_then(|edges| edges.get(*next)) {
                *next += 1;
                match self.order.get(target).copied() {
                    None => {
                        self.open(*target);
                        path.push((*target, 0));
                    }
                    Some(number) if !self.done.contains(target) => self.lower(node, number),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            let low = self.low.get(&node).copied().unwrap_or_default();
            if let Some((above, _)) = path.last() {
                self.lower(*above, low);
            }
            if self.order.get(&node) == Some(&low) {
                self.close(node, low, edges);
            }
        }
    }

    /// Takes the component of `root` from the stack.
    fn close(&mut self, root: Node, number: usize, edges: &HashMap<Node, Vec<Edge>>) {
        let from = self.stack.iter().rposition(|node| *node == root).unwrap_or_default();
        let members = self.stack.split_off(from);
        let is_own = |node: &Node| edges.get(node).into_iter().flatten().any(|(target, _)| target == node);
        let is_cycle = members.len() > 1 || members.first().is_some_and(is_own);
        self.done.extend(&members);
        if is_cycle {
            self.on_cycles.extend(members.into_iter().map(|node| (node, number)));
        }
    }
}

/// The first way from a node to itself, depth first, through static edges only or through all.
fn path(
    start: Node,
    edges: &HashMap<Node, Vec<Edge>>,
    components: &HashMap<Node, usize>,
    only_static: bool,
) -> Option<Vec<Node>> {
    let own = components.get(&start)?;
    let mut seen: HashSet<Node> = HashSet::from([start]);
    let mut path = vec![(start, 0)];
    while let Some((node, next)) = path.last_mut() {
        let Some((target, is_static)) = edges.get(node).and_then(|edges| edges.get(*next)) else {
            path.pop();
            continue;
        };
        *next += 1;
        if (only_static && !is_static) || components.get(target) != Some(own) {
            continue;
        }
        if *target == start {
            return Some(path.into_iter().map(|(node, _)| node).chain([start]).collect());
        }
        if seen.insert(*target) {
            path.push((*target, 0));
        }
    }
    None
}
