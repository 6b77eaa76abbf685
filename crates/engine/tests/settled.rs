//! Documents that are the same in each evaluation are computed once, and are what they would be otherwise.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use solon_engine::{Compiler, Evaluator, Input, Policy};

const MODULE: &str = r#"package a
import rego.v1

ladder := ["read", "write", "admin"]
top := count(ladder) - 1
by_role contains [role, user] if {
    some user, roles in data.users
    some role in roles
}
admins := {user | some [role, user] in by_role; role == ladder[top]}
allow if input.user in admins
other := x if x := top with data.a.ladder as ["read"]
replaced := x if x := admins with data.users as {"zoe": ["admin"]}
counted := x if x := top with count as 7
unsure := [1 | to_number("x") == 1]
trusting if count(unsure) == 0
"#;

fn policy() -> Policy {
    let data = r#"{"users": {"ann": ["admin"], "bob": ["read"]}}"#;
    Compiler::new().module("a.rego", MODULE).data(data).compile().unwrap()
}

fn ask(evaluator: &mut Evaluator, input: &str) -> Result<Option<String>, String> {
    match evaluator.eval(Input::json(input)) {
        Ok(answer) => Ok(answer.value().map(|value| value.to_string())),
        Err(error) => Err(error.to_string()),
    }
}

fn asked(policy: &Policy, query: &str, input: &str) -> Option<String> {
    ask(&mut policy.prepare(query).unwrap().evaluator(), input).unwrap()
}

#[test]
fn what_is_known_holds_where_nothing_is_replaced() {
    let policy = policy();
    let text = |text: &str| Some(text.to_owned());
    for _ in 0..3 {
        assert_eq!(asked(&policy, "data.a.allow", r#"{"user": "ann"}"#), text("true"));
        assert_eq!(asked(&policy, "data.a.allow", r#"{"user": "bob"}"#), None);
        assert_eq!(asked(&policy, "data.a.top", "{}"), text("2"));
        assert_eq!(asked(&policy, "data.a.other", "{}"), text("0"));
        assert_eq!(asked(&policy, "data.a.counted", "{}"), text("6"));
        assert_eq!(asked(&policy, "data.a.replaced", "{}"), text(r#"{"zoe"}"#));
        let replaced = r#"data.a.admins with data.a.ladder as ["admin", "read"]"#;
        assert_eq!(asked(&policy, replaced, "{}"), text(r#"{"bob"}"#));
    }
}

#[test]
fn other_data_make_other_documents() {
    let policy = policy();
    let allows =
        |policy: &Policy, user: &str| asked(policy, "data.a.allow", &format!(r#"{{"user": "{user}"}}"#)).is_some();
    assert!(allows(&policy, "ann") && !allows(&policy, "bob"));
    let patched = policy.patch_data(&["users", "bob"], br#"["admin"]"#).unwrap();
    assert!(allows(&patched, "ann") && allows(&patched, "bob"));
    let others = policy.with_data(r#"{"users": {"cyn": ["admin"]}}"#).unwrap();
    assert!(!allows(&others, "ann") && allows(&others, "cyn"));
    assert!(allows(&policy, "ann") && !allows(&policy, "bob"));
    // The same prepared query over both.
    let query = policy.prepare("data.a.admins").unwrap();
    let admins = |policy: &Policy| ask(&mut query.with_policy(policy).unwrap().evaluator(), "{}").unwrap().unwrap();
    assert_eq!([admins(&patched), admins(&policy)], [r#"{"ann", "bob"}"#, r#"{"ann"}"#]);
}

#[test]
fn errors_of_builtins_are_told_again() {
    let policy = policy();
    assert_eq!(asked(&policy, "data.a.unsure", "{}"), Some("[]".to_owned()));
    let query = policy.prepare("data.a.unsure").unwrap();
    let mut strict = query.evaluator().strict_builtin_errors(true);
    for _ in 0..2 {
        assert!(ask(&mut strict, "{}").unwrap_err().contains("to_number"));
        assert_eq!(ask(&mut query.evaluator(), "{}"), Ok(Some("[]".to_owned())));
    }
}

#[test]
fn errors_that_came_before_are_told_again() {
    let policy = policy();
    // Here `unsure` is known when `trusting` is computed, and its error has been passed over.
    let both = asked(&policy, "[count(data.a.unsure), data.a.trusting]", "{}");
    assert_eq!(both, Some("[0, true]".to_owned()));
    let query = policy.prepare("data.a.trusting").unwrap();
    let mut strict = query.evaluator().strict_builtin_errors(true);
    assert!(ask(&mut strict, "{}").unwrap_err().contains("to_number"));
}

#[test]
fn what_is_known_takes_no_steps() {
    let policy = policy();
    let steps = |limit: u64| {
        let limits = solon_engine::Limits { instructions: limit, ..Default::default() };
        ask(&mut policy.prepare("data.a.admins").unwrap().evaluator().limits(limits), "{}").is_ok()
    };
    assert!(!steps(5), "it was computed in fewer steps");
    assert!(steps(100_000) && steps(5));
}
