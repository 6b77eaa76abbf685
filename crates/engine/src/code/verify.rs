//! Checks code before it runs: registers, labels and numbers in range, every register written before it is read.

use super::reads::targets;
use super::{Function, Op, Operand, Unit};

/// Checks a function; the error says what is wrong with it.
pub fn check(function: &Function, unit: &Unit, documents: usize) -> Result<(), String> {
    for (pc, op) in function.ops.iter().enumerate() {
        let mut wrong = None;
        op.operands(|name, operand| {
            if !is_in_range(operand, function, unit, documents) {
                wrong = Some(format!("instruction {pc}, {}: {name} is out of range: {operand:?}", op.name()));
            }
        });
        wrong.map_or(Ok(()), Err)?;
    }
    if function.definitions.iter().any(|label| label.0 as usize >= function.ops.len()) {
        return Err("a definition is out of range".to_owned());
    }
    check_writes(function)
}

fn is_in_range(operand: Operand, function: &Function, unit: &Unit, documents: usize) -> bool {
    match operand {
        Operand::Write(register) | Operand::Read(register) | Operand::Update(register) => register < function.registers,
        Operand::Range(range) => u32::from(range.first) + u32::from(range.count) <= u32::from(function.registers),
        Operand::Label(label) => (label as usize) < function.ops.len(),
        Operand::Constant(constant) => (constant as usize) < unit.constants().len(),
        Operand::Path(path) => (path as usize) < unit.paths.len(),
        Operand::Document(document) => (document as usize) < documents,
        Operand::Builtin(builtin) => usize::from(builtin) < unit.builtins.len(),
        Operand::Index(index) => usize::from(index) < function.indexes.len(),
        Operand::Target(target) => (target as usize) < unit.targets.len(),
        Operand::Count(_) | Operand::Kind(_) => true,
    }
}

/// Registers that are written on every way to a place.
type Written = Vec<u64>;

/// Follows every way through the code and checks that no register is read before it is written.
fn check_writes(function: &Function) -> Result<(), String> {
    let words = usize::from(function.registers).div_ceil(64);
    let is_target = targets(function);
    // What is written where several ways meet.
    let mut known: Vec<Option<Written>> = vec![None; function.ops.len()];
    let mut start = vec![0; words];
    (0..function.arguments).for_each(|register| set(&mut start, register));
    let mut waiting = vec![(0usize, start)];
    while let Some((mut pc, mut written)) = waiting.pop() {
        loop {
            let Some(op) = function.ops.get(pc) else { return Err("the code has no end".to_owned()) };
            if is_target.get(pc) == Some(&true)
                && let Some(before) = known.get_mut(pc)
                && !meet(before, &mut written)
            {
                break;
            }
            step(pc, op, &mut written, |label, written| {
                // Many ways lead to one label: those that bring nothing new are not kept.
                let before = known.get(label as usize).and_then(Option::as_ref);
                if before.is_none_or(|before| before.iter().zip(written).any(|(left, right)| left & right != *left)) {
                    waiting.push((label as usize, written.to_vec()));
                }
            })?;
            if matches!(op, Op::Candidate { .. }) {
                waiting.extend(function.definitions.iter().map(|label| (label.0 as usize, written.clone())));
                break;
            }
            if matches!(op, Op::Jump { .. } | Op::Return {} | Op::ReturnValue { .. }) {
                break;
            }
            pc += 1;
        }
    }
    Ok(())
}

/// Takes from `before` and `written` what is not in both; false if that was so already.
fn meet(before: &mut Option<Written>, written: &mut Written) -> bool {
    if let Some(before) = before {
        written.iter_mut().zip(&*before).for_each(|(written, before)| *written &= before);
        if written == before {
            return false;
        }
    }
    *before = Some(written.clone());
    true
}

/// Checks what an instruction reads, then notes what it writes. `jump` gets the labels: on the way to its label an
/// instruction has written nothing.
fn step(pc: usize, op: &Op, written: &mut Written, mut jump: impl FnMut(u32, &[u64])) -> Result<(), String> {
    let mut wrong = None;
    op.operands(|name, operand| {
        let is_missing = match operand {
            Operand::Read(register) | Operand::Update(register) => !has(written, register),
            Operand::Range(range) => (range.first..range.first + range.count).any(|register| !has(written, register)),
            Operand::Label(label) => {
                jump(label, written);
                false
            }
            _ => false,
        };
        if is_missing {
            wrong = Some(format!("instruction {pc}, {}: {name} is read before it is written", op.name()));
        }
    });
    wrong.map_or(Ok(()), Err)?;
    op.operands(|_, operand| {
        if let Operand::Write(register) = operand {
            set(written, register);
        }
    });
    Ok(())
}

fn has(written: &Written, register: u16) -> bool {
    written.get(usize::from(register) / 64).is_some_and(|word| word >> (register % 64) & 1 == 1)
}

fn set(written: &mut Written, register: u16) {
    if let Some(word) = written.get_mut(usize::from(register) / 64) {
        *word |= 1 << (register % 64);
    }
}
