//! Everything that a run has measured.

use serde::Serialize;
use solon_bench::{Figures, Times};

/// The figures of a run, as they go into JSON.
#[derive(Serialize)]
pub struct Summary {
    /// The load of the machine when the run began, where it is known.
    pub load: Option<f64>,
    /// One a case.
    pub rows: Vec<Row>,
    /// Geometric means over the cases that both sides run.
    pub means: Means,
    /// How the time of a decision grows with what it works on.
    pub growth: Vec<Series>,
}

/// The figures of a case.
#[derive(Serialize)]
pub struct Row {
    /// Solon's.
    pub native: Figures,
    /// OPA's.
    pub opa: Figures,
    /// `None` where regorus is not built in or does not run the case.
    pub regorus: Option<Figures>,
    /// `None` where there is no policy of Cedar for the case.
    pub cedar: Option<Times>,
    /// `None` where the rules are not written in Rust.
    pub by_hand: Option<Times>,
}

/// How many times slower than Solon others are.
#[derive(Serialize)]
pub struct Means {
    /// OPA on an input that has been read before.
    pub opa_parsed: Option<f64>,
    /// OPA from JSON text.
    pub opa_json: Option<f64>,
    /// regorus on an input that has been read before.
    pub regorus_parsed: Option<f64>,
    /// Cedar on requests and entities that have been made before.
    pub cedar_parsed: Option<f64>,
    /// How many times slower Solon is than what is written by hand.
    pub over_by_hand: Option<f64>,
}

/// How one figure grows.
#[derive(Serialize)]
pub struct Series {
    /// What is measured, over what.
    pub what: String,
    /// Size and microseconds.
    pub points: Vec<(usize, f64)>,
}

impl Row {
    /// The median of each figure over several rounds; those that only some of them have are left out.
    pub fn median(rounds: Vec<Row>) -> Option<Row> {
        let figures = |of: fn(&Row) -> Option<&Figures>| {
            Figures::median(rounds.iter().map(of).collect::<Option<Vec<&Figures>>>()?.as_slice())
        };
        let times = |of: fn(&Row) -> Option<&Times>| {
            Times::median(rounds.iter().map(of).collect::<Option<Vec<&Times>>>()?.as_slice())
        };
        Some(Row {
            native: figures(|row| Some(&row.native))?,
            opa: figures(|row| Some(&row.opa))?,
            regorus: figures(|row| row.regorus.as_ref()),
            cedar: times(|row| row.cedar.as_ref()),
            by_hand: times(|row| row.by_hand.as_ref()),
        })
    }

    /// How many times slower OPA is on an input that has been read before.
    pub fn parsed(&self) -> f64 {
        self.opa.eval_ns / self.native.eval_ns
    }

    /// How many times slower OPA is from JSON text.
    pub fn json(&self) -> f64 {
        self.opa.json_ns / self.native.json_ns
    }

    /// How many times slower regorus is.
    pub fn regorus(&self) -> Option<f64> {
        Some(self.regorus.as_ref()?.eval_ns / self.native.eval_ns)
    }

    /// How many times slower Cedar is.
    pub fn cedar(&self) -> Option<f64> {
        Some(self.cedar.as_ref()?.eval_ns / self.native.eval_ns)
    }

    /// How many times slower Solon is than rules written by hand.
    pub fn over_by_hand(&self) -> Option<f64> {
        Some(self.native.eval_ns / self.by_hand.as_ref()?.eval_ns)
    }
}

impl Summary {
    /// With the means of the rows.
    pub fn new(load: Option<f64>, rows: Vec<Row>, growth: Vec<Series>) -> Summary {
        let means = Means {
            opa_parsed: geometric_mean(rows.iter().map(Row::parsed)),
            opa_json: geometric_mean(rows.iter().map(Row::json)),
            regorus_parsed: geometric_mean(rows.iter().filter_map(Row::regorus)),
            cedar_parsed: geometric_mean(rows.iter().filter_map(Row::cedar)),
            over_by_hand: geometric_mean(rows.iter().filter_map(Row::over_by_hand)),
        };
        Summary { load, rows, means, growth }
    }

    /// The row of a case.
    pub fn row(&self, case: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.native.case == case)
    }
}

/// `None` of nothing.
fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.map(f64::ln).collect();
    let count = logarithms.len() as f64;
    (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / count).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_geometric_mean_treats_twice_and_half_alike() {
        let mean = geometric_mean([2.0, 0.5, 8.0, 0.125].into_iter());
        assert!(mean.is_some_and(|mean| (mean - 1.0).abs() < 1e-12));
        assert_eq!(geometric_mean(std::iter::empty()), None);
    }
}
