//! Templates read into trees.
//!
//! Each template has a reader of its own, as what it says of a mistake depends on what *it* read last: the line of a
//! message is that of its last token. All of them share the tokens and the set of templates that they fill.

use super::constant;
use super::lexer::{Keyword, Kind, Lexer, Token};
use super::tree::{Branch, Call, Command, Control, Node, Operand, Pipe, Term};
use crate::builtins::Failure;
use crate::builtins::quote::quoted;
use crate::builtins::stack::nested;
use crate::value::Bump;
use hashbrown::HashMap;

/// How deep parentheses may nest, as in Go.
const MAX_PARENS: usize = 10_000;

/// How deep actions may nest. Go has no such limit.
const MAX_BLOCKS: usize = 10_000;

/// The templates by their names.
pub(super) type Templates<'t> = HashMap<&'t str, &'t [Node<'t>]>;

/// The templates of a text, of which it is the one of this name. `is_function` knows the names of functions.
pub(super) fn parse<'t>(
    name: &'t str,
    source: &'t str,
    arena: &'t Bump,
    is_function: fn(&str) -> bool,
) -> Result<Templates<'t>, Failure> {
    let mut shared = Shared {
        lexer: Lexer::new(source, arena),
        arena,
        templates: Templates::new(),
        blocks: 0,
        parens: 0,
        is_function,
    };
    let mut parser = Parser::new(&mut shared);
    let nodes = parser.template()?;
    parser.add(name, nodes)?;
    Ok(shared.templates)
}

/// What is common to the templates of a text.
struct Shared<'t> {
    lexer: Lexer<'t>,
    arena: &'t Bump,
    templates: Templates<'t>,
    /// How many actions and parentheses are open.
    blocks: usize,
    parens: usize,
    is_function: fn(&str) -> bool,
}

/// Where a list of nodes ended.
enum Ending {
    End,
    /// With an `if` or `with` behind it, maybe, that was not read yet.
    Else,
}

impl Ending {
    fn shown(&self) -> &'static str {
        match self {
            Ending::End => "{{end}}",
            Ending::Else => "{{else}}",
        }
    }
}

/// A part of a list, or its end.
enum Part<'t> {
    Node(Node<'t>),
    Ending(Ending),
}

/// The reader of one template.
struct Parser<'p, 't> {
    shared: &'p mut Shared<'t>,
    /// The last tokens: the first is the last that was read, of those behind it some are to be read again.
    tokens: [Token<'t>; 3],
    again: usize,
    /// The variables that there are, and how often each is.
    variables: Vec<&'t str>,
    known: HashMap<&'t str, usize>,
    /// The line in which the action began, or 0.
    action_line: usize,
    ranges: usize,
}

impl<'p, 't> Parser<'p, 't> {
    fn new(shared: &'p mut Shared<'t>) -> Self {
        Parser {
            shared,
            tokens: [Token::NONE; 3],
            again: 0,
            variables: vec!["$"],
            known: HashMap::from([("$", 1)]),
            action_line: 0,
            ranges: 0,
        }
    }

    fn next(&mut self) -> Token<'t> {
        if self.again > 0 {
            self.again -= 1;
        } else if let Some(last) = self.tokens.first_mut() {
            *last = self.shared.lexer.token();
        }
        self.tokens.get(self.again).copied().unwrap_or(Token::NONE)
    }

    fn peek(&mut self) -> Token<'t> {
        let token = self.next();
        self.again += 1;
        token
    }

    /// The next token that is no space.
    fn next_word(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_word(&mut self) -> Token<'t> {
        let token = self.next_word();
        self.again += 1;
        token
    }

    /// Has these read again, ahead of the last token.
    fn read_again(&mut self, tokens: &[Token<'t>]) {
        for (place, token) in self.tokens.iter_mut().skip(1).zip(tokens.iter().rev()) {
            *place = *token;
        }
        self.again = tokens.len() + 1;
    }

    fn error<T>(&self, what: impl std::fmt::Display) -> Result<T, Failure> {
        let line = self.tokens.first().map_or(0, |token| token.line);
        Err(Failure::Error(format!("template: template:{line}: {what}")))
    }

    /// What is wrong with a token that should not be here.
    fn unexpected<T>(&self, token: &Token<'t>, place: &str) -> Result<T, Failure> {
        let shown = token.shown();
        if token.kind != Kind::Error {
            return self.error(format!("unexpected {shown} in {place}"));
        }
        let start = match self.action_line {
            0 => String::new(),
            line if line == token.line => String::new(),
            line if shown.ends_with(" action") => format!(" started at template:{line}"),
            line => format!(" in action started at template:{line}"),
        };
        self.error(format!("{shown}{start}"))
    }

    fn expect(&mut self, kind: Kind, place: &str) -> Result<Token<'t>, Failure> {
        let token = self.next_word();
        if token.kind == kind { Ok(token) } else { self.unexpected(&token, place) }
    }

    /// Adds a template to the set. One that is empty takes no place.
    fn add(&mut self, name: &'t str, nodes: &'t [Node<'t>]) -> Result<(), Failure> {
        match self.shared.templates.get(name) {
            Some(known) if !is_empty(known) => {
                if !is_empty(nodes) {
                    return self.error(format!("template: multiple definition of template {}", quoted(name)));
                }
            }
            _ => {
                self.shared.templates.insert(name, nodes);
            }
        }
        Ok(())
    }

    /// The whole text, with definitions of other templates.
    fn template(&mut self) -> Result<&'t [Node<'t>], Failure> {
        let mut nodes = Vec::new();
        loop {
            let token = self.peek();
            if token.kind == Kind::End {
                return Ok(self.shared.arena.alloc_slice_copy(&nodes));
            }
            if token.kind == Kind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_word().kind == Kind::Keyword(Keyword::Define) {
                    Parser::new(self.shared).definition()?;
                    continue;
                }
                self.read_again(&[delimiter]);
            }
            match self.part()? {
                Part::Node(node) => nodes.push(node),
                Part::Ending(ending) => return self.error(format!("unexpected {}", ending.shown())),
            }
        }
    }

    /// `{{define "name"}}`, behind its first word.
    fn definition(&mut self) -> Result<(), Failure> {
        const PLACE: &str = "define clause";
        let token = self.next_word();
        let name = self.template_name(&token, PLACE)?;
        self.expect(Kind::RightDelimiter, PLACE)?;
        let (nodes, ending) = self.list()?;
        match ending {
            Ending::End => self.add(name, nodes),
            Ending::Else => self.error(format!("unexpected {} in {PLACE}", ending.shown())),
        }
    }

    /// Parts up to an `end` or `else`.
    fn list(&mut self) -> Result<(&'t [Node<'t>], Ending), Failure> {
        if self.shared.blocks >= MAX_BLOCKS {
            return Err(Failure::Halt("template is nested too deep".into()));
        }
        self.shared.blocks += 1;
        let list = nested(|| {
            let mut nodes = Vec::new();
            while self.peek_word().kind != Kind::End {
                match self.part()? {
                    Part::Node(node) => nodes.push(node),
                    Part::Ending(ending) => return Ok((nodes, ending)),
                }
            }
            self.error("unexpected EOF")
        });
        self.shared.blocks -= 1;
        list.map(|(nodes, ending)| (&*self.shared.arena.alloc_slice_copy(&nodes), ending))
    }

    fn part(&mut self) -> Result<Part<'t>, Failure> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => Ok(Part::Node(Node::Text(token.text))),
            Kind::LeftDelimiter => {
                self.action_line = token.line;
                let part = self.action()?;
                self.action_line = 0;
                Ok(part)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    /// An action, behind its delimiter.
    fn action(&mut self) -> Result<Part<'t>, Failure> {
        let token = self.next_word();
        let node = match token.kind {
            Kind::Keyword(Keyword::Block) => self.block()?,
            Kind::Keyword(Keyword::Break) => Node::Break(self.leave(&token)?),
            Kind::Keyword(Keyword::Continue) => Node::Continue(self.leave(&token)?),
            Kind::Keyword(Keyword::Else) => return self.other_action().map(Part::Ending),
            Kind::Keyword(Keyword::End) => {
                self.expect(Kind::RightDelimiter, "end")?;
                return Ok(Part::Ending(Ending::End));
            }
            Kind::Keyword(Keyword::If) => self.branch(Control::If)?,
            Kind::Keyword(Keyword::Range) => self.branch(Control::Range)?,
            Kind::Keyword(Keyword::Template) => self.call()?,
            Kind::Keyword(Keyword::With) => self.branch(Control::With)?,
            _ => {
                self.again += 1;
                Node::Action(self.pipe("command", Kind::RightDelimiter)?)
            }
        };
        Ok(Part::Node(node))
    }

    /// `break` or `continue`, whose place it gives.
    fn leave(&mut self, word: &Token<'t>) -> Result<usize, Failure> {
        let token = self.next_word();
        if token.kind != Kind::RightDelimiter {
            return self.unexpected(&token, &format!("{{{{{}}}}}", word.text));
        }
        if self.ranges == 0 {
            return self.error(format!("{{{{{}}}}} outside {{{{range}}}}", word.text));
        }
        Ok(word.at)
    }

    fn other_action(&mut self) -> Result<Ending, Failure> {
        if !matches!(self.peek_word().kind, Kind::Keyword(Keyword::If | Keyword::With)) {
            self.expect(Kind::RightDelimiter, "else")?;
        }
        Ok(Ending::Else)
    }

    /// `{{if}}`, `{{with}}` or `{{range}}`, behind that word.
    fn branch(&mut self, control: Control) -> Result<Node<'t>, Failure> {
        let outer = self.variables.len();
        let pipe = self.pipe(control.word(), Kind::RightDelimiter)?;
        self.ranges += usize::from(control == Control::Range);
        let (body, ending) = self.list()?;
        self.ranges -= usize::from(control == Control::Range);
        let other = match ending {
            Ending::End => None,
            Ending::Else => Some(self.other(control)?),
        };
        for name in self.variables.drain(outer..) {
            self.known.entry(name).and_modify(|count| *count -= 1);
        }
        Ok(Node::Branch(self.shared.arena.alloc(Branch { control, pipe, body, other })))
    }

    /// What stands behind `{{else}}`, which may go on with another condition. Then there is one `{{end}}` for both.
    fn other(&mut self, control: Control) -> Result<&'t [Node<'t>], Failure> {
        let again = matches!(
            (control, self.peek().kind),
            (Control::If, Kind::Keyword(Keyword::If)) | (Control::With, Kind::Keyword(Keyword::With))
        );
        if again {
            self.next();
            if self.shared.blocks >= MAX_BLOCKS {
                return Err(Failure::Halt("template is nested too deep".into()));
            }
            self.shared.blocks += 1;
            let node = nested(|| self.branch(control))?;
            self.shared.blocks -= 1;
            return Ok(self.shared.arena.alloc_slice_copy(&[node]));
        }
        match self.list()? {
            (nodes, Ending::End) => Ok(nodes),
            (_, ending) => self.error(format!("expected end; found {}", ending.shown())),
        }
    }

    /// `{{block "name" pipeline}}`, behind its first word: a definition and a call.
    fn block(&mut self) -> Result<Node<'t>, Failure> {
        const PLACE: &str = "block clause";
        let token = self.next_word();
        let name = self.template_name(&token, PLACE)?;
        let pipe = self.pipe(PLACE, Kind::RightDelimiter)?;
        let mut block = Parser::new(self.shared);
        let (nodes, ending) = block.list()?;
        match ending {
            Ending::End => block.add(name, nodes)?,
            Ending::Else => return self.error(format!("unexpected {} in {PLACE}", ending.shown())),
        }
        Ok(Node::Template(self.shared.arena.alloc(Call { at: token.at, name, pipe: Some(pipe) })))
    }

    /// `{{template "name" pipeline}}`, behind its first word.
    fn call(&mut self) -> Result<Node<'t>, Failure> {
        const PLACE: &str = "template clause";
        let token = self.next_word();
        let name = self.template_name(&token, PLACE)?;
        let mut pipe = None;
        if self.next_word().kind != Kind::RightDelimiter {
            self.again += 1;
            pipe = Some(self.pipe(PLACE, Kind::RightDelimiter)?);
        }
        Ok(Node::Template(self.shared.arena.alloc(Call { at: token.at, name, pipe })))
    }

    fn template_name(&mut self, token: &Token<'t>, place: &str) -> Result<&'t str, Failure> {
        match token.kind {
            Kind::String | Kind::RawString => self.string(token.text),
            _ => self.unexpected(token, place),
        }
    }

    fn string(&mut self, quoted: &'t str) -> Result<&'t str, Failure> {
        match constant::string(quoted) {
            Ok(text) => Ok(self.shared.arena.alloc_str(&text)),
            Err(reason) => self.error(reason),
        }
    }

    /// A pipeline up to its end. `place` is where it stands.
    fn pipe(&mut self, place: &str, end: Kind) -> Result<&'t Pipe<'t>, Failure> {
        let at = self.peek_word().at;
        let (variables, assigns) = self.declarations(place)?;
        let mut commands = Vec::new();
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::Letter
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.again += 1;
                    commands.push(self.command()?);
                }
                _ => return self.unexpected(&token, place),
            }
        }
        self.check(&commands, place)?;
        let arena = self.shared.arena;
        Ok(arena.alloc(Pipe {
            at,
            variables: arena.alloc_slice_copy(&variables),
            assigns,
            commands: arena.alloc_slice_fill_iter(commands),
        }))
    }

    /// The variables that a pipeline gives a value, and whether these are there already.
    fn declarations(&mut self, place: &str) -> Result<(Vec<&'t str>, bool), Failure> {
        let mut names = Vec::new();
        loop {
            let variable = self.peek_word();
            if variable.kind != Kind::Variable {
                return Ok((names, false));
            }
            self.next();
            // What stands directly behind it is a space or not, which is needed if it is read again.
            let behind = self.peek();
            let next = self.peek_word();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next_word();
                    names.push(variable.text);
                    self.declare(variable.text);
                    return Ok((names, next.kind == Kind::Assign));
                }
                Kind::Char if next.text == "," => {
                    self.next_word();
                    names.push(variable.text);
                    self.declare(variable.text);
                    if place != Control::Range.word() || names.len() > 1 {
                        return self.error(format!("too many declarations in {place}"));
                    }
                    if !matches!(self.peek_word().kind, Kind::Variable | Kind::RightDelimiter | Kind::RightParen) {
                        return self.error("range can only initialize variables");
                    }
                }
                _ => {
                    match behind.kind {
                        Kind::Space => self.read_again(&[variable, behind]),
                        _ => self.read_again(&[variable]),
                    }
                    return Ok((names, false));
                }
            }
        }
    }

    fn declare(&mut self, name: &'t str) {
        self.variables.push(name);
        *self.known.entry(name).or_default() += 1;
    }

    /// Whether there are commands, and all but the first can take an argument.
    fn check(&self, commands: &[Command<'t>], place: &str) -> Result<(), Failure> {
        if commands.is_empty() {
            return self.error(format!("missing value for {place}"));
        }
        for (at, command) in commands.iter().enumerate().skip(1) {
            if let Some(Operand::Bool(_) | Operand::Dot | Operand::Nil | Operand::Number(..) | Operand::Text { .. }) =
                command.terms.first().map(|term| term.kind)
            {
                return self.error(format!("non executable command in pipeline stage {}", at + 1));
            }
        }
        Ok(())
    }

    /// Operands up to the end of a command.
    fn command(&mut self) -> Result<Command<'t>, Failure> {
        let at = self.peek_word().at;
        let mut terms = Vec::new();
        loop {
            self.peek_word();
            terms.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelimiter | Kind::RightParen => self.again += 1,
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if terms.is_empty() {
            return self.error("empty command");
        }
        Ok(Command { at, terms: self.shared.arena.alloc_slice_copy(&terms) })
    }

    /// A term and fields of it, if there is one.
    fn operand(&mut self) -> Result<Option<Term<'t>>, Failure> {
        let Some(term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut names = match term.kind {
            Operand::Fields(names) | Operand::Variable(_, names) => names.to_vec(),
            _ => Vec::new(),
        };
        while self.peek().kind == Kind::Field {
            names.extend(self.next().text.get(1..));
        }
        let arena = self.shared.arena;
        let names = arena.alloc_slice_copy(&names);
        let kind = match term.kind {
            Operand::Fields(_) => Operand::Fields(names),
            Operand::Variable(name, _) => Operand::Variable(name, names),
            Operand::Bool(_) | Operand::Text { .. } | Operand::Number(..) | Operand::Nil | Operand::Dot => {
                let mut shown = String::new();
                term.show(&mut shown);
                return self.error(format!("unexpected . after term {}", quoted(&shown)));
            }
            _ => Operand::Chain(arena.alloc(term), names),
        };
        Ok(Some(Term { at: first.at, kind }))
    }

    fn term(&mut self) -> Result<Option<Term<'t>>, Failure> {
        let token = self.next_word();
        let kind = match token.kind {
            Kind::Identifier if (self.shared.is_function)(token.text) => Operand::Function(token.text),
            Kind::Identifier => return self.error(format!("function {} not defined", quoted(token.text))),
            Kind::Dot => Operand::Dot,
            Kind::Nil => Operand::Nil,
            Kind::Variable if self.known.get(token.text).is_some_and(|count| *count > 0) => {
                Operand::Variable(token.text, &[])
            }
            Kind::Variable => return self.error(format!("undefined variable {}", quoted(token.text))),
            Kind::Field => {
                let names: Vec<&str> = token.text.get(1..).into_iter().collect();
                Operand::Fields(self.shared.arena.alloc_slice_copy(&names))
            }
            Kind::Bool => Operand::Bool(token.text == "true"),
            Kind::Letter => self.constant(constant::letter, token.text)?,
            Kind::Complex => self.constant(constant::complex, token.text)?,
            Kind::Number => self.constant(constant::number, token.text)?,
            Kind::LeftParen => {
                if self.shared.parens >= MAX_PARENS {
                    return self.error("max expression depth exceeded");
                }
                self.shared.parens += 1;
                let pipe = nested(|| self.pipe("parenthesized pipeline", Kind::RightParen))?;
                self.shared.parens -= 1;
                Operand::Pipe(pipe)
            }
            Kind::String | Kind::RawString => Operand::Text { quoted: token.text, text: self.string(token.text)? },
            _ => {
                self.again += 1;
                return Ok(None);
            }
        };
        Ok(Some(Term { at: token.at, kind }))
    }

    fn constant(
        &self,
        read: fn(&str) -> Result<constant::Constant, String>,
        text: &'t str,
    ) -> Result<Operand<'t>, Failure> {
        match read(text) {
            Ok(constant) => Ok(Operand::Number(constant, text)),
            Err(reason) => self.error(reason),
        }
    }
}

/// Whether a template is nothing but space.
fn is_empty(nodes: &[Node<'_>]) -> bool {
    nodes.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}
