//! [If](https://onnx.ai/onnx/operators/onnx__If.html): the outputs of one of two graphs. Opset 7+.
//!
//! Of a constant condition the branch that is taken; of a private one both branches, and Where between their outputs,
//! which must have the same shapes.

use super::op::{Control, ControlDef};

/// The branch of a constant condition; of a private one both, and a choice of each value.
pub(super) const DEF: ControlDef = ControlDef {
    onnx: "If",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "the branch of a constant condition; of a private one both branches, then Where",
    marks: &[],
    control: Control::If,
};
