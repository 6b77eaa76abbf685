//! From what rules require to the structure that finds them.

use super::conditions::{Condition, Wanted, conditions};
use super::equal::{Constants, Found};
use super::subjects::{Step, Subject, SubjectId, Subjects};
use super::{Affixes, End, Hop, Index, Leaf, Node, Place};
use crate::code::constants::{Pool, hash};
use crate::plan::{Comparison, Constant, Definition, Expr, Step as PlanStep, Test};
use crate::value::Kind;
use hashbrown::HashMap;
use smallvec::smallvec;
use std::ops::Range;
use std::sync::Arc;

/// Fewer rules than this are tried one by one.
const WORTHWHILE: usize = 4;

/// Fewer than this are, too, where each begins with what an index would ask: to look something up in one takes as long as
/// five such tests.
const MANY: usize = 8;

/// How deep nodes may stand: each is reached by a call.
pub(super) const DEEPEST: usize = 512;

/// What a node asks: of which place, in which way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    subject: SubjectId,
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Equal,
    Affix(End),
    Kind,
    Length,
}

/// One answer to a question.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Answer<'c> {
    Constant(&'c Constant),
    Text(&'c str),
    Kind(Kind),
    Length(usize),
}

impl Wanted<'_> {
    fn way(&self) -> Way {
        match self {
            Wanted::Constants(_) => Way::Equal,
            Wanted::Affix(end, _) => Way::Affix(*end),
            Wanted::Kind(_) => Way::Kind,
            Wanted::Length(_) => Way::Length,
        }
    }

    fn answers(&self) -> impl Iterator<Item = Answer<'_>> {
        let (constants, other): (&[Constant], _) = match self {
            Wanted::Constants(constants) => (constants, None),
            Wanted::Affix(_, text) => (&[], Some(Answer::Text(text))),
            Wanted::Kind(kind) => (&[], Some(Answer::Kind(*kind))),
            Wanted::Length(length) => (&[], Some(Answer::Length(*length))),
        };
        constants.iter().map(Answer::Constant).chain(other)
    }
}

/// For each definition the steps that hold wherever an index has led to it.
pub(in crate::code) type Held<'d> = Vec<Vec<&'d PlanStep>>;

impl Index {
    /// The index of a document's definitions, and what need not be asked any more behind it; `None` where it would not
    /// help.
    pub(in crate::code) fn build<'d>(
        definitions: &'d [Definition],
        arguments: u32,
        pool: &mut Pool<'_>,
    ) -> Option<(Index, Held<'d>)> {
        if definitions.len() < WORTHWHILE {
            return None;
        }
        let mut subjects = Subjects::default();
        let mut required = Vec::with_capacity(definitions.len());
        let mut ends = Vec::with_capacity(definitions.len());
        for definition in definitions {
            conditions(definition, arguments, &mut subjects, &mut required);
            ends.push(required.len());
        }
        let mut begin = 0;
        let mut is_excluded_late = |(definition, end): (&Definition, &usize)| {
            let has_conditions = begin < *end;
            begin = *end;
            has_conditions && !begins_with_test(definition)
        };
        if definitions.len() < MANY && !definitions.iter().zip(&ends).any(&mut is_excluded_late) {
            return None;
        }
        let asked = Asked::of(&required, &ends);
        let answers = asked.taken.len();
        if answers == 0 {
            return None;
        }
        // A rule stands at each answer that it takes. Were all of its conditions told apart, it could stand at
        // their product.
        let left = 4 * (answers + definitions.len());
        let tallies = Marked::new(asked.questions.len());
        let groups = Marked::new(asked.answers.len());
        let is_above = vec![false; asked.questions.len()];
        let mut builder = Builder {
            nodes: Vec::with_capacity(definitions.len() + 2),
            asked: &asked,
            subjects,
            pool,
            left,
            is_above,
            tallies,
            groups,
            held: vec![None; definitions.len()],
        };
        builder.add((0..asked.count()).collect(), 0);
        let Builder { mut nodes, held, .. } = builder;
        nodes.shrink_to_fit();
        let step = |condition: usize| required.get(condition).and_then(|condition: &Condition<'d>| condition.step);
        let steps = |held: Option<Vec<usize>>| held.into_iter().flatten().filter_map(step).collect();
        let held = held.into_iter().map(steps).collect();
        // Where no question tells rules apart, all of them are tried in any case.
        (!matches!(nodes.first(), None | Some(Node::Leaf(_)))).then_some((Index { nodes }, held))
    }
}

/// Whether the first thing that a rule does is to compare something that is at hand with a constant.
fn begins_with_test(definition: &Definition) -> bool {
    let is_at_hand = |expr: &Expr| match expr {
        Expr::Const(_) | Expr::Slot(_) | Expr::Named(..) => true,
        Expr::Path(base, _) => matches!(**base, Expr::Input | Expr::Slot(_)),
        _ => false,
    };
    let is_first = |step: &&PlanStep| !matches!(step, PlanStep::Bind(_, value) if is_at_hand(value));
    definition.branches.iter().all(|branch| match branch.block.iter().find(is_first) {
        Some(PlanStep::Test(Test::Compare(Comparison::Equal, left, right) | Test::Member(left, right))) => {
            is_at_hand(left) && is_at_hand(right)
        }
        _ => false,
    })
}

/// What rules ask, with questions and answers by their numbers, which are compared more quickly than places and values.
struct Asked<'c> {
    questions: Vec<Question>,
    answers: Vec<Answer<'c>>,
    /// For each rule where its conditions begin; one more at the end.
    rules: Vec<usize>,
    /// For each condition its question, and where the answers end that it takes.
    conditions: Vec<(usize, usize)>,
    /// The answers that conditions take.
    taken: Vec<usize>,
}

impl<'c> Asked<'c> {
    /// Of the conditions of all rules, those of one after those of the other: `ends` has where they end.
    fn of(required: &'c [Condition<'_>], ends: &[usize]) -> Self {
        let count = required.len();
        let mut asked = Asked {
            questions: Vec::new(),
            answers: Vec::with_capacity(count),
            rules: Vec::with_capacity(ends.len() + 1),
            conditions: Vec::with_capacity(count),
            taken: Vec::with_capacity(count),
        };
        let mut questions: HashMap<Question, usize> = HashMap::new();
        let mut answers: HashMap<(usize, Answer<'c>), usize> = HashMap::with_capacity(ends.len());
        asked.rules.push(0);
        asked.rules.extend(ends);
        for Condition { subject, wanted, .. } in required {
            let new = Question { subject: *subject, way: wanted.way() };
            let question = *questions.entry(new).or_insert(asked.questions.len());
            if question == asked.questions.len() {
                asked.questions.push(new);
            }
            for new in wanted.answers() {
                let answer = *answers.entry((question, new)).or_insert(asked.answers.len());
                if answer == asked.answers.len() {
                    asked.answers.push(new);
                }
                asked.taken.push(answer);
            }
            asked.conditions.push((question, asked.taken.len()));
        }
        asked
    }

    /// How many rules there are.
    fn count(&self) -> u32 {
        self.rules.len().saturating_sub(1) as u32
    }

    /// Where the conditions of a rule are.
    fn range_of(&self, rule: u32) -> Range<usize> {
        let rule = rule as usize;
        self.rules.get(rule).zip(self.rules.get(rule + 1)).map_or(0..0, |(from, to)| *from..*to)
    }

    /// The conditions of a rule: the question of each, and the answers that it takes.
    fn of_rule(&self, rule: u32) -> impl Iterator<Item = (usize, &[usize])> {
        self.range_of(rule).filter_map(|at| {
            let (question, end) = *self.conditions.get(at)?;
            let start = at.checked_sub(1).and_then(|before| self.conditions.get(before)).map_or(0, |before| before.1);
            Some((question, self.taken.get(start..end)?))
        })
    }
}

/// A number for each of some things, all forgotten at once.
struct Marked {
    mark: usize,
    /// With each number the mark that it was set under.
    numbers: Vec<(usize, usize)>,
}

impl Marked {
    fn new(count: usize) -> Self {
        Marked { mark: 0, numbers: vec![(0, 0); count] }
    }

    fn forget(&mut self) {
        self.mark += 1;
    }

    /// The number of a thing: `new` if it has none yet.
    fn number(&mut self, thing: usize, new: usize) -> usize {
        let Some((mark, number)) = self.numbers.get_mut(thing) else { return new };
        if *mark != self.mark {
            (*mark, *number) = (self.mark, new);
        }
        *number
    }
}

struct Builder<'b, 'c, 's> {
    nodes: Vec<Node>,
    asked: &'b Asked<'c>,
    subjects: Subjects<'b>,
    pool: &'b mut Pool<'s>,
    /// How many more places a rule may stand at.
    left: usize,
    /// For each question whether a node above asks it.
    is_above: Vec<bool>,
    /// Numbers of questions.
    tallies: Marked,
    /// Numbers of answers.
    groups: Marked,
    /// For each rule the equalities that hold wherever a leaf has led to it, once one leads there.
    held: Vec<Option<Vec<usize>>>,
}

impl Builder<'_, '_, '_> {
    fn add(&mut self, rules: Leaf, depth: usize) -> u32 {
        let at = self.nodes.len();
        self.nodes.push(Node::Leaf(Leaf::new()));
        let is_open = self.left > 0 && depth < DEEPEST;
        let question = if is_open { self.best_question(&rules) } else { None };
        let node = match question {
            Some(question) => self.node(rules, question, depth),
            None => {
                rules.iter().for_each(|rule| self.reach(*rule));
                Node::Leaf(rules)
            }
        };
        if let Some(place) = self.nodes.get_mut(at) {
            *place = node;
        }
        at as u32
    }

    fn node(&mut self, rules: Leaf, number: usize, depth: usize) -> Node {
        let asked = self.asked;
        let Some(Question { subject, way }) = asked.questions.get(number).copied() else { return Node::Leaf(rules) };
        let mut groups: Vec<(usize, Leaf)> = Vec::new();
        let mut rest = Leaf::new();
        self.groups.forget();
        for rule in rules {
            let Some((_, answers)) = asked.of_rule(rule).find(|(question, _)| *question == number) else {
                rest.push(rule);
                continue;
            };
            for answer in answers {
                let group = self.groups.number(*answer, groups.len());
                match groups.get_mut(group) {
                    Some((_, members)) => members.push(rule),
                    None => groups.push((*answer, smallvec![rule])),
                }
            }
            self.left = self.left.saturating_sub(answers.len());
        }
        self.set_above(number, true);
        let groups: Vec<(Answer<'_>, u32)> = groups
            .into_iter()
            .filter_map(|(answer, members)| Some((*asked.answers.get(answer)?, self.add(members, depth + 1))))
            .collect();
        self.set_above(number, false);
        let rest = (!rest.is_empty()).then(|| self.add(rest, depth + 1));
        // Rules all of which are tried are never wrong.
        let Some(place) = self.place(subject) else {
            self.held.iter_mut().for_each(|held| *held = Some(Vec::new()));
            return Node::Leaf((0..asked.count()).collect());
        };
        match way {
            Way::Equal => Node::Equal { place, constants: self.constants(groups), rest },
            Way::Affix(end) => Node::Affix { place, end, affixes: affixes(groups), rest },
            Way::Kind => {
                let by_kind = groups.into_iter().filter_map(|(answer, node)| match answer {
                    Answer::Kind(kind) => Some((kind, node)),
                    _ => None,
                });
                Node::Kind { place, by_kind: by_kind.collect(), rest }
            }
            Way::Length => {
                let by_length = groups.into_iter().filter_map(|(answer, node)| match answer {
                    Answer::Length(length) => Some((length, node)),
                    _ => None,
                });
                Node::Length { place, by_length: by_length.collect(), rest }
            }
        }
    }

    /// Notes that a leaf here leads to a rule.
    fn reach(&mut self, rule: u32) {
        let (asked, is_above) = (self.asked, &self.is_above);
        let holds = |condition: &usize| {
            let question = asked.conditions.get(*condition).map_or(usize::MAX, |(question, _)| *question);
            let is_equality = asked.questions.get(question).is_some_and(|question| question.way == Way::Equal);
            is_equality && is_above.get(question).copied().unwrap_or(false)
        };
        match self.held.get_mut(rule as usize) {
            Some(held @ None) => *held = Some(asked.range_of(rule).filter(holds).collect()),
            Some(Some(held)) => held.retain(holds),
            None => {}
        }
    }

    fn set_above(&mut self, question: usize, is: bool) {
        if let Some(is_above) = self.is_above.get_mut(question) {
            *is_above = is;
        }
    }

    /// The question that tells most rules apart, if one is worth a node.
    fn best_question(&mut self, rules: &[u32]) -> Option<usize> {
        if rules.len() < WORTHWHILE {
            return None;
        }
        self.tallies.forget();
        self.groups.forget();
        // Of each question how many answers there are, and how many rules ask it.
        let mut tallies: Vec<(usize, usize, usize)> = Vec::new();
        for (question, answers) in rules.iter().flat_map(|rule| self.asked.of_rule(*rule)) {
            if self.is_above.get(question).is_none_or(|is_above| *is_above) {
                continue;
            }
            let place = self.tallies.number(question, tallies.len());
            if place == tallies.len() {
                tallies.push((question, 0, 0));
            }
            let Some((_, values, count)) = tallies.get_mut(place) else { continue };
            for answer in answers {
                *values += usize::from(self.groups.number(*answer, *values) == *values);
            }
            *count += 1;
        }
        // Those that do not ask the question are visited whatever the answer.
        let left = |values: usize, count: usize| rules.len() - count + count.div_ceil(values.max(1));
        let ranked = tallies.into_iter().map(|(question, values, count)| (left(values, count), question));
        let best = ranked.reduce(|best, other| if other.0 < best.0 { other } else { best });
        best.filter(|(left, _)| *left < rules.len()).map(|(_, question)| question)
    }

    fn constants(&mut self, groups: Vec<(Answer<'_>, u32)>) -> Constants {
        let mut constants = Vec::with_capacity(groups.len());
        for (answer, node) in groups {
            let Answer::Constant(constant) = answer else { continue };
            let (id, symbol) = self.pool.constant_with_symbol(constant);
            constants.push((id, symbol.map_or_else(|| Found::Hashed(hash(constant)), Found::By), node));
        }
        Constants::new(&constants)
    }

    fn place(&mut self, subject: SubjectId) -> Option<Place> {
        let Subject { root, steps } = self.subjects.get(subject)?.clone();
        let mut hops = Vec::new();
        let mut keys: Vec<Arc<str>> = Vec::new();
        for step in steps {
            if let Step::Key(key) = step {
                keys.push(key.into());
                continue;
            }
            if !keys.is_empty() {
                hops.push(Hop::Path(self.pool.path(&std::mem::take(&mut keys))));
            }
            match step {
                Step::Key(_) => {}
                Step::Constant(constant) => hops.push(Hop::Constant(self.pool.constant(constant))),
                Step::At(subject) => hops.push(Hop::Key(self.place(subject)?)),
            }
        }
        if !keys.is_empty() {
            hops.push(Hop::Path(self.pool.path(&keys)));
        }
        Some(Place { root, hops: hops.into() })
    }
}

fn affixes(groups: Vec<(Answer<'_>, u32)>) -> Affixes {
    Affixes::of_entries(groups.iter().filter_map(|(answer, node)| match answer {
        Answer::Text(text) => Some((*text, *node)),
        _ => None,
    }))
}
