//! Tokens of GraphQL documents.

use crate::value::Bump;

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invalid,
    End,
    Bang,
    Dollar,
    Ampersand,
    ParenthesisLeft,
    ParenthesisRight,
    Spread,
    Colon,
    Equals,
    At,
    BracketLeft,
    BracketRight,
    BraceLeft,
    BraceRight,
    Pipe,
    Name,
    Int,
    Float,
    String,
    BlockString,
    Comment,
}

impl Kind {
    /// How messages call it.
    pub fn text(self) -> &'static str {
        match self {
            Kind::Invalid => "<Invalid>",
            Kind::End => "<EOF>",
            Kind::Bang => "!",
            Kind::Dollar => "$",
            Kind::Ampersand => "&",
            Kind::ParenthesisLeft => "(",
            Kind::ParenthesisRight => ")",
            Kind::Spread => "...",
            Kind::Colon => ":",
            Kind::Equals => "=",
            Kind::At => "@",
            Kind::BracketLeft => "[",
            Kind::BracketRight => "]",
            Kind::BraceLeft => "{",
            Kind::BraceRight => "}",
            Kind::Pipe => "|",
            Kind::Name => "Name",
            Kind::Int => "Int",
            Kind::Float => "Float",
            Kind::String => "String",
            Kind::BlockString => "BlockString",
            Kind::Comment => "Comment",
        }
    }
}

/// Line and column, from 1. The column of a token with several lines is counted from its last.
pub(super) type Position = (i64, i64);

/// A token; marks have no text.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub position: Position,
}

/// Reads tokens.
pub(super) struct Lexer<'a> {
    arena: &'a Bump,
    source: &'a str,
    at: usize,
    line: i64,
    /// How many characters were read.
    count: i64,
    /// How many characters there were before this line.
    line_start: i64,
    /// How many characters there were before this token.
    start: i64,
}

impl<'a> Lexer<'a> {
    pub fn new(arena: &'a Bump, source: &'a str) -> Self {
        Lexer { arena, source, at: 0, line: 1, count: 0, line_start: 0, start: 0 }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, letter: char) {
        self.at += letter.len_utf8();
        self.count += 1;
    }

    fn skip_text(&mut self, text: &str) {
        text.chars().for_each(|letter| self.skip(letter));
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) -> usize {
        let start = self.at;
        while let Some(letter) = self.peek().filter(|letter| wanted(*letter)) {
            self.skip(letter);
        }
        self.at - start
    }

    fn new_line(&mut self) {
        self.line += 1;
        self.line_start = self.count;
    }

    fn token(&self, kind: Kind, text: &'a str) -> Token<'a> {
        Token { kind, text, position: (self.line, self.start - self.line_start + 1) }
    }

    fn invalid(&self) -> Token<'a> {
        Token { kind: Kind::Invalid, text: "", position: (self.line, self.count - self.line_start + 1) }
    }

    /// The next token, a comment too.
    pub fn next(&mut self) -> Token<'a> {
        self.skip_space();
        self.start = self.count;
        let from = self.at;
        let Some(first) = self.peek() else {
            return self.token(Kind::End, "");
        };
        let mark = match first {
            '!' => Kind::Bang,
            '$' => Kind::Dollar,
            '&' => Kind::Ampersand,
            '(' => Kind::ParenthesisLeft,
            ')' => Kind::ParenthesisRight,
            ':' => Kind::Colon,
            '=' => Kind::Equals,
            '@' => Kind::At,
            '[' => Kind::BracketLeft,
            ']' => Kind::BracketRight,
            '{' => Kind::BraceLeft,
            '}' => Kind::BraceRight,
            '|' => Kind::Pipe,
            '.' if self.rest().starts_with("...") => {
                self.skip_text("..");
                Kind::Spread
            }
            '#' => {
                self.skip_while(|letter| letter > '\u{1f}' || letter == '\t');
                return self.token(Kind::Comment, self.source.get(from..self.at).unwrap_or(""));
            }
            '_' | 'a'..='z' | 'A'..='Z' => {
                self.skip_while(|letter| letter == '_' || letter.is_ascii_alphanumeric());
                return self.token(Kind::Name, self.source.get(from..self.at).unwrap_or(""));
            }
            '-' | '0'..='9' => return self.number(),
            '"' if self.rest().starts_with("\"\"\"") => return self.block_string(),
            '"' => return self.string(),
            _ => return self.invalid(),
        };
        self.skip(if mark == Kind::Spread { '.' } else { first });
        self.token(mark, "")
    }

    fn skip_space(&mut self) {
        while let Some(letter) = self.peek() {
            match letter {
                '\t' | ' ' | ',' | '\u{feff}' => self.skip(letter),
                '\n' => {
                    self.skip(letter);
                    self.new_line();
                }
                '\r' => {
                    self.skip(letter);
                    self.new_line();
                    if self.peek() == Some('\n') {
                        self.skip('\n');
                    }
                }
                _ => break,
            }
        }
    }

    fn number(&mut self) -> Token<'a> {
        let from = self.at;
        let mut kind = Kind::Int;
        if self.peek() == Some('-') {
            self.skip('-');
        }
        let digit = |letter: char| letter.is_ascii_digit();
        if self.peek() == Some('0') {
            self.skip('0');
            if self.peek().is_some_and(digit) {
                return self.invalid();
            }
        } else if self.skip_while(digit) == 0 {
            return self.invalid();
        }
        if self.peek() == Some('.') {
            kind = Kind::Float;
            self.skip('.');
            if self.skip_while(digit) == 0 {
                return self.invalid();
            }
        }
        if let Some(letter @ ('e' | 'E')) = self.peek() {
            kind = Kind::Float;
            self.skip(letter);
            if let Some(sign @ ('-' | '+')) = self.peek() {
                self.skip(sign);
            }
            if self.skip_while(digit) == 0 {
                return self.invalid();
            }
        }
        self.token(kind, self.source.get(from..self.at).unwrap_or(""))
    }

    fn string(&mut self) -> Token<'a> {
        self.skip('"');
        self.start = self.count;
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n' | '\r') => return self.invalid(),
                Some('"') => {
                    let token = self.token(Kind::String, self.arena.alloc_str(&text));
                    self.skip('"');
                    return token;
                }
                Some('\\') => match self.escape() {
                    Some((letter, length)) => {
                        text.push(letter);
                        let escape = self.rest().get(..length).unwrap_or("");
                        self.skip_text(escape);
                    }
                    None => {
                        self.skip('\\');
                        return self.invalid();
                    }
                },
                Some(letter) if letter < ' ' && letter != '\t' => return self.invalid(),
                Some(letter) => {
                    text.push(letter);
                    self.skip(letter);
                }
            }
        }
    }

    /// The character that the escape here stands for, and the length of the escape. One by number must not end the
    /// document.
    fn escape(&self) -> Option<(char, usize)> {
        let rest = self.rest();
        let letter = match rest.as_bytes().get(1)? {
            b'u' => {
                let digits = rest.get(2..6).filter(|_| rest.len() > 6)?;
                if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return None;
                }
                let code = u32::from_str_radix(digits, 16).ok()?;
                return Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6));
            }
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            other @ (b'"' | b'/' | b'\\') => char::from(*other),
            _ => return None,
        };
        Some((letter, 2))
    }

    fn block_string(&mut self) -> Token<'a> {
        self.skip_text("\"\"\"");
        self.start = self.count;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let quotes = rest.len() - rest.trim_start_matches('"').len();
            if quotes >= 3 {
                text.push_str(&"\"".repeat(quotes - 3));
                let token = self.token(Kind::BlockString, self.arena.alloc_str(&without_indent(&text)));
                self.at += quotes;
                self.count += i64::try_from(quotes).unwrap_or_default();
                return token;
            }
            if rest.starts_with("\\\"\"\"") {
                text.push_str("\"\"\"");
                self.skip_text("\\\"\"\"");
                continue;
            }
            match self.peek() {
                None => return self.invalid(),
                Some('\r') => {
                    self.at += usize::from(rest.starts_with("\r\n"));
                    text.push('\n');
                    self.skip('\r');
                    self.new_line();
                }
                Some('\n') => {
                    text.push('\n');
                    self.skip('\n');
                    self.new_line();
                }
                Some(letter) if letter < ' ' && letter != '\t' => return self.invalid(),
                Some(letter) => {
                    text.push(letter);
                    self.skip(letter);
                }
            }
        }
    }
}

/// A block's text without the indentation that its lines share and without empty lines at both ends.
fn without_indent(text: &str) -> String {
    let indent = |line: &str| line.find(|letter| !matches!(letter, ' ' | '\t'));
    let common = text.split('\n').filter_map(indent).min();
    let lines: Vec<&str> = text
        .split('\n')
        .enumerate()
        .map(|(at, line)| match common {
            Some(common) if at > 0 => line.get(common..).unwrap_or(""),
            _ => line,
        })
        .collect();
    let first = lines.iter().position(|line| indent(line).is_some()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| indent(line).is_some()).map_or(first, |last| last + 1);
    lines.get(first..last).unwrap_or(&[]).join("\n")
}
