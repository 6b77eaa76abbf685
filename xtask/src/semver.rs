//! `cargo xtask semver`: whether programs that are written against the crates' API still compile, as `cargo
//! semver-checks` sees it.
//!
//! No version has been published, so the API is compared with that of a commit, which stands in `Cargo.toml`.

use crate::process::{cargo, run};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// The crates whose API is held stable. `solon` shows what the others have under one name.
const CRATES: &[&str] = &["solon-syntax", "solon-engine", "solon-k8s", "solon-http", "solon"];

/// Checks the crates that are named, or all.
pub fn command(args: &[OsString]) -> Result<()> {
    if !succeeds(cargo().args(["semver-checks", "--version"])) {
        println!("skipped: there is no cargo-semver-checks (cargo install cargo-semver-checks --locked)");
        return Ok(());
    }
    let baseline = baseline(&std::fs::read_to_string("Cargo.toml")?)?;
    if !succeeds(Command::new("git").args(["cat-file", "-e", &format!("{baseline}^{{commit}}")])) {
        println!("skipped: the clone does not have the baseline, commit {baseline} (git fetch --unshallow)");
        return Ok(());
    }
    let all: Vec<OsString> = CRATES.iter().map(OsString::from).collect();
    let packages = if args.is_empty() { &all } else { args };
    let packages = packages.iter().flat_map(|package| [OsString::from("--package"), package.clone()]);
    run(cargo().args(["semver-checks", "--baseline-rev", &baseline]).args(packages))
}

/// The commit whose API is the baseline: `workspace.metadata.semver.baseline`.
fn baseline(manifest: &str) -> Result<String> {
    let manifest: toml::Table = manifest.parse()?;
    let path = ["workspace", "metadata", "semver", "baseline"];
    let mut steps = path.iter();
    let first = steps.next().and_then(|step| manifest.get(*step));
    let found = steps.fold(first, |table, step| table.and_then(|table| table.get(step)));
    let found = found.and_then(toml::Value::as_str);
    found.map(str::to_owned).with_context(|| format!("Cargo.toml has no {}", path.join(".")))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_baseline_is_a_commit() {
        let manifest = std::fs::read_to_string("../Cargo.toml").unwrap();
        let found = baseline(&manifest).unwrap();
        assert!(found.len() == 40 && found.chars().all(|digit| digit.is_ascii_hexdigit()), "{found}");
        assert!(baseline("[workspace]").is_err());
    }
}
