//! Terms.

use super::keys::one_of_each_key;
use super::module::is_root;
use super::names::names_outside_of_bodies;
use super::scope::Declared;
use super::{Global, Lowerer, strings};
use crate::hir::{
    Body, Check, Comprehension, ComprehensionKind, Const, Head, Literal, LiteralKind, Operands, Ref, Term,
};
use hashbrown::HashSet;
use solon_syntax::{Span, ast, print};
use std::sync::Arc;

impl Lowerer<'_, '_> {
    /// Lowers a term; literals that must run before it are added to `before`.
    pub(super) fn term(&mut self, term: &ast::Term, before: &mut Body) -> Term {
        match &term.kind {
            ast::TermKind::Null => Term::Const(Const::Null),
            ast::TermKind::Bool(value) => Term::Const(Const::Bool(*value)),
            ast::TermKind::Number(text) => Term::Const(Const::Number(text.clone())),
            ast::TermKind::String(text) => Term::Const(Const::String(text.clone())),
            ast::TermKind::Template(parts) => self.template(parts, term.span, before),
            ast::TermKind::Var(name) => self.reference(name, &[], term.span, before),
            ast::TermKind::Ref { head, operands } => match &head.kind {
                ast::TermKind::Var(name) => self.reference(name, operands, term.span, before),
                _ => {
                    let head = self.term(head, before);
                    let operands = self.operands(operands, before);
                    let head = self.collection(head, &operands, term.span, before);
                    lookup(head, operands, term.span)
                }
            },
            ast::TermKind::Array(items) => Term::Array(self.terms(items, before)),
            ast::TermKind::Set(items) => {
                // As in OPA, where sets are in order, calls in them are made in that of the functions' names.
                let mut items: Vec<&ast::Term> = items.iter().collect();
                items.sort_by_cached_key(|item| self.function_name(item));
                Term::Set(self.terms(items, before))
            }
            ast::TermKind::Object(entries) => {
                let entries = one_of_each_key(entries);
                let mut parts = self.terms(entries.iter().flat_map(|&(key, value)| [key, value]), before).into_iter();
                let mut entries = Vec::with_capacity(entries.len());
                while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                    entries.push((key, value));
                }
                // Of keys that turn out equal the last counts, and this is OPA's order of them.
                entries.sort_by_key(|(key, _)| key_order(key));
                Term::Object(entries)
            }
            ast::TermKind::Call { .. } | ast::TermKind::Infix { .. } => {
                if let Some((value, None)) = self.annotations(term) {
                    return self.annotations_var(value, term.span, before);
                }
                let Some(call) = self.call(term, true, before) else { return Term::Const(Const::Null) };
                let output = Term::Var(self.fresh(term.span));
                let kind = LiteralKind::Call { call, output: Some(output.clone()) };
                before.push(Literal { span: term.span, kind });
                output
            }
            ast::TermKind::ArrayComprehension { term: value, body } => {
                self.comprehension(ComprehensionKind::Array, None, value, body, term.span)
            }
            ast::TermKind::SetComprehension { term: value, body } => {
                self.comprehension(ComprehensionKind::Set, None, value, body, term.span)
            }
            ast::TermKind::ObjectComprehension { key, value, body } => {
                self.comprehension(ComprehensionKind::Object, Some(key), value, body, term.span)
            }
        }
    }

    /// The variable of annotations. As in OPA they are no term that a pattern could be matched with part by part.
    pub(super) fn annotations_var(&mut self, value: Term, span: Span, before: &mut Body) -> Term {
        let var = Term::Var(self.fresh(span));
        before.push(Literal { span, kind: LiteralKind::Unify(var.clone(), value) });
        var
    }

    pub(super) fn terms<'t>(&mut self, terms: impl IntoIterator<Item = &'t ast::Term>, before: &mut Body) -> Vec<Term> {
        let terms = terms.into_iter();
        let mut lowered = Vec::with_capacity(terms.size_hint().0);
        // Those before this one are settled.
        let mut open = 0;
        for term in terms {
            let start = before.len();
            let next = self.term(term, before);
            open = self.settle(&mut lowered, open, start, before);
            lowered.push(next);
        }
        lowered
    }

    /// If terms to the right of others have calls, whose literals begin at `start`, collections that lookups in the
    /// others are in are made before these: in OPA, `[input.x][0] == f(1)` does not call `f` where `input.x` is undefined.
    /// `open` is how many terms have been looked at before; gives how many are now.
    pub(super) fn settle(&mut self, terms: &mut [Term], open: usize, start: usize, before: &mut Body) -> usize {
        if before.len() == start {
            return open;
        }
        let count = terms.len();
        let terms = terms.get_mut(open..).unwrap_or_default();
        if terms.iter().any(has_open_head) {
            let mut made = Body::new();
            terms.iter_mut().for_each(|term| self.take_heads(term, &mut made));
            before.splice(start..start, made);
        }
        count
    }

    /// Gives the collections that lookups in a term are in literals of their own.
    fn take_heads(&mut self, term: &mut Term, made: &mut Body) {
        match term {
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
            Term::Ref(reference) => {
                let span = reference.span;
                if let Head::Term(head) = &mut reference.head {
                    self.take_heads(head, made);
                    if has_lookup(head) {
                        let var = Term::Var(self.fresh(span));
                        let head = std::mem::replace(head, var.clone());
                        made.push(Literal { span, kind: LiteralKind::Unify(var, head) });
                    }
                }
                reference.operands.iter_mut().for_each(|operand| self.take_heads(operand, made));
            }
            Term::Array(items) | Term::Set(items) => items.iter_mut().for_each(|item| self.take_heads(item, made)),
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.take_heads(key, made);
                    self.take_heads(value, made);
                }
            }
        }
    }

    /// A collection in which something is looked up. As in OPA, one that is written with comprehensions is made before its
    /// keys are looked up: it may be an error where one of these is undefined. (Rules whose own bodies look for something
    /// in `input` that is not there OPA leaves out by its index.)
    pub(super) fn collection(&mut self, collection: Term, keys: &[Term], span: Span, before: &mut Body) -> Term {
        let is_indexed = self.place.is_some() && !self.scopes.is_nested();
        let is_late = |key: &Term| has_lookup(key) && !(is_indexed && is_input(key));
        if !has_body(&collection) || !keys.iter().any(is_late) {
            return collection;
        }
        let var = Term::Var(self.fresh(span));
        before.push(Literal { span, kind: LiteralKind::Unify(var.clone(), collection) });
        var
    }

    /// What a term calls, if it is a call: the steps of the function's path.
    fn function_name(&self, term: &ast::Term) -> Option<Vec<Arc<str>>> {
        let (name, rest) = match &term.kind {
            ast::TermKind::Infix { operator, .. } => return Some(vec![operator.builtin().into()]),
            ast::TermKind::Call { function, .. } => match &function.kind {
                ast::TermKind::Var(name) => (name, [].as_slice()),
                ast::TermKind::Ref { head, operands } => match &head.kind {
                    ast::TermKind::Var(name) => (name, operands.as_slice()),
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        let step = |step: &Term| match step {
            Term::Const(Const::String(text)) => Some(text.clone()),
            _ => None,
        };
        let own = match self.global(name) {
            Some((Head::Data, path)) => std::iter::once("data".into()).chain(path.iter().filter_map(step)).collect(),
            _ => vec![name.clone()],
        };
        let rest = rest.iter().filter_map(|step| match &step.kind {
            ast::TermKind::String(text) => Some(text.clone()),
            _ => None,
        });
        Some(own.into_iter().chain(rest).collect())
    }

    /// The keys of a lookup.
    fn operands(&mut self, operands: &[ast::Term], before: &mut Body) -> Operands {
        let mut keys = Operands::with_capacity(operands.len());
        self.operands_into(operands, before, &mut keys);
        keys
    }

    /// The same, with the keys added to others.
    fn operands_into(&mut self, operands: &[ast::Term], before: &mut Body, keys: &mut Operands) {
        let mut open = 0;
        for operand in operands {
            let outer = self.is_unresolved;
            self.is_unresolved |= matches!(operand.kind, ast::TermKind::Template(_));
            let start = before.len();
            let term = self.term(operand, before);
            open = self.settle(keys, open, start, before);
            self.is_unresolved = outer;
            keys.push(term);
        }
    }

    /// A term of a head. Lookups in it belong to the body, so that they can bind variables.
    pub(super) fn head_term(&mut self, term: &ast::Term, body: &mut Body) -> Term {
        let value = self.term(term, body);
        self.looked_up(value, term.span, body)
    }

    /// A term, or the variable of a literal that looks it up.
    fn looked_up(&mut self, term: Term, span: Span, body: &mut Body) -> Term {
        if !has_lookup(&term) {
            return term;
        }
        let var = Term::Var(self.fresh(span));
        body.push(Literal { span, kind: LiteralKind::Unify(var.clone(), term) });
        var
    }

    /// A name, with the keys that follow it.
    fn reference(&mut self, name: &Arc<str>, operands: &[ast::Term], span: Span, before: &mut Body) -> Term {
        let global = if self.scopes.declares(name) { None } else { self.global_path(name) };
        let Some((head, path)) = global else {
            let head = Term::Var(self.variable(name, span));
            let operands = self.operands(operands, before);
            return if operands.is_empty() { head } else { lookup(head, operands, span) };
        };
        let mut keys = Operands::with_capacity(path.len() + operands.len());
        keys.extend(strings(path));
        self.operands_into(operands, before, &mut keys);
        Term::Ref(Box::new(Ref { span, head, operands: keys }))
    }

    /// What a name means that no body declares: a root document, a rule or an import.
    pub(super) fn global(&self, name: &str) -> Option<(Head, Vec<Term>)> {
        self.global_path(name).map(|(head, path)| (head, strings(path).collect()))
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        key: Option<&ast::Term>,
        value: &ast::Term,
        body: &ast::Body,
        span: Span,
    ) -> Term {
        self.locals.set_nested();
        self.enter_comprehension(body);
        let mut literals = self.body(body);
        // As in OPA, calls come before lookups.
        let key = key.map(|key| (self.term(key, &mut literals), key.span));
        let computed = self.term(value, &mut literals);
        let key = key.map(|(key, span)| self.looked_up(key, span, &mut literals));
        let value = self.looked_up(computed, value.span, &mut literals);
        self.leave();
        Term::Comprehension(Box::new(Comprehension { span, kind, key, value, body: literals }))
    }

    /// Remembers that the names in a term, which gets a scope of its own, were used in the one around it.
    pub(super) fn mention_all(&mut self, term: &ast::Term) {
        let mut names = HashSet::new();
        names_outside_of_bodies(term, &mut names);
        names.iter().for_each(|name| self.mention(name));
    }

    /// A term wrapped in a set that is empty where the term is undefined; calls in it stay inside.
    pub(super) fn optional(&mut self, term: &ast::Term) -> Term {
        let span = term.span;
        self.optional_expr(&ast::Expr { span, kind: ast::ExprKind::Term(term.clone()), with: Vec::new() })
    }

    /// The value of an expression, wrapped in the same way.
    fn optional_expr(&mut self, expr: &ast::Expr) -> Term {
        self.check_value(expr);
        self.locals.set_shown();
        self.locals.set_nested();
        let mut body = Body::new();
        self.enter_comprehension(&Vec::new());
        let value = Term::Var(self.fresh(expr.span));
        self.expr(expr, &super::body::Value::Capture(value.clone()), &mut body);
        self.leave();
        let comprehension = Comprehension { span: expr.span, kind: ComprehensionKind::Set, key: None, value, body };
        Term::Comprehension(Box::new(comprehension))
    }

    /// Reports a call of `print` in a place where a value is expected.
    fn check_value(&mut self, expr: &ast::Expr) {
        if let ast::ExprKind::Term(term) = &expr.kind
            && let ast::TermKind::Call { function, .. } = &term.kind
            && matches!(&function.kind, ast::TermKind::Var(name) if **name == *"print")
        {
            let message = format!("{} used as value", print::term_text(term));
            self.error(Check::VoidCalls, "rego_type_error", term.span, message);
        }
    }

    fn template(&mut self, parts: &[ast::TemplatePart], span: Span, before: &mut Body) -> Term {
        if !self.environment.names.capabilities.has_feature("template_strings") {
            let message = "template strings are not supported by current capabilities";
            self.error(Check::Arguments, "rego_parse_error", span, message);
        }
        let parts = parts
            .iter()
            .map(|part| match part {
                ast::TemplatePart::Text(text) => Term::string(text),
                ast::TemplatePart::Term(term) => {
                    self.mention_all(term);
                    self.optional(term)
                }
                ast::TemplatePart::Expr(expr) => {
                    if let ast::ExprKind::Term(term) = &expr.kind {
                        self.mention_all(term);
                    }
                    self.optional_expr(expr)
                }
            })
            .collect();
        let Some(call) = self.builtin_call("internal.template_string", vec![Term::Array(parts)], span) else {
            return Term::Const(Const::Null);
        };
        let output = Term::Var(self.fresh(span));
        before.push(Literal { span, kind: LiteralKind::Call { call, output: Some(output.clone()) } });
        output
    }

    /// A pattern whose variables are declared by it.
    pub(super) fn pattern(&mut self, pattern: &ast::Term, how: Declared, place: Span, before: &mut Body) -> Term {
        match &pattern.kind {
            ast::TermKind::Var(name) if how == Declared::Assigned => {
                Term::Var(self.declare(name, pattern.span, how, place))
            }
            ast::TermKind::Var(name) if self.undeclared.contains(name) || is_root(name) => self.term(pattern, before),
            ast::TermKind::Var(name) => Term::Var(self.declare_used(name, pattern.span, how, place)),
            ast::TermKind::Array(items) => {
                Term::Array(items.iter().map(|item| self.pattern(item, how, place, before)).collect())
            }
            ast::TermKind::Object(entries) => Term::Object(
                entries
                    .iter()
                    .map(|(key, value)| (self.term(key, before), self.pattern(value, how, place, before)))
                    .collect(),
            ),
            _ => self.term(pattern, before),
        }
    }
}

impl<'e> Lowerer<'e, '_> {
    /// What a name means that no body declares, with the path that it stands for.
    fn global_path(&self, name: &str) -> Option<(Head, &'e [Arc<str>])> {
        // In v0, a rule or an import may be called `input` or `data`.
        let found: (Head, &[Arc<str>]) = match (name, self.global_of(name)) {
            (_, Some(Global::Input(path))) => (Head::Input, path),
            (_, Some(Global::Data(path))) => (Head::Data, path),
            ("input", None) => (Head::Input, &[]),
            ("data", None) => (Head::Data, &[]),
            _ => return None,
        };
        if matches!(found.0, Head::Data) {
            self.names_data.set(true);
        }
        Some(found)
    }
}

/// Constants come before variables, variables in the order in which they were met, then all else.
fn key_order(key: &Term) -> (u8, u32, Vec<Arc<str>>) {
    match key {
        Term::Const(_) => (0, 0, Vec::new()),
        Term::Var(var) => (1, var.0, Vec::new()),
        Term::Ref(reference) => {
            let names = reference.operands.iter().map_while(|operand| match operand {
                Term::Const(Const::String(name)) => Some(name.clone()),
                _ => None,
            });
            (2, 0, names.collect())
        }
        _ => (3, 0, Vec::new()),
    }
}

/// A lookup in a term; in a ref, the ref made longer.
pub(super) fn lookup(head: Term, operands: Operands, span: Span) -> Term {
    match head {
        Term::Ref(mut inner) => {
            inner.operands.extend(operands);
            inner.span = span;
            Term::Ref(inner)
        }
        head => Term::Ref(Box::new(Ref { span, head: Head::Term(head), operands })),
    }
}

/// Whether something holds of a term, or of an item of the collections that it is written as.
fn any_item(term: &Term, holds: fn(&Term) -> bool) -> bool {
    holds(term)
        || match term {
            Term::Array(items) | Term::Set(items) => items.iter().any(|item| any_item(item, holds)),
            Term::Object(entries) => entries.iter().any(|(key, value)| any_item(key, holds) || any_item(value, holds)),
            Term::Const(_) | Term::Var(_) | Term::Ref(_) | Term::Comprehension(_) => false,
        }
}

/// Whether there is a lookup with a key that is no constant in a term.
pub(super) fn has_open_lookup(term: &Term) -> bool {
    any_item(term, |item| match item {
        Term::Ref(reference) => reference.operands.iter().any(|key| !matches!(key, Term::Const(_))),
        _ => false,
    })
}

/// Whether there is a lookup in a term in a collection that is written with lookups in it.
fn has_open_head(term: &Term) -> bool {
    any_item(term, |item| match item {
        Term::Ref(reference) => {
            matches!(&reference.head, Head::Term(head) if has_lookup(head))
                || reference.operands.iter().any(has_open_head)
        }
        _ => false,
    })
}

fn has_lookup(term: &Term) -> bool {
    any_item(term, |item| matches!(item, Term::Ref(_)))
}

/// Whether a comprehension is written in a term.
fn has_body(term: &Term) -> bool {
    any_item(term, |item| matches!(item, Term::Comprehension(_)))
}

/// Whether a term is a constant path below `input`.
fn is_input(term: &Term) -> bool {
    let Term::Ref(reference) = term else { return false };
    matches!(reference.head, Head::Input) && reference.operands.iter().all(|step| matches!(step, Term::Const(_)))
}
