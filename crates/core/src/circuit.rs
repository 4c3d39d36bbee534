//! The circuit of a model: columns, gates, layout, and the values of every cell.
//!
//! Every channel is a polynomial in γ; a layer is one identity between polynomials, batched over channels by powers of
//! η. The cost follows activations and weights, not multiplications. Nothing here knows keys or proofs. The
//! arithmetization is written down in `docs/protocol.md`.

mod accumulate;
mod audit;
mod challenges;
mod columns;
mod config;
mod cost;
mod fixed;
mod formula;
mod gates;
mod geometry;
mod grid;
mod layout;
mod legalize;
mod lookup;
mod params;
mod pareto;
mod placement;
mod private;
mod record;
mod runs;
mod search;
mod synthesis;
#[cfg(test)]
pub(crate) mod tests;
mod view;
mod weights;
mod witness;

pub use challenges::Challenges;
pub use config::{Config, DEGREE};
pub use cost::{BROWSER_MEMORY_BYTES, Prediction};
pub use grid::Grid;
pub use layout::{CONTEXT_ROWS, Layout, MAX_K};
pub use legalize::{legalize, legalize_private};
pub use params::{InputCodes, Params, Tables};
pub use private::{weight_cells, weight_limbs};
pub use search::{Choice, SearchOptions, search};
pub use synthesis::ModelCircuit;
pub use witness::Witness;
