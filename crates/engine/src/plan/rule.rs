//! Definitions of documents, and queries.

use super::body::{Builder, Planner};
use super::required::required_first;
use super::tree::Tree;
use super::{Branch, Definition, DocumentPlan, Expr, QueryPlan, Slot, Step, Test};
use crate::hir::lower::{Functions, Program};
use crate::hir::{Body, Const, Head, Query, Rule, Term};
use hashbrown::HashSet;
use smallvec::SmallVec;
use solon_syntax::Diagnostic;

/// Plans every document of a tree.
pub fn plan_program(program: &Program, tree: &Tree, errors: &mut Vec<Diagnostic>) -> Vec<DocumentPlan> {
    tree.documents
        .iter()
        .map(|document| {
            let mut plan = |index: &usize| {
                program.rules.get(*index).map(|rule| definition(&program.names.functions, tree, rule, errors))
            };
            let mut definitions = Vec::with_capacity(document.rules.len());
            definitions.extend(document.rules.iter().filter_map(&mut plan));
            DocumentPlan { definitions, default: document.default.iter().find_map(&mut plan), unordered: None }
        })
        .collect()
}

fn definition(functions: &Functions, tree: &Tree, rule: &Rule, errors: &mut Vec<Diagnostic>) -> Definition {
    let arguments = rule.params.as_ref().map_or(0, Vec::len);
    let mut planner = Planner::new(functions, tree, &rule.locals, arguments, errors);
    let mut branches = SmallVec::with_capacity(rule.branches.len());
    for (index, branch) in rule.branches.iter().enumerate() {
        let branch = planner.scoped(|planner| {
            let mut builder = Builder::with_capacity(branch.body.len());
            planner.parameters(rule, &mut builder);
            let mark = planner.slot_count();
            let key_terms = if index == 0 { rule.keys.as_slice() } else { &[] };
            let head: SmallVec<[&Term; 4]> = key_terms.iter().chain([&branch.value]).collect();
            planner.rule_body(&branch.body, &head, &mut builder);
            let is_flat = builder.is_flat();
            let keys: Vec<Expr> = key_terms.iter().map(|key| planner.expr(key, &mut builder)).collect();
            let value = planner.expr(&branch.value, &mut builder);
            let is_single = is_flat || keys.iter().chain([&value]).all(|expr| is_independent(expr, mark));
            let block = builder.finish();
            Branch { block, keys, is_set: rule.is_set, value, is_single, span: branch.span }
        });
        branches.push(branch);
    }
    let (slots, has_effects) = (planner.slot_count(), planner.has_effects);
    Definition { span: rule.span, branches, slots, has_effects }
}

/// The path of a lookup with constant keys, and whether it is one of `input`.
fn path_of(term: &Term) -> Option<(bool, Vec<&Const>)> {
    let Term::Ref(reference) = term else { return None };
    let keys = reference.operands.iter().map(|operand| match operand {
        Term::Const(key) => Some(key),
        _ => None,
    });
    Some((matches!(reference.head, Head::Input), keys.collect::<Option<_>>()?))
}

/// Whether a value is the same whatever a body finds: a constant, or made of the first `bound` slots.
fn is_independent(expr: &Expr, bound: u32) -> bool {
    match expr {
        Expr::Const(_) => true,
        Expr::Slot(Slot(slot)) => *slot < bound,
        _ => false,
    }
}

/// Plans a query.
pub fn plan_query(functions: &Functions, tree: &Tree, query: &Query, errors: &mut Vec<Diagnostic>) -> QueryPlan {
    let mut planner = Planner::new(functions, tree, &query.locals, 0, errors);
    let mut builder = Builder::default();
    planner.body(&query.body, &mut builder);
    let bindings: Vec<_> = query.bindings.iter().filter(|(_, var)| planner.slot(*var).is_some()).cloned().collect();
    let terms = bindings.iter().map(|(_, var)| Term::Var(*var));
    let terms: Vec<Term> = terms.chain(query.expressions.iter().map(|(_, term)| term.clone())).collect();
    let row = terms.iter().map(|term| planner.expr(term, &mut builder)).collect();
    QueryPlan {
        row,
        bindings: bindings.into_iter().map(|(name, _)| name).collect(),
        expressions: query.expressions.iter().map(|(span, _)| *span).collect(),
        slots: planner.slot_count(),
        block: builder.finish(),
    }
}

impl Planner<'_> {
    /// Adds the literals of a rule's body.
    fn rule_body(&mut self, body: &Body, head: &[&Term], builder: &mut Builder) {
        let ordered = required_first(body, head, self.tree);
        let mut seen = HashSet::new();
        for term in ordered.required.into_iter().filter(|term| path_of(term).is_none_or(|path| seen.insert(path))) {
            let value = self.expr(term, builder);
            builder.push(Step::Test(Test::Defined(value)));
        }
        match ordered.literals {
            None => self.body(body, builder),
            Some(literals) => literals.into_iter().for_each(|literal| self.literal(literal, builder)),
        }
    }

    /// Matches a function's parameters. (Those that are computed are variables, which bodies match.)
    fn parameters(&mut self, rule: &Rule, builder: &mut Builder) {
        for (index, param) in rule.params.iter().flatten().enumerate() {
            self.match_pattern(param, Expr::Slot(Slot(index as u32)), rule.span, builder);
        }
    }
}
