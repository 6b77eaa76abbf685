//! How values are printed: as Go's `fmt` does it with values of these types.

use super::data::{Data, List, key};
use super::run::Run;
use crate::builtins::Failure;
use crate::builtins::stack::nested;
use crate::builtins::verbs::{self, Argument, Printer};
use crate::value::{Object, Value};

impl<'s> Run<'_, '_, '_, 's> {
    /// A value as a verb writes it.
    pub(super) fn shown(&mut self, value: Data<'s>, verb: char) -> Result<String, Failure> {
        let mut text = String::new();
        value.write(&mut Printer::new(self.context, &mut text), verb)?;
        self.spend(text.len())?;
        Ok(text)
    }
}

/// The arguments one after the other, with a space between two of which none is a text.
pub(super) fn print<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<Data<'s>, Failure> {
    let text = joined(run, args, false)?;
    run.made(&text)
}

/// The arguments with spaces between them, and the end of a line.
pub(super) fn print_line<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<Data<'s>, Failure> {
    let text = joined(run, args, true)? + "\n";
    run.made(&text)
}

pub(super) fn printf<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<Data<'s>, Failure> {
    let Some((Data::Text(format), args)) = args.split_first() else { return Ok(Data::Missing) };
    let mut text = String::new();
    verbs::write(run.context, format, args, &mut text)?;
    run.made(&text)
}

/// The arguments one after the other, with spaces between all of them or only where none is a text.
pub(super) fn joined(run: &Run<'_, '_, '_, '_>, args: &[Data<'_>], all_spaced: bool) -> Result<String, Failure> {
    let mut text = String::new();
    let mut printer = Printer::new(run.context, &mut text);
    let mut after_text = true;
    for (at, arg) in args.iter().enumerate() {
        let is_text = matches!(arg.inner(), Data::Text(_) | Data::Number(_));
        if at > 0 && (all_spaced || !(is_text || after_text)) {
            printer.push(" ")?;
        }
        arg.write(&mut printer, 'v')?;
        after_text = is_text;
    }
    Ok(text)
}

impl Argument for Data<'_> {
    fn type_name(&self) -> Option<&'static str> {
        let inner = self.inner();
        (!inner.is_nil()).then(|| inner.type_name())
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Data::Int(number) => Some(*number),
            Data::Byte(number) => Some(i64::from(*number)),
            _ => None,
        }
    }

    fn write(&self, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure> {
        let inner = self.inner();
        match (inner, verb) {
            (Data::Missing, 'T' | 'v') => printer.pad("<nil>", printer.flags.zero),
            (Data::Missing, _) => printer.push(&format!("%!{verb}(<nil>)")),
            (_, 'T') => printer.pad(printer.cut(inner.type_name()), printer.flags.zero),
            // It would be another one at each run.
            (Data::List(_) | Data::Map(_), 'p') => Err(Failure::Halt("collections have no address (%p)".into())),
            (_, 'p' | 'w') => printer.wrong(verb, inner.type_name(), |printer| part(inner, printer, 'v')),
            _ => part(inner, printer, verb),
        }
    }
}

/// A value that may be part of another one, with a verb that looks at what it holds.
fn part(data: Data<'_>, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure> {
    let suits = match data {
        Data::Missing | Data::Element(_) => {
            return printer.push(if printer.flags.sharp_v { "interface {}(nil)" } else { "<nil>" });
        }
        Data::List(items) => return nested(|| list(items, printer, verb)),
        Data::Map(entries) => return nested(|| map(entries, printer, verb)),
        Data::Bool(value) if matches!(verb, 'v' | 't') => {
            return printer.pad(if value { "true" } else { "false" }, printer.flags.zero);
        }
        Data::Bool(_) => false,
        Data::Int(number) => printer.integer(number, verb)?,
        Data::Byte(number) if verb == 'v' && printer.flags.sharp_v => {
            printer.flags.sharp = true;
            let suits = printer.integer(i64::from(number), 'x')?;
            printer.flags.sharp = false;
            suits
        }
        Data::Byte(number) => printer.integer(i64::from(number), verb)?,
        Data::Float(number) => printer.float(number, verb)?,
        Data::Complex(real, imaginary) => complex(real, imaginary, printer, verb)?,
        Data::Text(text) => printer.text(text, verb)?,
        Data::Number(digits) => printer.text(&digits.text(), verb)?,
    };
    if suits { Ok(()) } else { printer.wrong(verb, data.type_name(), |printer| part(data, printer, 'v')) }
}

fn complex(real: f64, imaginary: f64, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<bool, Failure> {
    if !"vbgGxXfFeE".contains(verb) {
        return Ok(false);
    }
    let plus = printer.flags.plus;
    printer.push("(")?;
    printer.float(real, verb)?;
    printer.flags.plus = true;
    printer.float(imaginary, verb)?;
    printer.flags.plus = plus;
    printer.push("i)")?;
    Ok(true)
}

fn list(items: List<'_>, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure> {
    let in_go = printer.flags.sharp_v;
    printer.push(if in_go { "[]interface {}{" } else { "[" })?;
    for at in 0..items.len() {
        gap(at, printer)?;
        part(Data::Element(items.get(at).unwrap_or(Value::Null)).inner(), printer, verb)?;
    }
    printer.push(if in_go { "}" } else { "]" })
}

fn map(entries: Object<'_>, printer: &mut Printer<'_, '_, '_>, verb: char) -> Result<(), Failure> {
    let in_go = printer.flags.sharp_v;
    printer.push(if in_go { "map[string]interface {}{" } else { "map[" })?;
    for (at, (name, item)) in entries.entries().iter().enumerate() {
        gap(at, printer)?;
        part(Data::Text(&key(*name)), printer, verb)?;
        printer.push(":")?;
        part(Data::Element(*item).inner(), printer, verb)?;
    }
    printer.push(if in_go { "}" } else { "]" })
}

fn gap(at: usize, printer: &mut Printer<'_, '_, '_>) -> Result<(), Failure> {
    match (at, printer.flags.sharp_v) {
        (0, _) => Ok(()),
        (_, true) => printer.push(", "),
        (_, false) => printer.push(" "),
    }
}
