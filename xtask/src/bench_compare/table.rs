//! The comparison as Markdown tables.

use super::summary::{Row, Summary};
use solon_bench::{Figures, Times};

/// OPA and regorus: one line a case, and the geometric means of the ratios.
pub fn ratios(summary: &Summary) -> String {
    let mut out = head(&[
        "case",
        "OPA parsed",
        "Solon",
        "ratio",
        "OPA JSON",
        "Solon",
        "ratio",
        "regorus",
        "ratio",
        "allocs OPA/Solon",
        "load ms OPA/Solon",
        "data MB OPA/Solon",
    ]);
    for row in &summary.rows {
        let Row { native, opa, regorus, .. } = row;
        line(
            &mut out,
            &[
                native.case.clone(),
                microseconds(opa.eval_ns),
                microseconds(native.eval_ns),
                ratio(row.parsed()),
                microseconds(opa.json_ns),
                microseconds(native.json_ns),
                ratio(row.json()),
                or_dash(regorus.as_ref().map(|figures| microseconds(figures.eval_ns))),
                or_dash(row.regorus().map(ratio)),
                format!("{:.0}/{:.1}", opa.allocs, native.allocs),
                pair(opa, native, |figures| figures.load_ms),
                pair(opa, native, |figures| figures.data_mb),
            ],
        );
    }
    let mean = |mean: Option<f64>| or_dash(mean.map(ratio));
    let means = &summary.means;
    let blank = String::new;
    line(
        &mut out,
        &[
            "geometric mean".to_owned(),
            blank(),
            blank(),
            mean(means.opa_parsed),
            blank(),
            blank(),
            mean(means.opa_json),
            blank(),
            mean(means.regorus_parsed),
            blank(),
            blank(),
            blank(),
        ],
    );
    out
}

/// Cedar and rules written by hand, where there are any.
pub fn beside_others(summary: &Summary) -> String {
    let mut out =
        head(&["case", "Solon parsed", "Cedar", "ratio", "by hand", "Solon takes", "Solon JSON", "Cedar", "by hand"]);
    for row in summary.rows.iter().filter(|row| row.cedar.is_some() || row.by_hand.is_some()) {
        let eval = |times: &Option<Times>| or_dash(times.as_ref().map(|times| microseconds(times.eval_ns)));
        let json = |times: &Option<Times>| or_dash(times.as_ref().map(|times| microseconds(times.json_ns)));
        line(
            &mut out,
            &[
                row.native.case.clone(),
                microseconds(row.native.eval_ns),
                eval(&row.cedar),
                or_dash(row.cedar().map(ratio)),
                eval(&row.by_hand),
                or_dash(row.over_by_hand().map(ratio)),
                microseconds(row.native.json_ns),
                json(&row.cedar),
                json(&row.by_hand),
            ],
        );
    }
    out
}

/// One line a series.
pub fn growth(summary: &Summary) -> String {
    let mut out = head(&["growth", "size: time"]);
    for series in &summary.growth {
        let points = series.points.iter().map(|(size, time)| format!("{size}: {time:.2} us"));
        line(&mut out, &[series.what.clone(), points.collect::<Vec<_>>().join(", ")]);
    }
    out
}

fn head(columns: &[&str]) -> String {
    format!("| {} |\n| --- |{}\n", columns.join(" | "), " ---: |".repeat(columns.len() - 1))
}

fn line(out: &mut String, cells: &[String]) {
    out.push_str(&format!("| {} |\n", cells.join(" | ")));
}

fn pair(opa: &Figures, native: &Figures, figure: impl Fn(&Figures) -> f64) -> String {
    format!("{:.1}/{:.1}", figure(opa), figure(native))
}

fn microseconds(nanoseconds: f64) -> String {
    format!("{:.2} us", nanoseconds / 1e3)
}

fn ratio(value: f64) -> String {
    format!("{value:.1}x")
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}
