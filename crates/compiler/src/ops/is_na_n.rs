//! [IsNaN](https://onnx.ai/onnx/operators/onnx__IsNaN.html): whether a value is missing. Opset 9+. Values of the graph's
//! input may be, which is a rank of theirs; all that is computed from them is a finite number.

use super::{
    op::{Id, OpResult, RewriteDef, Rewriter, trees::Mode},
    support::{inputs::only, leaves::holds},
};
use crate::tensor::DType;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "IsNaN",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "whether a value of the input is missing; false for all that is computed",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        let x = only(inputs)?;
        if !to.is_input(x) || to.fact(x).dtype != DType::Float {
            return never(to, x);
        }
        // No number is below −∞.
        let missing = holds(to, "IsNaN", x, Mode::Less, f64::NEG_INFINITY, true)?;
        Ok(vec![to.relabel(missing, DType::Bool)?])
    },
};

/// False for each value.
pub(super) fn never(to: &mut Rewriter<'_>, x: Id) -> OpResult<Vec<Id>> {
    let shape = to.shape(x);
    let len = shape.iter().product();
    Ok(vec![to.tensor(DType::Bool, shape, vec![0.0; len])?])
}
