//! Addresses in certificates, taken apart as Go's `net/url` does.

use crate::builtins::letters;

/// The parts of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    pub scheme: String,
    /// What stands after the scheme where there is no path.
    pub opaque: String,
    pub has_user: bool,
    pub host: String,
    /// The path, decoded.
    pub path: String,
    /// The path as it stands, if it would be written in another way.
    pub raw_path: String,
    pub omit_host: bool,
    /// Whether it ends in a question mark.
    pub force_query: bool,
    pub query: String,
    /// The fragment, decoded.
    pub fragment: String,
    /// The fragment as it stands, if it would be written in another way.
    pub raw_fragment: String,
}

/// The address's parts; nothing if it is none.
pub(super) fn parse(text: &str) -> Option<Url> {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return None;
    }
    let mut url = Url::default();
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    url.fragment = decode(fragment)?;
    if encode(&url.fragment, b"!$&'()*+,;=:@/?") != fragment {
        url.raw_fragment = fragment.to_owned();
    }
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let mut rest = match rest.split_once(':') {
        Some(("", _)) => return None,
        Some((scheme, rest)) if is_scheme(scheme) => {
            url.scheme = scheme.to_ascii_lowercase();
            rest
        }
        _ => rest,
    };
    if rest.ends_with('?') && rest.matches('?').count() == 1 {
        url.force_query = true;
        rest = rest.strip_suffix('?').unwrap_or(rest);
    } else if let Some((before, query)) = rest.split_once('?') {
        url.query = query.to_owned();
        rest = before;
    }
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Some(url);
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return None;
        }
    }
    if let Some(after) = rest.strip_prefix("//").filter(|_| !url.scheme.is_empty() || !rest.starts_with("///")) {
        let (authority, path) = after.find('/').map_or((after, ""), |at| after.split_at(at));
        let host = match authority.rsplit_once('@') {
            Some((_, host)) => {
                url.has_user = true;
                host
            }
            None => authority,
        };
        url.host = decode(host)?;
        rest = path;
    } else if !url.scheme.is_empty() && rest.starts_with('/') {
        url.omit_host = true;
    }
    url.path = decode(rest)?;
    if encode(&url.path, b"$&+,/:;=@") != rest {
        url.raw_path = rest.to_owned();
    }
    Some(url)
}

/// Without escapes.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit()? << 4 | digit()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(letters::lossy(&bytes).into_owned())
}

/// With escapes for all but letters, digits, `-_.~` and what is in `plain`.
fn encode(text: &str, plain: &[u8]) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
