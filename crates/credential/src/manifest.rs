//! What a publisher says of a model: which files it is made of, and how.

use hushproof_core::{
    codec::{self, DIGEST_BYTES},
    error::{ArtifactKind, Error, Result, TrustFault},
    json::{self, check_text},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Arguments of a compilation, at most; and bytes of each.
const MAX_SETTINGS: (usize, usize) = (256, 4096);

/// A publisher's word on a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Who signs.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// When it was signed, in seconds since 1970.
    #[serde(rename = "iat")]
    pub issued: u64,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the ONNX file, in hexadecimal.
    pub onnx: String,
    /// SHA-256 of the rows that it was compiled on; none where it was compiled without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<String>,
    /// Arguments of `hushproof compile` beside these files.
    pub settings: Vec<String>,
    /// Digest of the `.hush` file, Blake2b-256.
    pub hush: String,
    /// Digest of the `.vk` file, as proofs name it.
    pub vk: String,
    /// The id of its private weights, as proofs name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The version of Hushproof that compiled it.
    pub version: String,
    /// Digests of the schemas of several committed inputs, in their order; empty for one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<String>,
    /// Digest of the schema of a committed output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<String>,
    /// Digest of the schema of its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Under what licence it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// SHA-256 of the manifest of the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

impl Manifest {
    /// Reads what was signed, by a key that is believed.
    ///
    /// # Errors
    /// `Artifact`.
    pub fn read(payload: &str) -> Result<Self> {
        let manifest: Self = json::object(payload.as_bytes()).map_err(|reason| bad(format!("payload: {reason}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether it names a verifying key.
    ///
    /// # Errors
    /// `Untrusted` where it names another.
    pub fn check_key(&self, vk: &[u8; DIGEST_BYTES]) -> Result<()> {
        let same = self.vk == hex::encode(vk);
        if same { Ok(()) } else { Err(Error::Untrusted { kind: ArtifactKind::Manifest, fault: TrustFault::Key }) }
    }

    /// Whether it names the private weights of this id.
    ///
    /// # Errors
    /// `Untrusted` where it names others, or none.
    pub fn check_model(&self, id: &[u8; DIGEST_BYTES]) -> Result<()> {
        let same = self.model_id.as_deref() == Some(hex::encode(id).as_str());
        if same { Ok(()) } else { Err(Error::Untrusted { kind: ArtifactKind::Manifest, fault: TrustFault::Model }) }
    }

    /// The JSON that is signed.
    ///
    /// # Errors
    /// `Artifact` for what can't be signed.
    pub fn payload(&self) -> Result<String> {
        self.check()?;
        json::canonical(self).map_err(bad)
    }

    fn check(&self) -> Result<()> {
        let texts = [("iss", Some(&self.issuer)), ("version", Some(&self.version)), ("licence", self.licence.as_ref())];
        for (name, text) in texts {
            text.map_or(Ok(()), |text| check_text(text)).map_err(|reason| bad(format!("{name}: {reason}")))?;
        }
        let digests = [
            ("onnx", Some(&self.onnx)),
            ("calibration", self.calibration.as_ref()),
            ("hush", Some(&self.hush)),
            ("vk", Some(&self.vk)),
            ("model_id", self.model_id.as_ref()),
            ("schema", self.schema.as_ref()),
            ("output_schema", self.output_schema.as_ref()),
            ("previous", self.previous.as_ref()),
        ];
        for (name, digest) in digests {
            let is_digest = digest.is_none_or(|text| codec::from_hex(text).is_ok_and(|bytes| bytes.len() == 32));
            if !is_digest {
                return Err(bad(format!("{name}: expected a digest of 32 bytes")));
            }
        }
        let (count, bytes) = MAX_SETTINGS;
        if self.settings.len() > count || self.settings.iter().any(|setting| setting.len() > bytes) {
            return Err(bad("settings: too many, or too long"));
        }
        Ok(())
    }
}

/// SHA-256 of a file, in hexadecimal, as manifests name it.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::Manifest, reason)
}

#[cfg(all(test, feature = "signatures"))]
mod tests;
