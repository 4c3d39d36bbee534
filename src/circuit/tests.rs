//! A prover that lies, through the real prover and the stock verifier.

mod stock;

use halo2_proofs::{
    halo2curves::bn256::{Bn256, Fr},
    plonk::{Advice, Column, Expression, create_proof},
    poly::kzg::{commitment::KZGCommitmentScheme, multiopen::ProverSHPLONK},
    transcript::{Blake2bWrite, Challenge255, TranscriptWriterBuffer},
};
use rand_core::OsRng;

use super::ModelCircuit;
pub(crate) use super::planar::tests::fixtures;
use crate::{
    error::{Error, Rejection},
    prove::{Proof, ProvingKey, Verified},
    statement::PublicCodes,
};

/// Added to one advice cell on its way to the prover.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) delta: Fr,
}

/// The fault hook of the one path that assigns advice.
pub(super) fn corrupt(faults: &[Fault], column: Column<Advice>, row: usize, value: Fr) -> Fr {
    let hit = faults.iter().filter(|fault| fault.column == column.index() && fault.row == row);
    hit.fold(value, |value, fault| value + fault.delta)
}

/// What the real prover makes of a circuit's columns, whatever they say.
pub(super) fn forge(key: &ProvingKey, circuit: ModelCircuit<'_>, codes: &PublicCodes) -> Proof {
    let instance = key.vk.statement.instance(codes, b"context").unwrap();
    let (vk, context) = (key.vk.digest(), b"context".to_vec());
    Proof { vk, context, codes: codes.clone(), bytes: forge_bytes(key, circuit, &instance) }
}

/// As [`forge`], the bytes for an instance.
pub(super) fn forge_bytes(key: &ProvingKey, circuit: ModelCircuit<'_>, instance: &[Fr]) -> Vec<u8> {
    let mut transcript = Blake2bWrite::<_, _, Challenge255<_>>::init(Vec::new());
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, _, _, _, _>(
        &key.stock.1,
        &key.stock.0,
        &[circuit],
        &[&[instance]],
        OsRng,
        &mut transcript,
    )
    .unwrap();
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
