//! Keys, proofs and verification in a browser. Who proves downloads no compiler.

pub mod boundary;
#[cfg(target_arch = "wasm32")]
pub mod exports;
