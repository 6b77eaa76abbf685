//! Templates read into trees.

use super::{error, unsupported};
use crate::builtins::Failure;
use crate::value::{Bump, SymbolTable, Value, json};

/// How deep actions may nest.
const MAX_DEPTH: usize = 100;

/// The parts of a template.
pub(super) fn parse(source: &str) -> Result<Vec<Node<'_>>, Failure> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    let nodes = parser.nodes()?;
    if parser.at < parser.tokens.len() {
        return error("unexpected {{end}}");
    }
    Ok(nodes)
}

/// Text, or the words of an action.
enum Token<'t> {
    Text(&'t str),
    Action(Vec<&'t str>),
}

/// Splits a template into texts and actions; space next to trim marks is left out.
fn tokens(source: &str) -> Result<Vec<Token<'_>>, Failure> {
    const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
    let mut tokens = Vec::new();
    let (mut rest, mut trim) = (source, false);
    loop {
        let (text, action) = rest.split_once("{{").map_or((rest, None), |(text, action)| (text, Some(action)));
        let text = if trim { text.trim_start_matches(SPACE) } else { text };
        let trimmed = action.and_then(|action| action.strip_prefix('-')).filter(|after| after.starts_with(SPACE));
        tokens.push(Token::Text(if trimmed.is_some() { text.trim_end_matches(SPACE) } else { text }));
        let Some(action) = trimmed.or(action) else {
            return Ok(tokens);
        };
        if let Some(comment) = action.trim_start_matches(SPACE).strip_prefix("/*") {
            let Some((_, after)) = comment.split_once("*/") else { return error("unclosed comment") };
            let close = after.trim_start_matches(SPACE);
            trim = close.starts_with("-}}");
            let Some(after) = close.strip_prefix('-').unwrap_or(close).strip_prefix("}}") else {
                return error("comment ends before closing delimiter");
            };
            rest = after;
            continue;
        }
        let (words, after, trims) = words(action)?;
        tokens.push(Token::Action(words));
        (rest, trim) = (after, trims);
    }
}

/// The words of an action, what follows it, and whether space there is left out.
fn words(action: &str) -> Result<(Vec<&str>, &str, bool), Failure> {
    let (mut words, mut rest) = (Vec::new(), action);
    loop {
        let space = rest.len();
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let spaced = rest.len() < space;
        if let Some(after) = rest.strip_prefix("-}}").filter(|_| spaced) {
            return Ok((words, after, true));
        }
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((words, after, false));
        }
        let length = match rest.chars().next() {
            None => return error("unclosed action"),
            Some('"') => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, letter)| {
                    let is_end = (*letter == '"' && !escaped) || *letter == '\n';
                    escaped = *letter == '\\' && !escaped;
                    is_end
                });
                match end {
                    Some((at, '"')) => at + 1,
                    _ => return error("unterminated quoted string"),
                }
            }
            Some('`') => match rest.get(1..).and_then(|rest| rest.find('`')) {
                Some(at) => at + 2,
                None => return error("unterminated raw quoted string"),
            },
            Some('\'') => return unsupported("character constants"),
            Some('(' | ')' | '|' | ',' | '=') => 1,
            Some(':') if rest.starts_with(":=") => 2,
            Some(_) => {
                let ends = |letter: char| letter.is_whitespace() || "()|,=:\"`}".contains(letter);
                match rest.char_indices().skip(1).find(|(_, letter)| ends(*letter)) {
                    Some((at, _)) => at,
                    None => return error("unclosed action"),
                }
            }
        };
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        // A field directly after a parenthesis belongs to it, which is not supported.
        if word.starts_with('.') && !spaced && words.last() == Some(&")") {
            return unsupported("fields of parentheses");
        }
        words.push(word);
        rest = after;
    }
}

/// One part of a template.
pub(super) enum Node<'t> {
    Text(&'t str),
    /// Writes a value, unless it is kept in a variable.
    Pipe(Pipe<'t>),
    If(Pipe<'t>, Vec<Node<'t>>, Vec<Node<'t>>),
    With(Pipe<'t>, Vec<Node<'t>>, Vec<Node<'t>>),
    Range(Pipe<'t>, Vec<Node<'t>>, Vec<Node<'t>>),
    Break,
    Continue,
}

/// Commands of which each takes the result of the one before as its last argument.
pub(super) struct Pipe<'t> {
    pub variables: Vec<&'t str>,
    /// Whether the variables are new.
    pub declares: bool,
    pub commands: Vec<Vec<Term<'t>>>,
}

pub(super) enum Term<'t> {
    Dot,
    Nil,
    Bool(bool),
    Number(&'t str),
    Text(String),
    /// Fields of the dot.
    Fields(Vec<&'t str>),
    /// A variable and fields of it.
    Variable(&'t str, Vec<&'t str>),
    Function(&'t str),
    Pipe(Pipe<'t>),
}

const FUNCTIONS: [&str; 18] = [
    "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "html", "js", "urlquery", "eq", "ne",
    "lt", "le", "gt", "ge",
];

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// Parts up to an `end` or `else`, which stays.
    fn nodes(&mut self) -> Result<Vec<Node<'t>>, Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::Halt("template is nested too deep".into()));
        }
        let mut nodes = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            let words = match token {
                Token::Text(text) => {
                    nodes.push(Node::Text(text));
                    self.at += 1;
                    continue;
                }
                Token::Action(words) => words.clone(),
            };
            match words.as_slice() {
                ["end" | "else", ..] => break,
                ["define" | "template" | "block", ..] => return unsupported("templates in them"),
                ["break"] => nodes.push(Node::Break),
                ["continue"] => nodes.push(Node::Continue),
                [word @ ("if" | "with" | "range"), rest @ ..] => {
                    nodes.push(self.control(word, rest)?);
                    continue;
                }
                words => nodes.push(Node::Pipe(pipe(words, "command")?)),
            }
            self.at += 1;
        }
        self.depth -= 1;
        Ok(nodes)
    }

    fn control(&mut self, word: &'t str, words: &[&'t str]) -> Result<Node<'t>, Failure> {
        let pipe = pipe(words, word)?;
        self.at += 1;
        let body = self.nodes()?;
        let close = match self.tokens.get(self.at) {
            Some(Token::Action(words)) => words.clone(),
            _ => return error("unexpected EOF"),
        };
        let other = match close.as_slice() {
            ["end"] => {
                self.at += 1;
                Vec::new()
            }
            ["else"] => {
                self.at += 1;
                let other = self.nodes()?;
                match self.tokens.get(self.at) {
                    Some(Token::Action(words)) if words.as_slice() == ["end"] => self.at += 1,
                    Some(_) => return error("expected end; found {{else}}"),
                    None => return error("unexpected EOF"),
                }
                other
            }
            ["else", next, rest @ ..] if *next == word && word != "range" => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Failure::Halt("template is nested too deep".into()));
                }
                let other = vec![self.control(next, rest)?];
                self.depth -= 1;
                other
            }
            _ => return unsupported("such actions"),
        };
        Ok(match word {
            "if" => Node::If(pipe, body, other),
            "with" => Node::With(pipe, body, other),
            _ => Node::Range(pipe, body, other),
        })
    }
}

/// A pipeline; `place` is where it stands, for the message if it is missing.
fn pipe<'t>(words: &[&'t str], place: &str) -> Result<Pipe<'t>, Failure> {
    let (variables, declares, mut rest) = match words {
        [first, ",", second, ":=", rest @ ..] if place == "range" => (vec![*first, *second], true, rest),
        [first, ":=", rest @ ..] if first.starts_with('$') => (vec![*first], true, rest),
        [first, "=", rest @ ..] if first.starts_with('$') => (vec![*first], false, rest),
        rest => (Vec::new(), true, rest),
    };
    let (mut commands, mut command) = (Vec::new(), Vec::new());
    while let [word, after @ ..] = rest {
        rest = after;
        match *word {
            "|" => commands.push(std::mem::take(&mut command)),
            "(" => {
                let mut depth = 1_usize;
                let end = rest.iter().position(|word| {
                    depth = if *word == "(" { depth + 1 } else { depth - usize::from(*word == ")") };
                    depth == 0
                });
                let Some((inner, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
                    return error("unclosed left paren");
                };
                if inner.iter().filter(|word| **word == "(").count() > MAX_DEPTH {
                    return Err(Failure::Halt("template is nested too deep".into()));
                }
                command.push(Term::Pipe(pipe(inner, "parenthesized pipeline")?));
                rest = after.get(1..).unwrap_or(&[]);
            }
            word => command.push(term(word)?),
        }
    }
    commands.push(command);
    if commands.iter().any(Vec::is_empty) {
        return error(format!("missing value for {place}"));
    }
    Ok(Pipe { variables, declares, commands })
}

fn term(word: &str) -> Result<Term<'_>, Failure> {
    Ok(match word.chars().next() {
        Some('"') => match json::parse(&Bump::new(), word.as_bytes(), &SymbolTable::new()) {
            Ok(Value::String { text, .. }) => Term::Text(text.to_owned()),
            _ => return unsupported("such escapes"),
        },
        Some('`') => Term::Text(word.trim_matches('`').to_owned()),
        Some('$') => {
            let mut parts = word.split('.');
            Term::Variable(parts.next().unwrap_or("$"), parts.collect())
        }
        Some('.') if word == "." => Term::Dot,
        Some('.') => Term::Fields(word.split('.').skip(1).collect()),
        Some('-' | '+' | '0'..='9') => Term::Number(word),
        _ => match word {
            "true" => Term::Bool(true),
            "false" => Term::Bool(false),
            "nil" => Term::Nil,
            name if FUNCTIONS.contains(&name) => Term::Function(name),
            "call" => return unsupported("call"),
            name if name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') => {
                return error(format!("function \"{name}\" not defined"));
            }
            _ => return unsupported("such words"),
        },
    })
}
