//! [Tan](https://onnx.ai/onnx/operators/onnx__Tan.html): the tangent, element by element. Opset 7+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. The table
//! goes as far as twice the largest value seen in calibration; arguments beyond get that value.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Tan",
    opsets: 7..=27,
    inputs: 1..=1,
    summary: "tangent",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Tan),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn tan() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, std::f64::consts::FRAC_PI_4])], &[1, 2], &[0.0, 1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
