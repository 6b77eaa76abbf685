//! Whether what came of a case is what OPA gives.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Errors instead of an answer.
pub struct Failed {
    /// OPA's codes.
    pub codes: Vec<String>,
    /// The errors as text.
    pub text: String,
}

/// Whether a case gives what OPA gives; if not, how it differs.
pub fn check(wanted: &Json, outcome: Result<Vec<Json>, Failed>) -> Result<(), String> {
    match (outcome, wanted.get("want_error_code"), wanted.get("want_error"), wanted.get("want_result")) {
        (Err(error), None, None, _) => Err(format!("unexpected error: {}", error.text)),
        (Err(error), code, message, _) => {
            let code = code.and_then(Json::as_str);
            let message = message.and_then(Json::as_str);
            let has_code = code.is_none_or(|code| error.codes.iter().any(|other| other == code));
            let has_message = message.is_none_or(|message| error.text.contains(message));
            if has_code && has_message {
                return Ok(());
            }
            Err(format!("wrong error\n  want {} {}\n  got  {}", code.unwrap_or(""), message.unwrap_or(""), error.text))
        }
        (Ok(rows), None, None, Some(result)) => {
            let is_sorted = wanted["sort_bindings"].as_bool().unwrap_or_default();
            let wanted_rows: BTreeSet<String> =
                result.as_array().into_iter().flatten().map(|row| canonical(row, is_sorted)).collect();
            let got: BTreeSet<String> = rows.iter().map(|row| canonical(row, is_sorted)).collect();
            if wanted_rows == got {
                return Ok(());
            }
            Err(format!("wrong result\n  want {wanted_rows:?}\n  got  {got:?}"))
        }
        (Ok(_), None, None, None) => Ok(()),
        (Ok(rows), code, message, _) => {
            Err(format!("no error, want {code:?} {message:?}\n  got {}", Json::Array(rows)))
        }
    }
}

/// A row as text in which equal rows are equal: numbers in one form, arrays sorted where their order is free.
fn canonical(row: &Json, is_sorted: bool) -> String {
    match row {
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| canonical(item, is_sorted)).collect();
            if is_sorted {
                items.sort();
            }
            format!("[{}]", items.join(","))
        }
        Json::Object(entries) => {
            let entries: BTreeMap<&String, String> =
                entries.iter().map(|(key, value)| (key, canonical(value, is_sorted))).collect();
            format!("{entries:?}")
        }
        Json::Number(number) => {
            let text = number.to_string();
            match text.parse::<f64>() {
                Ok(float) if float.fract() == 0.0 && float.abs() < 9e15 => format!("{}", float as i64),
                Ok(float) if text.contains(['.', 'e', 'E']) => format!("{float}"),
                _ => text,
            }
        }
        other => other.to_string(),
    }
}
