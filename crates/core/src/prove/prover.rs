//! From input values to a proof.

use std::{cell::RefCell, fmt};

use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::Field,
};
use hushproof_halo2_prover::{Control, ProveError, RandomRows, Randomness, Stage};
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
    ModelOpening, ProvingKey, Transcript,
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
#[derive(Clone)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// Real output values; those of a committed output, which the proof does not show.
    pub outputs: Vec<f64>,
    /// What opens the commitment to the output; `None` where its values are published.
    pub opening: Option<Opening>,
    /// Where the time went.
    pub seconds: Seconds,
    /// Where the time of `seconds.prove` went.
    pub stages: StageSeconds,
    /// What hides the witness.
    pub(super) random_rows: RandomRows,
}

impl Proved {
    /// Binds the proof to the private weights that were committed to, so that whoever verifies learns which model it is
    /// about. `key` made the proof; `rng` must be the platform's cryptographic generator.
    ///
    /// # Errors
    /// Those of [`ModelOpening::check`].
    pub fn bind(&mut self, key: &ProvingKey, opening: &ModelOpening, rng: impl RngCore + CryptoRng) -> Result<()> {
        opening.check(key)?;
        self.proof.binding = Some(opening.bind(&key.vk, &self.proof, &self.random_rows, rng)?);
        Ok(())
    }
}

/// The proof and the times: what a committed output hides is not shown.
impl fmt::Debug for Proved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proved").field("proof", &self.proof).field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

/// What a proof is about.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// The values of an input (flat, ONNX order).
    Values(&'a [f64]),
    /// The records of the commitments that the proof shows, in the order of the input's.
    Openings(&'a [Opening]),
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
        Self::Openings(std::slice::from_ref(opening))
    }
}

impl<'a> From<&'a [Opening]> for Input<'a> {
    fn from(openings: &'a [Opening]) -> Self {
        Self::Openings(openings)
    }
}

impl<'a> From<&'a Vec<Opening>> for Input<'a> {
    fn from(openings: &'a Vec<Opening>) -> Self {
        Self::Openings(openings)
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
    mut rng: impl RngCore + CryptoRng,
    progress: &mut dyn FnMut(&'static str, f64),
) -> Result<Proved> {
    let (start, asked) = (Instant::now(), asked.into());
    let vk = key.vk.digest();
    asked.check(&vk, key.vk.statement.schema())?;
    let binding = transcript.binding(&vk, &asked.context.bytes()?);
    progress("witness", 0.0);
    let layout = &key.layout;
    let (input, mut salts) = read_input(model, input.into())?;
    salts.extend(model.output.schema.as_ref().map(|_| Fr::random(&mut rng)));
    let witness = Witness::committed(model, layout, input, &salts)?;
    let codes = PublicCodes::new(model, layout, &witness)?;
    let outputs = model.read_outputs(witness.output());
    let opening = match (&model.output.schema, salts.last()) {
        (Some(schema), Some(salt)) => {
            let integers: Vec<u64> = witness.output().iter().map(|code| code.unsigned_abs()).collect();
            Some(Opening::with_salt(schema, schema.record(&integers), *salt)?)
        }
        _ => None,
    };
    let statement = &key.vk.statement;
    let instance = statement.instance(&codes, &binding)?;
    let witness_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let circuit = ModelCircuit::new(model, &key.layout).with_witness(&witness);
    let progress = RefCell::new(Progress::new(progress));
    let report = |stage: Stage, fraction: f32| progress.borrow_mut().report(stage, fraction);
    let control = Control { progress: Some(&report), ..Control::default() };
    let work = Work { key, instance: &instance, circuit, rng, control: &control };
    let (bytes, random_rows) = transcript.written(work)?;
    let stages = progress.borrow().seconds();
    if bytes.len() != key.vk.proof_bytes() {
        let reason = format!("{} bytes, expected {}", bytes.len(), key.vk.proof_bytes());
        return Err(Error::artifact(ArtifactKind::Proof, reason));
    }
    let proof = Proof { vk, context: asked.context, transcript, codes, bytes, binding: None, credential: None };
    let seconds = Seconds { witness: witness_seconds, prove: start.elapsed().as_secs_f64() };
    Ok(Proved { proof, outputs, opening, seconds, stages, random_rows })
}

/// The codes of an input, and the salts of the commitments to it.
fn read_input(model: &Model, input: Input<'_>) -> Result<(Vec<i64>, Vec<Fr>)> {
    let refuse = |reason: String| Err(Error::Option { option: "opening", reason });
    match (&model.input.records, input) {
        (None, Input::Values(values)) => Ok((model.quantize_input(values)?, Vec::new())),
        (Some(_), Input::Values(_)) => refuse("the model takes a commitment, which an opening opens".to_owned()),
        (None, Input::Openings(_)) => refuse("the model takes no commitment to its input".to_owned()),
        (Some(records), Input::Openings(openings)) => {
            let (expected, got) = (records.schemas().len(), openings.len());
            if expected != got {
                return refuse(format!("{got} given, the model takes {expected} commitments"));
            }
            let integers = records.schemas().iter().zip(openings).map(|(schema, opening)| opening.integers(schema));
            let integers = integers.collect::<Result<Vec<_>>>()?;
            let codes = integers.into_iter().flatten().map(u64::cast_signed).collect();
            Ok((codes, openings.iter().map(|opening| opening.salt).collect()))
        }
    }
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
    type Output = RandomRows;
    type Error = ProveError;

    fn write<E, T>(mut self, transcript: &mut T) -> Result<RandomRows, ProveError>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
    {
        let (key, randomness) = (self.key, Randomness::new(self.rng));
        key.prover.prove(&key.srs, &[self.instance], &mut self.circuit, randomness, self.control, transcript)
    }
}
