//! Chains of dense layers: affine maps of whole vectors, each followed by one activation.
//!
//! The float [`Network`] is in normal form as imported, the integer [`Model`] is what is proved.

mod exec;
mod format;
mod interval;
mod model;
mod network;

use super::{Digits, Port};

pub use exec::Trace;
pub use interval::ACCUMULATOR_BITS;
pub use model::{Activation, Input, IntMatrix, Layer, Model, Output, SegmentTable};
pub use network::{FloatActivation, FloatLayer, Matrix, Network};

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(in crate::graph) use interval::tests::sample;
