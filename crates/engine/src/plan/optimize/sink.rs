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
    let rules: Vec<Rule<'_>> = definitions.iter().filter_map(rule_of).collect();
    let moved: Vec<(usize, Block)> =
        (0..definitions.len()).filter_map(|at| Some((at, moved(&rule_of(definitions.get(at)?)?, &rules)?))).collect();
    for (at, block) in moved {
        if let Some([branch]) = definitions.get_mut(at).map(|definition| definition.branches.as_mut_slice()) {
            branch.block = block;
        }
    }
}

/// A definition that begins with a loop, or with tests before one.
struct Rule<'d> {
    tests: &'d [Step],
    rest: &'d [Step],
    /// The steps of `rest` one after the other, those inside of loops behind them.
    line: Vec<&'d Step>,
}

fn rule_of(definition: &Definition) -> Option<Rule<'_>> {
    let steps = shareable_loops(definition)?;
    let count = steps.iter().take_while(|step| is_cheap(step)).count();
    let (tests, rest) = steps.split_at_checked(count)?;
    let mut line = Vec::new();
    let mut inner = rest;
    while let Some((step, further)) = inner.split_first() {
        line.push(step);
        inner = match step {
            Step::Loop { body, .. } => body,
            _ => further,
        };
    }
    matches!(rest.first(), Some(Step::Loop { .. })).then_some(Rule { tests, rest, line })
}

/// The steps of a rule with its tests further inside, if another one begins with its loop.
fn moved(rule: &Rule<'_>, rules: &[Rule<'_>]) -> Option<Block> {
    if rule.tests.is_empty() {
        return None;
    }
    let (open, guarded): (Vec<&Rule<'_>>, Vec<&Rule<'_>>) = rules.iter().partition(|other| other.tests.is_empty());
    let most = |others: &[&Rule<'_>]| others.iter().map(|other| common(rule, other)).max().unwrap_or_default();
    let done_anyway = most(&open);
    if done_anyway == 0 {
        return None;
    }
    // What other rules do behind tests as well may be done before the tests only if it has no errors.
    let is_other = |other: &&&Rule<'_>| !std::ptr::eq(other.rest, rule.rest);
    let others: Vec<&Rule<'_>> = guarded.iter().filter(is_other).copied().collect();
    let alike = rule.line.get(done_anyway..most(&others)).unwrap_or_default();
    let harmless = alike.iter().take_while(|step| matches!(step, Step::Loop { .. }) || is_total_step(step)).count();
    Some(inserted(rule.tests, rule.rest, done_anyway + harmless))
}

/// With how many equal steps two rules begin.
fn common(rule: &Rule<'_>, other: &Rule<'_>) -> usize {
    let is_alike = |(left, right): &(&&Step, &&Step)| is_same_beginning(left, right);
    rule.line.iter().zip(&other.line).take_while(is_alike).count()
}

/// Steps with tests behind the first `count`, those inside of loops counted.
fn inserted(tests: &[Step], steps: &[Step], count: usize) -> Block {
    let mut block = steps.to_vec();
    let loop_at = block.iter().position(|step| matches!(step, Step::Loop { .. })).filter(|at| *at < count);
    match loop_at.and_then(|at| Some((at, block.get_mut(at)?))) {
        Some((at, Step::Loop { body, .. })) => *body = inserted(tests, body, count - at - 1),
        _ => drop(block.splice(count..count, tests.iter().cloned())),
    }
    block
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
