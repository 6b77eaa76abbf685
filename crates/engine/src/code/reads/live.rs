//! Which registers still matter at a place: those that some way from there reads before it writes them.

use super::super::{Function, Op, Operand};

/// A bit for each register, for each instruction of a function.
pub(super) struct Live {
    words: usize,
    bits: Vec<u64>,
}

impl Live {
    pub(super) fn of(function: &Function) -> Live {
        let words = usize::from(function.registers).div_ceil(64);
        let mut live = Live { words, bits: vec![0; words * function.ops.len()] };
        // Most ways lead forward, so that what is known comes up fast from the end.
        let mut is_settled = false;
        while !is_settled {
            is_settled = true;
            for (pc, op) in function.ops.iter().enumerate().rev() {
                is_settled &= !live.update(pc, op, function);
            }
        }
        live
    }

    /// Whether a register matters before an instruction.
    pub(super) fn has(&self, pc: usize, register: usize) -> bool {
        self.bits.get(pc * self.words + register / 64).is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    /// Adds what matters before an instruction; whether that is more than before.
    fn update(&mut self, pc: usize, op: &Op, function: &Function) -> bool {
        let mut is_more = false;
        let is_end = op.is_end();
        let places = op.labels().map(|label| label.0 as usize);
        let definitions: &[_] = if matches!(op, Op::Candidate { .. }) { &function.definitions } else { &[] };
        let places: Vec<usize> = places.chain(definitions.iter().map(|label| label.0 as usize)).collect();
        for word in 0..self.words {
            let at = |pc: usize| self.bits.get(pc * self.words + word).copied().unwrap_or_default();
            let (read, written) = used(op, word);
            let next = if is_end { 0 } else { at(pc + 1) };
            let found = places.iter().fold(next & !written | read, |found, place| found | at(*place));
            if let Some(known) = self.bits.get_mut(pc * self.words + word) {
                is_more |= *known != found;
                *known = found;
            }
        }
        is_more
    }
}

/// Of 64 registers those that an instruction reads, and those that it writes.
fn used(op: &Op, word: usize) -> (u64, u64) {
    let (mut read, mut written) = (0, 0);
    let bit = |register: u16| if usize::from(register) / 64 == word { 1_u64 << (register % 64) } else { 0 };
    op.operands(|_, operand| match operand {
        Operand::Read(register) | Operand::Update(register) => read |= bit(register),
        Operand::Range(range) => {
            (range.first..range.first.saturating_add(range.count)).for_each(|register| read |= bit(register));
        }
        Operand::Write(register) => written |= bit(register),
        _ => {}
    });
    (read, written)
}
