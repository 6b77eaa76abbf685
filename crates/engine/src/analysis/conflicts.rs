//! Rules that cannot stand beside each other, and packages that rules are in the way of.

use crate::hir::lower::{Package, Program};
use crate::hir::print::{package_text, rule_path, rule_ref};
use crate::hir::text::Texts;
use crate::hir::{Check, Problems, Rule, Term};
use crate::types::Key;
use hashbrown::HashMap;
use solon_syntax::{Source, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A node of the tree of rules: those whose constant path ends here, and what is below.
#[derive(Default)]
struct Node<'p> {
    rules: Vec<&'p Rule>,
    children: BTreeMap<Cow<'p, str>, Node<'p>>,
}

/// Reports conflicts. `sources` are the texts by the numbers of the files, for the places that messages name.
pub fn check_conflicts(program: &Program, sources: &[Source], problems: &mut Problems) {
    let mut root = Node::default();
    for rule in &program.rules {
        let node = rule_path(rule).fold(&mut root, |node, step| node.children.entry(step).or_default());
        node.rules.push(rule);
    }
    let mut report = |span: Span, message: String| problems.report(Check::Conflicts, "rego_type_error", span, message);
    check_node(&root, program, sources, &mut report);
    let mut packages: HashMap<Vec<Cow<'_, str>>, Vec<&Package>> = HashMap::new();
    for package in &program.packages {
        packages.entry(package.path.iter().map(|step| Cow::Borrowed(&**step)).collect()).or_default().push(package);
    }
    let node_of = |package: &Package| package.path.iter().try_fold(&root, |node, step| node.children.get(&**step));
    let has_rule = |package| node_of(package).is_some_and(|node| node.rules.iter().any(|rule| is_ground(rule)));
    if !program.packages.iter().any(has_rule) {
        return;
    }
    for rule in program.rules.iter().filter(|rule| is_ground(rule)) {
        let path: Vec<Cow<'_, str>> = rule_path(rule).collect();
        if let Some(packages) = packages.get(&path) {
            for package in packages {
                let home = program.packages.iter().find(|home| home.span.file == rule.span.file);
                let above = home.map_or(0, |home| home.path.len());
                let name = rule_ref(rule, above);
                let (package, place) = (package_text(&package.path), place(rule.span, sources));
                let message = format!("package {package} conflicts with rule {name} defined at {place}");
                report(home.map_or(rule.span, |home| home.span), message);
            }
        }
    }
}

fn check_node(node: &Node<'_>, program: &Program, sources: &[Source], report: &mut dyn FnMut(Span, String)) {
    if let (Some(first), Some(last)) = (node.rules.first(), node.rules.last()) {
        let name = || rule_ref(last, 0);
        let defaults: Vec<&Rule> = node.rules.iter().copied().filter(|rule| rule.is_default).collect();
        let inside = rules_inside(node);
        if !inside.is_empty() {
            let lines: Vec<String> = inside
                .iter()
                .map(|rule| format!("\n  rule {} at {}", rule_ref(rule, 0), place(rule.span, sources)))
                .collect();
            report(first.span, format!("rule {} conflicts with:{}", name(), lines.concat()));
        } else if is_mixed(&node.rules) {
            report(first.span, format!("conflicting rules {} found", name()));
        } else if defaults.len() > 1 {
            let places: Vec<String> = defaults.iter().map(|rule| place(rule.span, sources)).collect();
            let home = program.packages.iter().find(|package| package.span.file == first.span.file);
            let message = format!("multiple default rules {} found at {}", name(), places.join(", "));
            report(home.map_or(first.span, |home| home.span), message);
        }
    }
    node.children.values().for_each(|child| check_node(child, program, sources, report));
}

/// Whether a rule's path is constant to its end.
fn is_ground(rule: &Rule) -> bool {
    rule.keys.iter().all(|key| matches!(key, Term::Const(_)))
}

/// Whether rules of one path are of different kinds.
fn is_mixed(rules: &[&Rule]) -> bool {
    let arity = |rule: &Rule| rule.params.as_ref().map_or(0, Vec::len);
    let is_complete = |rule: &Rule| !rule.is_set && is_ground(rule);
    let mut pairs = rules.windows(2).filter_map(|pair| <&[&Rule; 2]>::try_from(pair).ok());
    pairs.any(|[one, next]| {
        one.is_set != next.is_set
            || arity(one) != arity(next)
            || is_complete(one) != is_complete(next)
            || (one.is_set && is_ground(one) != is_ground(next))
    })
}

/// The rules below a node that must not be there: all if a rule's path ends at it, functions if one goes on with a
/// variable. Of those of one path, and of those that go on from it, only the first.
fn rules_inside<'p>(node: &Node<'p>) -> Vec<&'p Rule> {
    let has_end = node.rules.iter().any(|rule| is_ground(rule));
    let mut found = Vec::new();
    for child in node.children.values() {
        collect(child, has_end, &mut found);
    }
    found.sort_by_cached_key(|rule| steps(rule));
    let mut last: Option<Vec<Step>> = None;
    found.retain(|rule| {
        let steps = steps(rule);
        let is_further = last.as_ref().is_some_and(|last| steps.starts_with(last));
        if !is_further {
            last = Some(steps);
        }
        !is_further
    });
    found
}

fn collect<'p>(node: &Node<'p>, takes_all: bool, found: &mut Vec<&'p Rule>) {
    found.extend(node.rules.iter().filter(|rule| takes_all || rule.params.is_some()));
    node.children.values().for_each(|child| collect(child, takes_all, found));
}

/// A step of a rule's ref, in OPA's order of terms.
type Step = (u8, Option<Key>, String);

fn steps(rule: &Rule) -> Vec<Step> {
    let step = |key: &Term| match key.key() {
        // Constants come before variables.
        Some(constant) => (0, Some(constant), String::new()),
        None => (1, None, Texts::of(&rule.locals).term(key)),
    };
    let path = rule.path.iter().map(|step| (0, Some(Key::String(step.clone())), String::new()));
    path.chain(rule.keys.iter().map(step)).collect()
}

/// `file:row`.
fn place(span: Span, sources: &[Source]) -> String {
    let source = sources.get(span.file as usize);
    source.map(|source| format!("{}:{}", source.name(), source.position(span.start).row)).unwrap_or_default()
}
