//! Zero-knowledge proofs of neural network inference, made in the user's own browser.
//!
//! An ONNX model becomes integers ([`compile`], [`graph::Model`]), a circuit ([`circuit`]) and, with somebody's private
//! data, a proof ([`mod@prove`]) that anyone verifies with the stock halo2 verifier. `docs/protocol.md` says what
//! exactly is proved.

pub mod circuit;
pub mod codec;
#[cfg(feature = "compile")]
pub mod compile;
pub mod data;
pub mod error;
mod float;
pub mod graph;
#[cfg(feature = "compile")]
pub mod onnx;
#[cfg(feature = "compile")]
mod ops;
pub mod prove;
#[cfg(feature = "compile")]
pub mod quant;
pub mod statement;
#[cfg(feature = "compile")]
mod tensor;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

pub use error::{Error, Result};
