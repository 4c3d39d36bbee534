//! Fast arithmetic on the BN254 curve for provers.
//!
//! All exact (every result equals that of `halo2curves`, bit for bit): the two prime fields ([`Fr`], [`Fq`]),
//! operations on slices of `Fr` ([`slices`]), straight-line code on rows of columns ([`rows`]), number-theoretic
//! transforms over `Fr` ([`ntt`]) and multi-scalar multiplication in G1 ([`msm`]).
//!
//! Elements are held as `halo2curves` holds them, four 64-bit limbs of `a * 2^256 mod p`, so conversions copy
//! 32 bytes and compute nothing. Running times depend on the values: this is code for a prover on its own
//! machine, not for signing.

mod curve;
pub mod field;
mod integers;
mod lanes;
pub mod msm;
pub mod ntt;
pub mod rows;
pub mod slices;

pub use curve::G1;
pub use field::{Fq, Fr};
pub use integers::IntegerSum;
pub use lanes::{Arithmetic, arithmetic};
