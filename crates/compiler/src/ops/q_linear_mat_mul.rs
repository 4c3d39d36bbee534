//! [QLinearMatMul](https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html): a product of matrices of codes, and the
//! codes of the result. Opset 10+.
//!
//! DequantizeLinear of both operands, MatMul, QuantizeLinear: with a constant operand the sums of products are whole,
//! and rounded once. Scales of the left operand may differ by row, those of the right one by column.

use super::{
    op::{Attrs, Id, Inputs, Mark, OpResult, RewriteDef, Rewriter},
    q_linear_conv::dequantized,
};

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "QLinearMatMul",
    opsets: 10..=27,
    inputs: 8..=8,
    summary: "matrix product of codes, requantized",
    marks: &[Mark::Codes],
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

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, constant, of_type};

    #[test]
    fn q_linear_mat_mul() {
        let case = Case::new(&super::DEF);
        let (uint8, int8) = ([0.0, 255.0], [-128.0, 127.0]);
        let a = of_type(uint8, &[1, 2], &[1, 2]).into_private();
        let b = of_type(int8, &[2, 1], &[2, 4]);
        let [half, quarter, tenth] = [0.5, 0.25, 0.1].map(|scale| constant(&[], &[scale]));
        let [one, ten] = [1, 10].map(|zero| of_type(uint8, &[], &[zero]));
        let zero = of_type(int8, &[], &[0]);
        // 0 · 1/2 + 1/2 · 1, in tenths above 10.
        case.gives(&[&a, &half, &one, &b, &quarter, &zero, &tenth, &ten], &[1, 1], &[15.0]);
        let columns = [&constant(&[1], &[0.25]), &of_type(int8, &[1], &[0])];
        case.gives(&[&a, &half, &one, &b, columns[0], columns[1], &tenth, &ten], &[1, 1], &[15.0]);
    }
}
