//! `cargo xtask fuzz [--target NAME] [--seconds 60] [--seed 1]`: the fuzz targets on any toolchain, without coverage's
//! guidance.
//!
//! Seeds are the project's own policies and test cases, and a few lines of each kind; they are cut, joined, repeated
//! and changed byte by byte. The same seed number gives the same run.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// Longer inputs find little more and take longer.
const LONGEST: usize = 4096;

/// One run of a target may take this long without optimisation.
const PATIENCE: Duration = Duration::from_secs(10);

/// One that takes this long does not come back, and the whole process may take this much memory, in KiB.
const LONGEST_RUN: Duration = Duration::from_secs(60);
const MOST_MEMORY: u64 = 2 << 20;

/// Texts that are put into others.
const WORDS: &[&str] = &[
    "package a\n",
    "import rego.v1\n",
    "default ",
    "p",
    " := ",
    " = ",
    " if ",
    " contains ",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "some x in ",
    "every x in ",
    "not ",
    " with input as ",
    " else := ",
    " | ",
    " & ",
    " - ",
    "/",
    "%",
    "\"",
    "`",
    "#",
    "$\"{",
    "}\"",
    "input",
    "data",
    "data[x]",
    "input.a",
    "_",
    ".",
    ",",
    ";",
    ":",
    "\n",
    "1e400",
    "0.1",
    "-1",
    "null",
    "true",
    "set()",
    "count(",
    "sprintf(\"%v\", [",
    "numbers.range(1, ",
    "regex.match(",
    "walk(",
    "\\u",
    "\n---\n",
    "\n- ",
    ": ",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!",
    "|\n",
    "  ",
    "\u{0}",
];

const SEEDS: &[&str] = &[
    "package a\nimport rego.v1\np := x if { some x in input.a; x > 1 }\nq contains x if { every y in [1] { y > x }; x := 1 }\n---\n{\"a\": [1, 2]}",
    "package a\nf(x) := y if { y := x + 1 } else := 2\np[k] := v if some k, v in data.a\nr if f(1) == 2 with input as {\"a\": 1}\n",
    "{\"a\": [1, 2.5, -1e10, \"\\u00e9\\n\", null, true, {\"b\": {}}], \"c\": 1e400}",
    "[x | x := input[_]; not x.y] == {k: v | some k, v in input}",
    "package a\nimport rego.v2\n# METADATA\n# title: t\np.q[\"r s\"] contains $`x {1 + 2}` if not { input.a; true } or data.b[_] == `c`\n",
    "kind: Pod\nmetadata: &m {name: \"a\", labels: {on: yes, 0x10: 1e3}}\nspec:\n  - <<: *m\n  - |\n    text\n---\n[1, ~, !!str 2]\n",
    "{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": \"7\", \"operation\": \"CREATE\", \
     \"kind\": {\"group\": \"\", \"version\": \"v1\", \"kind\": \"Pod\"}, \"object\": {\"kind\": \"Pod\", \"spec\": {\"hostNetwork\": true, \
     \"containers\": [{\"name\": \"a\"}]}}, \"oldObject\": null}}",
];

/// Small, fast, good enough: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// Runs the targets in turn for some seconds.
pub fn run(args: &[OsString]) -> Result<()> {
    let value = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1)?.to_str());
    let seconds: u64 = value("--seconds").map_or(Ok(60), |text| text.parse()).context("--seconds is a number")?;
    let seed: u64 = value("--seed").map_or(Ok(1), |text| text.parse()).context("--seed is a number")?;
    let only = value("--target");
    if let Some(unknown) = only.filter(|only| targets::TARGETS.iter().all(|(name, _)| name != only)) {
        let names = targets::TARGETS.map(|(name, _)| name).join(", ");
        bail!("there is no target {unknown}; there are {names}");
    }
    let mut corpus: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    for folder in ["policies", "examples", "crates/engine/tests/cases", "tests/cases", "tests/cli"] {
        collect(Path::new(folder), &mut corpus);
    }
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let start = Instant::now();
    let mut runs = 0_u64;
    let watched = watch();
    while start.elapsed() < Duration::from_secs(seconds) {
        let bytes = mutate(&corpus, &mut random);
        for (name, target) in targets::TARGETS {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let began = Instant::now();
            if let Ok(mut watched) = watched.lock() {
                *watched = Some((began, name, bytes.clone()));
            }
            let outcome = catch_unwind(|| target(&bytes));
            if outcome.is_err() || began.elapsed() > PATIENCE {
                let path = std::env::temp_dir().join(format!("solon-fuzz-{name}-{runs}"));
                std::fs::write(&path, &bytes)?;
                bail!("{name} failed after {:?} on {}", began.elapsed(), path.display());
            }
        }
        runs += 1;
    }
    println!("{runs} inputs, nothing found");
    Ok(())
}

/// A run of a target: when it began, of which, on what.
type Run = (Instant, &'static str, Vec<u8>);

/// Ends the process if the present run does not come back, or takes too much memory, and writes down what it was.
fn watch() -> Arc<Mutex<Option<Run>>> {
    let watched: Arc<Mutex<Option<Run>>> = Arc::default();
    let shared = watched.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(20));
            let memory = memory();
            let Ok(run) = shared.lock() else { return };
            let Some((began, name, bytes)) = run.as_ref() else { continue };
            if began.elapsed() > LONGEST_RUN || memory > MOST_MEMORY {
                let path = std::env::temp_dir().join(format!("solon-fuzz-{name}-endless"));
                let written = std::fs::write(&path, bytes);
                eprintln!("{name} takes {:?} and {memory} KiB on {}: {written:?}", began.elapsed(), path.display());
                std::process::exit(1);
            }
        }
    });
    watched
}

/// What the process takes of the memory, in KiB, where the system tells.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Files of a folder, as seeds, and the sections of those that are test cases.
fn collect(folder: &Path, corpus: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, corpus);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let sections = sections(&text).into_iter().map(String::into_bytes);
            corpus.extend(sections.filter(|section| section.len() <= LONGEST));
        }
    }
}

/// What stands between the lines that begin sections; the whole text if there are none.
fn sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match sections.last_mut() {
            Some(section) if !line.starts_with("## ") && !line.starts_with("-- ") => section.push_str(line),
            _ => sections.push(String::new()),
        }
    }
    sections.retain(|section| !section.trim().is_empty());
    sections
}

/// A seed with some changes.
fn mutate(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let pick = |random: &mut Random| corpus.get(random.below(corpus.len())).cloned().unwrap_or_default();
    let mut bytes = pick(random);
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(20)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let word = WORDS.get(random.below(WORDS.len())).copied().unwrap_or_default();
                drop(bytes.splice(at..at, word.bytes().collect::<Vec<_>>()));
            }
            2 => {
                let part = bytes.get(at..end).unwrap_or_default().repeat(random.below(40));
                drop(bytes.splice(at..at, part));
            }
            3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            4 => {
                let other = pick(random);
                let from = random.below(other.len());
                let part = other.get(from..(from + random.below(60)).min(other.len())).unwrap_or_default().to_vec();
                drop(bytes.splice(at..end, part));
            }
            _ => {
                let word = WORDS.get(random.below(WORDS.len())).copied().unwrap_or_default();
                drop(bytes.splice(at..end, word.bytes().collect::<Vec<_>>()));
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}
