//! What proves: integer networks ([`graph::Model`]), their circuit ([`circuit`]), and keys, proofs and verification
//! ([`mod@prove`]). Nothing here knows ONNX; what makes a model of an ONNX file is the crate `hushproof-compiler`.

pub mod circuit;
pub mod codec;
pub mod data;
pub mod error;
pub mod float;
pub mod graph;
pub mod prove;
pub mod statement;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod test_memory;

pub use error::{Error, Result};
