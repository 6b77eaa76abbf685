//! Tests written in Rego: those of the policies, and those in `tests/gatekeeper` of templates of Gatekeeper's library.
//! All pass with `solon test`, and where OPA is there, `opa test` says the same of each.
//!
//! `SOLON_GATEKEEPER_LIBRARY` names the library, and `SOLON_OPA` OPA; without it, `opa` is looked for. What is not
//! there is skipped; the library has to be where `CI` is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use solon::k8s::document::Options;
use solon::k8s::manifest::read_manifests;
use solon::k8s::template::Template;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The tests of a report by their names, without how long they took, and the exit code.
fn report(program: &str, arguments: &[&str], folder: &Path) -> (BTreeMap<String, Value>, Option<i32>) {
    let arguments = ["test", "--format", "json"].iter().chain(arguments);
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let Ok(Value::Array(tests)) = serde_json::from_slice::<Value>(&output.stdout) else {
        panic!("{program} in {}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
    };
    let named = tests.into_iter().map(|mut test| {
        test.as_object_mut().unwrap().remove("duration");
        (format!("{}.{}", test["package"].as_str().unwrap(), test["name"].as_str().unwrap()), test)
    });
    (named.collect(), output.status.code())
}

/// OPA, if it is there.
fn opa() -> Option<String> {
    let opa = std::env::var("SOLON_OPA").unwrap_or_else(|_| "opa".to_owned());
    let is_there = Command::new(&opa).arg("version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("skipped: {opa} is not there, so that its verdicts cannot be compared");
    }
    is_there.then_some(opa)
}

/// Every test in the folder passes, and OPA agrees on each. Gives how many there are.
fn check(arguments: &[&str], folder: &Path) -> usize {
    let (found, code) = report(env!("CARGO_BIN_EXE_solon"), arguments, folder);
    let failed: Vec<&Value> =
        found.values().filter(|test| ["fail", "error", "skip"].iter().any(|key| test.get(key).is_some())).collect();
    assert!(failed.is_empty() && code == Some(0), "{}: {code:?} {failed:#?}", folder.display());
    if let Some(opa) = opa() {
        assert_eq!((&found, code), (&report(&opa, arguments, folder).0, Some(0)), "{}", folder.display());
    }
    found.len()
}

#[test]
fn policies() {
    assert!(check(&["policies"], &root()) > 0);
}

/// The template's Rego as files next to the test's.
fn unpack(template: &Path, test: &Path, folder: &Path) {
    let bytes = fs::read(template).unwrap();
    let manifests = read_manifests(&template.to_string_lossy(), &bytes, &Options::default()).unwrap();
    let template = Template::read(manifests.iter().find(|manifest| Template::is_template(manifest)).unwrap()).unwrap();
    // Left from an earlier run.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).unwrap();
    let target = template.targets.first().unwrap();
    fs::write(folder.join("template.rego"), &target.rego.source).unwrap();
    for (number, lib) in target.libs.iter().enumerate() {
        fs::write(folder.join(format!("lib_{number}.rego")), &lib.source).unwrap();
    }
    fs::copy(test, folder.join("template_test.rego")).unwrap();
}

#[test]
fn templates_of_gatekeepers_library() {
    let Some(library) = std::env::var_os("SOLON_GATEKEEPER_LIBRARY").map(PathBuf::from) else {
        let is_required = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        assert!(!is_required, "SOLON_GATEKEEPER_LIBRARY is not set");
        eprintln!("skipped: SOLON_GATEKEEPER_LIBRARY is not set, so that there are no templates to test");
        return;
    };
    let mut count = 0;
    for group in ["general", "pod-security-policy"] {
        for entry in fs::read_dir(root().join("tests/gatekeeper").join(group)).unwrap() {
            let test = entry.unwrap().path();
            let file = test.file_name().unwrap().to_string_lossy().into_owned();
            let name = file.strip_suffix("_test.rego").unwrap();
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gatekeeper").join(name);
            unpack(&library.join(group).join(name).join("template.yaml"), &test, &folder);
            assert!(check(&["--v0-compatible", "."], &folder) > 0, "{name} has no tests");
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} templates have tests");
}
