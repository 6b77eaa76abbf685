//! What is written in a program, as far as mistakes of OPA depend on it.

use solon_generate::Case;
use solon_syntax::ast::{Body, Expr, ExprKind, HeadKind, Module, Rule, TemplatePart, Term, TermKind, Version};
use solon_syntax::{ParseOptions, parse_module, parse_query};
use std::collections::BTreeSet;

pub type Names = BTreeSet<String>;

/// The modules of a program, as far as they can be read.
pub fn modules(case: &Case) -> Vec<Module> {
    let version = if case.is_v0 { Version::V0 } else { Version::V1 };
    let texts = case.modules.iter().map(|(_, text)| text);
    texts.filter_map(|text| parse_module(text, ParseOptions { file: 0, version }).tree).collect()
}

/// Names of rules that are no functions, with their packages: `data.t.p`.
pub fn documents(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for module in modules(case) {
        let package = module.package.path.join(".");
        let rules = module.rules.iter().filter(|rule| rule.head.parameters.is_none());
        found.extend(rules.map(|rule| format!("data.{package}.{}", rule.head.name.text)));
    }
    found.sort();
    found.dedup();
    found
}

/// Names in the domain of an `every` that it, or its body, declares.
pub fn captured(case: &Case) -> Names {
    let mut found = Names::new();
    for rule in modules(case).iter().flat_map(|module| &module.rules) {
        each_expr_of_rule(rule, &mut |expr| {
            let ExprKind::Every { key, value, domain, body } = &expr.kind else { return };
            let mut declared: Names = key.iter().chain([value]).map(|name| name.text.to_string()).collect();
            body.iter().for_each(|expr| declares(expr, &mut declared));
            found.extend(names(domain).intersection(&declared).cloned());
        });
    }
    found
}

/// Whether a rule has the value of another one, and is merged with others of its name.
pub fn merges(case: &Case) -> bool {
    let modules = modules(case);
    let rules: Vec<&Rule> = modules.iter().flat_map(|module| &module.rules).collect();
    let is_rule = |name: &String| rules.iter().any(|rule| *rule.head.name.text == **name);
    rules.iter().any(|rule| {
        let others = rules.iter().filter(|other| other.head.name.text == rule.head.name.text).count();
        let is_merged = others > 1 || !rule.else_branches.is_empty();
        let values = values(rule);
        is_merged
            && values.iter().any(|value| names(value).iter().any(is_rule) || last_steps(value).iter().any(is_rule))
    })
}

/// Whether a set or an object is written somewhere whose members or keys are not all constants, and are more than one.
pub fn has_open_sets(case: &Case, query: &str) -> bool {
    let is_constant = |term: &Term| {
        matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
    };
    let mut found = false;
    let mut look = |term: &Term| {
        found |= match &term.kind {
            TermKind::Set(items) => items.len() > 1 && !items.iter().all(is_constant),
            TermKind::Object(entries) => entries.len() > 1 && !entries.iter().all(|(key, _)| is_constant(key)),
            _ => false,
        };
    };
    each_part_of_body(&parse_query(query, ParseOptions::default()).tree, &mut look, &mut |_| {});
    modules(case)
        .iter()
        .flat_map(|module| &module.rules)
        .for_each(|rule| each_part_of_rule(rule, &mut look, &mut |_| {}));
    found
}

/// The variables that all `every` in a query declare.
pub fn variables_of_every(query: &str) -> Names {
    let mut found = Names::new();
    let query = parse_query(query, ParseOptions::default()).tree;
    each_part_of_body(&query, &mut |_| {}, &mut |expr| {
        if let ExprKind::Every { key, value, .. } = &expr.kind {
            found.extend(key.iter().chain([value]).map(|name| name.text.to_string()));
        }
    });
    found
}

/// The values of a rule's branches.
fn values(rule: &Rule) -> Vec<&Term> {
    let head = match &rule.head.kind {
        HeadKind::Value { value, .. } => value.as_ref(),
        HeadKind::Contains { key } => Some(key),
    };
    head.into_iter().chain(rule.else_branches.iter().filter_map(|branch| branch.value.as_ref())).collect()
}

/// Names that an expression declares where it stands.
fn declares(expr: &Expr, found: &mut Names) {
    match &expr.kind {
        ExprKind::Some(list) => found.extend(list.iter().map(|name| name.text.to_string())),
        ExprKind::SomeIn { key, value, .. } => key.iter().chain([value]).for_each(|term| found.extend(names(term))),
        ExprKind::Term(Term { kind: TermKind::Infix { args, .. }, .. }) => {
            args.first().into_iter().for_each(|term| found.extend(names(term)));
        }
        _ => {}
    }
}

/// All names in a term.
fn names(term: &Term) -> Names {
    let mut found = Names::new();
    each_term(term, &mut |part| {
        if let TermKind::Var(name) = &part.kind {
            found.insert(name.to_string());
        }
    });
    found
}

/// The strings that are keys of lookups in a term: `p` of `data.t.p`.
fn last_steps(term: &Term) -> Names {
    let mut found = Names::new();
    each_term(term, &mut |part| {
        if let TermKind::Ref { operands, .. } = &part.kind {
            let texts = operands.iter().filter_map(|key| match &key.kind {
                TermKind::String(text) => Some(text.to_string()),
                _ => None,
            });
            found.extend(texts);
        }
    });
    found
}

fn each_expr_of_rule<'r>(rule: &'r Rule, visit: &mut dyn FnMut(&'r Expr)) {
    each_part_of_rule(rule, &mut |_| {}, visit);
}

fn each_part_of_rule<'r>(rule: &'r Rule, on_term: &mut dyn FnMut(&'r Term), on_expr: &mut dyn FnMut(&'r Expr)) {
    let keys = rule.head.path.iter().chain(rule.head.parameters.iter().flatten());
    for term in keys.chain(values(rule)) {
        each_part(term, on_term, on_expr);
    }
    let bodies = std::iter::once(&rule.body).chain(rule.else_branches.iter().map(|branch| &branch.body));
    bodies.for_each(|body| each_part_of_body(body, on_term, on_expr));
}

fn each_term<'t>(term: &'t Term, visit: &mut dyn FnMut(&'t Term)) {
    each_part(term, visit, &mut |_| {});
}

/// Shows a term with all terms and expressions in it.
fn each_part<'t>(term: &'t Term, on_term: &mut dyn FnMut(&'t Term), on_expr: &mut dyn FnMut(&'t Expr)) {
    on_term(term);
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {}
        TermKind::Template(parts) => {
            for part in parts {
                match part {
                    TemplatePart::Text(_) => {}
                    TemplatePart::Term(term) => each_part(term, on_term, on_expr),
                    TemplatePart::Expr(expr) => each_part_of_expr(expr, on_term, on_expr),
                }
            }
        }
        TermKind::Ref { head, operands: items } | TermKind::Call { function: head, args: items } => {
            each_part(head, on_term, on_expr);
            items.iter().for_each(|item| each_part(item, on_term, on_expr));
        }
        TermKind::Array(items) | TermKind::Set(items) | TermKind::Infix { args: items, .. } => {
            items.iter().for_each(|item| each_part(item, on_term, on_expr));
        }
        TermKind::Object(entries) => entries.iter().for_each(|(key, value)| {
            each_part(key, on_term, on_expr);
            each_part(value, on_term, on_expr);
        }),
        TermKind::ArrayComprehension { term, body } | TermKind::SetComprehension { term, body } => {
            each_part(term, on_term, on_expr);
            each_part_of_body(body, on_term, on_expr);
        }
        TermKind::ObjectComprehension { key, value, body } => {
            each_part(key, on_term, on_expr);
            each_part(value, on_term, on_expr);
            each_part_of_body(body, on_term, on_expr);
        }
    }
}

fn each_part_of_body<'t>(body: &'t Body, on_term: &mut dyn FnMut(&'t Term), on_expr: &mut dyn FnMut(&'t Expr)) {
    body.iter().for_each(|expr| each_part_of_expr(expr, on_term, on_expr));
}

fn each_part_of_expr<'t>(expr: &'t Expr, on_term: &mut dyn FnMut(&'t Term), on_expr: &mut dyn FnMut(&'t Expr)) {
    on_expr(expr);
    match &expr.kind {
        ExprKind::Term(term) => each_part(term, on_term, on_expr),
        ExprKind::Not(inner) => each_part_of_expr(inner, on_term, on_expr),
        ExprKind::NotBody { body, .. } => each_part_of_body(body, on_term, on_expr),
        ExprKind::Some(_) => {}
        ExprKind::SomeIn { key, value, collection } => {
            key.iter().chain([value, collection]).for_each(|term| each_part(term, on_term, on_expr));
        }
        ExprKind::Every { domain, body, .. } => {
            each_part(domain, on_term, on_expr);
            each_part_of_body(body, on_term, on_expr);
        }
        ExprKind::And(left, right) | ExprKind::Or(left, right) => {
            each_part_of_body(left, on_term, on_expr);
            each_part_of_body(right, on_term, on_expr);
        }
    }
    for with in &expr.with {
        each_part(&with.target, on_term, on_expr);
        each_part(&with.value, on_term, on_expr);
    }
}
