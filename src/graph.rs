//! Networks as floats ([`Network`]) and as the integers that are proved ([`Model`]). Nothing here knows ONNX or circuits.

mod digits;
mod finish;
mod model;
mod network;
pub mod planar;
mod port;
mod visibility;

use crate::{
    error::{ArtifactKind, Error, Result},
    float,
};

pub use digits::Digits;
pub use finish::{Finish, FinishFunction};
pub use model::{Ending, MODEL_VERSION};
pub use planar::{Model, Network};
pub use port::Port;
pub(crate) use port::{read_port, write_port};
pub use visibility::Visibility;

/// Accumulators, and their differences under `ArgMax`, stay below `2^ACCUMULATOR_BITS` in magnitude.
pub const ACCUMULATOR_BITS: u32 = 62;

/// An error about an inconsistent model unless `holds`.
fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::artifact(ArtifactKind::Model, reason())) }
}

/// Number of elements of a shape.
fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size))
}

/// Turns logits into probabilities: `e^(x_i − max) / Σ e^(x_j − max)`.
pub(crate) fn softmax(values: &mut [f64]) {
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter_mut().for_each(|value| *value = float::exp(*value - max));
    let sum: f64 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= sum);
}
