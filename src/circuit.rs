//! The circuit of a model: columns, gates, layout, and the values of every cell.
//!
//! Nothing here knows keys or proofs. The arithmetization is written down in `docs/protocol.md`.

mod cost;
mod frontier;
mod lookup;
mod planar;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;

pub use cost::{BROWSER_MEMORY_BYTES, Prediction};
pub use planar::{
    CONTEXT_ROWS, Choice, Config, DEGREE, Grid, InputCodes, Layout, MAX_K, ModelCircuit, Params, Published,
    SearchOptions, Tables, Witness, arrange, arrange_private, search, weight_limbs,
};
