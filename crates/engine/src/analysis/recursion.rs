//! Rules that need themselves.
//!
//! A rule is recursive if the refs say so whatever their variables hold, and may be recursive otherwise.

use super::cause::cause;
use super::dependencies::{Dependencies, Node, rule_and_branch};
use super::selection::Index;
use crate::hir::lower::Program;
use crate::hir::print::rule_ref;
use crate::hir::{Check, Problems};
use hashbrown::HashSet;
use std::cell::OnceCell;

/// Reports rules that need themselves.
pub fn check_recursion(program: &Program, dependencies: &Dependencies, problems: &mut Problems) {
    if dependencies.is_empty() {
        return;
    }
    let components = cyclic(dependencies);
    let index = OnceCell::new();
    for (number, node) in dependencies.nodes.iter().enumerate() {
        if components.get(number).copied().flatten().is_none() {
            continue;
        }
        let (is_static, path) = match path(*node, dependencies, &components, true) {
            Some(path) => (true, path),
            None => match path(*node, dependencies, &components, false) {
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

/// For each node that is on a cycle the number of its component. (Tarjan, without recursion.)
fn cyclic(dependencies: &Dependencies) -> Vec<Option<usize>> {
    let count = dependencies.nodes.len();
    let mut state = Components { seen: vec![None; count], on_cycles: vec![None; count], ..Components::default() };
    for number in 0..count {
        let is_new = state.seen.get(number).is_some_and(Option::is_none);
        if is_new && !dependencies.of_number(number).is_empty() {
            state.visit(number, dependencies);
        }
    }
    state.on_cycles
}

/// What is known of a node that was met.
#[derive(Clone, Copy)]
struct Seen {
    /// When it was met.
    order: usize,
    /// When the first node was met that it leads to.
    low: usize,
    /// Whether its component is complete.
    is_done: bool,
}

#[derive(Default)]
struct Components {
    /// By the number of the node.
    seen: Vec<Option<Seen>>,
    /// How many were met.
    count: usize,
    stack: Vec<usize>,
    on_cycles: Vec<Option<usize>>,
}

impl Components {
    fn of(&mut self, node: usize) -> Option<&mut Seen> {
        self.seen.get_mut(node)?.as_mut()
    }

    fn open(&mut self, node: usize) {
        if let Some(place) = self.seen.get_mut(node) {
            *place = Some(Seen { order: self.count, low: self.count, is_done: false });
            self.count += 1;
            self.stack.push(node);
        }
    }

    fn lower(&mut self, node: usize, to: usize) {
        if let Some(seen) = self.of(node) {
            seen.low = to.min(seen.low);
        }
    }

    fn visit(&mut self, start: usize, dependencies: &Dependencies) {
        let mut path = vec![(start, 0)];
        self.open(start);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if let Some((target, _)) = dependencies.of_number(node).get(*next) {
                *next += 1;
                let target = dependencies.number(*target);
                match self.seen.get(target).copied() {
                    Some(None) => {
                        self.open(target);
                        path.push((target, 0));
                    }
                    Some(Some(Seen { order, is_done: false, .. })) => self.lower(node, order),
                    _ => {}
                }
                continue;
            }
            path.pop();
            let Some(Seen { order, low, .. }) = self.of(node).copied() else { continue };
            if let Some((above, _)) = path.last() {
                self.lower(*above, low);
            }
            if order == low {
                self.close(node, low, dependencies);
            }
        }
    }

    /// Takes the component of `root` from the stack.
    fn close(&mut self, root: usize, number: usize, dependencies: &Dependencies) {
        let from = self.stack.iter().rposition(|node| *node == root).unwrap_or_default();
        let is_own = dependencies.of_number(root).iter().any(|(target, _)| dependencies.number(*target) == root);
        let is_cycle = self.stack.len() - from > 1 || is_own;
        while self.stack.len() > from
            && let Some(member) = self.stack.pop()
        {
            if let Some(seen) = self.of(member) {
                seen.is_done = true;
            }
            if let Some(component) = self.on_cycles.get_mut(member).filter(|_| is_cycle) {
                *component = Some(number);
            }
        }
    }
}

/// The first way from a node to itself, depth first, through static edges only or through all.
fn path(
    start: Node,
    dependencies: &Dependencies,
    components: &[Option<usize>],
    only_static: bool,
) -> Option<Vec<Node>> {
    let component = |node: Node| components.get(dependencies.number(node)).copied().flatten();
    let own = component(start)?;
    let mut seen: HashSet<Node> = HashSet::from([start]);
    let mut path = vec![(start, 0)];
    while let Some((node, next)) = path.last_mut() {
        let Some((target, is_static)) = dependencies.of_node(*node).get(*next) else {
            path.pop();
            continue;
        };
        *next += 1;
        if (only_static && !is_static) || component(*target) != Some(own) {
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
