//! Names that a term uses.

use hashbrown::HashSet;
use solon_syntax::ast;
use std::sync::Arc;

/// Names in a term, those in comprehensions and of functions aside.
pub(super) fn names_outside_of_bodies(term: &ast::Term, names: &mut HashSet<Arc<str>>) {
    Collector { names, wanted: &|_| true, enters_bodies: false, only_modifiers: false }.term(term);
}

/// Names in a body that are `wanted`, those in comprehensions and other bodies inside of it aside.
pub(super) fn names_of_body(body: &ast::Body, wanted: &dyn Fn(&str) -> bool) -> HashSet<Arc<str>> {
    let mut names = HashSet::new();
    Collector { names: &mut names, wanted, enters_bodies: false, only_modifiers: false }.body(body);
    names
}

/// Names in the modifiers of a body and of all bodies inside of it.
pub(super) fn names_of_modifiers(body: &ast::Body) -> HashSet<Arc<str>> {
    let mut names = HashSet::new();
    Collector { names: &mut names, wanted: &|_| true, enters_bodies: true, only_modifiers: true }.body(body);
    names
}

/// Names in a term, comprehensions included.
pub(super) fn names_with_bodies(term: &ast::Term, names: &mut HashSet<Arc<str>>) {
    Collector { names, wanted: &|_| true, enters_bodies: true, only_modifiers: false }.term(term);
}

struct Collector<'n> {
    names: &'n mut HashSet<Arc<str>>,
    /// Others are passed over.
    wanted: &'n dyn Fn(&str) -> bool,
    enters_bodies: bool,
    only_modifiers: bool,
}

impl Collector<'_> {
    fn term(&mut self, term: &ast::Term) {
        match &term.kind {
            ast::TermKind::Var(name) => self.name(name),
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

    fn name(&mut self, name: &Arc<str>) {
        if !self.only_modifiers && (self.wanted)(name) {
            self.names.insert(name.clone());
        }
    }

    fn terms(&mut self, terms: &[ast::Term]) {
        terms.iter().for_each(|term| self.term(term));
    }

    fn body(&mut self, body: &ast::Body) {
        body.iter().for_each(|expr| self.expr(expr));
    }

    fn inner(&mut self, body: &ast::Body) {
        if self.enters_bodies {
            self.body(body);
        }
    }

    fn expr(&mut self, expr: &ast::Expr) {
        for with in &expr.with {
            self.term(&with.value);
            if self.only_modifiers {
                let mut all =
                    Collector { names: self.names, wanted: self.wanted, enters_bodies: true, only_modifiers: false };
                all.term(&with.target);
                all.term(&with.value);
            }
        }
        match &expr.kind {
            ast::ExprKind::Term(term) => self.term(term),
            ast::ExprKind::Not(inner) => self.expr(inner),
            ast::ExprKind::NotBody { body, .. } => self.inner(body),
            ast::ExprKind::Some(declared) => declared.iter().for_each(|name| self.name(&name.text)),
            ast::ExprKind::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|term| self.term(term));
            }
            ast::ExprKind::Every { key, value, domain, body } => {
                self.term(domain);
                if self.enters_bodies {
                    key.iter().chain([value]).for_each(|name| self.name(&name.text));
                    self.body(body);
                }
            }
            ast::ExprKind::And(left, right) | ast::ExprKind::Or(left, right) => {
                self.inner(left);
                self.inner(right);
            }
        }
    }
}
