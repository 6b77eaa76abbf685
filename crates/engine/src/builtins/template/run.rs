//! Trees run over variables.

use super::data::{Data, compare, measure, printed};
use super::parser::{Node, Pipe, Term};
use super::{error, unsupported};
use crate::builtins::Failure;
use crate::value::{Bump, Value};

/// How many steps a template may take.
const MAX_STEPS: usize = 10_000_000;

/// What the parts write, with `variables` as the first dot.
pub(super) fn run<'a>(
    arena: &'a Bump,
    nodes: &[Node<'_>],
    variables: Value<'a>,
    max_bytes: usize,
) -> Result<String, Failure> {
    let root = Data::Value(variables);
    let mut run = Run { arena, out: String::new(), max_bytes, root, scope: Vec::new(), steps: 0 };
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

struct Run<'a, 't> {
    arena: &'a Bump,
    out: String,
    max_bytes: usize,
    root: Data<'a>,
    scope: Vec<(&'t str, Data<'a>)>,
    steps: usize,
}

impl<'a, 't> Run<'a, 't> {
    fn nodes(&mut self, nodes: &[Node<'t>], dot: Data<'a>) -> Result<Flow, Failure> {
        for node in nodes {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.out.len() > self.max_bytes {
                return Err(Failure::Halt("the result of a template is too large".into()));
            }
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

    fn print(&mut self, data: Data<'a>) -> Result<(), Failure> {
        // Values may share their parts, so what is small may print large.
        if let Data::Value(value @ (Value::Array(_) | Value::Object(_) | Value::Set(_))) = data {
            let mut size = 0_usize;
            measure(value, &mut size, self.max_bytes);
            if size > self.max_bytes {
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
            Data::Int(_) => return unsupported("ranges over numbers"),
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
            Term::Text(text) => Ok(Data::Value(Value::new_string(self.arena, text))),
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
        let text = |run: &Self, text: &str| Ok(Data::Value(Value::new_string(run.arena, text)));
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
                _ => unsupported("such indices"),
            }),
            ("print" | "println" | "html", args) => {
                let mut out = String::new();
                for (at, arg) in args.iter().enumerate() {
                    let is_plain = |data: &Data<'_>| {
                        matches!(data, Data::Int(_))
                            || matches!(data, Data::Value(value) if value.len().is_some() || matches!(value, Value::Bool(_)))
                    };
                    let between = at > 0 && is_plain(arg) && args.get(at - 1).is_some_and(is_plain);
                    if between || (at > 0 && name == "println") {
                        out.push(' ');
                    }
                    match arg {
                        Data::Missing | Data::Value(Value::Null) => return unsupported("missing values in functions"),
                        arg => arg.print(&mut out),
                    }
                    if out.len() > self.max_bytes {
                        return Err(Failure::Halt("the result of a template is too large".into()));
                    }
                }
                match name {
                    "println" => out.push('\n'),
                    "html" => out = escape(&out),
                    _ => {}
                }
                text(self, &out)
            }
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
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            '\0' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(letter),
        }
    }
    out
}
