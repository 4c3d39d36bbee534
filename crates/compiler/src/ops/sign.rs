//! [Sign](https://onnx.ai/onnx/operators/onnx__Sign.html): −1, 0 or 1 as x is negative, 0 or positive, element by
//! element. Opset 9+.
//!
//! By table, exact up to the rounding of the argument, so that a step may come half a table step early or late.

use hushproof_core::graph::Unary;

use super::{op::OpDef, support::function::Elementwise};

pub(super) const DEF: OpDef = OpDef {
    onnx: "Sign",
    opsets: 9..=27,
    inputs: 1..=1,
    summary: "−1, 0 or 1",
    marks: &[],
    parse: |attrs| Elementwise::unary(attrs, Unary::Sign),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, integers, private};

    #[test]
    fn sign() {
        let case = Case::new(&super::DEF);
        case.gives(&[&private(&[1, 3], &[-0.1, 0.0, 7.0])], &[1, 3], &[-1.0, 0.0, 1.0]);
        case.unsupported(&[&integers(&[1], &[1])]);
    }
}
