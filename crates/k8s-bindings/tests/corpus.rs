//! Real files are read without an error. `SOLON_GATEKEEPER_LIBRARY` names a checkout of Gatekeeper's library,
//! `SOLON_REVIEWS` JSON files of AdmissionReviews (one, or a list) joined with `:`; without them nothing is tested.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use solon_k8s::admission::{Review, read_review};
use solon_k8s::constraint::{Constraint, WEBHOOK_POINT};
use solon_k8s::document::Options;
use solon_k8s::manifest::{Manifest, read_manifests};
use solon_k8s::matching::Subject;
use solon_k8s::suite::Suite;
use solon_k8s::template::Template;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            out.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<Manifest> {
    let bytes = std::fs::read(path).unwrap();
    read_manifests(&path.to_string_lossy(), &bytes, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn gatekeepers_library_is_read() {
    let Ok(folder) = std::env::var("SOLON_GATEKEEPER_LIBRARY") else { return };
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    let (mut templates, mut constraints, mut suites, mut cases) = (0, 0, 0, 0);
    for path in paths {
        for manifest in read(&path) {
            if Template::is_template(&manifest) {
                let template = Template::read(&manifest).unwrap_or_else(|error| panic!("{error}"));
                assert!(template.targets.iter().all(|target| target.rego.source.contains("violation")));
                templates += 1;
            } else if Constraint::is_constraint(&manifest) {
                let constraint = Constraint::read(&manifest).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(constraint.actions_at(WEBHOOK_POINT).len(), 1);
                constraints += 1;
            } else if Suite::is_suite(&manifest) {
                let suite = Suite::read(&manifest).unwrap_or_else(|error| panic!("{error}"));
                suites += 1;
                cases += check_suite(&suite, path.parent().unwrap());
            }
        }
    }
    assert_eq!((templates, suites), (49, 49));
    assert!(constraints >= 69 && cases >= 200, "{constraints} constraints, {cases} cases");
}

/// Every file of a suite is there and what it should be; every object that must be refused is one that is reviewed.
fn check_suite(suite: &Suite, folder: &Path) -> usize {
    let mut cases = 0;
    for test in &suite.tests {
        let template = Template::read(&read(&folder.join(&test.template))[0]).unwrap();
        let constraint = Constraint::read(&read(&folder.join(&test.constraint))[0]).unwrap();
        assert_eq!(template.kind, constraint.kind);
        for case in &test.cases {
            cases += 1;
            for path in &case.inventory {
                read(&folder.join(path));
            }
            let objects = read(&folder.join(&case.object));
            let object = objects[0].object();
            let subject = match objects[0].kind() {
                "AdmissionReview" => Subject::request(object.get("request").unwrap()),
                _ => Subject::object(object),
            };
            let refused = case.assertions.iter().any(|assertion| assertion.violations.holds(1));
            if refused && !constraint.matches(&subject).unwrap() {
                panic!("{} of {} is not reviewed", case.object, suite.name);
            }
        }
    }
    cases
}

#[test]
fn reviews_are_read() {
    let Ok(paths) = std::env::var("SOLON_REVIEWS") else { return };
    for path in std::env::split_paths(&paths) {
        let bytes = std::fs::read(&path).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let reviews = match value {
            Value::Array(reviews) => reviews,
            one => {
                assert_eq!(read_review(&bytes).unwrap().value(), &one);
                vec![one]
            }
        };
        for review in reviews {
            let review = Review::from_value(review).unwrap();
            assert!(review.object().is_object());
            assert_eq!(read_review(review.value().to_string().as_bytes()).unwrap(), review);
        }
    }
}
