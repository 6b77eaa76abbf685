//! `cargo xtask python`: builds the Python package in an environment of its own below `target`, and runs its tests, its
//! documentation's examples and the type checker.

use crate::process::run;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the environment is.
const FOLDER: &str = "target/python";

/// What it has, besides the package.
const TOOLS: &[&str] = &["maturin>=1.9,<2", "pytest>=8", "hypothesis>=6", "mypy>=1.11"];

/// Runs everything; arguments go to pytest.
pub fn command(args: &[OsString]) -> Result<()> {
    let python = prepare()?;
    run(Command::new(&python).args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]).args(args))?;
    let mypy = ["-m", "mypy", "--cache-dir", "target/python/mypy", "crates/py/python", "crates/py/tests/typed.py"];
    run(Command::new(&python).args(mypy))
}

/// An interpreter that has the package, built without optimizations, and the tools.
pub fn prepare() -> Result<PathBuf> {
    let Some(system) = interpreter() else { bail!("there is no Python of version 3.10 or later") };
    let folder = Path::new(FOLDER);
    let python = folder.join("bin").join("python");
    if !python.is_file() {
        run(Command::new(system).args(["-m", "venv"]).arg(folder))?;
    }
    let installed = folder.join("tools.txt");
    let tools = TOOLS.join("\n");
    if std::fs::read_to_string(&installed).ok().as_deref() != Some(tools.as_str()) {
        let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(&python).args(quiet).args(TOOLS))?;
        std::fs::write(&installed, tools)?;
    }
    let develop = ["-m", "maturin", "develop", "--quiet", "--profile", "dev", "--locked"];
    run(Command::new(&python).args(develop).env("VIRTUAL_ENV", folder.canonicalize()?))?;
    Ok(python)
}

/// A Python that the package works with.
pub fn interpreter() -> Option<&'static str> {
    let is_recent = ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))"];
    ["python3", "python"].into_iter().find(|name| {
        let status = Command::new(name).args(is_recent).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}
