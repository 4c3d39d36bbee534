//! ONNX bytes to a [`Network`] in normal form.
//!
//! tract parses the protobuf; everything after that is ours, because the bytes are untrusted: reading checks and orders
//! the graph, infers every shape with the operators' own rules and folds constants, and normalizing composes affine
//! maps. No integers and no circuits here.

mod float_model;
mod graph;
mod normalize;
mod order;
mod planar;
mod proto;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

pub use float_model::FloatModel;
pub use graph::{Graph, Node};

pub use crate::ops::operators;
use crate::{Result, graph::Network};

/// Reads an ONNX model and brings it into normal form.
///
/// # Errors
/// Those of [`read`] and [`Graph::normalize`].
pub fn import(bytes: &[u8]) -> Result<Network> {
    read(bytes)?.normalize()
}

/// Reads an ONNX model: checked, in order, with all shapes known and constants folded. A leading symbolic axis is the
/// batch and becomes 1; nodes that no output needs are dropped.
///
/// # Errors
/// [`NotOnnx`](crate::Error::NotOnnx), [`ExternalData`](crate::Error::ExternalData),
/// [`DynamicShape`](crate::Error::DynamicShape), [`Shape`](crate::Error::Shape), [`Graph`](crate::Error::Graph), and
/// before those last two [`Unsupported`](crate::Error::Unsupported) with every unsupported operator and attribute.
pub fn read(bytes: &[u8]) -> Result<Graph> {
    Graph::build(&proto::parse(bytes)?)
}
