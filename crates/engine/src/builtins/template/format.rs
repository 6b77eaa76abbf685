//! `printf` in templates: Go's verbs on what Go makes of JSON.
//!
//! There a number of JSON is a text of a type of its own, a number of the template an integer, and a verb for a collection
//! is one for each of its parts.

use super::data::Data;
use super::{error, unsupported};
use crate::builtins::{Context, Failure, sprintf};
use crate::value::Value;

/// The text of a format with its verbs replaced by the arguments.
pub(super) fn printf(context: &Context<'_, '_>, args: &[Data<'_>]) -> Result<String, Failure> {
    let [first, args @ ..] = args else {
        return error("executing \"template\": wrong number of args for printf: want at least 1 got 0");
    };
    let Data::Value(Value::String { text: format, .. }) = first else {
        return error("executing \"template\": wrong type for value; expected string");
    };
    let mut printer = Printer { context, out: String::new() };
    let mut args = args.iter();
    let mut rest = *format;
    while let Some((plain, after)) = rest.split_once('%') {
        printer.out.push_str(plain);
        let length = after.find(|letter: char| !"+-# 0123456789.".contains(letter));
        let Some((flags, verb)) = length.and_then(|at| Some((after.get(..at)?, after.get(at..)?.chars().next()?)))
        else {
            printer.out.push_str("%!(NOVERB)");
            rest = "";
            break;
        };
        rest = after.get(flags.len() + verb.len_utf8()..).unwrap_or_default();
        match verb {
            '%' => printer.out.push('%'),
            '*' | '[' => return unsupported("widths from arguments"),
            'T' | 'p' => return unsupported("such verbs"),
            'v' if flags.contains('#') => return unsupported("such verbs"),
            verb => match args.next() {
                Some(arg) => printer.data(*arg, flags, verb)?,
                None => printer.out.push_str(&format!("%!{verb}(MISSING)")),
            },
        }
    }
    printer.out.push_str(rest);
    printer.extra(args.as_slice())?;
    Ok(printer.out)
}

struct Printer<'p, 'a, 'c> {
    context: &'p Context<'a, 'c>,
    out: String,
}

impl Printer<'_, '_, '_> {
    fn data(&mut self, data: Data<'_>, flags: &str, verb: char) -> Result<(), Failure> {
        match data {
            Data::Missing | Data::Value(Value::Null) if verb == 'v' => {
                self.directive(flags, 's', Value::string("<nil>"))
            }
            Data::Missing | Data::Value(Value::Null) => {
                self.out.push_str(&format!("%!{verb}(<nil>)"));
                Ok(())
            }
            Data::Int(number) => self.scalar(flags, verb, Value::Int(number), ("int64", "int")),
            Data::Value(value) => self.value(value, flags, verb),
        }
    }

    fn value(&mut self, value: Value<'_>, flags: &str, verb: char) -> Result<(), Failure> {
        match value {
            Value::Null => self.out.push_str("<nil>"),
            Value::Bool(holds) if matches!(verb, 'v' | 't') => {
                return self.directive(flags, 's', Value::string(if holds { "true" } else { "false" }));
            }
            Value::Bool(holds) => {
                self.out.push_str(&format!("%!{verb}(bool="));
                self.value(Value::Bool(holds), flags, 'v')?;
                self.out.push(')');
            }
            Value::Int(_) | Value::Number(_) => {
                let text = super::data::printed(value);
                return self.scalar(flags, verb, Value::string(&text), ("string", "json.Number"));
            }
            Value::String { .. } => return self.directive(flags, verb, value),
            Value::Array(_) | Value::Set(_) => {
                self.out.push('[');
                for at in 0..value.len().unwrap_or_default() {
                    self.gap(at);
                    value.nth(at).map_or(Ok(()), |(_, item)| self.value(item, flags, verb))?;
                }
                self.out.push(']');
            }
            Value::Object(object) => {
                self.out.push_str("map[");
                for (at, (key, item)) in object.entries().iter().enumerate() {
                    self.gap(at);
                    self.value(Value::string(&crate::value::json::name(&(*key, *item)).0), flags, verb)?;
                    self.out.push(':');
                    self.value(*item, flags, verb)?;
                }
                self.out.push(']');
            }
        }
        self.context.check_size(self.out.len())
    }

    fn gap(&mut self, at: usize) {
        if at > 0 {
            self.out.push(' ');
        }
    }

    /// A scalar, whose type has another name where the verb does not suit it.
    fn scalar(&mut self, flags: &str, verb: char, value: Value<'_>, names: (&str, &str)) -> Result<(), Failure> {
        let start = self.out.len();
        self.directive(flags, verb, value)?;
        let wrong = format!("%!{verb}({}=", names.0);
        if self.out.get(start..).is_some_and(|written| written.starts_with(&wrong)) {
            self.out.replace_range(start..start + wrong.len(), &format!("%!{verb}({}=", names.1));
        }
        Ok(())
    }

    fn directive(&mut self, flags: &str, verb: char, value: Value<'_>) -> Result<(), Failure> {
        sprintf::write(self.context, &format!("%{flags}{verb}"), &[value], &mut self.out)
    }

    /// What the format has no verbs for.
    fn extra(&mut self, args: &[Data<'_>]) -> Result<(), Failure> {
        for (at, arg) in args.iter().enumerate() {
            self.out.push_str(if at == 0 { "%!(EXTRA " } else { ", " });
            let kind = match arg {
                Data::Missing | Data::Value(Value::Null) => "",
                Data::Int(_) => "int=",
                Data::Value(Value::Bool(_)) => "bool=",
                Data::Value(Value::Int(_) | Value::Number(_)) => "json.Number=",
                Data::Value(Value::String { .. }) => "string=",
                Data::Value(Value::Array(_) | Value::Set(_)) => "[]interface {}=",
                Data::Value(Value::Object(_)) => "map[string]interface {}=",
            };
            self.out.push_str(kind);
            self.data(*arg, "", 'v')?;
        }
        if !args.is_empty() {
            self.out.push(')');
        }
        Ok(())
    }
}
