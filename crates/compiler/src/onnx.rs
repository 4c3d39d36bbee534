//! ONNX bytes to a float [`Network`].
//!
//! The bytes are untrusted: reading checks and orders the graph, infers every shape with the operators' own rules and
//! folds constants, and normalizing composes affine maps. No integers and no circuits here.

mod control;
#[cfg(not(target_arch = "wasm32"))]
mod float_model;
mod graph;
mod lower;
mod order;
mod pb;
mod proto;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(not(target_arch = "wasm32"))]
pub use float_model::{FloatModel, Reference, float_outputs};
pub use graph::{Graph, Node};
use hushproof_core::{Result, graph::Network};

pub use crate::ops::operators;

/// Reads an ONNX model and brings it into normal form.
///
/// # Errors
/// Those of [`read`] and [`Graph::network`].
pub fn import(bytes: &[u8]) -> Result<Network> {
    read(bytes)?.network()
}

/// Reads an ONNX model: checked, in order, with all shapes known and constants folded. A leading symbolic axis is the
/// batch and becomes 1; nodes that no output needs are dropped.
///
/// # Errors
/// `NotOnnx`, `ExternalData`, `DynamicShape`, `Shape`, `Graph`, and before those last two `Unsupported` with every
/// unsupported operator and attribute.
pub fn read(bytes: &[u8]) -> Result<Graph> {
    Graph::build(&proto::parse(bytes)?)
}

/// The same of a model of whose outputs only those named are wanted, in the order of the model.
///
/// # Errors
/// Those of [`read`]; `Option` for the name of no output.
pub fn read_outputs(bytes: &[u8], names: &[String]) -> Result<Graph> {
    Graph::build(&proto::parse_outputs(bytes, names)?)
}

/// The names of a model's outputs.
///
/// # Errors
/// `NotOnnx` for bytes that are no model.
pub fn output_names(bytes: &[u8]) -> Result<Vec<String>> {
    proto::output_names(bytes)
}

/// The graph of one node on an input, of which the leading outputs are read.
#[cfg(test)]
pub(crate) use graph::node_graph;
