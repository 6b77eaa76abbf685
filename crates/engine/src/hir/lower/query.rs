//! Queries.

use super::body::Value;
use super::{Environment, Lowerer, Names, path_of};
use crate::hir::{Body, Literal, LiteralKind, Problems, Query, Term};
use solon_syntax::ast;

/// What a query sees: the package it is asked in and imports.
#[derive(Clone, Debug, Default)]
pub struct QueryContext {
    /// The package, as parts below `data`.
    pub package: Vec<String>,
    /// Imports.
    pub imports: Vec<ast::Import>,
}

/// Lowers a query against rules of these names.
pub fn lower_query(body: &ast::Body, context: &QueryContext, names: &Names, problems: &mut Problems) -> Query {
    let package = path_of(&context.package);
    let environment = Environment::new(&package, &context.imports, names);
    let mut lowerer = Lowerer::new(&environment, problems);
    lowerer.enter(body);
    let mut literals = Body::new();
    let mut expressions = Vec::new();
    let must_hold = body.len() > 1 || has_iteration(body);
    let mut conditions = Vec::new();
    for expr in body {
        let captured = match &expr.kind {
            ast::ExprKind::Term(term)
                if matches!(lowerer.as_operator(term), Some((ast::Operator::Assign | ast::Operator::Unify, _))) =>
            {
                None
            }
            ast::ExprKind::Term(term) if !is_statement(term) => Some(Term::Var(lowerer.fresh(expr.span))),
            _ => None,
        };
        let mode = captured.clone().map_or(Value::Test, Value::Capture);
        lowerer.expr(expr, &mode, &mut literals);
        if let Some(value) = captured.clone().filter(|_| must_hold) {
            conditions.push(Literal { span: expr.span, kind: LiteralKind::Truthy(value) });
        }
        // What only declares variables has no value.
        if !matches!(expr.kind, ast::ExprKind::Some(_)) {
            expressions.push((expr.span, captured.unwrap_or(Term::TRUE)));
        }
    }
    literals.append(&mut conditions);
    let mut bindings = lowerer.scopes.visible();
    bindings.sort();
    lowerer.leave();
    Query { body: literals, bindings, expressions, locals: lowerer.locals }
}

/// Whether a query can have several answers, as far as OPA looks: then each expression must hold, while a single
/// `false` is an answer.
fn has_iteration(body: &ast::Body) -> bool {
    body.iter().any(|expr| {
        let is_iterating = match &expr.kind {
            ast::ExprKind::Term(term) => iterates(term),
            ast::ExprKind::SomeIn { .. } => true,
            _ => false,
        };
        is_iterating || expr.with.iter().any(|with| iterates(&with.value))
    })
}

fn iterates(term: &ast::Term) -> bool {
    match &term.kind {
        ast::TermKind::Ref { head, operands } => {
            let is_var = |operand: &ast::Term| matches!(operand.kind, ast::TermKind::Var(_));
            iterates(head) || operands.iter().any(|operand| is_var(operand) || iterates(operand))
        }
        ast::TermKind::Array(items) | ast::TermKind::Set(items) => items.iter().any(iterates),
        ast::TermKind::Object(entries) => entries.iter().any(|(key, value)| iterates(key) || iterates(value)),
        ast::TermKind::Call { function, args } => {
            let is_walk = matches!(&function.kind, ast::TermKind::Var(name) if **name == *"walk");
            is_walk || args.iter().any(iterates)
        }
        ast::TermKind::Infix { args, .. } => args.iter().any(iterates),
        _ => false,
    }
}

/// Calls without a result.
fn is_statement(term: &ast::Term) -> bool {
    matches!(&term.kind, ast::TermKind::Call { function, .. }
        if matches!(&function.kind, ast::TermKind::Var(name) if **name == *"print"))
}
