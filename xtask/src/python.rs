//! `cargo xtask python`: builds the Python package in an environment of its own below `target`, and runs its tests, its
//! documentation's examples and the type checker, which also compares the stubs with the native code.

use crate::process::run;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the environment is.
const FOLDER: &str = "target/python";

/// What it has, besides the package.
const TOOLS: &[&str] = &["maturin>=1.9,<2", "pytest>=8", "hypothesis>=6", "mypy>=1.11"];

/// What the recipe for many rows runs on.
const RAY: &[&str] = &["ray[data]>=2.51"];

/// Runs everything; arguments go to pytest.
pub fn command(args: &[OsString]) -> Result<()> {
    let python = prepare()?;
    run(Command::new(&python).args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]).args(args))?;
    let mypy = ["-m", "mypy", "--cache-dir", "target/python/mypy", "crates/py/python", "crates/py/tests/typed.py"];
    run(Command::new(&python).args(mypy))?;
    // Whether the stubs say what the native code has.
    run(Command::new(&python).args(["-m", "mypy.stubtest", "solon"]))
}

/// Runs the recipe of `examples/scale_out` on so many rows; a million if nobody says how many.
pub fn scale_out(args: &[OsString]) -> Result<()> {
    let python = prepare()?;
    let million = [OsString::from("1000000")];
    let rows = if args.is_empty() { &million } else { args };
    install(&python, RAY)?;
    run(Command::new(&python).arg("examples/scale_out/with_ray.py").args(rows))
}

/// An interpreter that has the package, built without optimizations, and the tools.
pub fn prepare() -> Result<PathBuf> {
    let Some(system) = interpreter() else { bail!("there is no Python of version 3.10 or later") };
    let folder = Path::new(FOLDER);
    let python = folder.join("bin").join("python");
    if !python.is_file() {
        run(Command::new(system).args(["-m", "venv"]).arg(folder))?;
    }
    install(&python, TOOLS)?;
    let develop = ["-m", "maturin", "develop", "--quiet", "--profile", "dev", "--locked"];
    run(Command::new(&python).args(develop).env("VIRTUAL_ENV", folder.canonicalize()?))?;
    Ok(python)
}

/// Installs packages, unless they have been before.
fn install(python: &Path, packages: &[&str]) -> Result<()> {
    let asked = packages.join("\n");
    let names: String = asked.chars().filter(char::is_ascii_lowercase).collect();
    let installed = Path::new(FOLDER).join(format!("installed-{names}.txt"));
    if std::fs::read_to_string(&installed).ok().as_deref() != Some(asked.as_str()) {
        let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(python).args(quiet).args(packages))?;
        std::fs::write(&installed, asked)?;
    }
    Ok(())
}

/// Whether the recipe's engine can be installed.
pub fn has_ray() -> Result<()> {
    install(&prepare()?, RAY)
}

/// A Python that the package works with.
pub fn interpreter() -> Option<&'static str> {
    let is_recent = ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))"];
    ["python3", "python"].into_iter().find(|name| {
        let status = Command::new(name).args(is_recent).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}
