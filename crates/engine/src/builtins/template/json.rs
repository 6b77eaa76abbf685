//! Whether variables can be read as JSON.
//!
//! OPA writes them as Rego and reads that as JSON. So sets, keys that are no strings, and strings with escapes that JSON
//! does not know are errors: those of Go's reader.

use crate::value::json::{self, write_rego_string};
use crate::value::{Set, Value};

/// The first thing in a value that is no JSON, as an error.
pub(super) fn check(value: Value<'_>) -> Result<(), String> {
    match value {
        Value::String { text, .. } => check_text(text),
        Value::Array(items) => items.iter().try_for_each(|item| check(*item)),
        Value::Set(set) => check_set(&set),
        Value::Object(object) => object.entries().iter().try_for_each(|(key, value)| {
            check_key(*key)?;
            check(*value)
        }),
        _ => Ok(()),
    }
}

/// A string's escapes: Go's reader stops at the first that it does not know.
fn check_text(text: &str) -> Result<(), String> {
    let mut written = String::new();
    write_rego_string(text, &mut written);
    let mut letters = written.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\'
            && let Some(escape) = letters.next().filter(|escape| !r#"b f n r t \ / " u"#.contains(*escape))
        {
            return wrong(escape, "in string escape code");
        }
    }
    Ok(())
}

fn check_key(key: Value<'_>) -> Result<(), String> {
    match key {
        Value::String { text, .. } => check_text(text),
        key => wrong(first_letter(key), "looking for beginning of object key string"),
    }
}

/// A set looks like an object without values.
fn check_set(set: &Set<'_>) -> Result<(), String> {
    let Some(first) = set.items().first() else { return wrong('s', "looking for beginning of value") };
    check_key(*first)?;
    wrong(if set.items().len() > 1 { ',' } else { '}' }, "after object key")
}

fn first_letter(value: Value<'_>) -> char {
    match value {
        Value::Array(_) => '[',
        Value::Set(set) if set.is_empty() => 's',
        Value::Set(_) | Value::Object(_) => '{',
        scalar => {
            let mut text = String::new();
            json::write(scalar, &mut text);
            text.chars().next().unwrap_or('"')
        }
    }
}

fn wrong(letter: char, place: &str) -> Result<(), String> {
    Err(format!("invalid character '{letter}' {place}"))
}
