//! The stock prover, as the oracle of tests: given its randomness, [`Prover::prove`](crate::Prover::prove) writes the
//! same bytes.

mod assigned;

use std::sync::{Arc, Mutex, PoisonError};

use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1, G1Affine};
use halo2_proofs::plonk::{self, Circuit, ProvingKey, create_proof};
use halo2_proofs::poly::commitment::{Blind, CommitmentScheme, Params, ParamsProver, Prover as StockProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::poly::{Coeff, LagrangeCoeff, Polynomial, ProverQuery};
use halo2_proofs::transcript::{EncodedChallenge, TranscriptWrite};
use rand_core::RngCore;

pub use assigned::{Assigned, Fault, Handles};

/// Writes the stock prover's proof to a transcript and returns the coefficients of the random polynomial that it drew
/// from `thread_rng`, for [`Randomness::with_polynomial`](crate::Randomness::with_polynomial).
///
/// # Errors
/// Those of the stock prover.
pub fn stock_proof<C, E, T, R>(
    params: &ParamsKZG<Bn256>,
    key: &ProvingKey<G1Affine>,
    circuit: C,
    instances: &[&[Fr]],
    rng: R,
    transcript: &mut T,
) -> Result<Vec<crate::Fr>, plonk::Error>
where
    C: Circuit<Fr>,
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
    R: RngCore,
{
    let params = Recording { inner: params.clone(), first: Arc::default() };
    create_proof::<RecordingScheme, RecordingShplonk<'_>, _, _, _, _>(
        &params,
        key,
        &[circuit],
        &[instances],
        rng,
        transcript,
    )?;
    let polynomial = params.first.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    Ok(polynomial.into_iter().map(Into::into).collect())
}

/// Whether two provers hold the same: columns, permutation, and all that is read off the constraint system.
pub fn same_keys(a: &crate::Prover, b: &crate::Prover) -> bool {
    let (left, right) = (&a.permutation, &b.permutation);
    a.k() == b.k()
        && a.transcript_repr == b.transcript_repr
        && (&a.advice_phases, &a.challenge_phases, a.phases) == (&b.advice_phases, &b.challenge_phases, b.phases)
        && (a.instance_columns, a.blinding_factors) == (b.instance_columns, b.blinding_factors)
        && (&a.advice_queries, &a.fixed_queries) == (&b.advice_queries, &b.fixed_queries)
        && a.fixed == b.fixed
        && (&left.columns, left.set_size) == (&right.columns, right.set_size)
        && left.fixed_values == right.fixed_values
        && (&left.sigma_values, &left.sigmas) == (&right.sigma_values, &right.sigmas)
}

/// Parameters that keep the first polynomial committed by coefficients: the stock prover's random polynomial.
#[derive(Clone, Debug)]
struct Recording {
    inner: ParamsKZG<Bn256>,
    first: Arc<Mutex<Option<Vec<Fr>>>>,
}

impl<'params> Params<'params, G1Affine> for Recording {
    type MSM = <ParamsKZG<Bn256> as Params<'params, G1Affine>>::MSM;

    fn k(&self) -> u32 {
        self.inner.k()
    }

    fn n(&self) -> u64 {
        self.inner.n()
    }

    fn downsize(&mut self, k: u32) {
        self.inner.downsize(k);
    }

    fn empty_msm(&'params self) -> Self::MSM {
        self.inner.empty_msm()
    }

    fn commit_lagrange(&self, poly: &Polynomial<Fr, LagrangeCoeff>, blind: Blind<Fr>) -> G1 {
        self.inner.commit_lagrange(poly, blind)
    }

    fn write<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.inner.write(writer)
    }

    fn read<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        Ok(Self { inner: ParamsKZG::read(reader)?, first: Arc::default() })
    }
}

impl<'params> ParamsProver<'params, G1Affine> for Recording {
    type ParamsVerifier = ParamsKZG<Bn256>;

    fn new(k: u32) -> Self {
        Self { inner: ParamsProver::new(k), first: Arc::default() }
    }

    fn commit(&self, poly: &Polynomial<Fr, Coeff>, blind: Blind<Fr>) -> G1 {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| poly.to_vec());
        self.inner.commit(poly, blind)
    }

    fn get_g(&self) -> &[G1Affine] {
        self.inner.get_g()
    }

    fn verifier_params(&'params self) -> &'params Self::ParamsVerifier {
        &self.inner
    }
}

#[derive(Debug)]
struct RecordingScheme;

impl CommitmentScheme for RecordingScheme {
    type Scalar = Fr;
    type Curve = G1Affine;
    type ParamsProver = Recording;
    type ParamsVerifier = ParamsKZG<Bn256>;

    fn new_params(k: u32) -> Recording {
        ParamsProver::new(k)
    }

    fn read_params<R: std::io::Read>(reader: &mut R) -> std::io::Result<Recording> {
        Params::read(reader)
    }
}

#[derive(Debug)]
struct RecordingShplonk<'params>(ProverSHPLONK<'params, Bn256>);

impl<'params> StockProver<'params, RecordingScheme> for RecordingShplonk<'params> {
    const QUERY_INSTANCE: bool = false;

    fn new(params: &'params Recording) -> Self {
        Self(ProverSHPLONK::new(&params.inner))
    }

    fn create_proof<'com, E, T, R, I>(&self, rng: R, transcript: &mut T, queries: I) -> std::io::Result<()>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>,
        I: IntoIterator<Item = ProverQuery<'com, G1Affine>> + Clone,
        R: RngCore,
    {
        self.0.create_proof(rng, transcript, queries)
    }
}
