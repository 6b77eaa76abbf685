//! What OPA checks before it puts bodies in order: the variables that `print` and template strings name.
//!
//! Each argument of `print`, and each part of a template string, is a comprehension of its own by now, which must not
//! bind anything.

use super::VarSet;
use super::outputs::{Around, Calls, bound_as_written, is_bound};
use super::safety::{body_vars, own_vars};
use crate::hir::{
    Body, Check, Head, Literal, LiteralKind, Locals, Part, Problems, Query, Ref, Replacement, Rule, Term, Var,
    free_vars_of_literal, free_vars_of_term, parts_of_literal,
};

/// Checks the bodies of a rule as they are written.
pub fn check_written_rule(rule: &Rule, problems: &mut Problems) {
    if !rule.locals.are_shown() {
        return;
    }
    let mut arguments = VarSet::default();
    for param in rule.params.iter().flatten() {
        free_vars_of_term(param, false, &mut |var: Var, _| {
            arguments.insert(var);
        });
    }
    let mut check = Written { locals: &rule.locals, problems, is_in_comprehension: false };
    for (index, branch) in rule.branches.iter().enumerate() {
        let keys = if index == 0 { rule.keys.as_slice() } else { &[] };
        let known = Known { before: arguments.clone(), whole: arguments.clone(), ..Known::default() };
        // What keys are made of stands in the body for OPA, too.
        let whole = check.body(&branch.body, &[&branch.value], &known);
        keys.iter().chain([&branch.value]).for_each(|term| check.term(term, &whole));
    }
}

/// Checks the body of a query as it is written.
pub fn check_written_query(query: &Query, problems: &mut Problems) {
    if !query.locals.are_shown() {
        return;
    }
    Written { locals: &query.locals, problems, is_in_comprehension: false }.body(&query.body, &[], &Known::default());
}

struct Written<'r> {
    locals: &'r Locals,
    problems: &'r mut Problems,
    /// Whether the next body is that of a comprehension: heads of rules see what their bodies bind.
    is_in_comprehension: bool,
}

/// The variables that have a value.
#[derive(Clone, Default)]
struct Known {
    /// By what stands before: `print` may name them.
    before: VarSet,
    /// By nothing yet, but they are declared: `print` may name them, too.
    declared: VarSet,
    /// By the whole body: template strings may name them.
    whole: VarSet,
}

impl Known {
    /// What is known inside of a comprehension's head: template strings in it do not see what its body binds, as OPA has
    /// it, unless one is the whole head.
    fn in_head(&self, around: &Known) -> Known {
        Known { whole: around.whole.clone(), ..self.clone() }
    }
}

impl Written<'_> {
    /// Checks a body, which `heads` have the values of; gives what is known after it.
    fn body(&mut self, body: &Body, heads: &[&Term], around: &Known) -> Known {
        let own = own_vars(body, &around.whole);
        let inner = self.inner_values(body, heads);
        let mut calls = Calls::new();
        self.calls_inside(body, &mut calls);
        let bind = |literal: &Literal, globals: &VarSet, bound: &mut VarSet| {
            let around = Around { globals, own: &own, replacements_bind: true, calls: Some(&calls) };
            if is_known(literal, &inner, bound) {
                bound_as_written(literal, bound, &around);
                bind_arguments(literal, &calls, bound);
            }
        };
        let mut known = around.clone();
        body.iter().for_each(|literal| bind(literal, &around.whole, &mut known.whole));
        let below_heads = if self.is_in_comprehension { self.below_heads(body, heads) } else { VarSet::default() };
        self.is_in_comprehension = false;
        for literal in body {
            match &literal.kind {
                LiteralKind::Call { output: Some(Term::Var(output)), .. } if below_heads.contains(*output) => {
                    self.literal(literal, &known.in_head(around));
                }
                _ => self.literal(literal, &known),
            }
            bind(literal, &around.before, &mut known.before);
            // What is declared may be named from then on, whether it has a value or not.
            free_vars_of_literal(literal, false, &mut |var: Var, _| {
                if self.locals.is_declared(var) {
                    known.declared.insert(var);
                }
            });
        }
        known
    }

    /// The results of calls in the heads of a comprehension, except for a template string that is the whole head.
    fn below_heads(&self, body: &Body, heads: &[&Term]) -> VarSet {
        let mut found = VarSet::default();
        for head in heads {
            let mut own = VarSet::default();
            self.add_generated(head, &mut own);
            for literal in body.iter().rev() {
                if let LiteralKind::Call { call, output: Some(Term::Var(output)) } = &literal.kind
                    && own.contains(*output)
                {
                    call.args.iter().for_each(|arg| self.add_generated(arg, &mut own));
                    let is_head = matches!(head, Term::Var(head) if head == output);
                    if is_head && call.callee.is_builtin("internal.template_string") {
                        own.remove(*output);
                    }
                }
            }
            found.extend(&own);
        }
        found
    }

    /// The values that have no literal of their own yet where this is checked: those of heads, those in which something
    /// is looked up, that are put in place by a `with` or that stand below a `not`; and values inside of these.
    fn inner_values(&self, body: &Body, heads: &[&Term]) -> VarSet {
        let mut found = VarSet::default();
        heads.iter().for_each(|head| self.add_generated(head, &mut found));
        for literal in body.iter().rev() {
            match &literal.kind {
                LiteralKind::Call { call, output: Some(Term::Var(output)) } if found.contains(*output) => {
                    call.args.iter().for_each(|arg| self.add_generated(arg, &mut found));
                }
                LiteralKind::Unify(Term::Var(head), value) if found.contains(*head) => {
                    self.add_generated(value, &mut found);
                }
                LiteralKind::Not { is_scoped: false, .. } => {
                    free_vars_of_literal(literal, false, &mut |var: Var, _| {
                        if self.locals.name(var).starts_with('$') {
                            found.insert(var);
                        }
                    });
                }
                LiteralKind::With { modifiers, .. } => {
                    for modifier in modifiers {
                        if let Replacement::Term(term) = &modifier.value {
                            self.add_generated(term, &mut found);
                        }
                    }
                }
                _ => parts_of_literal(literal, &mut |part| {
                    if let Part::Ref(Ref { head: Head::Term(head), .. }) = part {
                        self.add_generated(head, &mut found);
                    }
                }),
            }
        }
        found
    }

    /// The calls inside of other terms of a body, by the variables that have their results.
    fn calls_inside<'b>(&self, body: &'b Body, found: &mut Calls<'b>) {
        for literal in body {
            match &literal.kind {
                // A template string binds nothing.
                LiteralKind::Call { call, output: Some(Term::Var(output)) }
                    if !call.callee.is_builtin("internal.template_string")
                        && self.locals.name(*output).starts_with('$') =>
                {
                    found.entry(*output).or_insert(&call.args);
                }
                LiteralKind::With { body, .. } => self.calls_inside(body, found),
                _ => {}
            }
        }
    }

    fn add_generated(&self, term: &Term, found: &mut VarSet) {
        free_vars_of_term(term, false, &mut |var: Var, _| {
            if self.locals.name(var).starts_with('$') {
                found.insert(var);
            }
        });
    }

    fn literal(&mut self, literal: &Literal, known: &Known) {
        match &literal.kind {
            LiteralKind::Truthy(term) => self.term(term, known),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                self.term(left, known);
                self.term(right, known);
            }
            LiteralKind::Call { call, output } => {
                if call.callee.is_builtin("internal.print") {
                    let mut named = known.before.clone();
                    named.extend(&known.declared);
                    self.parts(Check::PrintCalls, &call.args, &named);
                } else if call.callee.is_builtin("internal.template_string") {
                    self.parts(Check::TemplateStrings, &call.args, &known.whole);
                }
                call.args.iter().chain(output).for_each(|term| self.term(term, known));
            }
            LiteralKind::Not { body, is_scoped: false, .. } => {
                body.iter().for_each(|literal| self.literal(literal, known));
            }
            LiteralKind::Not { body, .. } => {
                self.body(body, &[], known);
            }
            LiteralKind::Every { key, value, domain, body } => {
                self.term(domain, known);
                let mut known = known.clone();
                for var in key.iter().chain([value]) {
                    known.before.insert(*var);
                    known.whole.insert(*var);
                }
                self.body(body, &[], &known);
            }
            LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                self.body(left, &[], known);
                self.body(right, &[], known);
            }
            LiteralKind::With { modifiers, body } => {
                for modifier in modifiers {
                    if let Replacement::Term(term) = &modifier.value {
                        self.term(term, known);
                    }
                }
                body.iter().for_each(|literal| self.literal(literal, known));
            }
        }
    }

    /// Checks the bodies inside a term.
    fn term(&mut self, term: &Term, known: &Known) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                if let Head::Term(head) = &reference.head {
                    self.term(head, known);
                }
                reference.operands.iter().for_each(|operand| self.term(operand, known));
            }
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|item| self.term(item, known)),
            Term::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.term(key, known);
                self.term(value, known);
            }),
            Term::Comprehension(comprehension) => {
                let heads: Vec<&Term> = comprehension.key.iter().chain([&comprehension.value]).collect();
                self.is_in_comprehension = true;
                let inside = self.body(&comprehension.body, &heads, known).in_head(known);
                heads.into_iter().for_each(|term| self.term(term, &inside));
            }
        }
    }

    fn parts(&mut self, check: Check, args: &[Term], bound: &VarSet) {
        let Some(Term::Array(parts)) = args.first() else { return };
        for part in parts {
            let Term::Comprehension(comprehension) = part else { continue };
            if check == Check::TemplateStrings && comprehension.lone_variable().is_some() {
                continue;
            }
            let mut vars = VarSet::default();
            body_vars(&comprehension.body, &mut vars);
            if check == Check::PrintCalls {
                template_vars(&comprehension.body, &mut vars);
            }
            for var in vars.iter().filter(|var| !bound.contains(*var) && !self.locals.name(*var).starts_with('$')) {
                let message = format!("var {} is undeclared", self.locals.name(var));
                self.problems.report(check, "rego_compile_error", comprehension.span, message);
            }
        }
    }
}

/// A lookup whose keys are calls binds what these name: they have no literals of their own where this is checked.
fn bind_arguments(literal: &Literal, calls: &Calls<'_>, bound: &mut VarSet) {
    if calls.is_empty() {
        return;
    }
    let mut keys: Vec<Var> = Vec::new();
    parts_of_literal(literal, &mut |part| {
        if let Part::Ref(Ref { head, operands, .. }) = part
            && !matches!(head, Head::Term(head) if !is_bound(head, bound))
        {
            operands.iter().for_each(|operand| free_vars_of_term(operand, false, &mut |var, _| keys.push(var)));
        }
    });
    keys.retain(|key| bound.contains(*key));
    let mut seen = VarSet::default();
    while let Some(key) = keys.pop() {
        bound.insert(key);
        if seen.insert(key) {
            let args = calls.get(&key).copied().unwrap_or_default();
            args.iter().for_each(|arg| free_vars_of_term(arg, false, &mut |var, _| keys.push(var)));
        }
    }
}

/// Whether a literal binds at all: one that gives an inner value does if it needs nothing.
fn is_known(literal: &Literal, inner: &VarSet, bound: &VarSet) -> bool {
    match &literal.kind {
        LiteralKind::Call { call, output: Some(Term::Var(output)) } if inner.contains(*output) => {
            call.args.iter().all(|arg| is_bound(arg, bound))
        }
        LiteralKind::Unify(Term::Var(head), value) if inner.contains(*head) => is_bound(value, bound),
        _ => true,
    }
}

/// The variables that are parts of template strings in a body.
fn template_vars(body: &Body, vars: &mut VarSet) {
    for literal in body {
        let LiteralKind::Call { call, .. } = &literal.kind else { continue };
        if !call.callee.is_builtin("internal.template_string") {
            continue;
        }
        let Some(Term::Array(parts)) = call.args.first() else { continue };
        for part in parts {
            if let Term::Comprehension(part) = part {
                part.lone_variable().map(|var| vars.insert(var));
            }
        }
    }
}
