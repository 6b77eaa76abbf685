//! Disagreements whose reasons `docs/differences.md` has.

use super::compare::sorted;
use super::said::{Outcome, Problem, Row};
use super::written::{captured, has_open_sets, merges, variables_of_every};
use serde_json::Value as Json;
use solon_generate::Case;

/// Errors of evaluation that one side does not come to: whether order is the reason has to be shown.
pub const ORDER: &str = "order";

/// Something else where there are annotations below `not`: that it is for these has to be shown.
pub const DROPPED: &str = "annotations below `not`, which OPA drops";

/// Types that are wrong in OPA only, beside a comprehension: whether it has not seen yet what binds the variables has to
/// be shown.
pub const EARLY: &str = "early";

const NESTED_MODIFIERS: &str = "modifiers in nested bodies of queries";
const MERGED_TYPES: &str = "types that OPA changes while it merges those of rules";
const OTHER_KEYS: &str = "rules that need other keys of their object, which are no strings";
const TEMPLATE_KEYS: &str = "names in template strings that are keys";
const PRINTED_TEMPLATES: &str = "variables in template strings that OPA finds where something is printed";
const LONE_TRUE: &str = "a lone `true` with modifiers that OPA drops";
const REPLACED: &str = "functions that documents stand in for, called as expressions of their own";
const DEPTH: &str = "limits of nesting";
const FORGOTTEN: &str = "unsafe variables that OPA forgets where the expression has a nested body";

/// Why the compilers differ.
pub fn of_errors(case: &Case, ours: &[Problem], theirs: &[Problem]) -> Option<&'static str> {
    if is_too_deep(ours) {
        return Some(DEPTH);
    }
    let line = |error: &Problem| -> Option<&str> {
        let (_, text) = case.modules.iter().find(|(name, _)| *name == error.file)?;
        text.lines().nth(error.row.checked_sub(1)? as usize)
    };
    let is_key = |error: &Problem| {
        let is_name = error.message.ends_with("is undeclared") || error.code == "rego_unsafe_var_error";
        is_name && line(error).is_some_and(|line| line.contains("[$"))
    };
    if !ours.is_empty() && ours.iter().all(is_key) {
        return Some(TEMPLATE_KEYS);
    }
    // Variables in template strings that OPA forgets, unless something is printed before them.
    let prints =
        |error: &Problem| case.modules.iter().any(|(name, text)| *name == error.file && text.contains("print("));
    let is_in_template = |error: &Problem| {
        error.message.ends_with("is undeclared")
            && prints(error)
            && line(error).is_some_and(|line| line.contains("$\"") || line.contains("$`"))
    };
    let is_undeclared = |error: &Problem| error.message.ends_with("is undeclared");
    if !theirs.iter().any(is_undeclared) && !ours.is_empty() && ours.iter().all(is_in_template) {
        return Some(PRINTED_TEMPLATES);
    }
    let has = |error: &Problem, text: &str| line(error).is_some_and(|line| line.contains(text));
    if !theirs.is_empty()
        && theirs.iter().all(|error| error.message == "expression is unsafe" && has(error, "rego.metadata."))
    {
        return Some("annotations that are asked for below `not`, or inside of `and` and `or`");
    }
    let is_comprehension = |error: &Problem| error.message.ends_with(": non-terminated set") && has(error, "| {");
    if theirs.first().is_some_and(is_comprehension) {
        return Some("comprehensions whose bodies begin with braces, where OPA looks for an operand of `and` or `or`");
    }
    // Errors of ours may come before those that OPA goes on to.
    if !ours.is_empty() && ours.iter().all(|error| has(error, "true with ")) {
        return Some(LONE_TRUE);
    }
    let is_twice = |error: &Problem| {
        let (_, text) = case.modules.iter().find(|(name, _)| *name == error.file)?;
        let line = line(error)?.trim();
        let is_repeated = text.lines().filter(|other| other.trim() == line).count() > 1 || has_twins(line);
        Some(error.code == "rego_unsafe_var_error" && is_repeated)
    };
    if !theirs.is_empty() && theirs.iter().all(|error| is_twice(error) == Some(true)) {
        return Some("literals that are written twice ahead of what binds them");
    }
    // Names of functions that stand in the key of `some .. in`, which OPA does not look up.
    let is_key_of_some = |error: &Problem| {
        let name = error.message.strip_prefix("undefined function ").filter(|name| !name.contains('.'));
        name.is_some_and(|name| has(error, "some ") && has(error, &format!("{name}(")))
    };
    if !theirs.is_empty() && theirs.iter().all(is_key_of_some) {
        return Some("calls that are keys of `some .. in`");
    }
    let is_every = |error: &Problem| error.code == "rego_unsafe_var_error" && has(error, "every ");
    if !theirs.is_empty() && theirs.iter().all(is_every) && !ours.iter().any(is_every) {
        return Some("`every` that OPA takes for unsafe");
    }
    if !ours.is_empty() && ours.iter().all(is_every) && !theirs.iter().any(is_every) {
        return Some("names that OPA looks up twice in the body of `every`");
    }
    let captured = captured(case);
    let is_captured = |error: &Problem| {
        let name = error.message.strip_prefix("var ").and_then(|rest| rest.split(' ').next());
        name.is_some_and(|name| captured.contains(name))
    };
    if ours.iter().chain(theirs).any(is_captured) {
        return Some("names that OPA looks up twice in the body of `every`");
    }
    if theirs.is_empty() && has_merged_types(case, ours) {
        return Some(MERGED_TYPES);
    }
    if theirs.is_empty() && is_recursion_of_keys(case, ours) {
        return Some(OTHER_KEYS);
    }
    // `some v in p in q`: what is before the last `in` is a call that is a key or a pattern.
    let is_call_of_some = |error: &Problem| {
        error.code == "rego_compile_error"
            && error.message.ends_with("assigned before")
            && line(error)
                .is_some_and(|line| line.split_once("some ").is_some_and(|(_, rest)| rest.matches(" in ").count() > 1))
    };
    if !theirs.is_empty() && theirs.iter().all(is_call_of_some) {
        return Some("calls that are patterns of `some .. in`");
    }
    if is_forgotten(ours, theirs, line) {
        return Some(FORGOTTEN);
    }
    let is_early = |error: &Problem| error.code == "rego_type_error" && has(error, " | ");
    if !theirs.is_empty() && theirs.iter().all(|error| is_early(error) || ours.contains(error)) {
        return Some(EARLY);
    }
    None
}

/// Whether two literals of a body that stands in one line are the same.
fn has_twins(line: &str) -> bool {
    let mut literals: Vec<&str> =
        line.split(['{', '}', '|', ';']).map(str::trim).filter(|text| !text.is_empty()).collect();
    literals.sort_unstable();
    literals.windows(2).any(|pair| pair.first() == pair.last())
}

/// Whether rules of an object that have no strings as keys need each other.
fn is_recursion_of_keys(case: &Case, ours: &[Problem]) -> bool {
    let is_recursive = |error: &Problem| error.code == "rego_recursion_error" && error.message.ends_with(" recursive");
    ours.iter().all(is_recursive) && case.modules.iter().any(|(_, text)| has_number_key(text))
}

/// Whether a rule has a number as a key: `p[1] := 2`.
fn has_number_key(module: &str) -> bool {
    let is_key = |line: &str| {
        let head = line.split(" if ").next().unwrap_or_default();
        line.starts_with('p')
            && head.split('[').skip(1).any(|key| key.starts_with(|letter: char| letter.is_ascii_digit()))
    };
    module.lines().any(is_key)
}

/// Why the answers to a query differ.
pub fn of_outcomes(case: &Case, query: &str, ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    let replaces = case.modules.iter().any(|(_, text)| replaces_function(text, &case.modules));
    let is_evaluated = |outcome: &Outcome| outcome.errors.iter().all(|error| error.code.starts_with("eval_"));
    if is_evaluated(ours)
        && is_evaluated(theirs)
        && case.modules.iter().any(|(_, text)| text.contains("not rego.metadata."))
    {
        return Some(DROPPED);
    }
    if !ours.errors.is_empty() || !theirs.errors.is_empty() {
        let is_evaluation =
            |errors: &[Problem]| !errors.is_empty() && errors.iter().all(|error| error.code.starts_with("eval_"));
        let is_order = (ours.errors.is_empty() && is_evaluation(&theirs.errors))
            || (theirs.errors.is_empty() && is_evaluation(&ours.errors));
        if !ours.errors.is_empty() && is_recursion_of_keys(case, &ours.errors) {
            return Some(OTHER_KEYS);
        }
        let is_compiled = theirs.errors.iter().all(|error| error.code.starts_with("eval_"));
        if is_compiled && has_merged_types(case, &ours.errors) {
            return Some(MERGED_TYPES);
        }
        if ours.errors.iter().all(|error| error.message.ends_with("is undeclared")) && query.contains("[$") {
            return Some(TEMPLATE_KEYS);
        }
        return if is_order && replaces {
            Some(REPLACED)
        } else if is_order && has_nested_modifiers(query) {
            Some(NESTED_MODIFIERS)
        } else if is_order {
            Some(ORDER)
        } else if is_too_deep(&ours.errors) {
            Some(DEPTH)
        } else {
            is_forgotten(&ours.errors, &theirs.errors, |_| Some(query)).then_some(FORGOTTEN)
        };
    }
    if case.modules.iter().any(|(_, text)| text.contains(" if true with ")) {
        return Some(LONE_TRUE);
    }
    if replaces {
        return Some(REPLACED);
    }
    // A key that is written otherwise than that of the rule.
    if theirs_finds_less(case, ours, theirs) {
        return Some("rules with the key 1 that are asked for with 1.0");
    }
    if has_nested_modifiers(query) {
        return Some(NESTED_MODIFIERS);
    }
    if has_bindings_of_every(query, ours, theirs) {
        return Some("variables of an `every` inside of another one, among the bindings of a query");
    }
    let in_order = |rows: &[Row]| sorted(&rows.iter().map(with_sorted_values).collect::<Vec<_>>());
    if query.contains("; ") && in_order(&ours.rows) == in_order(&theirs.rows) {
        return Some("expressions of queries that OPA puts in another order");
    }
    let (ours_rows, theirs_rows) = (plain(&ours.rows), plain(&theirs.rows));
    let (mut ours, mut theirs) = (sorted(&ours_rows), sorted(&theirs_rows));
    if ours == theirs {
        return Some("which of two equal numbers is kept, or text that is not UTF-8");
    }
    if has_open_sets(case, query) && in_any_order(&ours_rows) == in_any_order(&theirs_rows) {
        return Some("the order of members of a set, or keys of an object, that are not all constants");
    }
    ours.dedup();
    theirs.dedup();
    (ours == theirs).then_some("members of a set that are written twice")
}

/// Whether a rule stands in for a function: `with data.t.f as p`, or `with f as p`, where `f` has arguments and `p` has none.
fn replaces_function(module: &str, modules: &[(String, String)]) -> bool {
    let begins = |start: &str| modules.iter().any(|(_, text)| text.lines().any(|line| line.starts_with(start)));
    module.split(" with ").skip(1).any(|rest| {
        let mut words = rest.split([' ', ';', '}', ']', ')', ',', '\n']);
        let function = words.next().and_then(|target| target.rsplit('.').next()).unwrap_or_default();
        let value = words.nth(1).and_then(|value| value.rsplit('.').next()).unwrap_or_default();
        begins(&format!("{function}(")) && begins(value) && !begins(&format!("{value}("))
    })
}

/// Whether a rule's key is `1`, and it is asked for with `1.0`: to OPA these are two keys.
fn theirs_finds_less(case: &Case, ours: &Outcome, theirs: &Outcome) -> bool {
    let has = |text: &str| case.modules.iter().any(|(_, module)| module.contains(text));
    has("[1.0]") && has("[1]") && ours.rows != theirs.rows
}

fn has_nested_modifiers(query: &str) -> bool {
    query.contains(" with ") && (query.contains(" | ") || query.contains("every "))
}

/// Whether OPA has more bindings than there are here, which are of variables of an `every` inside of another one.
fn has_bindings_of_every(query: &str, ours: &Outcome, theirs: &Outcome) -> bool {
    let declared = variables_of_every(query);
    let is_more = |(ours, theirs): (&Row, &Row)| {
        let (own, more): (Vec<_>, Vec<_>) =
            theirs.bindings.clone().into_iter().partition(|(name, _)| ours.bindings.contains_key(name));
        let theirs = Row { bindings: own.into_iter().collect(), ..theirs.clone() };
        sorted(std::slice::from_ref(ours)) == sorted(&[theirs]) && more.iter().all(|(name, _)| declared.contains(name))
    };
    query.matches("every ").count() > 1
        && ours.rows.len() == theirs.rows.len()
        && ours.rows.iter().zip(&theirs.rows).all(is_more)
}

/// Whether types are wrong here only, where rules are merged that have the values of others.
fn has_merged_types(case: &Case, ours: &[Problem]) -> bool {
    !ours.is_empty() && ours.iter().all(|error| error.code == "rego_type_error") && merges(case)
}

fn is_too_deep(ours: &[Problem]) -> bool {
    ours.iter().any(|error| error.code == "rego_parse_error" && error.message.starts_with("nesting"))
}

/// Whether a variable is unsafe here, and not in OPA, in an expression with a comprehension.
fn is_forgotten<'l>(ours: &[Problem], theirs: &[Problem], line: impl Fn(&Problem) -> Option<&'l str>) -> bool {
    let is_unsafe = |error: &Problem| error.code == "rego_unsafe_var_error";
    let has_body = |error: &Problem| line(error).is_some_and(|line| line.contains(" | "));
    ours.iter().all(is_unsafe) && ours.iter().any(has_body) && !theirs.iter().any(is_unsafe)
}

/// Rows as texts, with the items of arrays in an order of their own.
fn in_any_order(rows: &[Row]) -> Vec<String> {
    fn value(json: &Json) -> Json {
        match json {
            Json::Array(items) => {
                let mut items: Vec<Json> = items.iter().map(value).collect();
                items.sort_by_cached_key(Json::to_string);
                Json::Array(items)
            }
            Json::Object(entries) => {
                Json::Object(entries.iter().map(|(key, item)| (key.clone(), value(item))).collect())
            }
            json => json.clone(),
        }
    }
    let row = |row: &Row| Row {
        values: row.values.iter().map(value).collect(),
        bindings: row.bindings.iter().map(|(name, item)| (name.clone(), value(item))).collect(),
    };
    sorted(&rows.iter().map(row).collect::<Vec<_>>())
}

/// A row whose values are in an order of their own.
fn with_sorted_values(row: &Row) -> Row {
    let mut row = row.clone();
    row.values.sort_by_cached_key(Json::to_string);
    row
}

/// A text that a template has written numbers into, these without zeros at the end: `1.0` is `1`.
fn with_plain_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let length = from.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(from.len());
        let (number, after) = from.split_at(length);
        plain.push_str(before);
        plain.push_str(match number.split_once('.') {
            Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|zero| zero == b'0') => whole,
            _ => number,
        });
        rest = after;
    }
    plain + rest
}

/// Rows with numbers as they are compared: `-0` is `0`, `1.0` is `1`; U+FFFD is itself where OPA escapes it, as it stands
/// for bytes that are no text. So are both in keys and texts that are JSON themselves.
fn plain(rows: &[Row]) -> Vec<Row> {
    fn text(text: &str) -> String {
        match serde_json::from_str::<Json>(text) {
            Ok(json) => value(&json).to_string(),
            Err(_) => with_plain_numbers(&text.replace("\\ufffd", "\u{fffd}")),
        }
    }
    fn value(json: &Json) -> Json {
        match json {
            Json::Number(number) => match number.as_f64() {
                Some(0.0) => Json::from(0.0),
                Some(number) if number.abs() < 9e15 => Json::from(number),
                _ => json.clone(),
            },
            Json::String(string) => Json::from(text(string)),
            Json::Array(items) => items.iter().map(value).collect(),
            Json::Object(entries) => Json::Object(entries.iter().map(|(key, item)| (text(key), value(item))).collect()),
            Json::Null | Json::Bool(_) => json.clone(),
        }
    }
    let row = |row: &Row| Row {
        values: row.values.iter().map(value).collect(),
        bindings: row.bindings.iter().map(|(name, item)| (name.clone(), value(item))).collect(),
    };
    rows.iter().map(row).collect()
}
