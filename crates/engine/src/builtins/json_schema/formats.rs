//! The formats that strings in JSON schemas may be asked to have.

use crate::builtins::regex::go_syntax;
use crate::builtins::time::layout::RFC3339;
use crate::builtins::time::reading;
use crate::builtins::uri::Uri;
use std::net::IpAddr;

/// Whether the text has the format. Formats that are not known are had by every text.
pub(super) fn is_format(format: &str, text: &str) -> bool {
    let is_time = |layouts: &[&str]| layouts.iter().any(|layout| reading::parse(layout, text).is_ok());
    let is_address = |mark: char| text.contains(mark) && text.parse::<IpAddr>().is_ok();
    match format {
        "date" => is_time(&["2006-01-02"]),
        "time" => is_time(&["15:04:05Z07:00", "15:04:05"]),
        "date-time" => is_time(&["15:04:05", "15:04:05Z07:00", "2006-01-02", RFC3339]),
        "hostname" => text.len() < 256 && text.split('.').all(is_label),
        "email" | "idn-email" => is_mailbox(text),
        "ipv4" => is_address('.'),
        "ipv6" => is_address(':'),
        "uri" | "iri" => !text.contains('\\') && Uri::parse(text).is_ok_and(|uri| !uri.scheme.is_empty()),
        "uri-reference" | "iri-reference" => !text.contains('\\') && Uri::parse(text).is_ok(),
        "uri-template" => !text.contains('\\') && Uri::parse(text).is_ok_and(|uri| is_template(&uri.path)),
        "uuid" => is_uuid(text),
        "regex" => go_syntax::translate(text).is_ok(),
        "json-pointer" => is_pointer(text),
        "relative-json-pointer" => is_relative_pointer(text),
        _ => true,
    }
}

/// A part of a host name: up to 63 letters, digits and, within, hyphens.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether each opening brace has a closing one after it.
fn is_template(path: &[u8]) -> bool {
    let mut open = false;
    for byte in path {
        open = if open { *byte != b'}' } else { *byte == b'{' };
    }
    !open
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_pointer(text: &str) -> bool {
    let escaped = |part: &str| part.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    text.is_empty() || (text.starts_with('/') && escaped(text))
}

fn is_relative_pointer(text: &str) -> bool {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, pointer) = text.split_at(digits);
    let is_number = number == "0" || (!number.is_empty() && !number.starts_with('0'));
    is_number && (pointer == "#" || is_pointer(pointer))
}

/// One address as RFC 5322 writes them, with or without a name: `Ann <ann@example.com>`.
fn is_mailbox(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    let Some(before) = text.strip_suffix('>') else {
        return is_address(text);
    };
    before
        .rsplit_once('<')
        .is_some_and(|(name, address)| is_phrase(name.trim_matches([' ', '\t'])) && is_address(address))
}

fn is_address(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        let literal = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
        let is_domain = match literal {
            Some(literal) => literal.strip_prefix("IPv6:").unwrap_or(literal).parse::<IpAddr>().is_ok(),
            None => is_dot_atom(domain),
        };
        is_domain && (is_dot_atom(local) || is_quoted(local))
    })
}

fn is_phrase(text: &str) -> bool {
    text.is_empty() || is_quoted(text) || text.split([' ', '\t']).filter(|word| !word.is_empty()).all(is_dot_atom)
}

fn is_dot_atom(text: &str) -> bool {
    let is_atom_letter =
        |letter: char| !letter.is_ascii() || letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter);
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_letter))
}

fn is_quoted(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return false;
    };
    let mut escaped = false;
    for letter in inner.chars() {
        let is_plain = letter == ' ' || letter == '\t' || !letter.is_ascii() || letter.is_ascii_graphic();
        if !is_plain || (letter == '"' && !escaped) {
            return false;
        }
        escaped = !escaped && letter == '\\';
    }
    !escaped && !inner.is_empty()
}
