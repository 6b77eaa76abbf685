//! OPA: timed through its Go API, asked for results through its command line.

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use solon_bench::{Case, Figures};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use xtask::bench::Engine;

/// The program that times OPA on the same cases.
pub struct Peer(PathBuf);

impl Peer {
    /// Builds it from its folder.
    pub fn build(source: &Path) -> Result<Peer> {
        let program = std::env::current_dir()?.join("target/opa-peer");
        let mut build = Command::new("go");
        build.current_dir(source).args(["build", "-o"]).arg(&program).arg(".");
        let status = build.status().context("cannot run go")?;
        if !status.success() {
            bail!("{} does not build; SOLON_SHARED says where it is", source.display());
        }
        Ok(Peer(program))
    }

    /// Its figures for the one case that matches.
    pub fn measure(&self, only: &str, time: Duration, folder: &Path) -> Result<Figures> {
        let time = format!("{}us", time.as_micros());
        let output = Command::new(&self.0).args(["-only", only, "-time", &time]).arg(folder).output()?;
        if !output.status.success() {
            bail!("opa-peer: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("opa-peer printed no figures")
    }
}

/// Compares Solon's results for a case with those of the `opa` program (`OPA` names another).
pub fn check(case: &Case) -> Result<()> {
    let mut loaded = Engine::Native.load(case)?;
    if let Some(text) = case.data()? {
        loaded.add_data(text)?;
    }
    let results = loaded.prepare(case)?.results()?;
    let input_path = std::env::temp_dir().join(format!("solon-input-{}.json", std::process::id()));
    for (number, (input, got)) in case.inputs()?.iter().zip(&results).enumerate() {
        fs::write(&input_path, input)?;
        let want = eval(case, &input_path);
        fs::remove_file(&input_path)?;
        let want = want?;
        if *got != want {
            bail!("input {number}: got {got}, OPA gives {want}");
        }
    }
    Ok(())
}

/// The value of a case's query, `null` where it is undefined.
fn eval(case: &Case, input: &Path) -> Result<Json> {
    let program = std::env::var_os("OPA").unwrap_or_else(|| "opa".into());
    let mut command = Command::new(&program);
    command.args(["eval", "--format", "json"]);
    if case.is_v0() {
        command.arg("--v0-compatible");
    }
    for path in case.module_paths().iter().chain(&case.data_path()) {
        command.arg("--data").arg(path);
    }
    let output = command.arg("--input").arg(input).arg(case.query()).output();
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    let answer: Json = serde_json::from_slice(&output.stdout).context("opa printed no JSON")?;
    if let Some(errors) = answer.get("errors") {
        bail!("opa: {errors}");
    }
    Ok(answer.pointer("/result/0/expressions/0/value").cloned().unwrap_or_default())
}
