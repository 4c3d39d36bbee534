//! Which private weights a proof is about: commitments to the columns that hold them, and the proof that a halo2 proof
//! commits to the same ones. `docs/protocol.md`, §11.
//!
//! Two commitments to one column differ in the values of its last rows alone, which are random. So their difference is
//! a sum of those rows' Lagrange points, and knowing its coefficients (Schnorr) is all that is proved.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod sum;
#[cfg(test)]
mod tests;

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2_proofs::{arithmetic::powers, plonk::ConstraintSystem};
use halo2curves::{
    bn256::{Fr, G1, G1Affine},
    ff::{Field, PrimeField},
    group::{Curve, GroupEncoding, prime::PrimeCurveAffine},
};
use hushproof_halo2_prover::{RandomRows, Randomness};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

use crate::{
    circuit::{Config, Layout, weight_cells},
    codec::{self, DIGEST_BYTES},
    error::{ArtifactKind, Error, Rejection, Result},
    field::{self, halves},
    graph::Model,
    json,
};

use self::sum::sum;
use super::{Proof, ProvingKey, Srs, VerifyingKey};

/// What the digest that names a model begins with.
const ID_TAG: &[u8] = b"hushproof model 1";

/// What the hash begins with by which an opening shows what it opens.
const SEAL_TAG: &[u8] = b"hushproof model opening 1";

/// What the first challenge's hash begins with.
const COMBINE_TAG: &[u8] = b"hushproof model binding 1: combine";

/// What the second challenge's hash begins with.
const ANSWER_TAG: &[u8] = b"hushproof model binding 1: answer";

/// The version of both files.
const VERSION: u32 = 1;

/// Longest text of either file, in bytes.
const MAX_FILE_BYTES: usize = 4 << 20;

const POINT_BYTES: usize = 32;

/// Where a key's private weights are, and what changes only the random rows of their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeightColumns {
    /// The advice columns.
    pub(super) columns: Vec<usize>,
    /// The places of their commitments among a proof's points.
    pub(super) places: Vec<usize>,
    /// The Lagrange points of the random rows.
    pub(super) random_rows: Vec<G1Affine>,
}

impl WeightColumns {
    /// Those of a constraint system, of which `points` gives the Lagrange points of so many last rows; none where weights
    /// are public.
    pub(super) fn new(
        config: &Config,
        cs: &ConstraintSystem<Fr>,
        points: impl FnOnce(usize) -> Result<Vec<G1Affine>>,
    ) -> Result<Option<Self>> {
        let columns = config.weight_columns();
        if columns.is_empty() {
            return Ok(None);
        }
        // A proof begins with the commitments of the first phase, in the order of its columns.
        let first: Vec<usize> = cs
            .advice_column_phase()
            .iter()
            .enumerate()
            .filter(|(_, phase)| **phase == 0)
            .map(|(column, _)| column)
            .collect();
        let places = columns.iter().filter_map(|column| first.iter().position(|of_first| of_first == column)).collect();
        Ok(Some(Self { columns, places, random_rows: points(cs.blinding_factors() + 1)? }))
    }

    /// The commitments of a proof, whose length is the key's.
    fn commitments(&self, proof: &[u8]) -> Result<Vec<G1Affine>> {
        let place = |place: &usize| {
            let bytes = proof.chunks_exact(POINT_BYTES).nth(*place);
            bytes.and_then(read_point).ok_or(Error::Rejected(Rejection::Equations))
        };
        self.places.iter().map(place).collect()
    }
}

/// Commitments to the private weights of a model, which name it: that some proofs are about one model, a verifier learns
/// from them, and nothing else of its weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCommitment {
    /// Digest of the `.vk` file.
    vk: [u8; DIGEST_BYTES],
    /// One for each column of weights and biases.
    points: Vec<G1Affine>,
    /// See [`ModelCommitment::id`].
    id: [u8; DIGEST_BYTES],
}

/// Commitments to private weights with the random rows that hide them: only the model's owner keeps it. It has no
/// `Debug`, which could be logged.
#[derive(Clone)]
pub struct ModelOpening {
    /// What it opens.
    pub commitment: ModelCommitment,
    /// The random rows of each column.
    random_rows: Vec<Vec<Fr>>,
    /// A hash of the weights' model, the id and the random rows.
    seal: [u8; DIGEST_BYTES],
}

/// Which model a proof is about, and the proof of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The model's id.
    pub model: [u8; DIGEST_BYTES],
    /// A point, then a scalar for each random row.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    vk: String,
    commitments: Vec<String>,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    random_rows: Option<Vec<Vec<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
}

impl ModelCommitment {
    fn new(vk: [u8; DIGEST_BYTES], points: Vec<G1Affine>) -> Self {
        let hash = Blake2b::<U32>::new().chain_update(ID_TAG).chain_update(vk);
        let id = points.iter().fold(hash, |hash, point| hash.chain_update(point.to_bytes())).finalize().into();
        Self { vk, points, id }
    }

    /// Names the model: Blake2b-256 of a tag, the digest of the `.vk` file, and the points.
    pub const fn id(&self) -> &[u8; DIGEST_BYTES] {
        &self.id
    }

    /// The JSON that may be shown to anybody.
    pub fn to_json(&self) -> String {
        serde_json::json!(self.file()).to_string()
    }

    fn file(&self) -> File {
        let commitments = self.points.iter().map(|point| hex::encode(point.to_bytes()));
        File {
            version: VERSION,
            vk: hex::encode(self.vk),
            commitments: commitments.collect(),
            id: hex::encode(self.id),
            random_rows: None,
            seal: None,
        }
    }

    /// Reads what [`ModelCommitment::to_json`] wrote.
    ///
    /// # Errors
    /// `Artifact` for text that is no such file, a point that is not on the curve, at infinity or not in its one form,
    /// and an id that is not that of the points; `Version` for another version.
    pub fn from_json(text: &str) -> Result<Self> {
        let file = read_file(text)?;
        if file.random_rows.is_some() || file.seal.is_some() {
            return Err(bad("has secrets, which are not to be shown: give the file that is public"));
        }
        Self::read(&file)
    }

    fn read(file: &File) -> Result<Self> {
        if file.version != VERSION {
            let kind = ArtifactKind::ModelCommitment;
            return Err(Error::Version { kind, expected: VERSION, got: file.version });
        }
        let point = |(index, text): (usize, &String)| {
            let bytes = codec::from_hex(text).map_err(|reason| bad(format!("commitments[{index}]: {reason}")))?;
            read_point(&bytes).ok_or_else(|| bad(format!("commitments[{index}]: expected a point of the curve")))
        };
        let points = file.commitments.iter().enumerate().map(point).collect::<Result<_>>()?;
        let read = Self::new(read_digest("vk", &file.vk)?, points);
        if read.id != read_digest("id", &file.id)? {
            return Err(bad("its id is not that of its commitments"));
        }
        Ok(read)
    }

    /// Whether it is one to weights of this key.
    ///
    /// # Errors
    /// `KeyMismatch` for another key, `Option` for a key of public weights, `Artifact` for another number of
    /// commitments than the key has columns.
    pub fn check(&self, vk: &VerifyingKey) -> Result<()> {
        self.columns(vk, &vk.digest()).map(drop)
    }

    fn columns<'a>(&self, vk: &'a VerifyingKey, digest: &[u8; DIGEST_BYTES]) -> Result<&'a WeightColumns> {
        if self.vk != *digest {
            return Err(Error::KeyMismatch {
                kind: ArtifactKind::ModelCommitment,
                expected: hex::encode(digest),
                got: hex::encode(self.vk),
            });
        }
        let weights = private_columns(vk)?;
        let (expected, got) = (weights.columns.len(), self.points.len());
        if expected != got {
            return Err(bad(format!("{got} commitments, expected {expected}")));
        }
        Ok(weights)
    }

    /// Checks that a proof, which is valid, is about this model.
    ///
    /// # Errors
    /// `Rejected`; those of [`ModelCommitment::check`].
    pub(super) fn verify(&self, vk: &VerifyingKey, digest: &[u8; DIGEST_BYTES], proof: &Proof) -> Result<()> {
        let weights = self.columns(vk, digest)?;
        let binding = proof.binding.as_ref().ok_or(Error::Rejected(Rejection::Unbound))?;
        if binding.model != self.id {
            return Err(Error::Rejected(Rejection::OtherModel));
        }
        let reject = || Error::Rejected(Rejection::Binding);
        let (nonce, answers) = read_binding(&binding.bytes, weights.random_rows.len()).ok_or_else(reject)?;
        let fresh = weights.commitments(&proof.bytes)?;
        let statement = Hashed::new(self, vk, digest, proof)?;
        let combine = statement.combine();
        let answer = statement.answer(&nonce);
        // Σ answer · row = nonce + challenge · Σ combineʲ (fresh − published)
        let differences = self.points.iter().zip(fresh).map(|(published, fresh)| published.to_curve() - fresh);
        let points: Vec<G1> = weights.random_rows.iter().map(Into::into).chain(differences).collect();
        let factors = powers(combine).take(self.points.len()).map(|power| answer * power);
        let factors: Vec<Fr> = answers.into_iter().chain(factors).collect();
        if sum(&factors, &points) == nonce.to_curve() { Ok(()) } else { Err(reject()) }
    }
}

impl ModelOpening {
    /// Commits to the private weights of a model. `rng` must be the platform's cryptographic generator.
    ///
    /// # Errors
    /// `Option` for public weights, which the key's digest names already; `KeyMismatch`, `SrsMismatch` and
    /// `SrsTooSmall` for files that do not belong together.
    pub fn new(model: &Model, vk: &VerifyingKey, srs: &Srs, rng: impl RngCore + CryptoRng) -> Result<Self> {
        let weights = private_columns(vk)?;
        vk.check_model(model)?;
        vk.check_srs(srs)?;
        let layout = Layout::new(model)?;
        vk.check_layout(&layout)?;
        let (srs, rows) = (srs.trim(layout.k)?, weights.random_rows.len());
        let cells = weight_cells(model, &layout);
        let (points, random) = srs.points().commit_hidden(cells, rows, &mut Randomness::new(rng))?;
        let random_rows: Vec<_> = (0..points.len()).map(|column| elements(&random, column)).collect();
        let commitment = ModelCommitment::new(vk.digest(), points);
        let seal = seal(&model.digest(), &commitment, &random_rows);
        Ok(Self { commitment, random_rows, seal })
    }

    /// The JSON that only the owner keeps.
    pub fn to_json(&self) -> String {
        let rows = self.random_rows.iter().map(|rows| rows.iter().map(field::to_hex).collect()).collect();
        let file = File { random_rows: Some(rows), seal: Some(hex::encode(self.seal)), ..self.commitment.file() };
        serde_json::json!(file).to_string()
    }

    /// Reads what [`ModelOpening::to_json`] wrote. Whether it opens the commitments [`ModelOpening::check`]
    /// says.
    ///
    /// # Errors
    /// As [`ModelCommitment::from_json`]; `Artifact` for random rows that are not one list of field elements for each
    /// commitment.
    pub fn from_json(text: &str) -> Result<Self> {
        let mut file = read_file(text)?;
        let (Some(rows), Some(seal)) = (file.random_rows.take(), file.seal.take()) else {
            return Err(bad("no random_rows or no seal: the opening is what `--opening` wrote"));
        };
        let commitment = ModelCommitment::read(&file)?;
        if rows.len() != commitment.points.len() {
            return Err(bad("another number of columns in random_rows than commitments"));
        }
        // A message of the parser could show a value.
        let element = |text: &String| field::from_hex(text).map_err(|_| bad("random_rows: expected field elements"));
        let column = |texts: &Vec<String>| texts.iter().map(element).collect::<Result<Vec<_>>>();
        let random_rows = rows.iter().map(column).collect::<Result<_>>()?;
        Ok(Self { commitment, random_rows, seal: read_digest("seal", &seal)? })
    }

    /// Whether it opens commitments to the weights of this key's model, as proofs with the key can be bound by it.
    ///
    /// # Errors
    /// As [`ModelCommitment::check`]; `Artifact` for other weights, and for random rows that were altered.
    pub fn check(&self, key: &ProvingKey) -> Result<()> {
        self.columns(&key.vk, &key.vk.digest())?;
        if self.seal == seal(&key.model_digest, &self.commitment, &self.random_rows) {
            return Ok(());
        }
        Err(bad("the opening is of other weights than the model's, or was altered"))
    }

    fn columns<'a>(&self, vk: &'a VerifyingKey, digest: &[u8; DIGEST_BYTES]) -> Result<&'a WeightColumns> {
        let weights = self.commitment.columns(vk, digest)?;
        let rows = weights.random_rows.len();
        if self.random_rows.iter().any(|column| column.len() != rows) {
            return Err(bad(format!("another number of random rows than {rows} in a column")));
        }
        Ok(weights)
    }

    /// Binds a proof, whose random rows these are; of no use where the opening is not of the proof's weights.
    ///
    /// # Errors
    /// As [`ModelCommitment::check`]; `Artifact` for another number of random rows.
    pub(super) fn bind(
        &self,
        vk: &VerifyingKey,
        proof: &Proof,
        random_rows: &RandomRows,
        mut rng: impl RngCore + CryptoRng,
    ) -> Result<Binding> {
        let digest = vk.digest();
        let weights = self.columns(vk, &digest)?;
        let statement = Hashed::new(&self.commitment, vk, &digest, proof)?;
        let combine = statement.combine();
        let mut differences = vec![Fr::ZERO; weights.random_rows.len()];
        let columns = weights.columns.iter().zip(&self.random_rows);
        for ((column, published), power) in columns.zip(powers(combine)) {
            let fresh = elements(random_rows, *column);
            for (difference, (fresh, published)) in differences.iter_mut().zip(fresh.iter().zip(published)) {
                *difference += power * (fresh - published);
            }
        }
        let nonces: Vec<Fr> = differences.iter().map(|_| Fr::random(&mut rng)).collect();
        let rows: Vec<G1> = weights.random_rows.iter().map(Into::into).collect();
        let nonce = sum(&nonces, &rows).to_affine();
        let answer = statement.answer(&nonce);
        let mut bytes = nonce.to_bytes().as_ref().to_vec();
        for (nonce, difference) in nonces.iter().zip(&differences) {
            bytes.extend((nonce + answer * difference).to_repr().as_ref());
        }
        Ok(Binding { model: self.commitment.id, bytes })
    }
}

/// The hash of all that a binding is bound to.
struct Hashed<'a> {
    proof: &'a Proof,
    digest: [u8; DIGEST_BYTES],
}

impl<'a> Hashed<'a> {
    /// Of the key, the model, the public values, the context among them, and the whole proof. The key fixes the length of
    /// each part.
    fn new(
        model: &ModelCommitment,
        vk: &VerifyingKey,
        key_digest: &[u8; DIGEST_BYTES],
        proof: &'a Proof,
    ) -> Result<Self> {
        let context = proof.transcript.binding(key_digest, &proof.context.bytes()?);
        let instance = vk.statement.instance(&proof.codes, &context)?;
        let mut parts = [COMBINE_TAG, key_digest, &model.id].concat();
        model.points.iter().for_each(|point| parts.extend(point.to_bytes().as_ref()));
        instance.iter().for_each(|value| parts.extend(value.to_repr().as_ref()));
        Ok(Self { proof, digest: proof.transcript.hash(&[&parts, &proof.bytes]) })
    }

    /// Combines the columns.
    fn combine(&self) -> Fr {
        challenge(&self.digest)
    }

    /// What the answers answer.
    fn answer(&self, nonce: &G1Affine) -> Fr {
        challenge(&self.proof.transcript.hash(&[ANSWER_TAG, &self.digest, nonce.to_bytes().as_ref()]))
    }
}

/// A hash as a big-endian integer modulo the field's.
fn challenge(hash: &[u8; 32]) -> Fr {
    let [high, low] = halves(hash);
    high * Fr::from_u128(1 << 64).square() + low
}

/// What an opening shows that it opens: the weights, by the digest of their `.hush` file, and the random rows.
fn seal(model: &[u8; DIGEST_BYTES], commitment: &ModelCommitment, random_rows: &[Vec<Fr>]) -> [u8; DIGEST_BYTES] {
    let hash = Blake2b::<U32>::new().chain_update(SEAL_TAG).chain_update(model).chain_update(commitment.id);
    random_rows.iter().flatten().fold(hash, |hash, value| hash.chain_update(value.to_repr())).finalize().into()
}

fn read_digest(name: &str, text: &str) -> Result<[u8; DIGEST_BYTES]> {
    let bytes = codec::from_hex(text).map_err(|reason| bad(format!("{name}: {reason}")))?;
    bytes.try_into().map_err(|_| bad(format!("{name}: expected a digest of 32 bytes")))
}

/// The columns of a key's private weights.
fn private_columns(vk: &VerifyingKey) -> Result<&WeightColumns> {
    vk.weights.as_ref().ok_or_else(|| Error::Option {
        option: "model",
        reason: "its weights are public: the digest of the .vk file names the model already".to_owned(),
    })
}

fn elements(rows: &RandomRows, column: usize) -> Vec<Fr> {
    rows.of(column).iter().map(|value| (*value).into()).collect()
}

/// A point from its one compressed form; none for the point at infinity.
fn read_point(bytes: &[u8]) -> Option<G1Affine> {
    let mut repr = <G1Affine as GroupEncoding>::Repr::default();
    if bytes.len() != repr.as_ref().len() {
        return None;
    }
    repr.as_mut().copy_from_slice(bytes);
    let point = Option::<G1Affine>::from(G1Affine::from_bytes(&repr))?;
    let canonical = point.to_bytes().as_ref() == bytes && !bool::from(point.is_identity());
    canonical.then_some(point)
}

/// The point and the scalars of a binding.
fn read_binding(bytes: &[u8], rows: usize) -> Option<(G1Affine, Vec<Fr>)> {
    let (point, scalars) = bytes.split_at_checked(POINT_BYTES)?;
    let scalar = |bytes: &[u8]| Option::<Fr>::from(Fr::from_repr(bytes.try_into().ok()?));
    let answers = scalars.chunks(size_of::<<Fr as PrimeField>::Repr>()).map(scalar).collect::<Option<Vec<_>>>()?;
    let point = read_point(point)?;
    (answers.len() == rows).then_some((point, answers))
}

fn read_file(text: &str) -> Result<File> {
    if text.len() > MAX_FILE_BYTES {
        return Err(bad(format!("{} bytes, at most {MAX_FILE_BYTES} are read", text.len())));
    }
    // A message of the parser could show a value.
    json::object(text.as_bytes())
        .map_err(|_| bad("expected an object with version, vk, commitments and id, as `model commit` writes it"))
}

fn bad(reason: impl Into<String>) -> Error {
    Error::artifact(ArtifactKind::ModelCommitment, reason)
}
