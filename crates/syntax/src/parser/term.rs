//! Terms: scalars, variables, refs and calls.

use super::Parser;
use crate::ast::{Operator, Term, TermKind};
use crate::lexer::TokenKind;
use crate::span::Span;

impl Parser<'_> {
    /// Reads a term without infix operators.
    pub(super) fn term(&mut self) -> Option<Term> {
        if !self.enter() {
            return None;
        }
        let term = self.term_inside();
        self.leave();
        term
    }

    fn term_inside(&mut self) -> Option<Term> {
        let start = self.start();
        if self.is(TokenKind::Minus) && matches!(self.kind_at(self.at + 1), TokenKind::Ident | TokenKind::Contains) {
            return self.negated_ref();
        }
        let head = self.primary()?;
        let term = self.finish_ref(head)?;
        debug_assert!(term.span.start >= start);
        Some(term)
    }

    /// `-x.y`, which is `0 - x.y`.
    fn negated_ref(&mut self) -> Option<Term> {
        let minus = self.here();
        self.advance();
        let head = self.variable();
        let operand = self.finish_ref(head)?;
        let zero = Term { span: minus, kind: TermKind::Number("0".into()) };
        self.set_height(self.height + 1)?;
        let kind = TermKind::Infix { operator: Operator::Minus, args: vec![zero, operand] };
        Some(Term { span: self.span_from(minus.start), kind })
    }

    fn primary(&mut self) -> Option<Term> {
        let span = self.here();
        self.height = 1;
        let kind = match self.kind() {
            TokenKind::Null => TermKind::Null,
            TokenKind::True => TermKind::Bool(true),
            TokenKind::False => TermKind::Bool(false),
            TokenKind::Minus | TokenKind::Dot | TokenKind::Number => return self.number(),
            TokenKind::String | TokenKind::RawString => return self.string(),
            TokenKind::TemplatePart
            | TokenKind::TemplateEnd
            | TokenKind::RawTemplatePart
            | TokenKind::RawTemplateEnd => return self.template(),
            TokenKind::Ident | TokenKind::Contains => return Some(self.variable()),
            TokenKind::LeftBracket => return self.array(),
            TokenKind::LeftBrace => return self.set_or_object(),
            TokenKind::LeftParen => return self.parenthesized(),
            TokenKind::LogicalAnd | TokenKind::LogicalOr if self.is_logical_call() => return Some(self.variable()),
            _ => {
                self.unexpected("");
                return None;
            }
        };
        self.advance();
        Some(Term { span, kind })
    }

    /// Whether `and` or `or` is the name of a function here: `or(x, y)`.
    fn is_logical_call(&self) -> bool {
        self.kind_at(self.at + 1) == TokenKind::LeftParen && self.is_adjacent(self.at + 1)
    }

    /// The current token as a variable.
    pub(super) fn variable(&mut self) -> Term {
        let term = Term { span: self.here(), kind: TermKind::Var(self.name_at(self.at)) };
        self.height = 1;
        self.advance();
        term
    }

    /// `( term )`. The span starts inside the parentheses, as OPA's locations do.
    fn parenthesized(&mut self) -> Option<Term> {
        self.advance();
        let mut term = self.infix(true)?;
        if !self.is(TokenKind::RightParen) {
            let span = self.here();
            self.error(span, "non-terminated expression");
            return None;
        }
        self.advance();
        term.span.end = self.last_end();
        Some(term)
    }

    fn number(&mut self) -> Option<Term> {
        let start = self.start();
        let is_negative = self.eat(TokenKind::Minus);
        if is_negative && !matches!(self.kind(), TokenKind::Number | TokenKind::Dot) {
            self.unexpected("expected number");
            return None;
        }
        let is_fraction = self.eat(TokenKind::Dot);
        if is_fraction && !self.is(TokenKind::Number) {
            self.unexpected("expected number");
            return None;
        }
        let digits = self.text_at(self.at);
        let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && {
            let second = digits.as_bytes().get(1).copied().unwrap_or_default();
            second != b'.' && !(matches!(second, b'e' | b'E') && digits.len() > 2)
        };
        if !is_fraction && has_leading_zero {
            self.unexpected("expected number without leading zero");
            return None;
        }
        if is_fraction && digits.contains('.') {
            self.unexpected("invalid float");
            return None;
        }
        let text = match (is_negative, is_fraction) {
            (false, false) => self.names.shared(digits),
            (is_negative, is_fraction) => {
                let (sign, whole) = (if is_negative { "-" } else { "" }, if is_fraction { "0." } else { "" });
                [sign, whole, digits].concat().into()
            }
        };
        if is_too_big(&text) {
            let span = self.here();
            self.error(span, "number too big");
            return None;
        }
        self.advance();
        Some(Term { span: self.span_from(start), kind: TermKind::Number(text) })
    }

    /// Goes on from a term: `.b`, `[c]` and `(d)` that directly follow.
    pub(super) fn finish_ref(&mut self, head: Term) -> Option<Term> {
        self.ref_after(head, false)
    }

    /// The same, where space stands before the first part.
    pub(super) fn finish_spaced_ref(&mut self, head: Term) -> Option<Term> {
        self.ref_after(head, true)
    }

    fn ref_after(&mut self, mut head: Term, mut is_spaced: bool) -> Option<Term> {
        if !matches!(self.kind(), TokenKind::Dot | TokenKind::LeftBracket | TokenKind::LeftParen) {
            self.set_height(self.height)?;
            return Some(head);
        }
        let mut operands = Vec::with_capacity(self.fields_ahead());
        let mut height = self.height;
        let mut after_call = false;
        self.check_ref_head(&head);
        while self.is_adjacent(self.at) || is_spaced {
            is_spaced = false;
            match self.kind() {
                TokenKind::Dot => {
                    self.advance();
                    operands.push(self.field()?);
                }
                TokenKind::LeftBracket => {
                    self.advance();
                    let operand = self.infix(true)?;
                    height = height.max(self.height);
                    if !self.is(TokenKind::RightBracket) {
                        // OPA names the wrong bracket.
                        self.unexpected("expected [");
                        return None;
                    }
                    self.advance();
                    operands.push(operand);
                }
                TokenKind::LeftParen if !after_call => {
                    let function = reference(head, std::mem::take(&mut operands), self.last_end());
                    let (call, args_height) = self.call(function)?;
                    height = height.max(args_height) + 2;
                    self.set_height(height)?;
                    head = call;
                    after_call = true;
                    continue;
                }
                _ => break,
            }
            after_call = false;
        }
        if !operands.is_empty() {
            height += 1;
        }
        self.set_height(height)?;
        Some(reference(head, operands, self.last_end()))
    }

    /// How many names with a dot before them follow.
    fn fields_ahead(&self) -> usize {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        rest.chunks(2).take_while(|pair| pair.first().is_some_and(|token| token.kind == TokenKind::Dot)).count()
    }

    fn check_ref_head(&mut self, head: &Term) {
        let may_be_head = matches!(
            head.kind,
            TermKind::Var(_)
                | TermKind::Array(_)
                | TermKind::Object(_)
                | TermKind::Set(_)
                | TermKind::ArrayComprehension { .. }
                | TermKind::ObjectComprehension { .. }
                | TermKind::SetComprehension { .. }
                | TermKind::Call { .. }
                | TermKind::Infix { .. }
        );
        let goes_on = matches!(self.kind(), TokenKind::Dot | TokenKind::LeftBracket | TokenKind::LeftParen);
        if !may_be_head && goes_on && self.is_adjacent(self.at) {
            self.error(head.span, format!("illegal ref (head cannot be {})", kind_name(&head.kind)));
        }
    }

    /// The name after a dot, which may be any keyword.
    fn field(&mut self) -> Option<Term> {
        let kind = self.kind();
        if !self.is_adjacent(self.at) {
            self.blank_at = self.at;
        }
        if !self.is_adjacent(self.at) || !(kind == TokenKind::Ident || kind.is_keyword()) {
            self.unexpected("expected identifier");
            return None;
        }
        let term = Term { span: self.here(), kind: TermKind::String(self.name_at(self.at)) };
        self.advance();
        Some(term)
    }

    /// The arguments of a call, and the height of the highest.
    fn call(&mut self, function: Term) -> Option<(Term, u32)> {
        let start = function.span.start;
        self.advance();
        let (args, height) = self.term_list(TokenKind::RightParen, Vec::with_capacity(2), 1)?;
        self.advance();
        let is_set = args.is_empty() && matches!(&function.kind, TermKind::Var(name) if **name == *"set");
        let kind =
            if is_set { TermKind::Set(Vec::new()) } else { TermKind::Call { function: Box::new(function), args } };
        Some((Term { span: self.span_from(start), kind }, height))
    }

    /// Terms up to `end`, which is left to the caller, after those already read, of whose height `height` is the
    /// greatest. A comma may stand before the end.
    pub(super) fn term_list(
        &mut self,
        end: TokenKind,
        mut terms: Vec<Term>,
        mut height: u32,
    ) -> Option<(Vec<Term>, u32)> {
        while !self.is(end) {
            terms.push(self.infix(false)?);
            height = height.max(self.height);
            if !self.eat(TokenKind::Comma) && !self.is(end) {
                self.unexpected(&format!("expected \",\" or \"{}\"", end.name()));
                return None;
            }
        }
        Some((terms, height))
    }
}

/// A ref that ends at `end`, or the head alone where there are no operands.
fn reference(head: Term, operands: Vec<Term>, end: u32) -> Term {
    if operands.is_empty() {
        return head;
    }
    let span = Span { end, ..head.span };
    Term { span, kind: TermKind::Ref { head: Box::new(head), operands } }
}

/// Whether a number's binary exponent is beyond the 100,000 that OPA evaluates with.
fn is_too_big(text: &str) -> bool {
    /// Digits of numbers that are certainly smaller.
    const SMALL: usize = 10_000;
    if text.len() < SMALL && !text.contains(['e', 'E']) {
        return false;
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = mantissa.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let leading_zeros = fraction.len() - fraction.trim_start_matches('0').len();
    if whole.is_empty() && leading_zeros == fraction.len() {
        return false;
    }
    let magnitude = if whole.is_empty() { -(leading_zeros as f64) } else { whole.len() as f64 };
    let exponent = exponent.parse::<f64>().unwrap_or(f64::INFINITY);
    let first: f64 = digits
        .bytes()
        .filter(u8::is_ascii_digit)
        .skip_while(|byte| *byte == b'0')
        .take(15)
        .fold((0.0, 0.1), |(sum, scale), byte| (sum + f64::from(byte - b'0') * scale, scale / 10.0))
        .0;
    ((magnitude + exponent) * std::f64::consts::LOG2_10 + first.log2()).abs() > 100_000.0
}

/// What error messages call a kind of term.
pub(super) fn kind_name(kind: &TermKind) -> &'static str {
    match kind {
        TermKind::Null => "null",
        TermKind::Bool(_) => "boolean",
        TermKind::Number(_) => "number",
        TermKind::String(_) => "string",
        TermKind::Template(_) => "templatestring",
        TermKind::Var(name) if matches!(&**name, "input" | "data") => "ref",
        TermKind::Var(_) => "var",
        TermKind::Ref { .. } => "ref",
        TermKind::Array(_) => "array",
        TermKind::Object(_) => "object",
        TermKind::Set(_) => "set",
        TermKind::Call { .. } | TermKind::Infix { .. } => "call",
        TermKind::ArrayComprehension { .. } => "arraycomprehension",
        TermKind::SetComprehension { .. } => "setcomprehension",
        TermKind::ObjectComprehension { .. } => "objectcomprehension",
    }
}
