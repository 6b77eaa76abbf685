//! JSON Web Keys and sets of them (RFC 7517, RFC 7518 section 6, RFC 8037).

use super::keys::{Algorithm, Curve, PublicKey, trimmed};
use super::private_keys::PrivateKey;
use crate::value::{Bump, SymbolTable, Value, json};
use data_encoding::BASE64URL_NOPAD;

/// One key of a set.
pub(super) struct Jwk {
    /// What it is to be used with.
    pub algorithm: Use,
    /// Its name, empty if it has none.
    pub id: String,
    /// What it verifies.
    pub public: PublicKey,
    /// What it signs with, if it is a private key.
    pub private: Option<PrivateKey>,
}

/// What a key says it is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It does not say.
    Anything,
    /// A signature algorithm.
    Signature(Algorithm),
    /// Something known that is no signature algorithm of tokens.
    Other,
}

/// Algorithms that a key may name and that do not sign tokens (RFC 7518, section 4.1, and RFC 8812).
const OTHER_ALGORITHMS: &[&str] = &[
    "A128GCMKW",
    "A128KW",
    "A192GCMKW",
    "A192KW",
    "A256GCMKW",
    "A256KW",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "ES256K",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "RSA1_5",
    "dir",
    "none",
];

/// The keys of a JSON text: a set's, or the one that it is. One key that is not understood makes all of them fail.
pub(super) fn parse(text: &str) -> Result<Vec<Jwk>, String> {
    let arena = Bump::new();
    let document =
        json::parse(&arena, text.as_bytes(), &SymbolTable::new()).map_err(|error| error.message.to_string())?;
    if document.as_object().is_none() {
        return Err("a key must be an object".into());
    }
    match document.field("keys") {
        None => Ok(vec![key(document)?]),
        Some(Value::Array(keys)) => keys.iter().map(|found| key(*found)).collect(),
        Some(_) => Err("\"keys\" must be an array".into()),
    }
}

/// A field that is a string, empty if it is not there.
fn text<'a>(key: Value<'a>, name: &str) -> Result<&'a str, String> {
    match key.field(name) {
        None => Ok(""),
        Some(value) => value.as_str().ok_or_else(|| format!("field {name} must be a string")),
    }
}

/// The bytes of a field in base64.
fn bytes(key: Value<'_>, name: &str) -> Result<Option<Vec<u8>>, String> {
    let Some(value) = key.field(name) else { return Ok(None) };
    let digits = value.as_str().ok_or_else(|| format!("field {name} must be a string"))?;
    // Keys in the other alphabet or with padding are about.
    let digits: String = digits.trim_end_matches('=').replace('+', "-").replace('/', "_");
    BASE64URL_NOPAD.decode(digits.as_bytes()).map(Some).map_err(|error| format!("field {name}: {error}"))
}

/// The bytes of a field that must be there.
fn required(key: Value<'_>, name: &str) -> Result<Vec<u8>, String> {
    let found = bytes(key, name)?.filter(|bytes| !bytes.is_empty());
    found.ok_or_else(|| format!("required field {name} is missing"))
}

fn key(key: Value<'_>) -> Result<Jwk, String> {
    let algorithm = match text(key, "alg")? {
        "" if key.field("alg").is_none() => Use::Anything,
        name => match Algorithm::find(name) {
            Some(algorithm) => Use::Signature(algorithm),
            None if OTHER_ALGORITHMS.contains(&name) => Use::Other,
            None => return Err(format!("invalid key algorithm: {name:?}")),
        },
    };
    for name in ["use", "x5t", "x5t#S256", "x5u"] {
        text(key, name)?;
    }
    let kind = text(key, "kty")?;
    let (public, private) = match kind {
        "RSA" => rsa(key)?,
        "EC" => ec(key)?,
        "OKP" => okp(key)?,
        "oct" => {
            let secret = required(key, "k")?;
            (PublicKey::Secret(secret.clone()), Some(PrivateKey::Secret(secret)))
        }
        other => return Err(format!("invalid key type from JSON ({other})")),
    };
    Ok(Jwk { algorithm, id: text(key, "kid")?.to_owned(), public, private })
}

fn rsa(key: Value<'_>) -> Result<(PublicKey, Option<PrivateKey>), String> {
    let (n, e) = (required(key, "n")?, required(key, "e")?);
    if trimmed(&n).is_empty() || e.last().is_none_or(|last| last % 2 == 0) {
        return Err("invalid RSA modulus or exponent".into());
    }
    let public = PublicKey::rsa(&n, &e);
    let Some(d) = bytes(key, "d")? else { return Ok((public, None)) };
    if key.field("oth").is_some() {
        return Err("RSA keys of more than two primes are not supported".into());
    }
    let primes = [required(key, "p")?, required(key, "q")?];
    let primes: Vec<&[u8]> = primes.iter().map(Vec::as_slice).collect();
    let private = PrivateKey::rsa(&n, &e, &d, &primes).ok_or("invalid RSA private key")?;
    Ok((public, Some(private)))
}

fn ec(key: Value<'_>) -> Result<(PublicKey, Option<PrivateKey>), String> {
    let name = text(key, "crv")?;
    let curve = Curve::find(name).ok_or_else(|| format!("unknown EllipticCurveAlgorithm: {name:?}"))?;
    let coordinate = |name: &str| {
        let bytes = required(key, name)?;
        if bytes.len() == curve.size() {
            return Ok(bytes);
        }
        Err(format!("invalid {name:?} length ({}) for curve {:?}", bytes.len(), curve.name()))
    };
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    let public = PublicKey::ec(curve, &x, &y).ok_or("the point is not on the curve")?;
    let Some(d) = bytes(key, "d")? else { return Ok((public, None)) };
    let private = PrivateKey::ec(curve, &d).ok_or("invalid EC private key")?;
    Ok((public, Some(private)))
}

fn okp(key: Value<'_>) -> Result<(PublicKey, Option<PrivateKey>), String> {
    let x = required(key, "x")?;
    match text(key, "crv")? {
        "Ed25519" => {
            let public = PublicKey::ed25519(&x).ok_or("ed25519: wrong public key size")?;
            let Some(d) = bytes(key, "d")? else { return Ok((public, None)) };
            let private = PrivateKey::ed25519(&d).ok_or("ed25519: wrong private key size")?;
            if !private.public().is_some_and(|other| other.is_same(&public)) {
                return Err("ed25519: invalid x value given d value".into());
            }
            Ok((public, Some(private)))
        }
        "X25519" if x.len() == 32 => Ok((PublicKey::Other, None)),
        "X25519" => Err("x25519: wrong public key size".into()),
        other => Err(format!("unknown curve: {other:?}")),
    }
}
