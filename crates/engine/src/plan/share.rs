//! What rules of one document have in common at their beginning is done once for all of them.
//!
//! Policies walk over the same containers in every rule (`container := input.spec.containers[_]`, then what is wrong
//! with it). Rules that begin with equal steps are put under one beginning, with their rests as alternatives. Slots
//! are numbered in the order of the steps, so equal beginnings have equal slots, and no rest writes one of them.

use super::{Block, Branch, Definition, Step, optimize};

/// With more definitions than this, comparing each with each would take longer than it saves; and what is shared could be
/// nested deeper.
const MOST: usize = 256;

/// Definitions that are done together or alone.
pub enum Part<'d> {
    /// Those that begin alike, as one block, whose ends have the numbers of the definitions.
    Together(Block),
    /// One that begins like no other.
    Alone(&'d Definition),
}

/// Which definitions are looked at together.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// Any.
    Any,
    /// Those that follow one another.
    Kept,
}

/// The definitions of a set or object: those with loops that begin like others come first. Where there are none, the others
/// stay in their order, on which it depends which error is told.
pub fn share(definitions: &[Definition]) -> Vec<Part<'_>> {
    let (together, alone) = split(definitions, shareable_loops);
    if together.is_empty() {
        return share_in_order(definitions, false);
    }
    let together = Part::Together(merge(together, Order::Any));
    std::iter::once(together).chain(alone.into_iter().map(Part::Alone)).collect()
}

/// The definitions of one value, each of which has one answer at most, in their order: which of them a conflict tells of
/// depends on it, or which of them comes to an error before another one has an answer. A loop would go on after its answer,
/// and so is not shared; where the first answer is returned, loops may follow what is.
pub fn share_in_order(definitions: &[Definition], returns: bool) -> Vec<Part<'_>> {
    if definitions.len() > MOST {
        return definitions.iter().map(Part::Alone).collect();
    }
    let mut parts = Vec::new();
    let mut run: Vec<Numbered<'_>> = Vec::new();
    let mut end = |run: &mut Vec<Numbered<'_>>| match std::mem::take(run).as_slice() {
        [] => {}
        [(number, _)] => parts.extend(definitions.get(*number).map(Part::Alone)),
        several => parts.push(Part::Together(merge(several.to_vec(), Order::Kept))),
    };
    for (number, definition) in definitions.iter().enumerate() {
        let steps = straight(definition, returns);
        let is_alike = |first: &[Step]| begin_alike_in_order(first, steps.unwrap_or_default());
        if !run.first().is_some_and(|(_, first)| is_alike(first)) {
            end(&mut run);
        }
        run.push((number, steps.unwrap_or_default()));
    }
    end(&mut run);
    parts
}

/// The steps of a definition that has one answer at most, without loops unless these are ended by it.
fn straight(definition: &Definition, returns: bool) -> Option<&[Step]> {
    let is_straight = |step: &Step| match step {
        Step::Loop { .. } | Step::DataLoop { .. } => returns,
        Step::With { .. } | Step::Outside(_) => false,
        _ => true,
    };
    match definition.branches.as_slice() {
        [Branch { block, is_single: true, .. }] if !definition.has_effects && block.iter().all(is_straight) => {
            Some(block)
        }
        _ => None,
    }
}

/// For each definition whether it begins like another one of those whose steps are shareable.
pub fn begins_alike(definitions: &[Definition], shareable: impl Fn(&Definition) -> Option<&[Step]>) -> Vec<bool> {
    let mut is_alike = vec![false; definitions.len()];
    for (number, _) in split(definitions, shareable).0 {
        if let Some(is_alike) = is_alike.get_mut(number) {
            *is_alike = true;
        }
    }
    is_alike
}

/// A definition by its number, and its steps.
type Numbered<'d> = (usize, &'d [Step]);

/// Definitions that begin like others, and those that are better off alone.
fn split(
    definitions: &[Definition],
    shareable: impl Fn(&Definition) -> Option<&[Step]>,
) -> (Vec<Numbered<'_>>, Vec<&Definition>) {
    if definitions.len() > MOST {
        return (Vec::new(), definitions.iter().collect());
    }
    let candidates: Vec<Numbered<'_>> = definitions
        .iter()
        .enumerate()
        .filter_map(|(number, definition)| Some((number, shareable(definition)?)))
        .collect();
    // One that begins like no other stays alone: it may end at its first answer.
    let has_alike = |(number, steps): &Numbered<'_>, among: &[Numbered<'_>], is_fit: &dyn Fn(&[Step]) -> bool| {
        among.iter().any(|(other, others)| number != other && begin_alike(steps, others) && is_fit(others))
    };
    let is_worth_it = |candidate: &Numbered<'_>| {
        let is_alone = is_better_alone(candidate.1);
        has_alike(candidate, &candidates, &|others| !(is_alone && is_only_a_loop(candidate.1, others)))
    };
    let chosen: Vec<Numbered<'_>> = candidates.iter().filter(|candidate| is_worth_it(candidate)).copied().collect();
    // Those like it may be better off alone.
    let is_together = |candidate: &&Numbered<'_>| has_alike(candidate, &chosen, &|_| true);
    let together: Vec<Numbered<'_>> = chosen.iter().filter(is_together).copied().collect();
    let alone = definitions
        .iter()
        .enumerate()
        .filter(|(number, _)| !together.iter().any(|(other, _)| other == number))
        .map(|(_, definition)| definition)
        .collect();
    (together, alone)
}

/// Whether a loop does less when it is not shared: paths that it needs in each turn can then be looked up before it.
fn is_better_alone(steps: &[Step]) -> bool {
    let mut paths = Vec::new();
    if let Some(Step::Loop { body, .. }) = steps.first() {
        optimize::collect_paths(body, &mut paths);
    }
    !paths.is_empty()
}

/// Whether all that two definitions have in common is a loop that each of them begins with.
fn is_only_a_loop(left: &[Step], right: &[Step]) -> bool {
    match (left.first(), right.first()) {
        (Some(Step::Loop { body, .. }), Some(Step::Loop { body: other, .. })) => !begin_alike(body, other),
        _ => false,
    }
}

/// The steps of a definition that may have several answers and be done together with another one's.
pub fn shareable_loops(definition: &Definition) -> Option<&[Step]> {
    match definition.branches.as_slice() {
        [branch] if !branch.is_single && !definition.has_effects => Some(&branch.block),
        _ => None,
    }
}

/// The same of one that has one answer at most, without loops.
pub fn shareable_in_order(definition: &Definition) -> Option<&[Step]> {
    straight(definition, false)
}

fn begin_alike(left: &[Step], right: &[Step]) -> bool {
    match (left.first(), right.first()) {
        (Some(left), Some(right)) => is_same_beginning(left, right),
        _ => false,
    }
}

/// The same where each definition has to be done with before the next one begins.
fn begin_alike_in_order(left: &[Step], right: &[Step]) -> bool {
    !left.first().is_some_and(is_loop) && begin_alike(left, right)
}

/// Whether two steps are equal, or loops over the same collection.
pub(super) fn is_same_beginning(left: &Step, right: &Step) -> bool {
    match (left, right) {
        (
            Step::Loop { collection, key, value, filter, .. },
            Step::Loop { collection: other, key: other_key, value: other_value, filter: other_filter, .. },
        ) => collection == other && key == other_key && value == other_value && filter == other_filter,
        (Step::DataLoop { path, key, .. }, Step::DataLoop { path: other, key: other_key, .. }) => {
            path == other && key == other_key
        }
        (Step::With { .. } | Step::Outside(_) | Step::Alternatives(_), _) => false,
        (left, right) => left == right,
    }
}

/// One block of several.
fn merge(rests: Vec<Numbered<'_>>, order: Order) -> Block {
    let mut groups: Vec<Vec<Numbered<'_>>> = Vec::new();
    for rest in rests {
        let from = if order == Order::Kept { groups.len().saturating_sub(1) } else { 0 };
        let begin_alike = if order == Order::Kept { begin_alike_in_order } else { begin_alike };
        let is_alike = |group: &&mut Vec<Numbered<'_>>| group.first().is_some_and(|first| begin_alike(first.1, rest.1));
        match groups.iter_mut().skip(from).find(is_alike) {
            Some(group) => group.push(rest),
            None => groups.push(vec![rest]),
        }
    }
    let mut blocks: Vec<(usize, Block)> = groups.into_iter().map(|group| merge_group(group, order)).collect();
    match blocks.as_slice() {
        // The one group begins alike and ends with its own alternatives.
        [(_, block)] if matches!(block.last(), Some(step) if ends_with_alternatives(step)) => {
            blocks.pop().map(|(_, block)| block).unwrap_or_default()
        }
        _ => vec![Step::Alternatives(blocks)],
    }
}

/// Whether the innermost end of a block says itself which rules it is for.
fn ends_with_alternatives(step: &Step) -> bool {
    match step {
        Step::Alternatives(_) => true,
        Step::Loop { body, .. } | Step::DataLoop { body, .. } => body.last().is_some_and(ends_with_alternatives),
        _ => false,
    }
}

/// Rests that begin alike as one, with the number of the first. (All that they begin with is taken at once: bodies can be
/// much longer than the native stack is deep.)
fn merge_group(group: Vec<Numbered<'_>>, order: Order) -> (usize, Block) {
    let Some((number, first)) = group.first().copied() else { return (0, Block::new()) };
    if group.len() == 1 {
        return (number, first.to_vec());
    }
    let is_common = |(at, step): &(usize, &Step)| {
        !is_loop(step)
            && group.iter().all(|(_, steps)| steps.get(*at).is_some_and(|other| is_same_beginning(step, other)))
    };
    let count = first.iter().enumerate().take_while(is_common).count();
    let (beginning, _) = first.split_at_checked(count).unwrap_or_default();
    let rests = group.iter().map(|(number, steps)| (*number, steps.get(count..).unwrap_or_default()));
    let rests: Vec<Numbered<'_>> = rests.collect();
    let mut block = beginning.to_vec();
    match first.get(count) {
        Some(Step::Loop { collection, key, value, filter, .. }) if count == 0 => block.push(Step::Loop {
            collection: collection.clone(),
            key: *key,
            value: *value,
            filter: filter.clone(),
            body: merge(bodies(&rests), order),
        }),
        Some(Step::DataLoop { path, key, .. }) if count == 0 => {
            block.push(Step::DataLoop { path: path.clone(), key: *key, body: merge(bodies(&rests), order) });
        }
        _ => block.extend(merge(rests, order)),
    }
    (number, block)
}

fn is_loop(step: &Step) -> bool {
    matches!(step, Step::Loop { .. } | Step::DataLoop { .. })
}

/// What is in the loops that rests begin with.
fn bodies<'d>(group: &[Numbered<'d>]) -> Vec<Numbered<'d>> {
    let body = |steps: &'d [Step]| match steps.first() {
        Some(Step::Loop { body, .. } | Step::DataLoop { body, .. }) => body.as_slice(),
        _ => &[],
    };
    group.iter().map(|(number, steps)| (*number, body(steps))).collect()
}
