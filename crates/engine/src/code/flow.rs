//! Following every way through code, for what is checked of it before it runs.

use super::reads::targets;
use super::{Function, Op, Operand};
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

/// How much may be looked at, of one function or of all that a file has. What the compiler makes needs far less; other
/// code could be made to take long.
#[derive(Debug)]
pub struct Work {
    left: usize,
}

/// Work that a function of the compiler's own may take.
const MAX_WORK: usize = 1 << 28;

/// Work that all functions of a file may take, and for each of its bytes in addition.
const WORK_OF_FILE: usize = 1 << 28;
const WORK_OF_BYTE: usize = 128;

impl Default for Work {
    fn default() -> Self {
        Work { left: MAX_WORK }
    }
}

impl Work {
    /// For all code of a file of so many bytes.
    pub fn of_file(bytes: usize) -> Self {
        Work { left: WORK_OF_FILE.saturating_add(bytes.saturating_mul(WORK_OF_BYTE)) }
    }

    /// Takes some of it.
    pub fn take(&mut self, work: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(work).ok_or("the code is too complicated")?;
        Ok(())
    }
}

/// Work of following an instruction that little is known of.
const WORK_OF_STEP: usize = 32;

/// Follows every way from the beginning on, until nothing new comes of it.
pub(super) fn follow<F: Flow>(
    function: &Function,
    flow: &mut F,
    start: F::State,
    work: &mut Work,
) -> Result<(), String> {
    let is_target = targets(function);
    let mut ways = Ways {
        known: vec![None; function.ops.len()],
        is_waiting: vec![false; function.ops.len()],
        waiting: BinaryHeap::from([Reverse(0)]),
        work,
    };
    *ways.known.first_mut().ok_or(NO_END)? = Some(start);
    while let Some(Reverse(mut pc)) = ways.waiting.pop() {
        let Some(mut state) = ways.known.get(pc).cloned().flatten() else { continue };
        if let Some(is_waiting) = ways.is_waiting.get_mut(pc) {
            *is_waiting = false;
        }
        ways.work.take(flow.size(&state))?;
        loop {
            let op = function.ops.get(pc).ok_or(NO_END)?;
            // What is known is moved, not looked at one by one, where an instruction changes it.
            ways.work.take(WORK_OF_STEP + flow.size(&state) / 8 + ranges(op))?;
            let body = op.body();
            for label in op.labels().filter(|label| body != Some(*label)) {
                ways.arrive(label.0 as usize, &state, flow)?;
            }
            flow.step(pc, op, &mut state)?;
            if matches!(op, Op::Candidate { .. }) {
                for label in &function.definitions {
                    ways.arrive(label.0 as usize, &state, flow)?;
                }
            }
            if let Some(body) = body {
                ways.arrive(body.0 as usize, &state, flow)?;
            }
            if op.is_end() {
                break;
            }
            pc += 1;
            if is_target.get(pc) == Some(&true) {
                ways.arrive(pc, &state, flow)?;
                break;
            }
        }
    }
    Ok(())
}

/// How many registers an instruction reads by a range.
fn ranges(op: &Op) -> usize {
    let mut count = 0;
    op.operands(|_, operand| {
        if let Operand::Range(range) = operand {
            count += usize::from(range.count);
        }
    });
    count
}

const NO_END: &str = "the code has no end";

/// What is known, and where to go on.
struct Ways<'w, S> {
    /// What is known where several ways meet.
    known: Vec<Option<S>>,
    /// Places with something new; the first ones come first, so that most are looked at once.
    waiting: BinaryHeap<Reverse<usize>>,
    /// Which they are: each waits once, whatever comes to it until then.
    is_waiting: Vec<bool>,
    work: &'w mut Work,
}

impl<S: Clone> Ways<'_, S> {
    /// Comes to a place.
    fn arrive<F: Flow<State = S>>(&mut self, place: usize, state: &S, flow: &mut F) -> Result<(), String> {
        self.work.take(1 + flow.size(state))?;
        let known = self.known.get_mut(place).ok_or(NO_END)?;
        let is_new = match known {
            Some(known) => flow.meet(known, state)?,
            None => {
                *known = Some(state.clone());
                true
            }
        };
        if is_new && let Some(is_waiting @ false) = self.is_waiting.get_mut(place) {
            *is_waiting = true;
            self.waiting.push(Reverse(place));
        }
        Ok(())
    }
}
