//! Zero-knowledge proofs of neural network inference, made in the user's own browser.

pub mod error;

pub use error::{Error, Result};
