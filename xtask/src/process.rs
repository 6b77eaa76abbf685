//! Running other programs.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Cargo itself.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The folder of conformance cases, benchmarks and other material: `SOLON_SHARED`, or `../shared`.
pub fn shared() -> PathBuf {
    std::env::var_os("SOLON_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from)
}

/// Runs a command of this program again, built with optimizations and features.
pub fn optimized(command: &str, args: &[OsString], features: &[&str]) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "--package", "xtask", "--bins", "--features", &features.join(",")]);
    if !build.status()?.success() {
        bail!("the build failed");
    }
    let status = Command::new(release_program("xtask")?).arg(command).args(args).status()?;
    if !status.success() {
        bail!("{command} failed");
    }
    Ok(())
}

/// A program of this package, built with optimizations.
pub fn release_program(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let target = this.parent().and_then(|profile| profile.parent()).context("no target folder")?;
    Ok(target.join("release").join(name).with_extension(std::env::consts::EXE_EXTENSION))
}

/// Runs a program that has to succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed: {status}", command.get_program().display());
    }
    Ok(())
}
