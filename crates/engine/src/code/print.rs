//! The textual form of code, for `solon plan --stage code` and golden tests.

use super::{Function, Operand, Target, Unit};
use std::fmt::Write;

/// A function, one instruction a line.
pub fn function(function: &Function, unit: &Unit) -> String {
    let name = if function.name.is_empty() { "query" } else { &function.name };
    let mut out = format!("{name}, {} registers\n", function.registers);
    for (pc, op) in function.ops.iter().enumerate() {
        let mut operands = Vec::new();
        op.operands(|name, operand| operands.push(format!("{name} {}", text(operand, unit))));
        let _ = writeln!(out, "{pc:5} {} {}", op.name(), operands.join(", "));
    }
    for (number, index) in function.indexes.iter().enumerate() {
        let _ = write!(out, "index {number}\n{}", index.print(unit));
    }
    out
}

fn text(operand: Operand, unit: &Unit) -> String {
    match operand {
        Operand::Write(register) | Operand::Read(register) | Operand::Update(register) => format!("r{register}"),
        Operand::Range(range) => format!("r{}+{}", range.first, range.count),
        Operand::Label(label) => format!("@{label}"),
        Operand::Constant(id) | Operand::Keys(id) => {
            unit.constants().get(id as usize).map(ToString::to_string).unwrap_or_default()
        }
        Operand::Path(id) => path(unit, id),
        Operand::Document(document) => format!("#{document}"),
        Operand::Builtin(id) => unit.builtins.get(usize::from(id)).map_or("?", |builtin| builtin.name).to_owned(),
        Operand::Format(id) => match unit.formats.get(id as usize) {
            Some(formatting) => {
                let builtin = text(Operand::Builtin(formatting.builtin.0), unit);
                format!("{builtin} {}", text(Operand::Constant(formatting.first.0), unit))
            }
            None => "?".to_owned(),
        },
        Operand::Count(count) => count.to_string(),
        Operand::Kind(kind) => kind.to_string(),
        Operand::Index(index) => format!("index {index}"),
        Operand::Target(id) => match unit.targets.get(id as usize) {
            Some(Target::Input(at)) => format!("input{}", path(unit, at.0)),
            Some(Target::Data(at, _)) => format!("data{}", path(unit, at.0)),
            Some(Target::Function(function)) => format!("{function:?}"),
            Some(Target::Redirect(from, to)) => format!("{from:?} -> {to:?}"),
            None => "?".to_owned(),
        },
    }
}

fn path(unit: &Unit, id: u32) -> String {
    unit.paths.get(id as usize).into_iter().flatten().map(|key| format!(".{}", key.text)).collect()
}
