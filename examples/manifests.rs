//! Findings in Kubernetes manifests, each with its line: `cargo run --example manifests [FILE]..`.

use solon::k8s::document::{Options, Step};
use solon::k8s::manifest::read_manifests;
use solon::k8s::shape::{Shape, input};
use solon::{Compiler, Input};
use std::error::Error;

const POLICY: &str = r#"package pods

deny contains {"container": i, "message": sprintf("container %q has no memory limit", [container.name])} if {
    some i, container in input.spec.template.spec.containers
    not container.resources.limits.memory
}"#;

#[derive(serde::Deserialize)]
struct Finding {
    container: usize,
    message: String,
}

fn findings(file: &str, text: &[u8]) -> Result<Vec<String>, Box<dyn Error>> {
    let policy = Compiler::new().module("pods.rego", POLICY).compile()?;
    let mut deny = policy.prepare("data.pods.deny")?.evaluator();
    let mut lines = Vec::new();
    for manifest in read_manifests(file, text, &Options::default())? {
        let object = input(Shape::Object, manifest.object(), None);
        let findings: Vec<Finding> = deny.eval(Input::serialize(&object))?.deserialize()?;
        for Finding { container, message } in findings {
            let path: [Step; 5] =
                ["spec".into(), "template".into(), "spec".into(), "containers".into(), container.into()];
            lines.push(format!("{file}:{}: {}", manifest.position_of(&path).row, message));
        }
    }
    Ok(lines)
}

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).filter(|arg| arg.ends_with(".yaml")).collect();
    let files = if given.is_empty() { vec!["examples/deployment.yaml".to_owned()] } else { given };
    for file in files {
        for line in findings(&file, &std::fs::read(&file)?)? {
            println!("{line}");
        }
    }
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let lines = findings("examples/deployment.yaml", &std::fs::read("examples/deployment.yaml")?)?;
    assert_eq!(lines, ["examples/deployment.yaml:49: container \"log-shipper\" has no memory limit"]);
    main()
}
