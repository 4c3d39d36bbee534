//! [Scan](https://onnx.ai/onnx/operators/onnx__Scan.html): a graph for each slice of some tensors, with states that it
//! hands on, and values that are collected. Opset 9+.
//!
//! Unrolled: any number of states and tensors, along any axis in either direction. At most 2^14 repetitions of all
//! graphs of a model.

use super::op::{Control, ControlDef};

/// Once for each slice, forwards or backwards.
pub(super) const DEF: ControlDef = ControlDef {
    onnx: "Scan",
    opsets: 9..=27,
    inputs: 1..=256,
    summary: "unrolled; any number of states and scanned tensors, axes and directions",
    marks: &[],
    control: Control::Scan,
};
