//! Hashes and message authentication codes, in hexadecimal.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "crypto.md5",
        signature: "(x: string) -> y: string",
        doc: "The MD5 hash of a string. MD5 is broken: use it only where something else asks for it.",
        example: (r#"crypto.md5("message")"#, r#""78e731027d8fd50ed642340b7c9a63b3""#),
        purity: Purity::Pure,
        call: hash::<Md5>,
    },
    Builtin {
        name: "crypto.sha1",
        signature: "(x: string) -> y: string",
        doc: "The SHA-1 hash of a string. SHA-1 is broken: use it only where something else asks for it.",
        example: (r#"crypto.sha1("message")"#, r#""6f9b9af3cd6e8b8a73c2cdced37fe9f59226e27d""#),
        purity: Purity::Pure,
        call: hash::<Sha1>,
    },
    Builtin {
        name: "crypto.sha256",
        signature: "(x: string) -> y: string",
        doc: "The SHA-256 hash of a string.",
        example: (
            r#"crypto.sha256("message")"#,
            r#""ab530a13e45914982b79f9b7e3fba994cfd1f3fb22f71cea1afbf02b460c6d1d""#,
        ),
        purity: Purity::Pure,
        call: hash::<Sha256>,
    },
    Builtin {
        name: "crypto.hmac.md5",
        signature: "(x: string, key: string) -> y: string",
        doc: "The authentication code (RFC 2104) of a message under a key, with MD5.",
        example: (r#"crypto.hmac.md5("message", "key")"#, r#""4e4748e62b463521f6775fbf921234b5""#),
        purity: Purity::Pure,
        call: hmac_md5,
    },
    Builtin {
        name: "crypto.hmac.sha1",
        signature: "(x: string, key: string) -> y: string",
        doc: "The authentication code (RFC 2104) of a message under a key, with SHA-1.",
        example: (r#"crypto.hmac.sha1("message", "key")"#, r#""2088df74d5f2146b48146caf4965377e9d0be3a4""#),
        purity: Purity::Pure,
        call: hmac_sha1,
    },
    Builtin {
        name: "crypto.hmac.sha256",
        signature: "(x: string, key: string) -> y: string",
        doc: "The authentication code (RFC 2104) of a message under a key, with SHA-256.",
        example: (
            r#"crypto.hmac.sha256("message", "key")"#,
            r#""6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a""#,
        ),
        purity: Purity::Pure,
        call: hmac_sha256,
    },
    Builtin {
        name: "crypto.hmac.sha512",
        signature: "(x: string, key: string) -> y: string",
        doc: "The authentication code (RFC 2104) of a message under a key, with SHA-512.",
        example: (r#"substring(crypto.hmac.sha512("message", "key"), 0, 32)"#, r#""e477384d7ca229dd1426e64b63ebf2d3""#),
        purity: Purity::Pure,
        call: hmac_sha512,
    },
    Builtin {
        name: "crypto.hmac.equal",
        signature: "(mac1: string, mac2: string) -> result: boolean",
        doc: "Whether two authentication codes are equal; how long it takes does not tell where they differ.",
        example: (r#"crypto.hmac.equal("4e4748e6", "4e4748e7")"#, "false"),
        purity: Purity::Pure,
        call: hmac_equal,
    },
];

fn hex<'a>(ctx: &Context<'a, '_>, bytes: &[u8]) -> Value<'a> {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Value::new_string(ctx.arena, &text)
}

fn hash<'a, D: Digest>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = operand::string(args, 1)?;
    Ok(hex(ctx, &D::digest(text)))
}

fn hmac<'a, M: Mac + KeyInit>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (message, key) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).map_err(|error| Failure::error(error.to_string()))?;
    mac.update(message.as_bytes());
    Ok(hex(ctx, &mac.finalize().into_bytes()))
}

fn hmac_md5<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    hmac::<Hmac<Md5>>(ctx, args)
}

fn hmac_sha1<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    hmac::<Hmac<Sha1>>(ctx, args)
}

fn hmac_sha256<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    hmac::<Hmac<Sha256>>(ctx, args)
}

fn hmac_sha512<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    hmac::<Hmac<Sha512>>(ctx, args)
}

fn hmac_equal<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = (operand::string(args, 1)?.as_bytes(), operand::string(args, 2)?.as_bytes());
    // All bytes are looked at, whatever those before were.
    let differences =
        left.iter().zip(right).fold(0, |found, (left, right)| std::hint::black_box(found | (left ^ right)));
    Ok(Value::Bool(left.len() == right.len() && differences == 0))
}
