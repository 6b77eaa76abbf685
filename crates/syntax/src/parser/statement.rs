//! Statements without a body that are read as expressions: which rules they are, or why they are none.

use super::Parser;
use super::rules::RawHead;
use super::term::kind_name;
use crate::ast::{Expr, ExprKind, Name, Operator, Rule, Term, TermKind, Version};
use crate::lexer::TokenKind;
use crate::print::term_text;
use crate::span::Span;

type Made<T> = Result<T, String>;

impl Parser<'_> {
    /// The rule that an expression stands for, read from `mark`; reports the expression if it is none.
    pub(super) fn rule_of_expression(&mut self, mark: super::Mark) -> Option<Rule> {
        if !self.rewind(mark) {
            return None;
        }
        let expr = self.literal()?;
        let mut is_alone = true;
        while self.eat(TokenKind::Semicolon) {
            self.literal()?;
            is_alone = false;
        }
        if self.gave_up {
            return None;
        }
        let span = expr.span;
        let keyword = head_keyword(&expr);
        let head =
            if is_alone { head_of(expr) } else { Err("multiple expressions cannot be used for rule head".to_owned()) };
        match head {
            Ok(head) => Some(self.finish_without_body(head)),
            Err(mut message) => {
                let keyword = keyword.or_else(|| self.keyword_ahead(span));
                message.extend(keyword.filter(|_| self.version == Version::V0).map(hint));
                self.late_error(span, message, None);
                self.was_no_rule = true;
                None
            }
        }
    }

    /// A word that begins the next statement, in the same line, and would go on with this one if it were a keyword.
    fn keyword_ahead(&self, span: Span) -> Option<&'static HeadKeyword> {
        let between = self.text.get(span.start as usize..self.start() as usize).unwrap_or_default();
        let is_name = self.is(TokenKind::Ident) && !between.contains('\n');
        HEAD_KEYWORDS.iter().find(|(word, _)| is_name && *word == self.text_at(self.at))
    }
}

/// A keyword of heads, and how it is used.
type HeadKeyword = (&'static str, &'static str);

const HEAD_KEYWORDS: [HeadKeyword; 2] = [("if", "p if { ... }"), ("contains", "p contains x")];

/// The keyword that a lone name would be.
fn head_keyword(expr: &Expr) -> Option<&'static HeadKeyword> {
    let ExprKind::Term(Term { kind: TermKind::Var(name), .. }) = &expr.kind else { return None };
    HEAD_KEYWORDS.iter().find(|(word, _)| *word == &**name)
}

fn hint((word, example): &HeadKeyword) -> String {
    format!(" (hint: `import future.keywords.{word}` for `{example}` rules)")
}

/// The head that an expression is; if it is none, why, in OPA's words.
fn head_of(expr: Expr) -> Made<RawHead> {
    if !expr.with.is_empty() {
        return Err("expressions using with keyword cannot be used for rule head".to_owned());
    }
    let term = match expr.kind {
        ExprKind::Term(term) => term,
        ExprKind::Not(_) => return Err("negated expressions cannot be used for rule head".to_owned()),
        ExprKind::Some(_) | ExprKind::SomeIn { .. } => {
            return Err("'some' declarations cannot be used for rule head".to_owned());
        }
        _ => return Err("expression cannot be used for rule head".to_owned()),
    };
    let start = expr.span.start;
    match term.kind {
        TermKind::Infix { operator: operator @ (Operator::Assign | Operator::Unify), args } => {
            with_value(start, args, operator == Operator::Assign)
        }
        TermKind::Infix { .. } => Err("rule name conflicts with built-in function".to_owned()),
        TermKind::Call { function, args } => match &function.kind {
            TermKind::Var(name) if matches!(&**name, "assign" | "eq") => with_value(start, args, **name == *"assign"),
            _ if args.is_empty() => Err("rule argument list must take at least one argument".to_owned()),
            _ => Ok(RawHead { parameters: Some(args), ..named(start, *function)? }),
        },
        TermKind::Ref { .. } => named(start, term),
        TermKind::Var(ref name) if is_root(name) => Err("refs cannot be used for rule head".to_owned()),
        kind => Err(format!("{} cannot be used for rule name", kind_name(&kind))),
    }
}

/// `left = right`, or `left := right`.
fn with_value(start: u32, args: Vec<Term>, is_assigned: bool) -> Made<RawHead> {
    let mut args = args.into_iter();
    let (Some(left), Some(value)) = (args.next(), args.next()) else {
        return Err("assignment requires two operands".to_owned());
    };
    let head = match left.kind {
        TermKind::Call { function, args } => {
            let no_name = |_| "call cannot be used for rule name".to_owned();
            RawHead { parameters: Some(args), ..named(start, *function).map_err(no_name)? }
        }
        TermKind::Infix { operator, args } => {
            let function = if args.len() == 3 { "internal.member_3" } else { operator.builtin() };
            let mut steps = function.split('.');
            let name = Name { span: left.span, text: steps.next().unwrap_or_default().into() };
            let step = |step: &str| Term { span: left.span, kind: TermKind::String(step.into()) };
            RawHead { path: steps.map(step).collect(), parameters: Some(args), ..RawHead::new(start, name) }
        }
        TermKind::Ref { .. } | TermKind::Var(_) => named(start, left)?,
        kind => return Err(format!("{} cannot be used for rule name", kind_name(&kind))),
    };
    Ok(RawHead { value: Some(value), is_assigned, ..head })
}

/// A head of a name and what follows it.
fn named(start: u32, term: Term) -> Made<RawHead> {
    let text = term_text(&term);
    let (first, path) = match term.kind {
        TermKind::Ref { head, operands } => (*head, operands),
        kind => (Term { kind, ..term }, Vec::new()),
    };
    match first.kind {
        TermKind::Var(text) => Ok(RawHead { path, ..RawHead::new(start, Name { span: first.span, text }) }),
        _ => Err(format!("invalid rule head: {text}")),
    }
}

fn is_root(name: &str) -> bool {
    matches!(name, "input" | "data")
}
