//! Runs OPA's language cases and compares the failures with the list of expected ones, which only shrinks.

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use solon_engine::{Compiler, Error, Input, Limits, ParsedInput, Policy, Syntax};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The list of expected failures.
const EXPECTED: &str = "tests/conformance/expected_failures.txt";

/// One case of OPA's.
struct Case {
    /// `v1/folder/note`.
    name: String,
    syntax: Syntax,
    case: Json,
}

/// Runs the cases below `folder` whose names contain `only`. Prints the counts of each version and folder.
pub fn run(folder: &Path, only: Option<&str>, verbose: bool, bless: bool) -> Result<()> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    for case in cases(folder)? {
        if only.is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let group = case.name.rsplit_once('/').map_or(case.name.as_str(), |(group, _)| group).to_owned();
        let version = group.split('/').next().unwrap_or_default().to_owned();
        let result = check(&case);
        for key in [group, version] {
            let count = counts.entry(key).or_default();
            count.1 += 1;
            count.0 += usize::from(result.is_ok());
        }
        if let Err(problem) = result {
            failures.insert(case.name, problem);
        }
    }
    for (group, (passed, total)) in counts.iter().filter(|(_, (passed, total))| verbose || passed < total) {
        println!("{group}: {passed}/{total}");
    }
    if verbose {
        for (name, problem) in &failures {
            println!("\n--- {name}\n{problem}");
        }
    }
    for version in ["v0", "v1"] {
        if let Some((passed, total)) = counts.get(version) {
            println!("conformance {version}: {passed} of {total} passed");
        }
    }
    if only.is_some() {
        return Ok(());
    }
    compare(&failures, bless)
}

/// Every case in the YAML files below a folder.
fn cases(folder: &Path) -> Result<Vec<Case>> {
    let mut found = Vec::new();
    for (version, syntax) in [("v0", Syntax::V0), ("v1", Syntax::V1)] {
        for file in files(&folder.join(version))? {
            let text = fs::read(&file)?;
            let documents =
                solon_k8s::yaml::yaml_to_json(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
            let group = file.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
            for case in documents.iter().flat_map(|document| document["cases"].as_array()).flatten() {
                let note = case["note"].as_str().unwrap_or_default().replace('\n', " ");
                let name = format!("{version}/{}/{note}", group.to_string_lossy());
                found.push(Case { name, syntax, case: case.clone() });
            }
        }
    }
    // Notes are not unique: the second of a name gets a number.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for case in &mut found {
        let count = seen.entry(case.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            case.name = format!("{} #{count}", case.name);
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether a case gives what OPA gives; if not, how it differs.
fn check(case: &Case) -> std::result::Result<(), String> {
    let wanted = &case.case;
    let outcome = std::panic::catch_unwind(|| evaluate(case)).map_err(|_| "panicked".to_owned())?;
    match (outcome, wanted.get("want_error_code"), wanted.get("want_error"), wanted.get("want_result")) {
        (Err(error), None, None, _) => Err(format!("unexpected error: {error}")),
        (Err(error), code, message, _) => {
            let code = code.and_then(Json::as_str);
            let message = message.and_then(Json::as_str);
            let has_code = code.is_none_or(|code| error.issues().iter().any(|issue| issue.code == code));
            let has_message = message.is_none_or(|message| error.to_string().contains(message));
            if has_code && has_message {
                return Ok(());
            }
            Err(format!("wrong error\n  want {} {}\n  got  {error}", code.unwrap_or(""), message.unwrap_or("")))
        }
        (Ok(rows), None, None, Some(result)) => {
            let is_sorted = wanted["sort_bindings"].as_bool().unwrap_or_default();
            let wanted_rows: BTreeSet<String> =
                result.as_array().into_iter().flatten().map(|row| canonical(row, is_sorted)).collect();
            let got: BTreeSet<String> = rows.iter().map(|row| canonical(row, is_sorted)).collect();
            if wanted_rows == got {
                return Ok(());
            }
            Err(format!("wrong result\n  want {wanted_rows:?}\n  got  {got:?}"))
        }
        (Ok(_), None, None, None) => Ok(()),
        (Ok(rows), code, message, _) => {
            Err(format!("no error, want {code:?} {message:?}\n  got {}", Json::Array(rows)))
        }
    }
}

/// The rows of bindings that a case's query gives.
fn evaluate(case: &Case) -> std::result::Result<Vec<Json>, Error> {
    let mut compiler = Compiler::new().syntax(case.syntax);
    let modules = case.case["modules"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (number, module) in modules.iter().enumerate() {
        compiler = compiler.module(format!("test-{number}.rego"), module.as_str().unwrap_or_default());
    }
    if let Some(data) = case.case.get("data").filter(|data| !data.is_null()) {
        compiler = compiler.data(data.to_string());
    }
    let policy = compiler.compile()?;
    let query = policy.prepare(case.case["query"].as_str().unwrap_or_default())?;
    let is_strict = case.case["strict_error"].as_bool().unwrap_or_default();
    let limits = Limits { instructions: 50_000_000, ..Limits::default() };
    let host = std::sync::Arc::new(ClockHost);
    let mut evaluator = query.evaluator().strict_builtin_errors(is_strict).limits(limits).host(host);
    let text = case.case.get("input").map(Json::to_string);
    let parsed = input_term(&policy, &case.case)?;
    let input = match (&parsed, &text) {
        (Some(parsed), _) => Input::parsed(parsed),
        (None, Some(text)) => Input::json(text),
        (None, None) => Input::none(),
    };
    let answer = evaluator.eval(input)?.to_owned();
    Ok(answer.rows.into_iter().map(|row| Json::Object(row.bindings)).collect())
}

/// An input that is written as a Rego term.
fn input_term(policy: &Policy, case: &Json) -> std::result::Result<Option<ParsedInput>, Error> {
    let Some(term) = case["input_term"].as_str() else { return Ok(None) };
    let query = Compiler::new().compile()?.prepare(term)?;
    let mut evaluator = query.evaluator();
    let answer = evaluator.eval(Input::none())?;
    Ok(answer.value().map(|value| policy.input_of(value)))
}

/// A clock, for cases that ask what time it is.
struct ClockHost;

impl solon_engine::Host for ClockHost {
    fn now(&self) -> Option<i64> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(now.as_nanos()).ok()
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at as u8).wrapping_mul(37).wrapping_add(11));
        true
    }

    fn lookup(&self, name: &str) -> std::result::Result<Vec<String>, String> {
        use std::net::ToSocketAddrs;
        let addresses = (name, 0).to_socket_addrs().map_err(|error| error.to_string())?;
        Ok(addresses.map(|address| address.ip().to_string()).collect())
    }

    fn environment(&self) -> Option<Vec<(String, String)>> {
        Some(std::env::vars().collect())
    }
}

/// A row as text in which equal rows are equal: numbers in one form, arrays sorted where their order is free.
fn canonical(row: &Json, is_sorted: bool) -> String {
    match row {
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| canonical(item, is_sorted)).collect();
            if is_sorted {
                items.sort();
            }
            format!("[{}]", items.join(","))
        }
        Json::Object(entries) => {
            let entries: BTreeMap<&String, String> =
                entries.iter().map(|(key, value)| (key, canonical(value, is_sorted))).collect();
            format!("{entries:?}")
        }
        Json::Number(number) => {
            let text = number.to_string();
            match text.parse::<f64>() {
                Ok(float) if float.fract() == 0.0 && float.abs() < 9e15 => format!("{}", float as i64),
                Ok(float) if text.contains(['.', 'e', 'E']) => format!("{float}"),
                _ => text,
            }
        }
        other => other.to_string(),
    }
}

/// Compares failures with the expected ones.
fn compare(failures: &BTreeMap<String, String>, bless: bool) -> Result<()> {
    let text = fs::read_to_string(EXPECTED).unwrap_or_default();
    let expected: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let new: Vec<&String> = failures.keys().filter(|name| !expected.contains(name.as_str())).collect();
    let mended: Vec<&&str> = expected.iter().filter(|name| !failures.contains_key(**name)).collect();
    if bless && (new.is_empty() || expected.is_empty()) {
        let names: Vec<&str> = failures.keys().map(String::as_str).collect();
        let head = "# Cases of OPA's that fail so far. The list only shrinks: `cargo xtask conformance --bless`.\n";
        fs::create_dir_all(Path::new(EXPECTED).parent().unwrap_or(Path::new(".")))?;
        fs::write(EXPECTED, format!("{head}{}\n", names.join("\n")))?;
        println!("{} expected failures written", names.len());
        return Ok(());
    }
    for name in &new {
        let problem = failures.get(*name).map_or("", String::as_str);
        println!("\n--- fails and did not before: {name}\n{problem}");
    }
    for name in &mended {
        println!("passes now, take it from the list (--bless): {name}");
    }
    if !new.is_empty() || !mended.is_empty() {
        bail!("{} new failures, {} cases to take from {EXPECTED}", new.len(), mended.len());
    }
    Ok(())
}
