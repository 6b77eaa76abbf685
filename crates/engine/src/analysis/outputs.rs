//! What a literal binds, given what is bound already.

use super::VarSet;
use crate::hir::{
    Body, Callee, ComprehensionKind, Head, Literal, LiteralKind, Modifier, Replacement, Term, Var,
    free_vars_of_literal, free_vars_of_term,
};
use hashbrown::HashMap;
use smallvec::SmallVec;

/// The variables around a body.
pub(super) struct Around<'v> {
    /// Those that are bound before it.
    pub(super) globals: &'v VarSet,
    /// These and its own: where a nested body names one of them, it means that one.
    pub(super) own: &'v VarSet,
    /// Whether lookups in what a `with` puts in place bind: not in nested bodies of queries.
    pub(super) replacements_bind: bool,
    /// The calls inside of other terms, where these have no literals of their own yet: in bodies as they are written.
    pub(super) calls: Option<&'v Calls<'v>>,
}

impl Around<'_> {
    /// Whether lookups in what is looked into bind (`[p[k], 1][0]`): not before it has a literal of its own.
    fn heads_bind(&self) -> bool {
        self.calls.is_none()
    }
}

/// The arguments of calls by the variables that have their results.
pub(super) type Calls<'b> = HashMap<Var, &'b [Term]>;

/// Whether every variable of a literal is bound once it has run, given that those of `safe` are bound before; if so,
/// what is bound then.
pub(super) fn ready(literal: &Literal, safe: &VarSet, around: &Around<'_>) -> Option<VarSet> {
    let after = bound_after(literal, safe, around)?;
    let mut is_ready = true;
    let mut closed_over = VarSet::default();
    free_vars_of_literal(literal, false, &mut |var: Var, in_closure: bool| {
        if !in_closure {
            is_ready &= after.contains(var);
        } else if around.own.contains(var) && !around.globals.contains(var) {
            closed_over.insert(var);
        }
    });
    if !is_ready {
        return None;
    }
    if closed_over.is_empty() {
        return Some(after);
    }
    let (outputs, has_more) = own_outputs(literal, safe, &after);
    let is_known = closed_over.iter().all(|var| safe.contains(var) || outputs.contains(var));
    (is_known && (has_more || closed_over != outputs)).then_some(after)
}

/// What a literal binds, as OPA has it where bodies in the literal need something: they may need what the literal binds
/// itself, if it binds more than that. (There it has no value, then, unless they bind it.) Also says whether it binds
/// what has no name here: where the result of a call is made equal to something, OPA has a variable for it, and an
/// equality of its own.
fn own_outputs(literal: &Literal, safe: &VarSet, after: &VarSet) -> (VarSet, bool) {
    let new = |bound: &VarSet| bound.iter().filter(|var| !safe.contains(*var)).collect();
    match &literal.kind {
        LiteralKind::Unify(..) | LiteralKind::Assign(..) if looks_into_body(literal) => (VarSet::default(), false),
        LiteralKind::Unify(..) | LiteralKind::Assign(..) => (new(after), false),
        LiteralKind::Call { call, output: Some(_) } if call.span == literal.span => (new(after), false),
        LiteralKind::Call { call, output: Some(_) } => {
            let mut bound = safe.clone();
            call.args.iter().for_each(|arg| refs_bind(arg, true, &mut bound));
            (new(&bound), true)
        }
        _ => (ref_outputs(literal, safe), false),
    }
}

/// Whether a literal looks into a collection that is written in place, which OPA gives a literal of its own.
pub(super) fn looks_into_body(literal: &Literal) -> bool {
    let is_inside = |term: &Term| match term {
        Term::Ref(reference) => {
            matches!(&reference.head, Head::Term(head) if !matches!(head, Term::Var(_) | Term::Const(_)))
        }
        _ => false,
    };
    match &literal.kind {
        LiteralKind::Truthy(term) => is_inside(term),
        LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => is_inside(left) || is_inside(right),
        _ => false,
    }
}

/// The keys of lookups in a literal without an output. Where just these are what its nested bodies need, OPA takes them
/// for bound by the literal itself, whatever binds them, and calls them unsafe.
fn ref_outputs(literal: &Literal, safe: &VarSet) -> VarSet {
    let mut found = VarSet::default();
    match &literal.kind {
        LiteralKind::Truthy(term) => refs_keys(term, safe, &mut found),
        LiteralKind::Call { call, output: None } => call.args.iter().for_each(|arg| refs_keys(arg, safe, &mut found)),
        _ => {}
    }
    found
}

fn refs_keys(term: &Term, safe: &VarSet, found: &mut VarSet) {
    match term {
        Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
        Term::Ref(reference) => {
            if matches!(&reference.head, Head::Term(head) if !is_bound(head, safe)) {
                return;
            }
            for operand in &reference.operands {
                free_vars_of_term(operand, false, &mut |var: Var, _| {
                    found.insert(var);
                });
            }
        }
        Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| refs_keys(item, safe, found)),
        Term::Object(entries) => {
            for (key, value) in entries {
                refs_keys(key, safe, found);
                refs_keys(value, safe, found);
            }
        }
    }
}

/// What is bound after literals in the order in which they are written, as far as that is known before they are put
/// in order.
pub(super) fn bound_as_written(literal: &Literal, bound: &mut VarSet, around: &Around<'_>) {
    match &literal.kind {
        // At this stage OPA takes the name of a builtin that replaces a function for a variable.
        LiteralKind::With { modifiers, .. } if modifiers.iter().any(is_replaced_by_builtin) => {}
        LiteralKind::With { modifiers, .. }
            if modifiers.iter().any(|modifier| !is_known_as_written(modifier, bound)) => {}
        // What an older `not` leaves before the negation stands below the `not` at this stage.
        LiteralKind::With { body, .. }
            if body.last().is_some_and(|last| matches!(last.kind, LiteralKind::Not { .. })) => {}
        LiteralKind::With { body, .. } => {
            body.iter().for_each(|literal| bound_as_written(literal, bound, around));
        }
        _ => {
            if let Some(after) = bound_after(literal, bound, around) {
                *bound = after;
            }
        }
    }
}

fn is_known(modifier: &Modifier, bound: &VarSet) -> bool {
    match &modifier.value {
        Replacement::Term(term) => is_bound(term, bound),
        Replacement::Function(_) => true,
    }
}

/// The same before values have literals of their own: OPA does not ask what a lookup looks into, as it may be a function.
fn is_known_as_written(modifier: &Modifier, bound: &VarSet) -> bool {
    match &modifier.value {
        Replacement::Term(Term::Ref(reference)) => reference.operands.iter().all(|operand| is_bound(operand, bound)),
        _ => is_known(modifier, bound),
    }
}

fn is_replaced_by_builtin(modifier: &Modifier) -> bool {
    matches!(&modifier.value, Replacement::Function(Callee::Builtin(builtin)) if !builtin.name.contains('.'))
}

/// `safe` with what the literal binds.
pub(super) fn bound_after(literal: &Literal, safe: &VarSet, around: &Around<'_>) -> Option<VarSet> {
    let mut bound = safe.clone();
    if around.heads_bind() && !heads_are_known(literal, &mut bound) {
        return None;
    }
    match &literal.kind {
        LiteralKind::Truthy(term) => refs_bind(term, around.heads_bind(), &mut bound),
        LiteralKind::Unify(left, right) => {
            refs_bind(left, around.heads_bind(), &mut bound);
            refs_bind(right, around.heads_bind(), &mut bound);
            if !around.heads_bind() {
                sets_bind(left, right, &mut bound);
            }
            unify_binds(left, right, &mut bound, around.calls);
        }
        LiteralKind::Assign(left, right) => {
            refs_bind(left, around.heads_bind(), &mut bound);
            refs_bind(right, around.heads_bind(), &mut bound);
            // What is on the left gets its value here, and gives none to the right.
            let mut basis = bound.clone();
            free_vars_of_term(left, false, &mut |var: Var, _| basis.remove(var));
            if !around.heads_bind() {
                sets_bind(left, right, &mut basis);
            }
            unify_binds(left, right, &mut basis, around.calls);
            bound.extend(&basis);
        }
        LiteralKind::Call { call, output } => {
            call.args.iter().for_each(|arg| refs_bind(arg, around.heads_bind(), &mut bound));
            let none = Calls::new();
            let calls = around.calls.unwrap_or(&none);
            let Some(output) = output else { return Some(bound) };
            let is_named = names_output(literal, calls);
            if (is_named || around.heads_bind()) && !call.args.iter().all(|arg| is_input_bound(arg, calls, &bound)) {
                return None;
            }
            if is_named {
                let mut needed = VarSet::default();
                call.args.iter().for_each(|arg| {
                    free_vars_of_term(arg, false, &mut |var: Var, in_closure: bool| {
                        if !in_closure && !bound.contains(var) {
                            needed.insert(var);
                        }
                    });
                });
                refs_bind(output, around.heads_bind(), &mut bound);
                written_vars(output, calls, false, &mut |var| {
                    bound.insert(var);
                });
                // The result of a call cannot bind what the call needs.
                needed.iter().for_each(|var| bound.remove(var));
            } else if call.args.iter().all(|arg| is_bound(arg, &bound)) {
                // A set is no pattern.
                refs_bind(output, around.heads_bind(), &mut bound);
                if !matches!(output, Term::Set(_)) {
                    bind_pattern(output, around.calls, &mut bound);
                }
            }
        }
        LiteralKind::Every { domain, .. } => refs_bind(domain, around.heads_bind(), &mut bound),
        LiteralKind::Not { .. } | LiteralKind::And(..) | LiteralKind::Or(..) => {}
        LiteralKind::With { modifiers, body } => {
            for modifier in modifiers {
                if let Replacement::Term(term) = &modifier.value
                    && around.replacements_bind
                {
                    refs_bind(term, around.heads_bind(), &mut bound);
                }
            }
            if !modifiers.iter().all(|modifier| is_known(modifier, &bound)) {
                return None;
            }
            bound = body_binds(body, bound, around)?;
        }
    }
    Some(bound)
}

/// What a literal that does not run would bind by itself.
pub(super) fn bound_by_itself(literal: &Literal, safe: &VarSet, around: &Around<'_>) -> VarSet {
    match &literal.kind {
        LiteralKind::With { modifiers, body } if modifiers.iter().all(|modifier| is_known(modifier, safe)) => {
            body.iter().fold(safe.clone(), |bound, literal| bound_after(literal, &bound, around).unwrap_or(bound))
        }
        _ => bound_after(literal, safe, around).unwrap_or_default(),
    }
}

/// Whether collections that are looked into where they are written are bound before all else in a literal: OPA gives them
/// a literal of their own.
fn heads_are_known(literal: &Literal, bound: &mut VarSet) -> bool {
    let mut all = true;
    let mut visit = |term: &Term| all &= inner_heads_are_known(term, bound);
    match &literal.kind {
        LiteralKind::Truthy(term) | LiteralKind::Every { domain: term, .. } => visit(term),
        LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
            visit(left);
            visit(right);
        }
        LiteralKind::Call { call, output } => call.args.iter().chain(output).for_each(visit),
        LiteralKind::Not { .. } | LiteralKind::And(..) | LiteralKind::Or(..) | LiteralKind::With { .. } => {}
    }
    all
}

fn inner_heads_are_known(term: &Term, bound: &mut VarSet) -> bool {
    match term {
        Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => true,
        Term::Ref(reference) => {
            if let Head::Term(head @ (Term::Array(_) | Term::Set(_) | Term::Object(_))) = &reference.head {
                refs_bind(head, true, bound);
                if !is_bound(head, bound) {
                    return false;
                }
            }
            reference.operands.iter().all(|operand| inner_heads_are_known(operand, bound))
        }
        Term::Array(items) | Term::Set(items) => items.iter().all(|item| inner_heads_are_known(item, bound)),
        Term::Object(entries) => {
            entries.iter().all(|(key, value)| inner_heads_are_known(key, bound) && inner_heads_are_known(value, bound))
        }
    }
}

/// What is bound after a body in the best order; `None` if there is none.
fn body_binds(body: &Body, mut bound: VarSet, around: &Around<'_>) -> Option<VarSet> {
    let mut waiting: Vec<&Literal> = body.iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|literal| match ready(literal, &bound, around) {
            Some(after) => {
                bound = after;
                false
            }
            None => true,
        });
        if waiting.len() == before {
            return None;
        }
    }
    Some(bound)
}

/// Lookups bind the variables that are their keys, if what they look into is known.
pub(super) fn refs_bind(term: &Term, heads_bind: bool, bound: &mut VarSet) {
    match term {
        Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => {}
        Term::Ref(reference) => {
            if let Head::Term(head) = &reference.head {
                if heads_bind {
                    refs_bind(head, heads_bind, bound);
                }
                if !is_bound(head, bound) {
                    return;
                }
            }
            for operand in &reference.operands {
                refs_bind(operand, heads_bind, bound);
                pattern_vars(operand, &mut |var| {
                    bound.insert(var);
                });
            }
        }
        Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| refs_bind(item, heads_bind, bound)),
        Term::Object(entries) => {
            for (key, value) in entries {
                refs_bind(key, heads_bind, bound);
                refs_bind(value, heads_bind, bound);
            }
        }
    }
}

/// Whether the arguments of a call have one more than the function takes: what its result is matched with.
fn names_output(literal: &Literal, calls: &Calls<'_>) -> bool {
    let LiteralKind::Call { call, output: Some(output) } = &literal.kind else { return false };
    let is_inside = |var: &Var| match calls.get(var) {
        Some(args) => std::ptr::eq(*args, call.args.as_slice()),
        None => false,
    };
    call.span == literal.span && !matches!(output, Term::Var(var) if is_inside(var))
}

/// Whether a call that names its output has what OPA asks for of one of its arguments before it takes the output for bound.
fn is_input_bound(arg: &Term, calls: &Calls<'_>, bound: &VarSet) -> bool {
    let mut all = true;
    written_vars(arg, calls, false, &mut |var| all &= calls.contains_key(&var) || bound.contains(var));
    all
}

/// The variables of a term that OPA looks at to find what is bound: those of arguments and keys, too, where calls and lookups
/// have no literals of their own yet; not keys of objects, what is looked into, nested bodies and, unless it is asked
/// for, members of sets.
fn written_vars(term: &Term, calls: &Calls<'_>, enters_sets: bool, visit: &mut dyn FnMut(Var)) {
    let mut all = |terms: &[Term]| terms.iter().for_each(|term| written_vars(term, calls, enters_sets, visit));
    match term {
        Term::Var(var) => {
            all(calls.get(var).copied().unwrap_or_default());
            visit(*var);
        }
        Term::Array(items) => all(items),
        Term::Set(items) if enters_sets => all(items),
        Term::Ref(reference) => all(&reference.operands),
        Term::Object(entries) => {
            entries.iter().for_each(|(_, value)| written_vars(value, calls, enters_sets, visit));
        }
        Term::Const(_) | Term::Set(_) | Term::Comprehension(_) => {}
    }
}

/// Binds what matching a value against a pattern binds.
fn bind_pattern(pattern: &Term, calls: Option<&Calls<'_>>, bound: &mut VarSet) {
    let mut visit = |var| {
        bound.insert(var);
    };
    match (pattern, calls) {
        (Term::Array(_) | Term::Object(_), Some(calls)) => written_vars(pattern, calls, true, &mut visit),
        _ => pattern_vars(pattern, &mut visit),
    }
}

/// Variables that matching a value against the term binds: not those inside keys, lookups and nested bodies.
fn pattern_vars(term: &Term, visit: &mut dyn FnMut(Var)) {
    match term {
        Term::Var(var) => visit(*var),
        Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| pattern_vars(item, visit)),
        Term::Object(entries) => entries.iter().for_each(|(_, value)| pattern_vars(value, visit)),
        Term::Const(_) | Term::Ref(_) | Term::Comprehension(_) => {}
    }
}

/// Whether all variables of a term, nested bodies aside, are bound.
pub(super) fn is_bound(term: &Term, bound: &VarSet) -> bool {
    let mut all = true;
    free_vars_of_term(term, false, &mut |var: Var, in_closure: bool| all &= in_closure || bound.contains(var));
    all
}

/// Whether a term has a value: a lookup does if what it looks into has, since it binds its keys.
fn is_known_term(term: &Term, bound: &VarSet) -> bool {
    match term {
        Term::Ref(reference) => match &reference.head {
            Head::Input | Head::Data => true,
            Head::Term(head) => is_bound(head, bound),
        },
        term => is_bound(term, bound),
    }
}

/// A variable that is equal to a set has a value, as OPA sees it before bodies are put in order, whether the members of
/// the set have or not.
fn sets_bind(left: &Term, right: &Term, bound: &mut VarSet) {
    if let (Term::Var(var), Term::Set(_)) | (Term::Set(_), Term::Var(var)) = (left, right) {
        bound.insert(*var);
    }
}

/// What making two terms equal binds.
fn unify_binds(left: &Term, right: &Term, bound: &mut VarSet, calls: Option<&Calls<'_>>) {
    let mut pairs = Pairs::new();
    split_pairs(left, right, &mut pairs);
    loop {
        let before = pairs.len();
        pairs.retain(|&mut (left, right)| {
            let pattern = match (is_known_term(left, bound), is_known_term(right, bound)) {
                (true, _) => right,
                (_, true) => left,
                (false, false) => return true,
            };
            let is_known_left = std::ptr::eq(pattern, right);
            let known = if is_known_left { left } else { right };
            if can_match(pattern, known, is_known_left) {
                bind_pattern(pattern, calls, bound);
            }
            false
        });
        if pairs.len() == before {
            return;
        }
    }
}

/// Whether a known term can have the form of a pattern. Where it cannot, the pattern binds nothing: OPA calls its
/// variables unsafe.
/// (It makes a difference there on which side a comprehension stands.)
fn can_match(pattern: &Term, known: &Term, is_known_left: bool) -> bool {
    match (pattern, known) {
        (Term::Var(_), _) | (Term::Array(_) | Term::Object(_), Term::Var(_) | Term::Ref(_)) => true,
        (Term::Array(_), Term::Comprehension(known)) => !is_known_left || known.kind == ComprehensionKind::Array,
        (Term::Object(_), Term::Comprehension(known)) => is_known_left && known.kind == ComprehensionKind::Object,
        _ => false,
    }
}

/// Terms that must be equal, of which there is mostly one pair.
type Pairs<'t> = SmallVec<[(&'t Term, &'t Term); 2]>;

/// Adds the pairs of parts that must be equal for two terms to be equal.
fn split_pairs<'t>(left: &'t Term, right: &'t Term, pairs: &mut Pairs<'t>) {
    match (left, right) {
        (Term::Array(left), Term::Array(right)) if left.len() == right.len() => {
            left.iter().zip(right).for_each(|(left, right)| split_pairs(left, right, pairs));
        }
        (Term::Object(left), Term::Object(right)) if left.len() == right.len() => {
            for (key, value) in left {
                if let Some((_, other)) = right.iter().find(|(other, _)| is_same(key, other)) {
                    split_pairs(value, other, pairs);
                }
            }
        }
        _ => pairs.push((left, right)),
    }
}

/// Whether two keys are one, as they are written.
pub(crate) fn is_same(left: &Term, right: &Term) -> bool {
    let all = |left: &[Term], right: &[Term]| {
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
    };
    match (left, right) {
        (Term::Const(left), Term::Const(right)) => left == right,
        (Term::Var(left), Term::Var(right)) => left == right,
        (Term::Ref(left), Term::Ref(right)) => {
            let is_one = match (&left.head, &right.head) {
                (Head::Input, Head::Input) | (Head::Data, Head::Data) => true,
                (Head::Term(left), Head::Term(right)) => is_same(left, right),
                _ => false,
            };
            is_one && all(&left.operands, &right.operands)
        }
        (Term::Set(members), Term::Set(others)) => match (left.key(), right.key()) {
            (Some(left), Some(right)) => left == right,
            _ => all(members, others),
        },
        (Term::Array(left), Term::Array(right)) => all(left, right),
        (Term::Object(left), Term::Object(right)) => {
            let is_one = |((key, value), (other, with)): (&(Term, Term), &(Term, Term))| {
                is_same(key, other) && is_same(value, with)
            };
            left.len() == right.len() && left.iter().zip(right).all(is_one)
        }
        _ => false,
    }
}
