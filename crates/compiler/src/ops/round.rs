//! [Round](https://onnx.ai/onnx/operators/onnx__Round.html): the nearest integer, the even one of two, element by
//! element. Opset 11+.
//!
//! By table, exact up to the rounding of the argument, so that a step may come half a table step early or late.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Round",
    opsets: 11..=27,
    inputs: 1..=1,
    summary: "nearest integer, ties to even",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Round),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn round() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[0.5, 1.5, -2.4])], &[1, 3], &[0.0, 2.0, -2.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
