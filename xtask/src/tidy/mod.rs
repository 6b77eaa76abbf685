//! `cargo xtask tidy`: the house rules that no other tool checks. Dependencies by `deny.toml` (and `cargo deny` where it
//! is installed), lints of every crate, length of files, what has been left over in them, words that do not belong there.

mod dependencies;
mod files;

use crate::features;
use crate::process::cargo;
use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use std::ffi::OsString;

/// A rule: its name and what it finds wrong.
type Rule = (&'static str, fn() -> Result<Vec<String>>);

const RULES: &[Rule] = &[
    ("licences", dependencies::licences),
    ("duplicate versions", dependencies::duplicates),
    ("registries", dependencies::registries),
    ("cargo deny", dependencies::cargo_deny),
    ("crates of features", features::book),
    ("lints", dependencies::lints),
    ("file length", files::length),
    ("leftovers", files::leftovers),
    ("words", files::words),
];

/// Checks every rule and prints what is wrong.
pub fn run(_args: &[OsString]) -> Result<()> {
    let mut wrong = 0;
    for (name, rule) in RULES {
        let findings = rule().with_context(|| format!("tidy: {name}"))?;
        for finding in &findings {
            println!("{name}: {finding}");
        }
        wrong += usize::from(!findings.is_empty());
    }
    println!("{} rules passed, {wrong} failed", RULES.len() - wrong);
    if wrong > 0 {
        bail!("not tidy");
    }
    Ok(())
}

/// What `cargo metadata` says about the workspace and its dependencies, all features on.
fn metadata() -> Result<Json> {
    let output = cargo().args(["metadata", "--format-version", "1", "--all-features", "--locked"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
