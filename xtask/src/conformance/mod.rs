//! Runs OPA's language cases and compares the failures with the list of expected ones, which only shrinks.
//!
//! `case.rs` reads the cases, `engine.rs` and `binary.rs` run them with the engine or with the command line's program,
//! `verdict.rs` compares what came of them.

mod binary;
pub mod case;
mod engine;
mod verdict;

use crate::process::shared;
use anyhow::{Result, bail};
use case::Case;
use lexopt::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The list of expected failures.
const EXPECTED: &str = "tests/conformance/expected_failures.txt";

/// What to run, and how.
#[derive(Default)]
struct Options {
    /// Only cases whose names contain it.
    only: Option<String>,
    /// Whether to say of every failure how it differs.
    verbose: bool,
    /// Whether to write the list of expected failures.
    bless: bool,
    /// The command line's program; the engine itself if there is none.
    binary: Option<PathBuf>,
    /// Whether policies are saved and loaded before they are asked.
    saved: bool,
}

/// `cargo xtask conformance [FOLDER] [--only TEXT] [--verbose] [--saved] [--bless | --binary PROGRAM]`.
pub fn command(args: &[OsString]) -> Result<()> {
    let mut parser = lexopt::Parser::from_args(args);
    let (mut folder, mut options) = (shared().join("conformance"), Options::default());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("only") => options.only = Some(parser.value()?.string()?),
            Long("verbose") => options.verbose = true,
            Long("saved") => options.saved = true,
            Long("bless") => options.bless = true,
            Long("binary") => options.binary = Some(parser.value()?.into()),
            Value(path) => folder = path.into(),
            _ => return Err(argument.unexpected().into()),
        }
    }
    run(&folder, &options)
}

/// Runs the cases below a folder. Prints the counts of each version and folder.
fn run(folder: &Path, options: &Options) -> Result<()> {
    engine::prepare().map_err(anyhow::Error::msg)?;
    let Options { only, verbose, bless, binary, saved } = options;
    let mut cases = case::cases(folder)?;
    cases.retain(|case| only.as_ref().is_none_or(|only| case.name.contains(only)));
    if let Some(binary) = binary {
        let all = cases.len();
        cases.retain(|case| !binary::needs_runner(case));
        println!("{} cases need functions of the runner's own and are left out", all - cases.len());
        binary::check(binary)?;
    }
    let results = outcomes(&cases, binary.as_deref(), *saved);
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    for (case, result) in cases.into_iter().zip(results) {
        let group = case.name.rsplit_once('/').map_or(case.name.as_str(), |(group, _)| group).to_owned();
        let version = group.split('/').next().unwrap_or_default().to_owned();
        for key in [group, version] {
            let count = counts.entry(key).or_default();
            count.1 += 1;
            count.0 += usize::from(result.is_ok());
        }
        if let Err(problem) = result {
            failures.insert(case.name, problem);
        }
    }
    for (group, (passed, total)) in counts.iter().filter(|(_, (passed, total))| *verbose || passed < total) {
        println!("{group}: {passed}/{total}");
    }
    if *verbose {
        for (name, problem) in &failures {
            println!("\n--- {name}\n{problem}");
        }
    }
    for version in ["v0", "v1"] {
        if let Some((passed, total)) = counts.get(version) {
            println!("conformance {version}: {passed} of {total} passed");
        }
    }
    if only.is_some() {
        return Ok(());
    }
    compare(&failures, *bless)
}

/// What came of the cases, which several threads run.
fn outcomes(cases: &[Case], binary: Option<&Path>, is_saved: bool) -> Vec<std::result::Result<(), String>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(cases.len())));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((number, case)) = numbered(cases, next.fetch_add(1, Ordering::Relaxed)) {
                    let result = match binary.map(|binary| binary::run(binary, number, case)) {
                        Some(Err(failed)) if binary::is_of_files(&failed) => Ok(()),
                        Some(outcome) => verdict::check(&case.case, outcome),
                        None => verdict::check(&case.case, engine::run(case, is_saved)),
                    };
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

fn numbered(cases: &[Case], number: usize) -> Option<(usize, &Case)> {
    cases.get(number).map(|case| (number, case))
}

/// Compares failures with the expected ones.
fn compare(failures: &BTreeMap<String, String>, bless: bool) -> Result<()> {
    let text = fs::read_to_string(EXPECTED).unwrap_or_default();
    let expected: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let new: Vec<&String> = failures.keys().filter(|name| !expected.contains(name.as_str())).collect();
    let mended: Vec<&&str> = expected.iter().filter(|name| !failures.contains_key(**name)).collect();
    if bless && (new.is_empty() || expected.is_empty()) {
        let names: Vec<&str> = failures.keys().map(String::as_str).collect();
        let head = "# Cases of OPA's that fail so far. The list only shrinks: `cargo xtask conformance --bless`.\n";
        fs::create_dir_all(Path::new(EXPECTED).parent().unwrap_or(Path::new(".")))?;
        fs::write(EXPECTED, format!("{head}{}\n", names.join("\n")))?;
        println!("{} expected failures written", names.len());
        return Ok(());
    }
    for name in &new {
        let problem = failures.get(*name).map_or("", String::as_str);
        println!("\n--- fails and did not before: {name}\n{problem}");
    }
    for name in &mended {
        println!("passes now, take it from the list (--bless): {name}");
    }
    if !new.is_empty() || !mended.is_empty() {
        bail!("{} new failures, {} cases to take from {EXPECTED}", new.len(), mended.len());
    }
    Ok(())
}
