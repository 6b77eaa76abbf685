//! Which rules a ref may select.

use super::VarSet;
use crate::hir::lower::Program;
use crate::hir::{Const, Rule, Term, Var};
use hashbrown::HashMap;
use smallvec::SmallVec;

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

/// The steps of a rule's path.
fn steps_of(rule: &Rule) -> impl Iterator<Item = Step<'_>> + Clone {
    rule.path.iter().map(|step| Step::Text(step)).chain(rule.keys.iter().map(Step::of))
}

/// The rules by the constant beginnings of their paths: a tree.
pub(super) struct Index<'p> {
    rules: &'p [Rule],
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
        let mut index = Index { rules: &program.rules, nodes: vec![Node::default()] };
        let mut way: SmallVec<[usize; 8]> = SmallVec::new();
        let mut earlier: Option<&Rule> = None;
        for (number, rule) in program.rules.iter().enumerate() {
            // Rules of one document mostly stand together.
            let is_same = |earlier: &Rule| earlier.keys.is_empty() && rule.keys.is_empty() && earlier.path == rule.path;
            if !earlier.is_some_and(is_same) {
                way.clear();
                index.way_to(rule, &mut way);
            }
            for at in &way {
                if let Some(node) = index.nodes.get_mut(*at) {
                    node.all.push(number);
                }
            }
            if let Some(node) = way.last().and_then(|at| index.nodes.get_mut(*at)) {
                node.here.push(number);
            }
            earlier = Some(rule);
        }
        index
    }

    /// The nodes on the way of the constant beginning of a rule's path, made where they are not there.
    fn way_to(&mut self, rule: &'p Rule, way: &mut SmallVec<[usize; 8]>) {
        let mut at = 0;
        way.push(at);
        for step in steps_of(rule) {
            let next = self.nodes.len();
            let (Step::Text(text), Some(node)) = (step, self.nodes.get_mut(at)) else { return };
            at = *node.children.entry(text).or_insert(next);
            if at == next {
                self.nodes.push(Node::default());
            }
            way.push(at);
        }
    }

    /// The path of a rule.
    pub(super) fn path(&self, rule: usize) -> impl Iterator<Item = Step<'p>> + Clone + use<'p> {
        self.rules.get(rule).into_iter().flat_map(steps_of)
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
        let is_one = std::ptr::eq(steps, all);
        // Where constants alone lead to all of a candidate's path, or the ref ends, there is nothing to compare.
        let mut select = |candidates: &[usize], is_sure: &dyn Fn(&Rule) -> bool| {
            for number in candidates {
                if is_one && self.rules.get(*number).is_some_and(is_sure) {
                    found(*number, true);
                    continue;
                }
                let path = self.path(*number);
                if selects(steps, path.clone(), bound).is_some() {
                    found(*number, selects(all, path, bound) == Some(true));
                }
            }
        };
        let mut at = self.nodes.first();
        let mut steps = steps.iter();
        while let Some(node) = at {
            match steps.next() {
                Some(Step::Text(text)) => {
                    select(&node.here, &|rule| rule.keys.is_empty());
                    at = node.children.get(text).and_then(|child| self.nodes.get(*child));
                }
                None => return select(&node.all, &|_| true),
                Some(_) => return select(&node.all, &|_| false),
            }
        }
    }
}

/// Whether a ref may select a rule of this path, and whether it does whatever its variables hold: a variable that
/// has no value yet goes through all that is there.
fn selects<'p>(steps: &[Step<'_>], path: impl Iterator<Item = Step<'p>>, bound: &VarSet) -> Option<bool> {
    let mut is_static = true;
    for (step, wanted) in steps.iter().zip(path) {
        match (step, wanted) {
            (_, Step::Variable(_) | Step::Other | Step::Collection) => {}
            (Step::Collection, _) => return None,
            (Step::Text(_) | Step::Constant(_), wanted) if *step != wanted => return None,
            (Step::Text(_) | Step::Constant(_), _) => {}
            (Step::Variable(var), _) if !bound.contains(*var) && count(steps, step) == 1 => {}
            _ => is_static = false,
        }
    }
    Some(is_static)
}

/// The places of the steps that must be as in the path for a ref to select it, and are only known when it is evaluated.
pub(super) fn open_places<'p>(steps: &[Step<'_>], path: impl Iterator<Item = Step<'p>>, bound: &VarSet) -> Vec<usize> {
    let is_open = |(step, wanted): &(&Step<'_>, Step<'_>)| {
        matches!(wanted, Step::Text(_) | Step::Constant(_))
            && match step {
                Step::Variable(var) => bound.contains(*var) || count(steps, step) > 1,
                step => **step == Step::Other,
            }
    };
    steps.iter().zip(path).enumerate().filter(|(_, pair)| is_open(pair)).map(|(place, _)| place).collect()
}

fn count(steps: &[Step<'_>], step: &Step<'_>) -> usize {
    steps.iter().filter(|other| *other == step).count()
}
