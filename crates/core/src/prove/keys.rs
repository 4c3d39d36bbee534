//! Proving and verifying keys.

mod format;

use std::sync::Arc;

use halo2_proofs::plonk::{self, ConstraintSystem, keygen_vk};
#[cfg(test)]
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
#[cfg(test)]
use halo2curves::bn256::Bn256;
use halo2curves::bn256::{Fr, G1Affine};

use crate::{
    circuit::{Config, DEGREE, Layout, ModelCircuit, Params},
    codec,
    error::{ArtifactKind, Error, Result},
    graph::Model,
    statement::Statement,
};

use super::{
    binding::WeightColumns,
    memory,
    srs::{Origin, Srs, VerifierPoints},
};

const COMPRESSED_BYTES: usize = 32;
const SCALAR_BYTES: usize = 32;

/// Openings of SHPLONK, which end a proof.
const OPENINGS: usize = 2;

/// What a compressed point's last byte has where it is the one at infinity.
const INFINITY_MARK: u8 = 0x80;

/// Everything a verifier needs: the stock key, the verifier's part of the SRS, and how public values are read.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    /// Name of the model.
    pub model: String,
    /// Digest of the `.hush` file; of private weights, that of the model with all weights 0 ([`Model::key_digest`]).
    pub model_digest: [u8; codec::DIGEST_BYTES],
    /// Where the SRS comes from.
    pub srs_origin: Origin,
    /// The verifier's part of the SRS.
    pub srs: VerifierPoints,
    /// Shape of the constraint system.
    pub params: Params,
    /// log2 rows.
    pub k: u32,
    /// What proofs state.
    pub statement: Statement,
    /// What proofs are bound to private weights by; none where weights are public.
    pub(super) weights: Option<WeightColumns>,
    pub(super) key: plonk::VerifyingKey<G1Affine>,
}

/// What a prover needs beside the model and the SRS; derived, never shipped.
pub struct ProvingKey {
    /// The layout of the model.
    pub layout: Layout,
    /// The verifying key.
    pub vk: VerifyingKey,
    /// Digest of the `.hush` file, with its weights.
    pub(super) model_digest: [u8; codec::DIGEST_BYTES],
    pub(crate) prover: hushproof_halo2_prover::Prover,
    pub(crate) srs: Arc<hushproof_halo2_prover::Srs>,
    /// The stock key and SRS, for provers that lie.
    #[cfg(test)]
    pub(crate) stock: (plonk::ProvingKey<G1Affine>, ParamsKZG<Bn256>),
}

/// Derives the verifying key of a model, from an SRS that is checked first unless it has been ([`Srs::checked`]); so
/// is the circuit against the model ([`ModelCircuit::audit`]).
///
/// # Errors
/// `ModelTooLarge`, `SrsTooSmall`, `SrsInvalid`, `Layout`.
pub fn keygen(model: &Model, srs: &Srs) -> Result<VerifyingKey> {
    keygen_with(model, srs, &mut |_, _| {})
}

/// [`keygen`], which calls `progress` with a stage (`SRS`, `audit`, `keys`) and the fraction of the work before it.
///
/// # Errors
/// Those of [`keygen`].
pub fn keygen_with(model: &Model, srs: &Srs, progress: &mut dyn FnMut(&'static str, f64)) -> Result<VerifyingKey> {
    progress("SRS", 0.0);
    let layout = Layout::new(model)?;
    let srs = srs.trim(layout.k)?.checked()?;
    progress("audit", 0.5);
    let circuit = ModelCircuit::new(model, &layout);
    circuit.audit()?;
    progress("keys", 0.6);
    let key = keygen_vk(&srs.params()?, &circuit)?;
    check_degrees(key.cs())?;
    let mut cs = ConstraintSystem::default();
    let config = Config::new(&mut cs, layout.params.clone());
    let last_points = |rows: usize| Ok(srs.g_lagrange().skip((1 << layout.k) - rows).collect());
    let weights = WeightColumns::new(&config, &cs, last_points)?;
    Ok(VerifyingKey {
        model: model.name.clone(),
        model_digest: model.key_digest(),
        srs_origin: srs.origin(),
        srs: srs.verifier_points(),
        statement: Statement::new(model, &layout)?,
        params: layout.params.clone(),
        k: layout.k,
        weights,
        key,
    })
}

impl ProvingKey {
    /// Derives the proving key of a model from its verifying key.
    ///
    /// # Errors
    /// `OutOfMemory` when the system has less memory than the key and a proof are predicted to take,
    /// `KeyMismatch` when the key belongs to another model, `SrsMismatch` or `SrsTooSmall` for another SRS.
    pub fn new(model: &Model, vk: VerifyingKey, srs: &Srs) -> Result<Self> {
        vk.check_model(model)?;
        vk.check_srs(srs)?;
        let layout = Layout::new(model)?;
        memory::check(layout.prediction().memory_bytes)?;
        vk.check_layout(&layout)?;
        let srs = srs.trim(layout.k)?;
        let circuit = ModelCircuit::new(model, &layout);
        Ok(Self {
            prover: hushproof_halo2_prover::Prover::from_circuit(&vk.key, &circuit)?,
            srs: Arc::clone(srs.points()),
            #[cfg(test)]
            stock: {
                let params = srs.params()?;
                (plonk::keygen_pk(&params, vk.key.clone(), &circuit)?, params)
            },
            layout,
            vk,
            model_digest: model.digest(),
        })
    }
}

/// The points of a proof, in the order of the transcript.
pub(super) struct Points {
    /// Commitments of advice columns, permutation products and the random polynomial.
    pub(super) columns: usize,
    /// Commitments of the pieces of the quotient.
    quotient: usize,
}

impl Points {
    pub(super) fn new(cs: &ConstraintSystem<Fr>) -> Self {
        Self { columns: cs.num_advice_columns() + permutation_products(cs) + 1, quotient: cs.degree() - 1 }
    }

    /// Number of points, the two openings of SHPLONK included.
    pub(super) const fn all(&self) -> usize {
        self.columns + self.quotient + OPENINGS
    }

    /// Whether no point of a proof's bytes has the mark of the point at infinity, which no proof has; the library that
    /// reads points heeds it only where the rest is 0.
    pub(super) fn are_canonical(&self, proof: &[u8]) -> bool {
        let chunks = proof.chunks(COMPRESSED_BYTES);
        let scalars = chunks.len().saturating_sub(self.all());
        let first = self.columns + self.quotient;
        let is_point = |at: &usize| *at < first || *at >= first + scalars;
        let marked = |chunk: &[u8]| chunk.last().is_some_and(|last| last & INFINITY_MARK != 0);
        !chunks.enumerate().any(|(at, chunk)| is_point(&at) && marked(chunk))
    }
}

/// Products of the permutation argument, each over so many columns that it keeps the system's degree.
fn permutation_products(cs: &ConstraintSystem<Fr>) -> usize {
    cs.permutation().get_columns().len().div_ceil(cs.degree() - 2)
}

/// halo2 lowers a degree above its limit in silence; a gate of a higher degree would make every proof invalid.
pub(super) fn check_degrees(cs: &ConstraintSystem<Fr>) -> Result<()> {
    let degree = cs.gates().iter().flat_map(|gate| gate.polynomials()).map(|gate| gate.degree()).max().unwrap_or(0);
    if degree == DEGREE && cs.degree() == DEGREE {
        return Ok(());
    }
    let reason = format!("gates of degree {degree}, system of degree {}, expected {DEGREE}", cs.degree());
    Err(Error::artifact(ArtifactKind::VerifyingKey, reason))
}

impl VerifyingKey {
    /// Names the key in proofs: Blake2b-256 of the `.vk` file.
    pub fn digest(&self) -> [u8; codec::DIGEST_BYTES] {
        codec::digest(&self.to_bytes())
    }

    /// The stock verifying key.
    pub const fn stock(&self) -> &plonk::VerifyingKey<G1Affine> {
        &self.key
    }

    /// Exact length of a proof: its points; evaluations of advice, fixed columns, the random polynomial, permuted
    /// columns, and of each permutation product at x and ωx, all but the last at ω^last · x too.
    pub fn proof_bytes(&self) -> usize {
        let cs = self.key.cs();
        let products = permutation_products(cs);
        let permutation = cs.permutation().get_columns().len() + 2 * products + products.saturating_sub(1);
        let scalars = cs.advice_queries().len() + cs.fixed_queries().len() + 1 + permutation;
        Points::new(cs).all() * COMPRESSED_BYTES + scalars * SCALAR_BYTES
    }

    /// Checks that a model is the one of this key; of private weights, that it is one of these networks.
    ///
    /// # Errors
    /// `KeyMismatch`.
    pub(super) fn check_model(&self, model: &Model) -> Result<()> {
        let digest = model.key_digest();
        if self.model_digest == digest {
            return Ok(());
        }
        let (expected, got) = (hex::encode(self.model_digest), hex::encode(digest));
        Err(Error::KeyMismatch { kind: ArtifactKind::Model, expected, got })
    }

    /// Checks that a layout is that of this key's circuit.
    ///
    /// # Errors
    /// `Artifact`.
    pub(super) fn check_layout(&self, layout: &Layout) -> Result<()> {
        if layout.params == self.params && layout.k == self.k {
            return Ok(());
        }
        Err(Error::artifact(ArtifactKind::VerifyingKey, "layout differs from the model's"))
    }

    /// Checks that an SRS is the one of this key and large enough.
    ///
    /// # Errors
    /// `SrsMismatch`, `SrsTooSmall`.
    pub fn check_srs(&self, srs: &Srs) -> Result<()> {
        if srs.k() < self.k {
            return Err(Error::SrsTooSmall { needed: self.k, available: srs.k() });
        }
        if srs.verifier_points() == self.srs {
            return Ok(());
        }
        Err(Error::SrsMismatch { expected: hex::encode(self.srs.fingerprint()), got: hex::encode(srs.fingerprint()) })
    }
}
