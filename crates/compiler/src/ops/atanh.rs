//! [Atanh](https://onnx.ai/onnx/operators/onnx__Atanh.html): the inverse hyperbolic tangent, element by element.
//! Opset 9+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. The table
//! goes as far as twice the largest value seen in calibration; arguments beyond get that value.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Atanh",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "inverse hyperbolic tangent",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Atanh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn atanh() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, 1f64.tanh()])], &[1, 2], &[0.0, 1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
