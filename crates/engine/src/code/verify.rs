//! Checks code before it runs: registers, labels and numbers in range, every register written before it is read.

use super::flow::{Flow, Work, follow};
use super::{Function, Op, Operand, Read, Unit};
use crate::value::Value;
use smallvec::SmallVec;

/// Checks a function; the error says what is wrong with it, or that there is too much to look at.
pub fn check(function: &Function, unit: &Unit, documents: usize, work: &mut Work) -> Result<(), String> {
    if function.registers > Read::CONSTANTS {
        return Err("it has registers that are read as constants".to_owned());
    }
    for (pc, op) in function.ops.iter().enumerate() {
        let (mut wrong, mut back) = (None, None);
        op.operands(|name, operand| {
            if !is_in_range(operand, function, unit, documents) {
                wrong = Some(format!("instruction {pc}, {}: {name} is out of range: {operand:?}", op.name()));
            }
            if let Operand::Label(label) = operand
                && label as usize <= pc
            {
                back.get_or_insert(label as usize);
            }
        });
        wrong.map_or(Ok(()), Err)?;
        if op.body().is_some_and(|body| op.labels().filter(|label| *label == body).count() > 1) {
            return Err(format!("instruction {pc}, {}: its turns begin where it ends", op.name()));
        }
        if let Some(back) = back
            && !counts_steps(op)
            && !function.ops.get(back).is_some_and(counts_steps)
        {
            return Err(format!("instruction {pc}, {}: goes back to what counts no steps", op.name()));
        }
    }
    if function.definitions.iter().any(|label| label.0 as usize >= function.ops.len()) {
        return Err("a definition is out of range".to_owned());
    }
    check_writes(function, work)
}

/// Whether an instruction counts as a step each time, so that a loop through it meets the limits in time.
fn counts_steps(op: &Op) -> bool {
    matches!(
        op,
        Op::Next { .. }
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
            | Op::Candidate { .. }
    )
}

fn is_in_range(operand: Operand, function: &Function, unit: &Unit, documents: usize) -> bool {
    match operand {
        Operand::Write(register) | Operand::Read(register) | Operand::Update(register) => register < function.registers,
        Operand::Range(range) => u32::from(range.first) + u32::from(range.count) <= u32::from(function.registers),
        Operand::Label(label) => (label as usize) < function.ops.len(),
        Operand::Constant(constant) => (constant as usize) < unit.constants().len(),
        Operand::Keys(keys) => unit.constants().get(keys as usize).is_some_and(are_keys),
        Operand::Path(path) => (path as usize) < unit.paths.len(),
        Operand::Document(document) => (document as usize) < documents,
        Operand::Builtin(builtin) => usize::from(builtin) < unit.builtins.len(),
        Operand::Format(format) => (format as usize) < unit.formats.len(),
        Operand::Index(index) => usize::from(index) < function.indexes.len(),
        Operand::Target(target) => (target as usize) < unit.targets.len(),
        Operand::Count(_) | Operand::Kind(_) => true,
    }
}

/// Whether a constant is an array of different strings in order.
fn are_keys(constant: &Value<'_>) -> bool {
    let keys = constant.as_array().unwrap_or_default();
    constant.as_array().is_some()
        && keys.iter().all(|key| key.as_str().is_some())
        && keys.windows(2).all(|pair| matches!(pair, [left, right] if left < right))
}

/// Follows every way through the code and checks that no register is read before it is written.
fn check_writes(function: &Function, work: &mut Work) -> Result<(), String> {
    let mut start = Written::from_elem(0, usize::from(function.registers).div_ceil(64));
    (0..function.arguments).for_each(|register| set(&mut start, register));
    follow(function, &mut Writes, start, work)
}

/// Registers that are written on every way to a place. Few functions have more than 128.
type Written = SmallVec<[u64; 2]>;

struct Writes;

impl Flow for Writes {
    type State = Written;

    fn meet(&mut self, known: &mut Written, other: &Written) -> Result<bool, String> {
        let mut is_less = false;
        for (known, other) in known.iter_mut().zip(other) {
            is_less |= *known & other != *known;
            *known &= other;
        }
        Ok(is_less)
    }

    fn step(&mut self, pc: usize, op: &Op, written: &mut Written) -> Result<(), String> {
        // What it reads was written before it.
        let mut wrong = None;
        op.operands(|name, operand| {
            let is_missing = match operand {
                Operand::Read(register) | Operand::Update(register) => !has(written, register),
                Operand::Range(range) => {
                    (range.first..range.first + range.count).any(|register| !has(written, register))
                }
                _ => false,
            };
            if is_missing {
                wrong = Some(format!("instruction {pc}, {}: {name} is read before it is written", op.name()));
            }
        });
        op.operands(|_, operand| {
            if let Operand::Write(register) = operand {
                set(written, register);
            }
        });
        wrong.map_or(Ok(()), Err)
    }

    fn size(&self, written: &Written) -> usize {
        written.len()
    }
}

fn has(written: &Written, register: u16) -> bool {
    written.get(usize::from(register) / 64).is_some_and(|word| word >> (register % 64) & 1 == 1)
}

fn set(written: &mut Written, register: u16) {
    if let Some(word) = written.get_mut(usize::from(register) / 64) {
        *word |= 1 << (register % 64);
    }
}
