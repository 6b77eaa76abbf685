//! `cargo xtask ci`: everything that has to hold before a change goes in. One line a step, then the sum.
//!
//! Everything is built in one profile, the tests' own, so that a clean checkout is compiled once.

use crate::differential::build_peer;
use crate::process::{cargo, shared};
use crate::python;
use anyhow::{Result, bail};
use regex::Regex;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, io};

/// How many checks of a step passed and failed, and what else there is to say.
struct Outcome {
    passed: usize,
    failed: usize,
    note: String,
    /// What the step printed, shown if something failed.
    log: String,
}

/// A step: its name and how it is run, given the path of this program: the tests build it anew under its feet.
type Step = (&'static str, fn(&Path) -> io::Result<Outcome>);

const STEPS: &[Step] = &[
    ("format", format),
    ("tidy", tidy),
    ("clippy", clippy),
    ("docs", docs),
    ("tests", tests),
    ("wasm", wasm),
    ("features", features),
    ("regorus", regorus),
    ("conformance", conformance),
    ("program", program),
    ("differential", differential),
    ("readme", readme),
    ("python", python_package),
    ("scale-out", scale_out),
];

/// Runs every step, also after one that failed; or those that are named.
pub fn run(args: &[OsString]) -> Result<()> {
    let is_asked = |name: &str| args.is_empty() || args.iter().any(|arg| arg == name);
    if let Some(unknown) = args.iter().find(|arg| STEPS.iter().all(|(name, _)| arg != name)) {
        bail!("there is no step {}", unknown.display());
    }
    let this = env::current_exe()?;
    let (mut passed, mut failed) = (0, 0);
    for (name, step) in STEPS.iter().filter(|(name, _)| is_asked(name)) {
        let start = Instant::now();
        let outcome = step(&this)?;
        let verdict = if outcome.failed == 0 { "ok" } else { "FAILED" };
        if outcome.failed > 0 {
            println!("{}", outcome.log.trim_end());
        }
        let Outcome { passed: good, failed: bad, note, .. } = outcome;
        let seconds = start.elapsed().as_secs_f64();
        println!("{verdict:<6} {name:<12} {good} passed, {bad} failed{note} ({seconds:.1} s)");
        passed += good;
        failed += bad;
    }
    // The last line of all, also where something failed: no error is printed after it.
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

fn format(_: &Path) -> io::Result<Outcome> {
    one(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(_: &Path) -> io::Result<Outcome> {
    let what = ["--workspace", "--all-targets", "--all-features", "--locked"];
    one(cargo().args(["clippy", "--quiet"]).args(what).args(["--", "-D", "warnings"]))
}

fn docs(_: &Path) -> io::Result<Outcome> {
    let flags = format!("{} -D warnings", env::var("RUSTDOCFLAGS").unwrap_or_default());
    one(cargo().env("RUSTDOCFLAGS", flags).args(["doc", "--quiet", "--workspace", "--no-deps", "--locked"]))
}

fn tests(_: &Path) -> io::Result<Outcome> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast", "--locked"]).envs(corpora());
    let (is_ok, log) = output(&mut command)?;
    let (passed, failed) = test_counts(&log);
    Ok(Outcome { passed, failed: failed.max(usize::from(!is_ok)), note: String::new(), log })
}

/// The library for WebAssembly without a system below it, with all of its features and the engine with none, where the
/// toolchain has that target.
fn wasm(_: &Path) -> io::Result<Outcome> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let library = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if !Path::new(String::from_utf8_lossy(&library.stdout).trim()).is_dir() {
        let note = format!(", skipped: rustup target add {TARGET} is needed");
        return Ok(Outcome { passed: 0, failed: 0, note, log: String::new() });
    }
    let check = ["check", "--quiet", "--locked", "--target", TARGET, "--package"];
    let all = output(cargo().args(check).arg("solon"))?;
    let none = output(cargo().args(check).args(["solon-engine", "--no-default-features"]))?;
    Ok(all_of([all, none]))
}

/// The library with none of its features, and with each of those that choose builtins alone. Without any, what is left
/// out is said.
fn features(_: &Path) -> io::Result<Outcome> {
    let mut commands = Vec::new();
    for feature in ["", "crypto", "graphql", "regex", "semver", "time", "yaml"] {
        let library = ["clippy", "--quiet", "--locked", "--package", "solon", "--package", "solon-engine"];
        let chosen = ["--no-default-features", "--features", feature, "--", "-D", "warnings"];
        commands.push(output(cargo().args(library).args(chosen))?);
    }
    let test = ["test", "--quiet", "--locked", "--package", "solon-engine", "--test", "features"];
    commands.push(output(cargo().args(test).arg("--no-default-features"))?);
    Ok(all_of(commands))
}

/// Everything that is there only with the second engine: it against ours, `--cross-check`, its benchmark cases, its
/// documentation. The generated cases end after a minute, however many they were.
fn regorus(_: &Path) -> io::Result<Outcome> {
    let with_regorus = ["test", "--no-fail-fast", "--locked", "--features", "regorus"];
    let packages = ["--package", "solon-engine", "--package", "solon-cli", "--package", "xtask"];
    let targets = ["--test", "differential", "--test", "cli", "--test", "bench_cases"];
    let (are_ok, tests) = output(cargo().args(with_regorus).args(packages).args(targets))?;
    let (is_ok, doc) = output(cargo().args(with_regorus).args(["--package", "solon-engine", "--doc", "regorus"]))?;
    let log = tests + &doc;
    let (passed, failed) = test_counts(&log);
    Ok(Outcome { passed, failed: failed.max(usize::from(!are_ok || !is_ok)), note: String::new(), log })
}

/// Real files that tests read where they are told of them. (That they are there is what `conformance` checks.)
fn corpora() -> Vec<(&'static str, OsString)> {
    let Ok(shared) = shared().canonicalize() else { return Vec::new() };
    let reviews =
        ["kube/reviews.json", "bench/review_small.json", "bench/review_medium.json", "bench/review_large.json"];
    let reviews: Vec<String> = reviews.iter().map(|path| shared.join(path).display().to_string()).collect();
    vec![
        ("SOLON_CONFORMANCE", shared.join("conformance").into()),
        ("SOLON_CAPABILITIES", shared.join("opa/capabilities-v1.22.2.json").into()),
        ("SOLON_TEMPLATES", shared.join("gatekeeper-library").into()),
        ("SOLON_GATEKEEPER_LIBRARY", shared.join("gatekeeper-library").into()),
        ("SOLON_REVIEWS", reviews.join(":").into()),
    ]
}

fn tidy(this: &Path) -> io::Result<Outcome> {
    let (is_ok, log) = output(Command::new(this).arg("tidy"))?;
    let (passed, failed) = sum(&log, r"(?m)^(\d+) rules passed, (\d+) failed$");
    Ok(Outcome { passed, failed: failed.max(usize::from(!is_ok)), note: String::new(), log })
}

/// Generated programs through OPA's Go library, where Go is installed and has it.
fn differential(this: &Path) -> io::Result<Outcome> {
    let peer = match build_peer() {
        Ok(peer) => peer,
        Err(error) => {
            let note = format!(", skipped: OPA cannot be built ({error:#})");
            return Ok(Outcome { passed: 0, failed: 0, note, log: String::new() });
        }
    };
    let programs = ["--seed", "1000", "--cases", "1000", "--patience", "300", "--time", "60"];
    let (is_ok, log) = output(Command::new(this).arg("differential").arg("--opa").arg(peer).args(programs))?;
    let (passed, _) = sum(&log, r"(?m)^(\d+) programs in (\d+) s$");
    Ok(Outcome { passed, failed: usize::from(!is_ok), note: String::new(), log })
}

/// OPA's cases. Those in the list of expected failures are neither passed nor failed.
fn conformance(this: &Path) -> io::Result<Outcome> {
    cases(this, &[])
}

/// OPA's cases through the command line's program.
fn program(this: &Path) -> io::Result<Outcome> {
    let (is_built, log) = output(cargo().args(["build", "--quiet", "--locked", "--package", "solon-cli"]))?;
    if !is_built {
        return Ok(Outcome { passed: 0, failed: 1, note: String::new(), log });
    }
    let program = this.with_file_name("solon").with_extension(env::consts::EXE_EXTENSION);
    cases(this, &["--binary".into(), program.into()])
}

fn cases(this: &Path, args: &[OsString]) -> io::Result<Outcome> {
    let folder = shared().join("conformance");
    if !folder.is_dir() {
        let is_required = env::var_os("CI").is_some_and(|value| !value.is_empty());
        let problem = format!("{} is missing; SOLON_SHARED says where it is", folder.display());
        let note = if is_required { String::new() } else { format!(" (skipped: {problem})") };
        return Ok(Outcome { passed: 0, failed: usize::from(is_required), note, log: problem });
    }
    let (is_ok, log) = output(Command::new(this).arg("conformance").arg(&folder).args(args))?;
    let (passed, total) = sum(&log, r"(?m)^conformance v\d: (\d+) of (\d+) passed$");
    let note = format!(" ({} of {total} are expected failures)", total.saturating_sub(passed));
    let is_empty = total == 0;
    Ok(Outcome { passed, failed: usize::from(!is_ok || is_empty), note: if is_ok { note } else { String::new() }, log })
}

fn readme(this: &Path) -> io::Result<Outcome> {
    let (is_ok, log) = output(Command::new(this).arg("readme"))?;
    let (passed, failed) = sum(&log, r"(?m)^(\d+) commands passed, (\d+) failed$");
    Ok(Outcome { passed, failed: failed.max(usize::from(!is_ok)), note: String::new(), log })
}

/// The Python package, where there is Python. Where `CI` is set there has to be.
fn python_package(this: &Path) -> io::Result<Outcome> {
    let is_required = env::var_os("CI").is_some_and(|value| !value.is_empty());
    if python::interpreter().is_none() {
        let problem = "there is no Python of version 3.10 or later".to_owned();
        let note = if is_required { String::new() } else { format!(", skipped: {problem}") };
        return Ok(Outcome { passed: 0, failed: usize::from(is_required), note, log: problem });
    }
    let (is_ok, log) = output(Command::new(this).arg("python"))?;
    let (passed, _) = sum(&log, r"(?m)^(\d+) passed.* in (\d+)");
    Ok(Outcome { passed, failed: usize::from(!is_ok || passed == 0), note: String::new(), log })
}

/// The recipe for more data than one machine holds, on a million rows, where its engine can be installed.
fn scale_out(this: &Path) -> io::Result<Outcome> {
    if let Err(error) = python::has_ray() {
        let note = format!(", skipped: Ray cannot be installed ({error:#})");
        return Ok(Outcome { passed: 0, failed: 0, note, log: String::new() });
    }
    let (is_ok, log) = output(Command::new(this).arg("scale-out"))?;
    let (rows, per_second) = sum(&log, r#""rows": (\d+), .*"rows_per_second": (\d+)"#);
    let note = format!(" ({rows} rows, {per_second} a second, without optimizations)");
    Ok(Outcome { passed: usize::from(is_ok), failed: usize::from(!is_ok), note, log })
}

/// A step that is one check.
fn one(command: &mut Command) -> io::Result<Outcome> {
    Ok(all_of([output(command)?]))
}

/// A step of commands that succeeded or failed, with what they printed.
fn all_of(commands: impl IntoIterator<Item = (bool, String)>) -> Outcome {
    let mut sum = Outcome { passed: 0, failed: 0, note: String::new(), log: String::new() };
    for (is_ok, log) in commands {
        sum.passed += usize::from(is_ok);
        sum.failed += usize::from(!is_ok);
        sum.log.push_str(&log);
    }
    sum
}

/// Runs a command to its end: whether it succeeded, and what it printed.
fn output(command: &mut Command) -> io::Result<(bool, String)> {
    let output = command.stdin(Stdio::null()).output()?;
    let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
    log.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), log))
}

/// Tests that passed and failed, summed over all programs of a `cargo test`.
fn test_counts(log: &str) -> (usize, usize) {
    sum(log, r"(?m)^test result: \w+\. (\d+) passed; (\d+) failed;")
}

/// Sums of the two numbers in every match of a pattern.
fn sum(log: &str, pattern: &str) -> (usize, usize) {
    let Ok(pattern) = Regex::new(pattern) else { return (0, 0) };
    pattern.captures_iter(log).fold((0, 0), |(left, right), found| {
        let number = |group: usize| found.get(group).and_then(|text| text.as_str().parse().ok()).unwrap_or(0);
        (left + number(1), right + number(2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_programs() {
        let log = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored;\n\
                   test result: FAILED. 2 passed; 1 failed; 0 ignored;\n";
        assert_eq!(test_counts(log), (5, 1));
    }
}
