//! How the time of a decision grows: with what the cases grow in, with threads, and with constraints on one review.

use super::summary::{Row, Series};
use crate::gatekeeper::{folders, manifest, templates};
use anyhow::{Context, Result, anyhow};
use solon_bench::{Case, timed};
use solon_engine::{Compiler, Input, Syntax};
use solon_k8s::compile::TemplatePolicy;
use solon_k8s::constraint::Constraint;
use solon_k8s::template::Template;
use solon_k8s::webhook::Admission;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What grows from case to case: a name, the cases, which of their figures.
type Family = (&'static str, &'static [(&'static str, usize)], fn(&Row) -> f64);

const FAMILIES: &[Family] = &[
    (
        "rules",
        &[
            ("scale-rules-1", 1),
            ("scale-rules-10", 10),
            ("scale-rules-100", 100),
            ("scale-rules-1000", 1000),
            ("scale-rules-5000", 5000),
        ],
        parsed,
    ),
    (
        "users in the data",
        &[("scale-acl-1000", 1000), ("scale-acl-10000", 10_000), ("scale-acl-50000", 50_000)],
        parsed,
    ),
    (
        "services that are grouped",
        &[("scale-groupby-10", 10), ("scale-groupby-100", 100), ("scale-groupby-1000", 1000)],
        parsed,
    ),
    ("bytes of a review of which one field is read, parsed before", REVIEWS, parsed),
    ("bytes of a review of which one field is read, from JSON", REVIEWS, json),
];

const REVIEWS: &[(&str, usize)] =
    &[("k8s-requiredlabels-small", 3181), ("k8s-requiredlabels-medium", 6044), ("k8s-requiredlabels-large", 11_319)];

fn parsed(row: &Row) -> f64 {
    row.native.eval_ns
}

fn json(row: &Row) -> f64 {
    row.native.json_ns
}

/// All series, of which those that the run has figures for.
pub fn measure(rows: &[Row], cases: &[Case], shared: &Path, time: Duration) -> Result<Vec<Series>> {
    let mut all: Vec<Series> = FAMILIES.iter().map(|family| of_rows(family, rows)).collect();
    if let Some(case) = cases.iter().find(|case| case.name() == "k8s-containerlimits-medium") {
        all.push(threads(case, time)?);
    }
    let library = shared.join("gatekeeper-library");
    let review = shared.join("bench/review_medium.json");
    if library.is_dir() && review.is_file() {
        all.push(constraints(&library, &fs::read(&review)?, time)?);
    }
    all.retain(|series| series.points.len() > 1);
    Ok(all)
}

fn of_rows((what, sizes, figure): &Family, rows: &[Row]) -> Series {
    let points = sizes.iter().filter_map(|(case, size)| {
        let row = rows.iter().find(|row| row.native.case == *case)?;
        Some((*size, figure(row) / 1e3))
    });
    Series { what: (*what).to_owned(), points: points.collect() }
}

/// The time between two decisions of one and of two threads.
fn threads(case: &Case, time: Duration) -> Result<Series> {
    let syntax = if case.is_v0() { Syntax::V0 } else { Syntax::V1 };
    let modules = case.modules()?.into_iter();
    let compiler = modules.fold(Compiler::new().syntax(syntax), |compiler, (name, text)| compiler.module(name, text));
    let query = compiler.compile()?.prepare(case.query())?;
    let inputs = case.inputs()?;
    let work = || -> Result<u64> {
        let mut evaluator = query.evaluator();
        let (start, mut decisions) = (Instant::now(), 0);
        while start.elapsed() < time {
            for input in &inputs {
                black_box(evaluator.eval(Input::json(input))?.value());
                decisions += 1;
            }
        }
        Ok(decisions)
    };
    let mut points = Vec::new();
    for count in [1, 2] {
        let start = Instant::now();
        let decisions: u64 = thread::scope(|scope| {
            let all: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
            all.into_iter().map(|one| one.join().map_err(|_| anyhow!("a thread panicked"))?).sum::<Result<u64>>()
        })?;
        points.push((count, start.elapsed().as_secs_f64() * 1e6 / decisions as f64));
    }
    Ok(Series { what: "threads (containerlimits-medium from JSON)".to_owned(), points })
}

/// The time of one review, bytes to answer, with some of the constraints of Gatekeeper's library, and with all.
fn constraints(library: &Path, review: &[u8], time: Duration) -> Result<Series> {
    let all = read_library(library)?;
    let mut points = Vec::new();
    for count in [1, 7, 24, all.len()] {
        let mut admission = Admission::new();
        for (template, constraint) in all.iter().take(count) {
            admission = admission.template(template.clone()).constraint(constraint.clone())?;
        }
        let ns = timed(time, 1, |_| admission.review(black_box(review)).map(|answer| drop(black_box(answer))));
        points.push((count, ns.map_err(|error| anyhow!("{error}"))? / 1e3));
    }
    Ok(Series { what: "constraints of Gatekeeper's library on one review of 6 KB".to_owned(), points })
}

/// Each template with the first constraint of its samples, in order of their folders.
fn read_library(library: &Path) -> Result<Vec<(TemplatePolicy, Constraint)>> {
    let mut all = Vec::new();
    for folder in templates(library)? {
        let path = folder.join("template.yaml");
        let template = Template::read(&manifest(&path)?)?;
        let policy = TemplatePolicy::compile(&path.to_string_lossy(), &template, Compiler::new())?;
        let samples = folders(&folder.join("samples"))?;
        let constraint = samples.iter().map(|sample| sample.join("constraint.yaml")).find(|path| path.is_file());
        let constraint = constraint.with_context(|| format!("{} has no constraint", folder.display()))?;
        all.push((policy, Constraint::read(&manifest(&constraint)?)?));
    }
    Ok(all)
}
