//! `cargo xtask bench-compare [CASES_DIR] [--only REGEX] [--time 300ms] [--rounds 3] [--json FILE] [--svg FILE]`: the native
//! engine, OPA, regorus (where it is built in), Cedar and rules written by hand on the same cases in one run, as tables of
//! ratios, and whether the targets hold.

mod cedar;
mod growth;
mod opa;
mod plot;
mod summary;
mod table;
mod targets;

use crate::bench_cases::{measure, times};
use crate::process::{optimized, shared};
use anyhow::{Context, Result, bail};
use solon_bench::{Case, Times, find_cases};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use summary::{Row, Summary};
use xtask::bench::{Engine, Options};

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
    let cedar = cedar::Peer::build()?;
    let load = load();
    let mut failed = Vec::new();
    let cases = find_cases(&folder, &options.only)?;
    // The rounds of a case lie apart, so that what else happens on the machine meets one of them at most.
    let mut rounds: Vec<Vec<Row>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 1..=options.rounds {
        for (case, rows) in cases.iter().zip(&mut rounds) {
            if failed.contains(&case.name()) {
                continue;
            }
            eprintln!("round {round}: {}", case.name());
            match compare(case, &options, &peer, &cedar, &folder, round == 1) {
                Ok(row) => rows.push(row),
                Err(error) => {
                    eprintln!("FAILED {}: {error:#}", case.name());
                    failed.push(case.name());
                }
            }
        }
    }
    let whole = rounds.into_iter().filter(|rows| rows.len() == options.rounds);
    let rows: Vec<Row> = whole.filter_map(Row::median).collect();
    let growth = growth::measure(&rows, &cases, &shared, options.time)?;
    let summary = Summary::new(load, rows, growth);
    print(&summary);
    write(&summary, &options)?;
    if !failed.is_empty() {
        bail!("{} of {} cases failed: {}", failed.len(), cases.len(), failed.join(", "));
    }
    Ok(())
}

fn print(summary: &Summary) {
    println!("{}", table::ratios(summary));
    println!("{}", table::beside_others(summary));
    println!("{}", table::growth(summary));
    if let Some(load) = summary.load.filter(|load| *load > 0.5) {
        println!("The machine was busy (load {load}): ratios to OPA are too good, and no evidence.\n");
    }
    for (target, verdict) in targets::verdicts(summary) {
        println!("{verdict:<12} {target}");
    }
}

fn write(summary: &Summary, options: &Options) -> Result<()> {
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(summary)? + "\n";
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &options.svg {
        let text = plot::svg(summary)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// How many other programs want the machine. They slow OPA, whose garbage collector wants a core of its own, more than
/// they slow us.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn compare(
    case: &Case,
    options: &Options,
    peer: &opa::Peer,
    cedar: &cedar::Peer,
    folder: &Path,
    is_first: bool,
) -> Result<Row> {
    if is_first && case.expected()?.is_none() {
        opa::check(case)?;
    }
    let native = measure(case, Engine::Native, options.time)?;
    let regorus = if cfg!(feature = "regorus") {
        let measured = measure(case, Engine::Regorus, options.time);
        measured.inspect_err(|error| eprintln!("{}: regorus: {error:#}", case.name())).ok()
    } else {
        None
    };
    let only = format!("^{}$", regex::escape(case.name()));
    Ok(Row {
        native,
        opa: peer.measure(&only, options.time, folder)?,
        regorus,
        cedar: cedar.measure(&only, options.time, folder)?.pop(),
        by_hand: by_hand(case, options)?,
    })
}

/// `None` where nobody has written the case by hand.
fn by_hand(case: &Case, options: &Options) -> Result<Option<Times>> {
    match Engine::ByHand.load(case) {
        Ok(loaded) => times(case, loaded, options.time).map(Some),
        Err(_) => Ok(None),
    }
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
