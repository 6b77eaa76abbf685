//! Reasons that are shown by asking again, in another way.

use super::compare::{Difference, compare};
use super::peer::Peer;
use super::said::{Outcome, Problem, Said, Way};
use super::written::documents;
use super::{both, known};
use anyhow::Result;
use serde_json::Value;
use solon_generate::Case;
use solon_syntax::{ParseOptions, parse_query};

const BASE: &str =
    "elements of arrays in base data, which OPA finds by texts, and not where `with` puts the data in place";
const INDEX: &str = "errors in what the index or an early exit of one side spares; without these both say the same";
const BUILTINS: &str = "errors of builtins that one side does not come to; without strict mode both say the same";
const CONFLICTS: &str = "conflicts that one side does not come to; both do where another document is asked for";
const EARLY: &str = "types of variables that OPA looks at before what binds them, as it forgets that they are unsafe";

/// Why a disagreement that is not known may yet be no mistake of ours.
pub fn reason(case: &Case, difference: &Difference, peer: &mut Peer) -> Result<Option<&'static str>> {
    match difference.known {
        Some(known::ORDER) => match of_order(case, difference, peer)? {
            None => of_base_data(case, difference, peer),
            shown => Ok(shown),
        },
        Some(known::EARLY) => of_early(case, peer),
        Some(known::DROPPED) => of_dropped(case, difference, peer),
        None => of_base_data(case, difference, peer),
        known => Ok(known),
    }
}

/// Whether OPA's answer is ours where a modifier puts base data in place, which is the same data.
fn of_base_data(case: &Case, difference: &Difference, peer: &mut Peer) -> Result<Option<&'static str>> {
    let Some(query) = &difference.query else { return Ok(None) };
    let data: serde_json::Map<String, Value> = serde_json::from_str(&case.data)?;
    let Some(base) = data.get("d") else { return Ok(None) };
    let asked = Case { queries: vec![query.clone()], ..case.clone() };
    let (ours, _) = both(&asked, peer, Way::Usual)?;
    let replaced = Case { queries: vec![modified(query, &format!(" with data.d as {base}"))], ..case.clone() };
    let (_, theirs) = both(&replaced, peer, Way::Usual)?;
    Ok(compare(&asked, &ours, &theirs, false).is_empty().then_some(BASE))
}

/// A query with a modifier after each of its expressions.
fn modified(query: &str, modifier: &str) -> String {
    let mut text = query.to_owned();
    for expr in parse_query(query, ParseOptions::default()).tree.iter().rev() {
        text.insert_str(expr.span.end as usize, modifier);
    }
    text
}

/// Whether OPA agrees where variables of equalities with type errors are bound before these.
fn of_early(case: &Case, peer: &mut Peer) -> Result<Option<&'static str>> {
    let (_, theirs) = both(case, peer, Way::Usual)?;
    let mut bound = case.clone();
    for (name, text) in &mut bound.modules {
        let is_wrong = |row: usize| theirs.errors.iter().any(|error| error.file == *name && error.row as usize == row);
        let lines = text.lines().enumerate();
        let lines = lines.map(|(row, line)| if is_wrong(row + 1) { with_bound(line) } else { line.to_owned() });
        *text = lines.collect::<Vec<_>>().join("\n");
    }
    let (ours, theirs) = both(&bound, peer, Way::Usual)?;
    Ok((bound.modules != case.modules && compare(&bound, &ours, &theirs, false).is_empty()).then_some(EARLY))
}

/// Whether both agree where what OPA makes of annotations below `not` is written in their place.
fn of_dropped(case: &Case, difference: &Difference, peer: &mut Peer) -> Result<Option<&'static str>> {
    let mut dropped = Case { queries: difference.query.iter().cloned().collect(), ..case.clone() };
    for (_, text) in &mut dropped.modules {
        for call in ["not rego.metadata.rule()", "not rego.metadata.chain()"] {
            *text = text.replace(call, "true");
        }
    }
    Ok(agrees(&dropped, Way::Usual, peer)?.then_some(known::DROPPED))
}

/// A line that is an equality, after literals that bind the variables of its pattern.
fn with_bound(line: &str) -> String {
    let sides = line.split_once(" := ").or_else(|| line.split_once(" = "));
    let Some((left, right)) = sides.filter(|(left, _)| left.starts_with('\t')) else { return line.to_owned() };
    let words = left.split(|letter: char| !letter.is_alphanumeric());
    let is_name = |word: &&str| {
        word.strip_prefix('v').is_some_and(|number| !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()))
    };
    let bound: String = words.filter(is_name).map(|name| format!("{name} = input.bound_{name}; ")).collect();
    format!("{bound}{left} = {right}")
}

/// Why only one side has an error, if that can be shown.
fn of_order(case: &Case, difference: &Difference, peer: &mut Peer) -> Result<Option<&'static str>> {
    let case = Case { queries: difference.query.iter().cloned().collect(), ..case.clone() };
    if agrees(&case, Way::Plain, peer)? {
        return Ok(Some(INDEX));
    }
    let lenient = Case { is_strict: false, ..case.clone() };
    if case.is_strict && agrees(&lenient, Way::Usual, peer)? {
        return Ok(Some(BUILTINS));
    }
    let (ours, theirs) = both(&case, peer, Way::Usual)?;
    let found: Vec<Problem> = conflicts(&ours).chain(conflicts(&theirs)).cloned().collect();
    let documents = Case { queries: documents(&case), ..case };
    let (ours, theirs) = both(&documents, peer, Way::Usual)?;
    let is_of_both = |conflict: &Problem| {
        let is_it = |other: &Problem| (&other.file, other.row) == (&conflict.file, conflict.row);
        let has = |said: &Said| conflicts(said).any(is_it);
        // Which of several conflicts of a document is found first is not laid down.
        let mut pairs = ours.outcomes.iter().zip(&theirs.outcomes);
        has(&ours) && has(&theirs)
            || pairs.any(|(ours, theirs)| {
                let (mut own, mut other) = (conflicts_of(ours).peekable(), conflicts_of(theirs).peekable());
                own.peek().is_some() && other.peek().is_some() && own.chain(other).any(is_it)
            })
    };
    Ok((!found.is_empty() && found.iter().all(is_of_both)).then_some(CONFLICTS))
}

/// Whether both say the same, or differ for another reason that is known.
fn agrees(case: &Case, way: Way, peer: &mut Peer) -> Result<bool> {
    let (ours, theirs) = both(case, peer, way)?;
    let is_explained = |other: &Difference| other.known.is_some_and(|reason| reason != known::ORDER);
    Ok(compare(case, &ours, &theirs, false).iter().all(is_explained))
}

fn conflicts(said: &Said) -> impl Iterator<Item = &Problem> {
    said.outcomes.iter().flat_map(conflicts_of)
}

fn conflicts_of(outcome: &Outcome) -> impl Iterator<Item = &Problem> {
    outcome.errors.iter().filter(|error| error.code == "eval_conflict_error")
}
