//! [HammingWindow](https://onnx.ai/onnx/operators/onnx__HammingWindow.html) of constant size n:
//! `25/46 − 21/46 · cos(2πi / n)`, n − 1 for n where it is not periodic. Opset 17+. Folded.

use super::{hann_window::window, op::RewriteDef};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "HammingWindow",
    opsets: 17..=27,
    inputs: 1..=1,
    summary: "a window of constant size, folded",
    marks: &[],
    rewrite: |attrs, inputs, to| window(attrs, inputs, to, [25.0 / 46.0, 21.0 / 46.0, 0.0]),
};
