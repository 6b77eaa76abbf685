//! `strings.render_template`: the part of Go's `text/template` that works on JSON.
//!
//! Actions are read into a tree, which is then run over the variables. Templates within templates, slices, `call` and
//! `printf` are not there: they end the evaluation rather than give another answer than OPA.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, SymbolTable, Value, json};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "strings.render_template",
    signature: "(value: string, vars: object[string: any]) -> result: string",
    doc: "Renders a template in the language of Go's `text/template` with the variables. What is missing is written \
          `<undefined>`.",
    example: (r#"strings.render_template("{{.a}}{{range .b}}-{{.}}{{end}}", {"a": 1, "b": [2, 3]})"#, r#""1-2-3""#),
    purity: Purity::Pure,
    call: render,
}];

const MISSING: &str = "<undefined>";

/// How deep actions may nest.
const MAX_DEPTH: usize = 100;

/// How many steps a template may take.
const MAX_STEPS: usize = 10_000_000;

fn render<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (source, variables) = (operand::string(args, 1)?, operand::object(args, 2)?);
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    let nodes = parser.nodes()?;
    if parser.at < parser.tokens.len() {
        return error("unexpected {{end}}");
    }
    let root = Data::Value(Value::Object(variables));
    let arena = context.arena;
    let mut run = Run { arena, out: String::new(), max_bytes: context.max_bytes, root, scope: Vec::new(), steps: 0 };
    run.nodes(&nodes, root)?;
    context.string(&run.out.replace("<no value>", MISSING))
}

fn error<T>(what: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::Error(format!("template: template:1: {what}")))
}

fn unsupported<T>(what: &str) -> Result<T, Failure> {
    Err(Failure::Halt(format!("templates with {what} are not supported")))
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
enum Node<'t> {
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
struct Pipe<'t> {
    variables: Vec<&'t str>,
    /// Whether the variables are new.
    declares: bool,
    commands: Vec<Vec<Term<'t>>>,
}

enum Term<'t> {
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

const FUNCTIONS: [&str; 14] =
    ["and", "or", "not", "len", "index", "print", "println", "eq", "ne", "html", "lt", "le", "gt", "ge"];
const OTHER_FUNCTIONS: [&str; 5] = ["call", "js", "printf", "slice", "urlquery"];

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
            name if OTHER_FUNCTIONS.contains(&name) => return unsupported(name),
            name if name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') => {
                return error(format!("function \"{name}\" not defined"));
            }
            _ => return unsupported("such words"),
        },
    })
}

/// What a term stands for.
#[derive(Clone, Copy)]
enum Data<'a> {
    Value(Value<'a>),
    /// A whole number of the template, which is of another type than those of JSON.
    Int(i64),
    Missing,
}

impl<'a> Data<'a> {
    fn is_true(self) -> bool {
        match self {
            Data::Missing | Data::Value(Value::Null) => false,
            Data::Int(number) => number != 0,
            Data::Value(Value::Bool(value)) => value,
            Data::Value(Value::String { text, .. }) => !text.is_empty(),
            Data::Value(value) => !value.is_empty(),
        }
    }

    fn field(self, name: &str) -> Result<Self, Failure> {
        match self {
            Data::Missing | Data::Value(Value::Null) => Ok(Data::Missing),
            Data::Value(Value::Object(object)) => {
                Ok(object.get(&Value::string(name)).map_or(Data::Missing, Data::Value))
            }
            _ => error(format!("executing \"template\": can't evaluate field {name} in type interface {{}}")),
        }
    }

    /// Appends it as Go prints it.
    fn print(self, out: &mut String) {
        match self {
            Data::Missing | Data::Value(Value::Null) => out.push_str(MISSING),
            Data::Int(number) => out.push_str(&number.to_string()),
            Data::Value(value) => print(value, out),
        }
    }

    /// What it is compared by: whether it is a whole number of the template, and the text.
    fn key(self) -> Result<(Option<i64>, String), Failure> {
        match self {
            Data::Int(number) => Ok((Some(number), String::new())),
            Data::Value(value @ (Value::Int(_) | Value::Number(_) | Value::String { .. } | Value::Bool(_))) => {
                let mut text = String::new();
                print(value, &mut text);
                Ok((None, text))
            }
            _ => error("executing \"template\": error calling eq: non-comparable type"),
        }
    }
}

fn print(value: Value<'_>, out: &mut String) {
    let list = |items: &[Value<'_>], out: &mut String| {
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(' ');
            }
            print(*item, out);
        }
        out.push(']');
    };
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::String { text, .. } => out.push_str(text),
        Value::Array(items) => list(items, out),
        Value::Set(set) => list(set.items(), out),
        Value::Object(object) => {
            out.push_str("map[");
            for (at, (key, value)) in object.entries().iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                print(*key, out);
                out.push(':');
                print(*value, out);
            }
            out.push(']');
        }
        scalar => json::write(scalar, out),
    }
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

fn printed(value: Value<'_>) -> String {
    let mut out = String::new();
    print(value, &mut out);
    out
}

/// Numbers of JSON are texts here, as they are in OPA.
fn compare(left: Data<'_>, right: Data<'_>) -> Result<std::cmp::Ordering, Failure> {
    let is_bool = |data| matches!(data, Data::Value(Value::Bool(_)));
    let ((left_int, left_text), (right_int, right_text)) = (left.key()?, right.key()?);
    if left_int.is_some() != right_int.is_some() || is_bool(left) != is_bool(right) {
        return error("executing \"template\": error calling eq: incompatible types for comparison");
    }
    Ok(left_int.cmp(&right_int).then(left_text.cmp(&right_text)))
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

/// Adds the size of the value as text, up to a limit.
fn measure(value: Value<'_>, size: &mut usize, limit: usize) {
    *size = size.saturating_add(match value {
        Value::String { text, .. } => text.len() + 1,
        Value::Number(number) => number.text().len() + 1,
        _ => 6,
    });
    for at in 0..value.len().unwrap_or_default() {
        if *size > limit {
            return;
        }
        if let Some((key, item)) = value.nth(at) {
            if matches!(value, Value::Object(_)) {
                measure(key, size, limit);
            }
            measure(item, size, limit);
        }
    }
}
