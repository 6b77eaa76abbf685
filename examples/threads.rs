//! Many inputs over several threads: `cargo run --release --example threads`.

use solon::{Compiler, Error, batch};

const POLICY: &str = r#"package pods

deny contains msg if {
    some container in input.containers
    container.privileged
    msg := sprintf("%s: %s is privileged", [input.name, container.name])
}"#;

fn main() -> Result<(), Error> {
    let query = Compiler::new().module("pods.rego", POLICY).compile()?.prepare("data.pods.deny")?;
    let pods: Vec<String> = (0..10_000)
        .map(|number| {
            let is_privileged = number % 100 == 0;
            format!(r#"{{"name": "pod-{number}", "containers": [{{"name": "web", "privileged": {is_privileged}}}]}}"#)
        })
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let answers = batch::eval(&pods, threads, || query.evaluator());

    let mut denied = 0;
    for answer in answers {
        // The answers are in the order of the inputs; each may be an error of its own.
        let messages = answer?.value().and_then(|value| value.as_array().map(Vec::len)).unwrap_or(0);
        denied += usize::from(messages > 0);
    }
    println!("{denied} of {} pods are denied", pods.len());
    assert_eq!(denied, 100);
    Ok(())
}

#[test]
fn runs() -> Result<(), Error> {
    main()
}
