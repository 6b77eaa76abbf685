//! Functions of templates that escape texts.

use super::NO_VALUE;
use super::data::Data;
use super::format::joined;
use super::run::Run;
use crate::builtins::Failure;
use crate::value::json;
use std::fmt::Write;

/// The arguments as `print` writes them, escaped.
pub(super) fn escaper<'s>(
    run: &mut Run<'_, '_, '_, 's>,
    args: &[Data<'s>],
    escape: fn(&str) -> String,
) -> Result<Data<'s>, Failure> {
    let present = |arg: &Data<'s>| if arg.is_nil() { Data::Text(NO_VALUE) } else { *arg };
    let args: Vec<Data<'s>> = args.iter().map(present).collect();
    let text = joined(run, &args, false)?;
    // What is escaped has six letters at most for each byte.
    run.context.check_size(text.len())?;
    run.made(&escape(&text))
}

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
