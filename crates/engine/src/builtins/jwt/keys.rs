//! Algorithms of signatures, and keys that verify them.
//!
//! Every way to read a key ends here. A key that cannot be used (too short, a curve that is not supported) is kept
//! as one that verifies nothing, so that it can still be shown.

use ed25519_dalek as ed25519;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::BoxedUint;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Hash functions of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtins) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// Signature algorithms (RFC 7518, section 3.1, and RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtins) enum Algorithm {
    Hmac(Hash),
    /// RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// RSASSA-PSS.
    Pss(Hash),
    Ecdsa(Hash),
    EdDsa,
}

impl Algorithm {
    /// The algorithm called `name` in a token's header.
    pub(super) fn find(name: &str) -> Option<Algorithm> {
        use Hash::{Sha256, Sha384, Sha512};
        Some(match name {
            "HS256" => Algorithm::Hmac(Sha256),
            "HS384" => Algorithm::Hmac(Sha384),
            "HS512" => Algorithm::Hmac(Sha512),
            "RS256" => Algorithm::Rsa(Sha256),
            "RS384" => Algorithm::Rsa(Sha384),
            "RS512" => Algorithm::Rsa(Sha512),
            "PS256" => Algorithm::Pss(Sha256),
            "PS384" => Algorithm::Pss(Sha384),
            "PS512" => Algorithm::Pss(Sha512),
            "ES256" => Algorithm::Ecdsa(Sha256),
            "ES384" => Algorithm::Ecdsa(Sha384),
            "ES512" => Algorithm::Ecdsa(Sha512),
            "EdDSA" => Algorithm::EdDsa,
            _ => return None,
        })
    }
}

/// How much a signature may differ from the standard's form. OPA's `io.jwt.verify_*` and `io.jwt.decode_verify` do
/// not take the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtins) enum Form {
    /// As RFC 7518 has it: the salt of PSS as long as the hash, both halves of ECDSA as long as the field.
    Standard,
    /// Any salt for PSS; halves of any length for ECDSA.
    Loose,
}

/// Elliptic curves (FIPS 186-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtins) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// How many bytes a coordinate takes.
    pub(in crate::builtins) fn size(self) -> usize {
        match self {
            Curve::P224 => 28,
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// The curve of an object identifier.
    pub(super) fn of_oid(oid: &[u64]) -> Option<Curve> {
        match oid {
            [1, 3, 132, 0, 33] => Some(Curve::P224),
            [1, 2, 840, 10045, 3, 1, 7] => Some(Curve::P256),
            [1, 3, 132, 0, 34] => Some(Curve::P384),
            [1, 3, 132, 0, 35] => Some(Curve::P521),
            _ => None,
        }
    }

    /// The curve called `name` in a JWK.
    pub(super) fn find(name: &str) -> Option<Curve> {
        match name {
            "P-256" => Some(Curve::P256),
            "P-384" => Some(Curve::P384),
            "P-521" => Some(Curve::P521),
            _ => None,
        }
    }

    /// Its name in a JWK.
    pub(in crate::builtins) fn name(self) -> &'static str {
        match self {
            Curve::P224 => "P-224",
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }
}

/// A point on a curve, checked to be on it.
#[derive(Clone, Debug)]
pub(in crate::builtins) enum Point {
    /// Known to be there but of no use.
    Unsupported,
    P256(p256::ecdsa::VerifyingKey),
    P384(Box<p384::ecdsa::VerifyingKey>),
    P521(Box<p521::ecdsa::VerifyingKey>),
}

/// What verifies a signature.
#[derive(Clone, Debug)]
pub(in crate::builtins) enum PublicKey {
    Rsa {
        /// The modulus, without leading zeros.
        n: Vec<u8>,
        /// The public exponent, without leading zeros.
        e: Vec<u8>,
        /// Nothing if it cannot be used.
        key: Option<Box<rsa::PublicKey>>,
    },
    Ec {
        curve: Curve,
        x: Vec<u8>,
        y: Vec<u8>,
        point: Point,
    },
    Ed25519 {
        bytes: [u8; 32],
        /// Nothing if it cannot be used.
        key: Option<ed25519::VerifyingKey>,
    },
    /// A shared secret.
    Secret(Vec<u8>),
    /// Something else, which verifies nothing.
    Other,
}

/// The sizes of RSA keys in bits that are worked with. Go takes none below either.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=16384;

/// Without leading zeros.
pub(super) fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// With leading zeros to be `size` bytes long; nothing if it is longer.
pub(in crate::builtins) fn padded(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let bytes = trimmed(bytes);
    let mut out = vec![0; size.checked_sub(bytes.len())?];
    out.extend_from_slice(bytes);
    Some(out)
}

impl PublicKey {
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> PublicKey {
        let (n, e) = (trimmed(n), trimmed(e));
        // Go's exponents have 31 bits.
        let key = (e.len() < 4 || (e.len() == 4 && e.first().is_some_and(|first| *first < 0x80)))
            .then(|| rsa::PublicKey::new_with_size_limits(integer(n), integer(e), RSA_BITS).ok())
            .flatten();
        PublicKey::Rsa { n: n.to_vec(), e: e.to_vec(), key: key.map(Box::new) }
    }

    /// The point of these coordinates; nothing if it is not on the curve.
    pub(super) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Option<PublicKey> {
        let (x, y) = (padded(x, curve.size())?, padded(y, curve.size())?);
        let encoded = [&[4], x.as_slice(), y.as_slice()].concat();
        let point = match curve {
            Curve::P224 => Point::Unsupported,
            Curve::P256 => Point::P256(p256::ecdsa::VerifyingKey::from_sec1_bytes(&encoded).ok()?),
            Curve::P384 => Point::P384(Box::new(p384::ecdsa::VerifyingKey::from_sec1_bytes(&encoded).ok()?)),
            Curve::P521 => Point::P521(Box::new(p521::ecdsa::VerifyingKey::from_sec1_bytes(&encoded).ok()?)),
        };
        Some(PublicKey::Ec { curve, x, y, point })
    }

    /// The point that SEC 1 bytes without compression give.
    pub(super) fn ec_of_bytes(curve: Curve, bytes: &[u8]) -> Option<PublicKey> {
        let coordinates = bytes.strip_prefix(&[4]).filter(|rest| rest.len() == 2 * curve.size())?;
        let (x, y) = coordinates.split_at_checked(curve.size())?;
        PublicKey::ec(curve, x, y)
    }

    pub(super) fn ed25519(bytes: &[u8]) -> Option<PublicKey> {
        let bytes = <[u8; 32]>::try_from(bytes).ok()?;
        Some(PublicKey::Ed25519 { bytes, key: ed25519::VerifyingKey::from_bytes(&bytes).ok() })
    }

    /// Whether `signature` is this key's for the message. An algorithm for another kind of key gives false.
    pub(in crate::builtins) fn verifies(
        &self,
        algorithm: Algorithm,
        form: Form,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        match (self, algorithm) {
            (PublicKey::Secret(secret), Algorithm::Hmac(hash)) => verify_hmac(hash, secret, message, signature),
            (PublicKey::Rsa { key: Some(key), .. }, Algorithm::Rsa(hash)) => {
                let digest = hash.digest(message);
                match hash {
                    Hash::Sha256 => key.pkcs1v15_verify_prehash::<Sha256>(&digest, signature),
                    Hash::Sha384 => key.pkcs1v15_verify_prehash::<Sha384>(&digest, signature),
                    Hash::Sha512 => key.pkcs1v15_verify_prehash::<Sha512>(&digest, signature),
                }
                .is_ok()
            }
            (PublicKey::Rsa { key: Some(key), .. }, Algorithm::Pss(hash)) => match hash {
                Hash::Sha256 => verify_pss::<Sha256>(key, form, message, signature),
                Hash::Sha384 => verify_pss::<Sha384>(key, form, message, signature),
                Hash::Sha512 => verify_pss::<Sha512>(key, form, message, signature),
            },
            (PublicKey::Ec { curve, point, .. }, Algorithm::Ecdsa(hash)) => {
                let digest = hash.digest(message);
                verify_ecdsa(*curve, point, form, &digest, signature).unwrap_or(false)
            }
            (PublicKey::Ed25519 { key: Some(key), .. }, Algorithm::EdDsa) => {
                // The strict check refuses keys under which one signature fits many messages.
                ed25519::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            _ => false,
        }
    }

    /// Whether it has the same numbers.
    pub(in crate::builtins) fn is_same(&self, other: &PublicKey) -> bool {
        match (self, other) {
            (PublicKey::Rsa { n, e, .. }, PublicKey::Rsa { n: other_n, e: other_e, .. }) => {
                n == other_n && e == other_e
            }
            (PublicKey::Ec { curve, x, y, .. }, PublicKey::Ec { curve: other_curve, x: other_x, y: other_y, .. }) => {
                curve == other_curve && x == other_x && y == other_y
            }
            (PublicKey::Ed25519 { bytes, .. }, PublicKey::Ed25519 { bytes: other, .. }) => bytes == other,
            _ => false,
        }
    }
}

pub(super) fn integer(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(bytes)
}

fn verify_pss<D: Digest + sha2::digest::FixedOutputReset>(
    key: &rsa::PublicKey,
    form: Form,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let longest = RSA_BITS.end().div_ceil(8);
    let verifier = match form {
        Form::Standard => rsa::pss::VerifyingKey::<D>::new(key.clone()),
        Form::Loose => rsa::pss::VerifyingKey::<D>::new_with_auto_salt_len(key.clone()),
    };
    rsa::pss::Signature::from_bytes_with_max_len(signature, longest)
        .is_ok_and(|signature| verifier.verify_prehash(&D::digest(message), &signature).is_ok())
}

fn verify_ecdsa(curve: Curve, point: &Point, form: Form, digest: &[u8], signature: &[u8]) -> Option<bool> {
    let size = curve.size();
    if form == Form::Standard && signature.len() != 2 * size {
        return None;
    }
    let (r, s) = signature.split_at_checked(signature.len() / 2)?;
    let signature = [padded(r, size)?, padded(s, size)?].concat();
    Some(match point {
        Point::Unsupported => false,
        Point::P256(key) => {
            let signature = p256::ecdsa::Signature::from_slice(&signature).ok()?;
            key.verify_prehash(digest, &signature).is_ok()
        }
        Point::P384(key) => {
            let signature = p384::ecdsa::Signature::from_slice(&signature).ok()?;
            key.verify_prehash(digest, &signature).is_ok()
        }
        Point::P521(key) => {
            let signature = p521::ecdsa::Signature::from_slice(&signature).ok()?;
            key.verify_prehash(digest, &signature).is_ok()
        }
    })
}

/// Whether `code` authenticates the message; how long it takes does not tell where they differ.
pub(super) fn verify_hmac(hash: Hash, secret: &[u8], message: &[u8], code: &[u8]) -> bool {
    fn verify<M: Mac + KeyInit>(secret: &[u8], message: &[u8], code: &[u8]) -> bool {
        let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret) else { return false };
        mac.update(message);
        mac.verify_slice(code).is_ok()
    }
    match hash {
        Hash::Sha256 => verify::<Hmac<Sha256>>(secret, message, code),
        Hash::Sha384 => verify::<Hmac<Sha384>>(secret, message, code),
        Hash::Sha512 => verify::<Hmac<Sha512>>(secret, message, code),
    }
}
