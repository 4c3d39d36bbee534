//! Compact JSON Web Signatures: `header.payload.signature`, each in base64url without padding.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hushproof_core::{
    error::{ArtifactKind, Error, Result, TrustFault},
    json,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Algorithm, KeySet, SigningKey};

/// Longest signature that is read, header and payload included.
pub const MAX_JWS_BYTES: usize = 16 << 10;

/// The header that is written.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'a str,
}

/// What is read of a header. Parameters that it need not heed may stand there, too: no key is taken from them.
#[derive(Deserialize)]
struct Parameters {
    alg: String,
    kid: String,
    typ: String,
    /// Names of parameters that must be understood.
    crit: Option<Value>,
    /// Whether the payload is in base64.
    b64: Option<Value>,
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A commitment to a record.
    Credential,
    /// The files of a model.
    Manifest,
}

impl Kind {
    /// The header's type.
    const fn typ(self) -> &'static str {
        match self {
            Self::Credential => "hushproof-credential+jwt",
            Self::Manifest => "hushproof-manifest+jwt",
        }
    }

    const fn artifact(self) -> ArtifactKind {
        match self {
            Self::Credential => ArtifactKind::Credential,
            Self::Manifest => ArtifactKind::Manifest,
        }
    }
}

/// Signs a payload.
pub(crate) fn sign(key: &SigningKey, kind: Kind, payload: &str) -> Result<String> {
    let header = Header { alg: key.algorithm().name(), kid: key.id(), typ: kind.typ() };
    let header = json::canonical(&header).map_err(|reason| Error::artifact(kind.artifact(), reason))?;
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// The payload of a signature, by one of these keys.
///
/// # Errors
/// `Artifact` for text that is no such signature, `Untrusted` for one by none of the keys.
pub(crate) fn verify(text: &str, kind: Kind, keys: &KeySet) -> Result<String> {
    let bad = |reason: String| Error::artifact(kind.artifact(), reason);
    let untrusted = |fault| Error::Untrusted { kind: kind.artifact(), fault };
    if text.len() > MAX_JWS_BYTES {
        return Err(bad(format!("{} bytes, at most {MAX_JWS_BYTES} are read", text.len())));
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(bad("expected header.payload.signature".to_owned()));
    };
    let decode = |name: &str, part: &str| {
        URL_SAFE_NO_PAD.decode(part).map_err(|_| bad(format!("{name}: expected base64url without padding")))
    };
    let parameters: Parameters =
        json::object(&decode("header", header)?).map_err(|reason| bad(format!("header: {reason}")))?;
    if parameters.crit.is_some() || parameters.b64.is_some() {
        return Err(bad("header: has critical parameters, none of which are known here".to_owned()));
    }
    if parameters.typ != kind.typ() {
        return Err(bad(format!("header: another type than {}", kind.typ())));
    }
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == parameters.alg);
    let algorithm = algorithm.ok_or_else(|| bad("header: expected the algorithm ES256 or EdDSA".to_owned()))?;
    let (payload_bytes, signature) = (decode("payload", payload)?, decode("signature", signature)?);
    let key = keys.find(&parameters.kid, algorithm).ok_or(untrusted(TrustFault::UnknownKey))?;
    let signed = text.len() - parts[2].len() - 1;
    if !key.verifies(&text.as_bytes()[..signed], &signature) {
        return Err(untrusted(TrustFault::Signature));
    }
    String::from_utf8(payload_bytes).map_err(|_| bad("payload: not UTF-8 text".to_owned()))
}
