//! ONNX bytes to a float [`Network`].
//!
//! The bytes are untrusted: reading checks and orders the graph, infers every shape with the operators' own rules and
//! folds constants, and normalizing composes affine maps. No integers and no circuits here.

mod control;
mod dims;
mod external;
#[cfg(not(target_arch = "wasm32"))]
mod float_model;
mod frontier;
mod graph;
mod legacy;
mod lower;
mod order;
mod pb;
mod proto;
#[cfg(test)]
pub(crate) mod tests;

pub use dims::Dims;
pub use external::Files;
#[cfg(not(target_arch = "wasm32"))]
pub use float_model::{FloatModel, Reference, float_outputs};
pub use graph::{Graph, Node};
use hushproof_core::{Error, Result, graph::Network};

pub use crate::ops::operators;

/// What is to be known of a model beside its bytes.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    /// Which outputs are wanted, of the model or of any of its nodes: those of the model in its order, then the others;
    /// all outputs of the model where none are named.
    pub outputs: &'a [String],
    /// Sizes of free dimensions.
    pub dims: &'a Dims,
    /// Shapes of arrays by the names of inputs, which show the sizes of further free dimensions; one without a name is
    /// of the only input.
    pub shown: &'a [(String, Vec<usize>)],
    /// The files beside the model, if there are any.
    pub files: Option<&'a dyn Files>,
}

/// No sizes.
static NO_DIMS: Dims = Dims::new();

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        Self { outputs: &[], dims: &NO_DIMS, shown: &[], files: None }
    }
}

/// Reads an ONNX model and brings it into normal form.
///
/// # Errors
/// Those of [`read`] and [`Graph::network`].
pub fn import(bytes: &[u8]) -> Result<Network> {
    read(bytes)?.network()
}

/// Reads an ONNX model and brings it into normal form; the graph and that form.
///
/// # Errors
/// Those of [`read_with`] and [`Graph::network`]; where operators are unsupported and all that they read compiles,
/// `UnsupportedAfter` in place of `Unsupported`.
pub fn import_with(bytes: &[u8], options: &ReadOptions<'_>) -> Result<(Graph, Network)> {
    let source = proto::parse(bytes, options)?;
    let read = Graph::build(&source).and_then(|graph| {
        let network = graph.network()?;
        Ok((graph, network))
    });
    read.map_err(|error| match error {
        Error::Unsupported(operators) => frontier::offer(&source, operators),
        error => error,
    })
}

/// Reads an ONNX model: checked, in order, with all shapes known and constants folded. A leading symbolic axis is the
/// batch and becomes 1; nodes that no output needs are dropped.
///
/// # Errors
/// `NotOnnx`, `ExternalData`, `DynamicShape`, `Shape`, `Graph`, and before those last two `Unsupported` with every
/// unsupported operator and attribute.
pub fn read(bytes: &[u8]) -> Result<Graph> {
    read_with(bytes, &ReadOptions::default())
}

/// The same of a model of whose outputs only those named are wanted, in the order of the model.
///
/// # Errors
/// Those of [`read`]; `Option` for the name of no output.
pub fn read_outputs(bytes: &[u8], names: &[String]) -> Result<Graph> {
    read_with(bytes, &ReadOptions { outputs: names, ..ReadOptions::default() })
}

/// Reads an ONNX model as [`read`] does, with more known of it.
///
/// # Errors
/// Those of [`read`]; `Option` for a name of no output or free dimension.
pub fn read_with(bytes: &[u8], options: &ReadOptions<'_>) -> Result<Graph> {
    Graph::build(&proto::parse(bytes, options)?)
}

/// The graph of one node on an input, of which the leading outputs are read.
#[cfg(test)]
pub(crate) use graph::node_graph;
