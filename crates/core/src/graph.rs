//! Networks as floats ([`Network`]) and as the integers that are proved ([`Model`]). Nothing here knows ONNX or
//! circuits.
//!
//! Both share the same linear maps between tensors of channels × height × width. A layer commits one tensor: the sum of
//! linear maps of earlier tensors (a residual sum or a concatenation is several terms of one layer), a bias, and an
//! activation. Tensor 0 is the input, layer i makes tensor i + 1. Batch is 1 everywhere; a vector of m values is m
//! channels of 1 × 1.

mod activation;
mod check;
pub mod conv;
mod digits;
mod encoding;
mod evaluate;
mod exec;
mod finish;
mod format;
mod function;
mod linear;
mod model;
mod network;
mod part;
mod private;
mod shape;
mod table;
mod unary;
mod value_info;
mod visibility;

use crate::{
    error::{ArtifactKind, Error, Result},
    float,
};

pub use activation::{Activation, Element, FloatActivation};
pub use check::{MAX_PRODUCTS, MAX_VALUES};
pub use digits::Digits;
pub use encoding::{Decision, OutputEncoding, PublicCode};
pub use exec::Trace;
pub use finish::{Finish, FinishFunction};
pub(crate) use format::Flags;
pub use function::Function;
pub use linear::{Conv, Map, Product, Sparse, Term};
pub use model::{Input, Lanes, Layer, MODEL_VERSION, Model, Output, ZERO_POINT_BITS};
pub use network::{FloatLayer, Network, rank};
pub use part::{Meaning, OutputPart};
pub use private::{MAX_WEIGHT_BITS, limbs_of, signed_bits};
pub use shape::Shape;
pub use table::{FunctionTables, Table, table_bits, table_zero};
pub use unary::Unary;
pub use value_info::{Categories, Part, ValueInfo};
pub(crate) use value_info::{
    read_categories, read_parts, read_thresholds, read_value_info, write_categories, write_parts, write_thresholds,
    write_value_info,
};
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
