//! Licences, versions and sources of dependencies, lints of our own crates.

use super::metadata;
use crate::process::cargo;
use anyhow::{Context, Result};
use serde_json::Value as Json;
use spdx::{Expression, ParseMode};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;

/// Where every dependency comes from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Dependencies whose licence `deny.toml` does not allow.
pub fn licences() -> Result<Vec<String>> {
    let policy = policy()?;
    let allowed: BTreeSet<&str> = strings(policy.get("licenses").and_then(|table| table.get("allow"))).collect();
    let mut wrong = Vec::new();
    for package in packages(&metadata()?) {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(licence) = package["license"].as_str() else {
            wrong.push(format!("{name} has no licence"));
            continue;
        };
        let expression = Expression::parse_mode(licence, ParseMode::LAX);
        let expression = expression.map_err(|error| anyhow::anyhow!("{name}: {licence}: {}", error.reason))?;
        if !expression.evaluate(|requirement| allowed.contains(requirement.to_string().as_str())) {
            wrong.push(format!("{name}: {licence}"));
        }
    }
    Ok(wrong)
}

/// Dependencies that stand in the tree more than once without a reason in `deny.toml`, and reasons without need.
pub fn duplicates() -> Result<Vec<String>> {
    let policy = policy()?;
    let skipped = policy.get("bans").and_then(|table| table.get("skip")).and_then(toml::Value::as_array);
    let mut skipped: BTreeSet<String> = strings_of(skipped.into_iter().flatten(), "crate").collect();
    let metadata = metadata()?;
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages(&metadata) {
        let version = package["version"].as_str().unwrap_or_default();
        versions.entry(package["name"].as_str().unwrap_or_default()).or_default().insert(version);
    }
    let mut wrong = Vec::new();
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let mut unexplained = versions.clone();
        unexplained.retain(|version| {
            let matches = |skip: &String| {
                skip.split_once('@').is_some_and(|(crate_name, prefix)| {
                    crate_name == *name && (*version == prefix || version.starts_with(&format!("{prefix}.")))
                })
            };
            let found = skipped.iter().find(|skip| matches(skip)).cloned();
            found.is_none_or(|skip| !skipped.remove(&skip))
        });
        if unexplained.len() > 1 {
            wrong.push(format!("{name} {}", unexplained.into_iter().collect::<Vec<_>>().join(", ")));
        }
    }
    wrong.extend(skipped.iter().map(|skip| format!("{skip} is listed in deny.toml and is no duplicate")));
    Ok(wrong)
}

/// Dependencies that come from elsewhere than crates.io.
pub fn registries() -> Result<Vec<String>> {
    let metadata = metadata()?;
    let foreign = packages(&metadata).filter(|package| package["source"].as_str().is_some_and(|from| from != REGISTRY));
    Ok(foreign.map(|package| format!("{} from {}", package["name"], package["source"])).collect())
}

/// What `cargo deny` finds, where it is installed. Advisories are left out: they need the network.
pub fn cargo_deny() -> Result<Vec<String>> {
    let installed = cargo().args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !installed.success() {
        return Ok(Vec::new());
    }
    let output = cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]).output()?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    Ok(vec![String::from_utf8_lossy(&output.stderr).into_owned()])
}

/// Crates of the workspace that do not take its lints.
pub fn lints() -> Result<Vec<String>> {
    let root = table("Cargo.toml")?;
    let lints = root.get("workspace").and_then(|table| table.get("lints"));
    let unsafe_code = lints.and_then(|table| table.get("rust")).and_then(|table| table.get("unsafe_code"));
    let mut wrong = Vec::new();
    if unsafe_code.and_then(toml::Value::as_str) != Some("forbid") {
        wrong.push("the workspace does not forbid unsafe code".to_owned());
    }
    for package in packages(&metadata()?).filter(|package| package["source"].is_null()) {
        let path = package["manifest_path"].as_str().context("no manifest path")?;
        let manifest = table(path)?;
        let inherits = manifest.get("lints").and_then(|table| table.get("workspace")).and_then(toml::Value::as_bool);
        if inherits != Some(true) {
            wrong.push(format!("{} does not take the workspace's lints", package["name"]));
        }
    }
    Ok(wrong)
}

fn packages(metadata: &Json) -> impl Iterator<Item = &Json> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn policy() -> Result<toml::Table> {
    table("deny.toml")
}

fn table(path: &str) -> Result<toml::Table> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    text.parse().with_context(|| path.to_owned())
}

fn strings(list: Option<&toml::Value>) -> impl Iterator<Item = &str> {
    list.and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str)
}

fn strings_of<'t>(tables: impl Iterator<Item = &'t toml::Value>, key: &str) -> impl Iterator<Item = String> {
    tables.filter_map(move |table| Some(table.get(key)?.as_str()?.to_owned()))
}
