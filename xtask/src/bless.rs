//! `cargo xtask bless`: writes what the data-driven tests give in place of what they expect, and shows what changed.

use crate::process::cargo;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::process::Command;

/// Runs the tests (arguments go to `cargo test`) with `SOLON_BLESS=1`, then `git diff --stat`.
pub fn run(args: &[OsString]) -> Result<()> {
    let mut tests = cargo();
    tests.env("SOLON_BLESS", "1").args(["test", "--quiet", "--workspace", "--no-fail-fast", "--tests"]).args(args);
    let passed = tests.status()?.success();
    Command::new("git").args(["--no-pager", "diff", "--stat"]).status()?;
    if !passed {
        bail!("tests failed that are no data");
    }
    Ok(())
}
