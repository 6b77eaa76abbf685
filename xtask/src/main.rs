//! The project's own commands: `cargo xtask COMMAND`.

mod bench_cases;
mod bench_compare;
mod bench_library;
mod bless;
mod ci;
mod conformance;
mod differential;
mod features;
mod fuzz;
mod gatekeeper;
mod process;
mod python;
mod readme;
mod semver;
mod tidy;

use anyhow::Result;
use std::ffi::OsString;
use std::process::ExitCode;

/// A command: its name, what it does, its function.
type Command = (&'static str, &'static str, fn(&[OsString]) -> Result<()>);

const COMMANDS: &[Command] = &[
    ("bench-cases", "time the benchmark cases, one JSON line each", bench_cases::run),
    ("bench-compare", "compare the native engine, regorus and OPA on the benchmark cases", bench_compare::run),
    ("bench-library", "write Gatekeeper's library as benchmark cases", bench_library::run),
    ("bless", "write what the data-driven tests give in place of what they expect", bless::run),
    ("ci", "check everything: format, lints, documentation, tests, dependencies, OPA's cases", ci::run),
    ("conformance", "run OPA's language cases", conformance::command),
    ("differential", "compare with OPA on generated programs", differential::command),
    (
        "features",
        "say what each feature of the library takes: crates and, with --time, time to build",
        features::command,
    ),
    ("fuzz", "run the fuzz targets for some seconds", fuzz::run),
    ("python", "build the Python package; run its tests and its type checker", python::command),
    ("readme", "run the README's commands and compare what they print", readme::run),
    ("scale-out", "evaluate a policy on a million rows with Ray Data", python::scale_out),
    ("semver", "compare the crates' API with the baseline's", semver::command),
    ("tidy", "check dependencies, lints, and what stands in the files", tidy::run),
];

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (name, rest) = args.split_first().map_or((None, &[][..]), |(name, rest)| (name.to_str(), rest));
    let Some((_, _, run)) = COMMANDS.iter().find(|command| Some(command.0) == name) else {
        eprintln!("usage: cargo xtask COMMAND");
        for (name, what, _) in COMMANDS {
            eprintln!("  {name:<14} {what}");
        }
        return ExitCode::from(2);
    };
    match run(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
