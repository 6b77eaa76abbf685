//! The comparison as a Markdown table.

use super::Row;
use xtask::bench::Figures;

/// One line a case, and the geometric means of the ratios.
pub fn render(rows: &[Row]) -> String {
    let mut out = String::from(
        "| case | OPA parsed | Solon | ratio | OPA JSON | Solon | ratio | regorus | ratio | allocs OPA/Solon | \
         load ms OPA/Solon | data MB OPA/Solon |\n| --- |",
    );
    out.push_str(&" ---: |".repeat(11));
    out.push('\n');
    for Row { native, opa, regorus } in rows {
        let (time, slower) = match regorus {
            Some(figures) => (microseconds(figures.eval_ns), ratio(eval(figures, native))),
            None => ("-".to_owned(), "-".to_owned()),
        };
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {time} | {slower} | {:.0}/{:.1} | {:.1}/{:.1} | {:.1}/{:.1} |\n",
            native.case,
            microseconds(opa.eval_ns),
            microseconds(native.eval_ns),
            ratio(eval(opa, native)),
            microseconds(opa.json_ns),
            microseconds(native.json_ns),
            ratio(opa.json_ns / native.json_ns),
            opa.allocs,
            native.allocs,
            opa.load_ms,
            native.load_ms,
            opa.data_mb,
            native.data_mb,
        ));
    }
    let parsed = geometric_mean(rows.iter().map(|row| eval(&row.opa, &row.native)));
    let json = geometric_mean(rows.iter().map(|row| row.opa.json_ns / row.native.json_ns));
    let regorus = geometric_mean(rows.iter().filter_map(|row| Some(eval(row.regorus.as_ref()?, &row.native))));
    out.push_str(&format!(
        "| geometric mean | | | {} | | | {} | | {} | | | |\n",
        parsed.map_or_else(String::new, ratio),
        json.map_or_else(String::new, ratio),
        regorus.map_or_else(String::new, ratio),
    ));
    out
}

/// How many times slower `other` is than `native` on inputs read before.
fn eval(other: &Figures, native: &Figures) -> f64 {
    other.eval_ns / native.eval_ns
}

fn microseconds(nanoseconds: f64) -> String {
    format!("{:.2} us", nanoseconds / 1e3)
}

fn ratio(value: f64) -> String {
    format!("{value:.1}x")
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
