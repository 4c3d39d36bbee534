//! [Loop](https://onnx.ai/onnx/operators/onnx__Loop.html): a graph again and again, with values that it hands on, and
//! values that are collected. Opset 7+.
//!
//! Unrolled: how often must follow from constants, as a trip count or as a condition. At most 2^14 repetitions of all
//! graphs of a model.

use super::op::{Control, ControlDef};

/// As often as a constant trip count, or a condition that follows from constants, says.
pub(super) const DEF: ControlDef = ControlDef {
    onnx: "Loop",
    opsets: 7..=27,
    inputs: 2..=256,
    summary: "unrolled; how often follows from constants",
    marks: &[],
    control: Control::Loop,
};
