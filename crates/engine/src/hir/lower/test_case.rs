//! Cases of tests: which keys a test came to, whether or not its body holds for them.

use super::Lowerer;
use crate::builtins;
use crate::hir::test_rules::{SKIPPED, name_parts};
use crate::hir::{Body, Call, Callee, Literal, LiteralKind, Term, Var, free_vars_of_literal, free_vars_of_term};
use hashbrown::HashSet;
use solon_syntax::ast;

/// The builtin that is told of each case.
const TEST_CASE: &str = "internal.test_case";

impl Lowerer<'_, '_> {
    /// Puts a call that names the case into the body of a test whose head has keys: as early as its variables allow,
    /// so that cases whose body does not hold are known, too. `generated` is where literals begin that head terms
    /// were made into; those of the keys move up with it.
    pub(super) fn name_test_case(&mut self, rule: &ast::Rule, keys: &[Term], generated: usize, body: &mut Body) {
        let Some(length) = name_parts(&rule.head) else { return };
        let is_skipped = matches!(&rule.head.name.text, name if name.starts_with(SKIPPED));
        if keys.is_empty() || is_skipped || calls_test_case(body) {
            return;
        }
        let constants = rule.head.path.len().saturating_sub(keys.len());
        let tail = rule.head.path.get(length.saturating_sub(1)..constants).unwrap_or_default();
        let mut names = self.terms(tail, &mut Body::new());
        names.extend(keys.iter().cloned());
        raise(body, generated);
        let args = vec![Term::Array(names)];
        let Some(builtin) = builtins::find(TEST_CASE) else { return };
        let call = Call { span: rule.head.span, callee: Callee::Builtin(builtin), args };
        let mut vars = HashSet::new();
        keys.iter().for_each(|key| {
            free_vars_of_term(key, false, &mut |var: Var, _| {
                vars.insert(var);
            });
        });
        let at = after_first_uses(body, &vars);
        body.insert(at, Literal { span: rule.head.span, kind: LiteralKind::Call { call, output: None } });
    }
}

/// Whether a body names its cases itself.
fn calls_test_case(body: &Body) -> bool {
    body.iter()
        .any(|literal| matches!(&literal.kind, LiteralKind::Call { call, .. } if call.callee.is_builtin(TEST_CASE)))
}

/// Moves the literals from `generated` on up, each to where its variables have been mentioned first.
fn raise(body: &mut Body, generated: usize) {
    for at in generated..body.len() {
        let literal = body.remove(at);
        let mut vars = HashSet::new();
        free_vars_of_literal(&literal, false, &mut |var: Var, _| {
            vars.insert(var);
        });
        let to = after_first_uses(body.get(..at).unwrap_or_default(), &vars);
        body.insert(to, literal);
    }
}

/// The place after the literals that mention each of the variables first.
fn after_first_uses(body: &[Literal], vars: &HashSet<Var>) -> usize {
    let mut waiting = vars.clone();
    let mut place = 0;
    for (at, literal) in body.iter().enumerate() {
        let before = waiting.len();
        free_vars_of_literal(literal, false, &mut |var: Var, _| {
            waiting.remove(&var);
        });
        if waiting.len() < before {
            place = at + 1;
        }
    }
    place
}
