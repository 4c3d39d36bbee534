//! The proof file: JSON with the key's digest, the context or request, the public codes and the proof bytes. Each proof has one
//! file: no field may stand twice, digits of hexadecimal are lower case.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    codec,
    error::{ArtifactKind, Error, Result},
    field,
    request::{Context, Request},
    statement::PublicCodes,
};

use super::{Binding, Transcript};

/// The format this build reads and writes.
pub const PROOF_FORMAT: u32 = 2;

/// Longest proof file, in bytes.
const MAX_FILE_BYTES: usize = 16 << 20;

/// A proof with everything public that it states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Digest of the `.vk` file.
    pub vk: [u8; 32],
    /// What it is bound to: a relying party's request, or bytes that it gave out.
    pub context: Context,
    /// The hash of the proof's transcript.
    pub transcript: Transcript,
    /// Public codes.
    pub codes: PublicCodes,
    /// The halo2 proof.
    pub bytes: Vec<u8>,
    /// Which model of private weights it is about, and the proof of that, which is bound to all of the above.
    pub binding: Option<Binding>,
    /// An issuer's signature on the commitment to the input, a JSON Web Signature; nothing here reads it, and no proof is
    /// bound to it but by the commitment.
    pub credential: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    vk: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(default, skip_serializing_if = "Transcript::is_default")]
    transcript: Transcript,
    public: Public,
    proof: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

/// Public codes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Public {
    outputs: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_commitment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_commitments: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_commitment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Proof {
    /// The proof file.
    pub fn to_json(&self) -> String {
        let (context, request) = match &self.context {
            Context::Bytes(bytes) => (Some(hex::encode(bytes)), None),
            Context::Request(request) => (None, Some(request.as_ref().clone())),
        };
        let (input_commitment, input_commitments) = match self.codes.commitments.as_slice() {
            [] => (None, None),
            [one] => (Some(field::to_hex(one)), None),
            several => (None, Some(several.iter().map(field::to_hex).collect())),
        };
        let file = File {
            format: PROOF_FORMAT,
            vk: hex::encode(self.vk),
            context,
            request,
            transcript: self.transcript,
            public: Public {
                outputs: self.codes.output.clone(),
                inputs: self.codes.input.clone(),
                input_commitment,
                input_commitments,
                output_commitment: self.codes.output_commitment.as_ref().map(field::to_hex),
                model: self.binding.as_ref().map(|binding| hex::encode(binding.model)),
            },
            proof: hex::encode(&self.bytes),
            binding: self.binding.as_ref().map(|binding| hex::encode(&binding.bytes)),
            credential: self.credential.clone(),
        };
        serde_json::json!(file).to_string()
    }

    /// Reads a proof file.
    ///
    /// # Errors
    /// `Artifact` for text that is no proof file, `Version` for another format; format 1 was bound to no key file.
    pub fn from_json(text: &str) -> Result<Self> {
        let bad = |reason: String| Error::artifact(ArtifactKind::Proof, reason);
        if text.len() > MAX_FILE_BYTES {
            return Err(bad(format!("{} bytes, at most {MAX_FILE_BYTES} are read", text.len())));
        }
        let parse_error = |error: serde_json::Error| bad(error.to_string());
        // Fields by name only: serde would take an array for them, too.
        let object: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(parse_error)?;
        let version: Version = serde_json::from_str(text).map_err(parse_error)?;
        if version.format != PROOF_FORMAT {
            let kind = ArtifactKind::Proof;
            return Err(Error::Version { kind, expected: PROOF_FORMAT, got: version.format });
        }
        if !object.get("public").is_some_and(Value::is_object) {
            return Err(bad("public: expected an object".to_owned()));
        }
        if object.get("request").is_some_and(|request| !request.is_object()) {
            return Err(bad("request: expected an object".to_owned()));
        }
        let file: File = serde_json::from_str(text).map_err(parse_error)?;
        let decode = |name: &str, text: &str| codec::from_hex(text).map_err(|reason| bad(format!("{name}: {reason}")));
        let context = match (&file.context, file.request) {
            (Some(text), None) => Context::Bytes(decode("context", text)?),
            (None, Some(request)) => Context::Request(Box::new(request)),
            _ => return Err(bad("expected either a context or a request".to_owned())),
        };
        context.bytes().map_err(|error| bad(error.to_string()))?;
        let digest = |name: &str, text: &str| {
            let bytes = decode(name, text)?;
            <[u8; 32]>::try_from(bytes).map_err(|_| bad(format!("{name} is not a digest of 32 bytes")))
        };
        let Public { outputs: output, inputs: input, input_commitment, input_commitments, output_commitment, model } =
            file.public;
        let element = |name: &str, text: &str| field::from_hex(text).map_err(|reason| bad(format!("{name}: {reason}")));
        let commitments = match (input_commitment, input_commitments) {
            (one, None) => one.iter().map(|text| element("input_commitment", text)).collect::<Result<_>>()?,
            (None, Some(several)) if several.len() > 1 => {
                several.iter().map(|text| element("input_commitments", text)).collect::<Result<_>>()?
            }
            _ => return Err(bad("expected input_commitment, or several input_commitments".to_owned())),
        };
        let output_commitment = output_commitment.map(|text| element("output_commitment", &text)).transpose()?;
        let binding = match (&model, &file.binding) {
            (None, None) => None,
            (Some(model), Some(bytes)) => {
                Some(Binding { model: digest("model", model)?, bytes: decode("binding", bytes)? })
            }
            _ => return Err(bad("expected both a model and a binding to it, or neither".to_owned())),
        };
        Ok(Self {
            vk: digest("vk", &file.vk)?,
            context,
            transcript: file.transcript,
            codes: PublicCodes { output, input, commitments, output_commitment },
            bytes: decode("proof", &file.proof)?,
            binding,
            credential: file.credential,
        })
    }
}
