//! Text as Go sees it: case mapping letter by letter, and bytes that are no UTF-8.

use crate::value::{Bump, Letters};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Letters that Unicode got after version 15, which Go's tables have, as inclusive ranges. They have no case there.
const AFTER_UNICODE_15: &[(char, char)] = &[
    ('\u{1c89}', '\u{1c8a}'),
    ('\u{a7cb}', '\u{a7cf}'),
    ('\u{a7d2}', '\u{a7d2}'),
    ('\u{a7d4}', '\u{a7d4}'),
    ('\u{a7da}', '\u{a7dc}'),
    ('\u{10d50}', '\u{10d85}'),
    ('\u{16ea0}', '\u{16ed3}'),
];

/// The letter, unless Go's Unicode does not pair it with `letter`.
fn known(letter: char, mapped: char) -> char {
    let new = |tested: char| AFTER_UNICODE_15.iter().any(|(first, last)| (*first..=*last).contains(&tested));
    // The partners of U+A7D2 and U+A7D4 are older than they.
    if new(letter) || new(mapped) { letter } else { mapped }
}

/// The letter's lower case; one letter for one letter.
fn lower(letter: char) -> char {
    let mut mapped = letter.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => known(letter, one),
        // Only U+0130, a capital I with a dot, becomes two.
        (Some(first), Some(_)) => first,
        (None, _) => letter,
    }
}

/// The letter's upper case; one letter for one letter, so that `ß` stays.
fn upper(letter: char) -> char {
    let mut mapped = letter.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => known(letter, one),
        _ => match letter {
            // Greek vowels with iota below have a title case, which the simple mapping gives.
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(letter as u32 + 8).unwrap_or(letter)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(letter as u32 + 9).unwrap_or(letter),
            _ => letter,
        },
    }
}

/// The text in lower case, as Go's `strings.ToLower` gives it.
pub(super) fn to_lower(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        Cow::Owned(text.chars().map(lower).collect())
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// What case to bring a text to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// Whether the text is of ASCII and in that case already.
pub(super) fn is_in_case(text: &str, case: Case) -> bool {
    match case {
        Case::Lower => text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()),
        Case::Upper => text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase()),
    }
}

/// The text in that case in the arena, as Go's `strings.ToLower` and `strings.ToUpper` give it.
pub(super) fn recase_in<'a>(arena: &'a Bump, text: &str, case: Case) -> &'a str {
    if text.is_ascii() {
        let copy = arena.alloc_str(text);
        match case {
            Case::Lower => copy.make_ascii_lowercase(),
            Case::Upper => copy.make_ascii_uppercase(),
        }
        return copy;
    }
    let mut mapped = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    match case {
        Case::Lower => mapped.extend(text.chars().map(lower)),
        Case::Upper => mapped.extend(text.chars().map(upper)),
    }
    mapped.into_bump_str()
}

/// Whether Go counts it among letters or decimal digits.
pub(super) fn is_letter_or_digit(letter: char) -> bool {
    static LETTERS: LazyLock<Letters> = LazyLock::new(|| Letters::of(r"\pL\p{Nd}"));
    if letter.is_ascii() { letter.is_ascii_alphanumeric() } else { LETTERS.contain(letter) }
}

/// The bytes as text, with U+FFFD for each byte that is no UTF-8: so such a string prints in OPA.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::{Case, lossy, recase_in, to_lower};
    use crate::value::Bump;

    #[test]
    fn letters_map_one_to_one() {
        let arena = Bump::new();
        let to_upper = |text| recase_in(&arena, text, Case::Upper);
        assert_eq!(to_upper("aßŉǆſı"), "AßŉǄSI");
        assert_eq!(to_lower("İΣΑΣ"), "iσασ");
        assert_eq!(recase_in(&arena, "İΣΑΣ", Case::Lower), "iσασ");
        assert_eq!(to_upper("\u{1fb3}\u{1f80}\u{1fb4}"), "\u{1fbc}\u{1f88}\u{1fb4}");
        assert_eq!(to_upper("\u{19b}\u{264}"), "\u{19b}\u{264}");
    }

    #[test]
    fn each_stray_byte_is_one_replacement() {
        assert_eq!(lossy(b"a\xe2\x82z\xff"), "a\u{fffd}\u{fffd}z\u{fffd}");
    }
}
