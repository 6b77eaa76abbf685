//! The comparison as a picture: for each case how many times slower the others are.

use super::summary::{Row, Summary};
use anyhow::{Result, anyhow};
use plotters::prelude::*;

const WIDTH: u32 = 900;
/// Pixels of a case.
const LINE: u32 = 16;
/// Pixels above and below the cases.
const MARGIN: u32 = 96;

/// A ratio that is drawn: its name, its colour, where it comes from.
type Kind = (&'static str, RGBColor, fn(&Row) -> Option<f64>);

const KINDS: &[Kind] = &[
    ("OPA, input parsed before", RGBColor(31, 119, 180), |row| Some(row.parsed())),
    ("OPA, from JSON", RGBColor(255, 127, 14), |row| Some(row.json())),
    ("regorus, input parsed before", RGBColor(44, 160, 44), Row::regorus),
    ("Cedar, entities made before", RGBColor(148, 103, 189), Row::cedar),
];

/// An SVG document.
pub fn svg(summary: &Summary) -> Result<String> {
    let mut out = String::new();
    draw(summary, &mut out).map_err(|error| anyhow!("cannot draw: {error}"))?;
    Ok(out)
}

fn draw(summary: &Summary, out: &mut String) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let rows: Vec<&Row> = summary.rows.iter().rev().collect();
    let ratios = KINDS.iter().flat_map(|kind| rows.iter().filter_map(|row| kind.2(row)));
    let (least, most) = ratios.fold((1.0_f64, 10.0_f64), |(least, most), ratio| (least.min(ratio), most.max(ratio)));
    let height = MARGIN + LINE * rows.len() as u32;
    let area = SVGBackend::with_string(out, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("How many times slower than Solon (logarithmic)", ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(200)
        .build_cartesian_2d((least..most * 1.2).log_scale(), -1..rows.len() as i32)?;
    let name = |at: &i32| usize::try_from(*at).ok().and_then(|at| rows.get(at)).map_or("", |row| &row.native.case);
    chart
        .configure_mesh()
        .y_labels(rows.len() + 2)
        .y_label_formatter(&|at| name(at).to_owned())
        .x_label_formatter(&|ratio| format!("{ratio}x"))
        .draw()?;
    for (label, colour, ratio) in KINDS {
        let points = rows.iter().enumerate().filter_map(|(at, row)| Some((ratio(row)?, at as i32)));
        let drawn = chart.draw_series(points.map(|point| Circle::new(point, 4, colour.filled())))?;
        drawn.label(*label).legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()
}
