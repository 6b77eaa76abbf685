//! Reordering bodies, and the report of unsafe variables.

use super::VarSet;
use super::dynamics::{extract_query, extract_rule};
use super::outputs::{Around, bound_by_itself, looks_into_body, ready, refs_bind};
use crate::hir::lower::Program;
use crate::hir::print::rule_name;
use crate::hir::{
    Body, Check, Comprehension, Head, Literal, LiteralKind, Locals, Problems, Query, Replacement, Rule, Term, Var,
    free_vars_of_body, free_vars_of_literal, free_vars_of_term,
};
use hashbrown::HashMap;
use solon_syntax::{Diagnostic, Source, Span};

/// Puts the bodies of all rules in order.
pub fn order_rules(program: &mut Program, sources: &[Source], problems: &mut Problems) {
    let mut rows: Option<Rows> = None;
    for at in 0..program.rules.len() {
        let known = problems.count();
        if let Some(rule) = program.rules.get_mut(at) {
            order_rule(rule, problems);
        }
        if problems.count() > known {
            let rows = rows.get_or_insert_with(|| Rows::of(program, sources));
            if let Some(name) = program.rules.get(at).and_then(|rule| rows.name(rule, sources)) {
                let errors = problems.after(known, &[Check::HeadSafety, Check::BodySafety]);
                errors.for_each(|error| error.message.push_str(&format!(" in rule {name}")));
            }
        }
    }
}

/// Which rules stand in which rows.
struct Rows {
    names: HashMap<(u32, u32), Vec<String>>,
    /// How many steps the packages of files have.
    packages: HashMap<u32, usize>,
}

impl Rows {
    fn of(program: &Program, sources: &[Source]) -> Self {
        let packages = program.packages.iter().map(|package| (package.span.file, package.path.len())).collect();
        let mut rows = Rows { names: HashMap::new(), packages };
        for rule in &program.rules {
            let name = rows.name_of(rule);
            let names = rows.names.entry(row(rule, sources)).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        rows
    }

    fn name_of(&self, rule: &Rule) -> String {
        rule_name(rule, self.packages.get(&rule.span.file).copied().unwrap_or_default())
    }

    /// The name of a rule that shares its row with others, which messages add.
    fn name(&self, rule: &Rule, sources: &[Source]) -> Option<String> {
        let is_shared = self.names.get(&row(rule, sources)).is_some_and(|names| names.len() > 1);
        is_shared.then(|| self.name_of(rule))
    }
}

/// File and row where a rule begins.
fn row(rule: &Rule, sources: &[Source]) -> (u32, u32) {
    let source = sources.get(rule.span.file as usize);
    (rule.span.file, source.map_or(0, |source| source.position(rule.span.start).row))
}

/// Puts the bodies of a rule in order.
fn order_rule(rule: &mut Rule, problems: &mut Problems) {
    if rule.locals.need_no_order() {
        return;
    }
    let mut orderer = Orderer {
        is_query: false,
        depth: 0,
        locals: &rule.locals,
        problems,
        literal: None,
        reported: VarSet::default(),
    };
    let mut arguments = VarSet::default();
    for param in rule.params.iter().flatten() {
        free_vars_of_term(param, false, &mut |var: Var, in_closure: bool| {
            if !in_closure {
                arguments.insert(var);
            }
        });
    }
    for param in rule.params.iter_mut().flatten() {
        orderer.term(param, &arguments);
    }
    for (index, branch) in rule.branches.iter_mut().enumerate() {
        orderer.reported = VarSet::default();
        let keys = if index == 0 { rule.keys.as_mut_slice() } else { &mut [] };
        let own = own_vars(&branch.body, &arguments);
        let safe = orderer.body(&mut branch.body, arguments.clone(), &own);
        // OPA looks at heads before bodies, whatever these have to say of a variable.
        orderer.reported = VarSet::default();
        for term in keys.iter_mut().chain([&mut branch.value]) {
            orderer.term(term, &safe);
            orderer.require(Check::HeadSafety, term, &own);
        }
    }
    extract_rule(rule);
}

/// Puts the body of a query in order.
pub fn order_query(query: &mut Query, problems: &mut Problems) {
    let mut orderer = Orderer {
        is_query: true,
        depth: 0,
        locals: &query.locals,
        problems,
        literal: None,
        reported: VarSet::default(),
    };
    orderer.own_body(&mut query.body, VarSet::default());
    extract_query(query);
}

/// Variables of a body outside of nested ones.
pub(super) fn body_vars(body: &[Literal], vars: &mut VarSet) {
    free_vars_of_body(body, false, &mut |var: Var, in_closure: bool| {
        if !in_closure {
            vars.insert(var);
        }
    });
}

/// The variables of `safe` and those of a body.
pub(super) fn own_vars(body: &Body, safe: &VarSet) -> VarSet {
    let mut own = safe.clone();
    body_vars(body, &mut own);
    own
}

struct Orderer<'r> {
    is_query: bool,
    /// How many bodies there are around the one that is put in order.
    depth: usize,
    /// The literal whose turn it is; none in heads.
    literal: Option<Span>,
    locals: &'r Locals,
    problems: &'r mut Problems,
    reported: VarSet,
}

impl Orderer<'_> {
    /// Orders a body whose variables in `safe` are bound before it. `own` are these and the variables of the body itself.
    /// Gives what is bound after it.
    fn body(&mut self, body: &mut Body, mut safe: VarSet, own: &VarSet) -> VarSet {
        let globals = safe.clone();
        let literal_around = self.literal;
        let replacements_bind = !self.is_query || self.depth == 0;
        let around = Around { globals: &globals, own, replacements_bind, calls: None };
        // What is ready in the order in which it is written stays where it is. Without variables everything is.
        let mut in_order = 0;
        for literal in body.iter_mut() {
            if !self.locals.is_empty() {
                let Some(after) = ready(literal, &safe, &around) else { break };
                self.take_in_order(literal, &safe);
                safe = after;
            } else {
                self.take_in_order(literal, &safe);
            }
            in_order += 1;
        }
        let mut waiting = if in_order == body.len() { Body::new() } else { body.split_off(in_order) };
        while !waiting.is_empty() {
            let mut rest = Body::new();
            let mut progressed = false;
            for mut literal in waiting {
                match ready(&literal, &safe, &around) {
                    Some(after) => {
                        self.take_in_order(&mut literal, &safe);
                        safe = after;
                        body.push(literal);
                        progressed = true;
                    }
                    None => rest.push(literal),
                }
            }
            waiting = rest;
            if !progressed {
                self.report(&waiting, &mut safe, &around);
                body.append(&mut waiting);
            }
        }
        self.literal = literal_around;
        safe
    }

    /// Orders what is inside a literal whose turn it is: an assignment from now on makes two terms equal.
    fn take_in_order(&mut self, literal: &mut Literal, safe: &VarSet) {
        self.literal = Some(literal.span);
        self.nested(literal, safe);
        if let LiteralKind::Assign(left, right) = &mut literal.kind {
            literal.kind =
                LiteralKind::Unify(std::mem::replace(left, Term::TRUE), std::mem::replace(right, Term::TRUE));
        }
    }

    /// Orders the bodies inside a literal.
    fn nested(&mut self, literal: &mut Literal, safe: &VarSet) {
        match &mut literal.kind {
            LiteralKind::Truthy(term) => self.term(term, safe),
            LiteralKind::Unify(left, right) | LiteralKind::Assign(left, right) => {
                self.term(left, safe);
                self.term(right, safe);
            }
            LiteralKind::Call { call, output } => {
                call.args.iter_mut().chain(output).for_each(|term| self.term(term, safe));
            }
            LiteralKind::Not { body, is_scoped: false, .. } => {
                body.iter_mut().for_each(|literal| self.nested(literal, safe));
            }
            LiteralKind::Not { body, is_scoped: true, .. } => self.closure(body, safe.clone()),
            LiteralKind::Every { key, value, domain, body } => {
                self.term(domain, safe);
                let mut safe = safe.clone();
                key.iter().chain([&*value]).for_each(|var| {
                    safe.insert(*var);
                });
                self.closure(body, safe);
            }
            LiteralKind::And(left, right, _) | LiteralKind::Or(left, right, _) => {
                self.closure(left, safe.clone());
                self.closure(right, safe.clone());
            }
            LiteralKind::With { modifiers, body } => {
                let mut safe = safe.clone();
                for modifier in modifiers {
                    if let Replacement::Term(term) = &mut modifier.value {
                        self.term(term, &safe);
                        refs_bind(term, true, &mut safe);
                    }
                }
                self.own_body(body, safe);
            }
        }
    }

    fn closure(&mut self, body: &mut Body, safe: VarSet) {
        self.depth += 1;
        self.own_body(body, safe);
        self.depth -= 1;
    }

    fn own_body(&mut self, body: &mut Body, safe: VarSet) {
        let own = own_vars(body, &safe);
        self.body(body, safe, &own);
    }

    /// Orders the comprehensions inside a term.
    fn term(&mut self, term: &mut Term, safe: &VarSet) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Ref(reference) => {
                if let Head::Term(head) = &mut reference.head {
                    self.term(head, safe);
                }
                reference.operands.iter_mut().for_each(|operand| self.term(operand, safe));
            }
            Term::Array(items) | Term::Set(items) => items.iter_mut().for_each(|item| self.term(item, safe)),
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.term(key, safe);
                    self.term(value, safe);
                }
            }
            Term::Comprehension(comprehension) => self.comprehension(comprehension, safe),
        }
    }

    fn comprehension(&mut self, comprehension: &mut Comprehension, safe: &VarSet) {
        let Comprehension { key, value, body, .. } = comprehension;
        let own = own_vars(body, safe);
        self.depth += 1;
        let safe = self.body(body, safe.clone(), &own);
        self.depth -= 1;
        for term in key.iter_mut().chain([value]) {
            self.term(term, &safe);
            self.require(Check::BodySafety, term, &own);
        }
    }

    /// Reports the variables of a head that are not bound, unless they are in its body: they are reported there.
    fn require(&mut self, check: Check, term: &Term, mentioned: &VarSet) {
        free_vars_of_term(term, false, &mut |var: Var, in_closure: bool| {
            if !in_closure && !mentioned.contains(var) {
                let place = match check {
                    Check::HeadSafety => self.locals.place_in_head(var),
                    _ => self.literal.unwrap_or_else(|| self.locals.span(var)),
                };
                self.report_var(check, var, place);
            }
        });
    }

    /// Reports what keeps literals from running, and takes it for bound.
    fn report(&mut self, literals: &[Literal], safe: &mut VarSet, around: &Around<'_>) {
        let mut found: Vec<(Var, Span)> = Vec::new();
        let mut taken = VarSet::default();
        for literal in literals {
            let unsafe_vars = unsafe_vars(literal, safe, around.own);
            // What the literal would bind by itself is not what keeps it from running, unless bodies inside it need it.
            let bound = bound_by_itself(literal, safe, around);
            let mut nested = VarSet::default();
            free_vars_of_literal(literal, false, &mut |var: Var, in_closure: bool| {
                if in_closure {
                    nested.insert(var);
                }
            });
            let needs_more = unsafe_vars.iter().any(|var| nested.contains(var));
            let is_all = needs_more && looks_into_body(literal);
            // The result of a call that does not run binds nothing, either.
            let mut results = VarSet::default();
            if let LiteralKind::Call { call, output: Some(output) } = &literal.kind
                && needs_more
                && call.span != literal.span
            {
                free_vars_of_term(output, false, &mut |var: Var, _| {
                    results.insert(var);
                });
            }
            let is_other =
                |var: &Var| is_all || !bound.contains(*var) || nested.contains(*var) || results.contains(*var);
            let others: VarSet = unsafe_vars.iter().filter(is_other).collect();
            found.extend(others.iter().map(|var| (var, literal.span)));
            taken.extend(&others);
        }
        safe.extend(&taken);
        if found.is_empty() {
            // Bodies inside them need what OPA takes for bound by them.
            for literal in literals {
                free_vars_of_literal(literal, false, &mut |var: Var, in_closure: bool| {
                    if in_closure && around.own.contains(var) && !around.globals.contains(var) {
                        found.push((var, literal.span));
                        safe.insert(var);
                    }
                });
            }
        }
        let (generated, mut named): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(var, _)| self.locals.name(*var).starts_with('$'));
        // Of one literal, OPA names wildcards first.
        named.sort_by_key(|(var, span)| (span.start, self.locals.name(*var) != "_"));
        // Variables that are assigned from what is unsafe are not at fault.
        let has_other = named.iter().any(|(var, _)| !self.locals.is_assigned(*var));
        for (var, span) in &named {
            if !has_other || !self.locals.is_assigned(*var) {
                self.report_var(Check::BodySafety, *var, *span);
            }
        }
        if named.is_empty() {
            let mut spans: Vec<Span> = generated.into_iter().map(|(_, span)| span).collect();
            spans.dedup();
            spans.into_iter().for_each(|span| self.push(Check::BodySafety, span, "expression is unsafe".to_owned()));
        }
    }

    fn report_var(&mut self, check: Check, var: Var, span: Span) {
        if !self.reported.insert(var) {
            return;
        }
        let name = self.locals.name(var);
        let mut message = format!("var {name} is unsafe");
        if check == Check::BodySafety && FUTURE_KEYWORDS.contains(&name) {
            message += &format!(" (hint: `import future.keywords.{name}` to import a future keyword)");
        }
        self.push(check, span, message);
    }

    fn push(&mut self, check: Check, span: Span, message: String) {
        let hint = "bind it with `:=`, `some .. in` or a lookup outside of `not`, or make it an argument";
        self.problems.add(check, Diagnostic::new("rego_unsafe_var_error", span, message).with_hint(hint));
    }
}

/// The variables that keep a literal from running.
fn unsafe_vars(literal: &Literal, safe: &VarSet, own: &VarSet) -> VarSet {
    let mut found = VarSet::default();
    free_vars_of_literal(literal, false, &mut |var: Var, in_closure: bool| {
        if !safe.contains(var) && (!in_closure || own.contains(var)) {
            found.insert(var);
        }
    });
    found
}

/// Names that are keywords only under an import.
const FUTURE_KEYWORDS: [&str; 7] = ["in", "every", "contains", "if", "not", "and", "or"];
