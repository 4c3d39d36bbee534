//! A prover that lies, through the real prover and the stock verifier.

use halo2_proofs::{
    halo2curves::bn256::Fr,
    plonk::Expression,
    transcript::{Blake2bWrite, Challenge255, TranscriptWriterBuffer},
};
pub(super) use hushproof_halo2_prover::oracle::Fault;
use hushproof_halo2_prover::{Control, Randomness, Witness, oracle::Assigned};
use rand_core::OsRng;

use super::super::{Config, ModelCircuit};
use crate::{
    error::{Error, Rejection},
    prove::{Proof, ProvingKey, Transcript, Verified},
    request::Context,
    statement::PublicCodes,
};

/// A circuit's advice on its way to the stock prover.
pub(super) fn assigned(circuit: ModelCircuit<'_>) -> Assigned<ModelCircuit<'_>> {
    Assigned::new(circuit, Config::handles)
}

/// What the real prover makes of columns, whatever they say.
pub(super) fn forge_columns(key: &ProvingKey, columns: &mut impl Witness, codes: &PublicCodes) -> Proof {
    let (vk, context) = (key.vk.digest(), Context::Bytes(b"context".to_vec()));
    let binding = Transcript::Blake2b.binding(&vk, &context.bytes().unwrap());
    let instance = key.vk.statement.instance(codes, &binding).unwrap();
    let bytes = forge_bytes(key, columns, &instance);
    Proof { vk, context, transcript: Transcript::Blake2b, codes: codes.clone(), bytes, binding: None, credential: None }
}

/// As [`forge_columns`], of a circuit's columns.
pub(super) fn forge(key: &ProvingKey, mut circuit: Assigned<ModelCircuit<'_>>, codes: &PublicCodes) -> Proof {
    forge_columns(key, &mut circuit, codes)
}

/// As [`forge_columns`], the bytes for an instance. The stock prover would write the same ones (`stock::tests`), in
/// more time.
pub(super) fn forge_bytes(key: &ProvingKey, columns: &mut impl Witness, instance: &[Fr]) -> Vec<u8> {
    let mut transcript = Blake2bWrite::<_, _, Challenge255<_>>::init(Vec::new());
    let (randomness, control) = (Randomness::new(OsRng), Control::default());
    key.prover.prove(&key.srs, &[instance], columns, randomness, &control, &mut transcript).unwrap();
    transcript.finalize()
}

/// Indices of the advice columns that an expression reads.
pub(super) fn advice_of(expression: &Expression<Fr>) -> Vec<usize> {
    let join = |mut a: Vec<usize>, b: Vec<usize>| {
        a.extend(b);
        a
    };
    expression.evaluate::<Vec<usize>>(
        &|_| vec![],
        &|_| vec![],
        &|_| vec![],
        &|query| vec![query.column_index()],
        &|_| vec![],
        &|_| vec![],
        &|a| a,
        &join,
        &join,
        &|a, _| a,
    )
}

pub(super) fn assert_rejected(what: &str, outcome: Result<Verified, Error>) {
    assert!(matches!(outcome, Err(Error::Rejected(Rejection::Equations))), "{what}: {outcome:?}");
}
