//! `cargo xtask bench-cases CASES_DIR [--engine native|regorus|by-hand] [--only REGEX] [--time 300ms]`: times the
//! benchmark cases, one JSON line each.

use crate::process::{optimized, release_program};
use anyhow::{Context, Result, bail};
use solon_bench::{Case, Figures, Times, find_cases, timed};
use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;
use xtask::bench::{Engine, Loaded, Options, Subject};

/// Prints the figures of every case that matches. A case that fails is named on stderr and makes the command fail,
/// after the others.
pub fn run(args: &[OsString]) -> Result<()> {
    let options = Options::parse(args)?;
    let Some(folder) = &options.cases else {
        bail!(
            "usage: cargo xtask bench-cases CASES_DIR [--engine native|regorus|by-hand] [--only REGEX] [--time 300ms]"
        )
    };
    if cfg!(debug_assertions) {
        let features: &[&str] = if options.engine == Engine::Regorus { &["regorus"] } else { &[] };
        return optimized("bench-cases", args, features);
    }
    let cases = find_cases(folder, &options.only)?;
    let mut failed = Vec::new();
    for case in &cases {
        match measure(case, options.engine, options.time) {
            Ok(figures) => println!("{}", serde_json::to_string(&figures)?),
            Err(error) => {
                eprintln!("FAILED {}: {error:#}", case.name());
                failed.push(case.name());
            }
        }
    }
    if !failed.is_empty() {
        bail!("{} of {} cases failed: {}", failed.len(), cases.len(), failed.join(", "));
    }
    Ok(())
}

/// Checks a case and takes its figures, `time` for each.
pub fn measure(case: &Case, engine: Engine, time: Duration) -> Result<Figures> {
    let mut subject = subject(case, engine.load(case)?)?;
    let Times { case: name, eval_ns, json_ns } = timed_subject(case, &mut subject, time)?;
    let (allocs, data_mb) = allocations(case, engine)?;
    Ok(Figures {
        case: name,
        engine: engine.name().to_owned(),
        load_ms: subject.load_time().as_secs_f64() * 1e3,
        eval_ns,
        json_ns,
        allocs,
        data_mb,
    })
}

/// Checks a case and takes its times alone.
pub fn times(case: &Case, loaded: Loaded, time: Duration) -> Result<Times> {
    timed_subject(case, &mut subject(case, loaded)?, time)
}

fn subject(case: &Case, mut loaded: Loaded) -> Result<Subject> {
    if let Some(text) = case.data()? {
        loaded.add_data(text)?;
    }
    let mut subject = loaded.prepare(case)?;
    subject.check(case)?;
    Ok(subject)
}

fn timed_subject(case: &Case, subject: &mut Subject, time: Duration) -> Result<Times> {
    let inputs = subject.inputs();
    let eval_ns = timed(time, inputs, |input| subject.decide(input))?;
    let json_ns = timed(time, inputs, |input| subject.decide_from_json(input))?;
    Ok(Times { case: case.name().to_owned(), eval_ns, json_ns })
}

/// Allocations of a decision, megabytes of base data.
fn allocations(case: &Case, engine: Engine) -> Result<(f64, f64)> {
    let program = release_program("allocations")?;
    let output = Command::new(&program)
        .arg(engine.name())
        .arg(case.folder())
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        bail!("counting allocations: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let counts: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let count = |name: &str| counts[name].as_f64().with_context(|| format!("no {name}"));
    Ok((count("allocs")?, count("data_mb")?))
}
