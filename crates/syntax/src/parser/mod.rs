//! From tokens to the tree.
//!
//! Takes a file's text; gives its [`Module`] (or a query's [`Body`]) and every error in it. It never fails: a
//! statement that cannot be read is reported and left out, and reading goes on at the next one. It must not know what
//! builtins exist or what names mean.
//!
//! One file each: `module` (statements, imports, recovery), `rules` (heads, bodies, `else`), `checks` (what Rego v1
//! forbids), `statement` (rules that are expressions), `body` (literals), `logic` (`and` and `or`), `infix` (operators), `term` (terms and refs), `collections`
//! (arrays, sets, objects, comprehensions), `strings` (escapes and templates). `names` is where names that are equal become one.
//!
//! Grammar that needs more than a token of lookahead is read twice from the same place. Two bounds keep that and deep
//! nesting harmless: [`MAX_DEPTH`] and a budget of tokens that may be read again.

mod body;
mod checks;
mod collections;
mod infix;
mod logic;
mod module;
mod names;
mod rules;
mod statement;
mod strings;
mod term;

pub use module::is_keyword;

use crate::ast::{Body, Module, Version};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Lexed, Token, TokenKind, lex};
use crate::span::Span;
use std::sync::Arc;

/// How many terms and bodies may be open at once. OPA allows far more, but no policy written by people or by tools
/// comes near, and a bound that fits the smallest usual stack keeps every later stage safe too.
const MAX_DEPTH: u32 = 256;

/// How high a tree may grow, counting chains such as `1 + 1 + ..`, which nest without brackets.
const MAX_HEIGHT: u32 = 512;

/// How to read a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// Number of the file, put into every span.
    pub file: u32,
    /// The syntax to read it as.
    pub version: Version,
}

/// How many errors are told of one text.
const MOST_ERRORS: usize = 100;

/// What parsing gives: a tree as far as it could be read, and every error.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// The tree. Parts that could not be read are left out, so it is only to be compiled when `errors` is empty.
    pub tree: T,
    /// All errors, in order of their place; of more than a hundred the first.
    pub errors: Vec<Diagnostic>,
}

/// Reads a module. The tree is `None` only where there is no `package`.
///
/// ```
/// use solon_syntax::{ParseOptions, parse_module};
///
/// let parsed = parse_module("package a\n\nallow if input.user == \"root\"\n", ParseOptions::default());
/// assert!(parsed.errors.is_empty());
/// assert_eq!(parsed.tree.map(|module| module.rules.len()), Some(1));
/// ```
pub fn parse_module(text: &str, options: ParseOptions) -> Parsed<Option<Module>> {
    let (mut parser, comments) = match Parser::new(text, options) {
        Ok(parser) => parser,
        Err(error) => return Parsed { tree: None, errors: vec![error] },
    };
    let tree = parser.module(comments);
    let mut errors = parser.finish();
    errors.extend(tree.iter().flat_map(long_paths));
    Parsed { tree, errors }
}

/// Errors for paths with more steps than documents may be deep.
fn long_paths(module: &Module) -> Vec<Diagnostic> {
    let package = (module.package.span, module.package.path.len());
    let imports = module.imports.iter().map(|import| (import.span, import.path.len()));
    let heads = module.rules.iter().map(|rule| (rule.head.span, rule.head.path.len()));
    let all = std::iter::once(package).chain(imports).chain(heads);
    let message = format!("path too long: {MAX_DEPTH} steps is the limit");
    all.filter(|(_, steps)| *steps > MAX_DEPTH as usize)
        .map(|(span, _)| Diagnostic::new("rego_parse_error", span, message.clone()))
        .collect()
}

/// Reads a query: one body, as `opa eval` takes it. All keywords of the version are on.
///
/// ```
/// use solon_syntax::{ParseOptions, parse_query};
///
/// let parsed = parse_query("x := 1; data.a.allow", ParseOptions::default());
/// assert_eq!(parsed.tree.len(), 2);
/// ```
pub fn parse_query(text: &str, options: ParseOptions) -> Parsed<Body> {
    let (mut parser, _) = match Parser::new(text, options) {
        Ok(parser) => parser,
        Err(error) => return Parsed { tree: Vec::new(), errors: vec![error] },
    };
    let tree = parser.query();
    Parsed { tree, errors: parser.finish() }
}

/// Tells which syntax a module is written in: V1 if it reads as V1 (or imports `rego.v1`), else V0 if it reads as V0,
/// else V1, whose errors are then the ones to show.
///
/// ```
/// use solon_syntax::{ast::Version, detect_version};
///
/// assert_eq!(detect_version("package a\n\np { true }\n"), Version::V0);
/// assert_eq!(detect_version("package a\n\np if true\n"), Version::V1);
/// ```
pub fn detect_version(text: &str) -> Version {
    let v1 = parse_module(text, ParseOptions { file: 0, version: Version::V1 });
    let imports_v1 = v1.tree.is_some_and(|tree| tree.imports.iter().any(|import| import.path == ["rego", "v1"]));
    if v1.errors.is_empty() || imports_v1 {
        return Version::V1;
    }
    let v0 = parse_module(text, ParseOptions { file: 0, version: Version::V0 });
    if v0.errors.is_empty() { Version::V0 } else { Version::V1 }
}

/// The words that are keywords in some modules only.
#[derive(Clone, Copy, Default)]
struct Keywords(u8);

impl Keywords {
    fn bit(kind: TokenKind) -> u8 {
        1 << (kind as u8).wrapping_sub(TokenKind::In as u8).min(7)
    }

    fn has(self, kind: TokenKind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    fn add(&mut self, kind: TokenKind) {
        self.0 |= Self::bit(kind);
        if kind == TokenKind::Every {
            self.0 |= Self::bit(TokenKind::In);
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    file: u32,
    tokens: Vec<Token>,
    at: usize,
    /// What is wrong with tokens, in their order.
    lexical: Vec<Diagnostic>,
    /// What is wrong with statements that cannot be read.
    errors: Vec<Diagnostic>,
    /// What is wrong with statements that can be read. It counts if all of them can.
    late_errors: Vec<Diagnostic>,
    /// The same, if the module turns out to be v1.
    v1_errors: Vec<(Span, checks::Objection)>,
    /// Where the statement begins, and how many errors there were before it.
    statement: Mark,
    /// Whether the last statement was read to its end and is no rule: the next one follows.
    was_no_rule: bool,
    /// The syntax asked for. `import rego.v1` changes which words are keywords, not this.
    version: Version,
    keywords: Keywords,
    /// Whether `not` takes a body (`import future.keywords.not`).
    not_bodies: bool,
    /// The token that is a name here although it is a keyword elsewhere, such as `input` in `not.input`.
    ident_at: usize,
    depth: u32,
    /// Height of the tree returned last.
    height: u32,
    /// Set when a bound is hit, so that no other reading of the same text is tried.
    gave_up: bool,
    /// The token before which blanks stand in the place of a name: they are the current token until another way is tried.
    blank_at: usize,
    /// How many names before a token are `_`, up to the last rule that is called so.
    wildcards: (usize, usize),
    /// OPA's hints for the next error.
    hints: Vec<String>,
    /// Tokens that may still be read again.
    budget: usize,
    /// For each opening brace and parenthesis the token that closes it; filled when first needed.
    partners: Vec<u32>,
    names: names::Names,
    /// The expressions of bodies that are being read, so that a body takes no more memory than it needs.
    exprs: Body,
}

/// A place to return to.
#[derive(Clone, Copy, Default)]
struct Mark {
    at: usize,
    errors: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, options: ParseOptions) -> Result<(Self, Vec<crate::ast::Comment>), Diagnostic> {
        if text.len() >= u32::MAX as usize {
            let span = Span::new(options.file, 0, 0);
            return Err(error_at(span, "file too large: 4 GiB is the limit"));
        }
        let Lexed { tokens, comments, errors } = lex(text, options.file);
        let mut keywords = Keywords::default();
        if options.version == Version::V1 {
            module::V1_KEYWORDS.iter().for_each(|(_, kind)| keywords.add(*kind));
        }
        let names = names::Names::for_tokens(tokens.len());
        let budget = tokens.len().saturating_mul(16).saturating_add(10_000);
        let parser = Parser {
            text,
            file: options.file,
            tokens,
            at: 0,
            lexical: errors,
            errors: Vec::new(),
            late_errors: Vec::new(),
            v1_errors: Vec::new(),
            statement: Mark::default(),
            was_no_rule: false,
            version: options.version,
            keywords,
            not_bodies: false,
            ident_at: usize::MAX,
            depth: 0,
            height: 0,
            gave_up: false,
            blank_at: usize::MAX,
            wildcards: (0, 0),
            hints: Vec::new(),
            budget,
            partners: Vec::new(),
            names,
            exprs: Body::new(),
        };
        Ok((parser, comments))
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        let mut errors = self.lexical;
        errors.append(&mut self.errors);
        if errors.is_empty() {
            errors = self.late_errors;
        }
        errors.sort_by_key(|error| error.span.start);
        errors.truncate(MOST_ERRORS);
        errors
    }

    // Looking at tokens.

    fn token_at(&self, index: usize) -> Token {
        let end = self.text.len() as u32;
        let eof = Token { kind: TokenKind::Eof, after_newline: true, start: end, end };
        self.tokens.get(index).copied().unwrap_or(eof)
    }

    fn kind_at(&self, index: usize) -> TokenKind {
        if index == self.blank_at {
            return TokenKind::Blank;
        }
        let kind = self.tokens.get(index).map_or(TokenKind::Eof, |token| token.kind);
        if kind.is_keyword() && (index == self.ident_at || kind.is_optional() && !self.keywords.has(kind)) {
            return TokenKind::Ident;
        }
        kind
    }

    fn kind(&self) -> TokenKind {
        self.kind_at(self.at)
    }

    fn is(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn advance(&mut self) {
        if self.at < self.tokens.len() {
            self.at += 1;
        }
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.advance();
        }
        found
    }

    /// Whether nothing stands between the token at `index` and the one before.
    fn is_adjacent(&self, index: usize) -> bool {
        index > 0 && self.token_at(index).start == self.token_at(index - 1).end
    }

    /// Whether the token at `index` is directly followed by `.` or `[`, which makes a keyword a name.
    fn starts_ref(&self, index: usize) -> bool {
        let next = self.tokens.get(index + 1).map(|token| token.kind);
        matches!(next, Some(TokenKind::Dot | TokenKind::LeftBracket)) && self.is_adjacent(index + 1)
    }

    /// Takes the current token for a name if it is a keyword that starts a ref.
    fn keyword_as_name(&mut self) {
        if self.kind().is_keyword() && self.starts_ref(self.at) {
            self.ident_at = self.at;
        }
    }

    fn text_at(&self, index: usize) -> &'t str {
        let token = self.token_at(index);
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The text of a token, shared with others that are equal.
    fn name_at(&mut self, index: usize) -> Arc<str> {
        let text = self.text_at(index);
        self.names.shared(text)
    }

    // Places.

    fn start(&self) -> u32 {
        self.token_at(self.at).start
    }

    fn here(&self) -> Span {
        if self.at == self.blank_at {
            return self.blank();
        }
        let token = self.token_at(self.at);
        Span::new(self.file, token.start, token.end)
    }

    /// The blanks after the last token. A line break is on the line that it begins, as by OPA.
    fn blank(&self) -> Span {
        let end = self.last_end();
        let rest = self.text.get(end as usize..).unwrap_or_default();
        let blank = if rest.starts_with('#') { rest.find('\n').unwrap_or_default() } else { 0 };
        let start = end + blank as u32 + u32::from(rest.get(blank..).is_some_and(|rest| rest.starts_with('\n')));
        Span::new(self.file, start, start)
    }

    /// Where the last token read ends.
    fn last_end(&self) -> u32 {
        if self.at == 0 { 0 } else { self.token_at(self.at - 1).end }
    }

    /// From `start` to the last token read.
    fn span_from(&self, start: u32) -> Span {
        Span::new(self.file, start, self.last_end().max(start))
    }

    // Going back.

    fn mark(&self) -> Mark {
        Mark { at: self.at, errors: self.errors.len() }
    }

    /// Goes back to a mark, forgetting the errors since, to read the same tokens otherwise. `false` if that is not to
    /// be done, because a bound was hit.
    fn rewind(&mut self, mark: Mark) -> bool {
        if self.gave_up {
            return false;
        }
        let again = self.at.saturating_sub(mark.at);
        if again > self.budget {
            self.give_up("expression too ambiguous: it can be read in too many ways");
            return false;
        }
        self.budget -= again;
        self.at = mark.at;
        self.blank_at = usize::MAX;
        self.errors.truncate(mark.errors);
        self.hints.clear();
        true
    }

    // Bounds.

    fn enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH {
            self.give_up("nesting too deep: 256 levels is the limit");
            return false;
        }
        self.depth += 1;
        true
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Notes the height of a tree just built; `None` if it is too high.
    fn set_height(&mut self, height: u32) -> Option<()> {
        self.height = height;
        if height > MAX_HEIGHT {
            self.give_up("nesting too deep: 512 levels is the limit, operators in a chain included");
            return None;
        }
        Some(())
    }

    fn give_up(&mut self, message: &str) {
        if !self.gave_up {
            self.gave_up = true;
            let span = self.here();
            self.errors.push(error_at(span, message));
        }
    }

    // Errors.

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.push_error(error_at(span, message));
    }

    fn error_with_hint(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.push_error(Diagnostic { hint: Some(hint.into()), ..error_at(span, message) });
    }

    /// Adds an error. OPA's hints are a part of the message.
    fn push_error(&mut self, mut error: Diagnostic) {
        match std::mem::take(&mut self.hints).as_slice() {
            [] => {}
            [hint] => error.message.push_str(&format!(" (hint: {hint})")),
            hints => error.message.push_str(&format!(" (hints: {})", hints.join(", "))),
        }
        if !self.gave_up {
            self.errors.push(error);
        }
    }

    /// Adds a hint of OPA's to the next error.
    fn hint(&mut self, hint: impl Into<String>) {
        self.hints.push(hint.into());
    }

    /// Whether something is wrong with the statement already, tokens up to the current one included.
    fn is_wrong(&self) -> bool {
        let read = self.token_at(self.statement.at).start..=self.start();
        self.errors.len() > self.statement.errors || self.lexical.iter().any(|error| read.contains(&error.span.start))
    }

    /// Reports the current token as one that cannot stand here.
    fn unexpected(&mut self, note: &str) {
        let kind = self.kind();
        if kind == TokenKind::Illegal {
            let span = self.here();
            return self.error(span, "illegal token");
        }
        let what = if kind.is_keyword() { "keyword" } else { "token" };
        let colon = if note.is_empty() { "" } else { ": " };
        // What goes on with a template string is a brace to OPA where an expression goes on.
        let is_brace = self.text_at(self.at).starts_with('}');
        let name = if is_brace { TokenKind::RightBrace.name() } else { kind.name() };
        let message = format!("unexpected {name} {what}{colon}{note}");
        let (span, hint) = (self.here(), self.hint_for_unexpected());
        self.push_error(Diagnostic { hint, ..error_at(span, message) });
    }

    /// Whether this is the end of a text whose last token is followed by a line break.
    fn is_end_after_line_break(&self) -> bool {
        self.is(TokenKind::Eof) && self.text.get(self.last_end() as usize..).is_some_and(|rest| rest.contains('\n'))
    }

    fn hint_for_unexpected(&self) -> Option<String> {
        match self.kind() {
            TokenKind::Eof => Some("the file ends too early: a bracket may be unclosed".to_owned()),
            _ => None,
        }
    }
}

fn error_at(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new("rego_parse_error", span, message)
}
