//! Which rules a ref may select.

use super::VarSet;
use crate::hir::lower::Program;
use crate::hir::{Const, Term, Var};
use hashbrown::HashMap;

/// A step of a ref: a constant, or what is only known when it is evaluated.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step<'p> {
    Text(&'p str),
    Constant(&'p Const),
    Variable(Var),
    /// A constant that no rule's path has: a collection.
    Collection,
    Other,
}

impl<'p> Step<'p> {
    pub(super) fn of(term: &'p Term) -> Self {
        match term {
            Term::Const(Const::String(text)) => Step::Text(text),
            Term::Const(value) => Step::Constant(value),
            Term::Var(var) => Step::Variable(*var),
            _ => Step::Other,
        }
    }
}

/// The rules by the constant beginnings of their paths: a tree.
pub(super) struct Index<'p> {
    paths: Vec<Vec<Step<'p>>>,
    nodes: Vec<Node<'p>>,
}

#[derive(Default)]
struct Node<'p> {
    children: HashMap<&'p str, usize>,
    /// Rules whose constant beginnings end here.
    here: Vec<usize>,
    /// Rules whose constant beginnings lead here or through here.
    all: Vec<usize>,
}

impl<'p> Index<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let mut index = Index { paths: Vec::new(), nodes: vec![Node::default()] };
        for (number, rule) in program.rules.iter().enumerate() {
            let steps = rule.path.iter().map(|step| Step::Text(step)).chain(rule.keys.iter().map(Step::of));
            let path: Vec<Step<'p>> = steps.collect();
            index.add(number, &path);
            index.paths.push(path);
        }
        index
    }

    fn add(&mut self, number: usize, path: &[Step<'p>]) {
        let mut at = 0;
        for step in path {
            let next = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            node.all.push(number);
            let Step::Text(text) = step else {
                node.here.push(number);
                return;
            };
            at = *node.children.entry(text).or_insert(next);
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.all.push(number);
            node.here.push(number);
        }
    }

    /// The path of a rule.
    pub(super) fn path(&self, rule: usize) -> &[Step<'p>] {
        self.paths.get(rule).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules that a ref of these steps may select, and whether it does whatever its variables hold: that is found
    /// out from `all`, the ref as it is before variables are replaced by one of several values.
    pub(super) fn select(
        &self,
        steps: &[Step<'_>],
        all: &[Step<'_>],
        bound: &VarSet,
        found: &mut dyn FnMut(usize, bool),
    ) {
        let mut select = |candidates: &[usize]| {
            for number in candidates {
                let path = self.path(*number);
                if selects(steps, path, bound).is_some() {
                    found(*number, selects(all, path, bound) == Some(true));
                }
            }
        };
        let mut at = self.nodes.first();
        let mut steps = steps.iter();
        while let Some(node) = at {
            let Some(Step::Text(text)) = steps.next() else { return select(&node.all) };
            select(&node.here);
            at = node.children.get(text).and_then(|child| self.nodes.get(*child));
        }
    }
}

/// Whether a ref may select a rule of this path, and whether it does whatever its variables hold: a variable that
/// has no value yet goes through all that is there.
fn selects(steps: &[Step<'_>], path: &[Step<'_>], bound: &VarSet) -> Option<bool> {
    let mut is_static = true;
    for (step, wanted) in steps.iter().zip(path) {
        match (step, wanted) {
            (_, Step::Variable(_) | Step::Other | Step::Collection) => {}
            (Step::Collection, _) => return None,
            (Step::Text(_) | Step::Constant(_), wanted) if step != wanted => return None,
            (Step::Text(_) | Step::Constant(_), _) => {}
            (Step::Variable(var), _) if !bound.contains(*var) && count(steps, step) == 1 => {}
            _ => is_static = false,
        }
    }
    Some(is_static)
}

/// The places of the steps that must be as in the path for a ref to select it, and are only known when it is evaluated.
pub(super) fn open_places(steps: &[Step<'_>], path: &[Step<'_>], bound: &VarSet) -> Vec<usize> {
    let is_open = |(step, wanted): (&Step<'_>, &Step<'_>)| {
        matches!(wanted, Step::Text(_) | Step::Constant(_))
            && match step {
                Step::Variable(var) => bound.contains(*var) || count(steps, step) > 1,
                step => *step == Step::Other,
            }
    };
    steps.iter().zip(path).enumerate().filter(|(_, pair)| is_open(*pair)).map(|(place, _)| place).collect()
}

fn count(steps: &[Step<'_>], step: &Step<'_>) -> usize {
    steps.iter().filter(|other| *other == step).count()
}
