//! [IsNaN](https://onnx.ai/onnx/operators/onnx__IsNaN.html): false. Opset 9+. Inputs of a circuit and all that follows
//! from them are finite numbers.

use super::{
    op::{Id, OpResult, RewriteDef, Rewriter},
    support::inputs::only,
};
use crate::tensor::DType;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "IsNaN",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "false: all values are finite numbers",
    marks: &[],
    rewrite: |attrs, inputs, to| {
        attrs.finish()?;
        never(to, only(inputs)?)
    },
};

/// False for each value.
pub(super) fn never(to: &mut Rewriter<'_>, x: Id) -> OpResult<Vec<Id>> {
    let shape = to.shape(x);
    let len = shape.iter().product();
    Ok(vec![to.tensor(DType::Bool, shape, vec![0.0; len])?])
}
