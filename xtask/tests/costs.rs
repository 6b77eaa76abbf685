//! What a decision costs in allocations and instructions, against `benches/costs.json`.
//!
//! Unlike time, both are nearly the same on every run, so that a change that makes a decision cost more by a few per cent does
//! not go unseen. Instructions depend on the profile, on the compiler, which `rust-toolchain.toml` pins, and are
//! counted by valgrind; where there is none they are not checked. `SOLON_BLESS=1` writes what they are.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde::{Deserialize, Serialize};
use solon_bench::{Case, find_cases};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How much more a decision may cost than expected, in parts of a hundred.
const TOLERANCE: u64 = 3;

/// For each profile and case what a decision costs.
type Costs = BTreeMap<String, BTreeMap<String, Cost>>;

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
struct Cost {
    allocations: f64,
    instructions: u64,
}

fn benches() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches")
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_allocations"))
}

/// Allocations of a decision, once warm.
fn allocations(case: &Case) -> f64 {
    let output = program().arg("native").arg(case.folder()).output().unwrap();
    assert!(output.status.success(), "{}: {}", case.name(), String::from_utf8_lossy(&output.stderr));
    let counts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    counts["allocs"].as_f64().unwrap()
}

/// Instructions of a decision: what more decisions cost more. (Many more, because what comes before them costs a little
/// more or less in each process: hashes have seeds.)
fn instructions(case: &Case) -> u64 {
    const FEW: u64 = 2;
    const MORE: u64 = 52;
    let inputs = case.inputs().unwrap().len() as u64;
    (run_counted(case, MORE) - run_counted(case, FEW)) / ((MORE - FEW) * inputs)
}

/// Instructions of a run that decides on each input so often.
fn run_counted(case: &Case, rounds: u64) -> u64 {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program().get_program());
    let output = command.arg("native").arg(case.folder()).arg(rounds.to_string()).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {log}", case.name());
    let counted = log.lines().find_map(|line| line.split_once("Collected :"));
    counted.and_then(|(_, number)| number.trim().parse().ok()).unwrap_or_else(|| panic!("no count in {log}"))
}

#[test]
fn decisions_cost_no_more_than_expected() {
    let has_valgrind = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_valgrind {
        eprintln!("no valgrind: instructions are not counted");
    }
    let path = benches().join("costs.json");
    let mut expected: Costs = serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or("{}".into())).unwrap();
    let known = expected.entry(profile().to_owned()).or_default();
    let is_blessed = std::env::var_os("SOLON_BLESS").is_some();
    let mut problems = Vec::new();
    for case in find_cases(&benches().join("cases"), &regex::Regex::new("").unwrap()).unwrap() {
        let before = known.get(case.name()).copied();
        let counted = has_valgrind.then(|| instructions(&case)).or(before.map(|cost| cost.instructions));
        let cost = Cost { allocations: allocations(&case), instructions: counted.unwrap_or_default() };
        let is_fine = before.is_some_and(|before| {
            cost.allocations <= before.allocations
                && cost.instructions <= before.instructions + before.instructions * TOLERANCE / 100
        });
        if is_blessed {
            known.insert(case.name().to_owned(), cost);
        } else if !is_fine {
            problems.push(format!("{}: {cost:?}, expected {before:?}", case.name()));
        }
    }
    if is_blessed {
        std::fs::write(&path, serde_json::to_string_pretty(&expected).unwrap() + "\n").unwrap();
    }
    assert!(problems.is_empty(), "decisions cost more:\n{}", problems.join("\n"));
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}
