//! JSON Web Tokens (RFC 7519) and the keys of their signatures; here their parts, and `io.jwt.decode`.
//!
//! Takes tokens, keys and secrets as texts, gives headers, payloads and whether signatures are right. Certificates share
//! these keys. It must not know where keys are kept: no file is read and nothing is fetched.

mod jwk;
pub(super) mod key_files;
pub(super) mod keys;
mod private_keys;
pub(super) mod sign;
pub(super) mod verify;

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, encoding};
use crate::value::{Object, Value, json};
use data_encoding::HEXLOWER;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "io.jwt.decode",
    signature: "(jwt: string) -> output: array<object[any: any], object[any: any], string>",
    doc: "The header, the payload and the signature, in hexadecimal, of a token. Nothing is verified.",
    example: (
        r#"io.jwt.decode("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwIn0.XmVo")"#,
        r#"[{"alg": "HS256"}, {"sub": "0"}, "5e6568"]"#,
    ),
    purity: Purity::Pure,
    call: decode,
}];

/// The parts of a token as they stand in it, in base64.
#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    /// The header.
    pub header: &'t str,
    /// The payload.
    pub payload: &'t str,
    /// The signature.
    pub signature: &'t str,
}

impl<'t> Token<'t> {
    /// Splits a token.
    pub(super) fn split(text: &'t str) -> Result<Self, Failure> {
        if !text.contains('.') {
            return Err(Failure::error("encoded JWT had no period separators"));
        }
        let mut parts = text.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(signature), None) => Ok(Token { header, payload, signature }),
            _ => {
                let found = text.split('.').count();
                Err(Failure::Error(format!("encoded JWT must have 3 sections, found {found}")))
            }
        }
    }

    /// What is signed.
    pub(super) fn signed(&self) -> String {
        format!("{}.{}", self.header, self.payload)
    }

    /// The header's object.
    pub(super) fn decode_header<'a>(&self, ctx: &Context<'a, '_>) -> Result<Object<'a>, Failure> {
        let bytes = part(self.header, "JWT header had invalid encoding: ")?;
        let header = object(ctx, &bytes).map_err(|failure| prefixed("bad JWT header: ", failure))?;
        if header.contains_key(&Value::string("enc")) {
            return Err(Failure::error("JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }

    /// The payload's bytes.
    pub(super) fn decode_payload(&self) -> Result<Vec<u8>, Failure> {
        part(self.payload, "JWT payload had invalid encoding: ")
    }
}

/// The failure with `before` in front of its text.
fn prefixed(before: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Error(text) | Failure::Type(text) => Failure::Error(format!("{before}{text}")),
        other => other,
    }
}

fn part(text: &str, before: &str) -> Result<Vec<u8>, Failure> {
    encoding::base64url_bytes(text).map_err(|failure| prefixed(before, failure))
}

/// The object that JSON bytes hold.
pub(super) fn object<'a>(ctx: &Context<'a, '_>, bytes: &[u8]) -> Result<Object<'a>, Failure> {
    ctx.check_size(bytes.len())?;
    let bytes = ctx.arena.alloc_slice_copy(bytes);
    let value = json::parse(ctx.arena, bytes, ctx.symbols)
        .map_err(|error| Failure::Error(format!("invalid JSON: {}", error.describe(bytes))))?;
    value.as_object().ok_or_else(|| Failure::error("decoded JSON type was not an Object"))
}

fn decode<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let mut text = operand::string(args, 1)?.to_owned();
    loop {
        let token = Token::split(&text)?;
        let header = token.decode_header(ctx)?;
        let payload = token.decode_payload()?;
        match header.get(&Value::string("cty")) {
            None => {}
            Some(Value::String { text: "JWT", .. }) => {
                // A token in a token may stand in quotes.
                let inner = String::from_utf8(payload).map_err(|_| Failure::error("nested JWT is no text"))?;
                text = inner.trim_matches(['"', '\'']).to_owned();
                continue;
            }
            Some(Value::String { .. }) => {}
            Some(_) => return Err(Failure::error("cty: must be a string")),
        }
        let payload = object(ctx, &payload)?;
        let signature = part(token.signature, "JWT signature had invalid encoding: ")?;
        let signature = ctx.string(&HEXLOWER.encode(&signature))?;
        return Ok(Value::new_array(ctx.arena, &[Value::Object(header), Value::Object(payload), signature]));
    }
}
