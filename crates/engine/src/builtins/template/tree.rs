//! Templates as trees, and how messages write their parts.
//!
//! Everything lives in an arena and is copied freely.

use super::constant::Constant;
use crate::builtins::quote::quoted;
use crate::builtins::stack::nested;

/// A part of a template.
#[derive(Clone, Copy)]
pub(super) enum Node<'t> {
    Text(&'t str),
    /// Writes a value, unless it is kept in a variable.
    Action(&'t Pipe<'t>),
    Branch(&'t Branch<'t>),
    Template(&'t Call<'t>),
    /// With their places.
    Break(usize),
    Continue(usize),
}

/// Which word a branch begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    If,
    With,
    Range,
}

impl Control {
    pub(super) fn word(self) -> &'static str {
        match self {
            Control::If => "if",
            Control::With => "with",
            Control::Range => "range",
        }
    }
}

/// `{{if}}`, `{{with}}` or `{{range}}`.
pub(super) struct Branch<'t> {
    pub control: Control,
    pub pipe: &'t Pipe<'t>,
    pub body: &'t [Node<'t>],
    pub other: Option<&'t [Node<'t>]>,
}

/// `{{template}}`, or `{{block}}` where it stands.
pub(super) struct Call<'t> {
    pub at: usize,
    pub name: &'t str,
    pub pipe: Option<&'t Pipe<'t>>,
}

/// Commands of which each takes the result of the one before as its last argument.
pub(super) struct Pipe<'t> {
    pub at: usize,
    /// The variables that get the result.
    pub variables: &'t [&'t str],
    /// Whether these are there already.
    pub assigns: bool,
    pub commands: &'t [Command<'t>],
}

/// A function and its arguments, or a value. There is at least one term.
pub(super) struct Command<'t> {
    pub at: usize,
    pub terms: &'t [Term<'t>],
}

/// An operand, with its place.
#[derive(Clone, Copy)]
pub(super) struct Term<'t> {
    pub at: usize,
    pub kind: Operand<'t>,
}

#[derive(Clone, Copy)]
pub(super) enum Operand<'t> {
    Dot,
    Nil,
    Bool(bool),
    /// With its text.
    Number(Constant, &'t str),
    Text {
        quoted: &'t str,
        text: &'t str,
    },
    /// Fields of the dot.
    Fields(&'t [&'t str]),
    /// A variable and fields of it.
    Variable(&'t str, &'t [&'t str]),
    Function(&'t str),
    Pipe(&'t Pipe<'t>),
    /// Fields of what is no dot and no variable.
    Chain(&'t Term<'t>, &'t [&'t str]),
}

/// What an evaluation is at: what its errors are about.
#[derive(Clone, Copy)]
pub(super) enum Place<'t> {
    Node(Node<'t>),
    Pipe(&'t Pipe<'t>),
    Command(&'t Command<'t>),
    Term(Term<'t>),
}

impl Place<'_> {
    /// Where it begins, in bytes. Texts cannot fail.
    pub(super) fn at(&self) -> usize {
        match self {
            Place::Node(Node::Text(_)) => 0,
            Place::Node(Node::Action(pipe)) | Place::Pipe(pipe) => pipe.at,
            Place::Node(Node::Branch(branch)) => branch.pipe.at,
            Place::Node(Node::Template(call)) => call.at,
            Place::Node(Node::Break(at) | Node::Continue(at)) => *at,
            Place::Command(command) => command.at,
            Place::Term(term) => term.at,
        }
    }

    /// As messages write it.
    pub(super) fn shown(&self) -> String {
        let mut out = String::new();
        match self {
            Place::Node(node) => node.show(&mut out),
            Place::Pipe(pipe) => pipe.show(&mut out),
            Place::Command(command) => command.show(&mut out),
            Place::Term(term) => term.show(&mut out),
        }
        out
    }
}

impl Node<'_> {
    fn show(&self, out: &mut String) {
        match self {
            Node::Text(text) => out.push_str(text),
            Node::Action(pipe) => {
                out.push_str("{{");
                pipe.show(out);
                out.push_str("}}");
            }
            Node::Branch(branch) => nested(|| branch.show(out)),
            Node::Template(call) => {
                out.push_str("{{template ");
                out.push_str(&quoted(call.name));
                if let Some(pipe) = call.pipe {
                    out.push(' ');
                    pipe.show(out);
                }
                out.push_str("}}");
            }
            Node::Break(_) => out.push_str("{{break}}"),
            Node::Continue(_) => out.push_str("{{continue}}"),
        }
    }
}

impl Branch<'_> {
    fn show(&self, out: &mut String) {
        out.push_str("{{");
        out.push_str(self.control.word());
        out.push(' ');
        self.pipe.show(out);
        out.push_str("}}");
        self.body.iter().for_each(|node| node.show(out));
        if let Some(other) = self.other {
            out.push_str("{{else}}");
            other.iter().for_each(|node| node.show(out));
        }
        out.push_str("{{end}}");
    }
}

impl Pipe<'_> {
    fn show(&self, out: &mut String) {
        if !self.variables.is_empty() {
            out.push_str(&self.variables.join(", "));
            out.push_str(if self.assigns { " = " } else { " := " });
        }
        for (at, command) in self.commands.iter().enumerate() {
            out.push_str(if at > 0 { " | " } else { "" });
            command.show(out);
        }
    }

    /// With its parentheses.
    fn show_inside(&self, out: &mut String) {
        out.push('(');
        nested(|| self.show(out));
        out.push(')');
    }
}

impl Command<'_> {
    fn show(&self, out: &mut String) {
        for (at, term) in self.terms.iter().enumerate() {
            out.push_str(if at > 0 { " " } else { "" });
            match term.kind {
                Operand::Pipe(pipe) => pipe.show_inside(out),
                _ => term.show(out),
            }
        }
    }
}

impl Term<'_> {
    /// As messages write it. A pipeline has no parentheses if it stands alone.
    pub(super) fn show(&self, out: &mut String) {
        let fields = |names: &[&str], out: &mut String| {
            for name in names {
                out.push('.');
                out.push_str(name);
            }
        };
        match self.kind {
            Operand::Dot => out.push('.'),
            Operand::Nil => out.push_str("nil"),
            Operand::Bool(holds) => out.push_str(if holds { "true" } else { "false" }),
            Operand::Number(_, text) | Operand::Text { quoted: text, .. } | Operand::Function(text) => {
                out.push_str(text);
            }
            Operand::Fields(names) => fields(names, out),
            Operand::Variable(name, names) => {
                out.push_str(name);
                fields(names, out);
            }
            Operand::Pipe(pipe) => nested(|| pipe.show(out)),
            Operand::Chain(term, names) => {
                match term.kind {
                    Operand::Pipe(pipe) => pipe.show_inside(out),
                    _ => term.show(out),
                }
                fields(names, out);
            }
        }
    }
}
