//! [QLinearConv](https://onnx.ai/onnx/operators/onnx__QLinearConv.html): a convolution of codes, and the codes of its
//! result. Opset 10+.
//!
//! DequantizeLinear of input and weights, Conv with the bias times both scales, QuantizeLinear: the sums of products
//! are whole, and rounded once.

use super::op::{Attr, Attrs, Id, Inputs, Mark, OpError, OpResult, RewriteDef, Rewriter};
use crate::tensor::DType;

/// See the module.
pub(super) const DEF: RewriteDef = RewriteDef {
    onnx: "QLinearConv",
    opsets: 10..=27,
    inputs: 8..=9,
    summary: "convolution of codes with constant weights, requantized",
    marks: &[Mark::Codes],
    rewrite,
};

fn rewrite(attrs: Attrs, inputs: &[Option<Id>], to: &mut Rewriter<'_>) -> OpResult<Vec<Id>> {
    let inputs = Inputs(inputs);
    let x = dequantized(to, inputs, 0, 1)?;
    let w = dequantized(to, inputs, 3, 0)?;
    let bias = match inputs.optional(8) {
        None => None,
        Some(bias) => {
            let scale = to.op("Mul", &[inputs.get(1)?, inputs.get(4)?])?;
            let bias = to.relabel(bias, DType::Float)?;
            Some(to.op("Mul", &[bias, scale])?)
        }
    };
    let y = to.as_given("Conv", attrs, &[Some(x), Some(w), bias])?;
    let y = y.first().copied().ok_or_else(|| OpError::Graph("has no output".into()))?;
    to.all("QuantizeLinear", &[], &[Some(y), inputs.optional(6), inputs.optional(7)])
}

/// The numbers that the codes at input `first` stand for, whose scale and zero point follow, along an axis where there
/// are several.
pub(super) fn dequantized(to: &mut Rewriter<'_>, inputs: Inputs<'_, Id>, first: usize, axis: i64) -> OpResult<Id> {
    let codes = [inputs.get(first)?, inputs.get(first + 1)?, inputs.get(first + 2)?];
    to.with("DequantizeLinear", &[("axis", Attr::Int(axis))], &codes)
}

#[cfg(test)]
mod tests {
    use super::super::{
        Attr,
        testing::{Case, constant, integers, of_type},
    };

    #[test]
    fn q_linear_conv() {
        let case = Case::new(&super::DEF);
        let (uint8, int8) = ([0.0, 255.0], [-128.0, 127.0]);
        let x = of_type(uint8, &[1, 1, 1, 2], &[3, 5]).into_private();
        let w = of_type(int8, &[1, 1, 1, 1], &[4]);
        let [half, quarter] = [0.5, 0.25].map(|scale| constant(&[], &[scale]));
        let [none, one] = [0, 1].map(|zero| of_type(uint8, &[], &[zero]));
        let (zero, bias) = (of_type(int8, &[], &[0]), integers(&[1], &[8]));
        case.gives(&[&x, &half, &one, &w, &quarter, &zero, &half, &none], &[1, 1, 1, 2], &[2.0, 4.0]);
        case.gives(&[&x, &half, &one, &w, &quarter, &zero, &half, &none, &bias], &[1, 1, 1, 2], &[4.0, 6.0]);
        case.with("group", Attr::Int(2)).shape_error(&[&x, &half, &one, &w, &quarter, &zero, &half, &none]);
    }
}
