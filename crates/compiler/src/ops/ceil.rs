//! [Ceil](https://onnx.ai/onnx/operators/onnx__Ceil.html): the least integer that is not below x, element by element.
//! Opset 6+.
//!
//! By table, exact up to the rounding of the argument, so that a step may come half a table step early or late.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Ceil",
    opsets: 1..=27,
    inputs: 1..=1,
    summary: "least integer that is not below x",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Ceil),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn ceil() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[-0.5, 1.0, 1.25])], &[1, 3], &[0.0, 1.0, 2.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
