//! Checks code before it runs: registers, labels and numbers in range, every register written before it is read.

use super::{Function, Op, Operand, Unit};

/// Checks a function; the error says what is wrong with it.
pub fn check(function: &Function, unit: &Unit, documents: usize) -> Result<(), String> {
    for (pc, op) in function.ops.iter().enumerate() {
        for (name, operand) in op.operands() {
            if !is_in_range(operand, function, unit, documents) {
                return Err(format!("instruction {pc}, {}: {name} is out of range: {operand:?}", op.name()));
            }
        }
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
    let mut known: Vec<Option<Written>> = vec![None; function.ops.len()];
    let mut start = vec![0; words];
    (0..function.arguments).for_each(|register| set(&mut start, register));
    let mut waiting = vec![(0usize, start)];
    while let Some((pc, written)) = waiting.pop() {
        let Some(before) = known.get_mut(pc) else { return Err("the code has no end".to_owned()) };
        let mut written = match before {
            None => written,
            Some(before) => {
                let both: Written = before.iter().zip(&written).map(|(left, right)| left & right).collect();
                if both == *before {
                    continue;
                }
                both
            }
        };
        *before = Some(written.clone());
        let Some(op) = function.ops.get(pc) else { continue };
        let mut labels = Vec::new();
        for (name, operand) in op.operands() {
            let missing = match operand {
                Operand::Read(register) | Operand::Update(register) => !has(&written, register),
                Operand::Range(range) => {
                    (range.first..range.first + range.count).any(|register| !has(&written, register))
                }
                Operand::Label(label) => {
                    labels.push(label as usize);
                    false
                }
                _ => false,
            };
            if missing {
                return Err(format!("instruction {pc}, {}: {name} is read before it is written", op.name()));
            }
        }
        // On the way to its label an instruction has written nothing.
        waiting.extend(labels.into_iter().map(|label| (label, written.clone())));
        if matches!(op, Op::Candidate { .. }) {
            waiting.extend(function.definitions.iter().map(|label| (label.0 as usize, written.clone())));
            continue;
        }
        for (_, operand) in op.operands() {
            if let Operand::Write(register) = operand {
                set(&mut written, register);
            }
        }
        if !matches!(op, Op::Jump { .. } | Op::Return {} | Op::ReturnValue { .. }) {
            waiting.push((pc + 1, written));
        }
    }
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
