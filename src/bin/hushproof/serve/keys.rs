//! What the server needs of a verifying key, over the library.

use std::path::Path;

use anyhow::Context;
use hushproof::{
    Error,
    prove::{Proof, VerifyingKey, verify},
};

/// A verifying key that can be asked.
pub(super) trait Key: Send + Sync + 'static {
    /// Digest of the key, as proofs name it, in hexadecimal.
    fn digest(&self) -> &str;
    /// Name of the model.
    fn model(&self) -> &str;
    /// Where the SRS comes from: `ceremony` or `development`.
    fn srs(&self) -> &str;
    /// Verifies the text of a proof file for a context.
    fn verify(&self, proof: &str, context: &[u8]) -> Verdict;
}

/// What a key says about a proof.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The proof is valid for these public values.
    Valid {
        /// Outputs of the model.
        outputs: Vec<f64>,
        /// Inputs of the model, when they are public.
        inputs: Vec<f64>,
    },
    /// The proof is not valid; a stable code and the reason.
    Invalid(&'static str, String),
    /// The text is no proof file; a stable code and the reason.
    Unusable(&'static str, String),
}

/// A key read from a file.
pub(super) struct LoadedKey {
    key: VerifyingKey,
    digest: String,
    srs: String,
}

impl LoadedKey {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let key = VerifyingKey::from_bytes(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self { digest: hex::encode(key.digest()), srs: key.srs_origin.to_string(), key })
    }
}

impl Key for LoadedKey {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn model(&self) -> &str {
        &self.key.model
    }

    fn srs(&self) -> &str {
        &self.srs
    }

    fn verify(&self, proof: &str, context: &[u8]) -> Verdict {
        let proof = match Proof::from_json(proof) {
            Ok(proof) => proof,
            Err(error) => return Verdict::Unusable(error.code(), error.to_string()),
        };
        match verify(&self.key, &proof, context) {
            Ok(verified) => Verdict::Valid { outputs: verified.outputs, inputs: verified.inputs },
            Err(error @ (Error::Rejected(_) | Error::KeyMismatch { .. })) => {
                Verdict::Invalid(error.code(), error.to_string())
            }
            Err(error) => Verdict::Unusable(error.code(), error.to_string()),
        }
    }
}
