//! Signing, and checking signatures, by `p256` and `ed25519-dalek`. In a browser WebCrypto checks them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hushproof_core::{
    error::{ArtifactKind, Error, Result, TrustFault},
    json,
};
use p256::ecdsa::signature::Verifier as _;
use serde::Serialize;

use crate::{Algorithm, Credential, KeySet, Kind, Manifest, PublicKey, Signed, SigningKey};

/// The header that is written.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

impl Credential {
    /// Signs it.
    ///
    /// # Errors
    /// `Artifact` for an issuer that can't be shown, and for times that no reader keeps or in the wrong order.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        sign(key, Kind::Credential, &self.payload()?)
    }

    /// Reads a credential that one of these keys signed and that holds at this time, in seconds since 1970.
    ///
    /// # Errors
    /// `Artifact` for text that is none, `Untrusted` for one that does not hold.
    pub fn verify(text: &str, keys: &KeySet, now: u64) -> Result<Self> {
        Self::read(&verify(text, Kind::Credential, keys)?, now)
    }
}

impl Manifest {
    /// Signs it.
    ///
    /// # Errors
    /// `Artifact` for what a manifest can't hold.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        sign(key, Kind::Manifest, &self.payload()?)
    }

    /// Reads a manifest that one of these keys signed.
    ///
    /// # Errors
    /// `Artifact` for text that is none, `Untrusted` for one by none of the keys.
    pub fn verify(text: &str, keys: &KeySet) -> Result<Self> {
        Self::read(&verify(text, Kind::Manifest, keys)?)
    }
}

fn sign(key: &SigningKey, kind: Kind, payload: &str) -> Result<String> {
    let header = Header { alg: key.algorithm().name(), kid: key.id(), typ: kind.typ() };
    let header = json::canonical(&header).map_err(|reason| Error::artifact(kind.artifact(), reason))?;
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// The payload of a signature, by one of these keys.
fn verify(text: &str, kind: Kind, keys: &KeySet) -> Result<String> {
    let untrusted = |fault| Error::Untrusted { kind: kind.artifact(), fault };
    let read = Signed::read(text, kind)?;
    let key = keys.find(&read.key, read.algorithm).ok_or_else(|| untrusted(TrustFault::UnknownKey))?;
    if !verifies(key, read.signed.as_bytes(), &read.signature) {
        return Err(untrusted(TrustFault::Signature));
    }
    Ok(read.payload)
}

/// A point that verifies.
pub(crate) enum Point {
    Es256(p256::ecdsa::VerifyingKey),
    EdDsa(ed25519_dalek::VerifyingKey),
}

/// The point of a key.
///
/// # Errors
/// `Artifact` for coordinates off the curve, and for a point of small order.
pub(crate) fn point(key: &PublicKey) -> Result<Point> {
    let bad = |reason: &str| Error::artifact(ArtifactKind::IssuerKeys, reason);
    let (x, y) = key.coordinates();
    match key.algorithm() {
        Algorithm::Es256 => {
            let point = p256::EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
            let key = p256::ecdsa::VerifyingKey::from_encoded_point(&point);
            Ok(Point::Es256(key.map_err(|_| bad("x, y: no point of the curve P-256"))?))
        }
        Algorithm::EdDsa => {
            let key = ed25519_dalek::VerifyingKey::from_bytes(&x).ok().filter(|key| !key.is_weak());
            Ok(Point::EdDsa(key.ok_or_else(|| bad("x: no point of the curve Ed25519, or one of small order"))?))
        }
    }
}

/// Whether a signature is by a key.
pub(crate) fn verifies(key: &PublicKey, signed: &[u8], signature: &[u8]) -> bool {
    match point(key) {
        Ok(Point::Es256(key)) => {
            p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| key.verify(signed, &signature).is_ok())
        }
        Ok(Point::EdDsa(key)) => ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok()),
        Err(_) => false,
    }
}
