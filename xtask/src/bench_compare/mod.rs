//! `cargo xtask bench-compare [CASES_DIR] [--only REGEX] [--time 300ms]`: the native engine, regorus (where it is built
//! in) and OPA on the same cases in one run, as a table of ratios, and whether the targets hold.

mod opa;
mod table;
mod targets;

use crate::bench_cases::measure;
use crate::process::{optimized, shared};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use xtask::bench::{Case, Engine, Figures, Options, find_cases};

/// The figures of a case.
pub struct Row {
    native: Figures,
    opa: Figures,
    /// `None` where regorus is not built in or does not run the case.
    regorus: Option<Figures>,
}

/// Makes the cases if they are not there, measures them one by one with every engine, and prints the comparison. Fails
/// where a result differs from what is expected or from OPA's.
pub fn run(args: &[OsString]) -> Result<()> {
    let options = Options::parse(args)?;
    if cfg!(debug_assertions) {
        return optimized("bench-compare", args, &["regorus"]);
    }
    let shared = shared();
    let folder = options.cases.clone().unwrap_or_else(|| PathBuf::from("target/bench-cases"));
    make_cases(&folder, &shared)?;
    let peer = opa::Peer::build(&shared.join("bench/opa-peer"))?;
    let warning = busy_warning();
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    let cases = find_cases(&folder, &options.only)?;
    for case in &cases {
        eprintln!("{}", case.name());
        match compare(case, &options, &peer, &folder) {
            Ok(row) => rows.push(row),
            Err(error) => {
                eprintln!("FAILED {}: {error:#}", case.name());
                failed.push(case.name());
            }
        }
    }
    print!("{}", table::render(&rows));
    println!("\n{warning}");
    for (target, verdict) in targets::verdicts(&rows) {
        println!("{verdict:<12} {target}");
    }
    if !failed.is_empty() {
        bail!("{} of {} cases failed: {}", failed.len(), cases.len(), failed.join(", "));
    }
    Ok(())
}

/// What to say where other programs keep the machine busy: they slow OPA, whose garbage collector wants a core of its
/// own, more than they slow us.
fn busy_warning() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let minute: Option<f64> = load.split(' ').next().and_then(|load| load.parse().ok());
    match minute.filter(|minute| *minute > 0.5) {
        Some(minute) => format!("The machine was busy (load {minute}): ratios to OPA are too good, and no evidence.\n"),
        None => String::new(),
    }
}

fn compare(case: &Case, options: &Options, peer: &opa::Peer, folder: &Path) -> Result<Row> {
    if case.expected()?.is_none() {
        opa::check(case)?;
    }
    let native = measure(case, Engine::Native, options.time)?;
    let regorus = if cfg!(feature = "regorus") {
        let measured = measure(case, Engine::Regorus, options.time);
        measured.inspect_err(|error| eprintln!("{}: regorus: {error:#}", case.name())).ok()
    } else {
        None
    };
    Ok(Row { native, opa: peer.measure(case, options.time, folder)?, regorus })
}

fn make_cases(folder: &Path, shared: &Path) -> Result<()> {
    let has_cases = folder.read_dir().is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.path().join("case.json").is_file()))
    });
    if has_cases {
        return Ok(());
    }
    let script = shared.join("bench/make_cases.py");
    let status = Command::new("python3").arg(&script).arg(folder).status();
    if !status.is_ok_and(|status| status.success()) {
        bail!("{} did not write the cases; SOLON_SHARED says where it is", script.display());
    }
    Ok(())
}
