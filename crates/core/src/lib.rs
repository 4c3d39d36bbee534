//! What proves: integer networks ([`graph::Model`]), their circuit ([`circuit`]), and keys, proofs and verification
//! ([`mod@prove`]). Nothing here knows ONNX; what makes a model of an ONNX file is the crate `hushproof-compiler`.

pub mod circuit;
pub mod codec;
pub mod commitment;
pub mod data;
pub mod error;
pub mod field;
pub mod float;
pub mod graph;
pub mod json;
pub mod poseidon;
pub mod prove;
pub mod request;
pub mod schema;
pub mod statement;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod test_memory;

pub use error::{Error, Result};
