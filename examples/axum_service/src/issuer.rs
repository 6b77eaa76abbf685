//! Who signs tokens. Elsewhere that is a service of its own; this one has a key that it makes when the program begins.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Signs tokens with a key of its own.
pub struct Issuer(SigningKey);

/// What a token says.
#[derive(Clone, Debug, Serialize)]
pub struct Claims {
    /// Who it is for.
    pub sub: String,
    /// What they may do besides.
    pub roles: Vec<String>,
    /// Who says so.
    pub iss: String,
    /// Which service it is for.
    pub aud: String,
    /// When it runs out, in seconds since the Unix epoch.
    pub exp: u64,
}

impl Claims {
    /// What the policy of this service takes, for an hour.
    pub fn of(name: &str, roles: &[&str]) -> Self {
        let end = SystemTime::now() + Duration::from_secs(3600);
        Claims {
            sub: name.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            iss: "https://issuer.example".to_owned(),
            aud: "accounts".to_owned(),
            exp: end.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        }
    }
}

impl Issuer {
    /// One with a new key.
    ///
    /// # Errors
    ///
    /// The system has no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Issuer(SigningKey::from_bytes(&seed)))
    }

    /// The public key, as a JSON Web Key Set: all that the service knows.
    pub fn keys(&self) -> String {
        let point = BASE64URL_NOPAD.encode(self.0.verifying_key().as_bytes());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": point}]}).to_string()
    }

    /// A signed token: a JSON Web Token of the algorithm EdDSA.
    pub fn token(&self, claims: &Claims) -> String {
        let part = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
        let signed =
            format!("{}.{}", part(json!({"alg": "EdDSA", "typ": "JWT"}).to_string()), part(json!(claims).to_string()));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }
}
