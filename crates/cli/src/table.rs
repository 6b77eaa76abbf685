//! Tables in box-drawing characters.

use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// A table with a header.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(header: Vec<String>) -> Self {
        Table { header, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table as text: the header in the middle of its columns, everything else at the left.
    pub fn finish(&self) -> String {
        let header: Vec<Vec<&str>> = self.header.iter().map(|cell| cell.lines().collect()).collect();
        let mut widths: Vec<usize> =
            header.iter().map(|lines| lines.iter().map(|line| line.width()).max().unwrap_or(0)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        let mut out = String::new();
        rule(&widths, ["┌", "┬", "┐"], &mut out);
        for number in 0..header.iter().map(Vec::len).max().unwrap_or(0) {
            let cells = header.iter().map(|lines| lines.get(number).copied().unwrap_or_default());
            line(&widths, cells, true, &mut out);
        }
        rule(&widths, ["├", "┼", "┤"], &mut out);
        for row in &self.rows {
            line(&widths, row.iter().map(String::as_str), false, &mut out);
        }
        rule(&widths, ["└", "┴", "┘"], &mut out);
        out
    }
}

fn rule(widths: &[usize], [left, middle, right]: [&str; 3], out: &mut String) {
    let bars: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    // Writing to a string does not fail.
    let _ = writeln!(out, "{left}{}{right}", bars.join(middle));
}

fn line<'c>(widths: &[usize], cells: impl Iterator<Item = &'c str>, centred: bool, out: &mut String) {
    for (width, cell) in widths.iter().zip(cells) {
        let space = width.saturating_sub(cell.width());
        let before = if centred { space / 2 } else { 0 };
        let _ = write!(out, "│ {:before$}{cell}{:after$} ", "", "", after = space - before);
    }
    out.push_str("│\n");
}
