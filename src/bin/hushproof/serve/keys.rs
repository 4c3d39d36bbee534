//! What the server needs of a verifying key, over the library.

use std::{path::Path, sync::Arc};

use hushproof::{
    Error,
    prove::{Proof, Verified, VerifyingKey, srs::Origin, verify},
    request::Asked,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::{files, output};

/// A verifying key that can be asked.
pub(super) trait Key: Send + Sync + 'static {
    /// What it is.
    fn about(&self) -> &About;
    /// Verifies the text of a proof file for what was asked.
    ///
    /// # Errors
    /// When the key cannot check such a proof.
    fn verify(&self, proof: &str, asked: &Asked) -> Result<Verdict, Refusal>;
}

/// What a key is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct About {
    /// Digest, as proofs name it, in hexadecimal.
    pub(super) vk: String,
    /// Name of its file.
    pub(super) file: String,
    /// Name of the model.
    pub(super) model: String,
    /// Whether the weights are public or private.
    pub(super) weights: Value,
    /// Where the SRS comes from: `ceremony` or `development`.
    pub(super) srs: String,
}

/// What a key says about a proof.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is valid for these public values, named as `hushproof verify --json` does.
    Valid(Value),
    /// It is not valid; a stable code and the reason.
    Invalid(&'static str, String),
}

/// The key that a digest or a file name means.
///
/// # Errors
/// `UnknownKey` or `AmbiguousKey`.
pub(super) fn find(keys: &[Arc<dyn Key>], name: &str) -> Result<Arc<dyn Key>, Refusal> {
    if let Some(key) = keys.iter().find(|key| key.about().vk == name) {
        return Ok(key.clone());
    }
    let mut named = keys.iter().filter(|key| key.about().file == name);
    let key = named.next().ok_or(Refusal::UnknownKey)?;
    if named.any(|other| other.about().vk != key.about().vk) {
        return Err(Refusal::AmbiguousKey);
    }
    Ok(key.clone())
}

/// A key read from a file.
pub(super) struct LoadedKey {
    key: VerifyingKey,
    about: About,
}

impl LoadedKey {
    pub(super) fn read(path: &Path) -> hushproof::Result<Self> {
        let key = files::verifying_key(path)?;
        let about = About {
            vk: hex::encode(key.digest()),
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            model: key.model.clone(),
            weights: json!(key.params.weights_visibility()),
            srs: key.srs_origin.to_string(),
        };
        Ok(Self { key, about })
    }

    /// Where its SRS comes from.
    pub(super) const fn origin(&self) -> Origin {
        self.key.srs_origin
    }

    /// The public values of a valid proof.
    fn values(&self, verified: &Verified) -> Value {
        let statement = &self.key.statement;
        let mut values = json!({});
        values["outputs"] = output::named(&statement.output.value_info.name, &verified.outputs);
        if let Some(input) = &statement.input {
            values["inputs"] = output::named(&input.value_info.name, &verified.inputs);
        }
        output::thresholds(&mut values, &statement.output.thresholds);
        values
    }
}

impl Key for LoadedKey {
    fn about(&self) -> &About {
        &self.about
    }

    fn verify(&self, proof: &str, asked: &Asked) -> Result<Verdict, Refusal> {
        let outcome = Proof::from_json(proof).and_then(|proof| verify(&self.key, &proof, asked));
        match outcome {
            Ok(verified) => Ok(Verdict::Valid(self.values(&verified))),
            Err(error @ Error::Rejected(_)) => Ok(Verdict::Invalid(error.code(), error.to_string())),
            Err(error) => Err(Refusal::Proof(error.code(), error.to_string())),
        }
    }
}
