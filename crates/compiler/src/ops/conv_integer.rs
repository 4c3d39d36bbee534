//! [ConvInteger](https://onnx.ai/onnx/operators/onnx__ConvInteger.html): a convolution of codes above their zero
//! points. Opset 10+. Exact: Conv of whole numbers.

use super::{
    op::{Attrs, Id, Inputs, Mark, OpResult, RewriteDef, Rewriter},
    support::codes::above_zero,
};
use crate::tensor::DType;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "ConvInteger",
    opsets: 10..=27,
    inputs: 2..=4,
    summary: "convolution of codes with constant weights, as integers",
    marks: &[Mark::Codes],
    rewrite,
};

fn rewrite(attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let inputs = Inputs(inputs);
    let x = above_zero(to, inputs.get(0)?, inputs.optional(2))?;
    let (weights, mut zero) = (inputs.get(1)?, inputs.optional(3));
    if let Some(zero) = &mut zero
        && to.len(*zero) > 1
    {
        // One for each output channel.
        let mut shape = vec![1; to.shape(weights).len()];
        shape[0] = to.len(*zero);
        *zero = to.reshape(*zero, &shape)?;
    }
    let w = above_zero(to, weights, zero)?;
    let y = to.as_given("Conv", attrs, &[Some(x), Some(w)])?;
    y.into_iter().map(|y| to.relabel(y, DType::Int)).collect()
}
