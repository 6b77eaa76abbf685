//! The project's own commands: `cargo xtask COMMAND`.

mod bench_cases;
mod bench_compare;
mod bless;
mod ci;
mod conformance;
mod process;
mod readme;
mod tidy;

use anyhow::{Result, bail};
use std::ffi::OsString;

/// A command: its name, what it does, its function.
type Command = (&'static str, &'static str, fn(&[OsString]) -> Result<()>);

const COMMANDS: &[Command] = &[
    ("bench-cases", "time the benchmark cases, one JSON line each", bench_cases::run),
    ("bench-compare", "compare the native engine, regorus and OPA on the benchmark cases", bench_compare::run),
    ("bless", "write what the data-driven tests give in place of what they expect", bless::run),
    ("ci", "check everything: format, lints, documentation, tests, dependencies, OPA's cases", ci::run),
    ("conformance", "run OPA's language cases", conformance::command),
    ("readme", "run the README's commands and compare what they print", readme::run),
    ("tidy", "check dependencies, lints, and what stands in the files", tidy::run),
];

fn main() -> Result<()> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (name, rest) = args.split_first().map_or((None, &[][..]), |(name, rest)| (name.to_str(), rest));
    match COMMANDS.iter().find(|command| Some(command.0) == name) {
        Some((_, _, run)) => run(rest),
        None => {
            let lines: Vec<String> = COMMANDS.iter().map(|(name, what, _)| format!("  {name:<14} {what}")).collect();
            bail!("usage: cargo xtask COMMAND\n{}", lines.join("\n"))
        }
    }
}
