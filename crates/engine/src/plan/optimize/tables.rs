//! Rules that only say which constant belongs to which text are one lookup in an object of them.
//!
//! `factor("Ki") := 1024`, `factor("Mi") := 1048576` and so on is how policies write tables. As a lookup it is small enough
//! to be copied to where it is asked for.

use crate::hir::Const;
use crate::plan::{Branch, Comparison, Constant, Definition, DocumentKind, DocumentPlan, Expr, Slot, Step, Test, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fewer rules are tried one by one.
const FEWEST: usize = 3;

/// Makes lookups of documents that are tables.
pub(super) fn make_tables(tree: &Tree, plans: &mut [DocumentPlan]) {
    for (document, plan) in tree.documents.iter().zip(plans) {
        let is_one_value = matches!(document.kind, DocumentKind::Complete | DocumentKind::Function(_));
        if is_one_value && plan.definitions.len() >= FEWEST && plan.default.is_none() {
            make_table(plan);
        }
    }
}

fn make_table(plan: &mut DocumentPlan) {
    let Some((subject, entries)) = entries_of(&plan.definitions) else { return };
    let Some(Definition { branches, .. }) = plan.definitions.first_mut() else { return };
    let Some(Branch { block, value, .. }) = branches.first_mut() else { return };
    let entries = entries.into_iter().map(|(key, value)| (Constant::Scalar(Const::String(key)), value)).collect();
    block.clear();
    *value = Expr::Index(Box::new(Expr::Const(Constant::Object(entries))), Box::new(subject));
    plan.definitions.truncate(1);
}

/// What all rules compare with a text, and the values by those texts; nothing if one does something else, or two disagree.
fn entries_of(definitions: &[Definition]) -> Option<(Expr, BTreeMap<Arc<str>, Constant>)> {
    let mut subject = None;
    let mut entries = BTreeMap::new();
    for definition in definitions {
        let [branch] = definition.branches.as_slice() else { return None };
        let mut steps = branch.block.iter().filter(|step| !always_holds(step));
        let (Some(Step::Test(Test::Compare(Comparison::Equal, left, right))), None, Expr::Const(value)) =
            (steps.next(), steps.next(), &branch.value)
        else {
            return None;
        };
        let (text, other) = text_of(left).map(|text| (text, right)).or_else(|| Some((text_of(right)?, left)))?;
        if definition.has_effects || !branch.keys.is_empty() || !is_simple(other) {
            return None;
        }
        if *subject.get_or_insert(other) != other {
            return None;
        }
        if entries.insert(Arc::clone(text), value.clone()).is_some_and(|known| known != *value) {
            return None;
        }
    }
    Some((subject?.clone(), entries))
}

/// Whether a step is the body `true`, without which rules could not be written before v1.
fn always_holds(step: &Step) -> bool {
    matches!(step, Step::Test(Test::Truthy(Expr::Const(Constant::Scalar(Const::Bool(true))))))
}

fn text_of(expr: &Expr) -> Option<&Arc<str>> {
    match expr {
        Expr::Const(Constant::Scalar(Const::String(text))) => Some(text),
        _ => None,
    }
}

/// Whether it is an argument, or at a path of one or of `input`.
fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::Slot(Slot(_)) | Expr::Input => true,
        Expr::Path(base, _) => is_simple(base),
        _ => false,
    }
}
