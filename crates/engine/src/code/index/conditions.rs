//! What a rule's body requires of `input`, base data and arguments.

use super::subjects::{Step, SubjectId, Subjects};
use super::{End, Root};
use crate::builtins::Builtin;
use crate::hir::Const;
use crate::plan::{Block, Comparison, Constant, Definition, Expr, Filter, Function, Part, Slot, Test};
use crate::plan::{Branch, Step as PlanStep, optimize};
use crate::value::Kind;
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;
use std::slice;

/// Something that a rule must find.
pub(super) struct Condition<'p> {
    pub(super) subject: SubjectId,
    pub(super) wanted: Wanted<'p>,
    /// The step of the rule's only body that asks just this.
    pub(super) step: Option<&'p PlanStep>,
}

/// What must be found.
pub(super) enum Wanted<'p> {
    /// One of these, which are distinct.
    Constants(Cow<'p, [Constant]>),
    /// A string with this beginning or end.
    Affix(End, &'p str),
    /// A value of this type.
    Kind(Kind),
    /// An array of this length.
    Length(usize),
}

/// Adds what a definition requires to what others do. With `else` branches it is what one of the branches requires.
pub(super) fn conditions<'p>(
    definition: &'p Definition,
    arguments: u32,
    subjects: &mut Subjects<'p>,
    found: &mut Vec<Condition<'p>>,
) {
    if let [branch] = definition.branches.as_slice() {
        return of_branch(branch, arguments, subjects, found);
    }
    let branches = definition.branches.iter().map(|branch| {
        let mut own = Vec::new();
        of_branch(branch, arguments, subjects, &mut own);
        own
    });
    found.extend(branches.reduce(either).into_iter().flatten());
}

fn of_branch<'p>(branch: &'p Branch, arguments: u32, subjects: &mut Subjects<'p>, conditions: &mut Vec<Condition<'p>>) {
    let known = conditions.len();
    let mut finder =
        Finder { arguments, subjects, places: HashMap::new(), is_total: true, known, conditions, step: None };
    finder.block(&branch.block, true);
}

/// What is required if one of two sets of conditions holds.
fn either<'p>(left: Vec<Condition<'p>>, right: Vec<Condition<'p>>) -> Vec<Condition<'p>> {
    let both = left.into_iter().filter_map(|condition| {
        let Wanted::Constants(constants) = condition.wanted else { return None };
        let other = right.iter().find_map(|other| match &other.wanted {
            Wanted::Constants(constants) if other.subject == condition.subject => Some(constants),
            _ => None,
        })?;
        let known: HashSet<&Constant> = constants.iter().collect();
        let more: Vec<Constant> = other.iter().filter(|constant| !known.contains(constant)).cloned().collect();
        let wanted = Wanted::Constants([&*constants, &more].concat().into());
        Some(Condition { subject: condition.subject, wanted, step: None })
    });
    both.collect()
}

/// Constants, each once.
fn distinct(constants: &[Constant]) -> Cow<'_, [Constant]> {
    let mut seen = HashSet::with_capacity(constants.len());
    if constants.iter().all(|constant| seen.insert(constant)) {
        return Cow::Borrowed(constants);
    }
    seen.clear();
    constants.iter().filter(|constant| seen.insert(*constant)).cloned().collect()
}

struct Finder<'p, 'f> {
    arguments: u32,
    subjects: &'f mut Subjects<'p>,
    /// Slots that hold what is at a place.
    places: HashMap<Slot, SubjectId>,
    /// Whether nothing so far can fail with an error. OPA looks rules up by equalities and affixes before it runs
    /// them, but not by types.
    is_total: bool,
    conditions: &'f mut Vec<Condition<'p>>,
    /// How many of them are those of other rules.
    known: usize,
    /// The step that is looked at, if it asks for nothing but an equality.
    step: Option<&'p PlanStep>,
}

impl<'p> Finder<'p, '_> {
    /// Every test on the way to a block's innermost end is required.
    fn block(&mut self, block: &'p Block, is_whole: bool) {
        for step in block {
            let is_equality = matches!(step, PlanStep::Test(Test::Compare(..) | Test::Member(..)));
            self.step = (is_whole && is_equality).then_some(step);
            match step {
                PlanStep::Bind(slot, value) => {
                    if let Some(subject) = self.subject(value) {
                        self.places.insert(*slot, subject);
                    }
                }
                PlanStep::Test(test) => self.test(test),
                PlanStep::Loop { collection, filter, body, .. } => {
                    if let (
                        Expr::Const(Constant::Array(items) | Constant::Set(items)),
                        Some(Filter { part: Part::Value(path), equal }),
                    ) = (collection, filter.as_deref())
                        && path.is_empty()
                    {
                        self.member(equal, items);
                    }
                    self.is_total &= optimize::is_total(collection);
                    self.block(body, false);
                    return;
                }
                PlanStep::DataLoop { body, .. } => {
                    self.is_total = false;
                    return self.block(body, false);
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

    fn test(&mut self, test: &'p Test) {
        match test {
            Test::Compare(Comparison::Equal, Expr::Const(constant), value)
            | Test::Compare(Comparison::Equal, value, Expr::Const(constant)) => {
                self.require(value, Wanted::Constants(Cow::Borrowed(slice::from_ref(constant))));
            }
            Test::Member(item, Expr::Const(Constant::Array(items) | Constant::Set(items))) => self.member(item, items),
            Test::Truthy(Expr::Call { function: Function::Builtin(builtin), args, .. }) => self.call(builtin, args),
            Test::Kind(value, kind, _) if self.is_total => self.require(value, Wanted::Kind(*kind)),
            Test::Array(slot, length) => {
                let subject = self.slot(*slot);
                self.require_at(subject, Wanted::Length(*length));
            }
            _ => {}
        }
    }

    fn member(&mut self, item: &'p Expr, items: &'p [Constant]) {
        self.require(item, Wanted::Constants(distinct(items)));
    }

    fn call(&mut self, builtin: &Builtin, args: &'p [Expr]) {
        match (builtin.name, args) {
            ("startswith", [value, affix]) => self.affix(value, End::Beginning, affix),
            ("endswith", [value, affix]) => self.affix(value, End::Ending, affix),
            ("glob.match", [pattern, delimiters, value]) if is_delimiters(delimiters) => {
                if let Some(beginning) = text_of(pattern).map(literal_beginning).filter(|text| !text.is_empty()) {
                    self.require(value, Wanted::Affix(End::Beginning, beginning));
                }
            }
            _ => {}
        }
    }

    fn affix(&mut self, value: &'p Expr, end: End, affix: &'p Expr) {
        if let Some(text) = text_of(affix) {
            self.require(value, Wanted::Affix(end, text));
        }
    }

    /// Notes a condition, unless an earlier one of its kind is on the same place.
    fn require(&mut self, value: &'p Expr, wanted: Wanted<'p>) {
        let subject = self.subject(value);
        self.require_at(subject, wanted);
    }

    fn require_at(&mut self, subject: Option<SubjectId>, wanted: Wanted<'p>) {
        let Some(subject) = subject else { return };
        let is_alike = |other: &Condition<'_>| {
            other.subject == subject && std::mem::discriminant(&other.wanted) == std::mem::discriminant(&wanted)
        };
        if !self.conditions.iter().skip(self.known).any(is_alike) {
            self.conditions.push(Condition { subject, wanted, step: self.step });
        }
    }

    /// The place that a value is at.
    fn subject(&mut self, value: &'p Expr) -> Option<SubjectId> {
        if let Expr::Slot(slot) = value {
            return self.slot(*slot);
        }
        let mut steps = std::mem::take(&mut self.subjects.room);
        steps.clear();
        let root = self.way(value, &mut steps);
        let subject = root.map(|root| self.subjects.number(root, &steps));
        self.subjects.room = steps;
        subject
    }

    fn slot(&mut self, slot: Slot) -> Option<SubjectId> {
        if slot.0 < self.arguments {
            return Some(self.subjects.number(Root::Argument(slot.0 as u16), &[]));
        }
        self.places.get(&slot).copied()
    }

    /// The way to the place that a value is at: the root, and the steps below it, which are added to others.
    fn way(&mut self, value: &'p Expr, steps: &mut Vec<Step<'p>>) -> Option<Root> {
        match value {
            Expr::Input => Some(Root::Input),
            Expr::BaseData => Some(Root::Data),
            Expr::Stored(value) => self.way(value, steps),
            Expr::Slot(slot) => {
                let subject = self.slot(*slot)?;
                let subject = self.subjects.get(subject)?;
                steps.extend_from_slice(&subject.steps);
                Some(subject.root)
            }
            Expr::Path(base, keys) => {
                let root = self.way(base, steps)?;
                steps.extend(keys.iter().map(|key| Step::Key(key)));
                Some(root)
            }
            Expr::Index(base, key) => {
                let root = self.way(base, steps)?;
                steps.push(match &**key {
                    Expr::Const(Constant::Scalar(Const::String(text))) => Step::Key(text),
                    // The index finds texts by numbers in base documents, as code does that looks them up there.
                    _ if root == Root::Data && !base.is_base_data() => return None,
                    Expr::Const(constant @ Constant::Scalar(_)) => Step::Constant(constant),
                    key => Step::At(self.subject(key)?),
                });
                Some(root)
            }
            _ => None,
        }
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
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
fn literal_beginning(pattern: &str) -> &str {
    if pattern.contains(['[', ']', '{', '}', '\\']) {
        return "";
    }
    pattern.split(['*', '?']).next().unwrap_or_default()
}
