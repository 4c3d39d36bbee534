//! [QLinearMatMul](https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html): a product of matrices of codes, and the codes
//! of the result. Opset 10+.
//!
//! DequantizeLinear of both operands, MatMul, QuantizeLinear: with a constant operand the sums of products are whole, and
//! rounded once. Scales of the left operand may differ by row, those of the right one by column.

use super::{Attrs, Id, Inputs, OpResult, RewriteDef, Rewriter, q_linear_conv::dequantized};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "QLinearMatMul",
    opsets: 10..=27,
    inputs: 8..=8,
    summary: "matrix product of codes, requantized",
    rewrite,
};

fn rewrite(attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    attrs.finish()?;
    let inputs = Inputs(inputs);
    let a = dequantized(to, inputs, 0, -2)?;
    let b = dequantized(to, inputs, 3, -1)?;
    let y = to.op("MatMul", &[a, b])?;
    to.all("QuantizeLinear", &[], &[Some(y), inputs.optional(6), inputs.optional(7)])
}
