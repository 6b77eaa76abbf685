//! What the figures have to reach.

use super::Row;
use std::fmt;

/// Something that has to hold.
#[derive(Clone, Copy)]
pub enum Target {
    /// On an input read before, a case is so many times faster than OPA.
    FasterThanOpa(&'static str, f64),
    /// The first case takes at most so many times the time of the second.
    Within(&'static str, f64, &'static str),
    /// A decision allocates nothing once warm.
    NoAllocation(&'static str),
    /// Every case that regorus runs is so many times faster than there.
    FasterThanRegorus(f64),
}

use Target::{FasterThanOpa, FasterThanRegorus, NoAllocation, Within};

const TARGETS: &[Target] = &[
    FasterThanOpa("k8s-containerlimits-medium", 60.0),
    FasterThanOpa("authz-gdrive-20", 25.0),
    FasterThanOpa("scale-rules-1000", 40.0),
    Within("scale-rules-5000", 3.0, "scale-rules-1"),
    NoAllocation("k8s-containerlimits-medium"),
    NoAllocation("authz-gdrive-20"),
    NoAllocation("scale-rules-1000"),
    NoAllocation("scale-rules-5000"),
    FasterThanRegorus(10.0),
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
pub fn verdicts(rows: &[Row]) -> Vec<(String, Verdict)> {
    TARGETS.iter().map(|target| target.judge(rows)).collect()
}

impl Target {
    fn judge(self, rows: &[Row]) -> (String, Verdict) {
        let find = |name: &str| rows.iter().find(|row| row.native.case == name);
        match self {
            FasterThanOpa(name, wanted) => {
                let ratio = find(name).map(|row| row.opa.eval_ns / row.native.eval_ns);
                verdict(format!("{name}: at least {wanted}x OPA"), ratio, |ratio| ratio >= wanted)
            }
            Within(name, wanted, base) => {
                let ratio = find(name).zip(find(base)).map(|(row, base)| row.native.eval_ns / base.native.eval_ns);
                verdict(format!("{name}: at most {wanted}x {base}"), ratio, |ratio| ratio <= wanted)
            }
            NoAllocation(name) => {
                let allocations = find(name).map(|row| row.native.allocs);
                verdict(format!("{name}: no allocation a decision"), allocations, |count| count == 0.0)
            }
            FasterThanRegorus(wanted) => {
                let ratios = rows.iter().filter_map(|row| {
                    Some((row.regorus.as_ref()?.eval_ns / row.native.eval_ns, row.native.case.as_str()))
                });
                let least = ratios.min_by(|left, right| left.0.total_cmp(&right.0));
                let place = least.map_or(String::new(), |(_, case)| format!(" (least: {case})"));
                let text = format!("every case: at least {wanted}x regorus{place}");
                verdict(text, least.map(|(ratio, _)| ratio), |ratio| ratio >= wanted)
            }
        }
    }
}

fn verdict(target: String, measured: Option<f64>, holds: impl Fn(f64) -> bool) -> (String, Verdict) {
    match measured {
        Some(value) if holds(value) => (format!("{target}: {value:.2}"), Verdict::Holds),
        Some(value) => (format!("{target}: {value:.2}"), Verdict::Missed),
        None => (target, Verdict::NotMeasured),
    }
}
