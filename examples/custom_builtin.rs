//! A function of the program that policies call: `cargo run --example custom_builtin`.
//!
//! The compiler knows its signature from the Rust types and checks calls against it.

use solon::builtins::{CustomBuiltin, Json};
use solon::{Compiler, Error, Input, Policy};
use std::collections::BTreeMap;

/// What a program may have that no policy can compute: here, who is on call.
struct Rota(BTreeMap<&'static str, &'static str>);

fn policy(rota: Rota) -> Result<Policy, Error> {
    // `None` is undefined. An `Err` would end the evaluation: nothing is allowed because something went wrong.
    let on_call =
        CustomBuiltin::typed("rota.on_call", move |team: &str| rota.0.get(team).map(|name| (*name).to_owned()));
    // Any type of serde can be an argument or a result.
    let total = |Json(hours): Json<BTreeMap<String, i64>>| -> Result<i64, String> {
        hours.values().try_fold(0_i64, |sum, hours| sum.checked_add(*hours)).ok_or_else(|| "too many hours".to_owned())
    };
    Compiler::new()
        .builtin(on_call)
        .builtin(CustomBuiltin::typed("rota.total", total).pure(true))
        .module(
            "rota.rego",
            r#"package rota

            default allow := false
            allow if {
                rota.on_call(input.team) == input.user
                rota.total(input.hours) <= 40
            }"#,
        )
        .compile()
}

fn main() -> Result<(), Error> {
    let policy = policy(Rota(BTreeMap::from([("payments", "ann")])))?;
    let mut allow = policy.prepare("data.rota.allow")?.evaluator();
    let mut ask = |input: &str| Ok::<_, Error>(allow.eval(Input::json(input))?.is_true());
    assert!(ask(r#"{"team": "payments", "user": "ann", "hours": {"monday": 8, "tuesday": 9}}"#)?);
    assert!(!ask(r#"{"team": "payments", "user": "bob", "hours": {}}"#)?);
    assert!(!ask(r#"{"team": "search", "user": "ann", "hours": {}}"#)?);
    assert!(
        ask(r#"{"team": "payments", "user": "ann", "hours": {"monday": 9223372036854775807, "sunday": 1}}"#).is_err()
    );

    let wrong = policy.prepare("rota.on_call(7)").err().map(|error| error.to_string());
    assert!(wrong.is_some_and(|message| message.contains("invalid argument")));
    Ok(())
}

#[test]
fn runs() -> Result<(), Error> {
    main()
}
