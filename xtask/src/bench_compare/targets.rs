//! What the figures have to reach.

use super::summary::{Row, Summary};
use std::fmt;

/// A figure of a run, in words, and what it has to be.
pub struct Target {
    name: &'static str,
    figure: Figure,
    bound: Bound,
}

/// What is looked at.
enum Figure {
    /// Microseconds of a decision on an input read before.
    Parsed(&'static str),
    /// Microseconds of a decision from JSON text.
    Json(&'static str),
    /// Milliseconds to parse, compile and prepare.
    Load(&'static str),
    /// Megabytes of base data.
    Data(&'static str),
    /// Allocations of a decision.
    Allocations(&'static str),
    /// The time of the first case over that of the second.
    Over(&'static str, &'static str),
    /// How many times slower Cedar is.
    Cedar(&'static str),
    /// The geometric mean of OPA's ratios on inputs read before.
    MeanParsed,
    /// The geometric mean of OPA's ratios from JSON text.
    MeanJson,
    /// The least of a ratio over all cases.
    Least(fn(&Row) -> Option<f64>),
    /// The greatest of a ratio over all cases.
    Greatest(fn(&Row) -> Option<f64>),
    /// The last point of a series over its first.
    Growth(&'static str),
}

/// What a figure has to be.
#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};
use Figure::{Allocations, Cedar, Data, Greatest, Growth, Json, Least, Load, MeanJson, MeanParsed, Over, Parsed};

const fn target(name: &'static str, figure: Figure, bound: Bound) -> Target {
    Target { name, figure, bound }
}

const TARGETS: &[Target] = &[
    target("geometric mean of the ratios to OPA, parsed", MeanParsed, AtLeast(100.0)),
    target("geometric mean of the ratios to OPA, JSON", MeanJson, AtLeast(40.0)),
    target("least ratio to OPA, parsed", Least(|row| Some(row.parsed())), AtLeast(25.0)),
    target("least ratio to OPA, JSON", Least(|row| Some(row.json())), AtLeast(25.0)),
    target("least ratio to regorus", Least(Row::regorus), AtLeast(10.0)),
    target("gdrive-20, ratio to Cedar", Cedar("authz-gdrive-20"), AtLeast(10.0)),
    target("tinytodo-20, ratio to Cedar", Cedar("authz-tinytodo-20"), AtLeast(10.0)),
    target("greatest ratio to what is written by hand", Greatest(Row::over_by_hand), AtMost(5.0)),
    target("containerlimits-medium, us", Parsed("k8s-containerlimits-medium"), AtMost(5.0)),
    target("containerlimits-medium from JSON, us", Json("k8s-containerlimits-medium"), AtMost(15.0)),
    target("allowedrepos-medium, us", Parsed("k8s-allowedrepos-medium"), AtMost(0.4)),
    target("allowedrepos-medium from JSON, us", Json("k8s-allowedrepos-medium"), AtMost(10.0)),
    target("requiredlabels-medium, us", Parsed("k8s-requiredlabels-medium"), AtMost(0.8)),
    target("requiredlabels-medium from JSON, us", Json("k8s-requiredlabels-medium"), AtMost(10.0)),
    target("disallowedtags-medium, us", Parsed("k8s-disallowedtags-medium"), AtMost(1.5)),
    target("disallowedtags-medium from JSON, us", Json("k8s-disallowedtags-medium"), AtMost(12.0)),
    target("requiredprobes-medium, us", Parsed("k8s-requiredprobes-medium"), AtMost(1.5)),
    target("requiredprobes-medium from JSON, us", Json("k8s-requiredprobes-medium"), AtMost(12.0)),
    target("gdrive-20, us", Parsed("authz-gdrive-20"), AtMost(0.4)),
    target("tinytodo-20, us", Parsed("authz-tinytodo-20"), AtMost(0.4)),
    target("github-20, us", Parsed("authz-github-20"), AtMost(1.0)),
    target("github-50, us", Parsed("authz-github-50"), AtMost(2.5)),
    target("github-20 with the graph in data, us", Parsed("authz-github-20-indata"), AtMost(0.5)),
    target("github-50 with the graph in data, us", Parsed("authz-github-50-indata"), AtMost(0.5)),
    target("5,000 rules, us", Parsed("scale-rules-5000"), AtMost(0.12)),
    target("5,000 rules over one", Over("scale-rules-5000", "scale-rules-1"), AtMost(2.0)),
    target("5,000 rules, ms to load", Load("scale-rules-5000"), AtMost(35.0)),
    target("containerlimits-medium, ms to load", Load("k8s-containerlimits-medium"), AtMost(0.5)),
    target("50,000 users, us", Parsed("scale-acl-50000"), AtMost(0.3)),
    target("50,000 users, MB of data", Data("scale-acl-50000"), AtMost(16.0)),
    target("group-by of 1,000, us", Parsed("scale-groupby-1000"), AtMost(40.0)),
    target("group-by of 1,000 from JSON, us", Json("scale-groupby-1000"), AtMost(200.0)),
    target("httpapi, us", Parsed("service-httpapi"), AtMost(0.25)),
    target("httpapi from JSON, us", Json("service-httpapi"), AtMost(1.5)),
    target("allocations of containerlimits-medium", Allocations("k8s-containerlimits-medium"), AtMost(0.0)),
    target("allocations of gdrive-20", Allocations("authz-gdrive-20"), AtMost(0.0)),
    target("allocations of 5,000 rules", Allocations("scale-rules-5000"), AtMost(0.0)),
    target("two threads, decisions over one's", Growth("threads"), AtLeast(1.9)),
];

/// Whether a target holds, and what was measured.
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Missed,
    /// A case or an engine was not part of the run.
    NotMeasured,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Verdict::Holds => "holds",
            Verdict::Missed => "MISSED",
            Verdict::NotMeasured => "not measured",
        })
    }
}

/// Every target with what was measured, in words, and its verdict.
pub fn verdicts(summary: &Summary) -> Vec<(String, Verdict)> {
    TARGETS.iter().map(|target| target.judge(summary)).collect()
}

impl Target {
    fn judge(&self, summary: &Summary) -> (String, Verdict) {
        let (wanted, bound) = match self.bound {
            AtMost(bound) => (format!("at most {bound}"), bound),
            AtLeast(bound) => (format!("at least {bound}"), bound),
        };
        let Some((value, place)) = self.figure.of(summary) else {
            return (format!("{}: {wanted}", self.name), Verdict::NotMeasured);
        };
        let holds = match self.bound {
            AtMost(_) => value <= bound,
            AtLeast(_) => value >= bound,
        };
        let verdict = if holds { Verdict::Holds } else { Verdict::Missed };
        (format!("{}: {wanted}, is {value:.2}{place}", self.name), verdict)
    }
}

impl Figure {
    /// What was measured, and at which case where that is not clear.
    fn of(&self, summary: &Summary) -> Option<(f64, String)> {
        let figure = |case: &str, figure: fn(&Row) -> f64| summary.row(case).map(figure);
        let extreme = |ratio: fn(&Row) -> Option<f64>, order: f64| {
            let found = summary.rows.iter().filter_map(|row| Some((ratio(row)?, row)));
            let (value, row) = found.min_by(|left, right| (order * left.0).total_cmp(&(order * right.0)))?;
            Some((value, format!(" ({})", row.native.case)))
        };
        let value = match *self {
            Parsed(case) => figure(case, |row| row.native.eval_ns / 1e3),
            Json(case) => figure(case, |row| row.native.json_ns / 1e3),
            Load(case) => figure(case, |row| row.native.load_ms),
            Data(case) => figure(case, |row| row.native.data_mb),
            Allocations(case) => figure(case, |row| row.native.allocs),
            Over(case, base) => {
                summary.row(case).zip(summary.row(base)).map(|(case, base)| case.native.eval_ns / base.native.eval_ns)
            }
            Cedar(case) => summary.row(case).and_then(Row::cedar),
            MeanParsed => summary.means.opa_parsed,
            MeanJson => summary.means.opa_json,
            Least(ratio) => return extreme(ratio, 1.0),
            Greatest(ratio) => return extreme(ratio, -1.0),
            Growth(what) => {
                let series = summary.growth.iter().find(|series| series.what.starts_with(what));
                series.and_then(|series| Some(series.points.first()?.1 / series.points.last()?.1))
            }
        };
        value.map(|value| (value, String::new()))
    }
}
