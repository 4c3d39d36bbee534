//! [MatMulInteger](https://onnx.ai/onnx/operators/onnx__MatMulInteger.html): a product of matrices of codes above their
//! zero points, which may differ by row of the left and by column of the right operand. Opset 10+.
//!
//! Exact with a constant operand: MatMul of whole numbers.

use super::{
    op::{Attrs, Id, Inputs, Mark, OpResult, RewriteDef, Rewriter},
    support::codes::above_zero,
};
use crate::tensor::DType;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "MatMulInteger",
    opsets: 10..=27,
    inputs: 2..=4,
    summary: "matrix product of codes, as integers",
    marks: &[Mark::Codes],
    rewrite,
};

fn rewrite(attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    attrs.finish()?;
    let inputs = Inputs(inputs);
    let mut zero = inputs.optional(2);
    if let Some(zero) = &mut zero
        && to.len(*zero) > 1
        && to.shape(*zero).len() == 1
    {
        *zero = to.reshape(*zero, &[to.len(*zero), 1])?;
    }
    let a = above_zero(to, inputs.get(0)?, zero)?;
    let b = above_zero(to, inputs.get(1)?, inputs.optional(3))?;
    let y = to.op("MatMul", &[a, b])?;
    Ok(vec![to.relabel(y, DType::Int)?])
}
