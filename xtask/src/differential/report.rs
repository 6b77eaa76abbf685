//! What a run found: counts, and disagreements as case files.

use super::compare::Difference;
use super::said::{Outcome, Problem, Said};
use solon_generate::Case;
use std::collections::BTreeMap;
use std::fmt;

/// Counts of a run.
#[derive(Default)]
pub struct Report {
    programs: usize,
    /// What OPA said of programs and queries.
    said: BTreeMap<String, usize>,
    /// Disagreements by their signature: how many, and the first seed.
    found: BTreeMap<String, (usize, u64)>,
    /// The seeds of disagreements with a known reason, by it.
    known: BTreeMap<&'static str, Vec<u64>>,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    /// Counts an answer of OPA.
    pub fn count(&mut self, theirs: &Said) {
        self.programs += 1;
        let mut add = |what: &str| *self.said.entry(what.to_owned()).or_default() += 1;
        if let Some(error) = theirs.errors.first() {
            return add(&format!("program: {}", error.code));
        }
        add("program: compiles");
        for outcome in &theirs.outcomes {
            match (outcome.errors.first(), outcome.rows.len()) {
                (Some(error), _) => add(&format!("query: {}", error.code)),
                (None, 0) => add("query: undefined"),
                (None, _) => add("query: defined"),
            }
        }
    }

    /// Adds a disagreement; gives how many like it there are.
    pub fn add(&mut self, seed: u64, difference: &Difference) -> usize {
        let (count, _) = self.found.entry(difference.signature.clone()).or_insert((0, seed));
        *count += 1;
        *count
    }

    /// Counts a disagreement with a known reason.
    pub fn add_known(&mut self, seed: u64, reason: &'static str) {
        self.known.entry(reason).or_default().push(seed);
    }

    /// How many disagreements there are.
    pub fn differences(&self) -> usize {
        self.found.values().map(|(count, _)| count).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} programs in {:.0} s", self.programs, self.seconds)?;
        for (what, count) in &self.said {
            writeln!(out, "{count:>9}  {what}")?;
        }
        for (reason, seeds) in &self.known {
            let first: Vec<String> = seeds.iter().take(3).map(u64::to_string).collect();
            writeln!(out, "{:>9}  known: {reason} (seeds {})", seeds.len(), first.join(", "))?;
        }
        for (signature, (count, seed)) in &self.found {
            writeln!(out, "DIFFER {count:>5}  {signature} (seed {seed})")?;
        }
        Ok(())
    }
}

/// A program with some of its queries in the form of `tests/cases`: OPA's answers are the expected ones.
pub fn case_file(case: &Case, queries: &[String], ours: &Said, theirs: &Said) -> String {
    let mut text = String::new();
    let mut sections = String::new();
    let mut section = |name: &str, body: &str| sections.push_str(&format!("## {name}\n{}\n\n", body.trim_end()));
    for (_, module) in &case.modules {
        section(if case.is_v0 { "module v0" } else { "module" }, module);
    }
    section("data", &case.data);
    if let Some(input) = &case.input {
        section("input", input);
    }
    if case.is_strict {
        section("strict", "");
    }
    for (at, query) in case.queries.iter().enumerate().filter(|(_, query)| queries.contains(query)) {
        section("query", query);
        let (heading, body) = answer(theirs, at);
        section(heading, &body);
        text.push_str(&format!("Solon: {}\n", answer(ours, at).1.trim_end().replace('\n', "\n       ")));
    }
    text + &sections
}

/// What was said of a query, as a section's name and text.
fn answer(said: &Said, at: usize) -> (&'static str, String) {
    if !said.errors.is_empty() {
        return ("error", problems(&said.errors));
    }
    let nothing = Outcome::default();
    let outcome = said.outcomes.get(at).unwrap_or(&nothing);
    if !outcome.errors.is_empty() {
        return ("error", problems(&outcome.errors));
    }
    let lines = outcome.rows.iter().map(|row| {
        let values: Vec<String> = row.values.iter().map(|value| value.to_string()).collect();
        let mut bindings: Vec<_> = row.bindings.iter().collect();
        bindings.sort_by_key(|(name, _)| name.as_str());
        let bindings: serde_json::Map<_, _> =
            bindings.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let bindings =
            if bindings.is_empty() { String::new() } else { format!(" {}", serde_json::Value::Object(bindings)) };
        format!("{}{bindings}\n", values.join(" "))
    });
    let text: String = lines.collect();
    ("answer", if text.is_empty() { "undefined\n".to_owned() } else { text })
}

fn problems(errors: &[Problem]) -> String {
    let lines = errors.iter().map(|error| {
        let place = match (error.file.as_str(), error.row) {
            (_, 0) => String::new(),
            ("", row) => format!("{row}:{}: ", error.col),
            (file, row) => format!("{file}:{row}: "),
        };
        format!("{place}{}: {}\n", error.code, error.message)
    });
    let head = if errors.len() > 1 { format!("{} errors occurred:\n", errors.len()) } else { String::new() };
    head + &lines.collect::<String>()
}
