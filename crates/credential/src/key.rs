//! Keys as JSON Web Keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hushproof_core::{
    error::{ArtifactKind, Error, Result},
    json,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

#[cfg(feature = "signatures")]
mod signing;
#[cfg(feature = "signatures")]
pub use signing::SigningKey;

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

/// A key that verifies: coordinates that were read strictly; whether they are a point the arithmetic says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    algorithm: Algorithm,
    x: [u8; 32],
    /// Of P-256 alone.
    y: Option<[u8; 32]>,
}

impl PublicKey {
    /// A key of coordinates, whose id is its thumbprint.
    fn new(algorithm: Algorithm, x: [u8; 32], y: Option<[u8; 32]>) -> Self {
        let mut key = Self { id: String::new(), algorithm, x, y };
        key.id = key.thumbprint();
        key
    }

    /// A public key; `None` for one of another kind.
    fn read(jwk: &Jwk) -> Result<Option<Self>> {
        let mut key = match (jwk.kty.as_str(), jwk.crv.as_str()) {
            ("EC", "P-256") => {
                let y = coordinate("y", jwk.y.as_deref().unwrap_or_default())?;
                Self::new(Algorithm::Es256, coordinate("x", &jwk.x)?, Some(y))
            }
            ("OKP", "Ed25519") => Self::new(Algorithm::EdDsa, coordinate("x", &jwk.x)?, None),
            _ => return Ok(None),
        };
        if jwk.alg.as_ref().is_some_and(|alg| alg != key.algorithm.name()) {
            return Err(bad(format!("alg: expected {} for this curve", key.algorithm.name())));
        }
        if jwk.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return Ok(None);
        }
        #[cfg(feature = "signatures")]
        crate::signatures::point(&key)?;
        key.id = jwk.kid.clone().unwrap_or(key.id);
        Ok(Some(key))
    }

    /// Its id: a name, or its thumbprint.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it verifies.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key as JSON.
    pub fn to_json(&self) -> String {
        serde_json::json!(self.jwk()).to_string()
    }

    /// x and y; y is 0 where a key has none.
    #[cfg(feature = "signatures")]
    pub(crate) fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        (self.x, self.y.unwrap_or_default())
    }

    fn jwk(&self) -> Jwk {
        let (kty, crv) = match self.algorithm {
            Algorithm::Es256 => ("EC", "P-256"),
            Algorithm::EdDsa => ("OKP", "Ed25519"),
        };
        Jwk {
            kty: kty.to_owned(),
            crv: crv.to_owned(),
            x: URL_SAFE_NO_PAD.encode(self.x),
            y: self.y.map(|y| URL_SAFE_NO_PAD.encode(y)),
            d: None,
            alg: Some(self.algorithm.name().to_owned()),
            kid: Some(self.id.clone()),
            usage: Some("sig".to_owned()),
        }
    }

    /// SHA-256 of the members that a key must have (RFC 7638).
    fn thumbprint(&self) -> String {
        let Jwk { kty, crv, x, y, .. } = self.jwk();
        let y = y.map(|y| format!(r#","y":"{y}""#)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"{y}}}"#)))
    }
}

/// The keys of issuers: whose signatures a relying party believes.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<PublicKey>,
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
        let mut keys: Vec<PublicKey> = Vec::new();
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
            let Some(key) = PublicKey::read(&jwk).map_err(|error| named(&error))? else { continue };
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
        serde_json::json!(Set { keys: self.keys.iter().map(PublicKey::jwk).collect() }).to_string()
    }

    /// The key of an id, if it is for this algorithm.
    pub fn find(&self, id: &str, algorithm: Algorithm) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.id == id && key.algorithm == algorithm)
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

#[cfg(all(test, feature = "signatures"))]
mod tests;
