//! Zero-knowledge proofs of neural network inference, made in the user's own browser.

pub mod circuit;
pub mod codec;
pub mod error;
pub mod graph;
pub mod prove;
pub mod statement;

pub use error::{Error, Result};
