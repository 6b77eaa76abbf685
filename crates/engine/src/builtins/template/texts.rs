//! Functions of templates that give text.

use super::data::Data;
use super::{error, unsupported};
use crate::builtins::Failure;
use crate::value::{Value, json};
use std::fmt::Write;

/// The arguments as text, one after the other, with spaces between all or only between those that are no strings.
/// `missing` is what is written for what is not there.
pub(super) fn joined(args: &[Data<'_>], all_spaced: bool, missing: &str, max_bytes: usize) -> Result<String, Failure> {
    let mut out = String::new();
    for (at, arg) in args.iter().enumerate() {
        let is_plain = |data: &Data<'_>| match data {
            Data::Missing | Data::Value(Value::Null) => missing == NIL,
            Data::Int(_) => true,
            Data::Value(value) => value.len().is_some() || matches!(value, Value::Bool(_)),
        };
        let between = at > 0 && is_plain(arg) && args.get(at - 1).is_some_and(is_plain);
        if between || (at > 0 && all_spaced) {
            out.push(' ');
        }
        match arg {
            Data::Missing | Data::Value(Value::Null) => out.push_str(missing),
            arg => arg.print(&mut out),
        }
        if out.len() > max_bytes {
            return Err(Failure::Halt("the result of a template is too large".into()));
        }
    }
    Ok(out)
}

/// What is written for what is not there by functions that print, and by those that escape.
pub(super) const NIL: &str = "<nil>";
pub(super) const NO_VALUE: &str = "<no value>";

/// The text as it may stand in HTML.
pub(super) fn in_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            '\0' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(letter),
        }
    }
    out
}

/// The text as it may stand in a string of JavaScript.
pub(super) fn in_script(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        // Writing to a string does not fail.
        let _ = match letter {
            '\\' | '\'' | '"' => write!(out, "\\{letter}"),
            '\0'..='\u{1f}' => write!(out, "\\u{:04X}", u32::from(letter)),
            '<' | '>' | '&' | '=' => write!(out, "\\u{:04X}", u32::from(letter)),
            ' '..='\u{7f}' => write!(out, "{letter}"),
            _ if json::is_printable(letter) => write!(out, "{letter}"),
            _ => write!(out, "\\u{:04X}", u32::from(letter)),
        };
    }
    out
}

/// Where a part of something of this length begins and ends; none if there is no such part.
pub(super) fn part(length: usize, keys: &[Data<'_>], is_text: bool) -> Result<(usize, usize), Failure> {
    if keys.len() > 3 {
        return error(format!("executing \"template\": error calling slice: too many slice indexes: {}", keys.len()));
    }
    if is_text && keys.len() == 3 {
        return error("executing \"template\": error calling slice: cannot 3-index slice a string");
    }
    let mut places = [0, length, length];
    for (place, key) in places.iter_mut().zip(keys) {
        let Data::Int(at) = key else {
            return error("executing \"template\": error calling slice: cannot index slice/array with such a type");
        };
        match usize::try_from(*at) {
            Ok(at) if at <= length => *place = at,
            // There may be room behind what a list has, which Go would show.
            Ok(at) if !is_text && at <= length.saturating_mul(2).saturating_add(8) => {
                return unsupported("slices beyond the end");
            }
            _ => return error(format!("executing \"template\": error calling slice: index out of range: {at}")),
        }
    }
    let [start, end, room] = places;
    if start > end || end > room {
        return error("executing \"template\": error calling slice: invalid slice index");
    }
    Ok((start, end))
}
