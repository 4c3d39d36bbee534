//! [IsInf](https://onnx.ai/onnx/operators/onnx__IsInf.html): false. Opset 10+. Inputs of a circuit and all that follows
//! from them are finite numbers.

use super::{is_na_n::never, op::RewriteDef, support::inputs::only};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "IsInf",
    opsets: 10..=27,
    inputs: 1..=1,
    summary: "false: all values are finite numbers",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        attrs.flag("detect_positive", true);
        attrs.flag("detect_negative", true);
        attrs.finish()?;
        never(to, only(inputs)?)
    },
};
