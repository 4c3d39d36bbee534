//! The two forms of a network: [`Network`], floats in normal form as imported, and [`Model`], the integers that are proved.
//!
//! Nothing here knows ONNX or circuits.

mod exec;
mod format;
mod interval;
mod model;
mod network;
pub mod planar;

pub use exec::Trace;
pub use format::MODEL_VERSION;
pub(crate) use format::{read_port, write_port};
pub use interval::ACCUMULATOR_BITS;
pub use model::{Activation, Digits, Input, IntMatrix, Layer, Model, Output, SegmentTable};
pub use network::{FloatActivation, FloatLayer, Matrix, Network, Port};
