//! [Asinh](https://onnx.ai/onnx/operators/onnx__Asinh.html): the inverse hyperbolic sine, element by element. Opset
//! 9+.
//!
//! The integer model has it in a table: the argument is rounded to the table's step, the result to a code.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Asinh",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "inverse hyperbolic sine",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Asinh),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn asinh() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 2], &[0.0, -1f64.sinh()])], &[1, 2], &[0.0, -1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
