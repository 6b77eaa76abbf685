//! Quoting as Go's `strconv` does it.

use crate::value::json::{self, write_rego_string};
use std::fmt::Write;

/// Whether Go would show the character as it is: letters, marks, numbers, punctuation, symbols and the plain space.
pub(super) fn is_printable(letter: char) -> bool {
    if letter.is_ascii() { matches!(letter, ' '..='~') } else { json::is_printable(letter) }
}

/// The text in quotes, as `%q` shows it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_rego_string(text, &mut out);
    out
}

/// Appends the text between `mark`s, escaped; with `ascii` everything that is not ASCII is escaped too.
pub(super) fn quote(text: &str, mark: char, ascii: bool, out: &mut String) {
    if mark == '"' && (!ascii || text.is_ascii()) {
        return write_rego_string(text, out);
    }
    out.push(mark);
    for letter in text.chars() {
        let code = u32::from(letter);
        // Writing to a string does not fail.
        match letter {
            _ if letter == mark => out.extend(['\\', letter]),
            '"' => out.push(letter),
            _ if ascii && code > 0xffff => write!(out, "\\U{code:08x}").unwrap_or_default(),
            _ if ascii && code > 0x7f => write!(out, "\\u{code:04x}").unwrap_or_default(),
            _ => {
                let quoted = quoted(letter.encode_utf8(&mut [0; 4]));
                out.push_str(quoted.trim_matches('"'));
            }
        }
    }
    out.push(mark);
}

/// Whether the text can stand between backquotes: one line, no backquote and no control character but the tab.
pub(super) fn can_backquote(text: &str) -> bool {
    text.chars().all(|letter| letter == '\t' || (letter >= ' ' && !matches!(letter, '`' | '\u{7f}' | '\u{feff}')))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_like_go() {
        let quoted = |text, ascii| {
            let mut out = String::new();
            quote(text, '"', ascii, &mut out);
            out
        };
        assert_eq!(quoted("a\"b\\é\n\u{1}\u{7f}", false), r#""a\"b\\é\n\x01\x7f""#);
        assert_eq!(quoted("é\u{200b}😀", true), r#""\u00e9\u200b\U0001f600""#);
        assert_eq!(quoted("\u{a0}\u{200b}", false), r#""\u00a0\u200b""#);
    }
}
