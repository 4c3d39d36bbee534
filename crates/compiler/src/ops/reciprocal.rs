//! [Reciprocal](https://onnx.ai/onnx/operators/onnx__Reciprocal.html): y = 1 / x, element by element. Opset 6+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code. Near 0 it
//! ends at twice the largest magnitude seen in calibration.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Reciprocal",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "1 / x",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Reciprocal),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn reciprocal() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[-4.0, 0.5])], &[1, 2], &[-0.25, 2.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
