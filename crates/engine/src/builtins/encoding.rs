//! Base64, hexadecimal and URL queries. What is decoded and is no UTF-8 shows as U+FFFD, byte by byte.

use super::failure::operand;
use super::uri::{escape_query, unescape_query};
use super::{Builtin, Context, Failure, Outcome, Purity, letters, quote};
use crate::value::{Value, json};
use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, Encoding, HEXLOWER};
use std::collections::BTreeMap;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "base64.encode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string in base64.",
        example: ("base64.encode(\"a?\")", "\"YT8=\""),
        purity: Purity::Pure,
        call: |context, args| encode(context, args, &BASE64),
    },
    Builtin {
        name: "base64.decode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string that was encoded in base64. Line ends are ignored.",
        example: ("base64.decode(\"YT8=\")", "\"a?\""),
        purity: Purity::Pure,
        call: |context, args| {
            let bytes = decode_base64(operand::string(args, 1)?.as_bytes(), b"+/")?;
            context.string(&letters::lossy(&bytes))
        },
    },
    Builtin {
        name: "base64.is_valid",
        signature: "(x: string) -> result: boolean",
        doc: "Tells whether the string is base64.",
        example: ("base64.is_valid(\"YT8\")", "false"),
        purity: Purity::Pure,
        call: |_, args| {
            let text = operand::string(args, 1);
            Ok(Value::Bool(text.is_ok_and(|text| decode_base64(text.as_bytes(), b"+/").is_ok())))
        },
    },
    Builtin {
        name: "base64url.encode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string in base64 with the alphabet for URLs.",
        example: ("base64url.encode(\"a?\")", "\"YT8=\""),
        purity: Purity::Pure,
        call: |context, args| encode(context, args, &BASE64URL),
    },
    Builtin {
        name: "base64url.encode_no_pad",
        signature: "(x: string) -> y: string",
        doc: "Returns the string in base64 with the alphabet for URLs, without padding.",
        example: ("base64url.encode_no_pad(\"a?\")", "\"YT8\""),
        purity: Purity::Pure,
        call: |context, args| encode(context, args, &BASE64URL_NOPAD),
    },
    Builtin {
        name: "base64url.decode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string that was encoded in base64 with the alphabet for URLs, with or without padding.",
        example: ("base64url.decode(\"YT8\")", "\"a?\""),
        purity: Purity::Pure,
        call: decode_base64url,
    },
    Builtin {
        name: "hex.encode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string's bytes in hexadecimal.",
        example: ("hex.encode(\"ab\")", "\"6162\""),
        purity: Purity::Pure,
        call: |context, args| encode(context, args, &HEXLOWER),
    },
    Builtin {
        name: "hex.decode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string of the hexadecimal bytes.",
        example: ("hex.decode(\"6162\")", "\"ab\""),
        purity: Purity::Pure,
        call: decode_hex,
    },
    Builtin {
        name: "urlquery.encode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string as it stands in the query of a URL.",
        example: ("urlquery.encode(\"a b&c\")", "\"a+b%26c\""),
        purity: Purity::Pure,
        call: |context, args| {
            let text = operand::string(args, 1)?;
            context.check_size(text.len().saturating_mul(3))?;
            context.string(&escape_query(text))
        },
    },
    Builtin {
        name: "urlquery.decode",
        signature: "(x: string) -> y: string",
        doc: "Returns the string that was encoded for the query of a URL.",
        example: ("urlquery.decode(\"a+b%26c\")", "\"a b&c\""),
        purity: Purity::Pure,
        call: |context, args| context.string(&unescape_query(operand::string(args, 1)?).map_err(Failure::Error)?),
    },
    Builtin {
        name: "urlquery.encode_object",
        signature: "(object: object[string: string | array[string] | set[string]]) -> y: string",
        doc: "Returns the object as the query of a URL, sorted by key; a key with several values stands several times.",
        example: ("urlquery.encode_object({\"b\": [\"x\", \"y\"], \"a\": \"1\"})", "\"a=1&b=x&b=y\""),
        purity: Purity::Pure,
        call: encode_object,
    },
    Builtin {
        name: "urlquery.decode_object",
        signature: "(x: string) -> object: object[string: array[string]]",
        doc: "Returns the query of a URL as an object with an array of values for each key.",
        example: ("urlquery.decode_object(\"a=1&a=2&b=\")", "{\"a\": [\"1\", \"2\"], \"b\": [\"\"]}"),
        purity: Purity::Pure,
        call: decode_object,
    },
];

fn encode<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>], encoding: &Encoding) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    context.check_size(text.len().saturating_mul(2))?;
    context.string(&encoding.encode(text.as_bytes()))
}

/// Decodes base64 as Go does: padding is required, line ends are skipped, loose bits at the end do not matter.
/// `last` are the two letters of the alphabet that differ.
fn decode_base64(text: &[u8], last: &[u8; 2]) -> Result<Vec<u8>, Failure> {
    let corrupt = |at: usize| Failure::Error(format!("illegal base64 data at input byte {at}"));
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        _ => last.iter().position(|letter| *letter == byte).map(|at| 62 + at as u8),
    };
    // What counts, with its place for the message.
    let mut rest = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\n' | b'\r'));
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    loop {
        let mut bits = 0_u32;
        let mut count = 0;
        while count < 4 {
            let Some((at, byte)) = rest.next() else {
                return if count == 0 { Ok(bytes) } else { Err(corrupt(text.len() - count)) };
            };
            match value(byte) {
                Some(six) => {
                    bits = bits << 6 | u32::from(six);
                    count += 1;
                }
                None if byte == b'=' && count >= 2 => {
                    if count == 2 {
                        let (second_at, second) = rest.next().ok_or_else(|| corrupt(text.len()))?;
                        if second != b'=' {
                            return Err(corrupt(second_at - 1));
                        }
                    }
                    if let Some((at, _)) = rest.next() {
                        return Err(corrupt(at));
                    }
                    bits <<= 6 * (4 - count);
                    bytes.extend(bits.to_be_bytes().iter().skip(1).take(count - 1));
                    return Ok(bytes);
                }
                None => return Err(corrupt(at)),
            }
        }
        bytes.extend(bits.to_be_bytes().iter().skip(1));
    }
}

/// The bytes of base64 in the usual alphabet.
pub(super) fn base64_bytes(text: &str) -> Result<Vec<u8>, Failure> {
    decode_base64(text.as_bytes(), b"+/")
}

/// The bytes of base64 in the alphabet for URLs, with or without padding.
pub(super) fn base64url_bytes(text: &str) -> Result<Vec<u8>, Failure> {
    let padding = match text.len() % 4 {
        _ if text.ends_with('=') => "",
        0 => "",
        2 => "==",
        3 => "=",
        _ => return Err(Failure::Error(format!("illegal base64url string: {text}"))),
    };
    decode_base64(&[text.as_bytes(), padding.as_bytes()].concat(), b"-_")
}

fn decode_base64url<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let bytes = base64url_bytes(operand::string(args, 1)?)?;
    context.string(&letters::lossy(&bytes))
}

fn decode_hex<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    let mut digits = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        digits.push(letter.to_digit(16).ok_or_else(|| {
            let shown = if quote::is_printable(letter) { format!(" '{letter}'") } else { String::new() };
            Failure::Error(format!("encoding/hex: invalid byte: U+{byte:04X}{shown}"))
        })?);
    }
    if digits.len() % 2 == 1 {
        return Err(Failure::error("encoding/hex: odd length hex string"));
    }
    let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8);
    context.string(&letters::lossy(&digits.chunks_exact(2).map(byte).collect::<Vec<u8>>()))
}

fn encode_object<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let object = operand::object(args, 1)?;
    let wrong = || Failure::Type("operand 1 values must be string, array[string], or set[string]".into());
    let mut query: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in object.entries() {
        let items = match value {
            Value::Array(items) => items,
            Value::Set(set) => set.items(),
            other => std::slice::from_ref(other),
        };
        let texts: Option<Vec<&str>> = items.iter().map(|item| item.as_str()).collect();
        let mut name = String::new();
        match key.as_str() {
            Some(text) => name.push_str(text),
            None => json::write(*key, &mut name),
        }
        query.insert(name, texts.ok_or_else(wrong)?);
    }
    let mut out = String::new();
    for (key, values) in &query {
        for value in values {
            context.check_size(out.len().saturating_add((key.len() + value.len()).saturating_mul(3)))?;
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&escape_query(key));
            out.push('=');
            out.push_str(&escape_query(value));
        }
    }
    context.string(&out)
}

fn decode_object<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let mut query: BTreeMap<String, Vec<Value<'a>>> = BTreeMap::new();
    let text = operand::string(args, 1)?;
    // OPA tells of a semicolon before it tells of a bad escape.
    if text.contains(';') {
        return Err(Failure::error("invalid semicolon separator in query"));
    }
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let read = |text| unescape_query(text).map_err(Failure::Error);
        let (key, value) = (read(key)?, read(value)?);
        query.entry(key).or_default().push(Value::new_string(context.arena, &value));
    }
    let entries: Vec<_> = query
        .iter()
        .map(|(key, values)| (Value::new_string(context.arena, key), Value::new_array(context.arena, values)))
        .collect();
    Ok(Value::new_object(context.arena, &entries))
}
