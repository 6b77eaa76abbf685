//! Keys that sign.

use super::keys::{Algorithm, Curve, Hash, PublicKey, integer, padded, trimmed};
use ed25519_dalek as ed25519;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// What signs.
#[derive(Clone)]
pub(in crate::builtins) enum PrivateKey {
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
    pub(in crate::builtins) fn public(&self) -> Option<PublicKey> {
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
