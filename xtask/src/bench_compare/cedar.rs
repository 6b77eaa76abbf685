//! Cedar: timed by a program of its own, because its dependencies are not ours.

use crate::process::cargo;
use anyhow::{Context, Result, bail};
use solon_bench::Times;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The program that times Cedar on the authorization cases.
pub struct Peer(PathBuf);

impl Peer {
    /// Builds it from `benches/cedar`.
    pub fn build() -> Result<Peer> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/cedar");
        let target = std::env::current_dir()?.join("target/cedar");
        let mut build = cargo();
        build.current_dir(&source).args(["build", "--quiet", "--release", "--locked", "--target-dir"]).arg(&target);
        if !build.status()?.success() {
            bail!("{} does not build", source.display());
        }
        Ok(Peer(target.join("release/solon-bench-cedar").with_extension(std::env::consts::EXE_EXTENSION)))
    }

    /// Its figures for the cases that it knows.
    pub fn measure(&self, only: &str, time: Duration, folder: &Path) -> Result<Vec<Times>> {
        let time = format!("{}us", time.as_micros());
        let output = Command::new(&self.0).args(["--only", only, "--time", &time]).arg(folder).output()?;
        if !output.status.success() {
            bail!("Cedar: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).context("Cedar's program printed no figures")).collect()
    }
}
