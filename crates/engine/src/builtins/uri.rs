//! Uniform resource identifiers, as Go's `net/url` reads RFC 3986.

use super::failure::operand;
use super::quote::quoted;
use super::{Builtin, Context, Failure, Outcome, Purity, letters};
use crate::value::Value;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "uri.parse",
        signature: "(uri: string) -> output: object[string: string]",
        doc: "Returns the parts of a URI: `scheme`, `hostname`, `port`, `path`, `raw_path`, `raw_query` and \
              `fragment`. Parts that are empty are left out. In `path` and `fragment` escapes are decoded, in the raw \
              ones they are not.",
        example: (
            r#"uri.parse("https://example.com/a?q=1")"#,
            r#"{"scheme": "https", "hostname": "example.com", "path": "/a", "raw_path": "/a", "raw_query": "q=1"}"#,
        ),
        purity: Purity::Pure,
        call: parts,
    },
    Builtin {
        name: "uri.is_valid",
        signature: "(uri: string) -> result: boolean",
        doc: "Tells whether the string is a URI. The empty string is none.",
        example: (r#"uri.is_valid("http://[invalid")"#, "false"),
        purity: Purity::Pure,
        call: |_, args| {
            let valid = |text: &str| !text.is_empty() && Uri::parse(text).is_ok();
            Ok(Value::Bool(operand::string(args, 1).is_ok_and(valid)))
        },
    },
];

fn parts<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let uri = Uri::parse(operand::string(args, 1)?).map_err(Failure::Error)?;
    let (hostname, port) = uri.hostname_and_port();
    let path = letters::lossy(&uri.path);
    let raw_path = uri.raw_path.unwrap_or(&path);
    let mut entries = Vec::new();
    for (name, text) in [
        ("scheme", uri.scheme.as_str()),
        ("hostname", &letters::lossy(hostname)),
        ("port", &letters::lossy(port)),
        ("path", &path),
        ("raw_path", raw_path),
        ("raw_query", uri.raw_query),
        ("fragment", &letters::lossy(&uri.fragment)),
    ] {
        if !text.is_empty() {
            entries.push((Value::string(name), context.string(text)?));
        }
    }
    Ok(Value::new_object(context.arena, &entries))
}

/// The parts of a URI. Decoded parts are bytes, for an escape may stand for any.
#[derive(Default)]
pub(super) struct Uri<'t> {
    /// In lower case; empty if there is none.
    pub scheme: String,
    /// What follows a scheme without a slash, as in `mailto:user@example.com`: not parsed further.
    pub opaque: &'t str,
    /// Whether there is user information.
    pub has_user: bool,
    /// Whether a path that starts with a slash follows the scheme and there is no authority.
    pub omit_host: bool,
    /// The host with brackets and port, without user information.
    pub host: Vec<u8>,
    /// Decoded.
    pub path: Vec<u8>,
    /// The path as written, where encoding `path` again would not give it.
    pub raw_path: Option<&'t str>,
    /// As written, without the question mark.
    pub raw_query: &'t str,
    /// Whether there is a question mark with nothing after it.
    pub force_query: bool,
    /// Decoded, without the number sign.
    pub fragment: Vec<u8>,
    /// The fragment as written, where encoding `fragment` again would not give it.
    pub raw_fragment: Option<&'t str>,
}

impl<'t> Uri<'t> {
    /// Parses a URI or a relative reference. The error is Go's text.
    pub fn parse(text: &'t str) -> Result<Self, String> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let error = |text: &str, what: String| format!("parse {}: {what}", quoted(text));
        let mut uri = Self::parse_before_fragment(before).map_err(|what| error(before, what))?;
        uri.fragment = unescape(fragment, Part::Fragment).map_err(|what| error(text, what))?;
        uri.raw_fragment = Some(fragment).filter(|fragment| escape(&uri.fragment, in_fragment) != *fragment);
        Ok(uri)
    }

    fn parse_before_fragment(text: &'t str) -> Result<Self, String> {
        let mut uri = Uri::default();
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err("net/url: invalid control character in URL".into());
        }
        let (scheme, rest) = split_scheme(text)?;
        uri.scheme = scheme.to_ascii_lowercase();
        let query = rest.split_once('?');
        uri.force_query = query.is_some_and(|(_, query)| query.is_empty());
        let (rest, query) = query.unwrap_or((rest, ""));
        uri.raw_query = query;
        if !rest.starts_with('/') {
            if !scheme.is_empty() {
                uri.opaque = rest;
                return Ok(uri);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".into());
            }
        }
        let mut path = rest;
        if let Some(after) = rest.strip_prefix("//").filter(|after| !scheme.is_empty() || !after.starts_with('/')) {
            let (authority, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
            path = rest;
            uri.has_user = authority.contains('@');
            uri.host = parse_authority(&uri.scheme, authority)?;
        } else {
            uri.omit_host = !scheme.is_empty();
        }
        uri.path = unescape(path, Part::Path)?;
        uri.raw_path = Some(path).filter(|path| escape(&uri.path, in_path) != *path);
        Ok(uri)
    }

    /// The host without brackets, and the port, empty if there is none.
    pub fn hostname_and_port(&self) -> (&[u8], &[u8]) {
        let host = self.host.as_slice();
        let (host, port) = match host.iter().rposition(|byte| *byte == b':').and_then(|at| host.split_at_checked(at)) {
            Some((name, [_, port @ ..])) if port.iter().all(u8::is_ascii_digit) => (name, port),
            _ => (host, [].as_slice()),
        };
        let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
        (bare.unwrap_or(host), port)
    }

    /// The path with what needs it escaped: as it was written if that is a valid way to write it.
    pub fn escaped_path(&self) -> String {
        let valid = |byte: u8| matches!(byte, b'!' | b'\'' | b'(' | b')' | b'*' | b'[' | b']' | b'%') || in_path(byte);
        match self.raw_path {
            Some(raw) if raw.bytes().all(valid) => raw.to_owned(),
            _ if self.path == b"*" => "*".to_owned(),
            _ => escape(&self.path, in_path),
        }
    }
}

/// Parts of a URI that differ in what may be escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
    /// Names and values in a query, where a plus sign is a space.
    Query,
}

/// The scheme without its colon, empty if there is none, and the rest.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    match text.split_once(':') {
        Some(("", _)) => Err("missing protocol scheme".into()),
        Some((scheme, rest)) if scheme.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            Ok(if scheme.bytes().all(letter) { (scheme, rest) } else { ("", text) })
        }
        _ => Ok(("", text)),
    }
}

/// The host of an authority, decoded; user information is checked.
fn parse_authority(scheme: &str, authority: &str) -> Result<Vec<u8>, String> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return parse_host(scheme, authority);
    };
    let host = parse_host(scheme, host)?;
    let in_user = |letter: char| letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter);
    if !user.chars().all(in_user) {
        return Err("net/url: invalid userinfo".into());
    }
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    unescape(name, Part::User)?;
    unescape(password, Part::User)?;
    Ok(host)
}

fn parse_host(scheme: &str, host: &str) -> Result<Vec<u8>, String> {
    let check_port = |port: &str| match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        None if port.is_empty() => Ok(()),
        _ => Err(format!("invalid port {} after host", quoted(port))),
    };
    let Some((before, bracketed)) = host.rsplit_once('[') else {
        // Only other schemes than these two may have colons in host names.
        let port = if matches!(scheme, "http" | "https") { host.find(':') } else { host.rfind(':') };
        check_port(port.and_then(|at| host.get(at..)).unwrap_or(""))?;
        return unescape(host, Part::Host);
    };
    if !before.is_empty() {
        return Err("invalid IP-literal".into());
    }
    let (address, port) = bracketed.rsplit_once(']').ok_or("missing ']' in host")?;
    check_port(port)?;
    let (address, zone) = address.split_at(address.find("%25").unwrap_or(address.len()));
    let mut name = unescape(address, Part::Host)?;
    name.extend(unescape(zone, Part::Zone)?);
    check_address(&letters::lossy(&name))?;
    Ok([b"[", name.as_slice(), b"]", port.as_bytes()].concat())
}

/// Fails if it is no address of IPv6.
fn check_address(text: &str) -> Result<(), String> {
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    let error = |what: &str| Err(format!("invalid host: ParseAddr({}): {what}", quoted(text)));
    match text.find(['.', ':', '%']).and_then(|at| text.as_bytes().get(at)) {
        Some(b'%') => error("missing IPv6 address"),
        Some(b'.') if text.parse::<Ipv4Addr>().is_ok() => Err("invalid IP-literal".into()),
        Some(b':') if zone == Some("") => error("zone must be a non-empty string"),
        Some(b':') if address.parse::<Ipv6Addr>().is_ok() => Ok(()),
        _ => error("unable to parse IP"),
    }
}

fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let source = text.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(byte) = source.get(at).copied() {
        let hex = |at: usize| source.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let escape_error = || {
            let wrong = source.get(at..source.len().min(at + 3)).unwrap_or(&[]);
            Err(format!("invalid URL escape {}", quoted(&letters::lossy(wrong))))
        };
        if byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && !in_host(byte) {
                let wrong = char::from(byte).to_string();
                return Err(format!("invalid character {} in host name", quoted(&wrong)));
            }
            bytes.push(if part == Part::Query && byte == b'+' { b' ' } else { byte });
            at += 1;
            continue;
        }
        let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2)) else {
            return escape_error();
        };
        let decoded = (high << 4 | low) as u8;
        // In a host only what is not ASCII may be escaped, and the percent sign before a zone; in a zone the space
        // and what may stand there anyway.
        let allowed = match part {
            Part::Host => !decoded.is_ascii() || decoded == b'%',
            Part::Zone => matches!(decoded, b'%' | b' ') || in_host(decoded),
            Part::Path | Part::User | Part::Fragment | Part::Query => true,
        };
        if !allowed {
            return escape_error();
        }
        bytes.push(decoded);
        at += 3;
    }
    Ok(bytes)
}

/// Whether the byte stands for itself everywhere.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

/// Whether the byte may stand in a host.
fn in_host(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:[]<>\"".contains(&byte)
}

/// Whether the byte stands for itself in an encoded path.
fn in_path(byte: u8) -> bool {
    is_unreserved(byte) || b"$&+,/:;=@".contains(&byte)
}

/// Whether the byte stands for itself in an encoded fragment.
fn in_fragment(byte: u8) -> bool {
    in_path(byte) || b"!()*?".contains(&byte)
}

/// With escapes for the bytes that do not stand for themselves.
fn escape(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if is_plain(*byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A name or value of a query as it is written there.
pub(super) fn escape_query(text: &str) -> String {
    escape(text.as_bytes(), |byte| is_unreserved(byte) || byte == b' ').replace(' ', "+")
}

/// The name or value that is written in a query so. The error is Go's text.
pub(super) fn unescape_query(text: &str) -> Result<String, String> {
    Ok(letters::lossy(&unescape(text, Part::Query)?).into_owned())
}

/// What a reference means where `base` is the URI of the document, both without dots in their paths; none if one of
/// them is no URI.
pub(crate) fn resolve(base: &str, reference: &str) -> Option<String> {
    let (from, to) = (Uri::parse(base).ok()?, Uri::parse(reference).ok()?);
    let (whole, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let (base, base_fragment) = base.split_once('#').unwrap_or((base, ""));
    let fragment = if whole.is_empty() && fragment.is_empty() { base_fragment } else { fragment };
    let mark = if fragment.is_empty() { "" } else { "#" };
    if whole.is_empty() {
        return Some(format!("{base}{mark}{fragment}"));
    }
    let scheme = if from.scheme.is_empty() { String::new() } else { format!("{}:", from.scheme) };
    if !to.scheme.is_empty() {
        return Some(format!("{whole}{mark}{fragment}"));
    }
    if whole.starts_with("//") {
        return Some(format!("{scheme}{whole}{mark}{fragment}"));
    }
    let rest = base.get(scheme.len()..).unwrap_or("");
    let authority_end = rest.strip_prefix("//").map_or(0, |after| after.find(['/', '?']).unwrap_or(after.len()) + 2);
    let (authority, base_path) = rest.split_at_checked(authority_end)?;
    let base_path = base_path.split('?').next().unwrap_or("");
    let (path, query) = whole.split_at(whole.find('?').unwrap_or(whole.len()));
    let folder = base_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = match path.chars().next() {
        None => base_path.to_owned(),
        Some('/') => without_dots(path),
        Some(_) => without_dots(&format!("{folder}/{path}")),
    };
    Some(format!("{scheme}{authority}{path}{query}{mark}{fragment}"))
}

/// The path with its `.` and `..` followed.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment == ".." {
            kept.pop();
        }
        let dots = matches!(segment, "." | "..");
        if !dots {
            kept.push(segment);
        } else if segments.peek().is_none() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn parts_are_those_of_go() {
        check(&[
            ("uri.parse", &[r#""HTTP://u:p@h:1/%zz""#], r#"!parse "HTTP://u:p@h:1/%zz": invalid URL escape "%zz""#),
            ("uri.parse", &[r#""//h/p""#], r#"{"hostname": "h", "path": "/p", "raw_path": "/p"}"#),
            ("uri.parse", &[r#""///p""#], r#"{"path": "///p", "raw_path": "///p"}"#),
            ("uri.parse", &[r#""a:b?c?d""#], r#"{"raw_query": "c?d", "scheme": "a"}"#),
            ("uri.parse", &[r#""1a:b""#], r#"!parse "1a:b": first path segment in URL cannot contain colon"#),
            (
                "uri.parse",
                &[r#""/%ff#%ff""#],
                "{\"fragment\": \"\u{fffd}\", \"path\": \"/\u{fffd}\", \"raw_path\": \"/%ff\"}",
            ),
            (
                "uri.parse",
                &[r#""x://[fe80::1%25en0]:8""#],
                r#"{"hostname": "fe80::1%en0", "port": "8", "scheme": "x"}"#,
            ),
        ]);
    }
}
