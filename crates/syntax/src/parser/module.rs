//! The statements of a module: package, imports, rules; and going on after an error.

use super::term::kind_name;
use super::{Parser, error_at};
use crate::ast::{Body, Comment, Import, Module, Name, Package, Rule, TermKind, Version};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;

/// The keywords that v1 has and v0 imports.
pub(super) const V1_KEYWORDS: [(&str, TokenKind); 4] =
    [("contains", TokenKind::Contains), ("every", TokenKind::Every), ("if", TokenKind::If), ("in", TokenKind::In)];

/// The keywords that every version imports.
const LATER_KEYWORDS: [(&str, TokenKind); 3] =
    [("and", TokenKind::LogicalAnd), ("not", TokenKind::Not), ("or", TokenKind::LogicalOr)];

/// The words that are keywords everywhere.
const ALL_VERSIONS: [&str; 11] =
    ["not", "package", "import", "as", "default", "else", "with", "null", "true", "false", "some"];

/// What is read so far.
#[derive(Default)]
struct Statements {
    package: Option<Package>,
    imports: Vec<Import>,
    rules: Vec<Rule>,
    /// Whether a statement has been read, well or ill.
    any: bool,
}

impl Parser<'_> {
    pub(super) fn module(&mut self, comments: Vec<Comment>) -> Option<Module> {
        /// Of so many tokens there is about one rule.
        const TOKENS_OF_RULE: usize = 32;
        let rules = Vec::with_capacity(self.tokens.len() / TOKENS_OF_RULE);
        let mut read = Statements { rules, ..Statements::default() };
        while !self.is(TokenKind::Eof) {
            let (start, errors) = (self.at, self.errors.len());
            self.depth = 0;
            self.statement = self.mark();
            self.blank_at = usize::MAX;
            self.hints.clear();
            let ok = self.statement(&mut read);
            read.any = true;
            let was_no_rule = std::mem::take(&mut self.was_no_rule);
            if (ok.is_none() || self.at == start) && !was_no_rule {
                if self.errors.len() == errors && self.at == start && !self.is_wrong() {
                    self.unexpected("");
                }
                self.recover(start);
            }
            self.gave_up = false;
        }
        let imports_later = read.imports.iter().any(is_rego_import);
        let version = if imports_later { Version::V1 } else { self.version };
        if version == Version::V1 {
            let found = std::mem::take(&mut self.v1_errors);
            self.late_errors.extend(found.iter().map(|(span, objection)| objection.at(*span)));
        }
        let Some(package) = read.package else {
            if !read.any {
                let place = Span { file: self.file, ..Span::NOWHERE };
                self.late_error(place, "empty module", None);
            }
            return None;
        };
        let (imports, rules) = (read.imports, read.rules);
        Some(Module { file: self.file, version, package, imports, rules, comments })
    }

    /// Goes to the start of what looks like the next statement: a word at the start of a line that is indented no
    /// further than the statement that could not be read.
    fn recover(&mut self, failed: usize) {
        let indent = self.column(failed);
        self.at = self.at.max(failed + 1);
        loop {
            let token = self.token_at(self.at);
            let is_word = matches!(token.kind, TokenKind::Ident) || token.kind.is_keyword();
            let continues = matches!(token.kind, TokenKind::Else | TokenKind::With | TokenKind::As);
            if token.kind == TokenKind::Eof
                || token.after_newline && is_word && !continues && self.column(self.at) <= indent
            {
                return;
            }
            self.at += 1;
        }
    }

    /// Bytes between the start of the line and a token.
    pub(super) fn column(&self, index: usize) -> usize {
        let before = self.text.get(..self.token_at(index).start as usize).unwrap_or_default();
        // Lines of hostile length are not measured; what is on them is as good as not indented.
        let near = before.as_bytes().get(before.len().saturating_sub(200)..).unwrap_or_default();
        near.iter().rev().position(|byte| *byte == b'\n').unwrap_or(0)
    }

    fn statement(&mut self, read: &mut Statements) -> Option<()> {
        self.keyword_rule_name(false)?;
        match self.kind() {
            TokenKind::Package if !self.starts_ref(self.at) => {
                let package = self.package()?;
                if read.any {
                    let hint = "a module has one package, which is its first statement";
                    self.late_error(package.span, "unexpected package", Some(hint));
                }
                read.package.get_or_insert(package);
            }
            TokenKind::Import if !self.starts_ref(self.at) => {
                let import = self.import()?;
                self.expect_package(read, import.span);
                self.apply_import(&import)?;
                read.imports.push(import);
            }
            _ => {
                let start = self.start();
                let (late, of_v1) = (self.late_errors.len(), self.v1_errors.len());
                let known = read.rules.len();
                let is_read = self.rules(&mut read.rules).is_some();
                if !read.any && (is_read || self.was_no_rule) {
                    // Nothing else is said of what stands in its place.
                    self.late_errors.truncate(late);
                    self.v1_errors.truncate(of_v1);
                    let span = self.span_from(start);
                    self.expect_package(read, span);
                }
                if !is_read {
                    read.rules.truncate(known);
                    return None;
                }
            }
        }
        Some(())
    }

    fn expect_package(&mut self, read: &Statements, span: Span) {
        if !read.any {
            self.late_error(span, "package expected", Some("the first statement of a module is its `package`"));
        }
    }

    /// Reports what is wrong with a statement that can be read.
    pub(super) fn late_error(&mut self, span: Span, message: impl Into<String>, hint: Option<&str>) {
        let hint = hint.map(str::to_owned);
        self.late_errors.push(Diagnostic { hint, is_bare: true, ..error_at(span, message) });
    }

    fn package(&mut self) -> Option<Package> {
        let start = self.start();
        self.advance();
        let term = self.path()?;
        let span = self.span_from(start);
        let (head, operands) = match term.kind {
            TermKind::Var(name) => (name, Vec::new()),
            TermKind::Ref { head, operands } => match head.kind {
                TermKind::Var(name) => (name, operands),
                other => {
                    self.error(head.span, format!("unexpected {} token: expecting var", kind_name(&other)));
                    return None;
                }
            },
            _ => {
                self.unexpected("");
                return None;
            }
        };
        let mut path = vec![head.to_string()];
        for operand in operands {
            match operand.kind {
                TermKind::String(text) => path.push(text.to_string()),
                other => {
                    self.error(operand.span, format!("unexpected {} token: expecting string", kind_name(&other)));
                    return None;
                }
            }
        }
        self.no_minus()?;
        Some(Package { span, path })
    }

    /// A name, even one that is a keyword elsewhere, with what follows it.
    fn path(&mut self) -> Option<crate::ast::Term> {
        if self.kind().is_keyword() {
            self.ident_at = self.at;
        }
        if !self.is(TokenKind::Ident) {
            self.unexpected("");
            return None;
        }
        self.term()
    }

    /// A minus after a path is not part of it, and would start the next statement.
    fn no_minus(&mut self) -> Option<()> {
        if self.is(TokenKind::Minus) {
            self.unexpected("");
            return None;
        }
        Some(())
    }

    fn import(&mut self) -> Option<Import> {
        let start = self.start();
        self.advance();
        let path_start = self.start();
        let (is_path, errors) = (self.kind() == TokenKind::Ident || self.kind().is_keyword(), self.errors.len());
        let Some(term) = self.path() else {
            if is_path && self.errors.len() > errors {
                let span = self.here();
                self.error(span, "expected path");
            }
            return None;
        };
        let path_span = self.span_from(path_start);
        let mut path = Vec::new();
        match term.kind {
            TermKind::Var(name) => path.push(name.to_string()),
            TermKind::Ref { head, operands } if matches!(head.kind, TermKind::Var(_)) => {
                if let TermKind::Var(name) = head.kind {
                    path.push(name.to_string());
                }
                for operand in operands {
                    match operand.kind {
                        TermKind::String(text) => path.push(text.to_string()),
                        other => {
                            let message = format!("unexpected {} token: expecting string", kind_name(&other));
                            self.error(operand.span, message);
                            return None;
                        }
                    }
                }
            }
            _ => {
                let span = self.here();
                self.error(span, "expected path");
                return None;
            }
        }
        let root = path.first().map(String::as_str).unwrap_or_default();
        if !["data", "input", "future", "rego"].contains(&root) {
            let roots = "{data, future, input, rego}";
            let message = format!("unexpected import path, must begin with one of: {roots}, got: {root}");
            self.hint("if this is unexpected, try updating OPA");
            self.error(path_span, message);
            return None;
        }
        let alias = if self.eat(TokenKind::As) { Some(self.alias()?) } else { None };
        if alias.is_none() {
            self.check_import_end(&path, path_span);
        }
        self.no_minus()?;
        Some(Import { span: self.span_from(start), path, path_span, alias })
    }

    fn alias(&mut self) -> Option<Name> {
        if !self.is(TokenKind::Ident) {
            self.unexpected("expected var");
            return None;
        }
        let Some(term) = self.term() else {
            self.unexpected("expected var");
            return None;
        };
        match term.kind {
            TermKind::Var(name) if matches!(&*name, "input" | "data") => {
                let message = format!("unexpected import alias, must not be a reserved name, got: {name}");
                self.error(term.span, message);
                None
            }
            TermKind::Var(text) => Some(Name { span: term.span, text }),
            _ => {
                self.unexpected("expected var");
                None
            }
        }
    }

    /// The name that an import brings must be one that can be used.
    fn check_import_end(&mut self, path: &[String], span: Span) {
        let name = path.last().map(String::as_str).unwrap_or_default();
        let is_future = path.first().is_some_and(|root| root == "future");
        if !(is_future && path.len() > 1) && self.is_reserved_word(name) {
            let message = format!("unexpected import path, must not end with a keyword, got: {name}");
            self.hint("import a different path or use an alias");
            self.error(span, message);
        }
    }

    /// Whether a word is a keyword of the version asked for.
    fn is_reserved_word(&self, word: &str) -> bool {
        ALL_VERSIONS.contains(&word) || self.version == Version::V1 && is_keyword(word)
    }

    /// Switches keywords on.
    fn apply_import(&mut self, import: &Import) -> Option<()> {
        let path: Vec<&str> = import.path.iter().map(String::as_str).collect();
        let root = path.first().copied().unwrap_or_default();
        if root != "future" && root != "rego" {
            return Some(());
        }
        let is_keywords = path.get(1) == Some(&"keywords");
        if root == "future" && !is_keywords {
            self.error(import.path_span, "invalid import, must be `future.keywords`");
            return None;
        }
        if root == "rego" && path != ["rego", "v1"] && path != ["rego", "v2"] {
            let message = format!("invalid import `{}`, must be one of: `rego.v1`, `rego.v2`", path.join("."));
            self.error(import.path_span, message);
            return None;
        }
        if let Some(alias) = &import.alias {
            self.error(alias.span, format!("`{root}` imports cannot be aliased"));
            return None;
        }
        let all = V1_KEYWORDS.iter().chain(&LATER_KEYWORDS);
        let chosen: Vec<TokenKind> = match path.as_slice() {
            ["rego", "v1"] => V1_KEYWORDS.iter().map(|(_, kind)| *kind).collect(),
            ["future", "keywords", keyword] => all.filter(|(name, _)| name == keyword).map(|(_, kind)| *kind).collect(),
            _ => all.map(|(_, kind)| *kind).collect(),
        };
        if chosen.is_empty() {
            let message = "unexpected keyword, must be one of [and contains every if in not or]";
            self.error(import.path_span, message);
            return None;
        }
        for kind in chosen {
            if kind == TokenKind::Not {
                self.not_bodies = true;
            } else {
                self.keywords.add(kind);
            }
        }
        Some(())
    }

    /// A query: literals, whose separators are optional.
    pub(super) fn query(&mut self) -> Body {
        let mut body = Vec::new();
        while !self.is(TokenKind::Eof) {
            match self.literal() {
                Some(expr) => body.push(expr),
                None => {
                    if self.errors.is_empty() && self.lexical.is_empty() {
                        self.unexpected("");
                    }
                    break;
                }
            }
            if self.eat(TokenKind::Semicolon) && self.is(TokenKind::Eof) {
                self.unexpected("");
            }
        }
        body
    }
}

/// Whether a word is a keyword of v1, without any imports.
///
/// ```
/// assert!(solon_syntax::is_keyword("contains") && !solon_syntax::is_keyword("or"));
/// ```
pub fn is_keyword(word: &str) -> bool {
    ALL_VERSIONS.contains(&word) || V1_KEYWORDS.iter().any(|(name, _)| *name == word)
}

fn is_rego_import(import: &Import) -> bool {
    import.path == ["rego", "v1"] || import.path == ["rego", "v2"]
}
