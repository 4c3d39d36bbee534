//! The hash that turns what a prover has sent into challenges (Fiat–Shamir).

use std::{fmt, str::FromStr};

use blake2::{Blake2b, Digest, digest::consts::U32};
use halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, EncodedChallenge, Keccak256Read, Keccak256Write, TranscriptRead,
    TranscriptReadBuffer, TranscriptWrite, TranscriptWriterBuffer,
};
use halo2curves::bn256::G1Affine;
use serde::{Deserialize, Serialize};
use sha3::Keccak256;

use crate::codec::DIGEST_BYTES;

/// The hash of a proof's transcript. A key serves both; a proof says which one it was made with, and holds for no
/// other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transcript {
    /// Blake2b-512.
    #[default]
    Blake2b,
    /// Keccak-256, which EVM chains compute cheaply.
    Keccak,
}

/// What is done with a transcript that is written.
pub(super) trait Write {
    /// What comes of it besides the bytes.
    type Output;
    /// What can go wrong.
    type Error;

    /// Writes a proof.
    fn write<E, T>(self, transcript: &mut T) -> Result<Self::Output, Self::Error>
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptWrite<G1Affine, E>;
}

/// What is done with a transcript that is read.
pub(super) trait Read {
    /// What comes of it.
    type Output;

    /// Reads a proof.
    fn read<E, T>(self, transcript: &mut T) -> Self::Output
    where
        E: EncodedChallenge<G1Affine>,
        T: TranscriptRead<G1Affine, E>;
}

impl Transcript {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Blake2b, Self::Keccak];

    /// Its name on a command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blake2b => "blake2b",
            Self::Keccak => "keccak",
        }
    }

    /// Whether a proof file need not name it.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What a proof is bound to beside its public codes: a hash (Blake2b-256 or Keccak-256, as the transcript's) of
    /// `"hushproof binding 1"`, the digest of the whole `.vk` file, and the bytes of the context.
    pub fn binding(self, vk: &[u8; DIGEST_BYTES], context: &[u8]) -> [u8; 32] {
        self.hash(&[b"hushproof binding 1", vk, context])
    }

    /// Blake2b-256 or Keccak-256 of these parts.
    pub(super) fn hash(self, parts: &[&[u8]]) -> [u8; 32] {
        match self {
            Self::Blake2b => parts.iter().fold(Blake2b::<U32>::new(), Digest::chain_update).finalize().into(),
            Self::Keccak => parts.iter().fold(Keccak256::new(), Digest::chain_update).finalize().into(),
        }
    }

    /// The bytes that are written, and what else comes of it.
    pub(super) fn written<W: Write>(self, what: W) -> Result<(Vec<u8>, W::Output), W::Error> {
        match self {
            Self::Blake2b => {
                let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(Vec::new());
                let output = what.write(&mut transcript)?;
                Ok((transcript.finalize(), output))
            }
            Self::Keccak => {
                let mut transcript = Keccak256Write::<_, G1Affine, Challenge255<_>>::init(Vec::new());
                let output = what.write(&mut transcript)?;
                Ok((transcript.finalize(), output))
            }
        }
    }

    /// What comes of reading these bytes.
    pub(super) fn read<R: Read>(self, bytes: &[u8], what: R) -> R::Output {
        match self {
            Self::Blake2b => what.read(&mut Blake2bRead::<_, G1Affine, Challenge255<_>>::init(bytes)),
            Self::Keccak => what.read(&mut Keccak256Read::<_, G1Affine, Challenge255<_>>::init(bytes)),
        }
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From its [`Transcript::name`].
impl FromStr for Transcript {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|transcript| transcript.name() == text);
        named.ok_or_else(|| "expected blake2b or keccak".to_owned())
    }
}
