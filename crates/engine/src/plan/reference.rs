//! Terms that are computed, and lookups.

use super::body::{Builder, Opening, Planner};
use super::pieces::{Piece, pieces_of_expr};
use super::{At, Comprehension, Constant, Expr, Found, Keys};
use crate::hir::{self, Const, Head, Ref, Term};
use smallvec::smallvec;
use std::sync::Arc;

impl Planner<'_> {
    /// The value of a term. Lookups with unbound keys open loops in `builder`.
    pub(super) fn expr(&mut self, term: &Term, builder: &mut Builder) -> Expr {
        match term {
            Term::Const(value) => Expr::Const(Constant::Scalar(value.clone())),
            Term::Var(var) => match self.slot(*var) {
                Some(slot) => Expr::Slot(slot),
                None => {
                    self.internal_error(self.locals.span(*var), "an unbound variable is read");
                    Expr::Undefined
                }
            },
            Term::Ref(reference) => self.reference(reference, builder),
            Term::Array(items) => {
                let items = self.items(items, builder);
                constant_array(items, Constant::Array, Expr::Array)
            }
            Term::Set(items) => {
                let items = self.items(items, builder);
                constant_array(items, Constant::Set, Expr::Set)
            }
            Term::Object(entries) => {
                let mut values = self.items(entries.iter().flat_map(|(key, value)| [key, value]), builder).into_iter();
                let mut pairs = Vec::with_capacity(entries.len());
                pairs.extend(std::iter::from_fn(|| Some((values.next()?, values.next()?))));
                object(pairs)
            }
            Term::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    /// The values of terms in their order.
    pub(super) fn items<'t>(&mut self, items: impl IntoIterator<Item = &'t Term>, builder: &mut Builder) -> Vec<Expr> {
        let items = items.into_iter();
        let (mut values, mut settled) = (Vec::with_capacity(items.size_hint().0), 0);
        for item in items {
            if !self.is_bound(item) {
                self.settle(values.iter_mut().skip(settled), builder);
                settled = values.len();
            }
            values.push(self.expr(item, builder));
        }
        values
    }

    /// Computes values ahead of a loop that is opened next: where it has no elements, OPA has computed them.
    pub(super) fn settle<'e>(&mut self, values: impl Iterator<Item = &'e mut Expr>, builder: &mut Builder) {
        for value in values.filter(|value| value.evaluates()) {
            let slot = self.in_slot(std::mem::replace(value, Expr::Undefined), builder);
            *value = Expr::Slot(slot);
        }
    }

    fn comprehension(&mut self, comprehension: &hir::Comprehension) -> Expr {
        self.scoped(|planner| {
            let mut builder = Builder::default();
            planner.body(&comprehension.body, &mut builder);
            let key = comprehension.key.as_ref().map(|key| planner.expr(key, &mut builder));
            let value = planner.expr(&comprehension.value, &mut builder);
            let block = builder.finish();
            let (kind, at) = (comprehension.kind, At(comprehension.span));
            Expr::Comprehension(Box::new(Comprehension { kind, block, key, value, at }))
        })
    }

    fn reference(&mut self, reference: &Ref, builder: &mut Builder) -> Expr {
        let (mut value, operands) = match &reference.head {
            Head::Input => (Expr::Input, reference.operands.as_slice()),
            Head::Term(head) => (self.expr(head, builder), reference.operands.as_slice()),
            Head::Data => {
                let prefix: Vec<Arc<str>> = reference.operands.iter().map_while(text_of).cloned().collect();
                match self.tree.find(&prefix) {
                    Found::Document(document, steps) => {
                        let value = match self.tree.document(document).kind {
                            super::DocumentKind::Function(1..) => Expr::Undefined,
                            _ => Expr::Document(document, At(reference.span)),
                        };
                        (value, reference.operands.get(steps..).unwrap_or_default())
                    }
                    // The keys of base documents are strings even where they are written as numbers.
                    Found::Base if reference.operands.iter().any(is_number) => return self.data(reference, builder),
                    Found::Base => (Expr::BaseData, reference.operands.as_slice()),
                    Found::Node(_) => return self.data(reference, builder),
                }
            }
        };
        let constant = operands.iter().map_while(text_of);
        let (keys, rest) = operands.split_at(constant.clone().count());
        value = value.at_all(keys.len(), constant);
        for operand in rest {
            value = self.element(value, operand, reference.span, builder);
        }
        value
    }

    /// A lookup in `data` that leaves the known documents: its keys are followed at run time.
    fn data(&mut self, reference: &Ref, builder: &mut Builder) -> Expr {
        let mut path: Vec<Expr> = Vec::new();
        for operand in &reference.operands {
            if self.is_bound(operand) || self.is_lookup(operand) {
                let key = self.expr(operand, builder);
                path.push(match key {
                    Expr::Const(_) | Expr::Slot(_) => key,
                    key => Expr::Slot(self.in_slot(key, builder)),
                });
                continue;
            }
            let key = self.new_slot();
            builder.open(Opening::DataLoop { path: path.clone(), key });
            self.match_pattern(operand, Expr::Slot(key), reference.span, builder);
            path.push(Expr::Slot(key));
        }
        Expr::Data(path.into(), At(reference.span))
    }
}

impl Expr {
    /// Whether rules or bodies are evaluated for it, which may end in an error.
    fn evaluates(&self) -> bool {
        if matches!(self, Expr::Document(..) | Expr::Data(..) | Expr::Call { .. } | Expr::Comprehension(_)) {
            return true;
        }
        let mut found = false;
        pieces_of_expr(self, &mut |piece| found |= matches!(piece, Piece::Expr(part) if part.evaluates()));
        found
    }

    /// What is at so many constant keys.
    fn at_all<'k>(self, count: usize, keys: impl Iterator<Item = &'k Arc<str>>) -> Expr {
        if count == 0 {
            return self;
        }
        let (base, mut path) = match self {
            Expr::Path(base, path) => (base, path),
            base => (Box::new(base), Keys::with_capacity(count)),
        };
        keys.for_each(|key| path.push(key.clone()));
        Expr::Path(base, path)
    }

    /// What is at a constant key.
    pub(super) fn at(self, key: Arc<str>) -> Expr {
        match self {
            Expr::Path(base, mut keys) => {
                keys.push(key);
                Expr::Path(base, keys)
            }
            base => Expr::Path(Box::new(base), smallvec![key]),
        }
    }
}

impl Constant {
    /// A small integer.
    pub(super) fn integer(value: usize) -> Constant {
        Constant::Scalar(Const::Number(value.to_string().into()))
    }
}

pub(super) fn text_of(term: &Term) -> Option<&Arc<str>> {
    match term {
        Term::Const(Const::String(text)) => Some(text),
        _ => None,
    }
}

fn is_number(term: &Term) -> bool {
    matches!(term, Term::Const(Const::Number(_)))
}

fn constant_array(
    items: Vec<Expr>,
    constant: impl FnOnce(Arc<[Constant]>) -> Constant,
    built: impl FnOnce(Box<[Expr]>) -> Expr,
) -> Expr {
    match items.iter().all(is_constant) {
        true => Expr::Const(constant(items.into_iter().filter_map(constant_of).collect())),
        false => built(items.into()),
    }
}

fn object(entries: Vec<(Expr, Expr)>) -> Expr {
    if !entries.iter().all(|(key, value)| is_constant(key) && is_constant(value)) {
        return Expr::Object(entries.into());
    }
    let constants = entries.into_iter().filter_map(|(key, value)| Some((constant_of(key)?, constant_of(value)?)));
    Expr::Const(Constant::Object(constants.collect()))
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Const(_))
}

fn constant_of(expr: Expr) -> Option<Constant> {
    match expr {
        Expr::Const(constant) => Some(constant),
        _ => None,
    }
}
