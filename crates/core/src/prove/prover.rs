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

/// Proves a model's output on input values (flat, ONNX order) for what was asked: bytes of a context, or a request.
///
/// `rng` must be the platform's cryptographic generator: its values are all that hides the witness. `progress` is
/// called on this thread with a stage (`witness`, `commit`, `quotient`, `open`) and the fraction of all work that is
/// done, which never decreases and ends at 1.
///
/// # Errors
/// `InputShape`, `InputValue`, `InputRange`, `ActivationRange`; `Option` for a context that is too long, `KeyMismatch` and
/// `Rejected` for a request of another key or an expired one.
pub fn prove(
    model: &Model,
    key: &ProvingKey,
    values: &[f64],
    asked: impl Into<Asked>,
    transcript: Transcript,
    rng: impl RngCore + CryptoRng,
    progress: &mut dyn FnMut(&'static str, f64),
) -> Result<Proved> {
    let (start, asked) = (Instant::now(), asked.into());
    let vk = key.vk.digest();
    asked.check(&vk)?;
    let binding = transcript.binding(&vk, &asked.context.bytes()?);
    progress("witness", 0.0);
    let witness = Witness::new(model, &key.layout, model.quantize_input(values)?)?;
    let [output, input] = witness.published(model)?;
    let codes = PublicCodes { output, input };
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
    let proof = Proof { vk, context: asked.context, transcript, codes, bytes };
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
