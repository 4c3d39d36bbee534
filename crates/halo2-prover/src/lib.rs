//! A prover for halo2 circuits (`halo2-axiom`) over KZG commitments on BN254 with SHPLONK openings.
//!
//! Its proofs are those of the stock `create_proof`: given the same random values, byte for byte. So they are
//! verified by the stock `verify_proof` (or any other verifier of such proofs), and soundness rests on that alone.
//! Circuits have one or two challenge phases, gates, and a permutation argument; look-ups of the proof system's own
//! are refused, as their stock prover depends on the order of a hash map.
//!
//! [`Prover::from_circuit`] prepares what proofs of one circuit share from its verifying key ([`Prover::new`] from a
//! proving key); [`Prover::prove`] takes the advice columns from a
//! [`Witness`], as small integers where they are such, and writes a proof to a transcript.

mod assembly;
mod circuit;
mod control;
mod cycles;
mod error;
mod fixed;
mod key;
mod openings;
#[cfg(feature = "oracle")]
pub mod oracle;
mod permutation;
mod polynomial;
mod program;
mod progression;
mod prove;
mod quotient;
mod randomness;
mod srs;
mod witness;

pub use circuit::CircuitWitness;
pub use control::{Control, Stage};
pub use error::{ProveError, Source};
pub use hushproof_bn254::{Fr, IntegerSum};
pub use key::Prover;
pub use randomness::{RandomRows, Randomness};
pub use srs::Srs;
pub use witness::{Challenges, ColumnValues, Witness};
