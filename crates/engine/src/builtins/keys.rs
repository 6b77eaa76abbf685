//! Keys for signatures, and what verifies and signs with them.
//!
//! Every way to read a key ends here. A key that cannot be used (too short, a curve that is not supported) is kept
//! as one that verifies nothing, so that it can still be shown.

use super::der::{Malformed, Read, Reader, tag};
use ed25519_dalek as ed25519;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use rsa::BoxedUint;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Hash functions of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// Signature algorithms (RFC 7518, section 3.1, and RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
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
pub(super) enum Form {
    /// As RFC 7518 has it: the salt of PSS as long as the hash, both halves of ECDSA as long as the field.
    Standard,
    /// Any salt for PSS; halves of any length for ECDSA.
    Loose,
}

/// Elliptic curves (FIPS 186-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// How many bytes a coordinate takes.
    pub(super) fn size(self) -> usize {
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
    pub(super) fn name(self) -> &'static str {
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
pub(super) enum Point {
    /// Known to be there but of no use.
    Unsupported,
    P256(p256::ecdsa::VerifyingKey),
    P384(Box<p384::ecdsa::VerifyingKey>),
    P521(Box<p521::ecdsa::VerifyingKey>),
}

/// What verifies a signature.
#[derive(Clone, Debug)]
pub(super) enum PublicKey {
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
pub(super) fn padded(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
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
    fn ec_of_bytes(curve: Curve, bytes: &[u8]) -> Option<PublicKey> {
        let coordinates = bytes.strip_prefix(&[4]).filter(|rest| rest.len() == 2 * curve.size())?;
        let (x, y) = coordinates.split_at_checked(curve.size())?;
        PublicKey::ec(curve, x, y)
    }

    pub(super) fn ed25519(bytes: &[u8]) -> Option<PublicKey> {
        let bytes = <[u8; 32]>::try_from(bytes).ok()?;
        Some(PublicKey::Ed25519 { bytes, key: ed25519::VerifyingKey::from_bytes(&bytes).ok() })
    }

    /// Whether `signature` is this key's for the message. An algorithm for another kind of key gives false.
    pub(super) fn verifies(&self, algorithm: Algorithm, form: Form, message: &[u8], signature: &[u8]) -> bool {
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
    pub(super) fn is_same(&self, other: &PublicKey) -> bool {
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

fn integer(bytes: &[u8]) -> BoxedUint {
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

/// What signs.
#[derive(Clone)]
pub(super) enum PrivateKey {
    Rsa(Box<rsa::PrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(Box<p384::ecdsa::SigningKey>),
    P521(Box<p521::ecdsa::SigningKey>),
    Ed25519(ed25519::SigningKey),
    Secret(Vec<u8>),
}

impl PrivateKey {
    /// An RSA key; nothing if its numbers do not fit together.
    pub(super) fn rsa(n: &[u8], e: &[u8], d: &[u8], primes: &[&[u8]]) -> Option<PrivateKey> {
        let primes = primes.iter().map(|prime| integer(trimmed(prime))).collect();
        let key =
            rsa::PrivateKey::from_components(integer(trimmed(n)), integer(trimmed(e)), integer(trimmed(d)), primes);
        Some(PrivateKey::Rsa(Box::new(key.ok()?)))
    }

    /// A key of a curve; nothing if the number is out of range or the curve not supported.
    pub(super) fn ec(curve: Curve, d: &[u8]) -> Option<PrivateKey> {
        let d = padded(d, curve.size())?;
        Some(match curve {
            Curve::P224 => return None,
            Curve::P256 => PrivateKey::P256(p256::ecdsa::SigningKey::from_slice(&d).ok()?),
            Curve::P384 => PrivateKey::P384(Box::new(p384::ecdsa::SigningKey::from_slice(&d).ok()?)),
            Curve::P521 => PrivateKey::P521(Box::new(p521::ecdsa::SigningKey::from_slice(&d).ok()?)),
        })
    }

    pub(super) fn ed25519(seed: &[u8]) -> Option<PrivateKey> {
        let seed = <[u8; 32]>::try_from(seed).ok()?;
        Some(PrivateKey::Ed25519(ed25519::SigningKey::from_bytes(&seed)))
    }

    /// Its other half.
    pub(super) fn public(&self) -> Option<PublicKey> {
        match self {
            PrivateKey::Rsa(key) => {
                use rsa::traits::PublicKeyParts;
                Some(PublicKey::rsa(&key.n().to_be_bytes(), &key.e().to_be_bytes()))
            }
            PrivateKey::P256(key) => {
                PublicKey::ec_of_bytes(Curve::P256, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            PrivateKey::P384(key) => {
                PublicKey::ec_of_bytes(Curve::P384, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            PrivateKey::P521(key) => {
                PublicKey::ec_of_bytes(Curve::P521, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            PrivateKey::Ed25519(key) => PublicKey::ed25519(key.verifying_key().as_bytes()),
            PrivateKey::Secret(secret) => Some(PublicKey::Secret(secret.clone())),
        }
    }

    /// The signature of a message. PSS takes its salt from the seed that `random` gives.
    pub(super) fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        random: &mut dyn FnMut() -> Option<[u8; 32]>,
    ) -> Result<Vec<u8>, String> {
        let failed = |_| "signing failed".to_owned();
        match (self, algorithm) {
            (PrivateKey::Secret(secret), Algorithm::Hmac(hash)) => sign_hmac(hash, secret, message),
            (PrivateKey::Rsa(key), Algorithm::Rsa(hash)) => {
                let digest = hash.digest(message);
                match hash {
                    Hash::Sha256 => key.sign(rsa::Pkcs1v15Sign::new::<Sha256>(), &digest),
                    Hash::Sha384 => key.sign(rsa::Pkcs1v15Sign::new::<Sha384>(), &digest),
                    Hash::Sha512 => key.sign(rsa::Pkcs1v15Sign::new::<Sha512>(), &digest),
                }
                .map_err(|_| "signing failed".to_owned())
            }
            (PrivateKey::Rsa(key), Algorithm::Pss(hash)) => {
                let digest = hash.digest(message);
                let mut random = Random { seed: random().ok_or("the host gives no random numbers")?, counter: 0 };
                match hash {
                    Hash::Sha256 => key.sign_with_rng(&mut random, rsa::Pss::<Sha256>::new(), &digest),
                    Hash::Sha384 => key.sign_with_rng(&mut random, rsa::Pss::<Sha384>::new(), &digest),
                    Hash::Sha512 => key.sign_with_rng(&mut random, rsa::Pss::<Sha512>::new(), &digest),
                }
                .map_err(|_| "signing failed".to_owned())
            }
            // The nonce of ECDSA is made of key and message (RFC 6979) and so asks for no random numbers.
            (PrivateKey::P256(key), Algorithm::Ecdsa(hash)) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&hash.digest(message)).map_err(failed)?;
                Ok(signature.to_bytes().to_vec())
            }
            (PrivateKey::P384(key), Algorithm::Ecdsa(hash)) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&hash.digest(message)).map_err(failed)?;
                Ok(signature.to_bytes().to_vec())
            }
            (PrivateKey::P521(key), Algorithm::Ecdsa(hash)) => {
                let signature: p521::ecdsa::Signature = key.sign_prehash(&hash.digest(message)).map_err(failed)?;
                Ok(signature.to_bytes().to_vec())
            }
            (PrivateKey::Ed25519(key), Algorithm::EdDsa) => {
                use ed25519::Signer;
                Ok(key.try_sign(message).map_err(failed)?.to_bytes().to_vec())
            }
            _ => Err("the key is of another kind than the algorithm needs".into()),
        }
    }
}

fn sign_hmac(hash: Hash, secret: &[u8], message: &[u8]) -> Result<Vec<u8>, String> {
    fn sign<M: Mac + KeyInit>(secret: &[u8], message: &[u8]) -> Result<Vec<u8>, String> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).map_err(|error| error.to_string())?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
    match hash {
        Hash::Sha256 => sign::<Hmac<Sha256>>(secret, message),
        Hash::Sha384 => sign::<Hmac<Sha384>>(secret, message),
        Hash::Sha512 => sign::<Hmac<Sha512>>(secret, message),
    }
}

/// Random bytes for the crates, stretched from a seed of the host's (a counter hashed with it). Crates that draw until
/// a number fits would hang with a host whose numbers repeat.
struct Random {
    seed: [u8; 32],
    counter: u64,
}

impl rsa::rand_core::TryRng for Random {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.counter.to_le_bytes()).finalize();
            self.counter += 1;
            for (byte, random) in chunk.iter_mut().zip(block) {
                *byte = random;
            }
        }
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Random {}

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
pub(super) struct SubjectPublicKey {
    /// Go's number for the algorithm.
    pub algorithm: i64,
    pub key: PublicKey,
}

/// Reads a subject's public key from the element's reader.
pub(super) fn subject_public_key(mut info: Reader<'_>) -> Read<SubjectPublicKey> {
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
pub(super) enum PrivateParts {
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
pub(super) struct RsaParts {
    pub n: Vec<u8>,
    pub e: Vec<u8>,
    pub d: Vec<u8>,
    pub p: Vec<u8>,
    pub q: Vec<u8>,
}

impl PrivateParts {
    /// The key; nothing if its numbers do not fit together.
    pub(super) fn key(&self) -> Option<PrivateKey> {
        match self {
            PrivateParts::Rsa(parts) => PrivateKey::rsa(&parts.n, &parts.e, &parts.d, &[&parts.p, &parts.q]),
            PrivateParts::Ec { curve, d } => PrivateKey::ec(*curve, d),
            PrivateParts::Ed25519 { seed } => PrivateKey::ed25519(seed),
        }
    }
}

/// Reads an RSA private key (RFC 8017, appendix A.1.2).
pub(super) fn rsa_private_key(der: &[u8]) -> Read<PrivateParts> {
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
pub(super) fn ec_private_key(der: &[u8], curve: Option<Curve>) -> Read<PrivateParts> {
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
pub(super) fn private_key(der: &[u8]) -> Read<PrivateParts> {
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
