//! Rules that are tests, as `opa test` finds them.
//!
//! Takes syntax trees before names are resolved: gives repeated tests names of their own, and says which rules are
//! tests. It must not know how tests are run.

use super::print::package_text;
use hashbrown::HashMap;
use solon_syntax::{Span, ast};
use std::sync::Arc;

/// What the name of a test begins with.
pub const TEST: &str = "test_";
/// What the name of a test begins with that is not to be run yet.
pub const SKIPPED: &str = "todo_test_";

/// A rule that is a test.
#[derive(Clone, Debug)]
pub struct TestRule {
    /// The package, as in a ref: `data.a`.
    pub package: String,
    /// The rule, as in a ref: `test_x`.
    pub name: String,
    /// The query that asks for it: `data.a.test_x`.
    pub query: String,
    /// The rule as written.
    pub span: Span,
    /// Whether it is not to be run.
    pub is_skipped: bool,
    /// Whether it has cases: the keys of the object that it defines.
    pub has_cases: bool,
}

/// How many parts of a head, its name being the first, name the test; `None` if it is no test.
pub fn name_parts(head: &ast::Head) -> Option<usize> {
    let is_test = |part: &str| part.starts_with(TEST) || part.starts_with(SKIPPED);
    head_parts(head).position(is_test).map(|at| at + 1)
}

/// The parts of a head that are no variables; those that are no strings are empty.
fn head_parts(head: &ast::Head) -> impl Iterator<Item = &str> {
    let path = head.path.iter().take_while(|part| !is_dynamic(part)).map(|part| match &part.kind {
        ast::TermKind::String(text) => &**text,
        _ => "",
    });
    std::iter::once(&*head.name.text).chain(path)
}

fn is_dynamic(part: &ast::Term) -> bool {
    use ast::TermKind::{Bool, Null, Number, String};
    !matches!(part.kind, Null | Bool(_) | Number(_) | String(_))
}

/// Numbers tests of one name: the second of `test_x` becomes `test_x#01`.
pub fn number_repeated(modules: &mut [ast::Module]) {
    let mut counts: HashMap<Vec<String>, usize> = HashMap::new();
    for module in modules {
        for rule in &mut module.rules {
            let Some(length) = name_parts(&rule.head) else { continue };
            let path: Vec<String> = head_parts(&rule.head).take(length).map(str::to_owned).collect();
            if path.last().is_some_and(|name| name.starts_with(SKIPPED)) {
                continue;
            }
            let count = counts.entry(module.package.path.iter().cloned().chain(path).collect()).or_default();
            if *count > 0
                && let Some(name) = last_name(&mut rule.head, length)
            {
                *name = format!("{name}#{count:02}").into();
            }
            *count += 1;
        }
    }
}

fn last_name(head: &mut ast::Head, length: usize) -> Option<&mut Arc<str>> {
    if length == 1 {
        return Some(&mut head.name.text);
    }
    match &mut head.path.get_mut(length.checked_sub(2)?)?.kind {
        ast::TermKind::String(text) => Some(text),
        _ => None,
    }
}

/// The tests of modules, in order.
pub fn find(modules: &[ast::Module]) -> Vec<TestRule> {
    modules.iter().flat_map(|module| module.rules.iter().filter_map(|rule| test_of(module, rule))).collect()
}

fn test_of(module: &ast::Module, rule: &ast::Rule) -> Option<TestRule> {
    let length = name_parts(&rule.head)?;
    let parts: Vec<Arc<str>> = head_parts(&rule.head).take(length).map(Arc::from).collect();
    let package: Vec<Arc<str>> =
        std::iter::once("data").chain(module.package.path.iter().map(String::as_str)).map(Arc::from).collect();
    let query: Vec<Arc<str>> = package.iter().chain(&parts).cloned().collect();
    let has_value = matches!(rule.head.kind, ast::HeadKind::Value { .. });
    Some(TestRule {
        package: package_text(&package),
        name: package_text(&parts),
        query: package_text(&query),
        span: rule.span,
        is_skipped: parts.last().is_some_and(|name| name.starts_with(SKIPPED)),
        has_cases: has_value && rule.head.path.iter().any(is_dynamic),
    })
}
