//! From a proof file to a yes or a typed no.

use halo2_proofs::{
    plonk::verify_proof,
    poly::kzg::{commitment::KZGCommitmentScheme, multiopen::VerifierSHPLONK, strategy::SingleStrategy},
    transcript::{EncodedChallenge, TranscriptRead},
};
use halo2curves::bn256::{Bn256, Fr, G1Affine};

use crate::{
    codec::DIGEST_BYTES,
    commitment::Commitment,
    error::{ArtifactKind, Error, Rejection, Result},
    request::Asked,
};

use super::{ModelCommitment, Proof, Transcript, VerifyingKey, keys::Points, transcript};

/// What a valid proof shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Real output values.
    pub outputs: Vec<f64>,
    /// Real input values, or ranks where the input is only compared; empty unless the input is public.
    pub inputs: Vec<f64>,
    /// The commitments to the records of the input, in their order; empty unless it is committed to.
    pub commitments: Vec<Commitment>,
    /// The commitment to the output; `None` unless it is committed to.
    pub output_commitment: Option<Commitment>,
    /// The id of the model of private weights that it was checked to be about; `None` where none was asked for.
    pub model: Option<[u8; DIGEST_BYTES]>,
}

impl Verified {
    /// Whether the input is committed to as these commitments, in their order: those that another proof showed.
    ///
    /// # Errors
    /// `Rejected`.
    pub fn check_inputs(&self, commitments: &[Commitment]) -> Result<()> {
        let same = self.commitments == commitments;
        if same { Ok(()) } else { Err(Error::Rejected(Rejection::OtherCommitment("input"))) }
    }

    /// Whether the output is committed to as this commitment.
    ///
    /// # Errors
    /// `Rejected`.
    pub fn check_output(&self, commitment: &Commitment) -> Result<()> {
        let same = self.output_commitment.as_ref() == Some(commitment);
        if same { Ok(()) } else { Err(Error::Rejected(Rejection::OtherCommitment("output"))) }
    }
}

/// Verifies a proof for what was asked, bytes of a context or a request, with the stock verifier.
///
/// # Errors
/// `KeyMismatch` when the proof or the request names another key, else `Rejected`.
pub fn verify(vk: &VerifyingKey, proof: &Proof, asked: impl Into<Asked>) -> Result<Verified> {
    let asked = asked.into();
    let digest = vk.digest();
    if proof.vk != digest {
        return Err(Error::KeyMismatch {
            kind: ArtifactKind::Proof,
            expected: hex::encode(digest),
            got: hex::encode(proof.vk),
        });
    }
    asked.check(&digest, vk.statement.schema())?;
    asked.check_issuer()?;
    let context = asked.context.bytes()?;
    if proof.context.bytes()? != context {
        return Err(Error::Rejected(Rejection::Context));
    }
    let expected = vk.proof_bytes();
    if proof.bytes.len() != expected {
        return Err(Error::Rejected(Rejection::ProofLength { expected, got: proof.bytes.len() }));
    }
    if !Points::new(vk.key.cs()).are_canonical(&proof.bytes) {
        return Err(Error::Rejected(Rejection::Encoding));
    }
    let instance = vk.statement.instance(&proof.codes, &proof.transcript.binding(&digest, &context))?;
    verify_instance(vk, proof.transcript, &proof.bytes, &instance)?;
    let statement = &vk.statement;
    Ok(Verified {
        outputs: statement.output_values(&proof.codes),
        inputs: statement.input_values(&proof.codes),
        commitments: statement.commitments(&proof.codes),
        output_commitment: statement.output_commitment(&proof.codes),
        model: None,
    })
}

/// As [`verify`], and that the private weights are those of a model that was committed to.
///
/// # Errors
/// Those of [`verify`]; `Rejected` for a proof that is bound to no model, to another, or not truly; those of
/// [`ModelCommitment::check`].
pub fn verify_model(
    vk: &VerifyingKey,
    proof: &Proof,
    asked: impl Into<Asked>,
    model: &ModelCommitment,
) -> Result<Verified> {
    model.check(vk)?;
    let verified = verify(vk, proof, asked)?;
    model.verify(vk, &proof.vk, proof)?;
    Ok(Verified { model: Some(*model.id()), ..verified })
}

/// Verifies proof bytes for an instance with the stock verifier.
pub(crate) fn verify_instance(vk: &VerifyingKey, transcript: Transcript, bytes: &[u8], instance: &[Fr]) -> Result<()> {
    transcript.read(bytes, Check { vk, instance })
}

/// A proof to be read from a transcript.
struct Check<'a> {
    vk: &'a VerifyingKey,
    instance: &'a [Fr],
}

impl transcript::Read for Check<'_> {
    type Output = Result<()>;

    fn read<E, T>(self, transcript: &mut T) -> Result<()>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptRead<G1Affine, E>,
    {
        let params = self.vk.srs.verifier_params(self.vk.k)?;
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
            &params,
            self.vk.stock(),
            SingleStrategy::new(&params),
            &[&[self.instance]],
            transcript,
        )
        .map(drop)
        .map_err(|_| Error::Rejected(Rejection::Equations))
    }
}
