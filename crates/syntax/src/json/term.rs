//! Terms and expressions.

use super::{Converter, Json, order, tagged};
use crate::ast::{Body, Expr, ExprKind, Operator, TemplatePart, Term, TermKind};

impl Converter<'_> {
    pub(super) fn term(&mut self, term: &Term) -> Json {
        match &term.kind {
            TermKind::Null => tagged("null", Json::Object(Vec::new())),
            TermKind::Bool(value) => tagged("boolean", Json::Bool(*value)),
            TermKind::Number(text) => tagged("number", Json::Number(text.to_string())),
            TermKind::String(text) => tagged("string", Json::text(text)),
            TermKind::Template(parts) => self.template(term, parts),
            TermKind::Var(name) if matches!(&**name, "data" | "input") => {
                tagged("ref", Json::Array(vec![tagged("var", Json::text(name))]))
            }
            TermKind::Var(name) => self.variable(name),
            TermKind::Ref { head, operands } => tagged("ref", self.reference(head, operands)),
            TermKind::Array(items) => tagged("array", self.terms(items)),
            TermKind::Object(entries) => self.object(entries),
            TermKind::Set(items) => self.set(items),
            TermKind::Call { .. } | TermKind::Infix { .. } => tagged("call", Json::Array(self.call(term))),
            TermKind::ArrayComprehension { term, body } => {
                let term = self.term(term);
                tagged("arraycomprehension", Json::Object(vec![("body", self.body(body)), ("term", term)]))
            }
            TermKind::SetComprehension { term, body } => {
                let term = self.term(term);
                tagged("setcomprehension", Json::Object(vec![("body", self.body(body)), ("term", term)]))
            }
            TermKind::ObjectComprehension { key, value, body } => {
                let (key, value) = (self.term(key), self.term(value));
                let fields = vec![("body", self.body(body)), ("key", key), ("value", value)];
                tagged("objectcomprehension", Json::Object(fields))
            }
        }
    }

    fn terms(&mut self, terms: &[Term]) -> Json {
        Json::Array(terms.iter().map(|term| self.term(term)).collect())
    }

    fn reference(&mut self, head: &Term, operands: &[Term]) -> Json {
        let mut steps = vec![match &head.kind {
            TermKind::Var(name) => self.variable(name),
            _ => self.term(head),
        }];
        steps.extend(operands.iter().map(|operand| self.term(operand)));
        Json::Array(steps)
    }

    /// Members in order, the first of equal ones.
    fn set(&mut self, items: &[Term]) -> Json {
        let mut items: Vec<Json> = items.iter().map(|item| self.term(item)).collect();
        items.sort_by(order::compare);
        items.dedup_by(|later, earlier| order::compare(later, earlier).is_eq());
        tagged("set", Json::Array(items))
    }

    /// Entries in the order of their keys; what stands twice is kept twice.
    fn object(&mut self, entries: &[(Term, Term)]) -> Json {
        let mut entries: Vec<(Json, Json)> =
            entries.iter().map(|(key, value)| (self.term(key), self.term(value))).collect();
        entries.sort_by(|left, right| order::compare(&left.0, &right.0));
        tagged("object", Json::Array(entries.into_iter().map(|(key, value)| Json::Array(vec![key, value])).collect()))
    }

    /// A call: the function, then its arguments.
    fn call(&mut self, term: &Term) -> Vec<Json> {
        let (mut call, args) = match &term.kind {
            TermKind::Call { function, args } => {
                let function = match &function.kind {
                    TermKind::Ref { head, operands } => self.reference(head, operands),
                    _ => self.reference(function, &[]),
                };
                (vec![tagged("ref", function)], args)
            }
            TermKind::Infix { operator, args } => {
                let name = match (operator, args.len()) {
                    (Operator::In, 3) => "internal.member_3",
                    _ => operator.builtin(),
                };
                let kinds = std::iter::once("var").chain(std::iter::repeat("string"));
                let steps = kinds.zip(name.split('.')).map(|(kind, step)| tagged(kind, Json::text(step)));
                (vec![tagged("ref", Json::Array(steps.collect()))], args)
            }
            _ => return vec![self.term(term)],
        };
        call.extend(args.iter().map(|arg| self.term(arg)));
        call
    }

    fn template(&mut self, term: &Term, parts: &[TemplatePart]) -> Json {
        let is_raw = self.source.slice(term.span).starts_with("$`");
        let parts: Vec<Json> = parts.iter().map(|part| self.template_part(part)).collect();
        let parts = if parts.is_empty() { Json::Null } else { Json::Array(parts) };
        tagged("templatestring", Json::Object(vec![("multi_line", Json::Bool(is_raw)), ("parts", parts)]))
    }

    fn template_part(&mut self, part: &TemplatePart) -> Json {
        match part {
            TemplatePart::Text(text) => tagged("string", Json::text(text)),
            TemplatePart::Term(term) => match &term.kind {
                TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => self.term(term),
                _ => {
                    let terms = self.statement(term);
                    Json::Object(vec![("index", Json::number(0)), ("terms", terms)])
                }
            },
            TemplatePart::Expr(expr) => self.expr(expr, 0),
        }
    }

    /// A term that stands for itself: calls are their parts.
    fn statement(&mut self, term: &Term) -> Json {
        match &term.kind {
            TermKind::Call { .. } | TermKind::Infix { .. } => Json::Array(self.call(term)),
            _ => self.term(term),
        }
    }

    /// The body of a rule; one that is not written is `true`.
    pub(super) fn rule_body(&mut self, body: &Body) -> Json {
        if !body.is_empty() {
            return self.body(body);
        }
        let terms = tagged("boolean", Json::Bool(true));
        let fields = vec![("generated", Json::Bool(true)), ("index", Json::number(0)), ("terms", terms)];
        Json::Array(vec![Json::Object(fields)])
    }

    fn body(&mut self, body: &Body) -> Json {
        Json::Array(body.iter().zip(0..).map(|(expr, index)| self.expr(expr, index)).collect())
    }

    fn expr(&mut self, expr: &Expr, index: u32) -> Json {
        let is_negated = matches!(expr.kind, ExprKind::Not(_));
        let terms = self.expr_terms(expr);
        let mut fields = vec![("index", Json::number(index))];
        if is_negated {
            fields.push(("negated", Json::Bool(true)));
        }
        fields.push(("terms", terms));
        if !expr.with.is_empty() {
            let with = expr.with.iter().map(|with| {
                let target = self.term(&with.target);
                Json::Object(vec![("target", target), ("value", self.term(&with.value))])
            });
            fields.push(("with", Json::Array(with.collect())));
        }
        Json::Object(fields)
    }

    fn expr_terms(&mut self, expr: &Expr) -> Json {
        match &expr.kind {
            ExprKind::Term(term) => self.statement(term),
            ExprKind::Not(inner) => self.expr_terms(inner),
            ExprKind::NotBody { body, is_explicit } => {
                let body = self.body(body);
                let explicit = ("explicit_body", Json::Bool(*is_explicit));
                Json::Object(vec![("body", body), explicit, ("type", Json::text("not"))])
            }
            ExprKind::Some(names) => {
                let names = names.iter().map(|name| self.variable(&name.text)).collect();
                Json::Object(vec![("symbols", Json::Array(names))])
            }
            ExprKind::SomeIn { key, value, collection } => {
                let name = if key.is_some() { "member_3" } else { "member_2" };
                let steps = vec![tagged("var", Json::text("internal")), tagged("string", Json::text(name))];
                let mut call = vec![tagged("ref", Json::Array(steps))];
                call.extend(key.iter().chain([value, collection]).map(|term| self.term(term)));
                Json::Object(vec![("symbols", Json::Array(vec![tagged("call", Json::Array(call))]))])
            }
            ExprKind::Every { key, value, domain, body } => {
                let key = key.as_ref().map_or(Json::Null, |key| self.variable(&key.text));
                let value = self.variable(&value.text);
                let domain = self.term(domain);
                Json::Object(vec![("body", self.body(body)), ("domain", domain), ("key", key), ("value", value)])
            }
            ExprKind::And(left, right) => self.logic("and", expr, left, right),
            ExprKind::Or(left, right) => self.logic("or", expr, left, right),
        }
    }

    fn logic(&mut self, kind: &'static str, expr: &Expr, left: &Body, right: &Body) -> Json {
        let mut fields = Vec::new();
        // Braces of the first operand belong to the whole; those before it are around it.
        let starts_later = left.first().is_some_and(|first| first.span.start > expr.span.start);
        if starts_later && self.source.slice(expr.span).starts_with('{') {
            fields.push(("explicit_lhs", Json::Bool(true)));
        }
        if right.first().is_some_and(|first| self.follows_brace(first.span.start)) {
            fields.push(("explicit_rhs", Json::Bool(true)));
        }
        fields.extend([("lhs", self.body(left)), ("rhs", self.body(right)), ("type", Json::text(kind))]);
        Json::Object(fields)
    }
}
