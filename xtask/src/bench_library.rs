//! `cargo xtask bench-library [FOLDER]`: Gatekeeper's library as benchmark cases, one for each test of its suites. They are
//! what nothing was tuned to: `cargo xtask bench-compare FOLDER` measures them.

use crate::gatekeeper::{manifest, templates};
use crate::process::shared;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use solon_engine::Syntax;
use solon_k8s::compile::{modules_of, violation_query};
use solon_k8s::constraint::Constraint;
use solon_k8s::manifest::Manifest;
use solon_k8s::shape::{Shape, gatekeeper_input, input};
use solon_k8s::suite::{Suite, Test};
use solon_k8s::template::Template;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes the cases; says how many there are.
pub fn run(args: &[OsString]) -> Result<()> {
    let folder = args.first().map_or_else(|| PathBuf::from("target/library-cases"), PathBuf::from);
    let library = shared().join("gatekeeper-library");
    let mut count = 0;
    for home in templates(&library)? {
        count += write_suite(&home, &folder).with_context(|| home.display().to_string())?;
    }
    if count == 0 {
        bail!("no suite of Gatekeeper's library in {}", library.display());
    }
    println!("{count} cases in {}", folder.display());
    Ok(())
}

fn write_suite(home: &Path, folder: &Path) -> Result<usize> {
    let suite = Suite::read(&manifest(&home.join("suite.yaml"))?)?;
    let name = home.file_name().unwrap_or_default().to_string_lossy();
    let tests: Vec<&Test> = suite.tests.iter().filter(|test| !test.skip && !test.cases.is_empty()).collect();
    for (at, test) in tests.iter().enumerate() {
        let name = if at == 0 { name.to_string() } else { format!("{name}-{at}") };
        write_test(test, home, &name, &folder.join(&name))?;
    }
    Ok(tests.len())
}

/// A test as a case: its inputs are the reviews of all objects. What some of them have as inventory is left out.
fn write_test(test: &Test, home: &Path, name: &str, folder: &Path) -> Result<()> {
    let template = Template::read(&manifest(&home.join(&test.template))?)?;
    let target = template.targets.first().context("the template has no target")?;
    let parameters = Constraint::read(&manifest(&home.join(&test.constraint))?)?.parameters;
    fs::create_dir_all(folder)?;
    let (mut modules, mut is_v0) = (Vec::new(), false);
    for (at, (text, syntax)) in modules_of(target).enumerate() {
        let module = format!("module{at}.rego");
        fs::write(folder.join(&module), text.trim_start())?;
        modules.push(module);
        is_v0 = syntax == Syntax::V0;
    }
    let reviews = test.cases.iter().map(|case| review(&manifest(&home.join(&case.object))?, &parameters));
    let reviews: Vec<Value> = reviews.collect::<Result<_>>()?;
    fs::write(folder.join("inputs.json"), serde_json::to_vec(&reviews)?)?;
    let case = json!({
        "name": name,
        "query": violation_query(target)?,
        "rego": if is_v0 { "v0" } else { "v1" },
        "modules": modules,
        "data": null,
        "inputs": "inputs.json",
        "expected": null,
    });
    Ok(fs::write(folder.join("case.json"), serde_json::to_vec_pretty(&case)?)?)
}

fn review(object: &Manifest, parameters: &Value) -> Result<Value> {
    if object.kind() != "AdmissionReview" {
        return Ok(input(Shape::GatekeeperReview, object.object(), Some(parameters)));
    }
    let request = object.object().get("request").context("the AdmissionReview has no request")?;
    Ok(gatekeeper_input(request.clone(), Some(parameters)))
}
