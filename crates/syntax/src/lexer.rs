//! From bytes to tokens, in one pass.
//!
//! Takes the text of a file; gives every token of it, its comments and the lexical errors. It must not know grammar:
//! words that are keywords only after an import have kinds of their own, and the parser decides what they are.

use crate::ast::Comment;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Something that is no token; the lexer has reported it.
    Illegal,
    /// Blanks where none may be. The lexer makes no such token.
    Blank,
    Eof,
    Ident,
    Package,
    Import,
    As,
    Default,
    Else,
    Not,
    Some,
    With,
    Null,
    True,
    False,
    // Keywords only after an import, or under v1: see `is_optional`.
    In,
    Every,
    Contains,
    If,
    LogicalAnd,
    LogicalOr,
    Number,
    String,
    RawString,
    /// A piece of a template string up to an interpolation: `$"a {` or `} b {`.
    TemplatePart,
    /// The last piece of a template string: `$"a"` or `} b"`.
    TemplateEnd,
    RawTemplatePart,
    RawTemplateEnd,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
    Comma,
    Colon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Ampersand,
    Bar,
    Unify,
    Equal,
    Assign,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Dot,
    Semicolon,
}

impl TokenKind {
    /// What error messages call it, in OPA's words.
    pub(crate) fn name(self) -> &'static str {
        use TokenKind::*;
        match self {
            Illegal => "illegal",
            Blank => "whitespace",
            Eof => "eof",
            Ident => "identifier",
            Package => "package",
            Import => "import",
            As => "as",
            Default => "default",
            Else => "else",
            Not => "not",
            Some => "some",
            With => "with",
            Null => "null",
            True => "true",
            False => "false",
            In => "in",
            Every => "every",
            Contains => "contains",
            If => "if",
            LogicalAnd => "and",
            LogicalOr => "or",
            Number => "number",
            String | RawString => "string",
            TemplatePart => "template-string-part",
            TemplateEnd => "template-string-end",
            RawTemplatePart => "raw-template-string-part",
            RawTemplateEnd => "raw-template-string-end",
            LeftBracket => "[",
            RightBracket => "]",
            LeftBrace => "{",
            RightBrace => "}",
            LeftParen => "(",
            RightParen => ")",
            Comma => ",",
            Colon => ":",
            Plus => "plus",
            Minus => "minus",
            Star => "mul",
            Slash => "div",
            Percent => "rem",
            Ampersand => "and",
            Bar => "or",
            Unify => "eq",
            Equal => "equal",
            Assign => "assign",
            NotEqual => "neq",
            Greater => "gt",
            Less => "lt",
            GreaterOrEqual => "gte",
            LessOrEqual => "lte",
            Dot => ".",
            Semicolon => ";",
        }
    }

    /// Whether it is a word with a meaning of its own.
    pub(crate) fn is_keyword(self) -> bool {
        self as u8 >= TokenKind::Package as u8 && self as u8 <= TokenKind::LogicalOr as u8
    }

    /// Whether it is a keyword only after an import or under a later version.
    pub(crate) fn is_optional(self) -> bool {
        self as u8 >= TokenKind::In as u8 && self as u8 <= TokenKind::LogicalOr as u8
    }

    /// The kind of a word.
    fn of_word(word: &[u8]) -> TokenKind {
        match word {
            b"package" => TokenKind::Package,
            b"import" => TokenKind::Import,
            b"as" => TokenKind::As,
            b"default" => TokenKind::Default,
            b"else" => TokenKind::Else,
            b"not" => TokenKind::Not,
            b"some" => TokenKind::Some,
            b"with" => TokenKind::With,
            b"null" => TokenKind::Null,
            b"true" => TokenKind::True,
            b"false" => TokenKind::False,
            b"in" => TokenKind::In,
            b"every" => TokenKind::Every,
            b"contains" => TokenKind::Contains,
            b"if" => TokenKind::If,
            b"and" => TokenKind::LogicalAnd,
            b"or" => TokenKind::LogicalOr,
            _ => TokenKind::Ident,
        }
    }
}

/// How many things are told of one token.
const MOST_PROBLEMS: usize = 10;

/// One token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Whether a line ended between the token before and this one.
    pub(crate) after_newline: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What lexing gives. The last token is always [`TokenKind::Eof`].
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) errors: Vec<Diagnostic>,
}

/// Reads all tokens of a text, which must be shorter than 4 GiB.
pub(crate) fn lex(text: &str, file: u32) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        file,
        after_newline: false,
        templates: Vec::new(),
        out: Lexed { tokens: Vec::with_capacity(text.len() / 4 + 1), comments: Vec::new(), errors: Vec::new() },
    };
    lexer.run();
    lexer.out
}

/// Bytes of words.
const WORD: u8 = 1;
/// Bytes of quoted strings that stand for themselves.
const PLAIN: u8 = 2;

/// For each byte its classes.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if matches!(byte as u8, b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') {
            classes[byte] |= WORD;
        }
        if !matches!(byte as u8, b'\n' | b'"' | b'{' | b'\\') {
            classes[byte] |= PLAIN;
        }
        byte += 1;
    }
    classes
};

/// A template string whose interpolation is being read.
struct OpenTemplate {
    raw: bool,
    /// Braces open inside the interpolation.
    depth: usize,
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    file: u32,
    after_newline: bool,
    templates: Vec<OpenTemplate>,
    out: Lexed,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn run(&mut self) {
        if self.text.starts_with('\u{FEFF}') {
            self.at = '\u{FEFF}'.len_utf8();
        }
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.after_newline = true;
                }
                b'#' => self.comment(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    let start = self.at;
                    self.skip_word();
                    let kind = TokenKind::of_word(self.bytes.get(start..self.at).unwrap_or_default());
                    self.push(kind, start);
                }
                b'0'..=b'9' => self.number(),
                b'"' => self.string(),
                b'`' => self.raw_string(),
                b'$' => self.dollar(),
                _ => self.symbol(byte),
            }
        }
        let end = self.at;
        self.push(TokenKind::Eof, end);
        self.forbidden_characters();
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        let token = Token { kind, after_newline: self.after_newline, start: start as u32, end: self.at as u32 };
        self.out.tokens.push(token);
        self.after_newline = false;
    }

    fn error(&mut self, start: usize, message: &str) {
        let span = Span::new(self.file, start as u32, self.at.max(start + 1).min(self.bytes.len()) as u32);
        self.out.errors.push(Diagnostic::new("rego_parse_error", span, message));
    }

    /// A token; an illegal one if something is wrong with it.
    fn push_unless(&mut self, problems: Vec<&'static str>, kind: TokenKind, start: usize) {
        let kind = if problems.is_empty() { kind } else { TokenKind::Illegal };
        problems.into_iter().for_each(|message| self.error(start, message));
        self.push(kind, start);
    }

    fn illegal(&mut self, start: usize, message: &str) {
        self.error(start, message);
        self.push(TokenKind::Illegal, start);
    }

    /// Characters that may not even stand in strings and comments.
    fn forbidden_characters(&mut self) {
        if self.bytes.contains(&0) {
            let places: Vec<usize> = self.text.match_indices('\0').map(|(at, _)| at).take(100).collect();
            for at in places {
                self.at = at + 1;
                self.error(at, "illegal null character");
            }
        }
        if self.bytes.contains(&0xEF) {
            let marks = self.text.match_indices('\u{FEFF}').map(|(at, _)| at).filter(|at| *at > 0);
            let places: Vec<usize> = marks.take(100).collect();
            for at in places {
                self.at = at + '\u{FEFF}'.len_utf8();
                self.error(at, "illegal byte-order mark");
            }
        }
    }

    fn skip_word(&mut self) {
        self.skip(WORD);
    }

    /// Goes over bytes of a class.
    #[inline]
    fn skip(&mut self, class: u8) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_other = |byte: &u8| CLASSES.get(usize::from(*byte)).is_none_or(|classes| classes & class == 0);
        self.at += rest.iter().position(is_other).unwrap_or(rest.len());
    }

    fn skip_digits(&mut self) -> bool {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at > start
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        self.at = rest.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |length| start + length);
        let line = self.text.get(start..self.at).unwrap_or_default().trim_end_matches('\r');
        let span = Span::new(self.file, start as u32, (start + line.len()) as u32);
        let text = line.get(1..).unwrap_or_default().to_owned();
        self.out.comments.push(Comment { span, text });
    }

    fn number(&mut self) {
        let start = self.at;
        let mut problems = Vec::new();
        self.skip_digits();
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.skip_digits() {
                problems.push("expected fraction");
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if !self.skip_digits() {
                problems.push("expected exponent");
            }
        }
        if let Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') = self.peek() {
            self.skip_word();
            problems.push("illegal number format");
        }
        self.push_unless(problems, TokenKind::Number, start);
    }

    fn string(&mut self) {
        let start = self.at;
        self.at += 1;
        match self.quoted(false) {
            Ok(_) => self.push(TokenKind::String, start),
            Err(problems) => self.push_unless(problems, TokenKind::Illegal, start),
        }
    }

    /// Reads the inside of a quoted string and what ends it: a quote or, in a template, an opening brace.
    fn quoted(&mut self, template: bool) -> Result<u8, Vec<&'static str>> {
        let mut problems = Vec::new();
        loop {
            self.skip(PLAIN);
            match self.peek() {
                None | Some(b'\n') => {
                    problems.push("non-terminated string");
                    return Err(problems);
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'\\' | b'"' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        // Whatever its four digits are: they are looked at when the string is read.
                        Some(b'u') => self.skip_characters(4),
                        Some(b'{') if template => self.at += 1,
                        _ => problems.push("illegal escape sequence"),
                    }
                }
                Some(byte) => {
                    self.at += 1;
                    if byte == b'"' || byte == b'{' && template {
                        return if problems.is_empty() { Ok(byte) } else { Err(problems) };
                    }
                }
            }
            problems.truncate(MOST_PROBLEMS);
        }
    }

    fn skip_characters(&mut self, count: usize) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.chars().take(count).map(char::len_utf8).sum::<usize>();
    }

    fn raw_string(&mut self) {
        let start = self.at;
        let rest = self.bytes.get(start + 1..).unwrap_or_default();
        match rest.iter().position(|byte| *byte == b'`') {
            Some(length) => {
                self.at = start + length + 2;
                self.push(TokenKind::RawString, start);
            }
            None => {
                self.at = self.bytes.len();
                self.illegal(start, "non-terminated string");
            }
        }
    }

    fn dollar(&mut self) {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.template_piece(start, false, true);
            }
            Some(b'`') => {
                self.at += 1;
                self.template_piece(start, true, true);
            }
            _ => self.illegal(start, "illegal $ character"),
        }
    }

    /// Reads a piece of a template string whose opening delimiter is behind.
    fn template_piece(&mut self, start: usize, raw: bool, is_first: bool) {
        let ending = if raw { self.raw_template_text() } else { self.quoted(true) };
        match ending {
            Ok(b'{') => {
                if is_first {
                    self.templates.push(OpenTemplate { raw, depth: 0 });
                }
                self.push(if raw { TokenKind::RawTemplatePart } else { TokenKind::TemplatePart }, start);
            }
            Ok(_) => {
                if !is_first {
                    self.templates.pop();
                }
                self.push(if raw { TokenKind::RawTemplateEnd } else { TokenKind::TemplateEnd }, start);
            }
            Err(problems) => {
                if !is_first {
                    self.templates.pop();
                }
                self.push_unless(problems, TokenKind::Illegal, start);
            }
        }
    }

    fn raw_template_text(&mut self) -> Result<u8, Vec<&'static str>> {
        loop {
            let Some(byte) = self.peek() else { return Err(vec!["non-terminated string"]) };
            self.at += 1;
            match byte {
                b'`' | b'{' => return Ok(byte),
                b'\\' if self.peek() == Some(b'{') => self.at += 1,
                _ => {}
            }
        }
    }

    fn symbol(&mut self, byte: u8) {
        let start = self.at;
        self.at += 1;
        let second = self.peek();
        let mut double = |kind| {
            self.at += 1;
            kind
        };
        let kind = match (byte, second) {
            (b':', Some(b'=')) => double(TokenKind::Assign),
            (b'=', Some(b'=')) => double(TokenKind::Equal),
            (b'>', Some(b'=')) => double(TokenKind::GreaterOrEqual),
            (b'<', Some(b'=')) => double(TokenKind::LessOrEqual),
            (b'!', Some(b'=')) => double(TokenKind::NotEqual),
            (b'[', _) => TokenKind::LeftBracket,
            (b']', _) => TokenKind::RightBracket,
            (b'{', _) => TokenKind::LeftBrace,
            (b'}', _) => TokenKind::RightBrace,
            (b'(', _) => TokenKind::LeftParen,
            (b')', _) => TokenKind::RightParen,
            (b',', _) => TokenKind::Comma,
            (b':', _) => TokenKind::Colon,
            (b'+', _) => TokenKind::Plus,
            (b'-', _) => TokenKind::Minus,
            (b'*', _) => TokenKind::Star,
            (b'/', _) => TokenKind::Slash,
            (b'%', _) => TokenKind::Percent,
            (b'&', _) => TokenKind::Ampersand,
            (b'|', _) => TokenKind::Bar,
            (b'=', _) => TokenKind::Unify,
            (b'>', _) => TokenKind::Greater,
            (b'<', _) => TokenKind::Less,
            (b'.', _) => TokenKind::Dot,
            (b';', _) => TokenKind::Semicolon,
            _ => return self.no_symbol(start, byte),
        };
        match (kind, self.templates.last_mut()) {
            (TokenKind::LeftBrace, Some(open)) => open.depth += 1,
            (TokenKind::RightBrace, Some(OpenTemplate { raw, depth: 0 })) => {
                let raw = *raw;
                return self.template_piece(start, raw, false);
            }
            (TokenKind::RightBrace, Some(open)) => open.depth -= 1,
            _ => {}
        }
        self.push(kind, start);
    }

    fn no_symbol(&mut self, start: usize, byte: u8) {
        match byte {
            b'!' => self.illegal(start, "illegal ! character"),
            0 => self.push(TokenKind::Illegal, start),
            _ => {
                // A whole character, and all of a run of foreign ones: one error for a foreign word, not one a letter.
                while self.peek().is_some_and(|next| next >= 0x80) {
                    self.at += 1;
                }
                match self.text.get(start..self.at).unwrap_or_default() {
                    run if run.starts_with('\u{A0}') => {
                        self.illegal(start, "illegal non-breaking space character, use a regular space instead");
                    }
                    // The parser says that such a token is illegal.
                    _ => self.push(TokenKind::Illegal, start),
                }
            }
        }
    }
}
