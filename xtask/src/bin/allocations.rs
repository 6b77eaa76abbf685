//! Counts heap allocations: `allocations ENGINE CASE_FOLDER` prints `{"allocs", "data_mb"}`. With a third argument it
//! decides on each input as often as that says and prints nothing, for `valgrind` to count instructions; with `json`
//! as a fourth, from the inputs' texts.
//!
//! A program of its own, because counting every allocation would slow what `cargo xtask bench-cases` times.

use anyhow::{Context, Result, bail};
use serde_json::json;
use solon_bench::Case;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::path::Path;
use xtask::bench::Engine;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (engine, folder, rounds, is_text) = match args.as_slice() {
        [engine, folder] => (engine, folder, None, false),
        [engine, folder, rounds] => (engine, folder, Some(rounds.parse()?), false),
        [engine, folder, rounds, form] if form == "json" => (engine, folder, Some(rounds.parse()?), true),
        _ => bail!("usage: allocations ENGINE CASE_FOLDER [ROUNDS [json]]"),
    };
    let engine: Engine = engine.parse()?;
    let case = Case::read(Path::new(folder))?;

    let mut loaded = engine.load(&case)?;
    let mut data_mb = 0.0;
    if let Some(text) = case.data()? {
        let size = text.len();
        // The text is dropped inside of the region but was allocated outside of it.
        let region = Region::new(ALLOCATOR);
        loaded.add_data(text)?;
        let stats = region.change();
        let held = (stats.bytes_allocated + size).saturating_sub(stats.bytes_deallocated);
        data_mb = held as f64 / 1e6;
    }

    let mut subject = loaded.prepare(&case)?;
    let inputs = subject.inputs();
    for _ in 0..rounds.unwrap_or(2) {
        let decide = |input| if is_text { subject.decide_from_json(input) } else { subject.decide(input) };
        (0..inputs).try_for_each(decide).context("deciding")?;
    }
    if rounds.is_some() {
        return Ok(());
    }
    let region = Region::new(ALLOCATOR);
    (0..subject.inputs()).try_for_each(|input| subject.decide(input))?;
    let stats = region.change();
    let allocs = (stats.allocations + stats.reallocations) as f64 / subject.inputs() as f64;
    println!("{}", json!({ "allocs": allocs, "data_mb": data_mb }));
    Ok(())
}
