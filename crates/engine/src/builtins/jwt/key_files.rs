//! Keys in DER: public ones (RFC 5280), private ones (RFC 8017, RFC 5915, RFC 5208).

use super::keys::{Curve, PublicKey, padded, trimmed};
use super::private_keys::PrivateKey;
use crate::builtins::x509::der::{Malformed, Read, Reader, tag};

const RSA: [u64; 7] = [1, 2, 840, 113549, 1, 1, 1];
const EC: [u64; 6] = [1, 2, 840, 10045, 2, 1];
const ED25519: [u64; 4] = [1, 3, 101, 112];
const DSA: [u64; 6] = [1, 2, 840, 10040, 4, 1];
const X25519: [u64; 4] = [1, 3, 101, 110];

/// Go's numbers for algorithms of public keys.
pub(super) fn algorithm_number(oid: &[u64]) -> i64 {
    match oid {
        _ if oid == RSA => 1,
        _ if oid == DSA => 2,
        _ if oid == EC => 3,
        _ if oid == ED25519 => 4,
        _ => 0,
    }
}

/// A public key with its algorithm (RFC 5280, section 4.1.2.7).
pub(in crate::builtins) struct SubjectPublicKey {
    /// Go's number for the algorithm.
    pub algorithm: i64,
    pub key: PublicKey,
}

/// Reads a subject's public key from the element's reader.
pub(in crate::builtins) fn subject_public_key(mut info: Reader<'_>) -> Read<SubjectPublicKey> {
    let mut algorithm = info.sequence()?;
    let oid = algorithm.oid()?;
    let (bytes, unused) = info.bits()?;
    info.end()?;
    if unused != 0 {
        return Err(Malformed::new("x509: malformed subjectPublicKey"));
    }
    let key = if oid == RSA {
        if algorithm.rest() != [tag::NULL, 0] {
            return Err(Malformed::new("x509: RSA key missing NULL parameters"));
        }
        let mut outer = Reader::new(bytes);
        let mut numbers = outer.sequence().map_err(|_| Malformed::new("x509: invalid RSA public key"))?;
        outer.end()?;
        let n = numbers.unsigned().map_err(|_| Malformed::new("x509: invalid RSA modulus"))?;
        let e = numbers.unsigned().map_err(|_| Malformed::new("x509: invalid RSA public exponent"))?;
        numbers.end()?;
        if n.is_empty() || trimmed(e).is_empty() || e.len() > 8 {
            return Err(Malformed::new("x509: RSA modulus or exponent is not a positive number"));
        }
        PublicKey::rsa(n, e)
    } else if oid == EC {
        let curve = algorithm.oid().map_err(|_| Malformed::new("x509: invalid ECDSA parameters"))?;
        algorithm.end()?;
        let curve = Curve::of_oid(&curve).ok_or_else(|| Malformed::new("x509: unsupported elliptic curve"))?;
        PublicKey::ec_of_bytes(curve, bytes)
            .ok_or_else(|| Malformed::new("x509: failed to unmarshal elliptic curve point"))?
    } else if oid == ED25519 {
        if !algorithm.is_empty() {
            return Err(Malformed::new("x509: Ed25519 key encoded with illegal parameters"));
        }
        PublicKey::ed25519(bytes).ok_or_else(|| Malformed::new("x509: wrong Ed25519 public key size"))?
    } else {
        PublicKey::Other
    };
    Ok(SubjectPublicKey { algorithm: algorithm_number(&oid), key })
}

/// Reads the DER of a public key (`PUBLIC KEY` in PEM).
pub(super) fn public_key(der: &[u8]) -> Read<SubjectPublicKey> {
    let mut outer = Reader::new(der);
    let info = outer.sequence()?;
    outer.end().map_err(|_| Malformed::new("x509: trailing data after ASN.1 of public-key"))?;
    let key = subject_public_key(info)?;
    // Of the other kinds Go knows DSA and X25519.
    let mut algorithm = { info }.sequence()?;
    let oid = algorithm.oid()?;
    if key.algorithm == 0 && oid != X25519 {
        return Err(Malformed::new("x509: unknown public key algorithm"));
    }
    Ok(key)
}

/// The numbers of a private key.
pub(in crate::builtins) enum PrivateParts {
    /// As PKCS#1 has them.
    Rsa(RsaParts),
    Ec {
        curve: Curve,
        d: Vec<u8>,
    },
    Ed25519 {
        seed: Vec<u8>,
    },
}

/// An RSA key's numbers, without leading zeros.
pub(in crate::builtins) struct RsaParts {
    pub n: Vec<u8>,
    pub e: Vec<u8>,
    pub d: Vec<u8>,
    pub p: Vec<u8>,
    pub q: Vec<u8>,
}

impl PrivateParts {
    /// The key; nothing if its numbers do not fit together.
    pub(in crate::builtins) fn key(&self) -> Option<PrivateKey> {
        match self {
            PrivateParts::Rsa(parts) => PrivateKey::rsa(&parts.n, &parts.e, &parts.d, &[&parts.p, &parts.q]),
            PrivateParts::Ec { curve, d } => PrivateKey::ec(*curve, d),
            PrivateParts::Ed25519 { seed } => PrivateKey::ed25519(seed),
        }
    }
}

/// Reads an RSA private key (RFC 8017, appendix A.1.2).
pub(in crate::builtins) fn rsa_private_key(der: &[u8]) -> Read<PrivateParts> {
    let mut outer = Reader::new(der);
    let mut key = outer.sequence()?;
    outer.end()?;
    if key.small()? != 0 {
        return Err(Malformed::new("x509: unsupported private key version"));
    }
    let mut number = || key.unsigned().map(|number| number.to_vec());
    let (n, e, d, p, q) = (number()?, number()?, number()?, number()?, number()?);
    for _ in ["dp", "dq", "qi"] {
        number()?;
    }
    key.end()?;
    let parts = PrivateParts::Rsa(RsaParts { n, e, d, p, q });
    parts.key().map(|_| ()).ok_or_else(|| Malformed::new("x509: invalid RSA private key"))?;
    Ok(parts)
}

/// Reads a private key of an elliptic curve (RFC 5915). The curve may be given from outside.
pub(in crate::builtins) fn ec_private_key(der: &[u8], curve: Option<Curve>) -> Read<PrivateParts> {
    let mut outer = Reader::new(der);
    let mut key = outer.sequence()?;
    outer.end()?;
    if key.small()? != 1 {
        return Err(Malformed::new("x509: unknown EC private key version"));
    }
    let d = key.expect(tag::OCTET_STRING)?.content;
    let named = match key.optional(tag::constructed(0))? {
        Some(parameters) => Curve::of_oid(&parameters.reader().oid()?),
        None => None,
    };
    let curve = curve.or(named).ok_or_else(|| Malformed::new("x509: unknown elliptic curve"))?;
    let parts = PrivateParts::Ec {
        curve,
        d: padded(d, curve.size()).ok_or_else(|| Malformed::new("x509: invalid private key length"))?,
    };
    parts.key().map(|_| ()).ok_or_else(|| Malformed::new("x509: invalid elliptic curve private key value"))?;
    Ok(parts)
}

/// Reads a private key of any kind (RFC 5208).
pub(in crate::builtins) fn private_key(der: &[u8]) -> Read<PrivateParts> {
    let mut outer = Reader::new(der);
    let mut info = outer.sequence()?;
    outer.end()?;
    info.small()?;
    let mut algorithm = info.sequence()?;
    let oid = algorithm.oid()?;
    let bytes = info.expect(tag::OCTET_STRING)?.content;
    if oid == RSA {
        rsa_private_key(bytes)
    } else if oid == EC {
        let curve = Curve::of_oid(&algorithm.oid()?);
        ec_private_key(bytes, curve)
    } else if oid == ED25519 {
        let mut inner = Reader::new(bytes);
        let seed = inner.expect(tag::OCTET_STRING)?.content.to_vec();
        inner.end()?;
        let parts = PrivateParts::Ed25519 { seed };
        parts.key().map(|_| ()).ok_or_else(|| Malformed::new("x509: invalid Ed25519 private key length"))?;
        Ok(parts)
    } else {
        Err(Malformed::new("x509: PKCS#8 wrapping contained private key with unknown algorithm"))
    }
}
