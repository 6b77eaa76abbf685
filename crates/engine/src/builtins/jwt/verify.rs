//! Verifying tokens: `io.jwt.verify_*` look at the signature alone, `io.jwt.decode_verify` at the claims as well.
//!
//! Whatever is not understood about a token or a key makes the token not valid or is an error.

use super::jwk::{self, Use};
use super::key_files;
use super::keys::{Algorithm, Form, Hash, PublicKey, verify_hmac};
use super::{Token, object};
use crate::builtins::failure::operand;
use crate::builtins::x509::{self, der};
use crate::builtins::{Builtin, Context, Failure, Kept, Outcome, Purity, encoding};
use crate::value::{Object, Value, number};
use std::cmp::Ordering;
use std::sync::Arc;

/// Keys of the examples.
macro_rules! key {
    (rsa) => {
        "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"soENfEpyC_bRTXCFwVOvhRHe4aYAgaHzfbcuhwm0RYR7XmN2z77puajw\
         VV_eqOo7oyVGUK6IFK-ku20rPvo0KuqKsvpoNzeAlIcjneO2CMcFtsag-4ICgsYmixLwseWbgHQWGkKKSYhboNGpKQgqUXAs\
         f_RHa2pRmp2vKUffZCM\"}"
    };
    (p256) => {
        "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"RmzpMBLUHTLcze1HSfkfc5FjK8Z9cpmYsPwXHpxB4sk\",\"y\":\"\
         gOSF6nPVCNjLJMLSfzD2fGL_YBj3TTMV7aYIx4phXlg\"}"
    };
    (p384) => {
        "{\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\"1Pu4tvTuVt3f7ssVFdLGmEF3vDdLztPkopmphqhPhsCquId3dmYAxi\
         3U6RXcpRhv\",\"y\":\"pAo29iNa4WDPUJkDDgmcFjfBBxlYtXBwhou3F8FFqQs3yvo5US7wxlgIQpUOZRBE\"}"
    };
    (p521) => {
        "{\"crv\":\"P-521\",\"kty\":\"EC\",\"x\":\"AMYDMsGGxNiHCQ7Gj_L_UAijrgz_o6eZvOl4xFT8_89OAf7fCfFMJU\
         zoxFjP5iQKnQb2biecuRtBZd2SXvCbMfxs\",\"y\":\"AF_cgIYL5BVpXtTnfG6yIfrp7soE5IwHd7J6LrESRTLcT7bg7A5\
         pgImDcEwBmp1Xg_wO49Ozkw4RqrFHtlP4G5ng\"}"
    };
    (ed25519) => {
        "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"4QRsfBodqPlFe_B9LIoyHi1BTTGXCk6f6hwChIP1liA\"}"
    };
}

/// An entry of `io.jwt.verify_*`.
macro_rules! verify {
    ($name:literal, $called:literal, $algorithm:expr, $key:ident) => {
        Builtin {
            name: concat!("io.jwt.verify_", $name),
            signature: "(jwt: string, certificate: string) -> result: boolean",
            doc: concat!(
                "Whether a token's ",
                $called,
                " signature is valid. The key is a certificate or public key in PEM, a JSON Web Key or a set of them."
            ),
            example: (
                concat!("io.jwt.verify_", $name, r#"("eyJhbGciOiJub25lIn0.e30.YWJj", `"#, key!($key), "`)"),
                "false",
            ),
            purity: Purity::Pure,
            call: |ctx, args| verify(ctx, args, $algorithm),
        }
    };
}

/// An entry of `io.jwt.verify_hs*`.
macro_rules! verify_secret {
    ($name:literal, $called:literal, $hash:expr) => {
        Builtin {
            name: concat!("io.jwt.verify_", $name),
            signature: "(jwt: string, secret: string) -> result: boolean",
            doc: concat!("Whether a token's ", $called, " signature is valid, made with a shared secret."),
            example: (concat!("io.jwt.verify_", $name, r#"("eyJhbGciOiJub25lIn0.e30.YWJj", "secret")"#), "false"),
            purity: Purity::Pure,
            call: |ctx, args| verify_secret(ctx, args, $hash),
        }
    };
}

pub(in crate::builtins) static TABLE: &[Builtin] = &[
    verify!("rs256", "RS256", Algorithm::Rsa(Hash::Sha256), rsa),
    verify!("rs384", "RS384", Algorithm::Rsa(Hash::Sha384), rsa),
    verify!("rs512", "RS512", Algorithm::Rsa(Hash::Sha512), rsa),
    verify!("ps256", "PS256", Algorithm::Pss(Hash::Sha256), rsa),
    verify!("ps384", "PS384", Algorithm::Pss(Hash::Sha384), rsa),
    verify!("ps512", "PS512", Algorithm::Pss(Hash::Sha512), rsa),
    verify!("es256", "ES256", Algorithm::Ecdsa(Hash::Sha256), p256),
    verify!("es384", "ES384", Algorithm::Ecdsa(Hash::Sha384), p384),
    verify!("es512", "ES512", Algorithm::Ecdsa(Hash::Sha512), p521),
    verify!("eddsa", "EdDSA", Algorithm::EdDsa, ed25519),
    verify_secret!("hs256", "HS256", Hash::Sha256),
    verify_secret!("hs384", "HS384", Hash::Sha384),
    verify_secret!("hs512", "HS512", Hash::Sha512),
    Builtin {
        name: "io.jwt.decode_verify",
        signature: "(jwt: string, constraints: object[string: any]) \
                    -> output: array<boolean, object[any: any], object[any: any]>",
        doc: "Whether a token is valid, its header and its payload, both empty if it is not. The constraints are \
              `cert` or `secret`, the key; `alg`, the algorithm that must be used; `iss` and `aud`, the issuer and \
              audience there must be; `time`, in nanoseconds, in place of the current time for `exp` and `nbf`.",
        example: (r#"io.jwt.decode_verify("eyJhbGciOiJIUzI1NiJ9.e30.YWJj", {"secret": "secret"})"#, "[false, {}, {}]"),
        purity: Purity::Nondeterministic,
        call: decode_verify,
    },
];

/// A key to verify with.
struct VerificationKey {
    /// What it may be used with.
    algorithm: Use,
    /// Its name in a set, empty if it has none.
    id: String,
    key: PublicKey,
    /// Whether it came as a private key.
    is_private: bool,
}

type Keys = Arc<Vec<VerificationKey>>;

/// The keys of a certificate or public key in PEM, or of a JSON Web Key or a set of them; read once.
fn keys_of(ctx: &mut Context<'_, '_>, text: &str) -> Result<Keys, Failure> {
    let read = |text: &str| read_keys(text).map(Arc::new).map_err(Failure::Error);
    ctx.caches.get(Kept::VerifyingKeys, text, read).cloned()
}

fn read_keys(text: &str) -> Result<Vec<VerificationKey>, String> {
    let Some((block, rest)) = der::pem(text.as_bytes()) else {
        let found = jwk::parse(text).map_err(|error| format!("failed to parse a JWK key (set): {error}"))?;
        let keys = found.into_iter().filter(|key| key.algorithm != Use::Other).map(|key| VerificationKey {
            algorithm: key.algorithm,
            id: key.id,
            is_private: key.private.is_some(),
            key: key.public,
        });
        return Ok(keys.collect());
    };
    if !rest.is_empty() {
        return Err("extra data after a PEM certificate block".into());
    }
    let key = match block.label.as_str() {
        "CERTIFICATE" => {
            let read = x509::public_key(&block.bytes);
            read.map_err(|error| format!("failed to parse a PEM certificate: {}", error.0))?
        }
        "PUBLIC KEY" => {
            let read = key_files::public_key(&block.bytes);
            read.map_err(|error| format!("failed to parse a PEM public key: {}", error.0))?.key
        }
        _ => return Err("failed to extract a Key from the PEM certificate".into()),
    };
    Ok(vec![VerificationKey { algorithm: Use::Anything, id: String::new(), key, is_private: false }])
}

/// What a token's header says, where it matters.
#[derive(Default)]
struct Header<'a> {
    algorithm: &'a str,
    key_id: &'a str,
    content_type: &'a str,
    /// Parameters that must be understood and are not.
    has_unknown_critical: bool,
}

/// Parameters of headers that are understood.
const KNOWN_PARAMETERS: [&str; 5] = ["alg", "crit", "cty", "kid", "typ"];

impl<'a> Header<'a> {
    fn read(object: Object<'a>) -> Result<Self, Failure> {
        let string = |name: &str| match object.get(&Value::string(name)) {
            None => Ok(""),
            Some(value) => value.as_str().ok_or_else(|| Failure::Error(format!("{name}: must be a string"))),
        };
        string("typ")?;
        let mut header = Header {
            algorithm: string("alg")?,
            key_id: string("kid")?,
            content_type: string("cty")?,
            has_unknown_critical: false,
        };
        if let Some(critical) = object.get(&Value::string("crit")) {
            let names = critical.as_array().ok_or_else(|| Failure::error("crit: must be a list"))?;
            if names.first().is_none_or(|first| first.as_str().is_none()) {
                return Err(Failure::error("crit: must be a nonempty list"));
            }
            for name in names {
                let name = name.as_str().ok_or_else(|| Failure::error("crit: must be a list of strings"))?;
                // RFC 7515, section 4.1.11: what is named there must be understood.
                header.has_unknown_critical |= !KNOWN_PARAMETERS.contains(&name);
            }
        }
        Ok(header)
    }
}

/// Whether one of the keys verifies the signature. Where a key has the token's name it alone counts.
fn any_verifies(keys: &[VerificationKey], header: &Header<'_>, verifies: impl Fn(&VerificationKey) -> bool) -> bool {
    if !header.key_id.is_empty()
        && let Some(key) = keys.iter().find(|key| key.id == header.key_id)
    {
        return verifies(key);
    }
    let algorithm = Algorithm::find(header.algorithm);
    let fits = |key: &&VerificationKey| match key.algorithm {
        Use::Anything => true,
        Use::Signature(of_key) => algorithm == Some(of_key),
        Use::Other => false,
    };
    keys.iter().filter(fits).any(verifies)
}

fn verify<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>], algorithm: Algorithm) -> Outcome<'a> {
    let token = Token::split(operand::string(args, 1)?)?;
    let keys = keys_of(ctx, operand::string(args, 2)?)?;
    let signature = encoding::base64url_bytes(token.signature)?;
    let header = Header::read(token.decode_header(ctx)?)?;
    let signed = token.signed();
    Ok(Value::Bool(any_verifies(&keys, &header, |key| {
        !key.is_private && key.key.verifies(algorithm, Form::Loose, signed.as_bytes(), &signature)
    })))
}

fn verify_secret<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>], hash: Hash) -> Outcome<'a> {
    let (text, secret) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let token = Token::split(text)?;
    let signature = encoding::base64url_bytes(token.signature)?;
    Ok(Value::Bool(verify_hmac(hash, secret.as_bytes(), token.signed().as_bytes(), &signature)))
}

/// What `io.jwt.decode_verify` is asked to check.
#[derive(Default)]
struct Constraints<'a> {
    keys: Option<Keys>,
    secret: &'a str,
    algorithm: &'a str,
    issuer: &'a str,
    audience: &'a str,
    /// In nanoseconds.
    time: Option<f64>,
}

impl<'a> Constraints<'a> {
    fn read(ctx: &mut Context<'a, '_>, object: Object<'a>) -> Result<Self, Failure> {
        let mut constraints = Constraints::default();
        for (name, value) in object.entries() {
            let name = name.as_str().ok_or_else(|| Failure::error("token validation constraints must be strings"))?;
            let string =
                || value.as_str().ok_or_else(|| Failure::Error(format!("{name} constraint: must be a string")));
            match name {
                "cert" => constraints.keys = Some(keys_of(ctx, string()?)?),
                "secret" => constraints.secret = string()?,
                "alg" => constraints.algorithm = string()?,
                "iss" => constraints.issuer = string()?,
                "aud" => constraints.audience = string()?,
                "time" => constraints.time = Some(time(value)?),
                _ => return Err(Failure::Error(format!("unknown token validation constraint: {name}"))),
            }
        }
        match (constraints.keys.is_some(), !constraints.secret.is_empty()) {
            (true, true) => Err(Failure::error("duplicate key constraints")),
            (false, false) => Err(Failure::error("no key constraint")),
            _ => Ok(constraints),
        }
    }

    /// Whether the signature is one of the keys' or of the secret.
    fn verify(&self, header: &Header<'_>, signed: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = Algorithm::find(header.algorithm) else { return false };
        match &self.keys {
            Some(keys) => {
                any_verifies(keys, header, |key| key.key.verifies(algorithm, Form::Standard, signed, signature))
            }
            None => match algorithm {
                Algorithm::Hmac(hash) => verify_hmac(hash, self.secret.as_bytes(), signed, signature),
                _ => false,
            },
        }
    }

    /// Whether the claims (RFC 7519, section 4.1) are as they must be.
    fn accept(&self, ctx: &mut Context<'a, '_>, payload: Object<'a>) -> Result<bool, Failure> {
        let claim = |name: &str| payload.get(&Value::string(name));
        if !self.issuer.is_empty() && claim("iss").and_then(|issuer| issuer.as_str()) != Some(self.issuer) {
            return Ok(false);
        }
        let is_meant = match claim("aud") {
            None => self.audience.is_empty(),
            Some(Value::String { text, .. }) => text == self.audience,
            Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(self.audience)),
            Some(_) => false,
        };
        if !is_meant {
            return Ok(false);
        }
        if let Some(expires) = claim("exp")
            && self.compare(ctx, &expires, "exp")? != Ordering::Less
        {
            return Ok(false);
        }
        if let Some(begins) = claim("nbf")
            && self.compare(ctx, &begins, "nbf")? == Ordering::Less
        {
            return Ok(false);
        }
        Ok(true)
    }

    /// How the time compares to that of a claim, which is in seconds.
    fn compare(&self, ctx: &mut Context<'a, '_>, claim: &Value<'a>, name: &str) -> Result<Ordering, Failure> {
        if !matches!(claim, Value::Int(_) | Value::Number(_)) {
            return Err(Failure::Error(format!("{name} value must be a number")));
        }
        let now = match self.time {
            Some(time) => time,
            None => ctx.now()? as f64,
        };
        let now = number::from_f64(ctx.arena, now / 1e9).ok_or_else(|| Failure::error("time is out of range"))?;
        Ok(number::compare(&now, claim))
    }
}

/// The time constraint.
fn time(value: &Value<'_>) -> Result<f64, Failure> {
    let time = match value {
        Value::Int(time) => *time as f64,
        Value::Number(time) => time.as_f64(),
        _ => return Err(Failure::error("token time constraint: must be a number")),
    };
    match time {
        _ if !time.is_finite() => Err(Failure::error("token time constraint: unvalid float64")),
        _ if time < 0.0 => Err(Failure::error("token time constraint: must not be negative")),
        _ => Ok(time),
    }
}

fn decode_verify<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let constraints = Constraints::read(ctx, operand::object(args, 2)?)?;
    let mut text = operand::string(args, 1)?.to_owned();
    let empty = Value::new_object(ctx.arena, &[]);
    let unverified = Value::new_array(ctx.arena, &[Value::Bool(false), empty, empty]);
    // RFC 7519, section 7.2. A token may hold a token, and so on; each must be signed.
    let (header, payload) = loop {
        let token = Token::split(&text)?;
        let object = token.decode_header(ctx)?;
        let header = Header::read(object)?;
        if header.algorithm.is_empty() || header.has_unknown_critical {
            return Ok(unverified);
        }
        if !constraints.algorithm.is_empty() && constraints.algorithm != header.algorithm {
            return Ok(unverified);
        }
        let signature = encoding::base64url_bytes(token.signature)?;
        if !constraints.verify(&header, token.signed().as_bytes(), &signature) {
            return Ok(unverified);
        }
        let payload = token.decode_payload()?;
        if !header.content_type.eq_ignore_ascii_case("JWT") {
            break (object, payload);
        }
        text = String::from_utf8(payload).map_err(|_| Failure::error("nested JWT is no text"))?;
    };
    let payload = object(ctx, &payload)?;
    if !constraints.accept(ctx, payload)? {
        return Ok(unverified);
    }
    Ok(Value::new_array(ctx.arena, &[Value::Bool(true), Value::Object(header), Value::Object(payload)]))
}
