//! Keys as JSON Web Keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use hushproof_core::{
    error::{ArtifactKind, Error, Result},
    json,
};
use p256::ecdsa::signature::Verifier as _;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Longest key or set of keys that is read, in bytes.
const MAX_FILE_BYTES: usize = 1 << 20;

/// Keys of a set, at most.
const MAX_KEYS: usize = 1024;

/// How statements are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Es256, Self::EdDsa];

    /// Its name in headers and keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// The members of a JSON Web Key that count here.
#[derive(Clone, Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
}

#[derive(Serialize)]
struct Set {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct ReadSet {
    keys: Vec<Value>,
}

/// A key that verifies.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    id: String,
    point: Point,
}

#[derive(Clone)]
enum Point {
    Es256(p256::ecdsa::VerifyingKey),
    EdDsa(ed25519_dalek::VerifyingKey),
}

impl Point {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// Without an id.
    fn jwk(&self) -> Jwk {
        let (kty, crv, x, y) = match self {
            Self::Es256(key) => {
                let point = key.to_encoded_point(false);
                let encode = |part: Option<&p256::FieldBytes>| part.map(|part| URL_SAFE_NO_PAD.encode(part));
                ("EC", "P-256", encode(point.x()).unwrap_or_default(), encode(point.y()))
            }
            Self::EdDsa(key) => ("OKP", "Ed25519", URL_SAFE_NO_PAD.encode(key.as_bytes()), None),
        };
        let (kty, crv) = (kty.to_owned(), crv.to_owned());
        let alg = Some(self.algorithm().name().to_owned());
        Jwk { kty, crv, x, y, d: None, alg, kid: None, usage: Some("sig".to_owned()) }
    }

    /// SHA-256 of the members that a key must have (RFC 7638).
    fn thumbprint(&self) -> String {
        let Jwk { kty, crv, x, y, .. } = self.jwk();
        let y = y.map(|y| format!(r#","y":"{y}""#)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"{y}}}"#)))
    }
}

impl VerifyingKey {
    /// A public key; `None` for one of another kind.
    fn read(jwk: &Jwk) -> Result<Option<Self>> {
        let point = match (jwk.kty.as_str(), jwk.crv.as_str()) {
            ("EC", "P-256") => {
                let (x, y) = (coordinate("x", &jwk.x)?, coordinate("y", jwk.y.as_deref().unwrap_or_default())?);
                let point = p256::EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
                let key = p256::ecdsa::VerifyingKey::from_encoded_point(&point);
                Point::Es256(key.map_err(|_| bad("x, y: no point of the curve P-256"))?)
            }
            ("OKP", "Ed25519") => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(&coordinate("x", &jwk.x)?);
                let key = key.ok().filter(|key| !key.is_weak());
                Point::EdDsa(key.ok_or_else(|| bad("x: no point of the curve Ed25519, or one of small order"))?)
            }
            _ => return Ok(None),
        };
        if jwk.alg.as_ref().is_some_and(|alg| alg != point.algorithm().name()) {
            return Err(bad(format!("alg: expected {} for this curve", point.algorithm().name())));
        }
        if jwk.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return Ok(None);
        }
        let id = jwk.kid.clone().unwrap_or_else(|| point.thumbprint());
        Ok(Some(Self { id, point }))
    }

    pub(crate) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.point {
            Point::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
            Point::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok()),
        }
    }

    fn jwk(&self) -> Jwk {
        Jwk { kid: Some(self.id.clone()), ..self.point.jwk() }
    }
}

/// The keys of issuers: whose signatures a relying party believes.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of other kinds, as sets of real issuers hold them, are left out.
    ///
    /// # Errors
    /// `Artifact` for text that is none, for points off their curve, private keys, two keys of one id, and where no key is
    /// left.
    pub fn from_json(text: &str) -> Result<Self> {
        check_len(text)?;
        // A set could hold private keys by mistake, which no message may show.
        let set: ReadSet = json::object(text.as_bytes()).map_err(|_| bad("expected an object with keys"))?;
        if set.keys.len() > MAX_KEYS {
            return Err(bad(format!("{} keys, at most {MAX_KEYS} are read", set.keys.len())));
        }
        let mut keys: Vec<VerifyingKey> = Vec::new();
        for (at, value) in set.keys.into_iter().enumerate() {
            let named = |error: &Error| bad(format!("keys[{at}]: {error}"));
            if value.get("d").is_some() {
                return Err(bad(format!("keys[{at}]: is private; publish the public part alone")));
            }
            let is_other = !matches!(value.get("kty").and_then(Value::as_str), Some("EC" | "OKP"));
            if is_other {
                continue;
            }
            let jwk = serde_json::from_value::<Jwk>(value);
            let jwk = jwk.map_err(|_| bad(format!("keys[{at}]: expected kty, crv, x and, of EC, y")))?;
            let Some(key) = VerifyingKey::read(&jwk).map_err(|error| named(&error))? else { continue };
            if keys.iter().any(|other| other.id == key.id) {
                return Err(bad(format!("keys[{at}]: has the id of another key")));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(bad("holds no key on P-256 or Ed25519"));
        }
        Ok(Self { keys })
    }

    /// The set as JSON.
    pub fn to_json(&self) -> String {
        serde_json::json!(Set { keys: self.keys.iter().map(VerifyingKey::jwk).collect() }).to_string()
    }

    /// The key of an id, if it is for this algorithm.
    pub(crate) fn find(&self, id: &str, algorithm: Algorithm) -> Option<&VerifyingKey> {
        self.keys.iter().find(|key| key.id == id && key.point.algorithm() == algorithm)
    }
}

/// A private key. It has no `Debug`, which could be logged.
pub struct SigningKey {
    secret: Secret,
    public: VerifyingKey,
}

enum Secret {
    Es256(p256::ecdsa::SigningKey),
    EdDsa(ed25519_dalek::SigningKey),
}

impl Secret {
    fn point(&self) -> Point {
        match self {
            Self::Es256(key) => Point::Es256(*key.verifying_key()),
            Self::EdDsa(key) => Point::EdDsa(key.verifying_key()),
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
        let point = secret.point();
        Self { public: VerifyingKey { id: point.thumbprint(), point }, secret }
    }

    /// Reads a private JSON Web Key.
    ///
    /// # Errors
    /// `Artifact` for text that is none, and where public and private part do not belong together.
    pub fn from_json(text: &str) -> Result<Self> {
        check_len(text)?;
        // A message of the parser could show the secret.
        let jwk: Jwk = json::object(text.as_bytes()).map_err(|_| bad("expected a private JSON Web Key"))?;
        let public =
            VerifyingKey::read(&jwk)?.ok_or_else(|| bad("expected a key for signatures on P-256 or Ed25519"))?;
        let bytes = coordinate("d", jwk.d.as_deref().ok_or_else(|| bad("d: needed; this key is public"))?)?;
        let secret = match public.point {
            Point::Es256(_) => {
                let key = p256::ecdsa::SigningKey::from_bytes(&bytes.into());
                Secret::Es256(key.map_err(|_| bad("d: no scalar of the curve"))?)
            }
            Point::EdDsa(_) => Secret::EdDsa(ed25519_dalek::SigningKey::from_bytes(&bytes)),
        };
        if secret.point().jwk().x != public.point.jwk().x || secret.point().jwk().y != public.point.jwk().y {
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
        self.public.point.algorithm()
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

/// 32 bytes.
fn coordinate(name: &str, text: &str) -> Result<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| bad(format!("{name}: expected 32 bytes in base64url without padding")))
}

fn check_len(text: &str) -> Result<()> {
    if text.len() > MAX_FILE_BYTES {
        return Err(bad(format!("{} bytes, at most {MAX_FILE_BYTES} are read", text.len())));
    }
    Ok(())
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::IssuerKeys, reason)
}

#[cfg(test)]
mod tests;
