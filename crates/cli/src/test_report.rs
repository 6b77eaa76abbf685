//! Reports of `solon test` in the forms of `opa test`.

use crate::duration;
use crate::render::{pretty, quoted};
use crate::report::{self, Problem};
use crate::test::{Outcome, Verdict};
use data_encoding::BASE64;
use solon::{Case, Cases};
use std::fmt::Write;

/// The report for people.
pub struct Pretty {
    is_verbose: bool,
    last_file: String,
    has_lines: bool,
    passed: usize,
    failed: usize,
    skipped: usize,
    errors: usize,
    failures: Vec<Outcome>,
}

impl Pretty {
    /// A report without tests; a verbose one has those that pass, too.
    pub fn new(is_verbose: bool) -> Self {
        Pretty {
            is_verbose,
            last_file: String::new(),
            has_lines: false,
            passed: 0,
            failed: 0,
            skipped: 0,
            errors: 0,
            failures: Vec::new(),
        }
    }

    /// Adds a test: the lines about it.
    pub fn add(&mut self, outcome: Outcome) -> String {
        self.count(&outcome);
        let mut out = String::new();
        if self.is_verbose || outcome.verdict != Verdict::Pass {
            self.lines(&outcome, &mut out);
        }
        if outcome.verdict == Verdict::Fail && self.is_verbose {
            self.failures.push(outcome);
        }
        out
    }

    fn count(&mut self, outcome: &Outcome) {
        match &outcome.verdict {
            Verdict::Skip => self.skipped += 1,
            Verdict::Error { .. } => self.errors += 1,
            verdict => {
                let (mut passed, mut failed) = (0, 0);
                each_case(&outcome.cases, 0, &mut |_, _, case| {
                    if case.cases.is_empty() {
                        *if case.has_failed { &mut failed } else { &mut passed } += 1;
                    }
                });
                if outcome.cases.is_empty() {
                    *if *verdict == Verdict::Pass { &mut passed } else { &mut failed } += 1;
                }
                self.passed += passed;
                self.failed += failed;
            }
        }
    }

    fn lines(&mut self, outcome: &Outcome, out: &mut String) {
        if let Some(place) = &outcome.test.location {
            if !self.last_file.is_empty() && self.last_file != place.file {
                out.push('\n');
            }
            line(out, format_args!("{}:{}:", place.file, place.row));
            self.last_file.clone_from(&place.file);
        }
        self.has_lines = true;
        line(out, format_args!("{}", headline(outcome)));
        each_case(&outcome.cases, 0, &mut |depth, _, case| {
            if case.has_failed || self.is_verbose {
                let (name, word) = (&case.name, if case.has_failed { "FAIL" } else { "PASS" });
                line(out, format_args!("  {:indent$}{name}: {word}", "", indent = 2 * depth));
            }
        });
        if !outcome.output.is_empty() {
            let printed = outcome.output.trim().replace('\n', "\n  ");
            line(out, format_args!("\n  {printed}\n"));
        }
        if let Verdict::Error { problems, is_evaluation } = &outcome.verdict {
            let text = if *is_evaluation { report::sentences(problems) } else { report::text(problems) };
            line(out, format_args!("  {}", text.trim_end()));
        }
    }

    /// The end of the report: failures again, if it is verbose, and how many tests ended how.
    pub fn finish(self) -> String {
        let mut out = String::new();
        if !self.failures.is_empty() {
            line(&mut out, format_args!("{RULE}\nFAILURES\n{RULE}"));
            self.failures.iter().for_each(|failure| self::failure(failure, &mut out));
        }
        if self.has_lines {
            line(&mut out, format_args!("{RULE}"));
        }
        let total = self.passed + self.failed + self.skipped + self.errors;
        for (name, count) in
            [("PASS", self.passed), ("FAIL", self.failed), ("SKIPPED", self.skipped), ("ERROR", self.errors)]
        {
            if count > 0 {
                line(&mut out, format_args!("{name}: {count}/{total}"));
            }
        }
        out
    }
}

/// A failure with the full names of the cases that failed.
fn failure(outcome: &Outcome, out: &mut String) {
    line(out, format_args!("{}\n", headline(outcome)));
    if !outcome.cases.is_empty() {
        out.push('\n');
    }
    let mut names: Vec<String> = Vec::new();
    each_case(&outcome.cases, 0, &mut |depth, name, case| {
        names.truncate(depth);
        names.push(name.to_owned());
        if case.has_failed && case.cases.is_empty() {
            for (depth, name) in names.iter().enumerate() {
                line(out, format_args!("  {:indent$}{name}: FAIL", "", indent = 2 * depth));
            }
        }
    });
    out.push('\n');
}

const RULE: &str = "--------------------------------------------------------------------------------";

/// `data.a.test_x: PASS (1ms)`.
fn headline(outcome: &Outcome) -> String {
    let word = match outcome.verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Skip => "SKIPPED",
        Verdict::Error { .. } => "ERROR",
    };
    let duration = match outcome.verdict {
        Verdict::Skip => String::new(),
        _ => format!(" ({})", duration::text(outcome.duration)),
    };
    format!("{}.{}: {word}{duration}", outcome.test.package, outcome.test.name)
}

/// Cases in order, each before those in it, with how deep they are.
fn each_case<'c>(cases: &'c Cases, depth: usize, show: &mut impl FnMut(usize, &'c str, &'c Case)) {
    for (name, case) in cases {
        show(depth, name, case);
        each_case(&case.cases, depth + 1, show);
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

/// The report as a JSON array.
#[derive(Default)]
pub struct Json {
    entries: Vec<String>,
}

impl Json {
    /// Adds a test.
    pub fn add(&mut self, outcome: &Outcome) {
        let test = &outcome.test;
        let mut fields = Vec::new();
        let place = test
            .location
            .as_ref()
            .map(|place| format!("{{\"file\":{},\"row\":{},\"col\":{}}}", quoted(&place.file), place.row, place.col));
        fields.push(("location", place.unwrap_or_else(|| "null".to_owned())));
        fields.push(("package", quoted(&test.package)));
        fields.push(("name", quoted(&test.name)));
        match &outcome.verdict {
            Verdict::Pass => {}
            Verdict::Fail => fields.push(("fail", "true".to_owned())),
            Verdict::Skip => fields.push(("skip", "true".to_owned())),
            Verdict::Error { problems, is_evaluation } => fields.push(("error", error(problems, *is_evaluation))),
        }
        fields.push(("duration", outcome.duration.as_nanos().to_string()));
        if !outcome.output.is_empty() {
            fields.push(("output", quoted(&BASE64.encode(outcome.output.as_bytes()))));
        }
        if !outcome.cases.is_empty() {
            fields.push(("sub_results", cases(&outcome.cases)));
        }
        self.entries.push(object(&fields));
    }

    /// The report.
    pub fn finish(self) -> String {
        pretty(&format!("[{}]", self.entries.join(",")))
    }
}

/// An evaluation has one error; what cannot be prepared has a list.
fn error(problems: &[Problem], is_evaluation: bool) -> String {
    let errors: Vec<String> = problems.iter().map(report::error_json).collect();
    match errors.as_slice() {
        [only] if is_evaluation => only.clone(),
        several => format!("[{}]", several.join(",")),
    }
}

fn cases(cases: &Cases) -> String {
    let entries = cases.iter().map(|(name, case)| {
        let mut fields = Vec::new();
        if !case.name.is_empty() {
            fields.push(("name", quoted(&case.name)));
        }
        if case.has_failed {
            fields.push(("fail", "true".to_owned()));
        }
        if !case.cases.is_empty() {
            fields.push(("sub_results", self::cases(&case.cases)));
        }
        format!("{}:{}", quoted(name), object(&fields))
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}
