//! Zero-knowledge proofs of neural network inference, made in the user's own browser.
//!
//! An ONNX model becomes integers ([`mod@compile`], [`graph::Model`]), a circuit ([`circuit`]) and, with somebody's
//! private data, a proof ([`mod@prove`]) that anyone verifies with the stock halo2 verifier. `docs/protocol.md` says
//! what exactly is proved.
//!
//! Here is all of it under one name; `hushproof-core` is what proves and verifies, `hushproof-compiler` what compiles.

pub use hushproof_compiler::{compile, onnx, quant};
pub use hushproof_core::{
    Error, Result, circuit, codec, commitment, error, field, graph, json, poseidon, prove, request, schema, statement,
};

/// Issuers' signatures on commitments.
pub use hushproof_credential as credential;

/// Input values and data sets: INPUT.json and DATA.
pub mod data {
    pub use hushproof_compiler::data::{read_rows, shapes, shapes_of};
    pub use hushproof_core::data::{Selection, read_input, to_json};
}
