//! What OPA's YAML library refuses, and in which words.
//!
//! It follows YAML 1.1, our parser YAML 1.2. So some texts that the parser takes are refused here, and what the parser
//! says is put into the library's words, with its line: none for the first one.

use super::super::{Failure, quote};
use crate::value::Value;
use saphyr_parser::{Event, ScanError, Span};
use std::fmt::Write;

/// What the parser says, after `while ..., `, and what the library says. The last tells whether it finds it while it
/// looks at characters, and so counts the line from 1; what it finds later it counts from 0.
const MESSAGES: &[(&str, &str, bool)] = &[
    ("expected ',' or ']'", "did not find expected ',' or ']'", false),
    ("illegal placement of ':' indicator", "did not find expected ',' or ']'", false),
    ("did not find expected ',' or ']'", "did not find expected ',' or ']'", false),
    ("did not find expected ',' or '}'", "did not find expected ',' or '}'", false),
    ("did not find expected <document start>", "did not find expected <document start>", false),
    ("invalid content after document end marker", "did not find expected <document start>", false),
    ("invalid trailing content after double-quoted scalar", "did not find expected key", false),
    ("did not find expected key", "did not find expected key", false),
    ("did not find expected '-' indicator", "did not find expected '-' indicator", false),
    ("did not find expected node content", "did not find expected node content", false),
    ("unexpected eof", "did not find expected node content", false),
    ("the handle wasn't declared", "found undefined tag handle", false),
    ("unexpected character", "found character that cannot start any token", true),
    ("tabs disallowed", "found character that cannot start any token", true),
    ("did not find expected hexadecimal number", "did not find expected hexdecimal number", true),
    ("invalid global tag character", "did not find expected whitespace", true),
];

/// What the parser says of a key without a colon; its place is one line below the key.
const NO_COLON: &str = "simple key expected";

/// The parser's error in the library's words. The parser's own limit on nesting says nothing about the text.
pub(super) fn explain(error: &ScanError, text: &str) -> Failure {
    let info = error.info();
    if info.contains("recursion limit") {
        return Failure::Halt(format!("yaml: {info}"));
    }
    let line = error.marker().line();
    if info.contains("unknown anchor") {
        let name = anchor_at(text, line, error.marker().col());
        return Failure::Error(format!("yaml: unknown anchor '{name}' referenced"));
    }
    let said = match info.split_once(", ") {
        Some((context, said)) if context.starts_with("while ") => said,
        _ => info,
    };
    if said == NO_COLON {
        return at(line.saturating_sub(1), "could not find expected ':'");
    }
    if said.starts_with("found unexpected end of stream") {
        // The line where the scalar begins, unless that is the first.
        return at(if line > 1 { line } else { text.matches('\n').count() + 1 }, said);
    }
    if said.starts_with("found unexpected document indicator") {
        let is_indicator = |line: &str| line.starts_with("---") || line.starts_with("...");
        let below = text.lines().skip(line).position(is_indicator).map_or(line, |below| line + below + 1);
        return at(if line > 1 { line } else { below }, said);
    }
    match MESSAGES.iter().find(|(start, ..)| said.starts_with(start)) {
        Some((_, message, true)) => at(line, message),
        Some((_, message, false)) => at_start(line.saturating_sub(1), message),
        None => at(line, said),
    }
}

/// An error on a line that is counted from 1.
fn at(line: usize, message: &str) -> Failure {
    at_start(if line > 1 { line } else { 0 }, message)
}

/// An error on a line that is named unless it is 0.
fn at_start(line: usize, message: &str) -> Failure {
    let place = if line == 0 { String::new() } else { format!("line {line}: ") };
    Failure::Error(format!("yaml: {place}{message}"))
}

/// The name of the alias at a place.
fn anchor_at(text: &str, line: usize, column: usize) -> String {
    let row = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let name = row.chars().skip(column).skip_while(|letter| *letter == '*');
    name.take_while(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-')).collect()
}

fn is_control(letter: char) -> bool {
    match letter {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    }
}

fn controls() -> Failure {
    Failure::error("yaml: control characters are not allowed")
}

/// Refuses control characters.
pub(super) fn check_characters(text: &str) -> Result<(), Failure> {
    if text.chars().any(is_control) { Err(controls()) } else { Ok(()) }
}

/// Refuses values whose JSON has control characters: those that it does not escape. They are nested no deeper than what
/// may be written.
pub(super) fn check_texts(value: &Value<'_>) -> Result<(), Failure> {
    match value {
        Value::String { text, .. } => {
            let is_unescaped = |letter| letter >= ' ' && is_control(letter);
            if text.chars().any(is_unescaped) { Err(controls()) } else { Ok(()) }
        }
        Value::Array(items) => items.iter().try_for_each(check_texts),
        Value::Set(set) => set.items().iter().try_for_each(check_texts),
        Value::Object(object) => object.entries().iter().try_for_each(|(key, value)| {
            check_texts(key)?;
            check_texts(value)
        }),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Number(_) => Ok(()),
    }
}

/// Looks at every event for what the library does not take: tabs that indent, and directives.
pub(super) struct Strict<'t> {
    lines: Vec<&'t str>,
    /// How deep in brackets and braces, and which of the open collections have them.
    open: Vec<bool>,
    /// Up to which line directives have been looked for.
    directives: usize,
}

impl<'t> Strict<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Strict { lines: text.split('\n').collect(), open: Vec::new(), directives: 0 }
    }

    pub(super) fn check(&mut self, event: &Event<'_>, span: Span) -> Result<(), Failure> {
        let (line, column) = (span.start.line(), span.start.col());
        match event {
            Event::DocumentStart(_) => self.check_directives(line),
            Event::DocumentEnd => {
                self.directives = line;
                Ok(())
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                Ok(())
            }
            Event::Scalar(..) | Event::Alias(_) => self.check_indent(line, column),
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let checked = self.check_indent(line, column);
                let opening = self.line(line).chars().nth(column);
                self.open.push(matches!(opening, Some('[' | '{')) || self.is_flow());
                checked
            }
            _ => Ok(()),
        }
    }

    fn is_flow(&self) -> bool {
        self.open.last().is_some_and(|is_flow| *is_flow)
    }

    fn line(&self, line: usize) -> &'t str {
        line.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or_default()
    }

    /// Between the start of a line, or an indicator, and a token may be no tab.
    fn check_indent(&self, line: usize, column: usize) -> Result<(), Failure> {
        if self.is_flow() {
            return Ok(());
        }
        let row = self.line(line);
        let before = row.char_indices().nth(column).map_or(row, |(byte, _)| row.get(..byte).unwrap_or_default());
        let rest = before.trim_end_matches([' ', '\t']);
        let gap = before.get(rest.len()..).unwrap_or_default();
        let follows_indicator = rest.is_empty() || rest == "-" || rest.ends_with(" -") || rest == "?";
        if gap.contains('\t') && follows_indicator {
            return Err(at(line, "found character that cannot start any token"));
        }
        Ok(())
    }

    /// The library knows `%YAML 1.1` and `%TAG`.
    fn check_directives(&mut self, start: usize) -> Result<(), Failure> {
        for line in self.directives + 1..start.max(self.directives + 1) {
            let Some(directive) = self.line(line).strip_prefix('%') else { continue };
            let mut words = directive.split_whitespace();
            match (words.next(), words.next()) {
                (Some("YAML"), Some("1.1")) | (Some("TAG"), _) => {}
                (Some("YAML"), _) => return Err(at_start(line - 1, "found incompatible YAML document")),
                _ => return Err(at(line, "found unknown directive name")),
            }
        }
        self.directives = start;
        Ok(())
    }
}

/// The error of a key that is a collection, written as Go's `%#v` does.
pub(super) fn invalid_key(key: &Value<'_>) -> Failure {
    let mut text = String::from("yaml: invalid map key: ");
    go_syntax(key, &mut text);
    Failure::Error(text)
}

/// The most that an error shows of a key. Aliases may make it larger without measure.
const SHOWN: usize = 4096;

fn go_syntax(value: &Value<'_>, out: &mut String) {
    match value {
        _ if out.len() > SHOWN => {}
        Value::Null => out.push_str("interface {}(nil)"),
        Value::String { text, .. } => out.push_str(&quote::quoted(text)),
        Value::Array(items) => {
            out.push_str("[]interface {}{");
            for (at, item) in items.iter().enumerate().take(SHOWN) {
                out.push_str(if at > 0 { ", " } else { "" });
                go_syntax(item, out);
            }
            out.push('}');
        }
        Value::Object(object) => {
            out.push_str("map[string]interface {}{");
            for (at, (key, item)) in object.entries().iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                go_syntax(key, out);
                out.push(':');
                go_syntax(item, out);
            }
            out.push('}');
        }
        // Writing to a string does not fail.
        other => write!(out, "{other}").unwrap_or_default(),
    }
}

/// The error of a key that is null, with its value as Go's `%v` shows it.
pub(super) fn null_key(value: &Value<'_>) -> Failure {
    let mut text = String::from("unsupported map key of type: %!s(<nil>), key: <nil>, value: ");
    go_value(value, &mut text);
    Failure::Error(text)
}

fn go_value(value: &Value<'_>, out: &mut String) {
    match value {
        _ if out.len() > SHOWN => {}
        Value::Null => out.push_str("<nil>"),
        Value::String { text, .. } => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                go_value(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push_str("map[");
            for (at, (key, item)) in object.entries().iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                go_value(key, out);
                out.push(':');
                go_value(item, out);
            }
            out.push(']');
        }
        // Writing to a string does not fail.
        other => write!(out, "{other}").unwrap_or_default(),
    }
}
