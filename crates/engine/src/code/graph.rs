//! Which documents ask for which: recursion, how much stack a call needs, and which results are worth keeping.

use super::{Function, Op, Optimizations, Unit};
use crate::builtins::Purity;
use crate::plan::{DocumentKind, NodeId, Tree};
use solon_syntax::{Diagnostic, Span};
use std::ops::Range;

/// What documents need of one another.
pub struct Needs {
    /// For each document the registers that its function and what it calls need.
    pub stack: Vec<usize>,
    /// All documents, each after those that it asks for.
    pub order: Vec<u32>,
    /// Whether that could not be for all of them: by paths that are known at run time only, some could need themselves.
    pub has_cycle: bool,
}

/// Follows what documents ask for. One that names itself is an error.
///
/// Whether one needs itself by a path that is known at run time only has been looked at before, where more is known of
/// the path; the machine would find it in any case.
pub fn check(tree: &Tree, functions: &[Function], spans: &[Span], errors: &mut Vec<Diagnostic>) -> Needs {
    let named: Vec<Vec<u32>> =
        functions.iter().map(|function| function.documents.iter().map(|document| document.0).collect()).collect();
    let begin = errors.len();
    follow(tree, functions, spans, &named, &mut |error| {
        if errors.len() - begin < MOST_ERRORS {
            errors.push(error());
        }
    });
    let all: Vec<Vec<u32>> = functions.iter().map(|function| documents_of(tree, function)).collect();
    follow(tree, functions, spans, &all, &mut |_| {})
}

/// The most cycles that are told of.
const MOST_ERRORS: usize = 10;

/// What is told of a cycle, to be made if somebody wants it.
type Cycle<'c> = &'c dyn Fn() -> Diagnostic;

fn follow(
    tree: &Tree,
    functions: &[Function],
    spans: &[Span],
    edges: &[Vec<u32>],
    tell: &mut dyn FnMut(Cycle<'_>),
) -> Needs {
    let mut state = vec![State::New; functions.len()];
    let mut needs =
        Needs { stack: vec![0; functions.len()], order: Vec::with_capacity(functions.len()), has_cycle: false };
    for start in 0..functions.len() as u32 {
        visit(start, tree, functions, spans, edges, &mut state, &mut needs, tell);
    }
    needs
}

/// Registers that a query and what it calls need.
pub fn stack_of_query(tree: &Tree, query: &Function, needs: &[usize]) -> usize {
    let most = documents_of(tree, query).into_iter().filter_map(|document| needs.get(document as usize)).max();
    usize::from(query.registers) + most.copied().unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// Depth first from `start`, without recursion: the depth is the policy's to choose.
#[allow(clippy::too_many_arguments)]
fn visit(
    start: u32,
    tree: &Tree,
    functions: &[Function],
    spans: &[Span],
    edges: &[Vec<u32>],
    state: &mut [State],
    needs: &mut Needs,
    tell: &mut dyn FnMut(Cycle<'_>),
) {
    if state.get(start as usize) != Some(&State::New) {
        return;
    }
    let mut path: Vec<(u32, usize)> = vec![(start, 0)];
    state[start as usize] = State::Open;
    while let Some((document, next)) = path.last_mut() {
        let at = *document as usize;
        let Some(target) = edges.get(at).and_then(|targets| targets.get(*next)).copied() else {
            let below =
                edges.get(at).into_iter().flatten().filter_map(|target| needs.stack.get(*target as usize)).max();
            let own = functions.get(at).map_or(0, |function| usize::from(function.registers));
            needs.stack[at] = own.saturating_add(below.copied().unwrap_or_default());
            needs.order.push(*document);
            state[at] = State::Done;
            path.pop();
            continue;
        };
        *next += 1;
        match state.get(target as usize) {
            Some(State::New) => {
                state[target as usize] = State::Open;
                path.push((target, 0));
            }
            Some(State::Open) => {
                needs.has_cycle = true;
                tell(&|| {
                    let from = path.iter().position(|(document, _)| *document == target).unwrap_or_default();
                    let cycle = path.iter().skip(from).map(|(document, _)| *document).chain([target]);
                    recursion(tree, spans, target, cycle)
                });
            }
            _ => {}
        }
    }
}

/// What is told of documents that need one another.
fn recursion(tree: &Tree, spans: &[Span], target: u32, cycle: impl Iterator<Item = u32>) -> Diagnostic {
    let is_named = |document: &u32| {
        tree.documents.get(*document as usize).is_some_and(|document| document.kind != DocumentKind::Lifted)
    };
    let names: Vec<String> = cycle.filter(is_named).map(|document| name(tree, document)).collect();
    let span = spans.get(target as usize).copied().unwrap_or_default();
    let message = format!("rule {} is recursive: {}", name(tree, target), names.join(" -> "));
    Diagnostic::new("rego_recursion_error", span, message)
}

fn name(tree: &Tree, document: u32) -> String {
    let path = tree.documents.get(document as usize).map(|document| document.path.join("."));
    format!("data.{}", path.unwrap_or_default())
}

/// Documents that a function can ask for.
pub(super) fn documents_of(tree: &Tree, function: &Function) -> Vec<u32> {
    let mut documents: Vec<u32> = function.documents.iter().map(|document| document.0).collect();
    documents.extend(followed(tree, function));
    documents.sort_unstable();
    documents.dedup();
    documents
}

/// Documents that paths can lead to which a function follows at run time.
pub(super) fn followed(tree: &Tree, function: &Function) -> Vec<u32> {
    let mut documents = Vec::new();
    walk(tree, function, &mut |found| {
        documents.extend(found);
        true
    });
    documents.sort_unstable();
    documents.dedup();
    documents
}

/// Refuses functions whose paths together lead to far more documents than a file of so many bytes should.
pub fn check_followed(tree: &Tree, functions: &[Function], bytes: usize) -> Result<(), String> {
    const ANY: usize = 1 << 23;
    const OF_BYTE: usize = 4;
    let mut left = Some(ANY.saturating_add(bytes.saturating_mul(OF_BYTE)));
    for function in functions {
        walk(tree, function, &mut |found| {
            left = left.and_then(|left| left.checked_sub(found.len() + 1));
            left.is_some()
        });
    }
    left.map(|_| ()).ok_or_else(|| "its paths lead to too many documents".to_owned())
}

/// Shows the documents, at each node on the way, that paths can lead to which a function follows at run time, until
/// `show` gives `false`.
fn walk(tree: &Tree, function: &Function, show: &mut dyn FnMut(Range<u32>) -> bool) {
    let followed = function.followed.iter().map(|path| (path, true));
    // The names of documents below a path that is listed are known without them.
    let listed = function.listed.iter().map(|path| (path, false));
    for (path, is_followed) in followed.chain(listed) {
        let mut waiting = vec![(NodeId::ROOT, path.as_slice())];
        while let Some((node, path)) = waiting.pop() {
            let Some(node) = tree.nodes.get(node.0 as usize) else { continue };
            let here = node.document.map_or(0..0, |document| document.0..document.0 + 1);
            let found = if path.is_empty() && is_followed { node.documents.clone() } else { here };
            if !show(found) {
                return;
            }
            match path.split_first() {
                Some((Some(key), rest)) => waiting.extend(node.children.get(key).map(|child| (*child, rest))),
                Some((None, rest)) => waiting.extend(node.children.values().map(|child| (*child, rest))),
                None => {}
            }
        }
    }
}

/// For each function whether its results are worth keeping: it does more than a few tests, and it has no effects.
pub fn remembered(tree: &Tree, functions: &[Function], unit: &Unit, optimizations: Optimizations) -> Vec<bool> {
    if !optimizations.remembered_functions {
        return vec![false; functions.len()];
    }
    let mut has_effects: Vec<bool> = functions.iter().map(|function| calls_effect(function, unit)).collect();
    let edges: Vec<Vec<u32>> = functions.iter().map(|function| documents_of(tree, function)).collect();
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); functions.len()];
    for (caller, targets) in edges.iter().enumerate() {
        for target in targets {
            if let Some(callers) = callers.get_mut(*target as usize) {
                callers.push(caller as u32);
            }
        }
    }
    let effects = has_effects.iter().enumerate().filter(|(_, has)| **has).map(|(at, _)| at as u32);
    let mut waiting: Vec<u32> = effects.collect();
    while let Some(document) = waiting.pop() {
        for caller in callers.get(document as usize).into_iter().flatten() {
            if let Some(has) = has_effects.get_mut(*caller as usize).filter(|has| !**has) {
                *has = true;
                waiting.push(*caller);
            }
        }
    }
    functions.iter().zip(has_effects).map(|(function, has)| !has && is_costly(function)).collect()
}

fn calls_effect(function: &Function, unit: &Unit) -> bool {
    function.ops.iter().any(|op| purity_of_call(op, unit) == Some(Purity::Effect))
}

/// The purity of the builtin that an instruction calls, if it calls one.
pub(super) fn purity_of_call(op: &Op, unit: &Unit) -> Option<Purity> {
    match op {
        Op::Builtin { builtin, .. }
        | Op::Builtin1 { builtin, .. }
        | Op::Builtin2 { builtin, .. }
        | Op::Builtin3 { builtin, .. }
        | Op::BuiltinHolds { builtin, .. }
        | Op::MinusKeys { builtin, .. } => {
            Some(unit.builtins.get(usize::from(builtin.0)).map_or(Purity::Effect, |builtin| builtin.purity))
        }
        _ => None,
    }
}

fn is_costly(function: &Function) -> bool {
    function.ops.iter().any(|op| {
        matches!(
            op,
            Op::Builtin { .. }
                | Op::Builtin1 { .. }
                | Op::Builtin2 { .. }
                | Op::Builtin3 { .. }
                | Op::BuiltinHolds { .. }
                | Op::MinusKeys { .. }
                | Op::Walk { .. }
                | Op::WalkParts { .. }
                | Op::Format { .. }
                | Op::Call { .. }
                | Op::Call1 { .. }
                | Op::Call2 { .. }
                | Op::CallHolds { .. }
                | Op::Next { .. }
                | Op::NextValue { .. }
                | Op::Again { .. }
                | Op::AgainValue { .. }
                | Op::NextKey { .. }
                | Op::NextMember { .. }
                | Op::NextEqual { .. }
                | Op::NextEqualEntry { .. }
                | Op::NextEqualBoth { .. }
                | Op::NextPart { .. }
                | Op::NextPartEntry { .. }
                | Op::PushParts { .. }
                | Op::PushGroups { .. }
                | Op::PushEqualParts { .. }
                | Op::PushKeys { .. }
                | Op::PushFound { .. }
        )
    })
}
