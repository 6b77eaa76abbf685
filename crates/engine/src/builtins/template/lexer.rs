//! The text of a template cut into tokens, with their places.
//!
//! Space between the words of an action is a token, as what follows a variable matters. A mistake is a token, too: the
//! parser says it when it comes there. After one the text is at its end.

use crate::builtins::letters;
use crate::builtins::quote::{is_printable, quoted};

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Error,
    Bool,
    /// A single letter of no other meaning.
    Char,
    /// A letter in single quotes.
    Letter,
    Complex,
    Assign,
    Declare,
    End,
    /// A name with a point before it.
    Field,
    Identifier,
    LeftDelimiter,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Nil,
    Keyword(Keyword),
}

/// A word that is no name of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// The words that have a kind of their own.
const WORDS: [(&str, Kind); 13] = [
    ("true", Kind::Bool),
    ("false", Kind::Bool),
    ("nil", Kind::Nil),
    ("block", Kind::Keyword(Keyword::Block)),
    ("break", Kind::Keyword(Keyword::Break)),
    ("continue", Kind::Keyword(Keyword::Continue)),
    ("define", Kind::Keyword(Keyword::Define)),
    ("else", Kind::Keyword(Keyword::Else)),
    ("end", Kind::Keyword(Keyword::End)),
    ("if", Kind::Keyword(Keyword::If)),
    ("range", Kind::Keyword(Keyword::Range)),
    ("template", Kind::Keyword(Keyword::Template)),
    ("with", Kind::Keyword(Keyword::With)),
];

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub at: usize,
    pub text: &'t str,
    /// The line in which it begins, from 1.
    pub line: usize,
}

impl Token<'_> {
    /// What stands in the place of a token that was not read yet.
    pub(super) const NONE: Token<'static> = Token { kind: Kind::End, at: 0, text: "", line: 0 };

    /// As messages show it.
    pub(super) fn shown(&self) -> String {
        match self.kind {
            Kind::End => "EOF".into(),
            Kind::Error => self.text.into(),
            Kind::Keyword(_) | Kind::Dot | Kind::Nil => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let start: String = self.text.chars().take(10).collect();
                format!("{}...", quoted(&start))
            }
            _ => quoted(self.text),
        }
    }
}

/// Cuts a text into tokens.
pub(super) struct Lexer<'t> {
    source: &'t str,
    /// The text of the mistake, once there was one.
    arena: &'t crate::value::Bump,
    at: usize,
    start: usize,
    /// The line at `at` and at `start`.
    line: usize,
    start_line: usize,
    in_action: bool,
    parens: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(source: &'t str, arena: &'t crate::value::Bump) -> Self {
        Lexer { source, arena, at: 0, start: 0, line: 1, start_line: 1, in_action: false, parens: 0 }
    }

    /// The next token. After the last one there are ends, or after a mistake the mistake that the text ends.
    pub(super) fn token(&mut self) -> Token<'t> {
        if self.in_action { self.action() } else { self.text() }
    }

    fn rest(&self) -> &'t str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        self.line += usize::from(letter == '\n');
        Some(letter)
    }

    /// Goes on by a number of bytes.
    fn skip(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.source.len());
        self.line += self.source.get(self.at..end).unwrap_or_default().matches('\n').count();
        self.at = end;
    }

    /// Leaves out what was read since the last token.
    fn ignore(&mut self) {
        self.start = self.at;
        self.start_line = self.line;
    }

    fn accept(&mut self, letters: &str) -> bool {
        let found = self.peek().is_some_and(|letter| letters.contains(letter));
        if found {
            self.next();
        }
        found
    }

    fn accept_all(&mut self, letters: &str) {
        while self.accept(letters) {}
    }

    fn read(&self) -> &'t str {
        self.source.get(self.start..self.at).unwrap_or_default()
    }

    fn emit(&mut self, kind: Kind) -> Token<'t> {
        let token = Token { kind, at: self.start, text: self.read(), line: self.start_line };
        self.ignore();
        token
    }

    fn error(&mut self, what: &str) -> Token<'t> {
        let token =
            Token { kind: Kind::Error, at: self.start, text: self.arena.alloc_str(what), line: self.start_line };
        self.source = "";
        (self.at, self.start) = (0, 0);
        token
    }

    /// Text up to the next action, without the space before it that its mark trims.
    fn text(&mut self) -> Token<'t> {
        loop {
            let Some(length) = self.rest().find(LEFT) else {
                self.skip(self.rest().len());
                return self.emit(if self.at > self.start { Kind::Text } else { Kind::End });
            };
            let text = self.rest().get(..length).unwrap_or_default();
            let trims = trims_left(self.rest().get(length + LEFT.len()..).unwrap_or_default());
            let kept = if trims { text.trim_end_matches(SPACES).len() } else { length };
            self.skip(kept);
            let token = self.emit(Kind::Text);
            self.skip(length - kept);
            self.ignore();
            if !token.text.is_empty() {
                return token;
            }
            let mark = if trims { 2 } else { 0 };
            if !self.rest().get(LEFT.len() + mark..).is_some_and(|rest| rest.starts_with("/*")) {
                self.skip(LEFT.len());
                let token = self.emit(Kind::LeftDelimiter);
                self.skip(mark);
                self.ignore();
                (self.in_action, self.parens) = (true, 0);
                return token;
            }
            self.skip(LEFT.len() + mark);
            self.ignore();
            if let Some(error) = self.comment() {
                return error;
            }
        }
    }

    /// Leaves out a comment, unless something is wrong with it.
    fn comment(&mut self) -> Option<Token<'t>> {
        let Some(length) = self.rest().get(2..).and_then(|rest| rest.find("*/")) else {
            return Some(self.error("unclosed comment"));
        };
        let after = self.rest().get(length + 4..).unwrap_or_default();
        let Some(trims) = closes(after) else {
            // The place is that of the comment.
            return Some(self.error("comment ends before closing delimiter"));
        };
        self.skip(length + 4);
        self.close(trims);
        self.ignore();
        None
    }

    /// Skips the end of an action, and the space behind it that its mark trims.
    fn close(&mut self, trims: bool) {
        self.skip(if trims { 2 + RIGHT.len() } else { RIGHT.len() });
        if trims {
            self.skip(self.rest().len() - self.rest().trim_start_matches(SPACES).len());
        }
    }

    /// The end of an action.
    fn right_delimiter(&mut self, trims: bool) -> Token<'t> {
        if trims {
            self.skip(2);
            self.ignore();
        }
        self.skip(RIGHT.len());
        let token = self.emit(Kind::RightDelimiter);
        if trims {
            self.skip(self.rest().len() - self.rest().trim_start_matches(SPACES).len());
            self.ignore();
        }
        self.in_action = false;
        token
    }

    /// A token of an action.
    fn action(&mut self) -> Token<'t> {
        if let Some(trims) = closes(self.rest()) {
            return if self.parens == 0 { self.right_delimiter(trims) } else { self.error("unclosed left paren") };
        }
        let Some(letter) = self.next() else { return self.error("unclosed action") };
        match letter {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' => match self.next() {
                Some('=') => self.emit(Kind::Declare),
                _ => self.error("expected :="),
            },
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::Letter, "unterminated character constant"),
            '`' => match self.rest().find('`') {
                Some(length) => {
                    self.skip(length + 1);
                    self.emit(Kind::RawString)
                }
                None => self.error("unterminated raw quoted string"),
            },
            '$' => self.name(Kind::Variable, Kind::Variable),
            '.' if self.peek().is_some_and(|next| !next.is_ascii_digit()) => self.name(Kind::Field, Kind::Dot),
            '.' | '+' | '-' | '0'..='9' => {
                self.at -= 1;
                self.number()
            }
            _ if is_name(letter) => self.word(),
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.error("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            ' '..='~' => self.emit(Kind::Char),
            _ => self.error(&format!("unrecognized character in action: {}", code(letter))),
        }
    }

    /// Space, of which the first letter was read. What trims at the end of the action is not part of it.
    fn space(&mut self) -> Token<'t> {
        while self.rest().starts_with(SPACES) {
            if closes(self.rest()) == Some(true) {
                break;
            }
            self.next();
        }
        self.emit(Kind::Space)
    }

    /// A text in quotes, of which the first was read.
    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Token<'t> {
        loop {
            let letter = self.next();
            let escaped = if letter == Some('\\') { self.next() } else { letter };
            if escaped.is_none_or(|letter| letter == '\n') {
                return self.error(unterminated);
            }
            if letter == Some(quote) {
                return self.emit(kind);
            }
        }
    }

    /// A field or variable, of which the first letter was read, or that letter alone.
    fn name(&mut self, kind: Kind, alone: Kind) -> Token<'t> {
        if self.is_end_of_word() {
            return self.emit(alone);
        }
        while self.peek().is_some_and(is_name) {
            self.next();
        }
        self.end_word(kind)
    }

    /// A name or a keyword, of which the first letter was read.
    fn word(&mut self) -> Token<'t> {
        while self.peek().is_some_and(is_name) {
            self.next();
        }
        let word = self.read();
        self.end_word(WORDS.iter().find(|(known, _)| *known == word).map_or(Kind::Identifier, |(_, kind)| *kind))
    }

    fn end_word(&mut self, kind: Kind) -> Token<'t> {
        match self.peek() {
            Some(letter) if !self.is_end_of_word() => self.error(&format!("bad character {}", code(letter))),
            _ => self.emit(kind),
        }
    }

    /// Whether a word may end here.
    fn is_end_of_word(&self) -> bool {
        self.rest().starts_with(RIGHT)
            || self.peek().is_none_or(|letter| SPACES.contains(&letter) || ".,|:)(".contains(letter))
    }

    fn number(&mut self) -> Token<'t> {
        let is_number = self.scan_number();
        if is_number && !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        if is_number && self.scan_number() && self.read().ends_with('i') {
            return self.emit(Kind::Complex);
        }
        self.error(&format!("bad number syntax: {}", quoted(self.read())))
    }

    /// Something like a number; says whether it may be one.
    fn scan_number(&mut self) -> bool {
        const DECIMAL: &str = "0123456789_";
        const HEXADECIMAL: &str = "0123456789abcdefABCDEF_";
        self.accept("+-");
        let mut digits = DECIMAL;
        if self.accept("0") {
            if self.accept("xX") {
                digits = HEXADECIMAL;
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_all(digits);
        if self.accept(".") {
            self.accept_all(digits);
        }
        let exponent = match digits {
            DECIMAL => "eE",
            HEXADECIMAL => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_all(DECIMAL);
        }
        self.accept("i");
        // What cannot stand there is part of the message.
        let ends = !self.peek().is_some_and(is_name);
        if !ends {
            self.next();
        }
        ends
    }
}

/// Whether an action begins with a mark that trims the space before it.
fn trims_left(action: &str) -> bool {
    action.strip_prefix('-').is_some_and(|after| after.starts_with(SPACES))
}

/// Whether the end of an action stands here, and if so whether it trims the space behind it.
fn closes(rest: &str) -> Option<bool> {
    let marked = rest.strip_prefix(SPACES).and_then(|rest| rest.strip_prefix('-'));
    if marked.is_some_and(|rest| rest.starts_with(RIGHT)) {
        Some(true)
    } else {
        rest.starts_with(RIGHT).then_some(false)
    }
}

/// Letters of names.
fn is_name(letter: char) -> bool {
    letter == '_' || letters::is_letter_or_digit(letter)
}

/// A letter as `%#U` writes it.
fn code(letter: char) -> String {
    let shown = if is_printable(letter) { format!(" '{letter}'") } else { String::new() };
    format!("U+{:04X}{shown}", u32::from(letter))
}
