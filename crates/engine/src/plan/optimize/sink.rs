//! What rules ask before a loop that others begin with is asked inside of it, so that the loop can be shared.
//!
//! `input.parameters.cpu != "-1"; some c in containers` begins unlike the rules that walk over the containers at once.
//! Only what is cheap and cannot fail with an error moves, and not what an index would find the rule by.

use super::total::is_total_step;
use crate::plan::share::{is_same_beginning, shareable_loops};
use crate::plan::{Block, Comparison, Definition, Expr, Step, Test};

/// With more definitions than this, comparing each with each would take longer than it saves.
const MOST: usize = 64;

/// Moves tests into loops that other definitions begin with.
pub(super) fn sink(definitions: &mut [Definition]) {
    if definitions.len() > MOST {
        return;
    }
    let rules: Vec<(usize, Rule<'_>)> =
        definitions.iter().enumerate().filter_map(|(at, definition)| Some((at, rule_of(definition)?))).collect();
    let moves: Vec<(usize, Move)> = rules.iter().filter_map(|(at, rule)| Some((*at, move_of(rule, &rules)?))).collect();
    for (at, Move { tests, over }) in moves {
        if let Some([branch]) = definitions.get_mut(at).map(|definition| definition.branches.as_mut_slice()) {
            let tests = branch.block.drain(..tests).collect();
            insert(tests, &mut branch.block, over);
        }
    }
}

/// A definition that begins with a loop, or with tests before one.
struct Rule<'d> {
    /// How many tests.
    tests: usize,
    /// The steps behind them.
    rest: &'d [Step],
}

/// How many tests a definition begins with, and over how many steps they move.
struct Move {
    tests: usize,
    over: usize,
}

fn rule_of(definition: &Definition) -> Option<Rule<'_>> {
    let steps = shareable_loops(definition)?;
    let tests = steps.iter().take_while(|step| is_cheap(step)).count();
    let rest = steps.get(tests..)?;
    matches!(rest.first(), Some(Step::Loop { .. })).then_some(Rule { tests, rest })
}

impl<'d> Rule<'d> {
    /// The steps of `rest` one after the other, those inside of loops behind them.
    fn line(&self) -> impl Iterator<Item = &'d Step> {
        let mut inner = self.rest;
        std::iter::from_fn(move || {
            let (step, further) = inner.split_first()?;
            inner = match step {
                Step::Loop { body, .. } => body,
                _ => further,
            };
            Some(step)
        })
    }
}

/// How the tests of a rule move further inside, if another one begins with its loop.
fn move_of(rule: &Rule<'_>, rules: &[(usize, Rule<'_>)]) -> Option<Move> {
    if rule.tests == 0 {
        return None;
    }
    let others = rules.iter().map(|(_, other)| other).filter(|other| !std::ptr::eq(*other, rule));
    let most = |are_open: bool| {
        let alike = others.clone().filter(|other| (other.tests == 0) == are_open).map(|other| common(rule, other));
        alike.max().unwrap_or_default()
    };
    let done_anyway = most(true);
    if done_anyway == 0 {
        return None;
    }
    // What other rules do behind tests as well may be done before the tests only if it has no errors.
    let alike = rule.line().take(most(false)).skip(done_anyway);
    let harmless = alike.take_while(|step| matches!(step, Step::Loop { .. }) || is_total_step(step)).count();
    Some(Move { tests: rule.tests, over: done_anyway + harmless })
}

/// With how many equal steps two rules begin.
fn common(rule: &Rule<'_>, other: &Rule<'_>) -> usize {
    let is_alike = |(left, right): &(&Step, &Step)| is_same_beginning(left, right);
    rule.line().zip(other.line()).take_while(is_alike).count()
}

/// Puts tests behind the first `count` steps, those inside of loops counted.
fn insert(tests: Block, block: &mut Block, count: usize) {
    let loop_at = block.iter().position(|step| matches!(step, Step::Loop { .. })).filter(|at| *at < count);
    if let Some(at) = loop_at
        && let Some(Step::Loop { body, .. }) = block.get_mut(at)
    {
        return insert(tests, body, count - at - 1);
    }
    block.splice(count..count, tests);
}

/// Whether a step may be done in each turn of a loop in place of once.
fn is_cheap(step: &Step) -> bool {
    let is_simple = |expr: &Expr| match expr {
        Expr::Const(_) | Expr::Slot(_) | Expr::Named(..) | Expr::Fixed(..) => true,
        Expr::Path(base, _) => matches!(**base, Expr::Input),
        _ => false,
    };
    let is_simple_step = match step {
        Step::Bind(_, value) | Step::Test(Test::Defined(value)) => is_simple(value),
        // Equality is what an index looks for.
        Step::Test(Test::Compare(comparison, left, right)) => {
            *comparison != Comparison::Equal && is_simple(left) && is_simple(right)
        }
        _ => false,
    };
    is_simple_step && is_total_step(step)
}
