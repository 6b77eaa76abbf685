//! Following every way through code, for what is checked of it before it runs.

use super::reads::targets;
use super::{Function, Op};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that is found out by following code.
pub(super) trait Flow {
    /// What is known at a place.
    type State: Clone;

    /// Takes what is known on another way to a place into what is known there; whether that changes it.
    fn meet(&mut self, known: &mut Self::State, other: &Self::State) -> Result<bool, String>;

    /// What an instruction changes of what is known. (On the way to its labels it has changed nothing.)
    fn step(&mut self, pc: usize, op: &Op, state: &mut Self::State) -> Result<(), String>;

    /// How large what is known is, roughly.
    fn size(&self, state: &Self::State) -> usize;
}

/// How much may be looked at. What the compiler makes needs far less; other code could be made to take long.
const MAX_WORK: usize = 1 << 28;

/// Follows every way from the beginning on, until nothing new comes of it.
pub(super) fn follow<F: Flow>(function: &Function, flow: &mut F, start: F::State) -> Result<(), String> {
    let is_target = targets(function);
    let mut ways =
        Ways { known: vec![None; function.ops.len()], waiting: BinaryHeap::from([Reverse(0)]), left: MAX_WORK };
    *ways.known.first_mut().ok_or(NO_END)? = Some(start);
    while let Some(Reverse(mut pc)) = ways.waiting.pop() {
        let Some(mut state) = ways.known.get(pc).cloned().flatten() else { continue };
        loop {
            let op = function.ops.get(pc).ok_or(NO_END)?;
            for label in op.labels() {
                ways.arrive(label.0 as usize, &state, flow)?;
            }
            flow.step(pc, op, &mut state)?;
            match op {
                Op::Jump { .. } | Op::Return {} | Op::ReturnValue { .. } => break,
                Op::Candidate { .. } => {
                    for label in &function.definitions {
                        ways.arrive(label.0 as usize, &state, flow)?;
                    }
                    break;
                }
                _ => pc += 1,
            }
            if is_target.get(pc) == Some(&true) {
                ways.arrive(pc, &state, flow)?;
                break;
            }
        }
    }
    Ok(())
}

const NO_END: &str = "the code has no end";

/// What is known, and where to go on.
struct Ways<S> {
    /// What is known where several ways meet.
    known: Vec<Option<S>>,
    /// Places with something new; the first ones come first, so that most are looked at once.
    waiting: BinaryHeap<Reverse<usize>>,
    left: usize,
}

impl<S: Clone> Ways<S> {
    /// Comes to a place.
    fn arrive<F: Flow<State = S>>(&mut self, place: usize, state: &S, flow: &mut F) -> Result<(), String> {
        self.left = self.left.checked_sub(1 + flow.size(state)).ok_or("the code is too complicated")?;
        let known = self.known.get_mut(place).ok_or(NO_END)?;
        let is_new = match known {
            Some(known) => flow.meet(known, state)?,
            None => {
                *known = Some(state.clone());
                true
            }
        };
        if is_new {
            self.waiting.push(Reverse(place));
        }
        Ok(())
    }
}
