//! Keys, proofs and their files, over the stock halo2 prover and verifier (KZG on BN254, SHPLONK, Blake2b transcript).

mod keys;
mod proof;
mod prover;
pub mod srs;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod transcript;
mod verifier;

pub use keys::{ProvingKey, VerifyingKey, keygen};
pub use proof::{PROOF_FORMAT, Proof};
pub use prover::{Proved, Seconds, prove};
pub use srs::Srs;
pub use verifier::{Verified, verify};
