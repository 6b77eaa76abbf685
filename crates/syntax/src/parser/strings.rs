//! Strings: escapes as in JSON, and templates.

use super::Parser;
use crate::ast::{Expr, ExprKind, Operator, TemplatePart, Term, TermKind, Version};
use crate::lexer::TokenKind;
use std::sync::Arc;

impl Parser<'_> {
    pub(super) fn string(&mut self) -> Option<Term> {
        let span = self.here();
        let literal = self.text_at(self.at);
        let inside = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
        let is_plain = self.is(TokenKind::RawString) || !inside.contains('\\');
        let text = if is_plain { Some(self.names.shared(inside)) } else { unescape(inside, false).map(Arc::from) };
        let Some(text) = text else {
            self.error(span, format!("illegal string literal: {literal}"));
            return None;
        };
        self.advance();
        Some(Term { span, kind: TermKind::String(text) })
    }

    pub(super) fn template(&mut self) -> Option<Term> {
        let start = self.start();
        if self.version == Version::V0 {
            let span = self.here();
            self.error(span, "template strings are not supported by current capabilities");
            return None;
        }
        let mut parts = Vec::new();
        let (mut opening, mut height) = (2, 0);
        loop {
            let kind = self.kind();
            let (raw, last) = match kind {
                TokenKind::TemplatePart => (false, false),
                TokenKind::TemplateEnd => (false, true),
                TokenKind::RawTemplatePart => (true, false),
                TokenKind::RawTemplateEnd => (true, true),
                _ => {
                    let span = self.here();
                    self.error(span, "expected } to end template string expression");
                    return None;
                }
            };
            let literal = self.text_at(self.at);
            let inside = literal.get(opening..literal.len().saturating_sub(1)).unwrap_or_default();
            opening = 1;
            let text = if raw { Some(inside.replace("\\{", "{")) } else { unescape(inside, true) };
            match text {
                Some(text) if text.is_empty() => {}
                Some(text) => parts.push(TemplatePart::Text(text)),
                None => {
                    let span = self.here();
                    self.error(span, format!("illegal template-string part: {literal}"));
                    return None;
                }
            }
            self.advance();
            if last {
                break;
            }
            parts.push(self.interpolation()?);
            height = height.max(self.height);
        }
        self.set_height(height + 1)?;
        Some(Term { span: self.span_from(start), kind: TermKind::Template(parts) })
    }

    fn interpolation(&mut self) -> Option<TemplatePart> {
        if !self.enter() {
            return None;
        }
        let expr = self.literal();
        self.leave();
        let Some(expr) = expr else {
            let span = self.here();
            self.error(span, "invalid template-string expression");
            return None;
        };
        if let Some(what) = forbidden_in_template(&expr) {
            self.error(expr.span, format!("unexpected {what} in template-string expression"));
            return None;
        }
        Some(match expr {
            Expr { kind: ExprKind::Term(term), with, .. } if with.is_empty() => TemplatePart::Term(term),
            expr => TemplatePart::Expr(Box::new(expr)),
        })
    }
}

/// What cannot be interpolated, in OPA's words.
fn forbidden_in_template(expr: &Expr) -> Option<&'static str> {
    match &expr.kind {
        ExprKind::Not(_) => Some("negation ('not')"),
        ExprKind::Every { .. } => Some("'every'"),
        ExprKind::Some(_) | ExprKind::SomeIn { .. } => Some("'some'"),
        ExprKind::Term(Term { kind: TermKind::Infix { operator, .. }, .. }) => match operator {
            Operator::Unify => Some("unification ('=')"),
            Operator::Assign => Some("assignment (':=')"),
            _ => None,
        },
        _ => None,
    }
}

/// Resolves the escapes of a quoted string as Go's JSON decoder does; `None` if they are wrong. Text without escapes
/// is taken as it is.
fn unescape(text: &str, template: bool) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    if text.bytes().any(|byte| byte < 0x20) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at)?);
        let escape = rest.as_bytes().get(at + 1).copied()?;
        rest = rest.get(at + 2..)?;
        out.push(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'{' if template => '{',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, after) = unicode_escape(rest)?;
                rest = after;
                character
            }
            _ => return None,
        });
    }
    out.push_str(rest);
    Some(out)
}

/// The character after `\u`, and what follows it. Half a surrogate pair becomes U+FFFD.
fn unicode_escape(text: &str) -> Option<(char, &str)> {
    let unit = hex4(text)?;
    let rest = text.get(4..)?;
    if let Some(character) = char::from_u32(unit) {
        return Some((character, rest));
    }
    if let (0xD800..=0xDBFF, Some(low)) = (unit, rest.strip_prefix("\\u").and_then(hex4))
        && (0xDC00..=0xDFFF).contains(&low)
    {
        let character = char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))?;
        return Some((character, rest.get(6..)?));
    }
    Some((char::REPLACEMENT_CHARACTER, rest))
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}
