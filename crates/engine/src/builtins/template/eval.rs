//! Pipelines, commands and their terms, evaluated.

use super::constant::Constant;
use super::data::Data;
use super::functions::{self, Function};
use super::run::Run;
use super::tree::{Command, Operand, Pipe, Place, Term};
use crate::builtins::Failure;
use crate::builtins::stack::nested;
use crate::value::Value;

/// What a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Any,
    String,
}

impl<'s> Run<'_, '_, '_, 's> {
    /// The value of a pipeline, which its variables get, too.
    pub(super) fn pipe(&mut self, pipe: &'s Pipe<'s>, dot: Data<'s>) -> Result<Data<'s>, Failure> {
        self.place = Some(Place::Pipe(pipe));
        let mut last = None;
        for command in pipe.commands {
            self.spend(super::run::STEP)?;
            last = Some(self.command(command, dot, last)?.inner());
        }
        let value = last.unwrap_or(Data::Missing);
        for name in pipe.variables {
            if pipe.assigns {
                self.assign(name, value)?;
            } else {
                self.declare(name, value);
            }
        }
        Ok(value)
    }

    /// A pipeline in parentheses.
    fn inner_pipe(&mut self, pipe: &'s Pipe<'s>, dot: Data<'s>) -> Result<Data<'s>, Failure> {
        nested(|| self.pipe(pipe, dot))
    }

    /// A command; `last` is what the one before it gave.
    fn command(
        &mut self,
        command: &'s Command<'s>,
        dot: Data<'s>,
        last: Option<Data<'s>>,
    ) -> Result<Data<'s>, Failure> {
        let Some((first, args)) = command.terms.split_first() else { return Ok(Data::Missing) };
        let has_args = !args.is_empty() || last.is_some();
        match first.kind {
            Operand::Fields(_) | Operand::Variable(..) | Operand::Chain(..) => self.fields_of(first, dot, has_args),
            Operand::Function(name) => {
                self.place = Some(Place::Term(*first));
                self.function(name, Place::Command(command), args, dot, last)
            }
            Operand::Pipe(pipe) => {
                self.check_no_args(first, has_args)?;
                self.inner_pipe(pipe, dot)
            }
            _ => {
                self.place = Some(Place::Term(*first));
                self.check_no_args(first, has_args)?;
                match first.kind {
                    Operand::Dot => Ok(dot),
                    Operand::Nil => self.error("nil is not a command"),
                    _ => self.constant(first),
                }
            }
        }
    }

    fn check_no_args(&self, term: &Term<'s>, has_args: bool) -> Result<(), Failure> {
        if !has_args {
            return Ok(());
        }
        let mut shown = String::new();
        term.show(&mut shown);
        self.error(format!("can't give argument to non-function {shown}"))
    }

    /// Fields of the dot, of a variable or of something in parentheses.
    fn fields_of(&mut self, term: &Term<'s>, dot: Data<'s>, has_args: bool) -> Result<Data<'s>, Failure> {
        self.place = Some(Place::Term(*term));
        match term.kind {
            Operand::Fields(names) => self.fields(names, dot, has_args),
            Operand::Variable(name, names) => {
                let value = self.variable(name)?;
                if names.is_empty() {
                    self.check_no_args(term, has_args)?;
                }
                self.fields(names, value, has_args)
            }
            Operand::Chain(of, names) => {
                let value = self.any(of, dot)?;
                self.fields(names, value, has_args)
            }
            _ => Ok(dot),
        }
    }

    fn fields(&mut self, names: &[&str], of: Data<'s>, has_args: bool) -> Result<Data<'s>, Failure> {
        let mut data = of;
        for (at, name) in names.iter().enumerate() {
            data = self.field(name, data, has_args && at + 1 == names.len())?;
        }
        Ok(data)
    }

    fn field(&mut self, name: &str, of: Data<'s>, has_args: bool) -> Result<Data<'s>, Failure> {
        self.spend(name.len())?;
        match of.inner() {
            Data::Missing if matches!(of, Data::Element(_)) => {
                self.error(format!("nil pointer evaluating {}.{name}", of.type_name()))
            }
            Data::Missing => Ok(Data::Missing),
            Data::Map(_) if has_args => self.error(format!("{name} is not a method but has arguments")),
            Data::Map(map) => Ok(map.get(&Value::string(name)).map_or(Data::Missing, Data::Element)),
            _ => self.error(format!("can't evaluate field {name} in type {}", of.type_name())),
        }
    }

    fn constant(&self, term: &Term<'s>) -> Result<Data<'s>, Failure> {
        match term.kind {
            Operand::Bool(value) => Ok(Data::Bool(value)),
            Operand::Text { text, .. } => Ok(Data::Text(text)),
            Operand::Number(Constant::Int(number), _) => Ok(Data::Int(number)),
            Operand::Number(Constant::Float(number), _) => Ok(Data::Float(number)),
            Operand::Number(Constant::Complex(real, imaginary), _) => Ok(Data::Complex(real, imaginary)),
            Operand::Number(Constant::Overflow, text) => self.error(format!("{text} overflows int")),
            _ => Ok(Data::Missing),
        }
    }

    /// A term that may be anything.
    fn any(&mut self, term: &Term<'s>, dot: Data<'s>) -> Result<Data<'s>, Failure> {
        self.place = Some(Place::Term(*term));
        match term.kind {
            Operand::Dot => Ok(dot),
            Operand::Nil => Ok(Data::Missing),
            Operand::Fields(_) | Operand::Variable(..) | Operand::Chain(..) => self.fields_of(term, dot, false),
            Operand::Pipe(pipe) => self.inner_pipe(pipe, dot),
            Operand::Function(name) => self.function(name, Place::Term(*term), &[], dot, None),
            _ => self.constant(term),
        }
    }

    /// An argument of a function.
    fn arg(&mut self, term: &Term<'s>, wanted: Wanted, dot: Data<'s>) -> Result<Data<'s>, Failure> {
        if wanted == Wanted::Any {
            return self.any(term, dot);
        }
        self.place = Some(Place::Term(*term));
        match term.kind {
            Operand::Nil => self.error("cannot assign nil to string"),
            Operand::Bool(_) | Operand::Number(..) => {
                let mut shown = String::new();
                term.show(&mut shown);
                self.error(format!("expected string; found {shown}"))
            }
            _ => {
                let value = self.any(term, dot)?;
                self.check(value, wanted)
            }
        }
    }

    /// Whether a value is what is wanted.
    fn check(&self, value: Data<'s>, wanted: Wanted) -> Result<Data<'s>, Failure> {
        match (wanted, value, value.inner()) {
            (Wanted::Any, ..) => Ok(value),
            (_, _, text @ Data::Text(_)) => Ok(text),
            (_, Data::Missing, _) => self.error("invalid value; expected string"),
            (_, _, inner) => {
                // Null has the type of what it was taken out of.
                let found = if inner.is_nil() { value } else { inner };
                self.error(format!("wrong type for value; expected string; got {}", found.type_name()))
            }
        }
    }

    /// A call of a function; `place` is what errors of the function are about.
    fn function(
        &mut self,
        name: &'s str,
        place: Place<'s>,
        terms: &'s [Term<'s>],
        dot: Data<'s>,
        last: Option<Data<'s>>,
    ) -> Result<Data<'s>, Failure> {
        let Some(function) = functions::find(name) else {
            return self.error(format!("{name:?} is not a defined function"));
        };
        let count = terms.len() + usize::from(last.is_some());
        if function.is_variadic && count < function.fixed {
            let (wanted, found) = (function.fixed, terms.len());
            return self.error(format!("wrong number of args for {name}: want at least {wanted} got {found}"));
        }
        if !function.is_variadic && count != function.fixed {
            return self.error(format!("wrong number of args for {name}: want {} got {count}", function.fixed));
        }
        if matches!(name, "and" | "or") {
            return self.first_that(name == "or", terms, dot, last);
        }
        let mut args = Vec::with_capacity(count);
        for (at, term) in terms.iter().enumerate() {
            let value = self.arg(term, wanted(function, at), dot)?;
            args.push(value);
        }
        if let Some(last) = last {
            args.push(self.check(last, wanted(function, terms.len()))?);
        }
        self.spend(super::run::STEP * count)?;
        let result = match name {
            "call" => self.call_value(terms.first(), &args),
            _ => (function.call)(self, &args),
        };
        match result {
            Err(Failure::Error(reason)) => {
                self.place = Some(place);
                self.error(format!("error calling {name}: {reason}"))
            }
            result => result,
        }
    }

    /// `and` and `or`, which stop where the answer is known.
    fn first_that(
        &mut self,
        holds: bool,
        terms: &'s [Term<'s>],
        dot: Data<'s>,
        last: Option<Data<'s>>,
    ) -> Result<Data<'s>, Failure> {
        let mut value = Data::Missing;
        for term in terms {
            value = self.any(term, dot)?;
            if value.is_true() == holds {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// `call`, of which no value is a function. `callee` is the term that should be one, unless it came from a pipeline.
    fn call_value(&mut self, callee: Option<&Term<'s>>, args: &[Data<'s>]) -> Result<Data<'s>, Failure> {
        let value = args.first().map_or(Data::Missing, |value| value.inner());
        if value.is_nil() {
            return Err(Failure::error("call of nil"));
        }
        let mut shown = String::new();
        match (callee, value.text()) {
            (Some(term), _) => term.show(&mut shown),
            (None, Some(text)) => shown.push_str(&text),
            (None, None) => shown = format!("<{} Value>", value.type_name()),
        }
        Err(Failure::Error(format!("non-function {shown} of type {}", value.type_name())))
    }
}

/// What a function takes at this place.
fn wanted(function: &Function, at: usize) -> Wanted {
    if function.name == "printf" && at == 0 { Wanted::String } else { Wanted::Any }
}
