//! Trees run over variables.

use super::data::{Data, compare, measure, printed};
use super::format::printf;
use super::parser::{Node, Pipe, Term};
use super::texts::{NIL, NO_VALUE, in_html, in_script, joined, part};
use super::{error, unsupported};
use crate::builtins::uri::escape_query;
use crate::builtins::{Context, Failure, letters};
use crate::value::Value;

/// How many steps a template may take.
const MAX_STEPS: usize = 10_000_000;

/// What the parts write, with `variables` as the first dot.
pub(super) fn run<'a>(context: &Context<'a, '_>, nodes: &[Node<'_>], variables: Value<'a>) -> Result<String, Failure> {
    let root = Data::Value(variables);
    let mut run = Run { context, out: String::new(), root, scope: Vec::new(), steps: 0 };
    run.nodes(nodes, root)?;
    Ok(run.out)
}

/// How a list of parts ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Run<'r, 'a, 'c, 't> {
    context: &'r Context<'a, 'c>,
    out: String,
    root: Data<'a>,
    scope: Vec<(&'t str, Data<'a>)>,
    steps: usize,
}

impl<'a, 't> Run<'_, 'a, '_, 't> {
    fn nodes(&mut self, nodes: &[Node<'t>], dot: Data<'a>) -> Result<Flow, Failure> {
        for node in nodes {
            self.step()?;
            let depth = self.scope.len();
            let flow = match node {
                Node::Text(text) => {
                    self.out.push_str(text);
                    continue;
                }
                Node::Pipe(pipe) => {
                    let data = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.print(data)?;
                    }
                    continue;
                }
                Node::If(pipe, body, other) => {
                    let holds = self.pipe(pipe, dot)?.is_true();
                    self.nodes(if holds { body } else { other }, dot)?
                }
                Node::With(pipe, body, other) => {
                    let data = self.pipe(pipe, dot)?;
                    if data.is_true() { self.nodes(body, data)? } else { self.nodes(other, dot)? }
                }
                Node::Range(pipe, body, other) => self.range(pipe, body, other, dot)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            self.scope.truncate(depth);
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn step(&mut self) -> Result<(), Failure> {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.out.len() > self.context.max_bytes() {
            return Err(Failure::Halt("the result of a template is too large".into()));
        }
        Ok(())
    }

    fn print(&mut self, data: Data<'a>) -> Result<(), Failure> {
        // Values may share their parts, so what is small may print large.
        if let Data::Value(value @ (Value::Array(_) | Value::Object(_) | Value::Set(_))) = data {
            let mut size = 0_usize;
            measure(value, &mut size, self.context.max_bytes());
            if size > self.context.max_bytes() {
                return Err(Failure::Halt("the result of a template is too large".into()));
            }
        }
        data.print(&mut self.out);
        Ok(())
    }

    fn range(
        &mut self,
        pipe: &Pipe<'t>,
        body: &[Node<'t>],
        other: &[Node<'t>],
        dot: Data<'a>,
    ) -> Result<Flow, Failure> {
        let value = match self.commands(pipe, dot)? {
            Data::Missing => return self.nodes(other, dot),
            Data::Value(value @ (Value::Array(_) | Value::Object(_) | Value::Set(_))) => value,
            Data::Int(count) => return self.range_to(count, pipe, body, other, dot),
            Data::Value(_) => return error("executing \"template\": range can't iterate over the value"),
        };
        let depth = self.scope.len();
        for at in 0..value.len().unwrap_or_default() {
            let Some((key, item)) = value.nth(at) else { break };
            let key = match key {
                Value::Int(index) => Data::Int(index),
                key => Data::Value(key),
            };
            let item = Data::Value(item);
            match pipe.variables.as_slice() {
                [name] => self.scope.push((name, item)),
                [index, name] => self.scope.extend([(*index, key), (*name, item)]),
                _ => {}
            }
            let flow = self.nodes(body, item)?;
            self.scope.truncate(depth);
            if flow == Flow::Break {
                break;
            }
        }
        if value.is_empty() { self.nodes(other, dot) } else { Ok(Flow::On) }
    }

    /// A range over the numbers below one.
    fn range_to(
        &mut self,
        count: i64,
        pipe: &Pipe<'t>,
        body: &[Node<'t>],
        other: &[Node<'t>],
        dot: Data<'a>,
    ) -> Result<Flow, Failure> {
        if pipe.variables.len() > 1 {
            return error("executing \"template\": range can't iterate over the value with two variables");
        }
        let depth = self.scope.len();
        for at in (0..count).map(Data::Int) {
            self.step()?;
            self.scope.extend(pipe.variables.first().map(|name| (*name, at)));
            let flow = self.nodes(body, at)?;
            self.scope.truncate(depth);
            if flow == Flow::Break {
                break;
            }
        }
        if count <= 0 { self.nodes(other, dot) } else { Ok(Flow::On) }
    }

    /// Runs a pipeline and keeps its result in its variable.
    fn pipe(&mut self, pipe: &Pipe<'t>, dot: Data<'a>) -> Result<Data<'a>, Failure> {
        let data = self.commands(pipe, dot)?;
        if let [name] = pipe.variables.as_slice() {
            match self.scope.iter_mut().rev().find(|(known, _)| known == name).filter(|_| !pipe.declares) {
                Some((_, place)) => *place = data,
                None if pipe.declares => self.scope.push((name, data)),
                None => return error(format!("undefined variable \"{name}\"")),
            }
        }
        Ok(data)
    }

    fn commands(&mut self, pipe: &Pipe<'t>, dot: Data<'a>) -> Result<Data<'a>, Failure> {
        let mut last = None;
        for command in &pipe.commands {
            let Some((first, rest)) = command.split_first() else { continue };
            last = Some(match first {
                Term::Function(name) => self.call(name, rest, last, dot)?,
                _ if last.is_some() => return error("non executable command in pipeline"),
                _ if !rest.is_empty() => return error("executing \"template\": can't give argument to non-function"),
                term => self.term(term, dot)?,
            });
        }
        Ok(last.unwrap_or(Data::Missing))
    }

    fn term(&mut self, term: &Term<'t>, dot: Data<'a>) -> Result<Data<'a>, Failure> {
        let fields = |data: Data<'a>, names: &[&str]| names.iter().try_fold(data, |data, name| data.field(name));
        match term {
            Term::Dot => Ok(dot),
            Term::Nil => unsupported("nil"),
            Term::Bool(value) => Ok(Data::Value(Value::Bool(*value))),
            Term::Text(text) => Ok(Data::Value(Value::new_string(self.context.arena, text))),
            Term::Number(text) => match text.parse() {
                Ok(number) => Ok(Data::Int(number)),
                Err(_) => unsupported("such numbers"),
            },
            Term::Fields(names) => fields(dot, names),
            Term::Variable("$", names) => fields(self.root, names),
            Term::Variable(name, names) => match self.scope.iter().rev().find(|(known, _)| known == name) {
                Some((_, data)) => fields(*data, names),
                None => error(format!("undefined variable \"{name}\"")),
            },
            Term::Function(name) => self.call(name, &[], None, dot),
            Term::Pipe(pipe) => self.pipe(pipe, dot),
        }
    }

    fn call(
        &mut self,
        name: &str,
        terms: &[Term<'t>],
        last: Option<Data<'a>>,
        dot: Data<'a>,
    ) -> Result<Data<'a>, Failure> {
        let mut args = Vec::with_capacity(terms.len() + 1);
        for term in terms {
            args.push(self.term(term, dot)?);
            // These two stop where the answer is known.
            if let Some(arg) = args.last().filter(|arg| matches!((name, arg.is_true()), ("and", false) | ("or", true)))
            {
                return Ok(*arg);
            }
        }
        args.extend(last);
        let wrong = || error(format!("executing \"template\": wrong number of args for {name}"));
        let text = |run: &Self, text: &str| Ok(Data::Value(Value::new_string(run.context.arena, text)));
        let truth = |value: bool| Ok(Data::Value(Value::Bool(value)));
        match (name, args.as_slice()) {
            ("and" | "or", [.., arg]) => Ok(*arg),
            ("not", [arg]) => truth(!arg.is_true()),
            ("len", [Data::Value(value)]) => {
                let length = match value {
                    Value::Int(_) | Value::Number(_) | Value::String { .. } => Some(printed(*value).len()),
                    value => value.len(),
                };
                match length {
                    Some(length) => Ok(Data::Int(i64::try_from(length).unwrap_or(i64::MAX))),
                    None => error("executing \"template\": error calling len: len of type bool"),
                }
            }
            ("index", [first, keys @ ..]) => keys.iter().try_fold(*first, |data, key| match (data, key) {
                (Data::Value(Value::Array(items)), Data::Int(at)) => {
                    match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
                        Some(item) => Ok(Data::Value(*item)),
                        None => error("executing \"template\": error calling index: index out of range"),
                    }
                }
                (Data::Value(Value::Object(_)), Data::Value(key @ Value::String { .. })) => {
                    data.field(key.as_str().unwrap_or_default())
                }
                (Data::Value(value @ (Value::Int(_) | Value::Number(_) | Value::String { .. })), Data::Int(at)) => {
                    match usize::try_from(*at).ok().and_then(|at| printed(value).as_bytes().get(at).copied()) {
                        Some(byte) => Ok(Data::Int(byte.into())),
                        None => error("executing \"template\": error calling index: index out of range"),
                    }
                }
                _ => unsupported("such indices"),
            }),
            ("print" | "html" | "js" | "urlquery" | "println", args) => {
                let missing = if name.starts_with("print") { NIL } else { NO_VALUE };
                let out = joined(args, name == "println", missing, self.context.max_bytes())?;
                text(
                    self,
                    &match name {
                        "println" => out + "\n",
                        "html" => in_html(&out),
                        "js" => in_script(&out),
                        "urlquery" => escape_query(&out),
                        _ => out,
                    },
                )
            }
            ("printf", args) => text(self, &printf(self.context, args)?),
            ("slice", [first, keys @ ..]) => self.slice(*first, keys),
            ("eq", [first, others @ ..]) if !others.is_empty() => {
                for other in others {
                    if compare(*first, *other)?.is_eq() {
                        return truth(true);
                    }
                }
                truth(false)
            }
            ("ne", [left, right]) => truth(compare(*left, *right)?.is_ne()),
            ("lt", [left, right]) => truth(compare(*left, *right)?.is_lt()),
            ("le", [left, right]) => truth(compare(*left, *right)?.is_le()),
            ("gt", [left, right]) => truth(compare(*left, *right)?.is_gt()),
            ("ge", [left, right]) => truth(compare(*left, *right)?.is_ge()),
            _ => wrong(),
        }
    }

    /// A part of a list, or of the bytes of a text.
    fn slice(&self, of: Data<'a>, keys: &[Data<'a>]) -> Result<Data<'a>, Failure> {
        let items = |items: &'a [Value<'a>]| {
            let (start, end) = part(items.len(), keys, false)?;
            Ok(Data::Value(Value::Array(items.get(start..end).unwrap_or_default())))
        };
        match of {
            Data::Value(Value::Array(list)) => items(list),
            Data::Value(Value::Set(set)) => items(set.items()),
            Data::Value(value @ (Value::Int(_) | Value::Number(_) | Value::String { .. })) => {
                let text = printed(value);
                let (start, end) = part(text.len(), keys, true)?;
                let bytes = text.as_bytes().get(start..end).unwrap_or_default();
                Ok(Data::Value(Value::new_string(self.context.arena, &letters::lossy(bytes))))
            }
            _ => error("executing \"template\": error calling slice: can't slice item of such a type"),
        }
    }
}
