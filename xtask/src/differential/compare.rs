//! Whether two engines said the same.

use super::known;
use super::said::{Outcome, Problem, Row, Said};
use solon_generate::Case;

/// A disagreement.
pub struct Difference {
    /// The query, if the modules compile.
    pub query: Option<String>,
    /// What kind of disagreement it is; equal ones have much in common.
    pub signature: String,
    /// The reason, if `docs/differences.md` has it: it is counted, and no failure.
    pub known: Option<&'static str>,
}

/// Codes about which nothing is compared: an engine gave up, or has a mistake of its own.
const WITHOUT_OPINION: &[&str] = &["timeout", "eval_limit_error", "eval_internal_error", "opa_panic"];

/// Every disagreement. Errors are compared by their codes; if it has to be exact, by their places and messages, too.
pub fn compare(case: &Case, ours: &Said, theirs: &Said, is_exact: bool) -> Vec<Difference> {
    if has_no_opinion(&ours.errors) || has_no_opinion(&theirs.errors) {
        return Vec::new();
    }
    if !ours.errors.is_empty() || !theirs.errors.is_empty() {
        let found = errors(&ours.errors, &theirs.errors, is_exact);
        let known = known::of_errors(case, &ours.errors, &theirs.errors);
        return found.map(|signature| Difference { query: None, signature, known }).into_iter().collect();
    }
    let outcomes = ours.outcomes.iter().zip(&theirs.outcomes).zip(&case.queries);
    let found = outcomes.filter_map(|((ours, theirs), query)| {
        outcome(ours, theirs, is_exact).map(|signature| Difference {
            query: Some(query.clone()),
            signature,
            known: known::of_outcomes(case, query, ours, theirs),
        })
    });
    found.collect()
}

fn has_no_opinion(errors: &[Problem]) -> bool {
    errors.iter().any(|error| {
        // OPA says this, without a place, of references that it rewrote wrongly.
        let is_lost = error.row == 0 && error.message == "expression is unsafe";
        is_lost || WITHOUT_OPINION.contains(&error.code.as_str())
    })
}

fn outcome(ours: &Outcome, theirs: &Outcome, is_exact: bool) -> Option<String> {
    if has_no_opinion(&ours.errors) || has_no_opinion(&theirs.errors) {
        return None;
    }
    if !ours.errors.is_empty() || !theirs.errors.is_empty() {
        return errors(&ours.errors, &theirs.errors, is_exact);
    }
    if ours.rows == theirs.rows {
        return None;
    }
    // The order of rows is not laid down.
    if sorted(&ours.rows) == sorted(&theirs.rows) {
        return None;
    }
    Some(match (ours.rows.len(), theirs.rows.len()) {
        (0, _) => "undefined here, defined in OPA".to_owned(),
        (_, 0) => "defined here, undefined in OPA".to_owned(),
        (ours, theirs) if ours != theirs => "other rows".to_owned(),
        _ => "other values".to_owned(),
    })
}

/// Rows as texts, in order.
pub(super) fn sorted(rows: &[Row]) -> Vec<String> {
    let text = |row: &Row| {
        let mut bindings: Vec<String> = row.bindings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        bindings.sort();
        format!("{:?} {bindings:?}", row.values)
    };
    let mut rows: Vec<String> = rows.iter().map(text).collect();
    rows.sort();
    rows
}

/// Errors without what OPA says otherwise from run to run, by which way a rule leads back to itself, and without the
/// numbers of variables that compilers made.
fn said(errors: &[Problem]) -> Vec<Problem> {
    let short = |message: &str| {
        let message = message.split_once(" recursive: ").map_or(message, |(rule, _)| rule);
        let mut parts = message.split("__local");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + "__local" + part.trim_start_matches(|digit: char| digit.is_ascii_digit()))
    };
    errors.iter().map(|error| Problem { message: short(&error.message), ..error.clone() }).collect()
}

/// How two lists of errors differ, one of which is not empty.
fn errors(ours: &[Problem], theirs: &[Problem], is_exact: bool) -> Option<String> {
    let codes = |errors: &[Problem]| {
        let mut codes: Vec<&str> = errors.iter().map(|error| error.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() { "no error".to_owned() } else { codes.join("+") }
    };
    let (our_codes, their_codes) = (codes(ours), codes(theirs));
    // Which of several errors is found first is not laid down.
    if our_codes.starts_with("eval_") && their_codes.starts_with("eval_") {
        return None;
    }
    if our_codes != their_codes {
        let message = |errors: &[Problem]| errors.first().map_or(String::new(), |error| words(&error.message));
        return Some(format!("{our_codes} ({}) here, {their_codes} ({}) in OPA", message(ours), message(theirs)));
    }
    if !is_exact {
        return None;
    }
    // OPA stops at the first error of syntax.
    let ours = if our_codes == "rego_parse_error" { ours.get(..theirs.len()).unwrap_or(ours) } else { ours };
    let (mut our_list, mut their_list) = (said(ours), said(theirs));
    our_list.sort();
    their_list.sort();
    if our_list == their_list {
        return None;
    }
    let without_column = |errors: &[Problem]| -> Vec<Problem> {
        errors.iter().map(|error| Problem { col: 0, ..error.clone() }).collect()
    };
    let message = |errors: &[Problem]| -> Vec<(String, String)> {
        let mut messages: Vec<_> = errors.iter().map(|error| (error.code.clone(), error.message.clone())).collect();
        messages.sort();
        messages
    };
    let (ours, theirs) = (our_list.as_slice(), their_list.as_slice());
    let what = if without_column(&our_list) == without_column(&their_list) {
        "column"
    } else if message(ours) == message(theirs) {
        "place"
    } else if ours.len() != theirs.len() {
        "number of errors"
    } else {
        "message"
    };
    Some(format!("{our_codes}: other {what} ({})", theirs.first().map_or(String::new(), |error| words(&error.message))))
}

/// The words of a message that are not names or numbers, roughly.
fn words(message: &str) -> String {
    let plain = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    message.split(' ').filter(plain).take(5).collect::<Vec<_>>().join(" ")
}
