//! Private keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use hushproof_core::{error::Result, json};
use rand_core::{CryptoRng, RngCore};

use super::{Algorithm, Jwk, KeySet, PublicKey, bad, check_len, coordinate};

/// A private key. It has no `Debug`, which could be logged.
pub struct SigningKey {
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    Es256(p256::ecdsa::SigningKey),
    EdDsa(ed25519_dalek::SigningKey),
}

impl Secret {
    /// The public part, under its thumbprint.
    fn public(&self) -> PublicKey {
        match self {
            Self::Es256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let coordinate = |part: Option<&p256::FieldBytes>| part.copied().unwrap_or_default().into();
                PublicKey::new(Algorithm::Es256, coordinate(point.x()), Some(coordinate(point.y())))
            }
            Self::EdDsa(key) => PublicKey::new(Algorithm::EdDsa, key.verifying_key().to_bytes(), None),
        }
    }
}

impl SigningKey {
    /// A new key, whose id is its thumbprint.
    pub fn new(algorithm: Algorithm, mut rng: impl RngCore + CryptoRng) -> Self {
        let secret = match algorithm {
            Algorithm::Es256 => Secret::Es256(p256::ecdsa::SigningKey::random(&mut rng)),
            Algorithm::EdDsa => Secret::EdDsa(ed25519_dalek::SigningKey::generate(&mut rng)),
        };
        Self { public: secret.public(), secret }
    }

    /// Reads a private JSON Web Key.
    ///
    /// # Errors
    /// `Artifact` for text that is none, and where public and private part do not belong together.
    pub fn from_json(text: &str) -> Result<Self> {
        check_len(text)?;
        // A message of the parser could show the secret.
        let jwk: Jwk = json::object(text.as_bytes()).map_err(|_| bad("expected a private JSON Web Key"))?;
        let public = PublicKey::read(&jwk)?.ok_or_else(|| bad("expected a key for signatures on P-256 or Ed25519"))?;
        let bytes = coordinate("d", jwk.d.as_deref().ok_or_else(|| bad("d: needed; this key is public"))?)?;
        let secret = match public.algorithm {
            Algorithm::Es256 => {
                let key = p256::ecdsa::SigningKey::from_bytes(&bytes.into());
                Secret::Es256(key.map_err(|_| bad("d: no scalar of the curve"))?)
            }
            Algorithm::EdDsa => Secret::EdDsa(ed25519_dalek::SigningKey::from_bytes(&bytes)),
        };
        let own = secret.public();
        if (own.x, own.y) != (public.x, public.y) {
            return Err(bad("d: belongs to another public key"));
        }
        Ok(Self { secret, public })
    }

    /// The key as JSON, with its secret.
    pub fn to_json(&self) -> String {
        let secret = match &self.secret {
            Secret::Es256(key) => URL_SAFE_NO_PAD.encode(key.to_bytes()),
            Secret::EdDsa(key) => URL_SAFE_NO_PAD.encode(key.to_bytes()),
        };
        serde_json::json!(Jwk { d: Some(secret), ..self.public.jwk() }).to_string()
    }

    /// The set that relying parties are given.
    pub fn public(&self) -> KeySet {
        KeySet { keys: vec![self.public.clone()] }
    }

    /// How it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.public.algorithm
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.public.id
    }

    pub(crate) fn sign(&self, signed: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(signed);
                signature.to_bytes().to_vec()
            }
            Secret::EdDsa(key) => key.sign(signed).to_bytes().to_vec(),
        }
    }
}
