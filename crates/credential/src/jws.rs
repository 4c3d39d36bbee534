//! Compact JSON Web Signatures: `header.payload.signature`, each in base64url without padding.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hushproof_core::{
    error::{ArtifactKind, Error, Result},
    json,
};
use serde::Deserialize;
use serde_json::Value;

use crate::Algorithm;

/// Longest signature that is read, header and payload included.
pub const MAX_JWS_BYTES: usize = 16 << 10;

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
pub enum Kind {
    /// A commitment to a record.
    Credential,
    /// The files of a model.
    Manifest,
}

impl Kind {
    /// The header's type.
    pub(crate) const fn typ(self) -> &'static str {
        match self {
            Self::Credential => "hushproof-credential+jwt",
            Self::Manifest => "hushproof-manifest+jwt",
        }
    }

    pub(crate) const fn artifact(self) -> ArtifactKind {
        match self {
            Self::Credential => ArtifactKind::Credential,
            Self::Manifest => ArtifactKind::Manifest,
        }
    }
}

/// A signature that was read and not yet checked.
#[derive(Debug, Clone)]
pub struct Signed<'a> {
    /// How it says to be signed.
    pub algorithm: Algorithm,
    /// Id of the key that it says to be by.
    pub key: String,
    /// What is signed.
    pub signed: &'a str,
    /// The signature's bytes.
    pub signature: Vec<u8>,
    /// What is said.
    pub payload: String,
}

impl<'a> Signed<'a> {
    /// Reads a compact signature.
    ///
    /// # Errors
    /// `Artifact` for text that is none of this kind.
    pub fn read(text: &'a str, kind: Kind) -> Result<Self> {
        let bad = |reason: String| Error::artifact(kind.artifact(), reason);
        let text = text.trim_ascii();
        if text.len() > MAX_JWS_BYTES {
            return Err(bad(format!("{} bytes, at most {MAX_JWS_BYTES} are read", text.len())));
        }
        let parts =
            text.rsplit_once('.').and_then(|(signed, signature)| Some((signed, signed.split_once('.')?, signature)));
        let Some((signed, (header, payload), signature)) = parts else {
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
        let payload = String::from_utf8(decode("payload", payload)?);
        let payload = payload.map_err(|_| bad("payload: not UTF-8 text".to_owned()))?;
        Ok(Self { algorithm, key: parameters.kid, signed, signature: decode("signature", signature)?, payload })
    }
}
