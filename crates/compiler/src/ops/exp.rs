//! [Exp](https://onnx.ai/onnx/operators/onnx__Exp.html): y = e^x, element by element. Opset 6+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. The table
//! goes as far as twice the largest value seen in calibration; arguments beyond get that value.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Exp",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "e^x",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Exp),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn exp() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, -1.0])], &[1, 2], &[1.0, std::f64::consts::E.recip()]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
