//! From input values to a proof.

use std::cell::RefCell;

use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::bn256::{Fr, G1Affine};
use hushproof_halo2_prover::{Control, ProveError, Randomness, Stage};
use rand_core::{CryptoRng, RngCore};
use serde::Serialize;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;

use crate::{
    circuit::{ModelCircuit, Witness},
    commitment::Opening,
    error::{ArtifactKind, Error, Result},
    graph::Model,
    request::Asked,
    statement::PublicCodes,
};

use super::{
    ProvingKey, Transcript,
    progress::{Progress, StageSeconds},
    proof::Proof,
    transcript,
};

/// Where the time of a proof went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Seconds {
    /// Evaluation of the model on integers.
    pub witness: f64,
    /// Commitments, quotient and openings.
    pub prove: f64,
}

/// A proof and what it shows.
#[derive(Debug, Clone)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// Real output values.
    pub outputs: Vec<f64>,
    /// Where the time went.
    pub seconds: Seconds,
    /// Where the time of `seconds.prove` went.
    pub stages: StageSeconds,
}

/// What a proof is about.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// The values of an input (flat, ONNX order).
    Values(&'a [f64]),
    /// The record of a commitment that the proof shows.
    Opening(&'a Opening),
}

impl<'a> From<&'a [f64]> for Input<'a> {
    fn from(values: &'a [f64]) -> Self {
        Self::Values(values)
    }
}

impl<'a> From<&'a Vec<f64>> for Input<'a> {
    fn from(values: &'a Vec<f64>) -> Self {
        Self::Values(values)
    }
}

impl<'a, const N: usize> From<&'a [f64; N]> for Input<'a> {
    fn from(values: &'a [f64; N]) -> Self {
        Self::Values(values)
    }
}

impl<'a> From<&'a Opening> for Input<'a> {
    fn from(opening: &'a Opening) -> Self {
        Self::Opening(opening)
    }
}

/// Proves a model's output on an input for what was asked: bytes of a context, or a request.
///
/// `rng` must be the platform's cryptographic generator: its values are all that hides the witness. `progress` is
/// called on this thread with a stage (`witness`, `commit`, `quotient`, `open`) and the fraction of all work that is
/// done, which never decreases and ends at 1.
///
/// # Errors
/// `InputShape`, `InputValue`, `InputRange`, `ActivationRange`; `Option` for a context that is too long, and for values
/// where the model takes a commitment or the other way round; `Record` and `Artifact` for an opening that opens nothing of
/// the model's schema; `KeyMismatch` and `Rejected` for a request of another key or an expired one.
pub fn prove<'a>(
    model: &Model,
    key: &ProvingKey,
    input: impl Into<Input<'a>>,
    asked: impl Into<Asked>,
    transcript: Transcript,
    rng: impl RngCore + CryptoRng,
    progress: &mut dyn FnMut(&'static str, f64),
) -> Result<Proved> {
    let (start, asked) = (Instant::now(), asked.into());
    let vk = key.vk.digest();
    asked.check(&vk, key.vk.statement.schema())?;
    let binding = transcript.binding(&vk, &asked.context.bytes()?);
    progress("witness", 0.0);
    let layout = &key.layout;
    let witness = match input.into() {
        Input::Values(values) => Witness::new(model, layout, model.quantize_input(values)?)?,
        Input::Opening(opening) => {
            let schema = model.input.schema.as_ref().ok_or_else(|| Error::Option {
                option: "opening",
                reason: "the model takes no commitment to its input".to_owned(),
            })?;
            let integers = opening.integers(schema)?.into_iter().map(u64::cast_signed).collect();
            Witness::committed(model, layout, integers, opening.salt)?
        }
    };
    let [output, input] = witness.published(model)?;
    let codes = PublicCodes { output, input, commitment: witness.commitment(layout) };
    let statement = &key.vk.statement;
    let instance = statement.instance(&codes, &binding)?;
    let witness_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let circuit = ModelCircuit::new(model, &key.layout).with_witness(&witness);
    let progress = RefCell::new(Progress::new(progress));
    let report = |stage: Stage, fraction: f32| progress.borrow_mut().report(stage, fraction);
    let control = Control { progress: Some(&report), ..Control::default() };
    let work = Work { key, instance: &instance, circuit, rng, control: &control };
    let bytes = transcript.written(work)?;
    let stages = progress.borrow().seconds();
    if bytes.len() != key.vk.proof_bytes() {
        let reason = format!("{} bytes, expected {}", bytes.len(), key.vk.proof_bytes());
        return Err(Error::artifact(ArtifactKind::Proof, reason));
    }
    let outputs = statement.output_values(&codes);
    let proof = Proof { vk, context: asked.context, transcript, codes, bytes, credential: None };
    let seconds = Seconds { witness: witness_seconds, prove: start.elapsed().as_secs_f64() };
    Ok(Proved { proof, outputs, seconds, stages })
}

/// A proof to be written to a transcript.
struct Work<'a, R> {
    key: &'a ProvingKey,
    instance: &'a [Fr],
    circuit: ModelCircuit<'a>,
    rng: R,
    control: &'a Control<'a>,
}

impl<R: RngCore + CryptoRng> transcript::Write for Work<'_, R> {
    type Error = ProveError;

    fn write<E, T>(mut self, transcript: &mut T) -> Result<(), ProveError>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
    {
        let (key, randomness) = (self.key, Randomness::new(self.rng));
        key.prover.prove(&key.srs, &[self.instance], &mut self.circuit, randomness, self.control, transcript)
    }
}
