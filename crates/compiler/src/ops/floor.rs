//! [Floor](https://onnx.ai/onnx/operators/onnx__Floor.html): the largest integer that is not above x, element by
//! element. Opset 6+.
//!
//! By table, exact up to the rounding of the argument, so that a step may come half a table step early or late.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Floor",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "largest integer that is not above x",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Floor),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn floor() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[-0.5, 1.0, 1.75])], &[1, 3], &[-1.0, 1.0, 1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
