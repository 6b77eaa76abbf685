//! Trees run over variables.
//!
//! What is open (actions, ranges, templates) is kept in a list of frames and not on the native stack, so that templates
//! may call each other as deep as in Go.

use super::data::{Data, List, key};
use super::parser::Templates;
use super::tree::{Branch, Call, Control, Node, Place};
use super::{NAME, NO_VALUE};
use crate::builtins::quote::quoted;
use crate::builtins::verbs::{Argument, Printer};
use crate::builtins::{Context, Failure};
use crate::value::{Bump, Object, Value};

/// How deep templates may call each other, as in Go.
const MAX_DEPTH: usize = 100_000;

/// How much may be open at once, in all.
const MAX_FRAMES: usize = 250_000;

/// The work that a template may take: bytes that are made, and what else costs as much.
const MAX_EFFORT: usize = 1 << 29;

/// The effort of a step.
pub(super) const STEP: usize = 50;

/// How often there is a look whether to go on.
const LOOK: usize = 1 << 22;

/// What the templates write, with the variables as the first dot.
pub(super) fn run<'s, 'a: 's>(
    context: &Context<'a, '_>,
    arena: &'s Bump,
    source: &'s str,
    templates: &Templates<'s>,
    variables: Object<'a>,
) -> Result<String, Failure> {
    let nodes = templates.get(NAME).copied().unwrap_or_default();
    let root = Data::Map(variables);
    let mut run = Run {
        context,
        arena,
        source,
        templates,
        out: String::new(),
        frames: Vec::new(),
        variables: vec![("$", root)],
        base: 0,
        template: NAME,
        place: None,
        depth: 0,
        effort: 0,
    };
    run.enter(nodes, root, 1, Work::Block)?;
    run.nodes()?;
    Ok(run.out)
}

/// A list of nodes that is open.
struct Frame<'s> {
    /// What is left of it.
    nodes: &'s [Node<'s>],
    dot: Data<'s>,
    /// How many variables there were before.
    outer: usize,
    work: Work<'s>,
}

enum Work<'s> {
    /// The nodes are run once.
    Block,
    /// They are run for each item.
    Range(Range<'s>),
    /// They are those of a template, called by another of this name and with this first variable.
    Template { caller: &'s str, base: usize },
}

struct Range<'s> {
    branch: &'s Branch<'s>,
    items: Items<'s>,
    /// The next item.
    next: usize,
    /// How many variables there are before those of the body.
    inner: usize,
}

#[derive(Clone, Copy)]
enum Items<'s> {
    List(List<'s>),
    Map(Object<'s>),
    Ints(usize),
    Bytes(u8),
}

impl<'s> Items<'s> {
    /// An item with its key. Numbers have no keys.
    fn get(&self, at: usize, arena: &'s Bump) -> Option<(Data<'s>, Data<'s>)> {
        let index = i64::try_from(at).unwrap_or(i64::MAX);
        match self {
            Items::List(list) => Some((Data::Int(index), Data::Element(list.get(at)?))),
            Items::Map(map) => {
                let (name, item) = map.entries().get(at)?;
                let name = match *name {
                    Value::String { text, .. } => text,
                    other => arena.alloc_str(&key(other)),
                };
                Some((Data::Text(name), Data::Element(*item)))
            }
            Items::Ints(count) => (at < *count).then_some((Data::Missing, Data::Int(index))),
            Items::Bytes(count) => {
                let at = u8::try_from(at).ok().filter(|at| at < count)?;
                Some((Data::Missing, Data::Byte(at)))
            }
        }
    }
}

/// A run of templates.
pub(super) struct Run<'r, 'a, 'c, 's> {
    pub context: &'r Context<'a, 'c>,
    pub arena: &'s Bump,
    source: &'s str,
    templates: &'r Templates<'s>,
    out: String,
    frames: Vec<Frame<'s>>,
    /// Those of all templates that are open; those of the current one begin at `base` with `$`.
    variables: Vec<(&'s str, Data<'s>)>,
    base: usize,
    /// The name of the current template.
    template: &'s str,
    /// What it is at, for its errors.
    pub place: Option<Place<'s>>,
    depth: usize,
    effort: usize,
}

impl<'s> Run<'_, '_, '_, 's> {
    /// An error at the current place.
    pub(super) fn error<T>(&self, what: impl std::fmt::Display) -> Result<T, Failure> {
        let place = self.place.as_ref();
        let before = self.source.get(..place.map_or(0, Place::at)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let shown = place.map(Place::shown).unwrap_or_default();
        let name = quoted(self.template);
        Err(Failure::Error(format!("template: {NAME}:{line}:{column}: executing {name} at <{shown}>: {what}")))
    }

    /// Takes note of work that was, or will be, done.
    pub(super) fn spend(&mut self, effort: usize) -> Result<(), Failure> {
        let before = self.effort;
        self.effort = before.saturating_add(effort);
        if self.effort > MAX_EFFORT {
            return Err(Failure::Halt("a template takes too much work".into()));
        }
        if before / LOOK != self.effort / LOOK {
            let context = self.context;
            context.limits.watch(context.host).map_err(|error| Failure::Halt(error.to_string()))?;
        }
        Ok(())
    }

    /// A text that a function made.
    pub(super) fn made(&mut self, text: &str) -> Result<Data<'s>, Failure> {
        self.context.check_size(text.len())?;
        self.spend(text.len())?;
        Ok(Data::Text(self.arena.alloc_str(text)))
    }

    pub(super) fn declare(&mut self, name: &'s str, value: Data<'s>) {
        self.variables.push((name, value));
    }

    pub(super) fn assign(&mut self, name: &str, value: Data<'s>) -> Result<(), Failure> {
        let at = self.find(name)?;
        if let Some((_, place)) = self.variables.get_mut(at) {
            *place = value;
        }
        Ok(())
    }

    pub(super) fn variable(&mut self, name: &str) -> Result<Data<'s>, Failure> {
        let at = self.find(name)?;
        Ok(self.variables.get(at).map_or(Data::Missing, |(_, value)| *value))
    }

    /// Where the last variable of this name is.
    fn find(&mut self, name: &str) -> Result<usize, Failure> {
        let own = self.variables.get(self.base..).unwrap_or_default();
        let found = own.iter().rposition(|(known, _)| *known == name);
        self.spend(own.len() - found.unwrap_or(0))?;
        match found {
            Some(at) => Ok(self.base + at),
            None => self.error(format!("undefined variable: {name}")),
        }
    }

    fn nodes(&mut self) -> Result<(), Failure> {
        while let Some(frame) = self.frames.last_mut() {
            match frame.nodes.split_first() {
                Some((node, rest)) => {
                    frame.nodes = rest;
                    let dot = frame.dot;
                    self.node(*node, dot)?;
                }
                None => self.end()?,
            }
        }
        Ok(())
    }

    fn enter(&mut self, nodes: &'s [Node<'s>], dot: Data<'s>, outer: usize, work: Work<'s>) -> Result<(), Failure> {
        if self.frames.len() >= MAX_FRAMES {
            return Err(Failure::Halt("templates call each other too deep".into()));
        }
        self.frames.push(Frame { nodes, dot, outer, work });
        Ok(())
    }

    /// Closes the last frame, or begins it again with the next item.
    fn end(&mut self) -> Result<(), Failure> {
        if matches!(self.frames.last(), Some(Frame { work: Work::Range(_), .. })) && self.next_item()? {
            return Ok(());
        }
        self.close();
        Ok(())
    }

    /// Closes the last frame and says whether it is a range.
    fn close(&mut self) -> bool {
        let Some(frame) = self.frames.pop() else { return false };
        self.variables.truncate(frame.outer);
        match frame.work {
            Work::Block => false,
            Work::Range(_) => true,
            Work::Template { caller, base } => {
                (self.template, self.base) = (caller, base);
                self.depth -= 1;
                false
            }
        }
    }

    fn node(&mut self, node: Node<'s>, dot: Data<'s>) -> Result<(), Failure> {
        self.spend(STEP)?;
        self.place = Some(Place::Node(node));
        match node {
            Node::Text(text) => {
                self.context.check_size(self.out.len().saturating_add(text.len()))?;
                self.out.push_str(text);
            }
            Node::Action(pipe) => {
                let value = self.pipe(pipe, dot)?;
                if pipe.variables.is_empty() {
                    self.print(value)?;
                }
            }
            Node::Branch(branch) if branch.control == Control::Range => self.range(branch, dot)?,
            Node::Branch(branch) => self.condition(branch, dot)?,
            Node::Template(call) => self.call_template(call, dot)?,
            Node::Break(_) => while !self.frames.is_empty() && !self.close() {},
            Node::Continue(_) => {
                while matches!(self.frames.last(), Some(Frame { work: Work::Block, .. })) {
                    self.close();
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.nodes = &[];
                }
            }
        }
        Ok(())
    }

    /// Appends a value to what is written.
    fn print(&mut self, value: Data<'s>) -> Result<(), Failure> {
        let start = self.out.len();
        if value.is_nil() {
            self.out.push_str(NO_VALUE);
        } else {
            value.write(&mut Printer::new(self.context, &mut self.out), 'v')?;
        }
        self.spend(self.out.len() - start)
    }

    /// `{{if}}` or `{{with}}`.
    fn condition(&mut self, branch: &'s Branch<'s>, dot: Data<'s>) -> Result<(), Failure> {
        let outer = self.variables.len();
        let value = self.pipe(branch.pipe, dot)?;
        if value.is_true() {
            let dot = if branch.control == Control::With { value } else { dot };
            return self.enter(branch.body, dot, outer, Work::Block);
        }
        self.other(branch, dot, outer)
    }

    /// What stands behind `{{else}}`, if anything does.
    fn other(&mut self, branch: &'s Branch<'s>, dot: Data<'s>, outer: usize) -> Result<(), Failure> {
        match branch.other {
            Some(nodes) => self.enter(nodes, dot, outer, Work::Block),
            None => {
                self.variables.truncate(outer);
                Ok(())
            }
        }
    }

    fn range(&mut self, branch: &'s Branch<'s>, dot: Data<'s>) -> Result<(), Failure> {
        let outer = self.variables.len();
        let value = self.pipe(branch.pipe, dot)?;
        let items = match value {
            Data::List(list) => Items::List(list),
            Data::Map(map) => Items::Map(map),
            Data::Int(_) | Data::Byte(_) if branch.pipe.variables.len() > 1 => {
                let shown = self.shown(value, 'v')?;
                return self.error(format!("can't use {shown} to iterate over more than one variable"));
            }
            Data::Int(count) => Items::Ints(usize::try_from(count).unwrap_or(0)),
            Data::Byte(count) => Items::Bytes(count),
            Data::Missing => Items::Ints(0),
            _ => {
                let shown = self.shown(value, 'v')?;
                return self.error(format!("range can't iterate over {shown}"));
            }
        };
        if items.get(0, self.arena).is_none() {
            return self.other(branch, dot, outer);
        }
        let range = Range { branch, items, next: 0, inner: self.variables.len() };
        self.enter(&[], dot, outer, Work::Range(range))
    }

    /// Begins the range that is the last frame with its next item; says whether there is one.
    fn next_item(&mut self) -> Result<bool, Failure> {
        let Some(Frame { nodes, dot, work: Work::Range(range), .. }) = self.frames.last_mut() else {
            return Ok(false);
        };
        let (inner, branch) = (range.inner, range.branch);
        let Some((index, item)) = range.items.get(range.next, self.arena) else { return Ok(false) };
        range.next += 1;
        (*nodes, *dot) = (branch.body, item);
        self.variables.truncate(inner);
        self.spend(STEP)?;
        let values = match branch.pipe.variables {
            [_, _, ..] => [index, item],
            _ => [item, item],
        };
        if branch.pipe.assigns {
            for (name, value) in branch.pipe.variables.iter().zip(values) {
                self.assign(name, value)?;
            }
        } else {
            // They were declared with what the range is over.
            let first = inner.saturating_sub(branch.pipe.variables.len());
            for ((_, place), value) in self.variables.iter_mut().skip(first).zip(values) {
                *place = value;
            }
        }
        Ok(true)
    }

    /// `{{template}}`.
    fn call_template(&mut self, call: &'s Call<'s>, dot: Data<'s>) -> Result<(), Failure> {
        let Some(nodes) = self.templates.get(call.name).copied() else {
            return self.error(format!("template {} not defined", quoted(call.name)));
        };
        if self.depth >= MAX_DEPTH {
            return self.error(format!("exceeded maximum template depth ({MAX_DEPTH})"));
        }
        // Variables that are declared here stay.
        let dot = call.pipe.map_or(Ok(Data::Missing), |pipe| self.pipe(pipe, dot))?;
        let outer = self.variables.len();
        self.enter(nodes, dot, outer, Work::Template { caller: self.template, base: self.base })?;
        (self.template, self.base) = (call.name, outer);
        self.declare("$", dot);
        self.depth += 1;
        Ok(())
    }
}
