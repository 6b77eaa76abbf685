//! Load, decide on a parsed input, decide from JSON: for each case in `benches/cases`, and in the folder that
//! `SOLON_BENCH_CASES` names, if it does. `cargo bench -- NAME` runs those whose name contains NAME.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failing bench has nobody to answer to")]

use criterion::{Criterion, criterion_group, criterion_main};
use regex::Regex;
use solon_bench::find_cases;
use std::path::Path;
use xtask::bench::Engine;

fn decisions(criterion: &mut Criterion) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cases");
    let all = Regex::new("").unwrap();
    let mut cases = find_cases(&own, &all).unwrap();
    if let Some(folder) = std::env::var_os("SOLON_BENCH_CASES") {
        cases.extend(find_cases(Path::new(&folder), &all).unwrap());
    }
    for case in &cases {
        let mut loaded = Engine::Native.load(case).unwrap();
        if let Some(text) = case.data().unwrap() {
            loaded.add_data(text).unwrap();
        }
        let mut subject = loaded.prepare(case).unwrap();
        subject.check(case).unwrap_or_else(|error| panic!("{}: {error}", case.name()));
        let inputs = subject.inputs();
        let mut next = (0..inputs).cycle();
        let mut group = criterion.benchmark_group(case.name());
        group.bench_function("load", |bencher| {
            bencher.iter(|| Engine::Native.load(case).unwrap().prepare(case).unwrap().load_time());
        });
        group.bench_function("parsed", |bencher| {
            bencher.iter(|| subject.decide(next.next().unwrap_or_default()));
        });
        group.bench_function("json", |bencher| {
            bencher.iter(|| subject.decide_from_json(next.next().unwrap_or_default()));
        });
        group.finish();
    }
}

criterion_group!(benches, decisions);
criterion_main!(benches);
