//! What a rule's body requires of `input`, base data and arguments.

use super::{End, Root};
use crate::builtins::Builtin;
use crate::hir::Const;
use crate::plan::{Block, Comparison, Constant, Definition, Expr, Function, Slot, Test};
use crate::plan::{Branch, Step as PlanStep, optimize};
use crate::value::Kind;
use hashbrown::HashMap;
use std::sync::Arc;

/// Something that a rule must find.
#[derive(Clone)]
pub(super) struct Condition {
    pub(super) subject: Subject,
    pub(super) wanted: Wanted,
}

/// What must be found.
#[derive(Clone)]
pub(super) enum Wanted {
    /// One of these.
    Constants(Vec<Constant>),
    /// A string with this beginning or end.
    Affix(End, Arc<str>),
    /// A value of this type.
    Kind(Kind),
    /// An array of this length.
    Length(usize),
}

/// Where a value is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// A string.
    Key(Arc<str>),
    /// Another scalar.
    Constant(Constant),
    /// What is at another place.
    At(Subject),
}

impl From<Root> for Subject {
    fn from(root: Root) -> Self {
        Subject { root, steps: Vec::new() }
    }
}

/// What a definition requires. With `else` branches it is what one of the branches requires.
pub(super) fn conditions(definition: &Definition, arguments: u32) -> Vec<Condition> {
    let mut branches = definition.branches.iter().map(|branch| of_branch(branch, arguments));
    let Some(first) = branches.next() else { return Vec::new() };
    branches.fold(first, either)
}

fn of_branch(branch: &Branch, arguments: u32) -> Vec<Condition> {
    let mut finder = Finder { arguments, places: HashMap::new(), is_total: true, conditions: Vec::new() };
    finder.block(&branch.block);
    finder.conditions
}

/// What is required if one of two sets of conditions holds.
fn either(left: Vec<Condition>, right: Vec<Condition>) -> Vec<Condition> {
    let both = left.into_iter().filter_map(|condition| {
        let Wanted::Constants(mut constants) = condition.wanted else { return None };
        let other = right.iter().find_map(|other| match &other.wanted {
            Wanted::Constants(constants) if other.subject == condition.subject => Some(constants),
            _ => None,
        })?;
        for constant in other {
            if !constants.contains(constant) {
                constants.push(constant.clone());
            }
        }
        Some(Condition { subject: condition.subject, wanted: Wanted::Constants(constants) })
    });
    both.collect()
}

struct Finder {
    arguments: u32,
    /// Slots that hold what is at a place.
    places: HashMap<Slot, Subject>,
    /// Whether nothing so far can fail with an error. OPA looks rules up by equalities and affixes before it runs
    /// them, but not by types.
    is_total: bool,
    conditions: Vec<Condition>,
}

impl Finder {
    /// Every test on the way to a block's innermost end is required.
    fn block(&mut self, block: &Block) {
        for step in block {
            match step {
                PlanStep::Bind(slot, value) => {
                    if let Some(subject) = self.subject(value) {
                        self.places.insert(*slot, subject);
                    }
                }
                PlanStep::Test(test) => self.test(test),
                PlanStep::Loop { collection, filter, body, .. } => {
                    if let (Expr::Const(Constant::Array(items) | Constant::Set(items)), Some(filter)) =
                        (collection, filter)
                        && filter.path.is_empty()
                    {
                        self.member(&filter.equal, items);
                    }
                    self.is_total &= optimize::is_total(collection);
                    self.block(body);
                    return;
                }
                PlanStep::DataLoop { body, .. } => {
                    self.is_total = false;
                    return self.block(body);
                }
                // Inside, `input` may be another.
                PlanStep::With { .. } => return,
                _ => {}
            }
            // The index does not rely on types where another function stands in for a builtin.
            self.is_total &= match step {
                PlanStep::Test(Test::Kind(value, ..)) => optimize::is_total(value),
                step => optimize::is_total_step(step),
            };
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Compare(Comparison::Equal, Expr::Const(constant), value)
            | Test::Compare(Comparison::Equal, value, Expr::Const(constant)) => {
                self.require(value, Wanted::Constants(vec![constant.clone()]));
            }
            Test::Member(item, Expr::Const(Constant::Array(items) | Constant::Set(items))) => self.member(item, items),
            Test::Truthy(Expr::Call { function: Function::Builtin(builtin), args, .. }) => self.call(builtin, args),
            Test::Kind(value, kind, _) if self.is_total => self.require(value, Wanted::Kind(*kind)),
            Test::Array(slot, length) => self.require(&Expr::Slot(*slot), Wanted::Length(*length)),
            _ => {}
        }
    }

    fn member(&mut self, item: &Expr, items: &[Constant]) {
        let mut constants: Vec<Constant> = Vec::new();
        for constant in items {
            if !constants.contains(constant) {
                constants.push(constant.clone());
            }
        }
        self.require(item, Wanted::Constants(constants));
    }

    fn call(&mut self, builtin: &Builtin, args: &[Expr]) {
        match (builtin.name, args) {
            ("startswith", [value, affix]) => self.affix(value, End::Beginning, affix),
            ("endswith", [value, affix]) => self.affix(value, End::Ending, affix),
            ("glob.match", [pattern, delimiters, value]) if is_delimiters(delimiters) => {
                if let Some(beginning) = text_of(pattern).map(literal_beginning).filter(|text| !text.is_empty()) {
                    self.require(value, Wanted::Affix(End::Beginning, beginning.into()));
                }
            }
            _ => {}
        }
    }

    fn affix(&mut self, value: &Expr, end: End, affix: &Expr) {
        if let Some(text) = text_of(affix) {
            self.require(value, Wanted::Affix(end, text.clone()));
        }
    }

    /// Notes a condition, unless an earlier one of its kind is on the same place.
    fn require(&mut self, value: &Expr, wanted: Wanted) {
        let Some(subject) = self.subject(value) else { return };
        let is_alike = |other: &Condition| {
            other.subject == subject && std::mem::discriminant(&other.wanted) == std::mem::discriminant(&wanted)
        };
        if !self.conditions.iter().any(is_alike) {
            self.conditions.push(Condition { subject, wanted });
        }
    }

    /// The place that a value is at.
    fn subject(&self, value: &Expr) -> Option<Subject> {
        match value {
            Expr::Input => Some(Root::Input.into()),
            Expr::BaseData => Some(Root::Data.into()),
            Expr::Slot(slot) if slot.0 < self.arguments => Some(Root::Argument(slot.0 as u16).into()),
            Expr::Slot(slot) => self.places.get(slot).cloned(),
            Expr::Path(base, keys) => {
                let mut subject = self.subject(base)?;
                subject.steps.extend(keys.iter().cloned().map(Step::Key));
                Some(subject)
            }
            Expr::Index(base, key) => {
                let mut subject = self.subject(base)?;
                subject.steps.push(match &**key {
                    Expr::Const(Constant::Scalar(Const::String(text))) => Step::Key(text.clone()),
                    Expr::Const(constant @ Constant::Scalar(_)) => Step::Constant(constant.clone()),
                    key => Step::At(self.subject(key)?),
                });
                Some(subject)
            }
            _ => None,
        }
    }
}

fn text_of(expr: &Expr) -> Option<&Arc<str>> {
    match expr {
        Expr::Const(Constant::Scalar(Const::String(text))) => Some(text),
        _ => None,
    }
}

/// Whether `glob.match` takes it for delimiters.
fn is_delimiters(expr: &Expr) -> bool {
    let is_one = |item: &Constant| matches!(item, Constant::Scalar(Const::String(text)) if text.chars().count() == 1);
    match expr {
        Expr::Const(Constant::Scalar(Const::Null)) => true,
        Expr::Const(Constant::Array(items)) => items.iter().all(is_one),
        _ => false,
    }
}

/// What every text begins with that a glob pattern matches. Patterns that may be invalid are an error of the builtin.
fn literal_beginning(pattern: &Arc<str>) -> &str {
    if pattern.contains(['[', ']', '{', '}', '\\']) {
        return "";
    }
    pattern.split(['*', '?']).next().unwrap_or_default()
}
