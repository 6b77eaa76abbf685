//! Runs a case with the command line's program: modules, data and input as files, the answer as JSON.

use super::case::Case;
use super::verdict::Failed;
use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use solon_engine::Syntax;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Functions that OPA's runner has, or answers in its own way.
const RUNNERS: [&str; 2] = ["test.sleep", "opa.runtime"];

/// Whether a case calls a function of a runner.
pub fn needs_runner(case: &Case) -> bool {
    let text = case.case["modules"].to_string();
    RUNNERS.iter().any(|name| text.contains(name))
}

/// What OPA's command line says of base documents that stand where rules are.
const CLASH: &str = "conflicting rule for data path";

/// Whether an error is one that OPA's command line has for files, where its runner of the cases looks on.
pub fn is_of_files(failed: &Failed) -> bool {
    failed.text.contains(CLASH)
}

/// Fails if the program cannot be run.
pub fn check(program: &Path) -> Result<()> {
    let status = Command::new(program).arg("--version").output();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?.status;
    if status.success() { Ok(()) } else { bail!("{} --version failed", program.display()) }
}

/// The rows of bindings that the program gives for a case.
pub fn run(program: &Path, number: usize, case: &Case) -> Result<Vec<Json>, Failed> {
    let failed = |text: String| Failed { codes: Vec::new(), text };
    let folder = std::env::temp_dir().join(format!("solon-conformance-{}-{number}", std::process::id()));
    let answer = ask(program, &folder, case).map_err(|error| failed(format!("{error:#}")));
    // A folder that is left behind is no failure of the case.
    let _ = fs::remove_dir_all(&folder);
    let answer = answer?;
    if let Some(errors) = answer["errors"].as_array() {
        let text = |name: &str, error: &Json| error[name].as_str().unwrap_or_default().to_owned();
        return Err(Failed {
            codes: errors.iter().map(|error| text("code", error)).collect(),
            text: errors.iter().map(sentence).collect::<Vec<_>>().join("\n"),
        });
    }
    let rows = answer["result"].as_array().into_iter().flatten();
    Ok(rows.map(|row| row.get("bindings").cloned().unwrap_or_else(|| Json::Object(Default::default()))).collect())
}

/// `file:row: code: message`, the file without its folder.
fn sentence(error: &Json) -> String {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let place = &error["location"];
    let file = text(&place["file"]);
    let file = file.rsplit('/').next().unwrap_or_default();
    format!("{file}:{}: {}: {}", place["row"], text(&error["code"]), text(&error["message"]))
}

fn ask(program: &Path, folder: &Path, case: &Case) -> Result<Json> {
    fs::create_dir_all(folder)?;
    let mut command = Command::new(program);
    command.args(["eval", "--format", "json"]);
    let modules = case.case["modules"].as_array().into_iter().flatten().enumerate();
    for (number, module) in modules {
        let file = write(folder, &format!("test-{number}.rego"), module.as_str().unwrap_or_default())?;
        command.arg("--data").arg(file);
    }
    if let Some(data) = case.case.get("data").filter(|data| !data.is_null()) {
        command.arg("--data").arg(write(folder, "data.json", &data.to_string())?);
    }
    if let Some(input) = case.case.get("input") {
        command.arg("--input").arg(write(folder, "input.json", &input.to_string())?);
    }
    if case.syntax == Syntax::V0 {
        command.arg("--v0-compatible");
    }
    if case.case["strict_error"].as_bool().unwrap_or_default() {
        command.arg("--strict-builtin-errors");
    }
    let query = case.case["query"].as_str().unwrap_or_default();
    // A term may hold what JSON has not: it is given with the query.
    let query = match case.case["input_term"].as_str() {
        Some(term) => format!("{query} with input as {term}"),
        None => query.to_owned(),
    };
    let output = command.arg("--").arg(query).output()?;
    if output.stdout.is_empty() {
        bail!("no answer, {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("the answer is no JSON")
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
