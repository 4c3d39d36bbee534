//! The circuit of a model: columns, gates, layout, and the values of every cell.
//!
//! [`chain`] and [`planar`] are the circuits of the two forms; the types here are those of either. Nothing here knows
//! keys or proofs. The arithmetization is written down in `docs/protocol.md`.

mod accumulate;
pub mod chain;
mod config;
mod cost;
mod fixed;
mod frontier;
mod layout;
mod lookup;
mod model;
mod params;
pub mod planar;
mod search;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;
mod witness;

pub use config::DEGREE;
pub use cost::{BROWSER_MEMORY_BYTES, Prediction};
pub use layout::{CONTEXT_ROWS, MAX_K};
pub use model::{Layout, ModelCircuit, ModelConfig, Params, Witness};
