//! [BlackmanWindow](https://onnx.ai/onnx/operators/onnx__BlackmanWindow.html) of constant size n:
//! `0.42 − 0.5 · cos(2πi / n) + 0.08 · cos(4πi / n)`, n − 1 for n where it is not periodic. Opset 17+. Folded.

use super::{hann_window::window, op::RewriteDef};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "BlackmanWindow",
    opsets: 17..=27,
    inputs: 1..=1,
    summary: "a window of constant size, folded",
    marks: &[],
    rewrite: |attrs, inputs, to| window(attrs, inputs, to, [0.42, 0.5, 0.08]),
};
