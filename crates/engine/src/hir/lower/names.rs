//! Names that a term uses.

use hashbrown::HashSet;
use solon_syntax::ast;

/// Names in a term, those in comprehensions and of functions aside.
pub(super) fn names_outside_of_bodies(term: &ast::Term, names: &mut HashSet<String>) {
    Collector { names, enters_bodies: false }.term(term);
}

/// Names in a term, comprehensions included.
pub(super) fn names_with_bodies(term: &ast::Term, names: &mut HashSet<String>) {
    Collector { names, enters_bodies: true }.term(term);
}

struct Collector<'n> {
    names: &'n mut HashSet<String>,
    enters_bodies: bool,
}

impl Collector<'_> {
    fn term(&mut self, term: &ast::Term) {
        match &term.kind {
            ast::TermKind::Var(name) => {
                self.names.insert(name.clone());
            }
            ast::TermKind::Ref { head, operands } => {
                self.term(head);
                self.terms(operands);
            }
            ast::TermKind::Array(items) | ast::TermKind::Set(items) => self.terms(items),
            ast::TermKind::Call { args, .. } | ast::TermKind::Infix { args, .. } => self.terms(args),
            ast::TermKind::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.term(key);
                self.term(value);
            }),
            ast::TermKind::ArrayComprehension { term, body } | ast::TermKind::SetComprehension { term, body }
                if self.enters_bodies =>
            {
                self.term(term);
                self.body(body);
            }
            ast::TermKind::ObjectComprehension { key, value, body } if self.enters_bodies => {
                self.term(key);
                self.term(value);
                self.body(body);
            }
            _ => {}
        }
    }

    fn terms(&mut self, terms: &[ast::Term]) {
        terms.iter().for_each(|term| self.term(term));
    }

    fn body(&mut self, body: &ast::Body) {
        body.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &ast::Expr) {
        expr.with.iter().for_each(|with| self.term(&with.value));
        match &expr.kind {
            ast::ExprKind::Term(term) => self.term(term),
            ast::ExprKind::Not(inner) => self.expr(inner),
            ast::ExprKind::NotBody { body, .. } => self.body(body),
            ast::ExprKind::Some(declared) => self.names.extend(declared.iter().map(|name| name.text.clone())),
            ast::ExprKind::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|term| self.term(term));
            }
            ast::ExprKind::Every { key, value, domain, body } => {
                self.names.extend(key.iter().chain([value]).map(|name| name.text.clone()));
                self.term(domain);
                self.body(body);
            }
            ast::ExprKind::And(left, right) | ast::ExprKind::Or(left, right) => {
                self.body(left);
                self.body(right);
            }
        }
    }
}
