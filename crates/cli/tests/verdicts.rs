//! One manifest has one verdict, whichever way it is asked for; and the project's policies find in its examples what
//! their documentation says.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use solon::k8s::document::Options;
use solon::k8s::manifest::read_manifests;
use solon::k8s::shape::{Shape, input};
use solon::k8s::webhook::Admission;
use solon::{Compiler, Input, Policy};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of the policies without their tests.
fn policy_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            policy_files(&path, out);
        } else if name.ends_with(".rego") && !name.ends_with("_test.rego") {
            out.push(path);
        }
    }
}

fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    policy_files(&root().join("policies"), &mut files);
    files
}

fn policy() -> Policy {
    let add = |compiler: Compiler, file: &PathBuf| {
        compiler.module(file.display().to_string(), fs::read_to_string(file).unwrap())
    };
    files().iter().fold(Compiler::new(), add).compile().unwrap()
}

fn solon(arguments: &[&str], stdin: &[u8]) -> Value {
    let files = files();
    let data = files.iter().flat_map(|file| ["-d", file.to_str().unwrap()]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_solon"))
        .args(arguments)
        .args(data)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn messages(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|message| message.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_examples_have_the_findings_of_their_documentation() {
    let expected =
        [("deployment.yaml", 5), ("pod.yaml", 3), ("pod.json", 3), ("admission-review.json", 3), ("compliant.yaml", 0)];
    for (file, count) in expected {
        let found = solon(&["eval", "-f", "raw", "-i", &format!("examples/{file}"), "data.pci_dss.deny"], b"");
        assert_eq!(found.as_array().unwrap().len(), count, "{file}");
    }
}

#[test]
fn one_manifest_has_one_verdict() {
    let policy = policy();
    let query = policy.prepare("data.pci_dss.messages").unwrap();
    let admission = Admission::new().rule(&policy, "data.pci_dss.deny", Shape::AdmissionRequest).unwrap();
    for file in ["deployment.yaml", "pod.yaml", "pod.json", "compliant.yaml"] {
        let path = format!("examples/{file}");
        let by_eval = messages(&solon(&["eval", "-f", "raw", "-i", &path, "data.pci_dss.messages"], b""));
        let bytes = fs::read(root().join(&path)).unwrap();
        let manifest = &read_manifests(file, &bytes, &Options::default()).unwrap()[0];
        let answer: Vec<String> =
            query.evaluator().eval(Input::serialize(manifest.object())).unwrap().deserialize().unwrap();
        let by_api: BTreeSet<String> = answer.into_iter().collect();
        let review = input(Shape::AdmissionRequest, manifest.object(), None).to_string();
        let by_admit = solon(&["admit", "-q", "data.pci_dss.deny"], review.as_bytes());
        let by_webhook = admission.review(review.as_bytes()).unwrap();
        assert_eq!(by_api, by_eval, "{file}");
        assert_eq!(by_webhook.to_json(), by_admit, "{file}");
        assert_eq!(by_webhook.verdicts.denials.iter().cloned().collect::<BTreeSet<_>>(), by_eval, "{file}");
        assert_eq!(by_webhook.is_allowed(), by_eval.is_empty(), "{file}");
        assert_eq!(by_admit["response"]["allowed"], Value::Bool(file == "compliant.yaml"), "{file}");
    }
}
