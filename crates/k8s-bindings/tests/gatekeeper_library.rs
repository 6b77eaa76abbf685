//! Every template of Gatekeeper's library compiles, and the cases of its suites have the violations that they expect.
//! `SOLON_GATEKEEPER_LIBRARY` names a checkout's folder `src` or `library`; without it nothing is tested.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use solon_engine::{Compiler, Input};
use solon_k8s::ErrorCode;
use solon_k8s::compile::TemplatePolicy;
use solon_k8s::constraint::{COMMAND_LINE_POINT, Constraint};
use solon_k8s::document::Options;
use solon_k8s::manifest::{Manifest, read_manifests};
use solon_k8s::matching::Subject;
use solon_k8s::shape::{Shape, gatekeeper_input, input};
use solon_k8s::suite::{Case, Suite, Test};
use solon_k8s::template::Template;

fn suites(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            suites(&path, out);
        } else if path.file_name().is_some_and(|name| name == "suite.yaml") {
            out.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<Manifest> {
    let bytes = std::fs::read(path).unwrap();
    read_manifests(&path.to_string_lossy(), &bytes, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// `data.inventory` as Gatekeeper has it.
fn inventory(objects: &[Manifest]) -> Value {
    let mut inventory = json!({"cluster": {}, "namespace": {}});
    for object in objects {
        let mut path = match object.namespace() {
            "" => vec!["cluster"],
            namespace => vec!["namespace", namespace],
        };
        path.extend([object.api_version(), object.kind()]);
        let mut place = &mut inventory;
        for step in path {
            place = place.as_object_mut().unwrap().entry(step).or_insert_with(|| Value::Object(Map::new()));
        }
        place.as_object_mut().unwrap().insert(object.name().to_owned(), object.object().clone());
    }
    inventory
}

fn matches(expression: &str, text: &str) -> bool {
    let policy = Compiler::new().compile().unwrap();
    let query = policy.prepare("regex.match(input.expression, input.text)").unwrap();
    let input = json!({"expression": expression, "text": text});
    query.evaluator().eval(Input::serialize(&input)).unwrap().is_true()
}

/// What is wrong with a case; none if it is as expected.
fn run(case: &Case, folder: &Path, template: &Template, constraint: &Constraint) -> Option<String> {
    let inventories: Vec<Manifest> = case.inventory.iter().flat_map(|path| read(&folder.join(path))).collect();
    let base = Compiler::new().data_at(&["inventory"], inventory(&inventories).to_string());
    let policy = match TemplatePolicy::compile(&template.name, template, base) {
        Ok(policy) => policy,
        Err(error) => return Some(error.to_string()),
    };
    let objects = read(&folder.join(&case.object));
    let object = objects[0].object();
    let input = match objects[0].kind() {
        "AdmissionReview" => gatekeeper_input(object["request"].clone(), None),
        _ => input(Shape::GatekeeperReview, object, None),
    };
    let review = &input["review"];
    let found = match constraint.matches(&Subject::request(review)) {
        Ok(true) => policy.violations(review, &constraint.parameters),
        Ok(false) => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let messages: Vec<&str> = found.iter().map(|violation| violation.message.as_str()).collect();
    let holds = match case.assertions.as_slice() {
        [] => messages.is_empty(),
        assertions => assertions.iter().all(|assertion| assertion.holds(messages.iter().copied(), matches)),
    };
    (!holds).then(|| format!("expected {:?}, found {messages:?}", case.assertions))
}

fn check(test: &Test, folder: &Path, failures: &mut Vec<String>) -> usize {
    let template = match Template::read(&read(&folder.join(&test.template))[0]) {
        Ok(template) => template,
        Err(error) if error.code() == ErrorCode::NoRego => return 0,
        Err(error) => panic!("{error}"),
    };
    let constraint = Constraint::read(&read(&folder.join(&test.constraint))[0]).unwrap();
    assert_eq!(constraint.actions_at(COMMAND_LINE_POINT).len(), 1);
    for case in &test.cases {
        if let Some(failure) = run(case, folder, &template, &constraint) {
            failures.push(format!("{} {}: {failure}", folder.display(), case.name));
        }
    }
    test.cases.len()
}

#[test]
fn suites_pass() {
    let Ok(folder) = std::env::var("SOLON_GATEKEEPER_LIBRARY") else { return };
    let mut paths = Vec::new();
    suites(Path::new(&folder), &mut paths);
    let mut failures = Vec::new();
    let mut cases = 0;
    for path in &paths {
        let folder = path.parent().unwrap();
        for manifest in read(path) {
            for test in &Suite::read(&manifest).unwrap().tests {
                cases += check(test, folder, &mut failures);
            }
        }
    }
    println!("{} suites, {cases} cases, {} failures", paths.len(), failures.len());
    assert!(failures.is_empty(), "{} of {cases} cases:\n{}", failures.len(), failures.join("\n"));
    assert!(paths.len() >= 49 && cases >= 200, "{} suites, {cases} cases", paths.len());
}
