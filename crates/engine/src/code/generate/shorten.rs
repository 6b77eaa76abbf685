//! Makes finished code shorter: what is generated step by step jumps more than it has to.

use super::super::{Function, Label, Op};

/// Lets jumps to jumps go where those go, and drops instructions that are never reached or only go on to the next.
/// `labels` are the places of labels, which are places themselves afterwards.
pub(super) fn shorten(function: &mut Function, labels: &[u32]) {
    let targets: Vec<u32> = (0..labels.len() as u32).map(|label| target(&function.ops, labels, Label(label))).collect();
    let settle = |label: &mut Label| *label = place_of(&targets, *label);
    function.ops.iter_mut().for_each(|op| op.map_labels(settle));
    function.definitions.iter_mut().for_each(settle);
    let mut keep = reachable(function);
    // From the end on: whether only dropped instructions lie between a jump and where it goes.
    let mut next = function.ops.len();
    for at in (0..function.ops.len()).rev() {
        if matches!(function.ops.get(at), Some(Op::Jump { to }) if to.0 as usize == next)
            && let Some(keep) = keep.get_mut(at)
        {
            *keep = false;
        }
        if keep.get(at) == Some(&true) {
            next = at;
        }
    }
    for at in 0..function.ops.len() {
        if let Some(Op::Jump { to }) = function.ops.get(at).copied()
            && let Some(there) = function.ops.get(to.0 as usize).and_then(|op| in_place_of_jump(*op, to))
            && let Some(op) = function.ops.get_mut(at)
        {
            *op = there;
        }
    }
    renumber(function, &keep);
}

/// What does the same as a jump to an instruction. A jump to an end is the end; one to the next turn of a loop begins
/// that turn.
fn in_place_of_jump(op: Op, at: Label) -> Option<Op> {
    let body = Label(at.0 + 1);
    match op {
        Op::Return {} | Op::ReturnValue { .. } => Some(op),
        Op::Next { iterator, collection, key, value, done } => {
            Some(Op::Again { iterator, collection, key, value, body, done })
        }
        Op::NextValue { iterator, collection, value, done } => {
            Some(Op::AgainValue { iterator, collection, value, body, done })
        }
        _ => None,
    }
}

/// Where a label is; nowhere, if it was not put.
fn place_of(labels: &[u32], label: Label) -> Label {
    Label(labels.get(label.0 as usize).copied().unwrap_or(u32::MAX))
}

/// The place where a jump to a label ends. (Jumps in a circle end somewhere in it.)
fn target(ops: &[Op], labels: &[u32], label: Label) -> u32 {
    let mut at = place_of(labels, label);
    for _ in 0..ops.len() {
        match ops.get(at.0 as usize) {
            Some(Op::Jump { to }) if place_of(labels, *to) != at => at = place_of(labels, *to),
            _ => break,
        }
    }
    at.0
}

/// Which instructions some way through the code reaches.
fn reachable(function: &Function) -> Vec<bool> {
    let mut reached = vec![false; function.ops.len()];
    let mut waiting = Vec::with_capacity(64);
    waiting.push(0);
    while let Some(at) = waiting.pop() {
        let (Some(place), Some(op)) = (reached.get_mut(at), function.ops.get(at)) else { continue };
        if std::mem::replace(place, true) {
            continue;
        }
        waiting.extend(op.labels().map(|label| label.0 as usize));
        if matches!(op, Op::Candidate { .. }) {
            waiting.extend(function.definitions.iter().map(|label| label.0 as usize));
        }
        if !op.is_end() {
            waiting.push(at + 1);
        }
    }
    reached
}

/// Drops what is not kept. A label to a dropped instruction goes to the next one that is kept.
fn renumber(function: &mut Function, keep: &[bool]) {
    let mut kept = 0;
    let mut places: Vec<u32> = Vec::with_capacity(keep.len());
    for keep in keep {
        places.push(kept);
        kept += u32::from(*keep);
    }
    let place = |label: &mut Label| label.0 = places.get(label.0 as usize).copied().unwrap_or(u32::MAX);
    function.ops.iter_mut().for_each(|op| op.map_labels(place));
    function.definitions.iter_mut().for_each(place);
    let mut keep = keep.iter();
    function.ops.retain(|_| keep.next().is_some_and(|keep| *keep));
    for (start, _) in &mut function.spans {
        *start = places.get(*start as usize).copied().unwrap_or(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Read, Write};
    use solon_syntax::Span;

    #[test]
    fn jumps_lead_where_they_end_and_dead_code_goes() {
        let (dst, src) = (Write(0), Read(0));
        let jump = |to| Op::Jump { to: Label(to) };
        let ops = vec![
            Op::Input { dst, fail: Label(4) },
            Op::Truthy { src, fail: Label(4) },
            Op::Yield { src },
            jump(4),
            jump(6),
            Op::Input { dst, fail: Label(5) },
            Op::Return {},
        ];
        let span = |start| Span { file: 0, start, end: start + 1 };
        let spans = vec![(2, span(1)), (5, span(2)), (6, span(3))];
        let mut function = Function { ops, spans, ..Function::default() };
        shorten(&mut function, &[0, 1, 2, 3, 4, 5, 6]);
        let end = Label(3);
        let expected = [Op::Input { dst, fail: end }, Op::Truthy { src, fail: end }, Op::Yield { src }, Op::Return {}];
        assert_eq!(function.ops, expected);
        assert_eq!([function.span(2), function.span(3)], [span(1), span(3)]);
    }

    #[test]
    fn an_endless_loop_stays_one() {
        let mut function =
            Function { ops: vec![Op::Jump { to: Label(1) }, Op::Jump { to: Label(0) }], ..Function::default() };
        shorten(&mut function, &[0, 1]);
        assert_eq!(function.ops, [Op::Jump { to: Label(0) }]);
    }
}
