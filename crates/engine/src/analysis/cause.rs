//! Why a rule may be recursive: the ref that may select a rule of the cycle, and what its keys must be for that.

use super::dependencies::{Dependencies, Node, Selection, rule_and_branch, selections};
use super::selection::{Index, open_places};
use crate::hir::lower::Program;
use crate::hir::print::rule_ref;
use crate::hir::text::Texts;
use crate::hir::{Callee, Const, Head, Literal, LiteralKind, Ref, Rule, Term, Var};
use crate::types::Type;
use hashbrown::HashMap;
use std::cell::RefCell;

/// More conditions than these are not spelled out.
const MOST_CONDITIONS: usize = 2;
/// Collections with more members than these are not spelled out.
const MOST_MEMBERS: usize = 5;

/// Of a way from rule to rule, the first step that depends on what a ref's keys hold, as messages say it.
pub(super) fn cause(
    program: &Program,
    index: &Index<'_>,
    dependencies: &Dependencies,
    path: &[Node],
) -> Option<String> {
    let is_open = |from: Node, to: Node| dependencies.of_node(from).contains(&(to, false));
    let (at, from, to) = path.windows(2).enumerate().find_map(|(at, pair)| match pair {
        [from, to] if is_open(*from, *to) => Some((at, *from, *to)),
        _ => None,
    })?;
    let text = RefCell::new(None);
    selections(from, program, index, &mut |selection| {
        if selection.rule == to.0 && !selection.is_static && text.borrow().is_none() {
            text.replace(said(program, index, from, at > 0, selection));
        }
    });
    text.into_inner()
}

/// A key that must have a value.
struct Condition<'p> {
    term: &'p Term,
    shown: String,
    value: String,
    is_text: bool,
}

fn said(
    program: &Program,
    index: &Index<'_>,
    from: Node,
    is_named: bool,
    selection: &Selection<'_, '_>,
) -> Option<String> {
    let (rule, branch) = rule_and_branch(program, from)?;
    let (reference, target) = (selection.reference?, program.rules.get(selection.rule)?);
    let mut text = format!(" ({}", Texts::of(&rule.locals).reference(reference, target.path.len() + target.keys.len()));
    if is_named {
        text.push_str(&format!(" in {}", rule_ref(rule, 0)));
    }
    let before = branch.body.get(..selection.literal).unwrap_or_default();
    let origins = Origins::of(rule, before);
    let places = open_places(selection.steps, index.path(selection.rule), selection.bound);
    let conditions = conditions(reference, target, rule, &places).filter(|conditions| {
        let can_hold = |condition: &Condition<'_>| origins.may_be(condition);
        (1..=MOST_CONDITIONS).contains(&conditions.len()) && conditions.iter().all(can_hold)
    });
    let Some(conditions) = conditions else {
        return Some(format!("{text} could refer to {})", rule_ref(target, 0)));
    };
    text.push_str(&format!(" refers to {}", rule_ref(target, 0)));
    for (number, condition) in conditions.iter().enumerate() {
        let word = if number == 0 { "if" } else { "and" };
        text.push_str(&format!(" {word} {} is {}", condition.shown, condition.value));
        if let Some(note) = origins.note(condition) {
            text.push_str(&format!(" ({note})"));
        }
    }
    text.push(')');
    Some(text)
}

/// The keys at places with the values that they need, each once. A key that needs two values never selects the rule.
fn conditions<'p>(reference: &'p Ref, target: &Rule, rule: &Rule, places: &[usize]) -> Option<Vec<Condition<'p>>> {
    let mut found: Vec<Condition<'p>> = Vec::new();
    for place in places {
        let term = reference.operands.get(*place)?;
        let step = match place.checked_sub(target.path.len()) {
            None => Term::string(target.path.get(*place)?),
            Some(key) => target.keys.get(key)?.clone(),
        };
        let (shown, value) = (Texts::of(&rule.locals).term(term), Texts::of(&target.locals).term(&step));
        match found.iter().find(|other| other.shown == shown) {
            Some(other) if other.value != value => return None,
            Some(_) => {}
            None => {
                found.push(Condition { term, shown, value, is_text: matches!(step, Term::Const(Const::String(_))) })
            }
        }
    }
    Some(found)
}

/// Where the variables of a body get their values.
struct Origins<'p> {
    rule: &'p Rule,
    /// The other sides of equalities, the first of each variable.
    equal: HashMap<Var, &'p Term>,
    /// Builtins whose results variables have.
    results: HashMap<Var, &'static crate::builtins::Builtin>,
}

enum Origin<'p> {
    Input(String),
    Rule(String),
    Collection(&'p Term),
    Builtin(&'static crate::builtins::Builtin),
    Key,
    Argument,
}

impl<'p> Origins<'p> {
    fn of(rule: &'p Rule, body: &'p [Literal]) -> Self {
        let mut origins = Origins { rule, equal: HashMap::new(), results: HashMap::new() };
        for literal in body {
            match &literal.kind {
                LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                    for (var, other) in [(left, right), (right, left)] {
                        if let Term::Var(var) = var {
                            origins.equal.entry(*var).or_insert(other);
                        }
                    }
                }
                LiteralKind::Call { call, output: Some(Term::Var(output)) } => {
                    if let Callee::Builtin(builtin) = call.callee {
                        origins.results.insert(*output, builtin);
                    }
                }
                _ => {}
            }
        }
        origins
    }

    fn origin(&self, mut var: Var) -> Option<Origin<'p>> {
        // No chain is longer than this, unless it leads back to where it came from.
        for _ in 0..=self.equal.len() {
            if let Some(builtin) = self.results.get(&var) {
                return Some(Origin::Builtin(builtin));
            }
            match self.equal.get(&var) {
                Some(Term::Var(next)) => {
                    var = *next;
                    continue;
                }
                Some(Term::Ref(reference)) => {
                    if let Some(origin) = self.origin_of_ref(reference) {
                        return Some(origin);
                    }
                }
                _ => {}
            }
            let is_var = |term: &Term| matches!(term, Term::Var(other) if *other == var);
            let member = self.rule.branches.first().filter(|_| self.rule.is_set).map(|branch| &branch.value);
            if self.rule.params.iter().flatten().any(is_var) {
                return Some(Origin::Argument);
            }
            return self.rule.keys.iter().chain(member).any(is_var).then_some(Origin::Key);
        }
        None
    }

    fn origin_of_ref(&self, reference: &'p Ref) -> Option<Origin<'p>> {
        let constants = reference.operands.iter().take_while(|key| key.key().is_some()).count();
        let prefix = || Texts::of(&self.rule.locals).reference(reference, constants);
        match &reference.head {
            Head::Input => Some(Origin::Input(prefix())),
            Head::Data => Some(Origin::Rule(prefix())),
            Head::Term(head) => {
                let mut collection = head;
                for _ in 0..=self.equal.len() {
                    let Term::Var(var) = collection else { break };
                    collection = self.equal.get(var)?;
                }
                let is_open = matches!(reference.operands.as_slice(), [key] if key.key().is_none());
                (is_open && members(collection).is_some()).then_some(Origin::Collection(collection))
            }
        }
    }

    /// Whether a key can have the value that it must have, as far as is known of what it is.
    fn may_be(&self, condition: &Condition<'_>) -> bool {
        let Term::Var(var) = condition.term else { return true };
        match self.origin(*var) {
            Some(Origin::Collection(collection)) => members(collection).is_some_and(|members| {
                members.iter().any(|member| Texts::of(&self.rule.locals).term(member) == condition.value)
            }),
            Some(Origin::Builtin(builtin)) => {
                !condition.is_text
                    || builtin.signature().result.as_ref().is_none_or(|result| result.kind.contains(&Type::String))
            }
            _ => true,
        }
    }

    /// Where a key comes from.
    fn note(&self, condition: &Condition<'_>) -> Option<String> {
        let shown = &condition.shown;
        let var = match condition.term {
            Term::Var(var) => *var,
            Term::Ref(reference) if matches!(reference.head, Head::Data) => {
                return Some("rule values aren't known at compile time".to_owned());
            }
            _ => return None,
        };
        Some(match self.origin(var)? {
            Origin::Input(path) => format!("{shown} comes from {path}"),
            Origin::Rule(path) => {
                format!("{shown} comes from rule {path}, whose value isn't known at compile time")
            }
            Origin::Collection(collection) => match members(collection)?.len() {
                count if count > MOST_MEMBERS => format!("{shown} is one of {count} values"),
                _ => format!("{shown} is one of {}", Texts::of(&self.rule.locals).term(collection)),
            },
            Origin::Builtin(builtin) => format!("{shown} is computed by {}", builtin.name),
            Origin::Key => format!("{shown} is a key of {}", rule_ref(self.rule, 0)),
            Origin::Argument => format!("{shown} is an argument of {}", rule_ref(self.rule, 0)),
        })
    }
}

/// The members of a constant collection.
fn members(term: &Term) -> Option<Vec<&Term>> {
    term.key()?;
    match term {
        Term::Array(items) | Term::Set(items) => Some(items.iter().collect()),
        Term::Object(entries) => Some(entries.iter().map(|(_, value)| value).collect()),
        _ => None,
    }
}
