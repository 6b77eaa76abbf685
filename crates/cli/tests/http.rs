//! `http.send` on the command line, on a server that the test starts. What is expected is real OPA's answer.
//!
//! `SOLON_OPA=path/to/opa cargo test -p solon-cli --test http` asks OPA, and writes its answers into the cases.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use support::Server;

/// The answer of `solon eval` or `opa eval` to a query: the values of its expressions, or the errors.
fn ask(program: &Path, server: &Server, query: &str) -> Value {
    let mut command = Command::new(program);
    command.args(["eval", "--format", "json", "--strict-builtin-errors", &server.fill(query)]);
    for name in ["ca", "client"] {
        let text = |ending: &str| std::fs::read_to_string(support::certificates().join(format!("{name}.{ending}")));
        command.env(format!("SOLON_{}_PEM", name.to_uppercase()), text("pem").unwrap());
        command.env(format!("SOLON_{}_KEY", name.to_uppercase()), text("key").unwrap_or_default());
    }
    command.env_remove("HTTP_PROXY").env_remove("HTTPS_PROXY").env_remove("http_proxy").env_remove("https_proxy");
    let output = command.output().unwrap();
    let text = server.empty(&String::from_utf8(output.stdout).unwrap());
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{query}: {error}\n{text}"));
    match (answer.get("errors"), answer.get("result")) {
        (Some(errors), _) => {
            let errors = errors.as_array().into_iter().flatten();
            json!({"errors": errors.map(|error| json!([error["code"], error["message"]])).collect::<Vec<_>>()})
        }
        (None, None) => json!("undefined"),
        (None, Some(result)) => {
            let expressions = result.as_array().into_iter().flatten().flat_map(|row| row["expressions"].as_array());
            json!(expressions.flatten().map(|expression| expression["value"].clone()).collect::<Vec<_>>())
        }
    }
}

#[test]
fn requests_are_answered_as_in_opa() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/http/cases.json");
    let mut cases: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    if let Some(opa) = std::env::var_os("SOLON_OPA") {
        let server = Server::start("opa");
        for case in cases.as_array_mut().unwrap() {
            let query = case["query"].as_str().unwrap().to_owned();
            case["expected"] = ask(Path::new(&opa), &server, &query);
        }
        std::fs::write(&path, serde_json::to_string_pretty(&cases).unwrap() + "\n").unwrap();
    }
    let server = Server::start("solon");
    let mut wrong = Vec::new();
    for case in cases.as_array().unwrap() {
        let query = case["query"].as_str().unwrap();
        let found = ask(Path::new(env!("CARGO_BIN_EXE_solon")), &server, query);
        if found != case["expected"] {
            wrong.push(format!("{query}\n  OPA   {}\n  Solon {found}", case["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
