//! [Swish](https://onnx.ai/onnx/operators/onnx__Swish.html): `x / (1 + e^(−alpha · x))`. Opset 24+. By a table of
//! `x / (1 + e^−x)`, one rounding; alpha scales its argument and its value.

use hushproof_core::graph::Function;

use super::{
    op::{OpError, RewriteDef},
    support::{function::Elementwise, inputs::only},
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "Swish",
    opsets: 24..=27,
    inputs: 1..=1,
    summary: "x / (1 + e^(−alpha · x))",
    marks: &[],
    rewrite: |mut attrs, inputs, to| {
        let alpha = attrs.float("alpha", 1.0);
        attrs.finish()?;
        let x = only(inputs)?;
        if alpha == 0.0 {
            return Ok(vec![to.affine(x, 0.5, 0.0)?]);
        }
        let x = to.affine(x, alpha, 0.0)?;
        let y = to.put("Swish", Elementwise::table(Function::Silu), x)?;
        let y = y.first().copied().ok_or_else(|| OpError::Graph("has no output".into()))?;
        Ok(vec![to.affine(y, alpha.recip(), 0.0)?])
    },
};
