//! The prover against the stock library.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod evm;
mod identity;
mod keys;
mod refusals;
