//! Signing tokens.

use super::jwk;
use super::keys::Algorithm;
use crate::builtins::failure::operand;
use crate::builtins::{Builtin, Context, Failure, Kept, Outcome, Purity, json_text};
use crate::value::{Bump, SymbolTable, Value, json};
use data_encoding::BASE64URL_NOPAD;
use std::sync::Arc;

pub(in crate::builtins) static TABLE: &[Builtin] = &[
    Builtin {
        name: "io.jwt.encode_sign",
        signature: "(headers: object[string: any], payload: object[string: any], key: object[string: any]) \
                    -> output: string",
        doc: "The signed token of a header and a payload. The key is a JSON Web Key. ECDSA signs as RFC 6979 has it; \
              PSS needs the host's random numbers.",
        example: (
            r#"io.jwt.encode_sign({"alg": "HS256"}, {}, {"kty": "oct", "k": "YWJj"})"#,
            r#""eyJhbGciOiJIUzI1NiJ9.e30.57liIDu_0WkNYVluL15dPGT93TYxzckQ7r4VRhi-a9M""#,
        ),
        purity: Purity::Nondeterministic,
        call: encode_sign,
    },
    Builtin {
        name: "io.jwt.encode_sign_raw",
        signature: "(headers: string, payload: string, key: string) -> output: string",
        doc: "The signed token of a header and a payload given as texts, which stand in the token as they are. The key \
              is the text of a JSON Web Key.",
        example: (
            r#"io.jwt.encode_sign_raw(`{"alg":"HS256"}`, "{}", `{"kty":"oct","k":"YWJj"}`)"#,
            r#""eyJhbGciOiJIUzI1NiJ9.e30.57liIDu_0WkNYVluL15dPGT93TYxzckQ7r4VRhi-a9M""#,
        ),
        purity: Purity::Nondeterministic,
        call: encode_sign_raw,
    },
];

fn encode_sign<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    // OPA writes whatever it is given, and then looks at the text.
    let text = |position: usize| json_text::marshal(ctx, operand::any(args, position)?);
    let (headers, payload, key) = (text(1)?, text(2)?, text(3)?);
    sign(ctx, &headers, &payload, &key)
}

fn encode_sign_raw<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let key = operand::string(args, 3)?;
    sign(ctx, operand::string(args, 1)?, operand::string(args, 2)?, key)
}

/// The header `name` of the headers' text, a string.
fn header(headers: Value<'_>, name: &str) -> Result<String, String> {
    match headers.field(name) {
        None => Err(format!("jwsbb: header {name:?} not found")),
        Some(Value::String { text, .. }) => Ok(text.to_owned()),
        Some(other) => Err(format!("value doesn't contain string; it contains {}", other.kind().name())),
    }
}

fn sign<'a>(ctx: &mut Context<'a, '_>, headers: &str, payload: &str, key: &str) -> Outcome<'a> {
    let keys =
        ctx.caches.get(Kept::SigningKey, key, |key| jwk::parse(key).map(Arc::new).map_err(Failure::Error))?.clone();
    let key = keys.first().ok_or_else(|| Failure::error("no keys found in JWK set"))?;

    let (arena, symbols) = (Bump::new(), SymbolTable::new());
    let wrong = |reason: String| Failure::Error(format!("missing or invalid 'alg' header: {reason}"));
    let parsed = match json::parse(&arena, headers.as_bytes(), &symbols) {
        Ok(parsed) => parsed,
        // OPA's reader of headers takes such a thing for a number, in which there is no header.
        Err(_) if !headers.is_empty() && headers.bytes().all(|byte| b"0123456789+-.eE".contains(&byte)) => Value::Null,
        Err(_) if headers.is_empty() => return Err(wrong("cannot parse JSON: cannot parse empty string".into())),
        Err(error) => return Err(wrong(format!("cannot parse JSON: {}", error.message))),
    };
    let name = header(parsed, "alg").map_err(wrong)?;
    let algorithm = Algorithm::find(&name).ok_or_else(|| Failure::Error(format!("unknown JWS algorithm: {name}")))?;
    let is_jwt = header(parsed, "typ").map_or(true, |kind| kind == "JWT");
    if is_jwt && json::parse(&arena, payload.as_bytes(), &symbols).is_err() {
        return Err(Failure::error("type is JWT but payload is not JSON"));
    }

    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    ctx.check_size((headers.len() + payload.len()).saturating_mul(2))?;
    let message = format!("{}.{}", encode(headers.as_bytes()), encode(payload.as_bytes()));
    let private = key.private.as_ref().ok_or_else(|| Failure::error("a private key is required"))?;
    let (host, mut has_random) = (ctx.host, true);
    let mut random = || {
        let mut seed = [0; 32];
        has_random = host.random(&mut seed);
        has_random.then_some(seed)
    };
    let signature = private.sign(algorithm, message.as_bytes(), &mut random);
    if !has_random {
        return Err(Failure::Halt("the host gives no random numbers".into()));
    }
    let signature = signature.map_err(Failure::Error)?;
    ctx.string(&format!("{message}.{}", encode(&signature)))
}

#[cfg(test)]
mod tests {
    use crate::builtins::Failure;
    use crate::builtins::testing::{Ones, call, call_with};

    /// The key of RFC 7515, appendix A.2.
    const KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ","p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc","q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc"}"#;

    #[test]
    fn pss_needs_random_numbers_and_does_not_hang_on_bad_ones() {
        let args = [r#"{"alg": "PS256"}"#, "{}", KEY];
        let refused = call("io.jwt.encode_sign", &args);
        assert_eq!(refused, Err(Failure::Halt("the host gives no random numbers".into())));
        let signed = call_with(&Ones, "io.jwt.encode_sign", &args);
        let token = signed.unwrap_or_default();
        let key = format!("{KEY:?}");
        let constraints = format!(r#"{{"cert": {key}}}"#);
        let verified = call("io.jwt.decode_verify", &[&token, &constraints]);
        assert_eq!(verified, Ok(r#"[true, {"alg": "PS256"}, {}]"#.into()));
    }
}
