//! The service on loopback: what it answers to whom, and by which policy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use axum_service::{Authorizer, Claims, Issuer, prepare, router};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};
use tokio::net::TcpListener;
use ureq::Agent;
use ureq::http::{Method, Request};

const POLICY: &str = include_str!("../authz.rego");

/// Asks, and gives the status and the body: JSON, or text as a string.
fn ask(address: &str, method: &str, path: &str, token: Option<&str>) -> (u16, Value) {
    let agent: Agent = Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = agent.run(request.uri(format!("{address}{path}")).body(()).unwrap()).unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers().contains_key("www-authenticate"), status == 401, "{method} {path}");
    let text = response.body_mut().read_to_string().unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The service on a port of its own, on a thread that ends with the test.
fn serve(authorizer: &Arc<Authorizer>) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    let app = router(Arc::clone(authorizer));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_io().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

#[test]
fn requests_are_decided_by_method_path_and_claims() {
    let (issuer, stranger) = (Issuer::new().unwrap(), Issuer::new().unwrap());
    let authorizer = Arc::new(Authorizer::new(prepare(POLICY, &issuer.keys()).unwrap()));
    let address = serve(&authorizer);
    let ann = Claims::of("ann", &[]);
    let good = issuer.token(&ann);
    let bob = issuer.token(&Claims::of("bob", &["auditor"]));
    let slash = issuer.token(&Claims::of("a/b", &[]));
    let forged = stranger.token(&ann);
    let expired = issuer.token(&Claims { exp: 1, ..ann.clone() });
    let elsewhere = issuer.token(&Claims { aud: "payments".to_owned(), ..ann });
    // The signature of one token below the claims of another.
    let mixed = format!("{}.{}", bob.rsplit_once('.').unwrap().0, good.rsplit_once('.').unwrap().1);

    let no_token = json!({"reasons": ["there is no token"]});
    let bad = json!({"reasons": ["the token is not signed by a known key, not for this service, or has run out"]});
    let may_not = |what: &str| json!({"reasons": [format!("ann may not {what}")]});
    let read = |name: &str, caller: &str| json!({"account": name, "read_by": caller});
    let cases = [
        ("GET", "/health", None, 200, json!("well")),
        ("POST", "/health", None, 401, no_token.clone()),
        ("GET", "/accounts/ann", None, 401, no_token.clone()),
        ("GET", "/accounts/ann", Some(&good), 200, read("ann", "ann")),
        ("HEAD", "/accounts/ann", Some(&good), 200, json!("")),
        ("GET", "/accounts/%61nn", Some(&good), 200, read("ann", "ann")),
        ("GET", "/accounts/a%2Fb", Some(&slash), 200, read("a/b", "a/b")),
        ("GET", "/accounts/ann?name=bob", Some(&good), 200, read("ann", "ann")),
        ("GET", "/accounts/bob", Some(&good), 403, may_not("GET /accounts/bob")),
        ("GET", "/accounts/ann", Some(&bob), 200, read("ann", "bob")),
        ("POST", "/accounts/ann/close", Some(&good), 200, json!({"account": "ann", "closed_by": "ann"})),
        ("POST", "/accounts/ann/close", Some(&bob), 403, json!({"reasons": ["bob may not POST /accounts/ann/close"]})),
        ("DELETE", "/accounts/ann", Some(&good), 403, may_not("DELETE /accounts/ann")),
        ("GET", "//accounts/ann", Some(&good), 403, may_not("GET //accounts/ann")),
        ("GET", "/accounts/ann/", Some(&good), 403, may_not("GET /accounts/ann/")),
        ("GET", "/nowhere", Some(&good), 403, may_not("GET /nowhere")),
        ("GET", "/accounts/%ff", Some(&good), 400, json!({"reasons": ["the path is no text"]})),
        ("GET", "/accounts/ann", Some(&forged), 401, bad.clone()),
        ("GET", "/accounts/ann", Some(&expired), 401, bad.clone()),
        ("GET", "/accounts/ann", Some(&elsewhere), 401, bad.clone()),
        ("GET", "/accounts/ann", Some(&mixed), 401, bad.clone()),
        ("GET", "/accounts/ann", Some(&"no token".to_owned()), 401, bad),
    ];
    for (method, path, token, status, body) in cases {
        assert_eq!(ask(&address, method, path, token.map(String::as_str)), (status, body), "{method} {path}");
    }
}

#[test]
fn another_policy_takes_its_place_and_none_of_them_allows_by_mistake() {
    let issuer = Issuer::new().unwrap();
    let keys = issuer.keys();
    let authorizer = Arc::new(Authorizer::new(prepare(POLICY, &keys).unwrap()));
    let address = serve(&authorizer);
    let failed = json!({"reasons": ["the policy could not be evaluated"]});
    let good = r#"decision := {"allow": true, "caller": null, "reasons": []}"#;
    let cases = [
        (good, 200, json!("well")),
        // Undefined.
        (
            r#"decision := {"allow": true, "caller": null, "reasons": []} if input.path == []"#,
            401,
            json!({"reasons": ["the policy does not say"]}),
        ),
        // Two answers, more steps than there may be, another form.
        (
            r#"decision := {"allow": true, "caller": null, "reasons": []}
            decision := {"allow": true, "caller": null, "reasons": ["?"]} if input.method"#,
            500,
            failed.clone(),
        ),
        (
            r#"decision := {"allow": true, "caller": null, "reasons": []} if {
                not any_two
            }
            any_two if { some x in numbers.range(1, 10000); some y in numbers.range(1, 10000); x + y < 0 }"#,
            500,
            failed.clone(),
        ),
        (r#"decision := {"allow": "yes", "caller": null, "reasons": []}"#, 500, failed.clone()),
        ("decision := true", 500, failed),
        (good, 200, json!("well")),
    ];
    for (rules, status, body) in cases {
        authorizer.replace(prepare(&format!("package service.authz\n{rules}"), &keys).unwrap());
        assert_eq!(ask(&address, "GET", "/health", None), (status, body), "{rules}");
    }
}

/// The program, which ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn the_program_follows_its_policy() {
    let path = std::env::temp_dir().join(format!("axum-service-{}.rego", std::process::id()));
    fs::write(&path, POLICY).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-service"));
    command.arg("127.0.0.1:0").arg(&path).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = Program(command.spawn().unwrap());
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap();
    let line = lines.next().unwrap();
    let token = line.strip_prefix("ann ").unwrap();
    let status = |path: &str| ask(&address, "GET", path, Some(token)).0;
    assert_eq!((status("/accounts/ann"), status("/accounts/bob")), (200, 403));

    // What does not compile changes nothing; what does, does.
    fs::write(&path, "package service.authz\ndecision := {").unwrap();
    thread::sleep(Duration::from_millis(600));
    assert_eq!((status("/accounts/ann"), status("/accounts/bob")), (200, 403));
    fs::write(&path, POLICY.replace("input.path[1] == caller", "input.path[1] == \"bob\"")).unwrap();
    let start = Instant::now();
    while status("/accounts/bob") != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "the new policy is not in place");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(status("/accounts/ann"), 403);
    fs::remove_file(&path).ok();
}
