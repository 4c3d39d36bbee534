//! Keys, proofs and their files: the stock halo2 verifier (KZG on BN254, SHPLONK, a transcript of Blake2b or Keccak),
//! and our prover of its proofs.

mod binding;
mod keys;
mod memory;
mod progress;
mod proof;
mod prover;
pub mod srs;
#[cfg(test)]
mod tests;
mod transcript;
mod verifier;

pub use binding::{Binding, ModelCommitment, ModelOpening};
pub use keys::{ProvingKey, VerifyingKey, keygen, keygen_with};
pub use progress::StageSeconds;
pub use proof::{PROOF_FORMAT, Proof};
pub use prover::{Input, Proved, Seconds, prove};
pub use srs::Srs;
pub use transcript::Transcript;
#[cfg(test)]
pub(crate) use verifier::verify_instance;
pub use verifier::{Verified, verify, verify_model};
