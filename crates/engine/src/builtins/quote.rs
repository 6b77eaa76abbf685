//! Quoting as Go's `strconv` does it.

use regex::Regex;
use std::fmt::Write;
use std::sync::LazyLock;

/// Whether Go would show the character as it is: letters, marks, numbers, punctuation, symbols and the plain space.
pub(super) fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return matches!(letter, ' '..='~');
    }
    static PRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\pL\pM\pN\pP\pS]").ok());
    PRINTABLE.as_ref().is_some_and(|pattern| pattern.is_match(letter.encode_utf8(&mut [0; 4])))
}

/// Appends the text between `mark`s, escaped; with `ascii` everything that is not ASCII is escaped too.
pub(super) fn quote(text: &str, mark: char, ascii: bool, out: &mut String) {
    out.push(mark);
    for letter in text.chars() {
        match letter {
            _ if letter == mark || letter == '\\' => out.extend(['\\', letter]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            _ if is_printable(letter) && (letter.is_ascii() || !ascii) => out.push(letter),
            _ => {
                let code = letter as u32;
                let written = match code {
                    ..0x80 => write!(out, "\\x{code:02x}"),
                    ..0x10000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
                // Writing to a string does not fail.
                written.unwrap_or_default();
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
